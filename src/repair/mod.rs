//! Small changes of a configuration that give another answer: candidates by the reasons for the answer and by what is wanted,
//! each tried on the engine.
//!
//! This is the one list of candidates, for what `explain` suggests, for what a failed test says, and for `repair`. Nothing is
//! offered that was not tried, nor anything that opens what a line denies on purpose.

mod causes;
mod change;
mod compose;
mod goal;
mod ground;
mod guard;
mod lines;
mod pool;
mod search;
mod settle;
mod suggest;
#[cfg(test)]
mod tests;
mod usual;
mod wanted;

pub(crate) use change::{Change, Place};
pub(crate) use goal::Goal;
pub(crate) use pool::Others;
#[cfg(feature = "cli")]
pub(crate) use pool::requests;
pub(crate) use search::{Found, Repair, Step, Stopped, repair};
pub(crate) use suggest::{Suggestion, fitting, suggestions};
