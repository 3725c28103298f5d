//! `vhost-address-is-a-name`

use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::doors::Door;
use crate::site::{Directive, Edit, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "vhost-address-is-a-name",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "The address of a virtual host is a host name that does not resolve.",
    why: "httpd looks it up as it starts: without an answer, it drops the whole section (AH00547), and another host answers.",
    help: "write `*:80`, and the name as ServerName",
    safe: Some(false),
    bad: Example {
        config: r##"# finding
<VirtualHost www.example.com:80>
  ServerName www.example.com
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/shop/index.html"],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/shop
</VirtualHost>
"##,
        files: &["/srv/shop/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let said = facts.site.diagnostics().iter().filter(|d| d.code == "AH00547");
    let found = said.filter_map(|d| {
        let section = facts.named(&["VirtualHost"]).find(|section| section.span() == d.span)?;
        let section_text = facts.site.sources().text(section.span()).to_string();
        if let Some((_, name)) = section_text.split_once("${") {
            let name = name.split('}').next().unwrap_or_default();
            let message =
                format!("`${{{name}}}` is not defined: httpd takes the address for a host name, and drops the section");
            let help =
                format!("write `Define {name} 80`, set it where httpd is started, or try `--env {name}=80` here");
            return Some(Finding { help, ..rule.at(section.span(), message) });
        }
        let named = facts.within(section).find(|d| d.name().eq_ignore_ascii_case(b"ServerName"));
        let shown = named.and_then(|name| {
            let host = name.words().into_iter().next()?.to_string();
            let door = asked.open_doors().find(|door| !door.tls)?;
            let seen = asked.ask(Door { host, ..door.clone() }.ask("/"));
            Some(rule.seen(
                section.span(),
                "the address is a name that does not resolve: this section is dropped",
                &seen,
            ))
        });
        let fix = shown.as_ref().and_then(|finding| any_address(facts, finding, section));
        // what names there are is known for some sites only
        if !asked.ground.search.run.server().hosts_complete {
            let message =
                "the address is a name: httpd looks it up as it starts, and drops the section without an answer";
            return Some(Finding { fix, ..rule.at(section.span(), message) });
        }
        Some(Finding { fix, ..shown? })
    });
    found.collect()
}

/// The section for all addresses.
fn any_address(facts: &Facts<'_>, finding: &Finding, section: &Directive<'_>) -> Option<Fix> {
    let words = section.words();
    let [address] = words.as_slice() else { return None };
    let place = section.arg_span(facts.site.sources(), 0);
    let port = address.rsplit_once_str(":").map(|(_, port)| port.to_str_lossy()).filter(|port| !port.contains(']'));
    let new = port.map_or("*".to_string(), |port| format!("*:{port}"));
    let edits = vec![Edit::replace(place, new.as_str())];
    let own = section.span();
    let gone = |then: &Outcome| finding.witness.as_ref().is_some_and(|(_, outcome)| outcome.vhost != then.vhost);
    // what it serves is what it is there for, by other names too where it is the first of the port
    let hosts = facts
        .within(section)
        .filter(|d| ["servername", "serveralias"].iter().any(|n| d.name().eq_ignore_ascii_case(n.as_bytes())));
    let names: Vec<String> = hosts.flat_map(|d| d.words()).map(|name| name.to_string().to_ascii_lowercase()).collect();
    let meant =
        |_: &Seen, then: &Outcome| then.status < 400 && names.contains(&then.vhost.to_string().to_ascii_lowercase());
    let message = format!("write `{new}`");
    let trial = Trial { message: &message, edits, gone: &gone, meant: &meant };
    (place != own).then(|| trial.guess(facts, finding)).flatten()
}
