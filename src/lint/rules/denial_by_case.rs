//! `denial-by-case`

use super::denials::{Gap, by_gap, url};
use super::kept_back::{kept_out, repatterned};
use crate::diagnostic::Severity;
use crate::lint::edits::escaped;
use crate::lint::facts::{Facts, is_named};
use crate::lint::rewriting::rewrites;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "denial-by-case",
    level: Severity::Warning,
    group: "access control",
    finds: "A mapping takes names in any case, and the denial of its URLs takes one.",
    why: "Whoever writes a letter of the URL in the other case gets what is denied.",
    help: "write `(?i)` in a LocationMatch, or deny the directory in a Directory section",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AliasMatch "(?i)^/docs/(.*)$" /srv/www/docs/$1
# finding
<Location /docs/board>
  Require all denied
</Location>
"##,
        files: &["/srv/www/docs/board/minutes.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AliasMatch "(?i)^/docs/(.*)$" /srv/www/docs/$1
<LocationMatch "(?i)^/docs/board">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/docs/board/minutes.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = by_gap(rule, facts, Gap::Case, |past| {
        format!("this refuses `{}`, and `{}` gets the same", past.denial.ask.path, url(&past.found.ask))
    });
    for finding in &mut found {
        finding.fix = fix(facts, finding);
    }
    found
}

/// The pattern, or a pattern in the place of the path, for any case.
fn fix(facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
    const MESSAGE: &str = "deny it in any case";
    let sources = facts.site.sources();
    let by_rule = rewrites(facts);
    if let Some(rule) = by_rule.iter().find(|rule| rule.span() == finding.line) {
        return kept_out(facts, finding, MESSAGE, vec![rule.with_flag(sources, "NC")]);
    }
    let section = facts.directives.iter().find(|d| d.span() == finding.line)?;
    let words = section.words();
    match words.as_slice() {
        [url] if is_named(section, &["Location"]) && url.find_byteset(b"*?[").is_none() => {
            let pattern = escaped(url.trim_end_with(|c| c == '/'));
            let end = section.end()?;
            let name = Span { start: end.start + 2, end: end.start + 2 + "Location".len() as u32, ..end };
            let open = Edit::replace(section.span(), format!("<LocationMatch \"(?i)^{pattern}(/|$)\">"));
            let edits = vec![open, Edit::replace(name, "LocationMatch")];
            kept_out(facts, finding, MESSAGE, edits).filter(|_| !pattern.contains('"'))
        }
        _ => repatterned(facts, finding, MESSAGE, |old| {
            Some(match old.strip_prefix('"') {
                Some(inner) => format!("\"(?i){inner}"),
                None => format!("(?i){old}"),
            })
        }),
    }
}
