//! `authorization-not-passed`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial, nothing_else};
use crate::lint::facts::{Asked, Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::{Ask, escaped};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "authorization-not-passed",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "An application is mounted without WSGIPassAuthorization, and httpd does not ask for a login itself.",
    why: "The Authorization header never reaches the application: an API that reads it takes each client for a stranger.",
    help: "write `WSGIPassAuthorization On` if the application checks credentials or tokens itself",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/api>
  Require all granted
</Directory>
# finding
WSGIScriptAlias /api /srv/api/api.wsgi
"##,
        files: &["/srv/api/api.wsgi"],
    },
    good: Example {
        config: r##"<Directory /srv/api>
  Require all granted
</Directory>
WSGIScriptAlias /api /srv/api/api.wsgi
WSGIPassAuthorization On
"##,
        files: &["/srv/api/api.wsgi"],
    },
    find,
};

/// Credentials as clients of an API send them.
const SENT: (&str, &str) = ("Authorization", "Bearer dG9rZW4");

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mounts: Vec<_> = facts.named(&["WSGIScriptAlias", "WSGIScriptAliasMatch"]).collect();
    if mounts.is_empty() {
        return Vec::new();
    }
    let run = asked.ground.search.run.fork().with_response();
    let mut found: Vec<Finding> = Vec::new();
    let mut hosts: Vec<Option<Span>> = Vec::new();
    for mount in mounts {
        // one line mends all mounts of a host
        if hosts.contains(&mount.virtual_host()) {
            continue;
        }
        let Some(ask) = asks(asked, mount).find(|ask| is_lost(&run, ask)) else { continue };
        let passed = asked.at_end("\n<Location />\nWSGIPassAuthorization On\n</Location>\n");
        let passed = passed.and_then(|edit| asked.changed(&[edit])).map(|other| other.fork().with_response());
        if passed.is_some_and(|other| reaches(&other.ask(&ask.request())) == Some(true)) {
            hosts.push(mount.virtual_host());
            let message = "the application never sees the Authorization header that a client sends";
            let finding = rule.shown(mount.span(), message, &ask, &asked.ask(ask.clone()).outcome);
            let edits = vec![edits::below(facts.site.sources(), mount.span(), "WSGIPassAuthorization On")];
            let passed = asked.changed(&edits).map(|other| other.fork().with_response());
            let passed = passed.is_some_and(|other| reaches(&other.ask(&ask.request())) == Some(true));
            let trial = Trial { message: "pass it on", edits, gone: &|_| passed, meant: &nothing_else };
            let fix = trial.guess(facts, &finding);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// Requests with credentials for what a mount is for.
fn asks<'a>(asked: &'a Asked<'_>, mount: &'a crate::site::Directive<'_>) -> impl Iterator<Item = Ask> + 'a {
    let words = mount.words();
    let url = words.first().filter(|_| is_named(mount, &["WSGIScriptAlias"])).cloned();
    let own = url.into_iter().flat_map(|url| {
        let url = format!("{}/", escaped(url.trim_end_with(|c| c == '/')));
        asked.doors(mount).take(1).map(move |door| door.ask(&url)).collect::<Vec<_>>()
    });
    let met = asked.met(mount.span()).take(8).map(|seen| seen.ask.clone());
    own.chain(met).map(|ask| ask.with_header(SENT.0, SENT.1))
}

/// Whether an application is asked without the credentials, and nobody asks for them before.
fn is_lost(run: &Run, ask: &Ask) -> bool {
    reaches(&run.ask(&ask.request())) == Some(false)
}

/// Whether an application finds the credentials; none where none is asked, or httpd has checked them.
fn reaches(outcome: &Outcome) -> Option<bool> {
    let response = outcome.response.as_ref().filter(|_| outcome.status < 400 && outcome.user.is_none())?;
    outcome.wsgi.as_ref()?;
    let env = response.env.as_ref()?;
    Some(env.iter().any(|(name, _)| name == "HTTP_AUTHORIZATION"))
}
