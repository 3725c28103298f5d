//! Lines as rules try them: the URLs that one is for, and the same lines in another order.

use super::edits;
use super::facts::{Asked, is_named, whole};
use crate::outcome::observer::PatternKind;
use crate::search::ask::escaped;
use crate::search::solve::{Solved, Want};
use crate::site::{Directive, Edit, Site};
use bstr::{BString, ByteSlice};

/// What may stand behind a URL.
const BELOW: [&str; 4] = ["", "/", "/x", "/x/y.z"];

/// The URL, or the pattern of URLs, that a mapping is for.
pub(crate) enum Urls {
    Prefix(BString),
    Pattern(BString),
}

impl Urls {
    /// Of a line that leads URLs somewhere; none where it has no URL of its own.
    pub(crate) fn of(line: &Directive<'_>) -> Option<Urls> {
        let words = line.words();
        if is_named(line, &["AliasMatch", "ScriptAliasMatch", "WSGIScriptAliasMatch", "ProxyPassMatch", "RewriteRule"])
        {
            return (words.len() > 1).then(|| Urls::Pattern(words[0].clone()));
        }
        if is_named(line, &["RedirectMatch"]) {
            let pattern = words.iter().find(|word| !is_status(word))?;
            return Some(Urls::Pattern(pattern.clone()));
        }
        if is_named(line, &["Redirect", "RedirectPermanent", "RedirectTemp"]) {
            return words.into_iter().find(|word| word.starts_with(b"/")).map(Urls::Prefix);
        }
        match line.sections().iter().rev().find(|section| section.name.eq_ignore_ascii_case(b"Location")) {
            Some(section) => section.words().into_iter().next().filter(|url| url.starts_with(b"/")).map(Urls::Prefix),
            None => words.into_iter().next().filter(|url| url.starts_with(b"/")).map(Urls::Prefix),
        }
    }

    /// Some of the URLs, as they are asked for.
    pub(crate) fn some(&self, asked: &Asked<'_>) -> Vec<String> {
        match self {
            Urls::Prefix(url) => below(url),
            Urls::Pattern(pattern) => matching(asked, pattern).into_iter().collect(),
        }
    }
}

/// Some URLs that begin so.
pub(crate) fn below(url: &[u8]) -> Vec<String> {
    let slash = url.ends_with(b"/");
    let bare = escaped(url.trim_end_with(|c| c == '/'));
    BELOW.iter().filter(|below| !slash || !below.is_empty()).map(|below| format!("{bare}{below}")).collect()
}

/// A URL that a pattern matches.
pub(crate) fn matching(asked: &Asked<'_>, pattern: &BString) -> Option<String> {
    let want = Want::yes(PatternKind::Regex { icase: false }, pattern.clone());
    match asked.ground.search.path(&[want]) {
        Solved::Found(path) => Some(escaped(&path)),
        _ => None,
    }
}

/// Whether a word is the status of a Redirect.
pub(crate) fn is_status(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
        || [&b"permanent"[..], b"temp", b"seeother", b"gone"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Edits that put a directive, or a whole section, above another one.
pub(crate) fn above(site: &Site, line: &Directive<'_>, other: &Directive<'_>) -> Option<Vec<Edit>> {
    let (text, gone) = taken(site, line)?;
    let at = other.span();
    site.is_own(at.file).then(|| vec![edits::above(site.sources(), at, &text), gone])
}

/// The same, behind another one.
pub(crate) fn behind(site: &Site, line: &Directive<'_>, other: &Directive<'_>) -> Option<Vec<Edit>> {
    let (text, gone) = taken(site, line)?;
    let at = whole(other);
    site.is_own(at.file).then(|| vec![edits::below(site.sources(), at, &text), gone])
}

/// A directive's text, as if it were not in at all, and the edit that takes it out with its line.
fn taken(site: &Site, line: &Directive<'_>) -> Option<(String, Edit)> {
    let span = whole(line);
    if !site.is_own(span.file) {
        return None;
    }
    let sources = site.sources();
    let file = sources.file(span.file);
    let start = file.line_start(file.line_column(span.start).0);
    let text = &file.text;
    let before = text.get(start as usize..span.start as usize)?;
    let after = text.get(span.end as usize..)?;
    let end = span.end + u32::from(after.first() == Some(&b'\n'));
    let alone = before.iter().all(u8::is_ascii_whitespace);
    let range = if alone { start..end } else { span.start..span.end };
    let pad = format!("\n{}", file.indent(span.start));
    let text = sources.text(span).to_str().ok()?.replace(&pad, "\n");
    Some((text, Edit { file: span.file, range, text: BString::default() }))
}
