//! The file of known differences: one a line, with the reason behind it.

use super::super::machine;
use super::{Failure, failure};
use crate::report::suite::{Checked, State};
use std::collections::HashSet;
use std::path::Path;

/// Known differences, each with its reason.
#[derive(Debug, Default)]
pub(super) struct Baseline(Vec<(String, String)>);

/// What a new entry's reason is.
const UNKNOWN: &str = "why?";

impl Baseline {
    /// Reads the file; `create`: it need not be there.
    pub(super) fn read(path: &Path, create: bool) -> Result<Baseline, Failure> {
        if create && !path.exists() {
            return Ok(Baseline::default());
        }
        Ok(Baseline::of(&String::from_utf8_lossy(&machine::read(path)?)))
    }

    fn of(text: &str) -> Baseline {
        let entry = |line: &str| {
            let (place, why) = line.split_once("  # ").unwrap_or((line, ""));
            (place.trim_end().to_string(), why.trim().to_string())
        };
        Baseline(text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')).map(entry).collect())
    }

    /// Takes what is known out of the failures; gives the entries that are none.
    pub(super) fn apply(&self, results: &mut [Checked]) -> Vec<String> {
        let mut used = HashSet::new();
        for checked in results {
            let path = checked.path.clone();
            for case in checked.cases.iter_mut().filter(|case| case.state == State::Failed) {
                let mut is_known = |key: &str| {
                    let own = format!("{path}: {}: {key}", case.title);
                    let found =
                        self.0.iter().position(|(entry, _)| own == *entry || own.ends_with(&format!("/{entry}")));
                    found.is_some_and(|at| {
                        used.insert(at);
                        true
                    })
                };
                let known: Vec<bool> = case.mismatches.iter().map(|m| is_known(&m.key)).collect();
                if known.iter().all(|known| *known) {
                    case.state = State::Known;
                } else {
                    let mut known = known.into_iter();
                    case.mismatches.retain(|_| !known.next().unwrap_or_default());
                }
            }
        }
        let unused = self.0.iter().enumerate().filter(|(at, _)| !used.contains(at));
        unused.map(|(_, (entry, _))| entry.clone()).collect()
    }

    /// Writes what differs now, with the reasons that are known.
    pub(super) fn write(&self, path: &Path, results: &[Checked]) -> Result<(), Failure> {
        let mut text =
            String::from("# known differences, as `routesim test --baseline` reads them: FILE: REQUEST: KEY  # why\n");
        for checked in results {
            for case in checked.cases.iter().filter(|case| case.state == State::Failed) {
                for m in &case.mismatches {
                    let own = format!("{}: {}: {}", checked.path, case.title, m.key);
                    let why = self.0.iter().find(|(entry, _)| *entry == own).map_or(UNKNOWN, |(_, why)| why);
                    text.push_str(&format!("{own}  # {why}\n"));
                }
            }
        }
        std::fs::write(path, text).or_else(|e| failure(format!("can't write `{}`: {e}", path.display())))
    }
}
