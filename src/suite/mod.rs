//! Scenarios: their YAML form, the tree they describe, and what they expect.

#[cfg(feature = "disk")]
pub mod bounded;
mod expect;
mod files;
#[cfg(feature = "disk")]
mod from;
#[cfg(feature = "disk")]
pub mod paths;
mod programs;
mod reader;
mod request;
mod run;
mod scenario;
pub mod suggest;
mod tree;
pub mod yaml;

pub use expect::{Expectation, Mismatch, compare};
pub use files::{FileEntry, FileKind, Probe};
pub use programs::{CGI_PROBE, Program, WSGI_PROBE, wsgi_targets};
pub use request::{CLIENT, CLIENT6, HOST, RequestSpec, SERVER, UrlParts, parse_server, split_url};
pub use run::{Answered, Ran, run};
pub use scenario::{ConfigSource, Scenario, default_hosts};
pub use tree::ScenarioFs;
