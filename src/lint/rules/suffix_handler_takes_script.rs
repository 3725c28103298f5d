//! `suffix-handler-takes-script`

use super::shadowed::seen;
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Facts, is_named};
use crate::lint::lines::Urls;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Directive, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "suffix-handler-takes-script",
    level: Severity::Error,
    group: "mod_wsgi",
    finds: "The suffix of a mounted script has a handler of another kind.",
    why: "A handler by suffix or by section replaces the mount's own: the application is not called.",
    help: "call the script `.wsgi`, or take the handler off its directory: `RemoveHandler .py`",
    safe: Some(true),
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
# finding
AddHandler cgi-script .py
WSGIScriptAlias / /srv/shop/shop.py
"##,
        files: &["/srv/shop/shop.py"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
AddHandler cgi-script .py
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

const HANDLERS: [&str; 5] = ["AddHandler", "SetHandler", "AddType", "ForceType", "Action"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found: Vec<Finding> = Vec::new();
    for mount in facts.named(&["WSGIScriptAlias", "WSGIScriptAliasMatch"]) {
        let Some(urls) = Urls::of(mount) else { continue };
        let runs = |outcome: &Outcome| outcome.handler.as_deref().is_some_and(|h| h.as_bytes() == b"wsgi-script");
        for seen in seen(asked, mount, &urls) {
            let outcome = &seen.outcome;
            if runs(outcome) || !(seen.met.contains(&mount.span()) || decides(outcome, mount.span())) {
                continue;
            }
            let lines = outcome.decided_by.iter().map(|d| d.span);
            let mut lines = lines.filter(|line| {
                let name = sources.directive_name(*line);
                HANDLERS.iter().any(|handler| handler.eq_ignore_ascii_case(&name))
            });
            let line = lines.find(|line| {
                let then = asked.without(&[*line]).map(|other| other.ask(&seen.ask.request()));
                then.is_some_and(|then| runs(&then))
            });
            let Some(line) = line else { continue };
            // a section for one URL is meant to take it away
            let within = facts.directives.iter().find(|d| d.span() == line);
            let by_url = within.is_some_and(|d| {
                is_named(d, &["SetHandler"])
                    && d.sections().iter().any(|s| s.name.to_ascii_lowercase().starts_with(b"location"))
            });
            if !by_url && found.iter().all(|finding| finding.line != line) {
                let message = "this handler takes the script of a WSGIScriptAlias: the application is not called";
                let finding = rule.seen(line, message, &seen).related(mount.span(), "this mount's script");
                let fix = fix(facts, &finding, mount);
                found.push(Finding { fix, ..finding });
            }
            break;
        }
    }
    found
}

/// The mount's own handler for its script, by its path.
fn fix(facts: &Facts<'_>, finding: &Finding, mount: &Directive<'_>) -> Option<Fix> {
    let script = finding.witness.as_ref()?.1.file.clone()?;
    let (folder, name) = script.rsplit_once_str("/").filter(|(folder, _)| !folder.is_empty())?;
    let files = edits::section(&format!("Files {}", edits::quoted(name)?), &["SetHandler wsgi-script"]);
    let text = edits::section(&format!("Directory {}", edits::quoted(folder)?), &[&files]);
    let runs = |then: &Outcome| then.handler.as_deref().is_some_and(|h| h.as_bytes() == b"wsgi-script");
    let trial = Trial {
        message: "give the script the mount's handler",
        edits: vec![edits::below(facts.site.sources(), edits::outermost(mount, &facts.directives), &text)],
        gone: &|then| runs(then) && then.status < 400,
        meant: &|seen, then| seen.outcome.file.as_ref() == Some(&script) && runs(then),
    };
    trial.fix(facts, finding)
}

fn decides(outcome: &Outcome, line: Span) -> bool {
    outcome.decided_by.iter().any(|decision| decision.span == line)
}
