//! Why an answer is what it is, and what nearly made it another one: values, read off an outcome, its trace, the
//! configuration's lines and the files. `report/causes.rs` has the words.
//!
//! The engine decides, and this only looks at what it decided: nothing here changes an answer, and nothing is asked again.

mod access;
mod case;
mod files;
mod handlers;
mod near;
mod negotiation;
mod rewriting;
#[cfg(test)]
mod tests;

pub(crate) use access::is_secret;
pub(crate) use handlers::is_source;
pub(crate) use near::{Fit, Miss, Near, nearly};
pub(crate) use negotiation::LANGUAGE;

use crate::conf::args;
use crate::outcome::Outcome;
use crate::outcome::step::{Detail, Step};
use crate::phase::Phase;
use crate::run::Run;
use crate::server::asked::Request;
use crate::server::uri::{self, Slashes};
use crate::site::Site;
use crate::source::{FileId, SourceMap, Span};
use bstr::{BString, ByteSlice};

/// An answer with all that its reasons are read from.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The configuration and its files.
    pub site: &'a Site,
    /// What answered.
    pub run: &'a Run,
    /// What was asked.
    pub ask: &'a Request,
    /// The answer.
    pub outcome: &'a Outcome,
    /// The way to it.
    pub steps: &'a [Step],
    /// The texts that places are in.
    pub sources: &'a SourceMap,
}

/// A reason for an answer, and the lines that it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cause {
    /// What it is.
    pub what: What,
    /// The lines of the configuration that make it so, the first one first to look at.
    pub places: Vec<Span>,
}

/// Everything that can be the reason for an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// The first part of the path that is not there.
    NoFile { missing: BString },
    /// Files that MultiViews found for a name, with the statuses of requests for them, and could not use.
    NoVariant { file: BString, files: Vec<(BString, u16)> },
    /// Variants of a file of which the client takes none: what it asks for by which header.
    NotAcceptable { asked_by: &'static str, value: BString, names: Vec<BString> },
    /// Slashes in a row, which are made one before the URL is looked at: this pattern can't match.
    MergedSlashes { pattern: BString },
    /// A file with a path behind it that nothing takes.
    PathInfo { file: BString, rest: BString },
    /// httpd may not go there, or not read it: the mode and the owner that keep it out, and as whom it runs.
    NoPermission { path: BString, mode: u32, uid: u32, user: BString },
    /// A directory without an index file, and no listing.
    NoListing { directory: BString, names: Vec<BString> },
    /// A directory that is listed.
    Listing { directory: BString, names: Vec<BString> },
    /// A symbolic link that may not be followed.
    Link { path: BString },
    /// A line that refuses, the section that it stands in, and whether it looks meant (nothing is to be opened then), and
    /// whether a Require line grants beside it.
    Denied { section: Option<Span>, meant: bool, beside_grant: bool },
    /// Refused, and no line that grants applies.
    NoGrant,
    /// A login is asked for.
    Login,
    /// A login that failed.
    WrongLogin { user: BString, known: bool },
    /// A user whom no `Require` line lets in.
    UserRefused { user: BString },
    /// A handler that no loaded module takes: the module that would, or one that is loaded and the name that it takes; and
    /// whether the file looks like a program.
    NotTaken {
        handler: BString,
        module: Option<&'static str>,
        near: Option<(&'static str, &'static str)>,
        source: bool,
    },
    /// PHP is switched off, so that the file is sent; whether it looks like a program.
    SwitchedOff { source: bool },
    /// A file that looks like a program is sent as it is.
    Source { module: Option<&'static str> },
    /// A program that may not run here (Options ExecCGI).
    NoExec { file: BString },
    /// Where a proxied request goes, and whether that is this very server.
    Backend { url: BString, itself: bool },
    /// The script that PHP-FPM is asked to run, and the status of the answer.
    Script { script: BString, status: u16 },
    /// mod_dir sends the client to the directory's own name.
    Slash { directory: BString },
    /// A RewriteCond that says `[OR]` with nothing behind it.
    OrAtEnd,
    /// A Location that shows a path of the file system.
    DiskPath { directory: BString },
    /// A RewriteMap that nothing defines.
    NoMap { name: BString },
    /// The servers by whose names and by whose certificate a client speaks differ.
    OtherTls,
    /// A redirect to what was asked for.
    RedirectLoop { location: BString },
    /// Internal redirects without end: how many, and what the first ones led to.
    Loop { times: usize, way: Vec<BString> },
    /// An .htaccess file with an error: httpd's message, and help.
    Htaccess { file: BString, message: String, help: Option<String> },
    /// A group of processes that nothing defines, and the name that was probably meant.
    NoGroup { name: BString, near: Option<BString> },
    /// A module that is asked before the one whose line is shown.
    Before { winner: &'static str, loser: &'static str },
    /// No virtual host has the name: the first one of the address answers.
    FirstHost { name: BString },
    /// What httpd writes to its error log, where nothing better is known.
    Logged { message: String },
}

impl What {
    /// The word for it that programs read.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            What::NoFile { .. } => "no-file",
            What::NoVariant { .. } => "no-variant",
            What::NotAcceptable { .. } => "not-acceptable",
            What::MergedSlashes { .. } => "merged-slashes",
            What::PathInfo { .. } => "path-info",
            What::NoPermission { .. } => "no-permission",
            What::NoListing { .. } => "no-listing",
            What::Listing { .. } => "listing",
            What::Link { .. } => "link",
            What::Denied { .. } => "denied",
            What::NoGrant => "no-grant",
            What::Login => "login",
            What::WrongLogin { .. } => "wrong-login",
            What::UserRefused { .. } => "user-refused",
            What::NotTaken { .. } => "handler-not-taken",
            What::SwitchedOff { .. } => "engine-off",
            What::Source { .. } => "source-sent",
            What::NoExec { .. } => "no-exec",
            What::Backend { .. } => "backend",
            What::Script { .. } => "php-fpm",
            What::Slash { .. } => "slash",
            What::OrAtEnd => "or-at-end",
            What::DiskPath { .. } => "disk-path",
            What::NoMap { .. } => "no-map",
            What::OtherTls => "other-tls",
            What::RedirectLoop { .. } => "redirect-loop",
            What::Loop { .. } => "loop",
            What::Htaccess { .. } => "faulty-htaccess",
            What::NoGroup { .. } => "no-process-group",
            What::Before { .. } => "module-before",
            What::FirstHost { .. } => "first-host",
            What::Logged { .. } => "logged",
        }
    }
}

/// The reasons for an answer, the most telling first.
pub(crate) fn causes(case: &Case<'_>) -> Vec<Cause> {
    let mut found = Vec::new();
    rewriting::causes(case, &mut found);
    access::causes(case, &mut found);
    negotiation::causes(case, &mut found);
    files::causes(case, &mut found);
    handlers::causes(case, &mut found);
    host(case, &mut found);
    if found.is_empty()
        && let Some(message) = &case.outcome.log_message
    {
        found.push(Cause { what: What::Logged { message: message.clone() }, places: Vec::new() });
    }
    found
}

/// A name that no virtual host has matters where there are several to choose from.
fn host(case: &Case<'_>, found: &mut Vec<Cause>) {
    for step in Step::walk(case.steps) {
        if let Detail::Host(crate::outcome::step::HostChoice::First, name) = &step.detail {
            let what = What::FirstHost { name: name.clone() };
            found.push(Cause { what, places: step.rule.into_iter().collect() });
        }
    }
}

/// The DocumentRoot lines that say the same, where one of them made the file what it is and none alone decides.
pub(crate) fn alike_roots(case: &Case<'_>) -> Vec<Span> {
    let lines = case.in_force(&|name| name.eq_ignore_ascii_case(b"DocumentRoot"));
    let root = |line: Span| args::words(&case.sources.text(line)).get(1).map(|word| word.value.clone());
    let Some(last) = lines.last().and_then(|(_, line)| root(*line)) else { return Vec::new() };
    let is_mapped = !case.decided_in(&[Phase::PreTranslateName, Phase::TranslateName]).is_empty();
    let is_below = case.file().is_some_and(|file| file.starts_with(&last));
    if is_mapped || !is_below {
        return Vec::new();
    }
    let alike = |line: &Span| root(*line).as_ref() == Some(&last);
    let lines: Vec<Span> = lines.into_iter().map(|(_, line)| line).filter(alike).collect();
    if lines.len() > 1 { lines } else { Vec::new() }
}

/// The path of a request target or URL, decoded.
fn path_of(target: impl AsRef<[u8]>) -> BString {
    let target = target.as_ref();
    let rest = match target.find("://") {
        Some(at) => target[at + 3..].find_byte(b'/').map_or(&b"/"[..], |slash| &target[at + 3 + slash..]),
        None => target,
    };
    let mut path: BString = rest.split(|b| matches!(b, b'?' | b'#')).next().unwrap_or_default().into();
    let _ = uri::unescape(&mut path, Slashes::Decode, false);
    path
}

/// The names that a line takes from Define (`${NAME}`), with the line that defines each.
pub(crate) fn defines(case: &Case<'_>, line: Span) -> Vec<(BString, Option<Span>)> {
    let text = case.sources.text(line);
    let mut found = Vec::new();
    let mut rest = text.as_bytes();
    while let Some(at) = rest.find("${") {
        rest = &rest[at + 2..];
        let Some(end) = rest.find_byte(b'}') else { break };
        let name = &rest[..end];
        // `${map:key}` is a RewriteMap
        if !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
            found.push((name.into(), defined(case, line, name)));
        }
    }
    found
}

/// The last Define or UnDefine of a name before a line.
fn defined(case: &Case<'_>, line: Span, name: &[u8]) -> Option<Span> {
    let before = lines_of(case.sources, line.file, 1..=line.line);
    let of_name = |l: &TextLine| {
        let is_define = l.name == "define" || l.name == "undefine";
        is_define && l.args.fields().next().is_some_and(|n| n.eq_ignore_ascii_case(name))
    };
    before.into_iter().rev().find(of_name).map(|l| l.span)
}

/// How long a file may be that is looked into.
const MOST_READ: u64 = 1 << 20;

/// A directive, as far as the text alone tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TextLine {
    /// Its name in small letters, a section's with its `<`.
    pub name: BString,
    /// Its arguments.
    pub args: BString,
    /// Its place.
    pub span: Span,
    /// The name of the section that it stands in, where that begins on these lines.
    pub within: Option<BString>,
    /// How many sections it is in that begin on these lines.
    pub(super) depth: usize,
}

/// The directives on some lines of a text.
pub(crate) fn lines_of(sources: &SourceMap, file: FileId, lines: std::ops::RangeInclusive<u32>) -> Vec<TextLine> {
    let source = sources.file(file);
    let mut found = Vec::new();
    let mut open: Vec<BString> = Vec::new();
    for number in lines {
        let line = source.line(number);
        let text = line.trim();
        let at = source.line_start(number) + (line.len() - line.trim_start().len()) as u32;
        if text.starts_with(b"</") {
            open.pop();
        } else if !text.is_empty() && !text.starts_with(b"#") {
            let end = text.find_byteset(b" \t").unwrap_or(text.len());
            let span = Span { file, line: number, start: at, end: at + text.len() as u32 };
            let name: BString = text[..end].to_ascii_lowercase().into();
            let (within, depth) = (open.last().cloned(), open.len());
            if text.starts_with(b"<") {
                open.push(name.clone());
            }
            found.push(TextLine { name, args: text[end..].trim().into(), span, within, depth });
        }
    }
    found
}

/// Lines that are in most configurations: as reasons they come last.
const USUAL: [&str; 9] = [
    "DocumentRoot",
    "AllowOverride",
    "Options",
    "RewriteEngine",
    "RewriteBase",
    "DirectoryIndex",
    "ServerName",
    "Order",
    "AuthName",
];

/// Whether a line is of the kind that every configuration has.
pub(crate) fn is_usual(sources: &SourceMap, line: Span) -> bool {
    let name = sources.directive_name(line);
    let text = sources.text(line);
    USUAL.iter().any(|usual| usual.eq_ignore_ascii_case(&name))
        || [&b"Require all granted"[..], b"Allow from all"].iter().any(|grant| text.eq_ignore_ascii_case(grant))
}
