//! The codes of httpd's error log: what each means, what usually causes it, and which lines can.

mod places;

pub(crate) use places::{Place, Subject, places};

use crate::pattern::{Flags, Regex};
use crate::suggest::closest;
use std::sync::LazyLock;

static CODES: LazyLock<Vec<Code>> = LazyLock::new(|| {
    let text = include_str!("codes/table.txt");
    text.split("\n\n").filter_map(Code::read).collect()
});

/// What a code's message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// A path on disk.
    File,
    /// A URL's path.
    Url,
    /// Neither, always.
    Neither,
}

/// A code, or several that mean the same.
#[derive(Debug)]
pub(crate) struct Code {
    names: Vec<&'static str>,
    /// The source file of the module that writes it.
    pub module: &'static str,
    /// What its message names.
    pub subject: Names,
    /// What it means.
    pub meaning: &'static str,
    /// What usually causes it.
    pub cause: &'static str,
    suspects: Vec<Suspect>,
}

/// A directive that can cause a code.
#[derive(Debug)]
struct Suspect {
    directive: &'static str,
    /// A pattern of its arguments, and whether it has to match.
    arguments: Option<(bool, Regex)>,
}

impl Code {
    /// A paragraph of the table; none where it is all comment.
    fn read(paragraph: &'static str) -> Option<Code> {
        let mut lines = paragraph.lines().filter(|line| !line.starts_with('#'));
        let mut head: Vec<&str> = lines.next()?.split_whitespace().collect();
        let subject = match head.last() {
            Some(&"file") => Names::File,
            Some(&"url") => Names::Url,
            _ => Names::Neither,
        };
        if subject != Names::Neither {
            head.pop();
        }
        let module = head.pop()?;
        let (meaning, cause) = (lines.next()?, lines.next()?);
        Some(Code { names: head, module, subject, meaning, cause, suspects: lines.filter_map(Suspect::read).collect() })
    }

    /// The directives that can cause it.
    pub(crate) fn directives(&self) -> impl Iterator<Item = &'static str> {
        self.suspects.iter().map(|suspect| suspect.directive)
    }

    /// Whether a line can cause it.
    fn suspects(&self, directive: &[u8], arguments: &[u8]) -> bool {
        self.suspects.iter().any(|suspect| {
            suspect.directive.as_bytes().eq_ignore_ascii_case(directive)
                && suspect.arguments.as_ref().is_none_or(|(wanted, regex)| regex.is_match(arguments) == Ok(*wanted))
        })
    }
}

impl Suspect {
    fn read(line: &'static str) -> Option<Suspect> {
        let Some((directive, rest)) = line.split_once(' ') else {
            return Some(Suspect { directive: line, arguments: None });
        };
        let (operator, regex) = rest.split_once(' ')?;
        let regex = Regex::new(regex.as_bytes(), Flags { icase: true, ..Flags::NONE }).ok()?;
        Some(Suspect { directive, arguments: Some((operator == "~", regex)) })
    }
}

/// What is known of a code (`AH01630`).
pub(crate) fn find(name: &str) -> Option<&'static Code> {
    CODES.iter().find(|code| code.names.contains(&name))
}

/// The known code that was probably meant.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    closest(name, CODES.iter().flat_map(|code| code.names.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directives;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_well_made() {
        let known: HashSet<&str> = directives::all().map(|row| row.name()).collect();
        let known_folded: HashSet<String> = known.iter().map(|name| name.to_ascii_lowercase()).collect();
        let mut seen = HashSet::new();
        for code in CODES.iter() {
            assert!(!code.names.is_empty() && code.module.ends_with(".c"), "{code:?}");
            for name in &code.names {
                assert!(seen.insert(*name), "{name} is there twice");
                assert!(name.len() == 7 && name.starts_with("AH"), "{name}");
            }
            for text in [code.meaning, code.cause] {
                assert!(text.ends_with('.') && text.chars().count() <= 300, "{:?}: {text}", code.names);
            }
            for name in code.directives() {
                assert!(known_folded.contains(&name.to_ascii_lowercase()), "{:?}: no directive `{name}`", code.names);
            }
        }
        // each line of a paragraph below the third is a suspect, none is dropped
        let text = include_str!("codes/table.txt");
        let paragraphs = text.split("\n\n").filter(|p| !p.starts_with('#'));
        let lines: usize = paragraphs.map(|p| p.lines().count().saturating_sub(3)).sum();
        assert_eq!(CODES.iter().map(|code| code.suspects.len()).sum::<usize>(), lines);
    }
}
