//! Questions about all requests at once. Requests are made from what the configuration and the tree say, each is put to the
//! engine, and what the engine tells of its way leads to the next. The engine alone judges: all that is found is a request
//! with its answer.
//!
//! - `solve`: a text that patterns match or don't, or the proof that there is none
//! - `doors`, `tree`, `maps`, `points`, `vary`: what the configuration and the files give reason to try
//! - `ask`, `space`: a request in its parts, and what of it a visitor may choose
//! - `place`, `image`, `notes`: from what was seen on a request's way to the next request
//! - `explore`: the loop

pub(crate) mod ask;
pub(crate) mod compare;
pub(crate) mod doors;
pub(crate) mod explore;
mod image;
pub(crate) mod maps;
mod notes;
pub(crate) mod open;
mod place;
mod points;
mod solve;
pub(crate) mod space;
pub(crate) mod target;
pub(crate) mod tree;
pub(crate) mod vary;

#[cfg(test)]
mod tests;
