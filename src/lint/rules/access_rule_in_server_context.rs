//! `access-rule-in-server-context`

use super::access::RULES;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "access-rule-in-server-context",
    level: Severity::Error,
    group: "access control",
    finds: "An access rule stands straight in a virtual host or the main server.",
    why: "httpd takes Require, Order, Allow and Deny in sections and .htaccess files only, and does not start.",
    help: "put it into `<Location />` (a denial), or into the Directory section of the directory (a grant)",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<VirtualHost *:80>
  ServerName www.example.com
  # finding
  Require all denied
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<VirtualHost *:80>
  ServerName www.example.com
  <Location />
    Require all denied
  </Location>
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// Directives that a part which is meant for a section doesn't have.
const OF_A_SERVER: [&str; 9] = [
    "VirtualHost",
    "Directory",
    "Location",
    "DocumentRoot",
    "ServerName",
    "ServerRoot",
    "Listen",
    "LoadModule",
    "Alias",
];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    if facts.named(&OF_A_SERVER).next().is_none() {
        return Vec::new();
    }
    let sources = facts.site.sources();
    let refused = |d: &&Diagnostic| {
        d.severity == Severity::Error
            && d.message.contains(" not allowed ")
            && d.span.is_some()
            // one of those for folders that is kept under another name
            && !sources.file(d.span.file).shown().contains("htaccess")
            && RULES.iter().chain(&["Limit", "LimitExcept"]).any(|name| sources.directive_name(d.span).eq_ignore_ascii_case(name))
    };
    let all: Vec<&Diagnostic> = facts.site.diagnostics().iter().filter(refused).collect();
    let mut found: Vec<Finding> = Vec::new();
    let mut rest = all.as_slice();
    while let Some(first) = rest.first() {
        // lines that stand together are one fault
        let next = |pair: &[&Diagnostic]| {
            let (one, two) = (pair[0].span, pair[1].span);
            one.file == two.file && sources.file(one.file).text[one.end as usize..two.start as usize].trim().is_empty()
        };
        let count = 1 + rest.windows(2).take_while(|pair| next(pair)).count();
        let lines = &rest[..count];
        rest = &rest[count..];
        let name = sources.directive_name(first.span);
        let message =
            format!("{name} is not allowed outside of Directory, Location and Files sections: httpd does not start");
        let mut finding = rule.refused(first.span, message);
        let texts: Vec<_> = lines.iter().map(|d| sources.text(d.span)).collect();
        let denies = texts.iter().any(|text| {
            let text = text.to_ascii_lowercase();
            text.starts_with(b"deny") || text.contains_str("denied") || text.contains_str(" ip ")
        });
        if denies {
            let text = [b"<Location />\n  ", bstr::join("\n  ", &texts).as_slice(), b"\n</Location>"].concat();
            let more = lines[1..].iter().map(|d| Edit::delete(d.span));
            let edits: Vec<Edit> = std::iter::once(Edit::replace(first.span, text)).chain(more).collect();
            let mends = |site: crate::site::Site| {
                !site.diagnostics().iter().any(|d| {
                    d.span.line == first.span.line && d.span.file == first.span.file && d.severity == Severity::Error
                })
            };
            if facts.site.with(&edits).is_ok_and(mends) {
                let message = "put it into `<Location />`".into();
                finding.fix = Some(Fix { message, safety: Safety::Safe, edits });
            }
        }
        found.push(finding);
    }
    found
}
