//! Configurations and requests that are made to break something: each ends with an answer, a caveat or a clear error.

mod budget;
mod limits;
