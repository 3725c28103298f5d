//! What the rules about access have in common: sections by URL, and the access rules in them.

use crate::lint::facts::{Facts, is_named};
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
