//! `address-vhost-hides-named`

use super::hosts::{Host, bearer, chains, hosts};
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, in_word};
use crate::lint::facts::{Facts, Seen, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::search::doors::Door;
use crate::site::{Edit, Fix};
use bstr::ByteSlice;
use std::net::IpAddr;

pub(super) static RULE: Rule = Rule {
    name: "address-vhost-hides-named",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "A virtual host is bound to an address, and others to `*`.",
    why: "For connections to that address the names of the others are not looked at: it answers to all of them.",
    help: "write `*` for all of them, or that address at the others, too",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName blog.example.com
  DocumentRoot /srv/blog
</VirtualHost>
# finding
<VirtualHost 127.0.0.1:80>
  ServerName shop.example.com
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/blog/index.html", "/srv/shop/index.html"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName blog.example.com
  DocumentRoot /srv/blog
</VirtualHost>
<VirtualHost *:80>
  ServerName shop.example.com
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/blog/index.html", "/srv/shop/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let run = &asked.ground.search.run;
    let mut found: Vec<Finding> = Vec::new();
    for bound in chains(asked).filter(|chain| chain.ip().is_some()) {
        let all = hosts(facts, asked, bound);
        let Some(first) = all.first() else { continue };
        let mut at_address = asked.open_doors().filter(|door| {
            door.local == bound.ip() || door.local.is_none() && bound.ip() == Some(crate::suite::SERVER)
        });
        let Some(door) = at_address.find(|door| bound.port() == 0 || door.port == bound.port()) else { continue };
        for open in chains(asked).filter(|chain| chain.ip().is_none()) {
            if open.port() != bound.port() && open.port() != 0 && bound.port() != 0 {
                continue;
            }
            let others = hosts(facts, asked, open);
            let named = others.iter().filter(|host| all.iter().all(|own| own.server != host.server));
            let mut names = named.flat_map(|host| host.names.iter().map(move |name| (host, name)));
            let shown = names.find_map(|(host, name)| {
                if bearer(asked, bound, &name.name).is_some() {
                    return None;
                }
                let host_name = name.name.to_str().ok()?.to_ascii_lowercase();
                let ask = Door { host: host_name, local: bound.ip(), ..door.clone() }.ask("/");
                let gone: Vec<_> = all.iter().map(|own| whole(own.section)).collect();
                let now = run.ask(&ask.request());
                let then = asked.without(&gone)?.ask(&ask.request());
                differ(&now, &then).is_some().then_some((host, name, ask, now))
            });
            let Some((host, name, ask, outcome)) = shown else { continue };
            let line = first.section.span();
            if found.iter().all(|finding| finding.line != line) {
                let message = format!("for this address `{}` is not looked at: this host answers to it", name.name);
                let mut finding = rule.shown(line, message, &ask, &outcome);
                // a machine may have that address for this host alone
                let resolves =
                    run.server().hosts.iter().any(|(ip, known)| {
                        Some(*ip) == bound.ip() && known.as_bytes().eq_ignore_ascii_case(&name.name)
                    });
                if !resolves {
                    finding.level = Severity::Note;
                }
                let mut finding = finding.related(host.section.span(), "this one bears the name, for other addresses");
                let hidden: Vec<&Host<'_, '_>> =
                    others.iter().filter(|host| all.iter().all(|own| own.server != host.server)).collect();
                finding.fix = bound.ip().and_then(|ip| fix(facts, &finding, ip, &hidden));
                found.push(finding);
            }
        }
    }
    found
}

/// The address at the hosts that are hidden, too: what is bound to it is opened to no other one so.
fn fix(facts: &Facts<'_>, finding: &Finding, ip: IpAddr, hidden: &[&Host<'_, '_>]) -> Option<Fix> {
    let sources = facts.site.sources();
    let bind = |host: &&Host<'_, '_>| {
        let words = host.section.words();
        let (n, port) = words.iter().enumerate().find_map(|(n, word)| {
            let port = word.strip_prefix(b"*").or(word.strip_prefix(b"_default_"))?;
            Some((n, port.to_str().ok()?.to_string()))
        })?;
        let ip = if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
        in_word(sources, host.section, n, |old| Some(format!("{old} {ip}{port}")))
    };
    let edits: Vec<Edit> = hidden.iter().map(bind).collect::<Option<_>>()?;
    let (_, before) = finding.witness.as_ref()?;
    let own = |seen: &Seen| {
        hidden.iter().flat_map(|host| &host.names).any(|n| n.name.eq_ignore_ascii_case(seen.ask.host.as_bytes()))
    };
    let trial = Trial {
        message: "bind the others to that address, too",
        edits,
        gone: &|then| then.vhost != before.vhost,
        meant: &|seen, _| own(seen),
    };
    trial.guess(facts, finding)
}
