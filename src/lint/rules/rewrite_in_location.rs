//! `rewrite-in-location`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, quoted};
use crate::lint::facts::{Asked, Facts, Seen, is_named, same_line};
use crate::lint::rewriting::{Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::escaped;
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "rewrite-in-location",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A RewriteRule in a Location section with an anchored pattern.",
    why: "There the pattern is held against the file's whole path: one that begins as a URL never matches.",
    help: "put the rules into the server or the Directory section",
    safe: Some(false),
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
        let finding = rule.seen(section, message, seen).related(rewrite.span(), "this rule");
        let around = facts.directives.iter().find(|d| d.span() == section);
        let fix = around.and_then(|around| {
            in_directory(facts, asked, &finding, around, &rewrite)
                .or_else(|| at_server(facts, &finding, around, &rewrite))
        });
        found.push(Finding { fix, ..finding });
    }
    found
}

/// Whether a rule has a part in an answer, or another one comes of it.
fn acts(rewrite: &Rewrite<'_>, outcome: &Outcome, then: &Outcome) -> bool {
    let decides = then.decided_by.iter().any(|decision| same_line(decision.span, rewrite.span()));
    decides || differ(outcome, then).is_some()
}

/// Whether there is nothing but rules in a section.
fn is_for_rules(facts: &Facts<'_>, section: &Directive<'_>) -> bool {
    facts.within(section).all(|d| d.name().to_ascii_lowercase().starts_with(b"rewrite"))
}

/// The section for the directory that the URL leads to.
fn in_directory(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    finding: &Finding,
    section: &Directive<'_>,
    rewrite: &Rewrite<'_>,
) -> Option<Fix> {
    let (span, end, words) = (section.span(), section.end()?, section.words());
    let [url] = words.as_slice() else { return None };
    let plain = is_named(section, &["Location"]) && url.starts_with(b"/") && url.find_byteset(b"*?[").is_none();
    let (ask, outcome) = finding.witness.as_ref().filter(|_| plain && is_for_rules(facts, section))?;
    let path = escaped(url.trim_end_with(|c| c == '/'));
    let folder = asked.ask(ask.at(format!("{path}/"))).outcome.file?;
    let (folder, path) =
        (folder.trim_end_with(|c| c == '/').as_bytes(), [folder.trim_end_with(|c| c == '/').as_bytes(), b"/"].concat());
    if !asked.ground.tree.iter().any(|entry| entry.dir && entry.path == path) {
        return None;
    }
    let place = section.arg_span(facts.site.sources(), 0);
    let name = |at: u32, place: Span| {
        let start = place.start + at;
        Edit::replace(Span { start, end: start + "Location".len() as u32, ..place }, "Directory")
    };
    let edits = vec![name(1, span), Edit::replace(place, quoted(folder)?), name(2, end)];
    let gone = |then: &Outcome| acts(rewrite, outcome, then);
    let meant = |_: &Seen, then: &Outcome| then.status < 400;
    let trial = Trial { message: "put the rules into the Directory section", edits, gone: &gone, meant: &meant };
    (place != span).then(|| trial.guess(facts, finding)).flatten()
}

/// The rules without the section, where their pattern is for the whole URL.
fn at_server(facts: &Facts<'_>, finding: &Finding, section: &Directive<'_>, rewrite: &Rewrite<'_>) -> Option<Fix> {
    let (_, outcome) = finding.witness.as_ref()?;
    // outside of it each rule is for all URLs
    let inside = |rule: &Rewrite<'_>| location(rule) == Some(section.span());
    let whole = rewrites(facts).iter().filter(|rule| inside(rule)).all(|rule| rule.pattern.starts_with(b"^/"));
    if !whole || !is_for_rules(facts, section) {
        return None;
    }
    let (span, end) = (section.span(), section.end()?);
    let file = facts.site.sources().file(span.file);
    let own = file.indent(span.start).len() as u32;
    let mut edits = vec![Edit::delete(span), Edit::delete(end)];
    edits.extend((span.line + 1..end.line).filter_map(|number| {
        let start = file.line_start(number) + own;
        let step = file.line(number).iter().skip(own as usize).take_while(|b| matches!(b, b' ' | b'\t')).count() as u32;
        (step > 0).then(|| Edit { file: span.file, range: start..start + step, text: "".into() })
    }));
    let gone = |then: &Outcome| acts(rewrite, outcome, then);
    let meant = |_: &Seen, then: &Outcome| then.status < 400;
    Trial { message: "take the section away from around the rules", edits, gone: &gone, meant: &meant }
        .guess(facts, finding)
}

/// The Location that a rule is straight in.
fn location(rewrite: &Rewrite<'_>) -> Option<Span> {
    let (name, span) = rewrite.line.parents().last()?;
    (name.eq_ignore_ascii_case(b"Location") || name.eq_ignore_ascii_case(b"LocationMatch")).then_some(span)
}
