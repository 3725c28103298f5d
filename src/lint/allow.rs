//! `# routesim: allow RULE -- reason`: what is meant, said beside it.

use super::Finding;
use super::settings::Settings;
use crate::diagnostic::Severity;
use crate::site::Site;
use crate::source::{FileId, SourceMap, Span};
use crate::suggest::closest;
use bstr::ByteSlice;

/// What is found of the comments themselves: name, level, what that is, and what to do.
pub(crate) const COMMENTS: [(&str, Severity, &str, &str); 4] = [
    (
        "allow-misspelt",
        Severity::Warning,
        "A comment for routesim says nothing that it knows, or not where it would.",
        "write `# routesim: allow RULE -- the reason` above the directive, or `allow-file` above the file's first one",
    ),
    (
        "allow-unknown-rule",
        Severity::Warning,
        "A comment allows a rule that there is not.",
        "`routesim lint --list` names the rules",
    ),
    (
        "allow-unused",
        Severity::Note,
        "A comment allows what is not found.",
        "take the comment out, or see whether the line below it is still the one that was meant",
    ),
    (
        "allow-without-reason",
        Severity::Warning,
        "A comment allows a rule without a reason.",
        "write `# routesim: allow RULE -- the reason`; without one nothing is allowed",
    ),
];

/// A comment that allows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    rule: String,
    /// Its place.
    at: Span,
    /// The line that it is about; none where that is the whole file.
    line: Option<u32>,
    reason: bool,
    /// What it says instead of allowing.
    instead: Option<String>,
}

impl Allowed {
    /// Whether it allows a finding.
    pub(crate) fn covers(&self, finding: &Finding, sources: &SourceMap) -> bool {
        self.reason
            && self.instead.is_none()
            && self.at.file == finding.line.file
            && self.rule == finding.rule
            && self.line.is_none_or(|line| line == sources.file(self.at.file).line_column(finding.line.start).0)
    }

    /// What is wrong with it.
    pub(crate) fn wrong(&self) -> Option<Finding> {
        let known = || super::rules().iter().map(|rule| rule.name).chain(super::unruled().map(|(name, ..)| name));
        if let Some(instead) = &self.instead {
            return Some(self.finding("allow-misspelt", instead.clone()));
        }
        if known().any(|name| name == self.rule) {
            return (!self.reason)
                .then(|| self.finding("allow-without-reason", format!("`{}` is allowed without a reason", self.rule)));
        }
        let found = self.finding("allow-unknown-rule", format!("there is no rule `{}` to allow", self.rule));
        Some(match closest(&self.rule, known()) {
            Some(near) => Finding { help: format!("did you mean `{near}`?"), ..found },
            None => found,
        })
    }

    /// That it allows nothing.
    fn unused(&self) -> Finding {
        let what = if self.line.is_some() { "the line below" } else { "this file" };
        self.finding("allow-unused", format!("`{}` is not found in {what}", self.rule))
    }

    fn finding(&self, rule: &'static str, message: String) -> Finding {
        let about = COMMENTS.iter().find(|(name, ..)| *name == rule);
        let (level, help) = about.map_or((Severity::Note, ""), |(_, level, _, help)| (*level, *help));
        Finding {
            rule,
            level,
            line: self.at,
            message,
            help: help.into(),
            related: Vec::new(),
            witness: None,
            fix: None,
            kept_back: Vec::new(),
        }
    }
}

/// What is left of findings where the comments and the settings have their say, and what is wrong with the comments.
/// `whole`: everything was looked for, so that a comment without its finding allows nothing.
pub(crate) fn held(mut found: Vec<Finding>, site: &Site, settings: &Settings, whole: bool) -> Vec<Finding> {
    let sources = site.sources();
    let mut allowed: Vec<(Allowed, bool)> = allowed(sources).into_iter().map(|allowed| (allowed, false)).collect();
    found.retain(|finding| {
        let mut covered = false;
        for (_, used) in allowed.iter_mut().filter(|(allowed, _)| allowed.covers(finding, sources)) {
            (*used, covered) = (true, true);
        }
        !covered
    });
    for (allowed, used) in allowed.iter().filter(|(allowed, _)| site.is_own(allowed.at.file)) {
        let off = settings.level(&allowed.rule, Severity::Error).is_none();
        found.extend(allowed.wrong().or_else(|| (whole && !used && !off).then(|| allowed.unused())));
    }
    found.retain_mut(|finding| match settings.level(finding.rule, finding.level) {
        Some(level) => {
            finding.level = level;
            !settings.excludes(sources.file(finding.line.file).shown())
        }
        None => false,
    });
    found.sort_by_cached_key(|f| (sources.file(f.line.file).name.clone(), f.line.start));
    found
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
            let one = |rule: &str, instead: Option<String>| Allowed {
                rule: rule.into(),
                at,
                line: None,
                reason: !reason.trim().is_empty(),
                instead,
            };
            let rules: Vec<&str> = words.map(|word| word.trim_end_matches(',')).collect();
            match kind {
                "allow" | "allow-file" if rules.is_empty() => {
                    found.push(one("", Some(format!("`{kind}` names no rule"))));
                }
                "allow" => open.extend(rules.into_iter().map(|rule| one(rule, None))),
                "allow-file" if top => found.extend(rules.into_iter().map(|rule| one(rule, None))),
                "allow-file" => found.push(one("", Some("`allow-file` is below the first directive".into()))),
                other => found.push(one("", Some(format!("`{other}` is nothing that a comment can say")))),
            }
        }
        // one that is above nothing allows nothing
        let nothing = "there is no directive below this comment";
        found.extend(open.into_iter().map(|allowed| Allowed { instead: Some(nothing.into()), ..allowed }));
    }
    found
}
