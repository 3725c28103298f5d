//! `fallback-does-not-cover-handler`

use super::handlers::{by_suffix, runs};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;

pub(super) static RULE: Rule = Rule {
    name: "fallback-does-not-cover-handler",
    level: Severity::Note,
    group: "redirecting",
    finds: "A missing file whose name a handler claims, as one that ends in .php, is not given to the FallbackResource.",
    why: "FallbackResource is for requests that no handler takes: such URLs are answered 404 by the handler.",
    help: "lead them to the page by a RewriteRule, if they are meant, too",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
# finding
FallbackResource /index.php
"##,
        files: &["/srv/www/index.php"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
FallbackResource /index.html
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// How many suffixes are tried.
const SUFFIXES: usize = 12;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    let mut suffixes: Vec<String> = vec!["php".into()];
    let named = facts.everywhere().filter_map(|(line, _)| by_suffix(&line)).filter(|(handler, _)| runs(handler));
    suffixes.extend(named.flat_map(|(_, suffixes)| suffixes).map(|suffix| suffix.to_string()).take(SUFFIXES));
    for (line, _) in facts.anywhere(&["FallbackResource"]) {
        let span = line.span();
        let by = |seen: &&crate::lint::facts::Seen| seen.outcome.decided_by.iter().any(|d| d.span == span);
        // a missing page that it takes
        let Some(base) = asked.pool.iter().find(|seen| by(seen) && seen.outcome.status == 200) else { continue };
        let at = base.ask.path.rfind('/').map_or(0, |at| at + 1);
        let folder = &base.ask.path[..at];
        let missing = |name: &str| asked.ask(base.ask.at(format!("{folder}{name}")));
        let plain = missing("zq-missing");
        if !by(&&plain) || plain.outcome.status != 200 {
            continue;
        }
        // the name alone tells them apart
        let mut claimed = suffixes.iter().map(|suffix| missing(&format!("zq-missing.{suffix}")));
        let claimed =
            claimed.find(|claimed| claimed.outcome.status == 404 && differ(&plain.outcome, &claimed.outcome).is_some());
        if let Some(claimed) = claimed {
            let message =
                format!("`{}` is answered 404, not by this page: a handler claims the name", claimed.ask.path);
            found.push(Finding { level: Severity::Note, ..rule.seen(span, message, &claimed) });
        }
    }
    found
}
