//! What is fuzzed: each target takes any bytes, goes a way that users go, and panics where something is wrong.
//!
//! Every target is a plain function, so that the same is asked by cargo-fuzz and by the tests.

mod command;
mod parts;
mod readers;
mod site;

pub use command::command;
pub use readers::{configuration, expression, htaccess, list, page, pattern, request};
pub use site::{scenario, site};

/// A target: its name, and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: &[Target] = &[
    ("site", site),
    ("scenario", scenario),
    ("configuration", configuration),
    ("htaccess", htaccess),
    ("request", request),
    ("expression", expression),
    ("pattern", pattern),
    ("page", page),
    ("list", list),
    ("command", command),
];
