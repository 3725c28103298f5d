//! `default-host-is-a-site`

use super::hosts::{Host, chains, hosts, way};
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::Fix;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "default-host-is-a-site",
    level: Severity::Note,
    group: "virtual hosts",
    finds: "A request for a host name that no one bears is answered by one of the sites.",
    why: "The first virtual host of an address answers for all names that no other one has, and for the bare address.",
    help: "put a virtual host first that denies everything",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
<VirtualHost *:80>
  # finding
  ServerName shop.example.com
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/shop/index.html"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName nobody.invalid
  <Location />
    Require all denied
  </Location>
</VirtualHost>
<VirtualHost *:80>
  ServerName shop.example.com
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/shop/index.html"],
    },
    find,
};

/// A name that no site has.
const STRANGER: &[u8] = b"unknown.example";
/// How many things of a site are asked for by that name.
const TRIED: usize = 20;

/// Directories of files that a server includes: which host is the first is for all of them together.
const PARTS: [&str; 6] = ["sites-available", "sites-enabled", "conf.d", "conf-available", "vhosts.d", "vhosts"];

/// Whether the configuration is one of such files, alone.
fn is_part(facts: &Facts<'_>) -> bool {
    let Some(first) = facts.directives.first() else { return false };
    let sources = facts.site.sources();
    let within = sources.file(first.span().file).shown().split('/').rev().skip(1).any(|folder| PARTS.contains(&folder));
    within && facts.named(&["ServerRoot", "LoadModule", "Listen"]).next().is_none()
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    if is_part(facts) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for chain in chains(asked) {
        let all = hosts(facts, asked, chain);
        let Some(first) = all.first() else { continue };
        let (Some(name), Some(door)) = (first.names.iter().find(|n| n.own), way(asked, chain, STRANGER)) else {
            continue;
        };
        let own = |ask: &crate::search::ask::Ask| {
            first.names.iter().any(|n| n.name.eq_ignore_ascii_case(ask.host.as_bytes()))
        };
        let things = asked.pool.iter().filter(|seen| seen.ask.weight().0 == 0 && own(&seen.ask)).filter_map(|seen| {
            let (thing, _) = asked.gives(&seen.ask, &seen.outcome)?;
            matches!(thing, Thing::File(_) | Thing::Backend(_)).then_some((thing, seen))
        });
        let shown = things.take(TRIED).find_map(|(thing, seen)| {
            let other = asked.ask(door.ask(&seen.ask.path));
            let same = asked.gives(&other.ask, &other.outcome).is_some_and(|(own, _)| own == thing);
            same.then_some(other)
        });
        if let Some(seen) = shown {
            let message = format!("whatever the host name, `{}` answers: it is the first of its address", name.name);
            let finding = rule.seen(name.at, message, &seen);
            let tls = asked.ground.search.run.server().servers.get(first.server).is_none_or(|server| server.tls);
            // one without a certificate would break the others' connections
            let fix = if tls { None } else { fix(facts, &finding, first) };
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// A virtual host of the same addresses before the first one, which denies everything.
fn fix(facts: &Facts<'_>, finding: &Finding, first: &Host<'_, '_>) -> Option<Fix> {
    let sources = facts.site.sources();
    let location = edits::section("Location /", &["Require all denied"]);
    let addresses = first.section.args().trim_end_with(|c| c == '>' || c == ' ').to_str().ok()?;
    let text = edits::section(&format!("VirtualHost {addresses}"), &["ServerName nobody.invalid", &location]);
    let names = |host: &str| first.names.iter().any(|n| n.name.eq_ignore_ascii_case(host.as_bytes()));
    let own = finding.witness.as_ref()?.1.vhost.clone();
    let trial = Trial {
        message: "put a virtual host first that denies everything",
        edits: vec![edits::above(sources, first.section.span(), &text)],
        gone: &|then| is_refusal(then),
        meant: &|seen, then| is_refusal(then) && seen.outcome.vhost == own && !names(&seen.ask.host),
    };
    trial.guess(facts, finding)
}
