//! Scenarios: their YAML form, the tree they describe, and what they expect.

#[cfg(feature = "disk")]
pub(crate) mod bounded;
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
mod tree;
pub(crate) mod yaml;

pub use crate::expr::moment::Moment;
pub use expect::{Expectation, Mismatch};
pub use files::{FileEntry, FileKind, Probe};
pub(crate) use request::host_of;
pub use request::{RequestSpec, UrlParts, parse_server, split_url};
pub use run::{Answered, Ran, run};
pub use scenario::{ConfigSource, Scenario};
pub use yaml::At;

pub(crate) use programs::{CGI_PROBE, Program, WSGI_PROBE};
pub(crate) use request::{CLIENT, SERVER};
pub(crate) use scenario::default_hosts;
pub(crate) use tree::ScenarioFs;
