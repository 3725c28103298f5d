//! All integration tests, one binary.

mod hostile;
mod indexes;
mod laws;
mod outside;
mod random;
mod recorded;
mod tidy;
