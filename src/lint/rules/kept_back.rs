//! What mends denials that can be got past: their patterns, or the denial of the files themselves.

use crate::lint::Finding;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, Shown, is_named};
use crate::lint::lines::is_status;
use crate::lint::past::Past;
use crate::outcome::Outcome;
use crate::search::ask::{Ask, decoded};
use crate::search::ground::is_refusal;
use crate::search::shown::{How, Thing};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::{BString, ByteSlice};

impl Asked<'_> {
    /// The files that are had by some URL, and refused by another one of their own.
    pub(super) fn kept_back(&self) -> Vec<BString> {
        let run = &self.ground.search.run;
        let denied = |file: &&Shown| {
            let ways = self.ground.routes.to(&file.path).into_iter().take(WAYS);
            let asks = ways.map(|way| file.ask.at(way.path)).filter(|ask| *ask != file.ask);
            asks.into_iter().any(|ask| is_refusal(&run.ask(&ask.request())))
        };
        self.files.iter().filter(denied).filter_map(|file| file.outcome.file.clone()).collect()
    }
}

/// How many of a file's own URLs are tried.
const WAYS: usize = 8;

/// The pattern of a line or of its section, changed, where that keeps out what gets past, and nothing that is not denied by its
/// own URL.
pub(super) fn repatterned(
    facts: &Facts<'_>,
    finding: &Finding,
    message: &str,
    change: impl Fn(&str) -> Option<String>,
) -> Option<Fix> {
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let line = all.iter().find(|d| d.span() == finding.line)?;
    let words = line.words();
    let n = match () {
        () if is_named(line, &["LocationMatch", "RewriteRule"]) => 0,
        () if is_named(line, &["Location"]) && words.first().is_some_and(|word| *word == "~") => 1,
        () if is_named(line, &["RedirectMatch"]) => words.iter().position(|word| !is_status(word))?,
        () => return None,
    };
    let edits = vec![edits::in_word(facts.site.sources(), line, n, change)?];
    kept_out(facts, finding, message, edits)
}

/// A fix that keeps out what gets past, and nothing that is not denied by its own URL.
pub(super) fn kept_out(facts: &Facts<'_>, finding: &Finding, message: &str, edits: Vec<Edit>) -> Option<Fix> {
    let asked = facts.asked.as_ref()?;
    let (ask, outcome) = finding.witness.as_ref()?;
    if !names_it(asked, ask, outcome) {
        return None;
    }
    let trial = Trial {
        message,
        edits,
        gone: &|then| is_refusal(then),
        meant: &|seen, then| {
            is_refusal(then) && asked.is_denied_by_name(seen) && names_it(asked, &seen.ask, &seen.outcome)
        },
    };
    trial.fix(facts, finding)
}

/// Whether a request gets a file by a URL with its name, or that without its suffix. Whoever asks for something else and gets
/// it, as an index or a front controller, may be meant to.
fn names_it(asked: &Asked<'_>, ask: &Ask, outcome: &Outcome) -> bool {
    let Some((Thing::File(path), _)) = asked.gives(ask, outcome) else { return false };
    let path = path.to_ascii_lowercase();
    let name = path.trim_end_with(|c| c == '/').rsplit(|b| *b == b'/').next().unwrap_or_default();
    let bare = name.rsplit_once_str(".").map_or(name, |(bare, _)| bare);
    // what is decoded twice is asked for so
    let url = decoded(&decoded(&ask.path).to_str_lossy()).to_ascii_lowercase();
    !name.is_empty() && url.split(|b| *b == b'/').any(|part| part == name || part == bare)
}

/// The files that a line refuses by their URLs, denied as files.
pub(super) fn denied_as_files(facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
    let asked = facts.asked.as_ref()?;
    let (ask, outcome) = finding.witness.as_ref()?;
    let (Thing::File(path), how) = asked.gives(ask, outcome)? else { return None };
    let own: Vec<&Past> = asked.past().iter().filter(|past| past.found.ask == *ask).collect();
    if how == How::Listing {
        return None;
    }
    // as many as the line refuses that are below one directory
    let refused = |file: &BString| {
        let ways = asked.ground.routes.to(file).into_iter().take(4);
        ways.map(|way| asked.ask(ask.at(way.path))).any(|seen| {
            let denied =
                finding.line == decider(&seen) || own.iter().any(|past| past.denial.lines.contains(&decider(&seen)));
            is_refusal(&seen.outcome) && denied
        })
    };
    let (folder, name) = path.rsplit_once_str("/")?;
    let beside: Vec<&BString> = asked
        .ground
        .tree
        .iter()
        .filter(|entry| !entry.dir && entry.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(b"/")))
        .map(|entry| &entry.path)
        .take(BESIDE)
        .collect();
    let all = beside.len() < BESIDE;
    let (shut, open): (Vec<&BString>, Vec<&BString>) = beside.into_iter().partition(|file| refused(file));
    let suffix = name.rsplit_once_str(".").map(|(_, suffix)| suffix);
    let pattern = suffix.map(|suffix| format!("\\.{}$", edits::escaped(suffix))).filter(|_| {
        let has = |file: &&BString| file.rsplit_once_str(".").map(|(_, own)| own) == suffix;
        all && shut.len() > 1 && shut.iter().all(has) && !open.iter().any(has)
    });
    let inner = match pattern.filter(|pattern| !pattern.contains(['"', '%'])) {
        _ if all && open.is_empty() && shut.len() > 1 => "Require all denied".to_string(),
        Some(pattern) => edits::section(&format!("FilesMatch \"{pattern}\""), &["Require all denied"]),
        None => edits::section(&format!("Files {}", edits::quoted(name)?), &["Require all denied"]),
    };
    let text = edits::section(&format!("Directory {}", edits::quoted(folder)?), &[&inner]);
    let line = facts.directives.iter().find(|d| d.span() == finding.line)?;
    // between a condition and its rule nothing may stand
    let at =
        facts.directives.iter().skip_while(|d| d.span() != line.span()).find(|d| !is_named(d, &["RewriteCond"]))?;
    let edits = vec![edits::below(facts.site.sources(), edits::outermost(at, &facts.directives), &text)];
    // other URLs of the file go with it
    Some(Fix { safety: Safety::Unsafe, ..kept_out(facts, finding, "deny the file itself", edits)? })
}

/// How many files of a directory are looked at.
const BESIDE: usize = 100;

/// The line that decided an answer at last.
fn decider(seen: &Seen) -> Span {
    seen.outcome.decided_by.last().map_or(Span::NONE, |decision| decision.span)
}
