//! Aliases, redirects, proxies and sections that nearly applied, by what they name.

use super::super::{Case, lines_of};
use super::{Fit, Miss, Near, fit};
use crate::conf::args;
use crate::filepath::basename;
use crate::phase::Phase;
use crate::site::Directive;
use crate::source::{FileId, Span};
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashSet;

/// What a line's pattern is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// The path of the URL.
    Url,
    /// The file that it was mapped to.
    File,
    /// That file's name.
    Name,
    /// The URL that is asked of a back-end.
    Proxied,
}

/// What kind of pattern a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A beginning.
    Prefix,
    /// A regular expression.
    Regex,
}

/// The lines that are looked at: name, what they are tried on, and by what kind of pattern.
const LINES: [(&str, Subject, Kind); 22] = [
    ("Alias", Subject::Url, Kind::Prefix),
    ("AliasMatch", Subject::Url, Kind::Regex),
    ("ScriptAlias", Subject::Url, Kind::Prefix),
    ("ScriptAliasMatch", Subject::Url, Kind::Regex),
    ("WSGIScriptAlias", Subject::Url, Kind::Prefix),
    ("WSGIScriptAliasMatch", Subject::Url, Kind::Regex),
    ("Redirect", Subject::Url, Kind::Prefix),
    ("RedirectPermanent", Subject::Url, Kind::Prefix),
    ("RedirectTemp", Subject::Url, Kind::Prefix),
    ("RedirectMatch", Subject::Url, Kind::Regex),
    ("ProxyPass", Subject::Url, Kind::Prefix),
    ("ProxyPassMatch", Subject::Url, Kind::Regex),
    ("Location", Subject::Url, Kind::Prefix),
    ("LocationMatch", Subject::Url, Kind::Regex),
    ("Directory", Subject::File, Kind::Prefix),
    ("DirectoryMatch", Subject::File, Kind::Regex),
    ("Files", Subject::Name, Kind::Prefix),
    ("FilesMatch", Subject::Name, Kind::Regex),
    ("Proxy", Subject::Proxied, Kind::Prefix),
    ("ProxyMatch", Subject::Proxied, Kind::Regex),
    ("SetEnvIf", Subject::Url, Kind::Regex),
    ("SetEnvIfNoCase", Subject::Url, Kind::Regex),
];

/// How many lines of a configuration are looked at.
const MOST: usize = 20_000;
/// How many of them have a regular expression that is tried.
const PATTERNS: usize = 500;

/// A line with its pattern.
struct Line {
    subject: Subject,
    kind: Kind,
    pattern: BString,
}

impl Line {
    fn of(directive: &Directive<'_>) -> Option<Line> {
        let (name, subject, kind) =
            *LINES.iter().find(|(name, ..)| directive.name().eq_ignore_ascii_case(name.as_bytes()))?;
        if directive.is_section() {
            let (pattern, is_regex) = args::section_pattern(directive.name(), directive.args())?;
            return Some(Line { subject, kind: if is_regex { Kind::Regex } else { Kind::Prefix }, pattern });
        }
        let mut words = args::words(directive.args()).into_iter().map(|word| word.value);
        let mut pattern = words.next()?;
        if name.starts_with("SetEnvIf") {
            let is_path = pattern.eq_ignore_ascii_case(b"Request_URI");
            pattern = words.next().filter(|_| is_path)?;
        }
        // `Redirect permanent /old /new`
        if name.starts_with("Redirect") && (pattern[0].is_ascii_digit() || words.len() > 1) {
            pattern = words.next().filter(|next| kind == Kind::Regex || next.starts_with(b"/")).unwrap_or(pattern);
        }
        Some(Line { subject, kind, pattern })
    }

    fn fits(&self, subject: Subject, text: &[u8]) -> Option<Fit> {
        fits(self.kind, subject, &self.pattern, text)
    }

    /// Whether it says more than "everything".
    fn is_particular(&self) -> bool {
        match self.kind {
            Kind::Prefix => self.pattern.len() > 1,
            Kind::Regex => self.pattern.iter().filter(|b| b.is_ascii_alphanumeric()).count() > 1,
        }
    }
}

/// How near a pattern comes to a text.
fn fits(kind: Kind, subject: Subject, pattern: &[u8], text: &[u8]) -> Option<Fit> {
    match (kind, subject) {
        (Kind::Regex, Subject::Name) => fit::regex(pattern, basename(text), false),
        (Kind::Regex, _) => fit::regex(pattern, text, false),
        (Kind::Prefix, Subject::Url) => fit::prefix(pattern, text),
        (Kind::Prefix, Subject::File) => fit::directory(pattern, text),
        (Kind::Prefix, Subject::Name) => fit::name(pattern, basename(text)),
        (Kind::Prefix, Subject::Proxied) => fit::url(pattern, text),
    }
}

/// Adds them.
pub(super) fn nearly(case: &Case<'_>, found: &mut Vec<Near>) {
    let line_of = |span: Span| (span.file, span.line);
    let told = case.walk().filter(|s| s.matched() || s.lost()).filter_map(|s| s.rule);
    let seen: HashSet<(FileId, u32)> =
        told.chain(case.outcome.decided_by.iter().map(|d| d.span)).map(line_of).collect();
    let (paths, files) = (case.paths(), case.files());
    let proxied: Vec<BString> =
        case.outcome.file.iter().filter_map(|f| f.strip_prefix(b"proxy:")).map(BString::from).collect();
    let texts = Texts { paths: &paths, files: &files, proxied: &proxied };
    let mapped = case.decided_in(&[Phase::PreTranslateName, Phase::TranslateName]).first().copied();
    let host = case.host_section();
    let mut patterns = PATTERNS;
    let of_own = |d: &Directive<'_>| d.parents().next().map(|(_, section)| section) == host;
    let own: HashSet<BString> = case.site.directives().take(MOST).filter(of_own).map(|d| said(&d)).collect();
    for directive in case.site.directives().take(MOST) {
        if seen.contains(&line_of(directive.span())) {
            continue;
        }
        let Some(line) = Line::of(&directive) else { continue };
        let of_host = directive.virtual_host();
        let elsewhere = of_host.is_some() && of_host != host;
        let inner = directive.parents().any(|(_, section)| Some(section) != of_host);
        if inner && !seen.contains(&line_of(directive.parents().last().map_or(Span::NONE, |(_, s)| s))) {
            continue;
        }
        if line.kind == Kind::Regex {
            let Some(left) = patterns.checked_sub(1) else { continue };
            patterns = left;
        }
        let Some((subject, fit)) = nearest(&line, texts) else { continue };
        let miss = match fit {
            // what the answering host says as well is no news
            Fit::Whole if elsewhere && (!line.is_particular() || own.contains(&said(&directive))) => continue,
            Fit::Whole if elsewhere => Miss::OtherHost,
            Fit::Whole if line.subject == Subject::Url && !directive.is_section() && mapped.is_some() => {
                Miss::TooLate { by: mapped }
            }
            Fit::Whole => continue,
            _ if elsewhere => continue,
            fit => Miss::Pattern { subject, fit },
        };
        let by = if let Miss::TooLate { by } = &miss { *by } else { None };
        found.push(Near { miss, places: [directive.span()].into_iter().chain(by).collect() });
    }
    not_in_force(case, &paths, &files, found);
}

/// A line without its layout: what it names, whatever it is mapped to.
fn said(directive: &Directive<'_>) -> BString {
    let first = directive.args().fields().next().unwrap_or_default();
    [directive.name().to_ascii_lowercase().as_slice(), b" ", first].concat().into()
}

/// What lines are tried on.
#[derive(Clone, Copy)]
struct Texts<'t> {
    paths: &'t [BString],
    files: &'t [BString],
    proxied: &'t [BString],
}

/// How near a line comes to any of the URLs and files, and to which.
fn nearest(line: &Line, Texts { paths, files, proxied }: Texts<'_>) -> Option<(BString, Fit)> {
    let (own, other, crossed) = match line.subject {
        Subject::Url => (paths, files, Fit::File),
        Subject::File => (files, paths, Fit::Url),
        Subject::Name => (files, paths, Fit::UrlName),
        Subject::Proxied => (proxied, &[][..], Fit::File),
    };
    let mut fits = own.iter().filter_map(|text| Some((text.clone(), line.fits(line.subject, text)?)));
    let best = fits.by_ref().min_by_key(|(_, fit)| *fit != Fit::Whole);
    if best.is_some() {
        return best;
    }
    if !line.is_particular() {
        return None;
    }
    let as_if = match line.subject {
        Subject::Url => Subject::File,
        Subject::File => Subject::Url,
        other => other,
    };
    let strict = |text: &&BString| line.fits(as_if, text) == Some(Fit::Whole);
    let on = match line.subject {
        Subject::Name => own.last().map(|file| basename(file).to_owned()),
        _ => own.first().cloned(),
    };
    other.iter().find(strict).map(|_| (on.unwrap_or_default(), crossed))
}

/// Lines in `<IfModule>` and kin whose condition is false.
fn not_in_force(case: &Case<'_>, paths: &[BString], files: &[BString], found: &mut Vec<Near>) {
    for skipped in case.site.skipped().iter().take(PATTERNS) {
        let section = skipped.section;
        // whether the sections that are open would be this request's
        let mut open: Vec<bool> = Vec::new();
        for line in lines_of(case.sources, section.file, section.line + 1..=skipped.last) {
            open.truncate(line.depth);
            let matters = matters(line.name.as_bstr(), line.args.as_bstr(), paths, files);
            if matters && open.iter().all(|fits| *fits) {
                let miss = Miss::NotInForce { condition: case.sources.text(section) };
                found.push(Near { miss, places: vec![line.span, section] });
            }
            if let Some(name) = line.name.strip_prefix(b"<") {
                let of_paths = LINES.iter().any(|(known, ..)| name.eq_ignore_ascii_case(known.as_bytes()));
                open.push(matters || !of_paths);
            }
        }
    }
}

/// Whether a line would have something to say to this request, as far as its text tells.
fn matters(name: &BStr, args: &BStr, paths: &[BString], files: &[BString]) -> bool {
    const ANYWHERE: [&str; 6] = ["RewriteRule", "Require", "Header", "Allow", "Deny", "DirectoryIndex"];
    let is = |known: &str| name.trim_with(|c| c == '<').eq_ignore_ascii_case(known.as_bytes());
    let Some((_, subject, kind)) = LINES.iter().find(|(known, ..)| is(known)) else {
        return ANYWHERE.iter().any(|known| is(known));
    };
    let Some(pattern) = args::words(args.trim_with(|c| c == '>')).into_iter().map(|w| w.value).next() else {
        return false;
    };
    let texts = if *subject == Subject::Url { paths } else { files };
    texts.iter().any(|text| fits(*kind, *subject, &pattern, text).is_some())
}
