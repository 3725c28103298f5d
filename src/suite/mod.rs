//! Scenarios: their YAML form, the tree they describe, and what they expect.

pub(crate) mod edits;
pub(crate) mod expect;
pub(crate) mod files;
#[cfg(feature = "cli")]
#[cfg(feature = "disk")]
mod from;
mod location;
pub(crate) mod partial;
#[cfg(feature = "disk")]
pub mod paths;
mod programs;
pub(crate) mod read;
mod reader;
#[cfg(feature = "disk")]
mod real;
mod request;
mod run;
mod scenario;
pub(crate) mod shape;
mod site;
mod tree;
mod variables;
pub(crate) mod want;
mod written;
pub(crate) mod yaml;

pub use crate::expr::moment::Moment;
pub use crate::url::{UrlParts, parse_server, split_url};
pub use expect::{Expectation, Mismatch};
pub use files::{FileEntry, FileKind, Probe};
pub(crate) use location::Location;
#[cfg(feature = "cli")]
pub(crate) use location::Whereabouts;
#[cfg(feature = "disk")]
pub(crate) use real::KEYS as SITE_KEYS;
#[cfg(feature = "disk")]
pub use real::RealSite;
pub use request::RequestSpec;
#[cfg(feature = "cli")]
pub(crate) use run::answer_by;
pub use run::{Answered, Ran, run};
pub(crate) use run::{answer, asked, put, started};
pub use scenario::{ConfigSource, Scenario};
pub(crate) use written::worth;
pub use yaml::At;

pub(crate) use programs::{CGI_PROBE, Program, WSGI_PROBE};
pub(crate) use request::{CLIENT, SERVER};
pub(crate) use tree::ScenarioFs;
