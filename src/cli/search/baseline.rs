//! The file of what is known and meant, as searches read it: one entry a line, with the reason behind it.

use crate::cli::{Failure, failure};
use crate::suite::bounded;
use bstr::BStr;
use std::path::Path;

/// What is meant.
#[derive(Debug, Default)]
pub(super) struct Baseline(Vec<String>);

impl Baseline {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
        let text = bounded::read(path).or_else(|e| failure(format!("can't read `{}`: {e}", path.display())))?;
        Ok(Baseline::of(&String::from_utf8_lossy(&text)))
    }

    fn of(text: &str) -> Baseline {
        let entry = |line: &str| line.split_once("  # ").map_or(line, |(entry, _)| entry).trim().to_string();
        Baseline(text.lines().map(entry).filter(|line| !line.is_empty() && !line.starts_with('#')).collect())
    }

    /// Whether a thing, or what it is in (an entry that ends with a slash), is meant.
    pub(super) fn covers(&self, thing: &[u8]) -> bool {
        self.0.iter().any(|entry| is_in(entry, thing))
    }

    /// The entries of nothing that was found.
    pub(super) fn unused<'f>(&self, found: impl Iterator<Item = &'f BStr>) -> Vec<String> {
        let mut left: Vec<&String> = self.0.iter().collect();
        for thing in found {
            left.retain(|entry| !is_in(entry, thing));
        }
        left.into_iter().cloned().collect()
    }
}

fn is_in(entry: &str, thing: &[u8]) -> bool {
    entry.as_bytes() == thing || entry.ends_with('/') && thing.starts_with(entry.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_cover() {
        let baseline = Baseline::of("# meant\n/srv/a.sql  # a download\n/srv/code/  # published\n");
        assert!(
            baseline.covers(b"/srv/a.sql") && baseline.covers(b"/srv/code/x.py") && !baseline.covers(b"/srv/a.sql.gz")
        );
        assert_eq!(baseline.unused([BStr::new("/srv/code/x.py")].into_iter()), ["/srv/a.sql"]);
    }
}
