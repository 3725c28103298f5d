//! Asking a real httpd.
//!
//! A scenario becomes a `Job`, which is handed to a [`worker`]: this same program, started again. Where the
//! system lets it, a keeper makes a root and namespaces that contain the run, and there a second process puts the
//! scenario's files at their own paths, gives the loopback device every client's and server's address, starts httpd,
//! sends the requests and says what came back. Elsewhere that is done over a scratch directory, and only for scenarios
//! that run nothing of their own (`trust`). What a worker has made ends with it, and it ends when whoever started it
//! does.

mod answer;
mod backend;
mod children;
mod compare;
mod contained;
mod environment;
mod family;
mod find;
mod fpm;
mod job;
mod keeper;
mod layout;
mod logs;
mod loose;
mod mounts;
mod network;
mod privileges;
mod record;
mod scratch;
mod send;
mod serve;
mod syscalls;
mod trust;
mod verify;
pub mod worker;
mod wrapper;

pub use answer::{Answer, Inner, LogLine, Reply};
pub use compare::Difference;
pub use family::{Oracle, clean_up};
pub use find::Httpd;
pub use job::Way;
pub use record::recorded;
pub use verify::{Asked, Verdict, verify};

pub(crate) use family::heed_end;
pub(crate) use record::record;
pub(crate) use verify::threads;
