//! routesim tells what Apache httpd 2.4 does with a request, and why, without running httpd.

pub mod address;
pub mod conf;
pub mod diagnostic;
pub mod expr;
pub mod module;
pub mod modules;
pub mod outcome;
pub mod pattern;
pub mod server;
pub mod simulate;
pub mod source;
pub mod suite;
pub mod vfs;
