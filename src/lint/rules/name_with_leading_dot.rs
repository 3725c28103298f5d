//! `name-with-leading-dot`

use super::hosts::{chains, hosts, paths, way};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::rewriting::Rewrite;
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::server::vhost::Chain;
use crate::site::{Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "name-with-leading-dot",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "ServerAlias has a name that begins with a dot.",
    why: "It stands for that very name, which no host has, and not for all names that end so, as in other programs' lists: the first virtual host of the address answers to them.",
    help: "write `*.` for all names below a domain",
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
  ServerName shop.example
  # finding
  ServerAlias .shop.example
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
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for line in facts.named(&["ServerAlias"]) {
        let words = line.words();
        let dotted = |name: &&BString| name.starts_with(b".") && name.len() > 2 && !name.contains(&b'*');
        let Some(name) = words.iter().find(dotted) else { continue };
        let message = format!("`{name}` is the name of no host, and not that of all below it");
        let n = words.iter().position(|word| word == name).unwrap_or_default();
        let edit = Rewrite::with_text(line, sources, n, name, &[b"*", name.as_slice()].concat());
        let below = [b"www", name.as_slice()].concat();
        let harmed = edit.as_ref().and_then(|edit| {
            let other = asked.changed(std::slice::from_ref(edit))?;
            let own = |chain: &&Chain| {
                hosts(facts, asked, chain).iter().any(|host| Some(host.section.span()) == line.virtual_host())
            };
            let doors = chains(asked).filter(own).filter_map(|chain| way(asked, chain, &below));
            let mut asks = doors.flat_map(|door| paths(asked).into_iter().map(move |path| door.ask(&path)));
            asks.find_map(|ask| {
                let seen = asked.ask(ask);
                differ(&seen.outcome, &other.ask(&seen.ask.request())).is_some().then_some(seen)
            })
        });
        let mut finding = match harmed {
            Some(seen) => {
                let message = format!("{message}: another virtual host answers to `{}`", below.as_bstr());
                rule.seen(line.span(), message, &seen)
            }
            None => rule.at(line.span(), message),
        };
        finding.fix =
            edit.map(|edit| Fix { message: format!("write `*{name}`"), safety: Safety::Unsafe, edits: vec![edit] });
        found.push(finding);
    }
    found
}
