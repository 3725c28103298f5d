//! What the rules about .htaccess files have in common: the classes of AllowOverride that one needs, and their permission.

use super::htaccess_not_read::override_line;
use crate::directives;
use crate::lint::edits;
use crate::lint::facts::Facts;
use crate::site::{Directive, Edit};
use bstr::ByteSlice;

/// The classes that lines need; none where one of them may not be in such a file, or any class would do.
pub(super) fn classes<'d>(lines: impl Iterator<Item = Directive<'d>>) -> Option<Vec<&'static str>> {
    let mut found: Vec<&str> = Vec::new();
    for line in lines {
        let row = directives::all().find(|row| line.name().eq_ignore_ascii_case(row.name().as_bytes()))?;
        match row.class()? {
            "any class" => {}
            class if found.contains(&class) => {}
            class => found.push(class),
        }
    }
    found.sort_unstable();
    (!found.is_empty()).then_some(found)
}

/// Classes permitted in one directory, beside those that are: in its own line, else in a section of its own behind that with
/// the line that is in force there, or at the end of the configuration.
pub(super) fn permitted(facts: &Facts<'_>, directory: &[u8], classes: &[&str]) -> Option<Edit> {
    let sources = facts.site.sources();
    let line = override_line(facts, directory);
    let line = line.and_then(|line| facts.directives.iter().find(|d| d.span() == line));
    let known: Vec<String> = line.map(|line| line.words()).unwrap_or_default().iter().map(|w| w.to_string()).collect();
    let known = known.iter().map(|word| word.as_str()).filter(|word| !word.eq_ignore_ascii_case("none"));
    let mut all: Vec<&str> = known.collect();
    all.extend(
        classes.iter().filter(|class| !all.iter().any(|own| own.eq_ignore_ascii_case(class))).collect::<Vec<_>>(),
    );
    let text = format!("AllowOverride {}", all.join(" "));
    let Some(line) = line else {
        let header = format!("Directory {}", edits::quoted(directory.trim_end_with(|c| c == '/'))?);
        let mut own = facts.directives.iter().filter(|d| d.sections().is_empty() && facts.site.is_own(d.span().file));
        let last = crate::lint::facts::whole(own.next_back()?);
        return Some(edits::below(sources, last, &edits::section(&header, &[&text])));
    };
    let straight = line.parents().last().is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"Directory"));
    if straight && line.directory().is_some_and(|own| *own == *directory) {
        return Some(Edit::replace(line.span(), text));
    }
    let header = format!("Directory {}", edits::quoted(directory.trim_end_with(|c| c == '/'))?);
    Some(edits::below(sources, edits::outermost(line, &facts.directives), &edits::section(&header, &[&text])))
}
