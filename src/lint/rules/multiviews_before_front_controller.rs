//! `multiviews-before-front-controller`

use super::handlers::suffixes;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::{decoded, escaped};
use crate::search::compare::differ;
use crate::search::shown::{How, Thing};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "multiviews-before-front-controller",
    level: Severity::Warning,
    group: "rewriting",
    finds: "MultiViews finds a file for a URL that rules of the directory would rewrite.",
    why: "The search for files of that name with any suffix comes before the rules: the front controller never sees the URL.",
    help: "write `Options -MultiViews` there",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
AddType text/html .html
<Directory /srv/www>
  Require all granted
  # finding
  Options FollowSymLinks MultiViews
  RewriteEngine on
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteRule ^(.*)$ index.html [L]
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/news.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
AddType text/html .html
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks MultiViews
  RewriteEngine on
  RewriteRule ^old$ index.html [L]
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/news.html"],
    },
    find,
};

/// How many files are tried.
const FILES: usize = 120;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let lines: Vec<Directive<'_>> = facts.lines().collect();
    if !lines.iter().any(|line| is_named(line, &["RewriteRule"])) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for line in lines.iter().filter(|line| is_named(line, &["Options"])) {
        let words = line.words();
        let on = |word: &[u8]| word.strip_prefix(b"+").unwrap_or(word).eq_ignore_ascii_case(b"MultiViews");
        let Some(at) = words.iter().position(|word| on(word)) else { continue };
        let place = line.arg_span(sources, at);
        if place == line.span() {
            continue;
        }
        let signs = words[at].starts_with(b"+");
        let edit = match (signs, words.len()) {
            (true, _) => Edit::replace(place, "-MultiViews"),
            (false, 1) => Edit::replace(place, "None"),
            // with the blank before it or behind it
            (false, _) => {
                let text = &sources.file(place.file).text;
                let before =
                    text[..place.start as usize].iter().rev().take_while(|b| b" \t".contains(b)).count() as u32;
                Edit::replace(Span { start: place.start - before, ..place }, "")
            }
        };
        let Some(other) = asked.changed(std::slice::from_ref(&edit)) else { continue };
        let Some(seen) = shows(asked, &other) else { continue };
        let (path, file) = (&seen.ask.path, seen.outcome.file.clone().unwrap_or_default());
        let message = format!("MultiViews takes `{path}` for `{file}`, before a rule can rewrite it");
        let mut finding = rule.seen(line.span(), message, &seen);
        let then = other.ask(&seen.ask.request());
        let rule_line = rewriting_line(&then, &other);
        if let Some(line) = rule_line.filter(|line| lines.iter().any(|own| own.span() == *line)) {
            finding = finding.related(line, "this rule would take it");
        }
        let fix = Fix { message: "switch MultiViews off".into(), safety: Safety::Unsafe, edits: vec![edit] };
        found.push(Finding { fix: Some(fix), ..finding });
    }
    found
}

/// The rule that an answer is by.
fn rewriting_line(outcome: &Outcome, run: &Run) -> Option<Span> {
    let mut lines = outcome.decided_by.iter().map(|d| d.span);
    lines.rfind(|span| run.sources().directive_name(*span).eq_ignore_ascii_case("RewriteRule"))
}

/// Whether a file is a page by its suffixes.
fn is_page(file: &[u8]) -> bool {
    suffixes(file).iter().any(|suffix| {
        suffix.starts_with(b"php")
            || [&b"html"[..], b"htm", b"xhtml", b"shtml", b"txt", b"xml", b"pdf"].contains(&suffix.as_slice())
    })
}

/// A URL without its file's suffix, for which that file is found, and which a rule takes otherwise.
fn shows(asked: &Asked<'_>, other: &Run) -> Option<Seen> {
    let mut asks = Vec::new();
    for file in &asked.files {
        // the request for it may be without the suffix already
        let name = file.path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let Some(dot) = name.find_byte(b'.').filter(|at| *at > 0) else { continue };
        let folder = &file.ask.path[..file.ask.path.rfind('/').map_or(0, |at| at + 1)];
        let bare = format!("{folder}{}", escaped(&name[..dot]));
        asks.push(file.ask.at(bare.as_str()));
        asks.push(file.ask.at(format!("{bare}/1")));
        if asks.len() >= FILES {
            break;
        }
    }
    asks.into_iter().map(|ask| asked.ask(ask)).find(|seen| {
        let Some((Thing::File(file), how)) = asked.gives(&seen.ask, &seen.outcome) else { return false };
        // nobody's page has the name of a picture or a style sheet
        if how != How::Program && !is_page(&file) {
            return false;
        }
        let then = other.ask(&seen.ask.request());
        let asked_for = decoded(&seen.ask.path);
        let by_suffix = !asked_for.ends_with(file.rsplit(|b| *b == b'/').next().unwrap_or_default());
        by_suffix
            && rewriting_line(&then, other).is_some()
            && rewriting_line(&seen.outcome, &asked.ground.search.run).is_none()
            && then.file.as_ref().map(|f| f.as_bytes()) != seen.outcome.file.as_ref().map(|f| f.as_bytes())
            && differ(&seen.outcome, &then).is_some()
    })
}
