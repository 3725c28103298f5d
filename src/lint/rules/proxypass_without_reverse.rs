//! `proxypass-without-reverse`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "proxypass-without-reverse",
    level: Severity::Note,
    group: "proxy",
    finds: "A back-end has ProxyPass or a rule with [P], and the server has no ProxyPassReverse.",
    why: "Where the back-end redirects, it names itself in Location, as `http://127.0.0.1:8080/login`, and the visitor is sent there.",
    help: "write ProxyPassReverse with the same two arguments; `ProxyPreserveHost On` lets the back-end know the visitor's name for it",
    safe: None,
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  # finding
  ProxyPass /app http://127.0.0.1:8080/app
</VirtualHost>
"##,
        files: &[],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  ProxyPass /app http://127.0.0.1:8080/app
  ProxyPassReverse /app http://127.0.0.1:8080/app
</VirtualHost>
<VirtualHost *:80>
  ServerName live.example.com
  ProxyPreserveHost On
  ProxyPass / http://127.0.0.1:8081/
</VirtualHost>
<VirtualHost *:80>
  ServerName feed.example.com
  ProxyPass /feed ws://127.0.0.1:8082/feed
</VirtualHost>
"##,
        files: &[],
    },
    find,
};

/// Lines by which Location comes out right.
const MENDS: [&str; 2] = ["ProxyPassReverse", "ProxyPreserveHost"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mends = |line: &Directive<'_>| {
        let words = line.words();
        let first = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        let by_header = is_named(line, &["Header"]) && words.iter().any(|word| word.eq_ignore_ascii_case(b"location"));
        by_header || is_named(line, &MENDS) && first != b"off"
    };
    let mended: Vec<Option<Span>> = facts.lines().filter(mends).map(|line| line.virtual_host()).collect();
    let mut found: Vec<(Option<Span>, Finding)> = Vec::new();
    for (line, _) in facts.anywhere(&["ProxyPass", "ProxyPassMatch", "RewriteRule"]) {
        let host = line.virtual_host();
        // one of the main server is every virtual host's
        if mended.contains(&host) || mended.contains(&None) || found.iter().any(|(known, _)| *known == host) {
            continue;
        }
        let Some(seen) = passed(asked, &line) else { continue };
        let to = seen.outcome.backend.as_ref().map(|backend| backend.url.clone()).unwrap_or_default();
        let message = format!(
            "`{}` is passed on to `{to}`: where that redirects, its inner address reaches the visitor",
            seen.ask.path
        );
        let note = Finding { level: Severity::Note, ..rule.seen(line.span(), message, &seen) };
        found.push((host, note));
    }
    found.into_iter().map(|(_, finding)| finding).collect()
}

/// A request that the line passes on to a back-end by HTTP.
fn passed(asked: &Asked<'_>, line: &Directive<'_>) -> Option<Seen> {
    let args = line.args().to_ascii_lowercase();
    if !args.contains_str("http://") && !args.contains_str("https://") && !args.contains_str("balancer://") {
        return None;
    }
    let is_http = |seen: &&Seen| {
        let backend = seen.outcome.backend.as_ref();
        let by = seen.outcome.decided_by.iter().any(|d| d.span == line.span());
        by && backend.is_some_and(|backend| backend.url.starts_with(b"http") || backend.url.starts_with(b"balancer:"))
    };
    asked.about(line.span()).iter().find(is_http).cloned()
}
