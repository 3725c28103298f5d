//! The answer that is wanted.

use crate::outcome::{Outcome, json};
use crate::source::SourceMap;
use crate::suite::Expectation;
use crate::suite::expect;

/// What an outcome is to be.
#[derive(Clone, Debug)]
pub(crate) struct Goal {
    pairs: Vec<(String, String)>,
    expect: Vec<Expectation>,
}

impl Goal {
    /// Of keys of an outcome and their values, as a command line has them.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Result<Goal, String> {
        let expect = expect::of_pairs(&pairs)?;
        Ok(Goal { pairs, expect })
    }

    /// How many of the keys an outcome does not have as they are wanted.
    pub(crate) fn missing(&self, outcome: &Outcome, sources: &SourceMap) -> usize {
        let mut keys: Vec<String> =
            expect::compare(&self.expect, &json::outcome(outcome, sources)).into_iter().map(|m| m.key).collect();
        keys.dedup();
        keys.len()
    }

    /// Whether it is about what only an outcome with its response has.
    pub(crate) fn asks_for_response(&self) -> bool {
        expect::ask_for_response(&self.expect)
    }

    /// The text that a key is to have.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str()).filter(|v| *v != "null")
    }

    /// The headers that are wanted: null is none.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.pairs.iter().filter_map(|(key, value)| {
            let (before, name) = key.split_once('.')?;
            let value = Some(value.as_str()).filter(|v| *v != "null");
            ["header", "headers"].contains(&before).then_some((name, value))
        })
    }

    /// The status that is wanted; of several, the plainest.
    pub(super) fn status(&self) -> Option<u16> {
        match self.text("status")? {
            "2xx" => Some(200),
            "3xx" => Some(302),
            "4xx" => Some(404),
            "5xx" => Some(500),
            number => number.parse().ok(),
        }
    }

    /// Whether a refusal is wanted.
    pub(super) fn denies(&self) -> bool {
        self.status() == Some(403) || self.text("access") == Some("denied")
    }

    /// Whether a login is wanted.
    pub(super) fn asks_for_login(&self) -> bool {
        self.status() == Some(401) || self.text("access") == Some("auth-required")
    }
}
