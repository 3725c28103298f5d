//! `rewrite-in-location`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, same_line};
use crate::lint::rewriting::{Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "rewrite-in-location",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A RewriteRule in a Location section with an anchored pattern.",
    why: "There the pattern is held against the file's whole path: one that begins as a URL never matches.",
    help: "put the rules into the server or the Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
</Directory>
# finding
<Location /app>
  RewriteEngine on
  RewriteRule ^x$ /index.html
</Location>
"##,
        files: &["/srv/www/index.html", "/srv/www/app/x"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
</Directory>
<Location /app>
  RewriteEngine on
  RewriteRule /x$ /index.html
</Location>
"##,
        files: &["/srv/www/index.html", "/srv/www/app/x"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found: Vec<Finding> = Vec::new();
    for rewrite in rewrites(facts) {
        let Some(section) = location(&rewrite).filter(|s| found.iter().all(|f| f.line != *s)) else { continue };
        let pattern = &rewrite.pattern;
        if rewrite.not || !pattern.starts_with(b"^") || pattern.len() < 3 {
            continue;
        }
        // it never matches
        if asked.met(section).next().is_none() || asked.met(rewrite.span()).next().is_some() {
            continue;
        }
        // at the end of the path it would
        let bare = pattern[1..].strip_prefix(b"/").unwrap_or(&pattern[1..]);
        let new = [b"/", bare.strip_prefix(b"?").unwrap_or(bare)].concat();
        let Some(edit) = Rewrite::with_text(&rewrite.line, sources, 0, pattern, &new) else { continue };
        let Some(other) = asked.changed(&[edit]) else { continue };
        let (around, about) = (asked.about(section), asked.about(rewrite.span()));
        let shown = around.iter().chain(about.iter()).filter(|seen| seen.outcome.connection.is_none()).find(|seen| {
            // another rule of the section may lead to the same
            let then = Asked::seen(&other, seen.ask.clone());
            then.met.iter().any(|line| same_line(*line, rewrite.span()))
        });
        let Some(seen) = shown else { continue };
        let message = format!(
            "rules in a Location see the file's whole path: `{pattern}` never matches, as for `{}`",
            seen.ask.path
        );
        found.push(rule.seen(section, message, seen).related(rewrite.span(), "this rule"));
    }
    found
}

/// The Location that a rule is straight in.
fn location(rewrite: &Rewrite<'_>) -> Option<Span> {
    let (name, span) = rewrite.line.parents().last()?;
    (name.eq_ignore_ascii_case(b"Location") || name.eq_ignore_ascii_case(b"LocationMatch")).then_some(span)
}
