//! `rewrite-without-pass-through`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::compare::differ;
use crate::search::ground::is_refusal;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "rewrite-without-pass-through",
    level: Severity::Error,
    group: "rewriting",
    finds: "A RewriteRule of the server leads to a URL that only an alias, a mount or a Location serves, without [PT].",
    why: "Without it, the result is a file below DocumentRoot: neither Alias nor WSGIScriptAlias is asked about it.",
    help: "add [PT], with which the result is looked up as a URL",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
Alias /manual /srv/manual
RewriteEngine on
# finding
RewriteRule ^/help/(.*)$ /manual/$1 [L]
"##,
        files: &["/srv/www/index.html", "/srv/manual/a.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
Alias /manual /srv/manual
RewriteEngine on
RewriteRule ^/help/(.*)$ /manual/$1 [PT]
RewriteRule ^/old/(.*)$ /new/$1 [L]
"##,
        files: &["/srv/www/new/index.html", "/srv/manual/a.html"],
    },
    find,
};

/// Directives that lead a URL somewhere.
const LEAD: [&str; 9] = [
    "alias",
    "aliasmatch",
    "scriptalias",
    "scriptaliasmatch",
    "wsgiscriptalias",
    "wsgiscriptaliasmatch",
    "sethandler",
    "proxypass",
    "proxypassmatch",
];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    if facts.directives.iter().all(|d| !LEAD.iter().any(|name| is_named(d, &[name]))) {
        return Vec::new();
    }
    let all = rewrites(facts);
    let local: Vec<(&Rewrite<'_>, Edit)> = all
        .iter()
        .filter(|r| r.level == Level::Server && r.is_local() && !r.has(&["pt", "passthrough"]))
        .map(|r| (r, r.with_flag(sources, "PT")))
        .collect();
    // all of them changed: where that changes nothing, none alone would
    let edits: Vec<Edit> = local.iter().map(|(_, edit)| edit.clone()).collect();
    let Some(passed) = asked.changed(&edits).filter(|_| !edits.is_empty()) else { return Vec::new() };
    let mut found = Vec::new();
    for (rewrite, edit) in local {
        let seen = asked.about(rewrite.span());
        let mut harmed = seen.iter().filter(|s| s.met.contains(&rewrite.span()) && led(s, &passed).is_some());
        let Some(first) = harmed.next() else { continue };
        let Some(other) = asked.changed(std::slice::from_ref(&edit)) else { continue };
        let Some(by) = led(first, &other) else { continue };
        let target = first.outcome.file.clone().unwrap_or_default();
        let message =
            format!("without [PT] this leads to the file `{target}`, and not to the URL that another line serves");
        let safe = asked.changes_only(&other, is_refusal);
        let safety = Safety::safe_if(safe);
        let fix = Fix { message: "add [PT]".into(), safety, edits: vec![edit] };
        let finding = Finding { fix: Some(fix), ..rule.seen(rewrite.span(), message, first) };
        found.push(finding.related(by, "this line serves the URL"));
    }
    found
}

/// The line that serves a request in another site which has no answer in this one.
fn led(seen: &Seen, other: &Run) -> Option<Span> {
    let gone = |outcome: &Outcome| outcome.status == 404 && outcome.connection.is_none();
    if !gone(&seen.outcome) {
        return None;
    }
    let then = other.ask(&seen.ask.request());
    let kind = differ(&seen.outcome, &then)?;
    let by = then.decided_by.iter().map(|d| d.span).find(|span| {
        let name = other.sources().directive_name(*span).to_ascii_lowercase();
        LEAD.iter().any(|lead| name == *lead) && !seen.outcome.decided_by.iter().any(|d| d.span == *span)
    });
    by.filter(|_| !is_refusal(&then) || kind != crate::search::compare::Kind::Rest)
}
