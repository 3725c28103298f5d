//! `port-443-without-tls`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, whole};
use crate::lint::{Example, Finding, Rule};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "port-443-without-tls",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "A virtual host on port 443 has no `SSLEngine on`.",
    why: "It speaks plain HTTP there: browsers that come by https get an error, and what is asked for by http:// and the port is answered in clear text.",
    help: "write `SSLEngine on` and the certificate's lines in the virtual host, each of them: one without answers in clear text",
    safe: None,
    bad: Example {
        config: r##"Listen 443
# finding
<VirtualHost *:443>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"Listen 443
Listen 8443
<VirtualHost *:443>
  ServerName www.example.com
  DocumentRoot /srv/www
  SSLEngine on
</VirtualHost>
<VirtualHost *:8443>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    // one that speaks TLS by another module, or by a file that is not at hand
    let elsewhere = ["SSLEngine", "GnuTLSEnable", "NSSEngine", "TLSEngine"];
    let server_wide = |names: &[&str]| facts.named(names).any(|d| d.sections().is_empty());
    if server_wide(&elsewhere) || server_wide(&["IncludeOptional", "Include"]) {
        return Vec::new();
    }
    let server = asked.ground.search.run.server();
    let mut found: Vec<Finding> = Vec::new();
    for section in facts.named(&["VirtualHost"]) {
        let words = section.words();
        let own = server.servers.iter().find(|server| server.span == Some(section.span()));
        let on_443 = !words.is_empty() && words.iter().all(|word| word.ends_with(b":443"));
        let says = says(&facts.site.sources().text(whole(section)), &elsewhere);
        if !on_443 || own.is_none_or(|server| server.tls) || says {
            continue;
        }
        let door =
            asked.ground.search.doors.iter().find(|door| {
                door.server == Some(section.span()) && door.port == 443 && asked.ground.search.is_open(door)
            });
        let Some(door) = door else { continue };
        let seen = asked.ask(crate::search::ask::Ask { tls: false, ..door.ask("/") });
        if seen.outcome.connection.is_some() {
            continue;
        }
        // one cause
        match found.first_mut() {
            Some(first) => first.related.push((section.span(), "neither does this one".into())),
            None => {
                let message = "this virtual host does not speak TLS: on port 443 it answers plain HTTP";
                found.push(rule.seen(section.span(), message, &seen));
            }
        }
    }
    found
}

/// Whether a section's text, with what is skipped of it, says something of TLS, or has more text elsewhere.
fn says(text: &[u8], names: &[&str]) -> bool {
    text.lines().any(|line| {
        let name = line.fields().next().unwrap_or_default().to_ascii_lowercase();
        let named = names.iter().any(|own| name == own.to_ascii_lowercase().as_bytes());
        named || name == b"use" || name.starts_with(b"ssl") || name.starts_with(b"include")
    })
}
