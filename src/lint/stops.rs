//! What httpd would stop at, where a site is looked at past it: the first such line is an error, what is left out besides is
//! remarked.

use super::Finding;
use super::typing::is_slip;
use crate::diagnostic::{Diagnostic, Severity};
use crate::site::Site;
use crate::source::{SourceMap, Span};
use crate::text::plural;
use bstr::ByteSlice;

/// What is said of it: name, level, what that is, and what to do.
pub(crate) const REMARKS: [(&str, Severity, &str, &str); 2] = [
    (
        "httpd-refuses",
        Severity::Error,
        "httpd would refuse to start with this configuration: an error where the line is at fault, a note where a file, a \
         module or a variable is missing that may be there on the server.",
        "mend the line; the rest is looked at as if it were not there",
    ),
    (
        "left-out",
        Severity::Note,
        "What httpd would stop at behind the first such line, and what is left out for it.",
        "mend these lines too",
    ),
];

/// How many lines of one kind are shown.
const SHOWN: usize = 10;

/// What is left out for an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// A file that an Include names.
    File,
    /// A directive that no module has.
    Unknown,
    /// Nothing: the module is taken to be loaded.
    Nothing,
    /// A line or section that is wrong.
    Line,
}

impl Left {
    fn of(error: &Diagnostic, stays: bool) -> Left {
        let message = &error.message;
        let missing = ["Could not open configuration file", "Include/IncludeOptional: "];
        match () {
            () if !stays => Left::Nothing,
            () if missing.iter().any(|start| message.starts_with(start)) => Left::File,
            () if message.starts_with("Invalid command") => Left::Unknown,
            () => Left::Line,
        }
    }

    /// How the rest is looked at.
    fn words(self) -> &'static str {
        match self {
            Left::File => "the rest is looked at as if the file were empty",
            Left::Nothing => "the rest is looked at as if the module were loaded",
            Left::Unknown | Left::Line => "the rest is looked at as if the line were not there",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Left::File => "put the file there, or name it by `IncludeOptional`",
            Left::Unknown => "load the module that has it, or take the line out",
            Left::Nothing => "load the module",
            Left::Line => "mend the line, or what it needs",
        }
    }
}

/// What is left out for an error, and whether the text itself is at fault.
type Kind = (Left, bool);

/// The verdict and the remarks; `found` is what rules say, of the same lines too.
pub(super) fn found(site: &Site, found: &[Finding]) -> Vec<Finding> {
    let Some(strict) = site.as_httpd_reads() else { return Vec::new() };
    let stays = |error: &Diagnostic, at: Span| {
        let mut all = site.diagnostics().iter().filter(|d| d.severity == Severity::Error);
        all.any(|d| d.span == at && d.message == error.message)
    };
    let errors = strict.diagnostics().iter().filter(|d| d.severity == Severity::Error);
    let mut errors: Vec<(&Diagnostic, Span)> =
        errors.map(|d| (d, moved(d.span, strict.sources(), site.sources()))).collect();
    errors.sort_by_key(|(error, _)| !error.first);
    // a rule that speaks of the line says what is wrong with it
    let speaks = |f: &Finding, error: &Diagnostic, at: Span| {
        // what stands behind a section that is left open is innocent
        let slip = f.rule == "section-misspelt" && (is_slip(error) || error.message.contains("cannot occur within"));
        f.level == Severity::Error && f.witness.is_none() && (f.line == at || slip)
    };
    let is_said = |error: &Diagnostic, at: Span| found.iter().any(|f| speaks(f, error, at));
    let mut verdict = None;
    let mut kinds: Vec<(Kind, Vec<(&Diagnostic, Span)>)> = Vec::new();
    for (error, at) in errors {
        if is_said(error, at) {
            continue;
        }
        let left = Left::of(error, stays(error, at));
        if error.first {
            let code = if error.code.starts_with("AH") { format!(" ({})", error.code) } else { String::new() };
            let (level, alone) = match is_own(site, error, at, left) {
                true => (Severity::Error, ""),
                false if is_part(site) => (Severity::Note, " with this part alone"),
                false => (Severity::Note, " here"),
            };
            let message = format!("httpd would refuse to start{alone}{code}: {}", error.message);
            let help = help(error, left);
            verdict = Some(Finding { level, ..remark(0, at, message, format!("{help}; {}", left.words())) });
            continue;
        }
        let kind = (left, is_own(site, error, at, left));
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, all)) => all.push((error, at)),
            None => kinds.push((kind, vec![(error, at)])),
        }
    }
    let remarks = kinds.into_iter().filter_map(|((left, own), all)| {
        let (first, rest) = all.split_first()?;
        let more = match rest.len() {
            0 => String::new(),
            n => format!(" (and at {})", plural(n, "other line")),
        };
        let message = format!("httpd would stop here too{more}: {}", first.0.message);
        let help = help(first.0, left);
        let mut finding = remark(1, first.1, message, format!("{help}; {}", left.words()));
        finding.level = if own { Severity::Error } else { Severity::Note };
        let places = rest.iter().filter(|(_, at)| at.is_some()).take(SHOWN);
        finding.related.extend(places.map(|(_, at)| (*at, "here too".to_string())));
        Some(finding)
    });
    verdict.into_iter().chain(remarks).collect()
}

/// The same findings, that at which httpd stops before the others.
pub(super) fn first(site: &Site, mut found: Vec<Finding>) -> Vec<Finding> {
    let strict = site.as_httpd_reads();
    let stop = strict.as_ref().and_then(|strict| {
        let error = strict.diagnostics().iter().find(|d| d.first)?;
        Some((moved(error.span, strict.sources(), site.sources()), is_slip(error)))
    });
    if let Some((at, slip)) = stop {
        let says = |f: &Finding| {
            let same = f.line == at && f.level == Severity::Error && f.witness.is_none();
            f.rule == REMARKS[0].0 || same || slip && f.rule == "section-misspelt"
        };
        found.sort_by_key(|f| !says(f));
    }
    found
}

/// What errors say that are of what stands around: a file, a module or a group that may be there on the server.
const AROUND: [&str; 7] = [
    "No such file",
    "ould not open",
    "does not exist",
    "not supported (known names",
    "Cannot find module",
    "not yet configured",
    "not allowed here",
];

/// Whether an error is the text's own fault, whatever stands around it on the server.
fn is_own(site: &Site, error: &Diagnostic, at: Span, left: Left) -> bool {
    let has = |text: &str| error.help.as_ref().is_some_and(|help| help.contains(text));
    match left {
        Left::File | Left::Nothing => false,
        // gone since 2.2, or misspelt
        Left::Unknown => has("httpd 2.4 has no") || has("did you mean"),
        Left::Line => {
            let around = AROUND.iter().any(|text| error.message.contains(text));
            let by_variable = variable(error).is_some() || site.sources().text(at).contains_str("${");
            !around && !by_variable
        }
    }
}

/// Whether a configuration is a part of a server's.
fn is_part(site: &Site) -> bool {
    !site.directives().any(|d| [&b"serverroot"[..], b"listen"].contains(&d.name().to_ascii_lowercase().as_slice()))
}

/// The variable that an error is about, which is not defined.
fn variable(error: &Diagnostic) -> Option<&str> {
    let (_, rest) = error.message.split_once("${")?;
    rest.split_once('}').map(|(name, _)| name)
}

/// What to do about an error.
fn help(error: &Diagnostic, left: Left) -> String {
    match (&error.help, variable(error)) {
        (_, Some(name)) => format!("define the variable: `Define {name} VALUE`, or `--env {name}=VALUE` here"),
        (Some(help), None) => help.clone(),
        (None, None) => left.help().into(),
    }
}

/// A place in the same file of other texts.
fn moved(at: Span, from: &SourceMap, to: &SourceMap) -> Span {
    if !at.is_some() {
        return at;
    }
    let name = &from.file(at.file).name;
    let files = to.files_from(0);
    let file = files.iter().position(|file| file.name == *name);
    file.map_or(Span::NONE, |file| Span { file: crate::source::FileId(file as u32), ..at })
}

fn remark(which: usize, line: Span, message: String, help: String) -> Finding {
    let (rule, level, ..) = REMARKS[which];
    let message = message.as_bytes().lines().map(|line| line.to_str_lossy()).collect::<Vec<_>>().join(" ");
    Finding { rule, level, line, message, help, related: Vec::new(), witness: None, fix: None, kept_back: Vec::new() }
}
