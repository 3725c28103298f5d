//! routesim tells what Apache httpd 2.4 does with a request, and why, without running httpd.
//!
//! A configuration and a file system go in; for each request an [`outcome::Outcome`] comes out: the status, the file,
//! the handler, the access decision, the directives that decided, and what is not certain. Nothing of a configuration
//! is ever executed.
//!
//! ```
//! use routesim::simulate::{Ask, Input, RealPrograms, Simulator, load};
//! use routesim::vfs::{Memory, Owner};
//! use std::sync::Arc;
//!
//! let mut files = Memory::new();
//! files.add_file(b"/srv/www/note.txt", *b"hello", 0o644, Owner::default())?;
//! let vfs = Arc::new(files);
//! let text = "DocumentRoot /srv/www\n<Directory /srv/www>\n  Require all denied\n</Directory>\n";
//! let server = load(Input::new(text, vfs.clone())).server.expect("httpd would start");
//! let outcome = Simulator::new(server, vfs, Arc::new(RealPrograms)).ask(&Ask::get("/note.txt"));
//! assert_eq!((outcome.status, outcome.log), (403, Some("AH01630")));
//! assert_eq!(outcome.decided_by.last().map(|d| d.span.line), Some(3));
//! # Ok::<(), routesim::vfs::Errno>(())
//! ```
//!
//! The whole way of a request is in [`server::process`]; httpd's modules are in [`modules`], a file each.

pub mod address;
mod base64;
pub mod builtin;
#[cfg(feature = "cli")]
pub mod cli;
pub mod conf;
mod date;
pub mod diagnostic;
pub mod expr;
pub mod limits;
pub mod module;
pub mod modules;
pub mod named;
#[cfg(all(feature = "oracle", target_os = "linux"))]
pub mod oracle;
pub mod outcome;
pub mod pattern;
pub mod phase;
pub mod report;
pub mod server;
pub mod simulate;
pub mod site;
pub mod source;
pub mod suite;
pub mod vfs;
