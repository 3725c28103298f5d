//! `nonfatal-drops-denial`

use super::htaccess_not_read::{allowing, is_by};
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::denial::refusing;
use crate::search::ground::is_refusal;
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "nonfatal-drops-denial",
    level: Severity::Error,
    group: ".htaccess",
    finds: "With AllowOverride Nonfatal, a line of an .htaccess file that is not permitted is skipped, and it was the denial.",
    why: "Without Nonfatal the directory would be answered 500, and the mistake would be seen: so it is open.",
    help: "permit the class of the line, or deny in a Directory section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride FileInfo Nonfatal=Override
</Directory>
"##,
        files: &["/srv/www/private/.htaccess: Require all denied", "/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride AuthConfig Nonfatal=Override
</Directory>
"##,
        files: &["/srv/www/private/.htaccess: Require all denied", "/srv/www/private/a.txt"],
    },
    find,
};

/// Lines that may deny.
const DENYING: [&str; 7] = ["Require", "Deny", "Order", "RewriteRule", "Redirect", "RedirectMatch", "Satisfy"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let nonfatal = |word: &bstr::BString| word.to_ascii_lowercase().starts_with(b"nonfatal");
    let lines: Vec<_> = facts.named(&["AllowOverride"]).filter(|line| line.words().iter().any(nonfatal)).collect();
    let mut found = Vec::new();
    for text in facts.htaccess.iter().filter(|_| !lines.is_empty()) {
        let within = |line: &&&Directive<'_>| line.directory().is_some_and(|own| text.directory.starts_with(&own));
        let Some(by) = lines.iter().rfind(within) else { continue };
        let Some(other) = asked.changed(&[allowing(facts, &text.directory)]) else { continue };
        // without its lines about access nothing is denied
        let own: Vec<Span> = text.directives().filter(|d| is_named(d, &DENYING)).map(|d| d.span()).collect();
        let edits: Vec<Edit> = facts.site.blanks(&own).into_iter().chain([allowing(facts, &text.directory)]).collect();
        let Some(open) = asked.changed(&edits) else { continue };
        let path: bstr::BString = facts.site.sources().file(text.file).name.clone().into();
        let shown =
            asked.files.iter().filter(|file| file.path.starts_with(&text.directory)).take(40).find_map(|file| {
                let then = other.ask(&file.ask.request());
                let by = is_by(&other, &then, &path) || !is_refusal(&open.ask(&file.ask.request()));
                if !is_refusal(&then) || !by {
                    return None;
                }
                let is_own = |span: &Span| other.sources().file(span.file).name.as_bytes() == path.as_bytes();
                let line = refusing(&other, &then).into_iter().find(is_own).map(|span| span.line);
                Some((file, line))
            });
        let Some((file, denial)) = shown else { continue };
        // the same line of this site; of several that each would refuse, none decides alone
        let lines: Vec<_> = text.directives().collect();
        let kinds: [&[&str]; 3] = [&["Deny"], &["Require"], &["Order"]];
        let line = match denial {
            Some(number) => lines.iter().find(|d| d.span().line == number),
            None => kinds.iter().find_map(|names| lines.iter().find(|d| is_named(d, names))),
        };
        let Some(denial) = line else { continue };
        let line = denial.span();
        let message = format!("this line is not permitted, and skipped without a word: `{}` is open", file.ask.path);
        let finding = rule.shown(line, message, &file.ask, &file.outcome);
        let finding = finding.related(by.span(), "Nonfatal has it skipped");
        let fix = fix(facts, &finding, by, denial);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The class that permits a line.
fn class(line: &Directive<'_>) -> &'static str {
    match () {
        () if is_named(line, &["Require", "Satisfy"]) => "AuthConfig",
        () if is_named(line, &["Order", "Deny"]) => "Limit",
        () => "FileInfo",
    }
}

/// The class of the denial, permitted.
fn fix(facts: &Facts<'_>, finding: &Finding, by: &Directive<'_>, denial: &Directive<'_>) -> Option<Fix> {
    let (sources, words, class) = (facts.site.sources(), by.words(), class(denial));
    let at = words.iter().position(|word| word.to_ascii_lowercase().starts_with(b"nonfatal"))?;
    let place = by.arg_span(sources, at);
    let edit = match words.iter().position(|word| word.eq_ignore_ascii_case(b"None")) {
        Some(none) => Edit::replace(by.arg_span(sources, none), class),
        None => Edit::replace(Span { end: place.start, ..place }, format!("{class} ")),
    };
    let meant = |_: &Seen, then: &Outcome| is_refusal(then);
    let known = place != by.span();
    let message = format!("permit its class: {class}");
    let trial = Trial { message: &message, edits: vec![edit], gone: &is_refusal, meant: &meant };
    known.then(|| trial.guess(facts, finding)).flatten()
}
