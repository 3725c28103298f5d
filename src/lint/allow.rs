//! `# routesim: allow RULE -- reason`: what is meant, said beside it.

use super::Finding;
use crate::diagnostic::Severity;
use crate::source::{FileId, SourceMap, Span};
use bstr::ByteSlice;

/// A comment that allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    rule: String,
    /// Its place.
    at: Span,
    /// The line that it is about; none where that is the whole file.
    line: Option<u32>,
    reason: bool,
}

impl Allowed {
    /// Whether it allows a finding.
    pub(crate) fn covers(&self, finding: &Finding, sources: &SourceMap) -> bool {
        self.reason
            && self.at.file == finding.line.file
            && self.rule == finding.rule
            && self.line.is_none_or(|line| line == sources.file(self.at.file).line_column(finding.line.start).0)
    }

    /// What is wrong with it.
    pub(crate) fn wrong(&self) -> Option<Finding> {
        let message = match super::rule(&self.rule) {
            None => format!("there is no rule `{}` to allow", self.rule),
            Some(_) if !self.reason => format!("`{}` is allowed without a reason", self.rule),
            Some(_) => return None,
        };
        Some(Finding {
            rule: "allow-without-reason",
            level: Severity::Warning,
            line: self.at,
            message,
            help: "write `# routesim: allow RULE -- the reason`; `routesim lint --list` names the rules".into(),
            related: Vec::new(),
            witness: None,
            fix: None,
        })
    }
}

/// The comments of the texts that allow something. One stands on a line of its own above the directive that it is about,
/// `allow-file` above the first directive of the file.
pub(crate) fn allowed(sources: &SourceMap) -> Vec<Allowed> {
    let mut found = Vec::new();
    for (number, file) in sources.files_from(0).into_iter().enumerate() {
        let (mut top, mut open): (bool, Vec<Allowed>) = (true, Vec::new());
        for line in 1..=file.lines() as u32 {
            let text = file.line(line).trim();
            let Some(comment) = text.strip_prefix(b"#") else {
                if !text.is_empty() {
                    found.extend(open.drain(..).map(|allowed| Allowed { line: Some(line), ..allowed }));
                    top = false;
                }
                continue;
            };
            let Some(rest) = comment.trim_start().strip_prefix(b"routesim:") else { continue };
            let rest = rest.trim().to_str_lossy();
            let (what, reason) = rest.split_once("--").unwrap_or((&rest, ""));
            let mut words = what.split_whitespace();
            let kind = words.next().unwrap_or_default();
            let start = file.line_start(line);
            let at = Span { file: FileId(number as u32), line, start, end: start + file.line(line).len() as u32 };
            for rule in words.map(|word| word.trim_end_matches(',')) {
                let allowed = Allowed { rule: rule.into(), at, line: None, reason: !reason.trim().is_empty() };
                match kind {
                    "allow" => open.push(allowed),
                    "allow-file" if top => found.push(allowed),
                    _ => {}
                }
            }
        }
        // one that stands above nothing allows nothing
        found.extend(open.into_iter().filter(|allowed| !allowed.reason));
    }
    found
}
