//! `slash-redirect-names-wrong-host`

use super::hosts::{chains, hosts, way};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "slash-redirect-names-wrong-host",
    level: Severity::Note,
    group: "virtual hosts",
    finds: "Behind a front end with TLS, the redirect that adds a folder's slash names `http`.",
    why: "httpd makes it from its own scheme, host and port, as it does not know those that visitors use.",
    help: "write `ServerName https://NAME` and `UseCanonicalName On`",
    safe: None,
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

/// How many folders are asked for.
const FOLDERS: usize = 12;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let servers = &asked.ground.search.run.server().servers;
    let mut found: Vec<Finding> = Vec::new();
    // something says that visitors come by another one
    let forwarded = facts.directives.iter().any(|d| {
        let text = d.args().to_ascii_lowercase();
        text.contains_str("x-forwarded-proto") || text.contains_str("x-forwarded-ssl")
    });
    let front = forwarded || servers.iter().any(|s| s.scheme == "https" && !s.tls);
    if !front || servers.iter().any(|s| s.tls) {
        return found;
    }
    let folders: Vec<_> = asked.ground.tree.iter().filter(|entry| entry.dir && entry.path.len() > 1).collect();
    for chain in chains(asked) {
        for host in hosts(facts, asked, chain) {
            let Some(server) = servers.get(host.server).filter(|server| server.scheme != "https") else { continue };
            let Some(name) = host.names.iter().find(|name| name.own) else { continue };
            let Some(door) = way(asked, chain, &name.name) else { continue };
            let root = server.core().document_root().trim_end_with(|c| c == '/').to_vec();
            let below = folders.iter().filter_map(|entry| {
                let rest = entry.path.strip_prefix(root.as_slice())?.strip_suffix(b"/")?;
                rest.starts_with(b"/").then(|| crate::search::ask::escaped(rest))
            });
            let shown = below.take(FOLDERS).map(|path| asked.ask(door.ask(&path))).find(|seen| {
                let slash = format!("{}/", seen.ask.path);
                let plain =
                    |location: &bstr::BString| location.starts_with(b"http://") && location.ends_with(slash.as_bytes());
                seen.outcome.status == 301 && seen.outcome.location.as_ref().is_some_and(plain)
            });
            let Some(seen) = shown else { continue };
            if found.iter().all(|finding| finding.line != name.at) {
                let location = seen.outcome.location.clone().unwrap_or_default();
                let message = format!("`{}` is redirected to `{location}`, past the front end's TLS", seen.ask.path);
                found.push(rule.seen(name.at, message, &seen));
            }
        }
    }
    found
}
