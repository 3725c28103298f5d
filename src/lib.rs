//! routesim tells what Apache httpd 2.4 does with a request, and why, without running httpd.
//!
//! A configuration and a file system go in; for each request an [`outcome::Outcome`] comes out: the status, the file,
//! the handler, the access decision, the directives that decided, and what is not certain. Nothing of a configuration
//! is ever executed.
//!
//! There are three ways in, all of them to a [`site::Site`]. A configuration's text and made-up files:
//!
//! ```
//! use routesim::Request;
//! use routesim::site::Site;
//!
//! let config = "DocumentRoot /srv/www\n<Directory /srv/www>\n  Require all denied\n</Directory>\n";
//! let site = Site::builder(config).file("/srv/www/note.txt", "hello").build()?;
//! let outcome = site.start().expect("httpd would start").ask(&Request::get("/note.txt"));
//! assert_eq!((outcome.status, outcome.log), (403, Some("AH01630")));
//! assert_eq!(outcome.decided_by.last().map(|d| d.span.line), Some(3));
//! # Ok::<(), routesim::vfs::Errno>(())
//! ```
//!
//! A configuration of this machine (feature `disk`):
//!
//! ```no_run
//! # #[cfg(feature = "disk")] {
//! use routesim::site::{Site, SiteOptions};
//!
//! let site = Site::open("/etc/apache2/apache2.conf".as_ref(), &SiteOptions::default())?;
//! # let _ = site;
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A scenario, as `routesim test` reads them:
//!
//! ```
//! use routesim::site::Site;
//! use routesim::source::SourceMap;
//! use routesim::suite::Scenario;
//!
//! let text = "name: a note\nconfig: DocumentRoot /srv/www\nfiles: {/srv/www/note.txt: hello}\nrequests: [/note.txt]\n";
//! let scenario = Scenario::parse("note.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
//! let site = Site::of_scenario(&scenario).expect("its files can be laid out");
//! assert!(site.start().is_ok());
//! ```

// what is `pub` is the door, and all of it (tests/it/door.rs)
#![warn(unreachable_pub)]
// what is left out leaves things without a use
#![cfg_attr(not(all(feature = "cli", feature = "pcre2")), allow(dead_code, unused_imports))]

mod address;
mod base64;
pub mod builtin;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
#[cfg(feature = "cli")]
mod codes;
mod conf;
mod cores;
mod date;
mod dbm;
pub mod diagnostic;
pub mod directives;
mod expr;
mod filepath;
mod follow;
mod limits;
#[cfg(feature = "cli")]
mod lint;
#[cfg(feature = "cli")]
mod migrate;
mod modules;
#[cfg(feature = "cli")]
mod mutate;
mod named;
#[cfg(all(feature = "oracle", target_os = "linux"))]
pub mod oracle;
pub mod outcome;
mod pattern;
pub mod phase;
mod reason;
mod repair;
pub mod report;
mod run;
#[cfg(feature = "cli")]
mod schema;
#[cfg(feature = "cli")]
mod search;
mod server;
pub mod site;
pub mod source;
mod suggest;
pub mod suite;
mod text;
mod url;
mod version;
pub mod vfs;

pub use follow::{Followed, Hop, Stopped};
pub use limits::STACK;
pub use outcome::Outcome;
pub use run::Run;
pub use server::asked::Request;
pub use server::table::Table as Headers;
pub use site::Site;
pub use version::Version;
