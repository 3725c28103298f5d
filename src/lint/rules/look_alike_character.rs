//! `look-alike-character`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::Comparison;
use crate::search::explore::Purse;
use crate::search::space::Terms;
use crate::site::{Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "look-alike-character",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "A pattern holds a character that looks like one with a meaning and is another.",
    why: "It was copied from a page that had been prettified: the pattern matches nothing that anybody asks for.",
    help: "write the plain character",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<LocationMatch "ˆ/private/">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<LocationMatch "^/privé/">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

/// Characters that word processors put in place of plain ones.
const ALIKE: [(char, &str); 14] = [
    ('\u{2c6}', "^"),
    ('\u{2019}', "'"),
    ('\u{2018}', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2212}', "-"),
    ('\u{a0}', " "),
    ('\u{2217}', "*"),
    ('\u{2215}', "/"),
    ('\u{2044}', "/"),
];

/// Directives that begin with a pattern or a path.
const PATTERNS: [&str; 14] = [
    "Location",
    "LocationMatch",
    "Directory",
    "DirectoryMatch",
    "Files",
    "FilesMatch",
    "Alias",
    "AliasMatch",
    "ScriptAliasMatch",
    "WSGIScriptAliasMatch",
    "RedirectMatch",
    "RewriteRule",
    "RewriteCond",
    "ProxyPassMatch",
];

/// How many requests may show it.
const REQUESTS: usize = 4_000;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let sources = facts.site.sources();
    for line in facts.directives.iter().filter(|d| is_named(d, &PATTERNS)) {
        let span = line.span();
        let text = sources.text(span);
        let Ok(text) = text.to_str() else { continue };
        let edits: Vec<Edit> = text
            .char_indices()
            .filter_map(|(at, c)| {
                let plain = ALIKE.iter().find(|(alike, _)| *alike == c)?.1;
                let start = span.start + at as u32;
                Some(Edit { file: span.file, range: start..start + c.len_utf8() as u32, text: plain.into() })
            })
            .collect();
        let Some(first) = edits.first() else { continue };
        let alike = text[(first.range.start - span.start) as usize..].chars().next().unwrap_or(' ');
        let Ok(other) = facts.site.with(&edits) else { continue };
        let (Ok(before), Ok(after)) = (facts.site.start(), other.start()) else { continue };
        let mut comparison = Comparison::new([facts.site, &other], [before, after], false);
        comparison.search([facts.site, &other], &Terms::default(), Purse { requests: REQUESTS, seed: 0, until: None });
        let Some(shows) = comparison.differences().into_iter().next() else { continue };
        let message =
            format!("`{alike}` (U+{:04X}) looks like `{}`, and is another character", alike as u32, first.text);
        let fix = Fix { message: "write the plain character".into(), safety: Safety::Unsafe, edits };
        found.push(Finding { fix: Some(fix), ..rule.shown(span, message, &shows.ask, &shows.before) });
    }
    found
}
