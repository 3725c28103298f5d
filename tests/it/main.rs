//! All integration tests, one binary.

mod laws;
mod outside;
mod random;
mod recorded;
mod tidy;
