//! Input that was made to do harm: each ends with an answer, a caveat or a clear error, within bounds.

mod budget;
mod reading;
