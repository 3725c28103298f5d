//! `password-in-clear-text`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "password-in-clear-text",
    level: Severity::Note,
    group: "access control",
    finds: "A virtual host of port 80 asks for a password by `AuthType Basic`.",
    why: "The password is sent as it is with every request, and over plain HTTP whoever is on the way reads it.",
    help: "redirect the virtual host to https, and ask for the password there",
    safe: None,
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  <Directory /srv/www>
    # finding
    AuthType Basic
    AuthName staff
    AuthUserFile /srv/staff
    Require valid-user
  </Directory>
</VirtualHost>
"##,
        files: &["/srv/staff", "/srv/www/index.html"],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  Redirect permanent / https://www.example.com/
  <Directory /srv/www>
    AuthType Basic
    AuthName staff
    AuthUserFile /srv/staff
    Require valid-user
  </Directory>
</VirtualHost>
"##,
        files: &["/srv/staff", "/srv/www/index.html"],
    },
    find,
};

/// Words of what stands behind a front-end, which may speak TLS.
const BEHIND: [&str; 4] = ["x-forwarded", "remoteip", "x-real-ip", "x_forwarded"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let behind = |text: &[u8]| BEHIND.iter().any(|word| text.to_ascii_lowercase().contains_str(word));
    if facts.lines().any(|line| behind(line.args()) || behind(line.name())) {
        return Vec::new();
    }
    let mut refused = asked.pool.iter().filter(|seen| seen.outcome.status == 401 && !seen.ask.tls).take(40).peekable();
    if refused.peek().is_none() {
        return Vec::new();
    }
    let refused: Vec<_> = refused.collect();
    let basic = facts.named(&["AuthType"]).find_map(|line| {
        let host = line.virtual_host()?;
        let section = facts.directives.iter().find(|d| d.span() == host)?;
        let is_basic = line.words().first().is_some_and(|word| word.eq_ignore_ascii_case(b"basic"));
        let on_80 = section.words().iter().all(|word| word.ends_with(b":80"));
        let seen = refused.iter().find(|seen| asked.needs(&seen.ask, &seen.outcome, &[line.span()]));
        let seen = seen.filter(|_| is_basic && on_80)?;
        let message = format!("the password for `{}` is sent in clear text", seen.ask.url());
        Some(rule.seen(line.span(), message, seen))
    });
    basic.into_iter().collect()
}
