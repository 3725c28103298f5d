//! Why an answer is what it is, and what nearly made it another one: values, read off an outcome, its trace, the
//! configuration's lines and the files. `report/causes.rs` has the words.
//!
//! The engine decides, and this only looks at what it decided: nothing here changes an answer, and nothing is asked again.

mod access;
mod files;
mod handlers;
mod near;
mod rewriting;
mod suggest;
#[cfg(test)]
mod tests;

pub(crate) use handlers::is_source;
pub(crate) use near::{Fit, Miss, Near, nearly};
pub(crate) use suggest::{Change, Place, Suggestion, fitting, suggestions};

use crate::outcome::Outcome;
use crate::outcome::step::{By, Detail, Field, Judgement, Step};
use crate::phase::Phase;
use crate::request::Request;
use crate::run::Run;
use crate::server::uri::{self, Slashes};
use crate::site::{Directive, Site};
use crate::source::{FileId, SourceMap, Span};
use crate::vfs::{Cred, Errno, Stat, resolve};
use bstr::{BStr, BString, ByteSlice};

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
    /// A handler that no loaded module takes, and the module that would.
    NotTaken { handler: BString, module: Option<&'static str> },
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

impl<'a> Case<'a> {
    /// All steps, in order.
    fn walk(&self) -> impl Iterator<Item = &'a Step> {
        Step::walk(self.steps)
    }

    /// The steps of requests of their own: those of subrequests are left out.
    fn own(&self) -> Vec<&'a Step> {
        let mut own = Vec::new();
        let mut todo: Vec<&Step> = self.steps.iter().rev().collect();
        while let Some(step) = todo.pop() {
            own.push(step);
            if !matches!(step.detail, Detail::Subrequest(_)) {
                todo.extend(step.children.iter().rev());
            }
        }
        own
    }

    /// The file of the answer, where it is one of the file system.
    fn file(&self) -> Option<&'a BStr> {
        self.outcome.file.as_ref().map(|f| f.as_bstr()).filter(|f| f.starts_with(b"/"))
    }

    /// What is at a path for whoever may look everywhere.
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::lstat(self.site.vfs(), &Cred::root(), path)
    }

    /// What a path leads to, for whoever may look everywhere.
    fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::stat(self.site.vfs(), &Cred::root(), path)
    }

    /// The paths of the URLs that were asked for on the way: the client's, and those of internal redirects.
    pub(crate) fn paths(&self) -> Vec<BString> {
        let mut paths = vec![path_of(&self.ask.target)];
        let redirects = self.walk().filter(|step| step.is_request());
        let to = redirects.flat_map(|s| &s.changes).filter(|c| c.field == Field::Uri).filter_map(|c| c.to.clone());
        paths.extend(to.map(|uri| path_of(&uri)));
        let mut seen = std::collections::HashSet::new();
        paths.retain(|path| path.starts_with(b"/") && seen.insert(path.clone()));
        paths
    }

    /// The files that URLs were mapped to on the way.
    pub(crate) fn files(&self) -> Vec<BString> {
        let changes = self.own().into_iter().flat_map(|s| &s.changes).filter(|c| c.field == Field::File);
        let mut files: Vec<BString> = changes.filter_map(|c| c.to.clone()).filter(|f| f.starts_with(b"/")).collect();
        files.extend(self.file().map(ToOwned::to_owned));
        let mut seen = std::collections::HashSet::new();
        files.retain(|file| seen.insert(file.clone()) && !self.is_below_file(file.as_bstr()));
        files
    }

    /// Whether a path goes on behind a file: what is behind it is path info.
    fn is_below_file(&self, path: &BStr) -> bool {
        let above = files::ancestors(path).take_while(|part| *part != path);
        above.last().is_some_and(|part| self.stat(part).is_ok_and(|s| s.is_file()))
    }

    /// The lines of the configuration with this name.
    fn lines(&self, name: &'a str) -> impl Iterator<Item = Directive<'a>> {
        self.site.directives().filter(move |d| d.name().eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The lines with this name that decided.
    fn deciders(&self, names: &'a [&'a str]) -> Vec<Span> {
        let named = |span: &Span| {
            let name = self.sources.directive_name(*span);
            names.iter().any(|n| n.eq_ignore_ascii_case(&name))
        };
        self.outcome.decided_by.iter().map(|d| d.span).filter(named).collect()
    }

    /// The lines that decided in a phase.
    fn decided_in(&self, phases: &[Phase]) -> Vec<Span> {
        self.outcome.decided_by.iter().filter(|d| phases.contains(&d.phase)).map(|d| d.span).collect()
    }

    /// The virtual host that answers, where it is none of the main server's own.
    pub(crate) fn host_section(&self) -> Option<Span> {
        let is_host = |span: &Span| self.sources.directive_name(*span).eq_ignore_ascii_case("VirtualHost");
        self.walk().filter(|s| s.phase == Phase::Vhost).filter_map(|s| s.rule).filter(is_host).last()
    }

    /// A file's text, for whoever may look everywhere.
    fn read(&self, path: &[u8]) -> Option<BString> {
        let stat = self.stat(path).ok().filter(Stat::is_file)?;
        (stat.size <= MOST_READ)
            .then(|| resolve::read(self.site.vfs(), &Cred::root(), path).ok())
            .flatten()
            .map(|text| text.to_vec().into())
    }

    /// The names in a directory, for whoever may look everywhere.
    fn list(&self, path: &[u8]) -> Vec<BString> {
        resolve::list(self.site.vfs(), &Cred::root(), path).unwrap_or_default()
    }

    /// The configuration's main text, and where it ends.
    fn main_file(&self) -> Option<(FileId, u32)> {
        let file = self
            .site
            .directives()
            .next()?
            .parents()
            .next()
            .map_or_else(|| self.site.directives().next().map(|d| d.span().file), |(_, span)| Some(span.file))?;
        Some((file, self.sources.file(file).text.len() as u32))
    }

    /// The lines of a section, or of the main server, as they were read.
    pub(crate) fn lines_in(&self, section: Option<Span>) -> Vec<TextLine> {
        let there = |d: &Directive<'_>| d.parents().last().map(|(_, span)| span) == section;
        let line = |d: Directive<'_>| TextLine {
            name: d.name().to_ascii_lowercase().into(),
            args: d.args().into(),
            span: d.span(),
            within: None,
        };
        self.site.directives().filter(there).map(line).collect()
    }

    /// The lines of an .htaccess file that was read.
    pub(crate) fn htaccess_lines(&self, file: FileId) -> Vec<TextLine> {
        let source = self.sources.file(file);
        lines_of(self.sources, file, 1..=source.lines() as u32)
    }

    /// Whether the answer says that it was refused by this line of the log.
    fn logs(&self, codes: &[&str]) -> bool {
        self.outcome.log.is_some_and(|code| codes.contains(&code))
    }

    /// The section that a line stands in: the innermost one around it.
    pub(crate) fn section_of(&self, line: Span) -> Option<Span> {
        let mut around = self.site.directives().filter(|d| d.span() == line);
        around.next().and_then(|d| d.parents().last().map(|(_, span)| span))
    }

    /// The `<Directory>` and similar sections that applied, in order.
    fn sections(&self) -> Vec<Span> {
        let applied = |step: &&Step| {
            step.phase == Phase::MapToStorage && step.by == By::Core && step.judgement == Judgement::Matched
        };
        self.walk().filter(applied).filter_map(|s| s.rule).collect()
    }
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
            let within = open.last().cloned();
            if text.starts_with(b"<") {
                open.push(name.clone());
            }
            found.push(TextLine { name, args: text[end..].trim().into(), span, within });
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
