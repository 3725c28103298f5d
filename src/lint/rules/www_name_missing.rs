//! `www-name-missing`

use super::hosts::{bearer, chains, hosts, shown, way};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, whole};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::BString;

pub(super) static RULE: Rule = Rule {
    name: "www-name-missing",
    level: Severity::Note,
    group: "virtual hosts",
    finds: "A site's name with `www.`, or without it, belongs to no virtual host.",
    why: "The first virtual host of the address answers to it: visitors see another site.",
    help: "add the name by ServerAlias",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName first.example
  DocumentRoot /srv/first
</VirtualHost>
<VirtualHost *:80>
  # finding
  ServerName shop.example
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/first/index.html", "/srv/shop/index.html"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName first.example
  DocumentRoot /srv/first
</VirtualHost>
<VirtualHost *:80>
  ServerName shop.example
  ServerAlias *.shop.example
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/first/index.html", "/srv/shop/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for chain in chains(asked) {
        let all = hosts(facts, asked, chain);
        let Some(default) = all.first() else { continue };
        for host in all.iter().skip(1) {
            let Some(own) = host.names.iter().find(|name| name.own) else { continue };
            let Some(name) = twin(&own.name) else { continue };
            if bearer(asked, chain, &name).is_some() {
                continue;
            }
            let Some(door) = way(asked, chain, &name) else { continue };
            let Some((ask, outcome)) = shown(asked, &door, &[whole(default.section)]) else { continue };
            let message = format!("`{name}` belongs to no virtual host: the first one answers to it");
            let mut finding = rule.shown(own.at, message, &ask, &outcome);
            let at = Span { start: own.at.end, ..own.at };
            let edits = vec![Edit::replace(at, format!("\nServerAlias {name}"))];
            finding.fix = Some(Fix { message: format!("add `ServerAlias {name}`"), safety: Safety::Unsafe, edits });
            found.push(finding.related(default.section.span(), "this one answers"));
        }
    }
    found
}

/// The same site's other usual name.
fn twin(name: &BString) -> Option<BString> {
    if name.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    if let Some(bare) = name.strip_prefix(b"www.") {
        return bare.contains(&b'.').then(|| bare.into());
    }
    // deeper names seldom have one
    (name.iter().filter(|b| **b == b'.').count() == 1).then(|| [b"www.", name.as_slice()].concat().into())
}
