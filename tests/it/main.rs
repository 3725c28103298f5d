//! All integration tests, one binary.

mod indexes;
mod laws;
mod observer;
mod outside;
mod random;
mod recorded;
mod tidy;
