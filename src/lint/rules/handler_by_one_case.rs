//! `handler-by-one-case`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::shown::How;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "handler-by-one-case",
    level: Severity::Warning,
    group: "handlers",
    finds: "A FilesMatch section gives programs their handler by a suffix in one case, and a file has it in another.",
    why: "That file is no program: its text is sent.",
    help: "begin the pattern with `(?i)`",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
"##,
        files: &["/srv/www/a.php", "/srv/www/OLD.PHP"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "(?i)\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
"##,
        files: &["/srv/www/a.php", "/srv/www/OLD.PHP"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let upper = |path: &[u8]| {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        name.rfind_byte(b'.').is_some_and(|at| name[at..].iter().any(u8::is_ascii_uppercase))
    };
    let sent: Vec<_> = asked.files.iter().filter(|f| f.how == How::Static && upper(&f.path)).collect();
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["FilesMatch", "Files"]).filter(|_| !sent.is_empty()) {
        let place = line.arg_span(sources, 0);
        let text = sources.text(place);
        if text.contains_str("(?i") || place == line.span() {
            continue;
        }
        let own = line.span();
        let sets =
            facts.anywhere(&["SetHandler"]).any(|(d, _)| d.parents().last().is_some_and(|(_, span)| span == own));
        if !sets {
            continue;
        }
        let edit = match is_named(&line, &["FilesMatch"]) {
            true => {
                let start = place.start + u32::from(text.starts_with(b"\""));
                Edit::replace(Span { start, end: start, ..place }, "(?i)")
            }
            false => {
                let words = line.words();
                // all of one suffix
                let suffix = words.first().and_then(|name| name.strip_prefix(b"*."));
                let Some(suffix) = suffix.filter(|s| s.iter().all(u8::is_ascii_alphanumeric)) else { continue };
                Edit::replace(place, format!("~ \"(?i)\\.{}$\"", suffix.as_bstr()))
            }
        };
        let edits = vec![edit];
        let Some(other) = asked.changed(&edits) else { continue };
        let runs =
            |then: &crate::outcome::Outcome, ask| asked.gives(ask, then).is_some_and(|(_, how)| how == How::Program);
        let Some(file) = sent.iter().find(|file| runs(&other.ask(&file.ask.request()), &file.ask)) else { continue };
        let message = format!("`{}` has the suffix in another case: its text is sent", file.path.as_bstr());
        let sent: Vec<_> = sent.iter().map(|file| file.outcome.file.clone()).collect();
        let safe = asked.changes_only(&other, |outcome| sent.contains(&outcome.file));
        let safety = Safety::safe_if(safe);
        let fix = Fix { message: "match either case".into(), safety, edits };
        found.push(Finding { fix: Some(fix), ..rule.shown(own, message, &file.ask, &file.outcome) });
    }
    found
}
