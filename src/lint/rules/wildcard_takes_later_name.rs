//! `wildcard-takes-later-name`

use super::hosts::{bearer, chains, hosts, shown, way};
use super::same_name_twice::is_wild;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, whole};
use crate::lint::lines::above;
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::server::vhost::NameMatch;
use crate::site::{Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "wildcard-takes-later-name",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "A ServerAlias with a wildcard takes the name of a later virtual host.",
    why: "Virtual hosts are tried in the order of the file, each with all of its names: the exact name does not win.",
    help: "put the virtual host with the exact name first",
    safe: Some(true),
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName example.com
  # finding
  ServerAlias *.example.com
  DocumentRoot /srv/all
</VirtualHost>
<VirtualHost *:80>
  ServerName api.example.com
  DocumentRoot /srv/api
</VirtualHost>
"##,
        files: &["/srv/all/index.html", "/srv/api/index.html"],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName api.example.com
  DocumentRoot /srv/api
</VirtualHost>
<VirtualHost *:80>
  ServerName example.com
  ServerAlias *.example.com
  DocumentRoot /srv/all
</VirtualHost>
"##,
        files: &["/srv/all/index.html", "/srv/api/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    for chain in chains(asked) {
        let all = hosts(facts, asked, chain);
        for host in &all {
            for name in &host.names {
                let Some((first, NameMatch::ServerAlias(at))) = bearer(asked, chain, &name.name) else { continue };
                if first == host.server || !is_wild(asked, first, at) {
                    continue;
                }
                let Some(earlier) = all.iter().find(|other| other.server == first) else { continue };
                let Some(door) = way(asked, chain, &name.name) else { continue };
                let Some((ask, outcome)) = shown(asked, &door, &[whole(earlier.section)]) else { continue };
                let name = name.name.to_str_lossy();
                let message = format!("the wildcard takes `{name}`, which is the name of a later virtual host");
                let mut finding = rule.shown(at, message, &ask, &outcome);
                finding = finding.related(host.section.span(), format!("`{name}` is meant to lead here"));
                let one_file = host.section.span().file == earlier.section.span().file;
                let moved = above(facts.site, host.section, earlier.section).filter(|_| one_file);
                finding.fix = moved.and_then(|edits| {
                    let moved = asked.changed(&edits)?;
                    let other = |seen: &&crate::lint::facts::Seen| {
                        let named = host.names.iter().any(|n| n.name.eq_ignore_ascii_case(seen.ask.host.as_bytes()));
                        !named && differ(&seen.outcome, &moved.ask(&seen.ask.request())).is_some()
                    };
                    let safe = asked.pool.iter().take(600).find(other).is_none();
                    let safety = Safety::safe_if(safe);
                    Some(Fix { message: "put that virtual host first".into(), safety, edits })
                });
                found.push(finding);
            }
        }
    }
    found
}
