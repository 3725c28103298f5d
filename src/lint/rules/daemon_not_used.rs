//! `daemon-not-used`

use super::daemon::daemons;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "daemon-not-used",
    level: Severity::Warning,
    group: "mod_wsgi",
    finds: "WSGIDaemonProcess is declared, and no URL is delegated to it.",
    why: "The application runs in httpd's own processes, and what the line says of user, threads and paths is without effect.",
    help: "delegate the application to it: `WSGIProcessGroup NAME`",
    safe: Some(false),
    bad: Example {
        config: r##"# finding
WSGIDaemonProcess shop threads=5
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"WSGIDaemonProcess shop threads=5
WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let named: Vec<_> = facts
        .directives
        .iter()
        .filter(|d| !d.name().eq_ignore_ascii_case(b"WSGIDaemonProcess") && !d.is_section())
        .collect();
    let mut found = Vec::new();
    for daemon in daemons(facts) {
        // what names it, or any group that a request makes up
        let names = |d: &Directive<'_>| {
            d.words().iter().any(|word| {
                let option = word.strip_prefix(b"process-group=");
                let group = option.is_some() || is_named(d, &["WSGIProcessGroup"]);
                option.unwrap_or(word) == daemon.name.as_slice() || group && word.contains_str("%{")
            })
        };
        let runs_there = |seen: &Seen| seen.outcome.wsgi.as_ref().is_some_and(|wsgi| wsgi.process_group == daemon.name);
        // one for a directory or a URL where nothing runs delegates nothing
        let idle = |d: &Directive<'_>| {
            let around = d.sections().last().map(|section| section.span).filter(|_| {
                is_named(d, &["WSGIProcessGroup"])
                    && d.parents().last().is_some_and(|(name, _)| !name.eq_ignore_ascii_case(b"VirtualHost"))
            });
            around.is_some_and(|section| {
                let mut met = asked.met(section).peekable();
                met.peek().is_some() && met.all(|seen| seen.outcome.wsgi.is_none())
            })
        };
        let mention = asked.pool.iter().any(runs_there) || named.iter().any(|d| names(d) && !idle(d));
        let embedded = |seen: &&Seen| seen.outcome.wsgi.as_ref().is_some_and(|wsgi| wsgi.process_group.is_empty());
        let Some(seen) = asked.pool.iter().find(embedded).filter(|_| !mention) else { continue };
        // and would run there
        let end = daemon.line.end;
        let text = format!("\nWSGIProcessGroup {}", daemon.name);
        let edits = vec![Edit::replace(Span { start: end, end, ..daemon.line }, text)];
        let runs = asked.changed(&edits).map(|other| other.ask(&seen.ask.request()));
        if runs.and_then(|outcome| outcome.wsgi).is_some_and(|wsgi| wsgi.process_group == daemon.name) {
            let message =
                format!("nothing is delegated to `{}`: the application runs in httpd's own processes", daemon.name);
            let fix = Fix { message: "delegate to it".into(), safety: Safety::Unsafe, edits };
            found.push(Finding { fix: Some(fix), ..rule.seen(daemon.line, message, seen) });
        }
    }
    found
}
