//! All integration tests, one binary.

mod fuzzing;
mod indexes;
mod laws;
mod outside;
mod random;
mod recorded;
mod tidy;
