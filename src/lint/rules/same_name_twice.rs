//! `same-name-twice`

use super::hosts::{bearer, chains, hosts, shown, way};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named, whole};
use crate::lint::{Example, Finding, Rule};
use crate::server::vhost::NameMatch;
use bstr::BString;

pub(super) static RULE: Rule = Rule {
    name: "same-name-twice",
    level: Severity::Error,
    group: "virtual hosts",
    finds: "Two virtual hosts of one address bear the same name.",
    why: "The first one of the file answers to it: nothing of the second is ever reached by that name.",
    help: "make one virtual host of the two, or give the second another name",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/old
</VirtualHost>
<VirtualHost *:80>
  ServerName www.example.com
  # finding
  DocumentRoot /srv/new
</VirtualHost>
"##,
        files: &["/srv/old/index.html", "/srv/new/index.html"],
    },
    good: Example {
        config: r##"Listen 8080
<Directory /srv>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/old
</VirtualHost>
<VirtualHost *:8080>
  ServerName www.example.com
  DocumentRoot /srv/new
</VirtualHost>
"##,
        files: &["/srv/old/index.html", "/srv/new/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    for chain in chains(asked) {
        let all = hosts(facts, asked, chain);
        for host in &all {
            // each of its names, and the earlier host that has it
            let taken: Vec<(&BString, crate::source::Span, usize, bool)> = host
                .names
                .iter()
                .filter_map(|name| {
                    let (first, how) = bearer(asked, chain, &name.name).filter(|(first, _)| *first != host.server)?;
                    let exact = match how {
                        NameMatch::ServerName => true,
                        NameMatch::ServerAlias(at) => !is_wild(asked, first, at),
                        NameMatch::Address => false,
                    };
                    exact.then_some((&name.name, name.at, first, name.own))
                })
                .collect();
            let Some((name, at, first, _)) = taken.iter().find(|t| t.3).or(taken.first()) else { continue };
            let Some(earlier) = all.iter().find(|other| other.server == *first) else { continue };
            let Some(door) = way(asked, chain, name) else { continue };
            let Some((ask, outcome)) = shown(asked, &door, &[whole(earlier.section)]) else { continue };
            // where nothing else leads to it, what it serves is lost
            let all_taken = taken.len() == host.names.len() && all.first().is_some_and(|d| d.server != host.server);
            let root = facts.within(host.section).find(|d| is_named(d, &["DocumentRoot"])).map(|d| d.span());
            let line = root.filter(|_| all_taken).unwrap_or(*at);
            let message = match all_taken {
                true => format!("this virtual host is never reached: `{name}` is the name of an earlier one"),
                false => format!("`{name}` never leads here: it is the name of an earlier virtual host"),
            };
            let finding = rule.shown(line, message, &ask, &outcome);
            found.push(finding.related(earlier.section.span(), format!("this one answers to `{name}`")));
        }
    }
    found
}

/// Whether a name stands there that has wildcards.
pub(super) fn is_wild(asked: &crate::lint::facts::Asked<'_>, server: usize, at: crate::source::Span) -> bool {
    let names = asked.ground.search.run.server().names.get(server);
    names.is_some_and(|names| names.wild_names.iter().any(|(_, own)| *own == at))
}
