//! What the rules about served files have in common: the files, by the line that leads URLs to them.

use super::access::grants;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Facts, Seen, Shown, is_named};
use crate::lint::{Finding, Rule};
use crate::search::ground::is_refusal;
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::{How, Thing};
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use crate::text::plural;
use bstr::{BString, ByteSlice};
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
    by_line_mended(rule, facts, what, is, |_, _| None)
}

/// The same, with what mends a line that leads to some files.
pub(super) fn by_line_mended(
    rule: &Rule,
    facts: &Facts<'_>,
    what: &str,
    is: impl Fn(&Shown) -> bool,
    mend: impl Fn(&Finding, &[&Shown]) -> Option<Fix>,
) -> Vec<Finding> {
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
        for file in &files {
            let suffix = file.path.rsplit(|b| *b == b'.').next().unwrap_or_default();
            if suffixes.contains(&suffix) || !asked.leads(&file.ask, &file.outcome, line) {
                continue;
            }
            suffixes.push(suffix);
            // a stock server's line is nobody's: the folder itself is what publishes it
            let own = facts.site.is_own(line.file);
            let name = if own { file.path.to_string() } else { facts.site.sources().shown(&file.path) };
            let (at, by) = if own { (line, "this line publishes") } else { (Span::NONE, "nothing here denies") };
            let message = format!("{by} {what}: `{name}` is sent to anyone{more}");
            let finding = rule.shown(at, message, &file.ask, &file.outcome);
            let fix = if own { mend(&finding, &files) } else { None };
            found.push(Finding { fix, ..finding });
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

/// The same, with a fix that denies them by their names.
pub(super) fn of_kind_denied(
    rule: &Rule,
    facts: &Facts<'_>,
    what: &str,
    kind: Sensitive,
    patterns: impl Fn(&[&Shown]) -> Vec<String>,
) -> Vec<Finding> {
    let is = |file: &Shown| sensitive(&file.path, file.how) == Some(kind);
    by_line_mended(rule, facts, what, is, |finding, files| {
        denied(facts, finding, files, &patterns(files), &|path| sensitive(path, How::Static) == Some(kind))
    })
}

/// Files denied by their names: by the first of some patterns that takes no other file, at last by the names themselves. The
/// section goes where the files were opened, or beside the line that leads to them.
pub(super) fn denied(
    facts: &Facts<'_>,
    finding: &Finding,
    files: &[&Shown],
    patterns: &[String],
    is: &dyn Fn(&[u8]) -> bool,
) -> Option<Fix> {
    let mut names: Vec<&[u8]> = files.iter().filter_map(|file| file.path.rsplit(|b| *b == b'/').next()).collect();
    names.sort_unstable();
    names.dedup();
    let all = || {
        let all: Vec<String> = names.iter().map(|name| edits::escaped(name)).collect();
        if let [one] = all.as_slice() { format!("^{one}$") } else { format!("^({})$", all.join("|")) }
    };
    let exact = (names.len() <= NAMES).then(all);
    patterns.iter().cloned().chain(exact).find_map(|pattern| {
        let name = names.first().filter(|name| names.len() == 1 && pattern == format!("^{}$", edits::escaped(name)));
        let header = match name.and_then(|name| edits::quoted(name)).filter(|name| name.find(['*', '?', '[']).is_none())
        {
            Some(name) => format!("Files {name}"),
            None if pattern.contains(['"', '\n', '%']) => return None,
            None => format!("FilesMatch \"{pattern}\""),
        };
        let text = edits::section(&header, &["Require all denied"]);
        let opener = files.first().and_then(|file| opener(facts, file));
        let within = opener.and_then(|section| edits::at_end_of(facts.site.sources(), section, &text));
        let places = [within, beside(facts, finding.line, &text)];
        places.into_iter().flatten().find_map(|edit| {
            let trial = Trial {
                message: "deny them",
                edits: vec![edit],
                gone: &|then| is_refusal(then),
                meant: &|seen, then| is_refusal(then) && gets(facts, seen).is_some_and(|path| is(&path)),
            };
            trial.fix(facts, finding)
        })
    })
}

/// How many names a pattern may name.
const NAMES: usize = 12;

/// The file that a request gets.
pub(super) fn gets(facts: &Facts<'_>, seen: &Seen) -> Option<BString> {
    match facts.asked.as_ref()?.gives(&seen.ask, &seen.outcome)? {
        (Thing::File(path), _) => Some(path),
        _ => None,
    }
}

/// The Directory section that lets a file be had: the deepest one with a grant.
pub(super) fn opener<'f, 's>(facts: &'f Facts<'s>, file: &Shown) -> Option<&'f Directive<'s>> {
    let path = file.outcome.file.as_ref()?;
    let folder = |section: &Directive<'_>| {
        let path = section.words().into_iter().next().unwrap_or_default();
        BString::from([path.trim_end_with(|c| c == '/'), b"/"].concat())
    };
    let opens = facts.named(&["Directory"]).filter(|section| {
        let own = folder(section);
        own.len() > 1 && path.starts_with(&own) && !grants(facts, section).is_empty()
    });
    opens.max_by_key(|section| folder(section).len())
}

/// A section beside a line: below what it is in, or below itself where that may be in an .htaccess file.
pub(super) fn beside(facts: &Facts<'_>, line: Span, text: &str) -> Option<Edit> {
    let sources = facts.site.sources();
    // between a condition and its rule nothing may stand
    if sources.directive_name(line).eq_ignore_ascii_case("RewriteCond") {
        return None;
    }
    if facts.site.is_htaccess(line.file) {
        return Some(edits::below(sources, line, text));
    }
    let own = facts.directives.iter().find(|d| d.span() == line)?;
    Some(edits::below(sources, edits::outermost(own, &facts.directives), text))
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
