//! Asking a real httpd.
//!
//! A scenario becomes a [`job::Job`], which is handed to a [`worker`]: this same program, started again. Where the
//! system lets it, a keeper makes a root and namespaces that contain the run, and there a second process puts the
//! scenario's files at their own paths, gives the loopback device every client's and server's address, starts httpd,
//! sends the requests and says what came back. Elsewhere that is done over a scratch directory, and only for scenarios
//! that run nothing of their own (`trust`). What a worker has made ends with it, and it ends when whoever started it
//! does.

pub mod answer;
mod backend;
mod children;
pub mod compare;
mod contained;
mod family;
pub mod find;
pub mod job;
mod keeper;
mod layout;
mod logs;
mod loose;
mod mounts;
mod network;
mod privileges;
pub mod record;
mod scratch;
mod send;
mod serve;
mod syscalls;
mod trust;
pub mod verify;
pub mod worker;
mod wrapper;

pub use answer::{Answer, Reply};
pub use compare::{Difference, differences};
pub use family::{Oracle, clean_up, heed_end};
pub use find::Httpd;
pub use job::{Job, Way};
pub use verify::{Verdict, verify};
