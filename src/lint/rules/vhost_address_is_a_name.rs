//! `vhost-address-is-a-name`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::doors::Door;

pub(super) static RULE: Rule = Rule {
    name: "vhost-address-is-a-name",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "The address of a virtual host is a host name that does not resolve.",
    why: "httpd looks it up as it starts: without an answer, it drops the whole section (AH00547), and another host answers.",
    help: "write `*:80`, and the name as ServerName",
    safe: None,
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
        // what names there are is known for some sites only
        if !asked.ground.search.run.server().hosts_complete {
            let message =
                "the address is a name: httpd looks it up as it starts, and drops the section without an answer";
            return Some(rule.at(section.span(), message));
        }
        let name = facts.within(section).find(|d| d.name().eq_ignore_ascii_case(b"ServerName"))?;
        let host = name.words().into_iter().next()?.to_string();
        let door = asked.open_doors().find(|door| !door.tls)?;
        let seen = asked.ask(Door { host, ..door.clone() }.ask("/"));
        Some(rule.seen(section.span(), "the address is a name that does not resolve: this section is dropped", &seen))
    });
    found.collect()
}
