//! `options-list-wipes-inherited`

use super::handlers::straight_in;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "options-list-wipes-inherited",
    level: Severity::Warning,
    group: "options",
    finds: "Options without signs in a deeper directory, which lacks something that is set above and is needed there.",
    why: "A list without signs replaces all that was set above: links, rules or programs of the directory are refused.",
    help: "write `+` before each option",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
</Directory>
<Directory /srv/www/a>
  # finding
  Options Indexes
</Directory>
"##,
        files: &["/srv/www/b.txt", "/srv/www/a/l -> /srv/www/b.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
</Directory>
<Directory /srv/www/a>
  Options +Indexes
</Directory>
"##,
        files: &["/srv/www/b.txt", "/srv/www/a/l -> /srv/www/b.txt"],
    },
    find,
};

/// What is refused for want of an option: a link, rules of mod_rewrite, a program, a listing.
fn is_lost(outcome: &Outcome) -> bool {
    let message = outcome.log_message.as_deref().unwrap_or_default();
    let lost = matches!(outcome.log, Some("AH00037" | "AH00670")) || message.contains("ExecCGI is off");
    outcome.status == 403 && (lost || is_unlisted(outcome))
}

/// A directory whose listing is refused: to list no more may be what the line is for.
fn is_unlisted(outcome: &Outcome) -> bool {
    outcome.log == Some("AH01276")
}

/// The option for want of which it is refused.
fn lacking(outcome: &Outcome) -> &'static str {
    match outcome.log {
        Some("AH01276") => "Indexes",
        Some("AH00037" | "AH00670") => "FollowSymLinks",
        _ => "ExecCGI",
    }
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for (line, htaccess) in facts.anywhere(&["Options"]) {
        let Some(directory) = straight_in(&line, htaccess) else { continue };
        let words = line.words();
        let signs = words.iter().any(|word| word.starts_with(b"+") || word.starts_with(b"-"));
        let alone = |word: &bstr::BString| [&b"none"[..], b"all"].contains(&word.to_ascii_lowercase().as_slice());
        if signs || words.iter().any(alone) {
            continue;
        }
        let below = |seen: &&Seen| {
            let file = seen.outcome.file.as_ref();
            file.is_some_and(|file| file.starts_with(directory.trim_end_with(|c| c == '/').as_bytes()))
        };
        let lost = |seen: &&Seen| is_lost(&seen.outcome);
        let mut harmed = asked.pool.iter().filter(below).filter(lost).peekable();
        if harmed.peek().is_none() {
            continue;
        }
        let edits: Vec<Edit> = (0..words.len())
            .map(|n| line.arg_span(sources, n))
            .filter(|place| *place != line.span())
            .map(|place| {
                let start = place.start + u32::from(sources.text(place).starts_with(b"\""));
                Edit::replace(Span { start, end: start, ..place }, "+")
            })
            .collect();
        let Some(other) = asked.changed(&edits) else { continue };
        let mended = harmed.filter(|seen| other.ask(&seen.ask.request()).status < 400);
        let Some(seen) = mended.min_by_key(|seen| is_unlisted(&seen.outcome)) else { continue };
        // where nothing in the directory is served, no author means it
        let whole = !is_unlisted(&seen.outcome) && asked.pool.iter().filter(below).all(|seen| is_lost(&seen.outcome));
        let (option, path) = (lacking(&seen.outcome), &seen.ask.path);
        let message = match whole {
            true => {
                format!("this list replaces what is set above: without {option}, all of this directory is answered 403")
            }
            false => format!("this list replaces what is set above: without {option}, `{path}` is answered 403"),
        };
        let safe = asked.changes_only(&other, is_lost);
        let safety = Safety::safe_if(safe);
        let fix = Fix { message: "write `+` before each option".into(), safety, edits };
        let level = match (is_unlisted(&seen.outcome), whole) {
            (true, _) => Severity::Note,
            (false, true) => Severity::Error,
            (false, false) => rule.level,
        };
        found.push(Finding { fix: Some(fix), level, ..rule.seen(line.span(), message, seen) });
    }
    found
}
