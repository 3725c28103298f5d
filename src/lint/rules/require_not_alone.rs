//! `require-not-alone`

use super::access::{RULES, broken, says};
use crate::diagnostic::Severity;
use crate::lint::edits;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::{Kind, differ};
use crate::search::explore::Purse;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "require-not-alone",
    level: Severity::Error,
    group: "access control",
    finds: "A `Require not` line stands alone, or outside of RequireAll.",
    why: "It can only take away from what another line grants: httpd does not start.",
    help: "write `<RequireAll>` around it, with `Require all granted` before it",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /private>
  # finding
  Require not ip 192.0.2.7
</Location>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /private>
  <RequireAll>
    Require all granted
    Require not ip 192.0.2.7
  </RequireAll>
</Location>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let negative = |message: &str| {
        message.contains("negative Require directive has no effect")
            || message.contains("contains only negative authorization directives")
            || message.contains("<RequireNone> directive has no effect in")
    };
    let in_folders = broken(facts, negative).into_iter().map(|(line, seen)| {
        rule.seen(line, "this takes away from what nothing grants: every request below is answered 500", seen)
    });
    let wrong = facts.site.diagnostics().iter().filter(|d| d.severity == Severity::Error && negative(&d.message));
    let message = "this takes away from what nothing grants: httpd does not start";
    let mut found: Vec<Finding> = wrong.map(|d| rule.refused(d.span, message)).chain(in_folders).collect();
    for finding in &mut found {
        finding.fix = fix(facts, finding.line);
    }
    found
}

/// How many requests show whether more is opened.
const TRIED: usize = 3_000;

/// The lines that take away, in a section of their own, with what they take it from: the rule beside them, or everybody. None
/// where that is not clear, or opens what would be denied without them.
fn fix(facts: &Facts<'_>, line: Span) -> Option<Fix> {
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let around = |d: &Directive<'_>| (d.span().file, d.parents().last().map(|(_, span)| span));
    let place = around(all.iter().find(|d| d.span() == line)?);
    let beside: Vec<&Directive<'_>> = all.iter().filter(|d| around(d) == place).collect();
    let takes = |d: &&Directive<'_>| says(d, "Require", &["not"]);
    let grants: Vec<_> = beside.iter().filter(|d| is_named(d, &RULES) && !takes(d)).collect();
    let rules: Vec<usize> = (0..beside.len()).filter(|n| is_named(beside[*n], &RULES)).collect();
    let (first, last) = (*rules.first()?, *rules.last()?);
    let plain = grants.len() < 2 && grants.iter().all(|d| is_named(d, &["Require"]));
    if !plain || last - first + 1 != rules.len() || !beside.iter().any(|d| d.span() == line && takes(d)) {
        return None;
    }
    let everybody: &[&str] = if grants.is_empty() { &["Require all granted"] } else { &[] };
    let (first, last) = (beside[first].span(), beside[last].span());
    let edits = edits::wrapped(facts.site.sources(), first, last, "RequireAll", everybody);
    let lines: Vec<Span> = beside.iter().filter(|d| takes(d)).map(|d| d.span()).collect();
    let message = match grants.is_empty() {
        true => "take it away from everybody",
        false => "take it away from what is granted beside it",
    };
    let opens = opens(facts, &lines, &edits)?;
    (!opens).then(|| Fix { message: message.into(), safety: Safety::Safe, edits })
}

/// Whether something is had with the edits that is denied without the lines; none where httpd would not start.
fn opens(facts: &Facts<'_>, lines: &[Span], edits: &[Edit]) -> Option<bool> {
    let with = facts.site.with(edits).ok()?.start().ok()?;
    let without = facts.site.with(&facts.site.blanks(lines)).ok()?;
    let purse = Purse::of(TRIED, None);
    let asked = Facts::gather(&without, purse).asked?;
    let opened = |kind: Option<Kind>| kind == Some(Kind::Opened);
    Some(asked.pool.iter().any(|seen| opened(differ(&seen.outcome, &with.ask(&seen.ask.request())))))
}
