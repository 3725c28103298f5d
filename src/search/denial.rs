//! What a refusal keeps back: the request is asked again of the same site without the lines that refuse it.

use super::ask::{Ask, decoded};
use super::ground::is_refusal;
use super::shown::{How, Thing, shown};
use crate::conf::args;
use crate::outcome::Outcome;
use crate::outcome::observer::{Line, Observer};
use crate::outcome::step::Judgement;
use crate::run::Run;
use crate::server::uri;
use crate::site::{Directive, Edit, Site};
use crate::source::{FileId, SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// How often the next layer of refusing lines is taken out.
const LAYERS: usize = 8;
/// A name that no file has.
const STRANGER: &str = "zq-no-such-name";

/// A refusal.
#[derive(Clone)]
pub(crate) struct Denial {
    /// The request.
    pub ask: Ask,
    /// The answer.
    pub outcome: Outcome,
    /// The lines that refuse.
    pub lines: Vec<Span>,
    /// The answer without them.
    pub meant: Outcome,
    /// What that gives, and how.
    pub thing: Thing,
    pub how: How,
    /// Where other URLs get the same program (a front controller), the path that it is asked for.
    pub part: Option<Vec<u8>>,
}

/// Why a request is no case for a search.
pub(crate) enum No {
    /// It is answered, or refused for what it is itself.
    NotRefused(Box<Outcome>),
    /// Without these lines there would be nothing either.
    Nothing(Box<Outcome>, Vec<Span>),
    /// It is not known which lines refuse it.
    Unknown(Box<Outcome>),
}

/// What a request is refused, and by which lines.
pub(crate) fn denial(site: &Site, run: &Run, ask: &Ask) -> Result<Denial, No> {
    let request = ask.request();
    let outcome = run.ask(&request);
    if !is_refusal(&outcome) {
        return Err(No::NotRefused(outcome.into()));
    }
    let mut gone: Vec<Span> = Vec::new();
    let mut now = outcome.clone();
    let mut open: Option<Run> = None;
    for _ in 0..LAYERS {
        let sources = open.as_ref().map_or_else(|| run.sources().clone(), |run| run.sources().clone());
        let refusing: Vec<Span> = now
            .decided_by
            .iter()
            .filter_map(|d| match &open {
                Some(_) => original(site, run.sources(), &sources, d.span),
                None => Some(d.span).filter(Span::is_some),
            })
            .filter(|line| refuses(run.sources(), *line) && !gone.contains(line))
            .collect();
        if refusing.is_empty() {
            break;
        }
        gone.extend(refusing);
        let Some(next) = without(site, run, &gone) else { break };
        now = next.ask(&request);
        open = Some(next);
        if !is_refusal(&now) {
            break;
        }
    }
    if is_refusal(&now)
        && let Some(next) = granted(site, run, &gone)
    {
        now = next.ask(&request);
        open = Some(next);
        if gone.is_empty() {
            gone = outcome.decided_by.iter().map(|d| d.span).filter(|line| is_access(run.sources(), *line)).collect();
        }
    }
    let Some(open) = open.filter(|_| !gone.is_empty()) else { return Err(No::Unknown(outcome.into())) };
    let Some((thing, how)) = shown(site, "GET", &now) else { return Err(No::Nothing(now.into(), gone)) };
    let part = part(site, &open, ask, &thing, &now);
    Ok(Denial { ask: ask.clone(), outcome, lines: gone, meant: now, thing, how, part })
}

/// The site where none of these lines refuses anybody.
pub(crate) fn opened(site: &Site, run: &Run, lines: &[Span]) -> Option<Run> {
    without(site, run, lines)
}

/// What a request is refused, by a site that refuses nobody (`opened`); none where that gives nothing either.
pub(crate) fn denial_by(site: &Site, run: &Run, open: &Run, ask: &Ask) -> Option<Denial> {
    let request = ask.request();
    let outcome = run.ask(&request);
    let lines = refusing(run, &outcome);
    let meant = open.ask(&request);
    let (thing, how) = shown(site, "GET", &meant)?;
    let part = part(site, open, ask, &thing, &meant);
    (!lines.is_empty()).then(|| Denial { ask: ask.clone(), outcome, lines, meant, thing, how, part })
}

/// The path that a program is asked for, where URLs that name nothing get the same one.
fn part(site: &Site, open: &Run, ask: &Ask, thing: &Thing, meant: &Outcome) -> Option<Vec<u8>> {
    let at = ask.path.trim_end_matches('/').rfind('/').unwrap_or(0);
    let beside = format!("{}/{STRANGER}", &ask.path[..at]);
    let shared = [beside, format!("/{STRANGER}")].iter().any(|path| {
        let other = open.ask(&ask.at(path.as_str()).request());
        shown(site, "GET", &other).is_some_and(|(other, _)| other == *thing)
    });
    shared.then(|| asked_for(ask, meant))
}

/// The path that a program is asked for.
pub(crate) fn asked_for(ask: &Ask, outcome: &Outcome) -> Vec<u8> {
    if !outcome.path_info.is_empty() {
        return outcome.path_info.to_vec();
    }
    normal(&ask.path)
}

/// A path of a URL without encodings, doubled slashes and dot segments. An encoded slash is none, as httpd has it.
pub(crate) fn normal(path: &str) -> Vec<u8> {
    let kept = path.replace("%2f", "%252F").replace("%2F", "%252F");
    let mut path = uri::single_slashes(&decoded(&kept));
    uri::get_parents(&mut path);
    path.into()
}

/// A line of another version of the site, as it is in the site itself: edits keep lines where they are.
fn original(site: &Site, own: &SourceMap, other: &SourceMap, line: Span) -> Option<Span> {
    if !line.is_some() {
        return None;
    }
    let name = other.file(line.file).name.clone();
    let files = own.files_from(0);
    let (number, file) = files.iter().enumerate().find(|(_, file)| file.name == name)?;
    let own = FileId(number as u32);
    let same = |span: &Span| span.file == own && span.line == line.line;
    if let Some(span) = site.directives().map(|d| d.span()).find(same) {
        return Some(span);
    }
    let start = file.line_start(line.line);
    let text = &file.text[(start as usize).min(file.text.len())..];
    let blank = text.iter().take_while(|b| matches!(b, b' ' | b'\t')).count() as u32;
    let length = text.find_byte(b'\n').unwrap_or(text.len()) as u32;
    let end = start + length.max(blank);
    Some(Span { file: own, line: line.line, start: start + blank, end })
}

/// The status that a `Redirect` or a rule answers with, where it is no redirect.
fn status(words: &[BString]) -> Option<u16> {
    let first = words.first()?;
    match first.to_str().ok()?.parse::<u16>() {
        Ok(status) => Some(status).filter(|s| *s >= 400),
        Err(_) => first.eq_ignore_ascii_case(b"gone").then_some(410),
    }
}

/// The lines by which an answer is a refusal.
pub(crate) fn refusing(run: &Run, outcome: &Outcome) -> Vec<Span> {
    if !is_refusal(outcome) {
        return Vec::new();
    }
    let lines = outcome.decided_by.iter().map(|d| d.span).filter(Span::is_some);
    lines.filter(|line| refuses(run.sources(), *line)).collect()
}

/// Lines by their files' names: numbers hang on what was read first.
pub(crate) fn named(sources: &SourceMap, lines: &[Span]) -> Vec<(String, u32)> {
    lines.iter().map(|line| (sources.file(line.file).name.clone(), line.line)).collect()
}

/// Whether a line is one that refuses.
fn refuses(sources: &SourceMap, line: Span) -> bool {
    replacement(sources, line).is_some()
}

/// Whether a line is about access at all.
fn is_access(sources: &SourceMap, line: Span) -> bool {
    let name = sources.directive_name(line).to_ascii_lowercase();
    ["require", "deny", "allow", "order", "satisfy", "authtype", "options", "allowmethods"].contains(&name.as_str())
}

/// What is to be there instead of a line that refuses: the same line, so that all else keeps its place.
fn replacement(sources: &SourceMap, line: Span) -> Option<&'static str> {
    let name = sources.directive_name(line).to_ascii_lowercase();
    let text = sources.text(line);
    let behind = text.find_byteset(b" \t").map_or(&b""[..], |at| &text[at..]);
    let words: Vec<BString> =
        args::words(behind.trim_end_with(|c| c == '\n' || c == '\r')).into_iter().map(|w| w.value).collect();
    match name.as_str() {
        "require" if words.iter().map(|w| w.to_ascii_lowercase()).eq([b"all".to_vec(), b"granted".to_vec()]) => None,
        "require" => Some("Require all granted"),
        "deny" => Some("Allow from all"),
        "order" => Some("Order deny,allow"),
        // what is taken away is left; where it was never there, the lines around refuse next
        "options" if words.iter().any(|w| w.starts_with(b"-")) => Some("#"),
        "options" if !words.iter().any(|w| w.eq_ignore_ascii_case(b"all")) => Some("Options All"),
        "allowmethods" | "sslrequiressl" | "sslrequire" | "wsgiaccessscript" | "sslverifyclient" => Some("#"),
        "redirect" | "redirectmatch" if status(&words).is_some() => Some("#"),
        "rewriterule" => {
            let ends = args::flags(words.get(2)?).iter().any(|flag| match flag.split_once_str(b"=") {
                Some((b"r" | b"redirect", status)) => status.starts_with(b"4") || status.starts_with(b"5"),
                _ => [&b"f"[..], b"forbidden", b"g", b"gone"].contains(&flag.as_slice()),
            });
            ends.then_some("RewriteRule ^ -")
        }
        _ => None,
    }
}

/// The site without lines that refuse.
fn without(site: &Site, run: &Run, lines: &[Span]) -> Option<Run> {
    let sources = run.sources();
    let negated: HashSet<Span> = site
        .directives()
        .filter(|d| d.sections().last().is_some_and(|section| section.name.eq_ignore_ascii_case(b"RequireNone")))
        .map(|d| d.span())
        .collect();
    let edits: Vec<Edit> = lines
        .iter()
        .filter_map(|line| {
            let new = if negated.contains(line) { "Require all denied" } else { replacement(sources, *line)? };
            // what goes on in the next lines stays as many lines
            let more = sources.text(*line).iter().filter(|b| **b == b'\n').count();
            Some(Edit::replace(*line, format!("{new}{}", "\n".repeat(more))))
        })
        .collect();
    site.with(&edits).ok()?.start().ok()
}

/// The site without these lines, where everybody is let in besides.
fn granted(site: &Site, run: &Run, gone: &[Span]) -> Option<Run> {
    let sources = run.sources();
    let first = site.directives().find(|d| d.sections().is_empty())?;
    let main = sources.file(first.span().file);
    let end = main.text.len() as u32;
    let text = "\n<If \"true\">\nRequire all granted\n</If>\n";
    let mut edits: Vec<Edit> =
        gone.iter().filter_map(|line| Some(Edit::replace(*line, replacement(sources, *line)?))).collect();
    edits.push(Edit { file: first.span().file, range: end..end, text: text.into() });
    site.with(&edits).ok()?.start().ok()
}

/// The lines that applied to a request.
struct Applied(HashSet<Span>);

impl Observer for Applied {
    fn line(&mut self, line: Line) {
        if matches!(line.judgement, Judgement::Matched | Judgement::Ended(_)) {
            self.0.insert(line.at);
        }
    }
}

impl Denial {
    /// Of the lines that refuse, those that don't apply to another request; all, where they do.
    pub(crate) fn missed(&self, site: &Site, run: &Run, ask: &Ask) -> Vec<Span> {
        let mut applied = Applied(HashSet::new());
        let outcome = run.observe(&ask.request(), &mut applied);
        applied.0.extend(outcome.decided_by.iter().map(|d| d.span));
        // a line is where its section is
        let directives: Vec<Directive<'_>> = site.directives().collect();
        let within = |line: &Span| {
            let own = directives.iter().find(|d| d.span() == *line);
            own.is_none_or(|d| d.sections().iter().all(|section| applied.0.contains(&section.span)))
        };
        let missed: Vec<Span> =
            self.lines.iter().filter(|line| !(applied.0.contains(line) && within(line))).copied().collect();
        if missed.is_empty() { self.lines.clone() } else { missed }
    }
}
