//! Asking a real httpd.
//!
//! A scenario becomes a [`job::Job`], which is handed to a worker: this same program, started again (see
//! [`worker`]) in namespaces of its own. There it puts the scenario's files at their own paths, gives the loopback
//! device every client's and server's address, starts httpd, sends the requests and says what came back. What it has
//! made ends with it, and it ends when whoever started it does.

pub mod answer;
mod backend;
pub mod compare;
mod family;
pub mod find;
pub mod job;
mod logs;
pub mod record;
mod root;
mod scratch;
mod send;
mod serve;
pub mod verify;
pub mod worker;
mod wrapper;

pub use answer::{Answer, Reply};
pub use compare::{Difference, differences};
pub use family::{Oracle, clean_up};
pub use find::Httpd;
pub use job::{Job, Way};
pub use verify::{Verdict, verify};
