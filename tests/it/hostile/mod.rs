//! Input that was made to do harm: what it meets is an answer, a caveat or an error, within bounds.

mod reading;
