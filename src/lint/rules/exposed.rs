//! What the rules about served files have in common: the files, by the line that leads URLs to them.

use crate::lint::facts::{Facts, Shown, is_named};
use crate::lint::{Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::How;
use crate::site::Directive;
use crate::source::Span;
use crate::text::plural;
use bstr::ByteSlice;
use std::collections::BTreeMap;

/// A DocumentRoot that everything is granted in.
pub(super) const OPEN: &str = "# finding
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
";

/// Where systems keep what they ship to everybody: no secret of this site.
const SHIPPED: [&[u8]; 3] = [b"/usr/share/", b"/usr/lib/", b"/usr/include/"];

/// How many files of different suffixes are shown for a line at most.
const SUFFIXES: usize = 6;

/// Findings for each line that leads to such files that are sent, the one that the plainest request shows first.
pub(super) fn by_line(rule: &Rule, facts: &Facts<'_>, what: &str, is: impl Fn(&Shown) -> bool) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut by_line: BTreeMap<Span, Vec<&Shown>> = BTreeMap::new();
    // what is had by a link is the link's fault, which has a rule of its own
    let own = |file: &&Shown| !SHIPPED.iter().any(|below| file.path.starts_with(below));
    let sent = asked.files.iter().filter(|file| file.how == How::Static && is(file) && !asked.by_link(file));
    for file in sent.filter(own) {
        if let Some(line) = exception(facts, file).or_else(|| asked.mapping(&file.outcome)) {
            by_line.entry(line).or_default().push(file);
        }
    }
    let mut found = Vec::new();
    for (line, mut files) in by_line {
        files.sort_by_key(|file| (file.ask.weight(), &file.path));
        let more = match files.len() {
            1 => String::new(),
            n => format!(" (and {} like it)", plural(n - 1, "file")),
        };
        // one of each suffix: another rule may say more of some of them, and the first of the others is what is shown
        let mut suffixes: Vec<&[u8]> = Vec::new();
        for file in files {
            let suffix = file.path.rsplit(|b| *b == b'.').next().unwrap_or_default();
            if suffixes.contains(&suffix) || !asked.leads(&file.ask, &file.outcome, line) {
                continue;
            }
            suffixes.push(suffix);
            let name = file.path.to_str_lossy();
            let message = format!("this line publishes {what}: `{name}` is sent to anyone{more}");
            found.push(rule.shown(line, message, &file.ask, &file.outcome));
            if suffixes.len() >= SUFFIXES {
                break;
            }
        }
    }
    found
}

/// The same of the files of a kind.
pub(super) fn of_kind(rule: &Rule, facts: &Facts<'_>, what: &str, kind: Sensitive) -> Vec<Finding> {
    by_line(rule, facts, what, |file| sensitive(&file.path, file.how) == Some(kind))
}

/// The condition that excepts a file's URL from what a rule makes of all others.
fn exception(facts: &Facts<'_>, file: &Shown) -> Option<Span> {
    let lines: Vec<Span> = file.outcome.decided_by.iter().map(|d| d.span).filter(Span::is_some).collect();
    let sources = facts.site.sources();
    let is_condition = |line: &&Span| sources.directive_name(**line).eq_ignore_ascii_case("RewriteCond");
    if !lines.iter().any(|line| is_condition(&line)) {
        return None;
    }
    let excepts = |d: &Directive<'_>| {
        let words = d.words();
        words.first().is_some_and(|test| test.eq_ignore_ascii_case(b"%{REQUEST_URI}"))
            && words.get(1).is_some_and(|pattern| pattern.starts_with(b"!"))
    };
    let found = facts.lines().find(|d| lines.contains(&d.span()) && is_named(d, &["RewriteCond"]) && excepts(d));
    found.map(|d| d.span())
}
