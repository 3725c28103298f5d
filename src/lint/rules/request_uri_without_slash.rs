//! `request-uri-without-slash`

use super::rewrite_pattern_slash::loosened;
use crate::conf::args::flags;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::rewriting::{Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::observer::PatternKind;
use crate::search::points::Of;
use crate::search::solve::{Solved, Want};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::BString;

pub(super) static RULE: Rule = Rule {
    name: "request-uri-without-slash",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A condition on REQUEST_URI whose pattern begins without a slash.",
    why: "The variable is the whole path and begins with a slash, in .htaccess too: the condition never holds or, with a `!`, always.",
    help: "begin the pattern with `^/`",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteCond %{REQUEST_URI} !^\.well-known/
RewriteRule ^/\. - [F]
"##,
        files: &["/srv/www/.well-known/token"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
RewriteCond %{REQUEST_URI} !^/\.well-known/
RewriteRule ^/\. - [F]
"##,
        files: &["/srv/www/.well-known/token"],
    },
    find,
};

const WHOLE: &str = r"(?-u)^/[^\x00\n]*$";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for rewrite in rewrites(facts) {
        for condition in &rewrite.conditions {
            let words = condition.words();
            let [test, pattern, ..] = words.as_slice() else { continue };
            let icase = words.get(2).is_some_and(|word| flags(word).iter().any(|f| *f == "nc" || *f == "nocase"));
            if test.eq_ignore_ascii_case(b"%{REQUEST_URI}") {
                found.extend(one(rule, facts, condition, rewrite.span(), pattern, icase));
            }
        }
    }
    for (line, _) in facts.anywhere(&["SetEnvIf", "SetEnvIfNoCase"]) {
        let words = line.words();
        let [attribute, pattern, ..] = words.as_slice() else { continue };
        if attribute.eq_ignore_ascii_case(b"Request_URI") {
            let icase = line.name().len() > "SetEnvIf".len();
            found.extend(one(rule, facts, &line, line.span(), pattern, icase));
        }
    }
    found
}

/// What is found of a line whose second word is a pattern of the path.
fn one(
    rule: &Rule,
    facts: &Facts<'_>,
    line: &Directive<'_>,
    asked_by: Span,
    written: &BString,
    icase: bool,
) -> Option<Finding> {
    let asked = facts.asked.as_ref()?;
    let solver = &asked.ground.search.solver;
    let (not, pattern) = match written.strip_prefix(b"!") {
        Some(rest) => (true, rest),
        None => (false, written.as_slice()),
    };
    let (kind, pattern, new) = match pattern.strip_prefix(b"=") {
        Some(text) if text.first().is_some_and(|b| !b"/\"".contains(b)) => {
            (PatternKind::Text, text, [b"/", text].concat())
        }
        Some(_) => return None,
        None if pattern.first().is_some_and(|b| b"-<>".contains(b)) => return None,
        None => (PatternKind::Regex { icase }, pattern, loosened(pattern, true, false)),
    };
    let solved = |pattern: &[u8]| solver.text(WHOLE, &[Want::yes(kind, pattern)]);
    if solved(pattern) != Solved::Empty || !matches!(solved(&new), Solved::Found(_)) {
        return None;
    }
    let edit: Edit = Rewrite::with_text(line, facts.site.sources(), 1, pattern, &new)?;
    let old = Want { kind, pattern: pattern.into(), yes: !not };
    let wanted = (Of::Path, Want::yes(kind, new));
    let seen: Seen = asked.turned(asked_by, &old, wanted, None, &edit)?;
    let holds = if not { "always" } else { "never" };
    let path = &seen.ask.path;
    let message = format!(
        "this {holds} holds, as the path begins with a slash: `{path}`, which is meant, is treated like all others"
    );
    let fix = Fix { message: "begin with a slash".into(), safety: Safety::Safe, edits: vec![edit] };
    Some(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) })
}
