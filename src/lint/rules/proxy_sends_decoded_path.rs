//! `proxy-sends-decoded-path`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::marks::in_path;
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::run::Run;

pub(super) static RULE: Rule = Rule {
    name: "proxy-sends-decoded-path",
    level: Severity::Warning,
    group: "proxy",
    finds: "A rule with [P,NE] carries the path on to the back-end.",
    why: "The path is decoded, and NE leaves it so: a URL with a blank is answered 403, and the back-end is asked for another one where there is `%23`, `%25` or `%3F`.",
    help: "pass URLs on as they came by ProxyPass with `nocanon`; without [NE] blanks get through, but `%2F` is escaped again",
    safe: None,
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine on
  # finding
  RewriteRule ^ http://127.0.0.1:8080%{REQUEST_URI} [P,QSA,NE]
</VirtualHost>
"##,
        files: &[],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine on
  RewriteRule ^/item/([0-9]+)$ http://127.0.0.1:8080/%7Eshop/$1 [P,NE]
  RewriteRule ^ http://127.0.0.1:8080%{REQUEST_URI} [P,QSA]
</VirtualHost>
"##,
        files: &[],
    },
    find,
};

const NE: [&str; 2] = ["ne", "noescape"];
const ASKED: usize = 8;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let all = rewrites(facts);
    let is_carried = |rewrite: &&Rewrite<'_>| {
        rewrite.has(&["p", "proxy"]) && rewrite.has(&NE) && !matches!(rewrite.level, Level::Section)
    };
    let mut found = Vec::new();
    for rules in Rewrite::by_place(all.iter().filter(is_carried)) {
        let shown = Rewrite::harmful(
            asked,
            rules,
            |rewrite| rewrite.without_flag(sources, &NE),
            |rewrite, other| refused(asked, rewrite, other),
        );
        let Some((first, _, seen)) = shown.first() else { continue };
        let message = format!("`{}` is refused, as any URL with a blank: [NE] leaves the path decoded", seen.ask.path);
        let mut finding = rule.seen(first.span(), message, seen);
        finding.related.extend(shown[1..].iter().map(|(rewrite, ..)| (rewrite.span(), "so it is by this one".into())));
        found.push(finding);
    }
    found
}

/// A request with a blank that is refused, and would be passed on without NE.
fn refused(asked: &Asked<'_>, rewrite: &Rewrite<'_>, other: &Run) -> Option<Seen> {
    let line = rewrite.span();
    let about = asked.about(line);
    let own = about.iter().filter(|seen| seen.met.contains(&line) && seen.outcome.backend.is_some()).take(ASKED);
    own.flat_map(|seen| in_path(seen, "a%20b")).find_map(|ask| {
        let seen = asked.ask(ask);
        let passed = || other.ask(&seen.ask.request()).backend.is_some();
        (seen.met.contains(&line) && seen.outcome.status == 403 && passed()).then_some(seen)
    })
}
