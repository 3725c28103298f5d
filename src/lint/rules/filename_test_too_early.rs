//! `filename-test-too-early`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, same_line};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "filename-test-too-early",
    level: Severity::Error,
    group: "rewriting",
    finds: "A rule of the server or a virtual host tests REQUEST_FILENAME for a file.",
    why: "Which file the URL leads to is not known then: the variable still is the URL, and no file is found.",
    help: "test `%{DOCUMENT_ROOT}%{REQUEST_URI}`, or put the rules into the Directory section",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^ /index.html [L]
"##,
        files: &["/srv/www/index.html", "/srv/www/site.css"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteRule ^ /index.html [L]
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/site.css"],
    },
    find,
};

const EARLY: [&[u8]; 2] = [b"%{REQUEST_FILENAME}", b"%{SCRIPT_FILENAME}"];
const LATE: &str = "%{DOCUMENT_ROOT}%{REQUEST_URI}";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for rewrite in rewrites(facts).iter().filter(|rewrite| rewrite.level == Level::Server) {
        let tests: Vec<(&Directive<'_>, Edit)> =
            rewrite.conditions.iter().filter_map(|c| Some((c, later(c, facts)?))).collect();
        let Some((first, _)) = tests.first() else { continue };
        let edits: Vec<Edit> = tests.iter().map(|(_, edit)| edit.clone()).collect();
        // one cause: all tests of the rule
        let finding = match shows(asked, rewrite, &edits) {
            Some((seen, safe)) => {
                let path = &seen.ask.path;
                let message = format!(
                    "the file is not known when this is tested, so it is never found: `{path}` is rewritten although it is there"
                );
                let safety = Safety::safe_if(safe);
                let fix = Fix { message: format!("test `{LATE}`"), safety, edits };
                Finding { fix: Some(fix), ..rule.seen(first.span(), message, &seen) }
            }
            None => match never(asked, rewrite, &edits) {
                Some(seen) => {
                    let path = &seen.ask.path;
                    let message = format!(
                        "the file is not known when this is tested, so it is never found: `{path}` is not rewritten"
                    );
                    rule.seen(first.span(), message, &seen)
                }
                // which files there are is not known
                None if asked.files.is_empty() && is_tried(asked, rewrite) => {
                    rule.at(first.span(), "the file is not known when this is tested: no file is ever found")
                }
                None => continue,
            },
        };
        found.push(finding.related(rewrite.span(), "for this rule"));
    }
    found
}

/// Whether a rule's pattern matches some URL, so that its conditions are tried.
fn is_tried(asked: &Asked<'_>, rewrite: &Rewrite<'_>) -> bool {
    let line = rewrite.span();
    asked.about(line).iter().any(|seen| seen.met.contains(&line))
}

/// The condition with the file as it will be known.
fn later(condition: &Directive<'_>, facts: &Facts<'_>) -> Option<Edit> {
    let words = condition.words();
    let [test, pattern, ..] = words.as_slice() else { return None };
    let file = [&b"-f"[..], b"-d", b"-s", b"-l", b"-F", b"-x", b"-h", b"-L"];
    let pattern = pattern.strip_prefix(b"!").unwrap_or(pattern);
    if !file.contains(&pattern) {
        return None;
    }
    let early = EARLY.iter().find(|name| test.to_ascii_uppercase().starts_with(name))?;
    let written = &test[..early.len()];
    Rewrite::with_text(condition, facts.site.sources(), 0, written, LATE.as_bytes())
}

/// A request for a file that is there, and gets it with the later test; and whether nothing else changes.
fn shows(asked: &Asked<'_>, rewrite: &Rewrite<'_>, edits: &[Edit]) -> Option<(Seen, bool)> {
    let host = rewrite.line.virtual_host();
    let line = rewrite.span();
    asked.met(line).next()?;
    let other = asked.changed(edits)?;
    let own = asked.met(line).find(|seen| is_shown(asked, seen, &other)).cloned();
    let seen = own.or_else(|| {
        // files of the tree by their own URLs
        let mut files = asked.ground.tree.iter().filter(|entry| !entry.dir);
        let doors: Vec<_> =
            asked.ground.search.doors.iter().filter(|d| host.is_none() || d.server == host).take(3).collect();
        files.by_ref().take(200).find_map(|entry| {
            let ways = asked.ground.routes.to(&entry.path);
            let asks = ways.iter().take(2).flat_map(|way| doors.iter().map(|door| way.ask(door)));
            asks.map(|ask| asked.ask(ask)).find(|seen| seen.met.contains(&line) && is_shown(asked, seen, &other))
        })
    })?;
    let file_of = |outcome: &Outcome| outcome.file.clone();
    let rewritten = file_of(&seen.outcome);
    let safe = asked.changes_only(&other, |outcome| file_of(outcome) == rewritten || outcome.status >= 400);
    Some((seen, safe))
}

/// Whether a request gets another file here than with the later test, with which it gets its own.
fn is_shown(asked: &Asked<'_>, seen: &Seen, other: &Run) -> bool {
    let then = other.ask(&seen.ask.request());
    let name = crate::search::ask::decoded(&seen.ask.path);
    differ(&seen.outcome, &then).is_some()
        && asked.gives(&seen.ask, &then).is_some()
        && then.file.as_ref().is_some_and(|file| file.ends_with(name.trim_end_with(|c| c == '/').as_bytes()))
        && name.len() > 1
}

/// A request that a rule for files which are there is for, and does not take for want of the file.
fn never(asked: &Asked<'_>, rewrite: &Rewrite<'_>, edits: &[Edit]) -> Option<Seen> {
    let is_for_files = |d: &Directive<'_>| d.words().get(1).is_some_and(|test| test.starts_with(b"-"));
    let other = rewrite.conditions.iter().any(is_for_files).then(|| asked.changed(edits)).flatten()?;
    let door = asked.doors(&rewrite.line).next()?;
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir).take(100);
    let urls = files.flat_map(|entry| asked.ground.routes.to(&entry.path).into_iter().take(1)).map(|way| way.path);
    let mut asks = urls.flat_map(|url| {
        let bare = url.rsplit_once('.').map(|(bare, _)| bare.to_string());
        [Some(url.clone()), bare].into_iter().flatten().map(|path| door.ask(&path)).collect::<Vec<_>>()
    });
    asks.find_map(|ask| {
        let seen = asked.ask(ask);
        let then = Asked::seen(&other, seen.ask.clone());
        let by = |outcome: &Outcome| outcome.decided_by.iter().any(|d| same_line(d.span, rewrite.span()));
        let took = by(&then.outcome) && !by(&seen.outcome);
        let gives = asked.gives(&seen.ask, &then.outcome).is_some();
        (took && gives && differ(&seen.outcome, &then.outcome).is_some()).then_some(seen)
    })
}
