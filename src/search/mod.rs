//! Questions about all requests at once. Requests are made from what the configuration and the tree say, each is put to the
//! engine, and what the engine tells of its way leads to the next. The engine alone judges: all that is found is a request
//! with its answer.
//!
//! - `solve`: a text that patterns match or don't, or the proof that there is none
//! - `doors`, `tree`, `maps`, `tables`, `points`, `vary`: what the configuration and the files give reason to try
//! - `first`: the requests of a first suite, by what the lines say
//! - `ask`, `space`: a request in its parts, and what of it a visitor may choose
//! - `place`, `image`, `notes`: from what was seen on a request's way to the next request
//! - `explore`: the loop, whose requests go in rounds (`round`); `phases`: what it asks, one after the other; `make`: requests
//!   for a line
//! - `open`: what was left undecided, and what was shown to be out of reach; `bounds`: what no request can do, shown by
//!   what is finite: `servers`, `roots`, `walked`, `access`,
//!   `passed`; `compare`: two sites
//! - `climb`, `climbing`: groups of a pattern that leave the directory they are put below, and requests by which they do
//! - `routes`, `by_name`, `ground`, `shown`: all requests that may lead to a file, and what an answer gives to a visitor
//! - `reach`, `kinds`: every file with the request that gets it, and which of them are seldom meant for visitors
//! - `denial`, `hunt`, `near`, `turns`, `loose`, `spelled`, `stubborn`: what a refusal keeps back, and other requests that get it

mod access;
pub(crate) mod ask;
mod bounds;
mod by_name;
mod climb;
pub(crate) mod climbing;
pub(crate) mod compare;
pub(crate) mod denial;
pub(crate) mod doors;
pub(crate) mod explore;
pub(crate) mod first;
pub(crate) mod ground;
pub(crate) mod hunt;
pub(crate) mod image;
pub(crate) mod kinds;
pub(crate) mod line;
mod loose;
mod make;
pub(crate) mod maps;
mod near;
pub(crate) mod notes;
pub(crate) mod open;
mod passed;
mod phases;
pub(crate) mod place;
pub(crate) mod points;
pub(crate) mod reach;
mod roots;
mod round;
pub(crate) mod routes;
mod servers;
pub(crate) mod shown;
pub(crate) mod solve;
pub(crate) mod space;
mod spelled;
pub(crate) mod stubborn;
mod tables;
pub(crate) mod target;
pub(crate) mod tree;
pub(crate) mod turns;
pub(crate) mod vary;
mod walked;

#[cfg(test)]
mod tests;
