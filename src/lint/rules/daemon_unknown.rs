//! `daemon-unknown`

use super::daemon::{daemons, group_named};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::site::{Edit, Fix, Safety};
use crate::suggest::closest;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "daemon-unknown",
    level: Severity::Error,
    group: "mod_wsgi",
    finds: "A process group is named that no WSGIDaemonProcess declares.",
    why: "httpd starts all the same, and answers 500 to every request for the application.",
    help: "declare it with WSGIDaemonProcess, or name one that is declared",
    safe: Some(false),
    bad: Example {
        config: r##"WSGIDaemonProcess shop
# finding
WSGIProcessGroup shops
WSGIScriptAlias / /srv/shop/shop.wsgi
<Directory /srv/shop>
  Require all granted
</Directory>
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"WSGIDaemonProcess shop
WSGIProcessGroup %{GLOBAL}
WSGIScriptAlias / /srv/shop/shop.wsgi
<Directory /srv/shop>
  Require all granted
</Directory>
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let declared: Vec<BString> = daemons(facts).into_iter().map(|daemon| daemon.name).collect();
    let mut found = Vec::new();
    for line in &facts.directives {
        let Some((word, name)) = group_named(line) else { continue };
        if name.is_empty() || name.starts_with(b"%{") || declared.contains(&name) {
            continue;
        }
        let fails = |outcome: &crate::outcome::Outcome| {
            outcome.status == 500 && outcome.wsgi.as_ref().is_some_and(|wsgi| wsgi.process_group == name)
        };
        let by_line = |outcome: &crate::outcome::Outcome| asked_by(outcome, line.span());
        let known = asked.pool.iter().find(|seen| fails(&seen.outcome) && by_line(&seen.outcome));
        let made = || {
            let mounts = facts.named(&["WSGIScriptAlias"]).filter_map(|mount| {
                let url = mount.words().into_iter().next()?;
                let door = asked.doors(mount).next()?;
                Some(asked.ask(door.ask(&format!("{}/x", escaped(url.trim_end_with(|c| c == '/'))))))
            });
            mounts.take(40).find(|seen| fails(&seen.outcome) && by_line(&seen.outcome))
        };
        let near = closest(&name.to_str_lossy(), declared.iter().filter_map(|name| name.to_str().ok()));
        let message = match near {
            Some(near) => format!("no WSGIDaemonProcess declares `{name}`: is `{near}` meant?"),
            None => format!("no WSGIDaemonProcess declares `{name}`"),
        };
        let mut finding = match known {
            Some(seen) => rule.seen(line.span(), message, seen),
            None => match made() {
                Some(seen) => rule.seen(line.span(), message, &seen),
                None => rule.at(line.span(), message),
            },
        };
        if let Some(near) = near {
            let at = line.arg_span(facts.site.sources(), word);
            let text = facts.site.sources().text(at);
            if let Some(start) = text.find(name.as_slice()) {
                let start = at.start + start as u32;
                let edits = vec![Edit { file: at.file, range: start..start + name.len() as u32, text: near.into() }];
                finding.fix = Some(Fix { message: format!("name `{near}`"), safety: Safety::Unsafe, edits });
            }
        }
        found.push(finding);
    }
    found
}

/// Whether a line has a part in an answer.
fn asked_by(outcome: &crate::outcome::Outcome, line: crate::source::Span) -> bool {
    outcome.decided_by.iter().any(|decision| decision.span == line)
}
