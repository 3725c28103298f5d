//! Which requests are run.

use crate::suite::{RequestSpec, Scenario};

/// Which requests are run.
pub(super) struct Filter {
    with: Vec<String>,
    without: Vec<String>,
}

impl Filter {
    /// Of the words of the command line.
    pub(super) fn of(words: &[String]) -> Filter {
        let (without, with): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with('!'));
        let without = without.iter().map(|word| word[1..].to_string()).collect();
        Filter { with: with.into_iter().cloned().collect(), without }
    }

    /// Whether a request is one of them.
    pub(super) fn takes(&self, scenario: &Scenario, spec: &RequestSpec) -> bool {
        let fits = |word: &String| match word.strip_prefix("tag:") {
            Some(tag) => spec.tags.iter().chain(&scenario.tags).any(|own| own == tag),
            None => {
                let path = scenario.path.display().to_string();
                [spec.title(), spec.url.clone(), scenario.name.clone(), path].iter().any(|text| text.contains(word))
            }
        };
        (self.with.is_empty() || self.with.iter().any(fits)) && !self.without.iter().any(fits)
    }
}
