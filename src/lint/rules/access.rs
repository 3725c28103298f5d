//! What the rules about access have in common: sections by URL, and the access rules in them.

use crate::lint::facts::{Facts, Seen, is_named};
use crate::site::Directive;
use crate::source::Span;

/// Sections that go by the URL.
pub(super) const BY_URL: [&str; 2] = ["Location", "LocationMatch"];

/// Access rules of either kind.
pub(super) const RULES: [&str; 8] =
    ["Require", "RequireAll", "RequireAny", "RequireNone", "Order", "Allow", "Deny", "Satisfy"];

/// The access rules straight in a section.
pub(super) fn rules(facts: &Facts<'_>, section: &Directive<'_>) -> Vec<Span> {
    facts.within(section).filter(|d| is_named(d, &RULES)).map(crate::lint::facts::whole).collect()
}

/// The lines straight in a section that let everybody in.
pub(super) fn grants(facts: &Facts<'_>, section: &Directive<'_>) -> Vec<Span> {
    let is = |d: &&Directive<'_>| {
        let words = d.words();
        let has = |n: usize, word: &str| words.get(n).is_some_and(|w| w.eq_ignore_ascii_case(word.as_bytes()));
        is_named(d, &["Allow"]) && has(0, "from") && has(1, "all")
            || is_named(d, &["Require"]) && has(0, "all") && has(1, "granted")
    };
    facts.within(section).filter(is).map(|d| d.span()).collect()
}

/// Whether what is in `later` holds for requests to the server that `earlier` is of.
pub(super) fn same_server(earlier: &Directive<'_>, later: &Directive<'_>) -> bool {
    earlier.virtual_host() == later.virtual_host()
}

/// The access rules of a section, or of an .htaccess file outside of all sections.
pub(super) struct Block<'a, 'd> {
    /// The section.
    pub section: Option<Span>,
    /// Its lines, straight in it, in order.
    pub lines: Vec<&'a Directive<'d>>,
}

/// All blocks that have access rules.
pub(super) fn blocks<'a, 'd>(facts: &Facts<'_>, all: &'a [Directive<'d>]) -> Vec<Block<'a, 'd>> {
    let mut found: Vec<Block<'a, 'd>> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for line in all.iter().filter(|d| is_named(d, &RULES)) {
        let around = line.sections().last().map(|section| section.span);
        let wrapped = line.sections().last().is_some_and(|section| {
            let name = section.name.to_ascii_lowercase();
            name.starts_with(b"require") || name.starts_with(b"limit")
        });
        if wrapped || around.is_none() && !facts.site.is_htaccess(line.span().file) {
            continue;
        }
        let at = *known.entry((line.span().file, around)).or_insert(found.len());
        if at == found.len() {
            found.push(Block { section: around, lines: Vec::new() });
        }
        found[at].lines.push(line);
    }
    found
}

impl Block<'_, '_> {
    /// The lines of these names.
    pub(super) fn named(&self, names: &[&str]) -> Vec<&Directive<'_>> {
        self.lines.iter().copied().filter(|d| is_named(d, names)).collect()
    }
}

/// Whether the words of a line begin so.
pub(super) fn says(line: &Directive<'_>, name: &str, words: &[&str]) -> bool {
    let own = line.words();
    is_named(line, &[name])
        && words.len() <= own.len()
        && words.iter().zip(&own).all(|(word, own)| own.eq_ignore_ascii_case(word.as_bytes()))
}

/// Lines of .htaccess files for which httpd answers 500, by its message, each with a request that shows it.
pub(super) fn broken<'f>(facts: &'f Facts<'_>, is: impl Fn(&str) -> bool) -> Vec<(Span, &'f Seen)> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (name, wrong) in asked.ground.search.run.htaccess_errors() {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let below = |seen: &&Seen| {
            let file = seen.outcome.file.as_ref();
            seen.outcome.status == 500 && file.is_some_and(|file| file.starts_with(format!("{folder}/").as_bytes()))
        };
        if is(&wrong.message)
            && let Some(seen) = asked.pool.iter().find(below)
        {
            found.push((wrong.span, seen));
        }
    }
    found
}
