//! What an answer is to be like.

use super::explore::Answer;
use crate::outcome::observer::{Observer, Tried};
use crate::pattern::{Flags, FnmatchFlags, Regex, fnmatch};
use crate::run::Run;
use crate::site::Site;
use crate::source::{FileId, SourceFile, Span};

/// One thing that is wanted of an answer.
pub(crate) enum Target {
    File(String),
    Status(u16, u16),
    Handler(String),
    Access(String),
    Location(Regex),
    Log(String),
    Vhost(String),
    /// A line of a file decides.
    Line(Vec<Span>, String, u32),
    /// Its pattern matches.
    Reaches(Vec<Span>, String, u32),
}

impl Target {
    /// From the command line.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn parse(key: &str, value: &str, site: &Site, run: &Run) -> Result<Target, String> {
        let own = value.to_string();
        Ok(match key {
            "file" => Target::File(own),
            "status" => {
                let low = value.to_ascii_lowercase();
                let class = low.strip_suffix("xx").and_then(|d| d.parse::<u16>().ok()).filter(|d| (1..=5).contains(d));
                match (class, value.parse::<u16>()) {
                    (Some(class), _) => Target::Status(class * 100, class * 100 + 99),
                    (None, Ok(status)) if (100..600).contains(&status) => Target::Status(status, status),
                    _ => return Err("a status is a number such as 404, or a class such as 5xx".into()),
                }
            }
            "handler" => Target::Handler(own),
            "access" => match value {
                "granted" | "denied" | "auth-required" | "not-reached" => Target::Access(own),
                _ => return Err("it is granted, denied, auth-required or not-reached".into()),
            },
            "location" => Target::Location(Regex::new(value.as_bytes(), Flags::NONE).map_err(|e| e.to_string())?),
            "log" => Target::Log(own),
            "vhost" => Target::Vhost(own),
            _ => {
                let place = value.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
                let Some((file, line)) = place else { return Err("write FILE:LINE".into()) };
                let spans = lines_at(site, run, file, line);
                let (file, line) = (file.to_string(), line);
                match key {
                    "line" => Target::Line(spans, file, line),
                    _ => Target::Reaches(spans, file, line),
                }
            }
        })
    }

    /// The directives on the line that it names.
    pub(crate) fn lines(&self) -> Vec<Span> {
        match self {
            Target::Line(spans, ..) | Target::Reaches(spans, ..) => spans.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether an answer is like this. `run` is asked again where that takes more than the answer.
    pub(crate) fn fits(&self, answer: &Answer<'_>, run: &Run) -> bool {
        let outcome = answer.outcome;
        match self {
            Target::File(glob) => {
                outcome.file.as_ref().is_some_and(|file| fnmatch(glob.as_bytes(), file, FnmatchFlags::NONE))
            }
            Target::Status(from, to) => outcome.connection.is_none() && (*from..=*to).contains(&outcome.status),
            Target::Handler(name) => outcome.handler.as_ref().is_some_and(|h| **h == *name.as_bytes()),
            Target::Access(word) => outcome.access.as_str() == word,
            Target::Location(regex) => {
                outcome.location.as_ref().is_some_and(|location| regex.is_match(location).unwrap_or(false))
            }
            Target::Log(code) => outcome.log == Some(code.as_str()),
            Target::Vhost(name) => outcome.vhost.eq_ignore_ascii_case(name.as_bytes()),
            Target::Line(_, file, line) => outcome.decided_by.iter().any(|d| is_at(run, d.span, file, *line)),
            Target::Reaches(_, file, line) => {
                let mut matched = Matched(Vec::new());
                run.observe(answer.request, &mut matched);
                matched.0.iter().any(|span| is_at(run, *span, file, *line))
            }
        }
    }
}

/// Whether a directive stands on a line; `file` may be the end of a path.
pub(crate) fn is_at(run: &Run, span: Span, file: &str, line: u32) -> bool {
    span.line == line && span.is_some() && is_named(&run.sources().file(span.file), file)
}

fn is_named(source: &SourceFile, file: &str) -> bool {
    source.name == file
        || source.shown() == file
        || source.name.ends_with(file) && source.name[..source.name.len() - file.len()].ends_with('/')
}

/// Whether a file was read that has no directive in force on a line. (An .htaccess file may be read later.)
pub(crate) fn is_idle(site: &Site, run: &Run, file: &str, line: u32) -> bool {
    let read = run.sources().files_from(0);
    let mut own = (0..).map(FileId).zip(&read).filter(|(id, _)| !site.is_htaccess(*id));
    own.any(|(_, source)| is_named(source, file)) && lines_at(site, run, file, line).is_empty()
}

pub(crate) fn lines_at(site: &Site, run: &Run, file: &str, line: u32) -> Vec<Span> {
    site.directives().map(|d| d.span()).filter(|span| is_at(run, *span, file, line)).collect()
}

struct Matched(Vec<Span>);

impl Observer for Matched {
    fn pattern(&mut self, tried: &Tried<'_>) {
        if tried.matched && self.0.last() != Some(&tried.line) {
            self.0.push(tried.line);
        }
    }
}
