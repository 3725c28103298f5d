//! All integration tests, one binary.

mod arguments;
mod codes;
mod decided;
mod door;
mod environments;
mod fuzzing;
mod hostile;
mod indexes;
mod laws;
mod layers;
mod observer;
mod outside;
mod random;
mod recorded;
mod site;
mod tidy;
mod versions;
