//! All integration tests, one binary.

mod laws;
mod recorded;
mod tidy;
