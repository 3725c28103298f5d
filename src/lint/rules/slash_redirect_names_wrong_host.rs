//! `slash-redirect-names-wrong-host`

use super::hosts::{chains, hosts, way};
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, below};
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Directive, Edit, Fix};
use bstr::ByteSlice;
use std::collections::HashSet;

pub(super) static RULE: Rule = Rule {
    name: "slash-redirect-names-wrong-host",
    level: Severity::Note,
    group: "virtual hosts",
    finds: "Behind a front end, the redirect that adds a directory's slash names `http` or the inner host.",
    why: "httpd makes it from its own scheme, host and port, as it does not know those that visitors use.",
    help: "write `ServerName https://NAME` and `UseCanonicalName On`",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
SetEnvIf X-Forwarded-Proto https HTTPS=on
<VirtualHost *:80>
  # finding
  ServerName www.example.com
</VirtualHost>
"##,
        files: &["/srv/www/docs/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
SetEnvIf X-Forwarded-Proto https HTTPS=on
<VirtualHost *:80>
  ServerName https://www.example.com
  UseCanonicalName On
</VirtualHost>
"##,
        files: &["/srv/www/docs/index.html"],
    },
    find,
};

/// Lines of those who are behind a front end.
const FRONT_END: [&str; 5] =
    ["RemoteIPHeader", "RemoteIPInternalProxy", "RemoteIPTrustedProxy", "RemoteIPProxyProtocol", "RPAFenable"];

/// How many names of a host are asked for.
const NAMES: usize = 4;
/// How many folders are asked for.
const FOLDERS: usize = 12;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let servers = &asked.ground.search.run.server().servers;
    let mut found: Vec<Finding> = Vec::new();
    // something says that visitors come by a front end, or by one that speaks TLS
    let says = |words: &[&str]| {
        facts.directives.iter().any(|d| {
            let text = d.args().to_ascii_lowercase();
            words.iter().any(|word| text.contains_str(word))
        })
    };
    let tls = says(&["x-forwarded-proto", "x-forwarded-ssl"]) || servers.iter().any(|s| s.scheme == "https" && !s.tls);
    let front = tls || says(&["x-forwarded-", "x-real-ip"]) || facts.named(&FRONT_END).next().is_some();
    if !front || servers.iter().any(|s| s.tls) {
        return found;
    }
    let folders: Vec<_> = asked.ground.tree.iter().filter(|entry| entry.dir && entry.path.len() > 1).collect();
    for chain in chains(asked) {
        for host in hosts(facts, asked, chain) {
            let Some(server) = servers.get(host.server).filter(|server| server.scheme != "https") else { continue };
            let Some(own) = host.names.iter().find(|name| name.own) else { continue };
            let root = server.core().document_root().trim_end_with(|c| c == '/').to_vec();
            let below = folders.iter().filter_map(|entry| {
                let rest = entry.path.strip_prefix(root.as_slice())?.strip_suffix(b"/")?;
                rest.starts_with(b"/").then(|| crate::search::ask::escaped(rest))
            });
            let below: Vec<String> = below.take(FOLDERS).collect();
            let shown = host.names.iter().take(NAMES).find_map(|name| {
                let door = way(asked, chain, &name.name)?;
                let mut seen = below.iter().map(|path| asked.ask(door.ask(path)));
                seen.find_map(|seen| Some((wrong(&seen, tls)?, seen)))
            });
            let Some((what, seen)) = shown else { continue };
            if found.iter().all(|finding| finding.line != own.at) {
                let location = seen.outcome.location.clone().unwrap_or_default();
                let message = format!("`{}` is redirected to `{location}`, {what}", seen.ask.path);
                let finding = rule.seen(own.at, message, &seen);
                let fix = canonical(facts, &finding, host.section, tls);
                found.push(Finding { fix, ..finding });
            }
        }
    }
    found
}

/// The name that visitors use, in all redirects.
fn canonical(facts: &Facts<'_>, finding: &Finding, host: &Directive<'_>, tls: bool) -> Option<Fix> {
    let (ask, _) = finding.witness.as_ref()?;
    let line = facts.directives.iter().find(|d| d.span() == finding.line && is_named(d, &["ServerName"]))?;
    let sources = facts.site.sources();
    let (words, place) = (line.words(), line.arg_span(sources, 0));
    let name = words.first()?.to_str().ok().filter(|name| !name.contains("://") && place != line.span())?;
    // the port is the inner one
    let name = name.split(':').next()?;
    let mut edits = Vec::new();
    if tls {
        edits.push(Edit::replace(place, format!("https://{name}")));
    }
    match facts.within(host).find(|d| is_named(d, &["UseCanonicalName"])) {
        Some(other) => edits.push(Edit::replace(other.span(), "UseCanonicalName On")),
        None => edits.push(below(sources, line.span(), "UseCanonicalName On")),
    }
    let gone = |then: &Outcome| {
        let seen = Seen { ask: ask.clone(), outcome: then.clone(), met: HashSet::new() };
        then.status == 301 && wrong(&seen, tls).is_none()
    };
    let message = format!("name the host that visitors ask for: `{name}`");
    Trial { message: &message, edits, gone: &gone, meant: &|_, _| false }.guess(facts, finding)
}

/// What is wrong with the redirect that adds a slash.
fn wrong(seen: &Seen, tls: bool) -> Option<&'static str> {
    let location = seen.outcome.location.as_ref().filter(|_| seen.outcome.status == 301)?;
    let rest = location.strip_suffix(format!("{}/", seen.ask.path).as_bytes())?;
    let (scheme, host) = rest.split_once_str("://")?;
    let host = host.split_once_str(":").map_or(host, |(host, _)| host);
    match scheme == b"http" {
        true if tls => Some("past the front end's TLS"),
        _ if !host.eq_ignore_ascii_case(seen.ask.host.as_bytes()) => {
            Some("another name than visitors ask the front end for")
        }
        _ => None,
    }
}
