//! All integration tests, one binary.

mod laws;
mod random;
mod recorded;
mod tidy;
