//! `type-does-not-stop-php`

use super::handlers::{by_suffix, is_php, runs, straight_in};
use crate::diagnostic::Severity;
use crate::lint::edits::below;
use crate::lint::facts::{Asked, Facts, Shown, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::shown::How;
use crate::site::{Directive, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "type-does-not-stop-php",
    level: Severity::Error,
    group: "handlers",
    finds: "A type, or a handler for a directory, is meant to keep PHP from running there, while SetHandler in a FilesMatch section gives it.",
    why: "Files sections are merged after all directories, .htaccess files too, and a handler goes before a type: the programs run.",
    help: "take the handler away in a FilesMatch section within that directory, or deny the files there",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
<Directory /srv/www/uploads>
  # finding
  SetHandler None
</Directory>
"##,
        files: &["/srv/www/index.php", "/srv/www/uploads/x.php"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
<Directory /srv/www/uploads>
  <FilesMatch ".">
    SetHandler None
  </FilesMatch>
</Directory>
"##,
        files: &["/srv/www/index.php", "/srv/www/uploads/x.php"],
    },
    find,
};

const LINES: [&str; 6] = ["ForceType", "SetHandler", "AddHandler", "AddType", "RemoveHandler", "RemoveType"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let mut told: Vec<Span> = Vec::new();
    for (line, htaccess) in facts.anywhere(&LINES) {
        let Some(directory) = straight_in(&line, htaccess).filter(|_| is_against(&line)) else { continue };
        let section = line.parents().last().map_or(Span { start: 0, end: 0, line: 0, ..line.span() }, |(_, span)| span);
        if told.contains(&section) {
            continue;
        }
        let php = |file: &&Shown| {
            let handler = file.outcome.handler.as_deref().map(|h| h.as_bytes()).unwrap_or_default();
            file.how == How::Program && file.path.starts_with(&directory) && (is_php(handler) || by_fcgi(file))
        };
        let Some(file) = asked.files.iter().find(php) else { continue };
        let Some((fix, safe)) = stops(facts, asked, line.span(), file) else { continue };
        told.push(section);
        let name = file.path.as_bstr();
        let message = format!("PHP is not stopped by this: `{name}` is run");
        let mut finding = rule.shown(line.span(), message, &file.ask, &file.outcome);
        if let Some(by) = handler_line(asked, file) {
            finding = finding.related(by, "this line is merged later, and decides");
        }
        let safety = Safety::safe_if(safe);
        found.push(Finding { fix: Some(Fix { safety, ..fix }), ..finding });
    }
    found
}

/// Whether a line is one that may be meant to stop PHP.
fn is_against(line: &Directive<'_>) -> bool {
    let words = line.words();
    let first = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    let suffix = |word: &bstr::BString| is_php(word) || word.eq_ignore_ascii_case(b".phtml");
    match () {
        () if is_named(line, &["RemoveHandler", "RemoveType"]) => words.iter().any(suffix),
        () if is_named(line, &["AddHandler", "AddType"]) => {
            let own = by_suffix(line).is_some_and(|(_, own)| own.iter().any(|suffix| is_php(suffix)));
            own && !is_php(&first) && !first.starts_with(b"proxy:") && (!runs(&first) || first == b"cgi-script")
        }
        // what is for a few names of the directory says so
        () => !is_php(&first) && !runs(&first) && !first.is_empty(),
    }
}

/// Whether it is passed on to PHP-FPM.
fn by_fcgi(file: &Shown) -> bool {
    file.outcome.backend.as_ref().is_some_and(|backend| backend.fcgi.is_some())
}

fn handler_line(asked: &Asked<'_>, file: &Shown) -> Option<Span> {
    let sources = asked.ground.search.run.sources();
    let mut lines = file.outcome.decided_by.iter().map(|d| d.span);
    lines.rfind(|span| sources.directive_name(*span).eq_ignore_ascii_case("SetHandler"))
}

/// The handler taken away in a section that is merged last, where that stops the program; and whether nothing else changes.
fn stops(facts: &Facts<'_>, asked: &Asked<'_>, line: Span, file: &Shown) -> Option<(Fix, bool)> {
    let text = "<FilesMatch \".\">\n  SetHandler default-handler\n</FilesMatch>";
    let edits = vec![below(facts.site.sources(), line, text)];
    let other = asked.changed(&edits)?;
    let then = other.ask(&file.ask.request());
    let runs =
        |outcome: &crate::outcome::Outcome| asked.gives(&file.ask, outcome).is_some_and(|(_, how)| how == How::Program);
    if runs(&then) {
        return None;
    }
    let safe = asked.changes_only(&other, runs);
    Some((Fix { message: "take the handler away in a FilesMatch section".into(), safety: Safety::Unsafe, edits }, safe))
}
