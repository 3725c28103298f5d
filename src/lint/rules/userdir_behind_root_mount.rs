//! `userdir-behind-root-mount`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, same_line};
use crate::lint::{Example, Finding, Rule};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "userdir-behind-root-mount",
    level: Severity::Note,
    group: "shadowed lines",
    finds: "The URLs of users' home pages are taken by a mount, an Alias or a ProxyPass for `/`.",
    why: "mod_userdir is asked after all of them.",
    help: "except them where home pages are wanted, or write `UserDir disabled` where they are not",
    safe: None,
    bad: Example {
        config: r##"UserDir /srv/home/*/www
<VirtualHost *:80>
  ServerName www.example.com
  # finding
  WSGIScriptAlias / /srv/shop/shop.wsgi
</VirtualHost>
"##,
        files: &["/srv/home/ann/www/index.html", "/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"UserDir /srv/home/*/www
<VirtualHost *:80>
  ServerName www.example.com
  WSGIScriptAlias /shop /srv/shop/shop.wsgi
</VirtualHost>
"##,
        files: &["/srv/home/ann/www/index.html", "/srv/shop/shop.wsgi"],
    },
    find,
};

/// How many files are tried.
const FILES: usize = 12;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let users: Vec<Span> = facts.named(&["UserDir"]).map(|d| d.span()).collect();
    let mut found = Vec::new();
    if users.is_empty() {
        return found;
    }
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir);
    let homes =
        files.flat_map(|entry| asked.ground.routes.to(&entry.path).into_iter().map(move |way| (way, &entry.path)));
    let homes = homes.filter(|(way, _)| way.path.starts_with("/~"));
    let homes: Vec<_> = homes.take(FILES).collect();
    let lines = ["WSGIScriptAlias", "WSGIScriptAliasMatch", "Alias", "AliasMatch", "ProxyPass", "ProxyPassMatch"];
    for line in facts.named(&lines).filter(|line| !homes.is_empty() && line.words().len() > 1) {
        let Some(door) = asked.doors(line).next() else { continue };
        let shown = homes.iter().filter(|(way, _)| way.scope.takes(door)).find_map(|(way, page)| {
            let seen = asked.ask(way.ask(door));
            if !seen.met.contains(&line.span()) {
                return None;
            }
            let then = asked.without(&[line.span()])?.ask(&seen.ask.request());
            // where it is switched off, nobody misses a home page
            let user = then.decided_by.iter().find_map(|d| users.iter().find(|user| same_line(d.span, **user)))?;
            (then.file.as_ref() == Some(*page)).then_some((seen, *user))
        });
        if let Some((seen, user)) = shown {
            let name = seen.ask.path.as_bytes().split_str("/").nth(1).unwrap_or_default().to_str_lossy().into_owned();
            let message = format!("this line takes `/{name}` too: the home page is not reached here");
            found.push(rule.seen(line.span(), message, &seen).related(user, "home pages are set up here"));
        }
    }
    found
}
