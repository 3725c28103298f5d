//! `subsection-reopens`

use super::access::{BY_URL, blocks, says};
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, above};
use crate::lint::facts::{Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "subsection-reopens",
    level: Severity::Note,
    group: "access control",
    finds: "A Require in a deeper section replaces an outer rule.",
    why: "Rules of a deeper section don't add to those around it: whoever meets them alone is let in.",
    help: "write `AuthMerging And` in the deeper section, where both are meant",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Directory /srv/www/staff>
  Require ip 192.0.2.0/24
</Directory>
# finding
<Directory /srv/www/staff/news>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/staff/news/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Directory /srv/www/staff>
  Require ip 192.0.2.0/24
</Directory>
<Directory /srv/www/staff/news>
  AuthMerging And
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/staff/news/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let mut found = Vec::new();
    for block in blocks(facts, &all) {
        let section = block.section.and_then(|span| all.iter().find(|d| d.span() == span));
        let by_url = section.is_some_and(|d| BY_URL.iter().any(|name| d.name().eq_ignore_ascii_case(name.as_bytes())));
        if by_url || block.named(&["Require"]).is_empty() {
            continue;
        }
        let Some(first) = block.lines.first() else { continue };
        let line = section.map_or(first.span(), |d| d.span());
        let mut met = asked.pool.iter().filter(|seen| {
            (seen.outcome.status == 401 || asked.gives(&seen.ask, &seen.outcome).is_some())
                && (seen.met.contains(&line)
                    || seen.outcome.decided_by.iter().any(|d| block.lines.iter().any(|l| l.span() == d.span)))
        });
        let Some(first) = met.next() else { continue };
        let spans: Vec<Span> = block.lines.iter().map(|d| d.span()).collect();
        let Some(outer) = asked.without(&spans) else { continue };
        let refused = std::iter::once(first).chain(met).find_map(|seen| {
            let other = outer.ask(&seen.ask.request());
            let lines: Vec<&Directive<'_>> =
                all.iter().filter(|d| other.decided_by.iter().any(|o| o.span == d.span())).collect();
            // more than a denial of everybody, which is there to be undone
            let rule = lines.into_iter().find(|d| says(d, "Require", &[]) && !says(d, "Require", &["all"]));
            // a password asked for in place of an address is less, too
            let less = matches!(other.status, 401 | 403) && (seen.outcome.status != 401 || other.status == 403);
            rule.filter(|_| less).map(|rule| (seen, rule))
        });
        let Some((seen, outer)) = refused else { continue };
        let message = format!(
            "this replaces `Require {}` of the section around it, and does not add to it",
            outer.args().to_str_lossy()
        );
        let finding = rule.seen(line, message, seen);
        let finding = finding.related(outer.span(), "this is not asked here");
        let edits = vec![above(facts.site.sources(), block.lines[0].span(), "AuthMerging And")];
        let gone = |then: &Outcome| matches!(then.status, 401 | 403);
        let meant = |seen: &Seen, then: &Outcome| {
            matches!(then.status, 401 | 403)
                && block.lines.iter().any(|own| seen.outcome.decided_by.iter().any(|d| d.span == own.span()))
        };
        let trial = Trial { message: "ask for both", edits, gone: &gone, meant: &meant };
        let fix = trial.guess(facts, &finding);
        found.push(Finding { fix, ..finding });
    }
    found
}
