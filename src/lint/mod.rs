//! Findings about a configuration: what its author can hardly have meant, each shown by a request and its answer.
//!
//! A rule is a file of `rules/`: what it finds, why that is bad, an example of it and one that is nearly it. It goes through
//! the facts (`facts.rs`), which are gathered once, and proves what it says by asking a site that lacks the line or has the
//! fix. What no request can show is a note, and has no witness.

mod allow;
pub(crate) mod edits;
pub(crate) mod facts;
pub(crate) mod fix;
mod htaccess;
mod lines;
mod marks;
mod overlap;
mod past;
mod rewriting;
mod rules;
pub(crate) mod settings;
mod stops;
#[cfg(test)]
mod tests;
mod typing;

use allow::COMMENTS;
#[cfg(test)]
use allow::allowed;

use crate::diagnostic::Severity;
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::search::explore::Purse;
use crate::site::Fix;
use crate::site::Site;
use crate::source::Span;
use bstr::BString;
use facts::{Facts, Seen};
use settings::Settings;

/// A rule.
pub(crate) struct Rule {
    pub name: &'static str,
    pub level: Severity,
    pub group: &'static str,
    /// What it finds, and why that is bad.
    pub finds: &'static str,
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
    /// Whether a fix, where one is offered, changes only what is wrong; none where none is offered.
    pub safe: Option<bool>,
    /// A configuration with it; the line below each `# finding` is blamed.
    pub bad: Example,
    /// One that is nearly it.
    pub good: Example,
    pub find: fn(&Rule, &Facts<'_>) -> Vec<Finding>,
}

/// An example: a configuration, and the files around it; `PATH -> TARGET` is a link, `PATH (0600)` one of another mode,
/// `PATH: TEXT` one with a text. Where no line of the configuration is marked, the first line of an .htaccess file is blamed.
#[derive(Clone, Copy)]
pub(crate) struct Example {
    pub config: &'static str,
    pub files: &'static [&'static str],
}

/// Something that a rule found.
pub(crate) struct Finding {
    pub rule: &'static str,
    pub level: Severity,
    pub line: Span,
    pub message: String,
    pub help: String,
    pub related: Vec<(Span, String)>,
    /// A request whose answer shows the harm.
    pub witness: Option<(Ask, Outcome)>,
    pub fix: Option<Fix>,
    /// Files that are had, and that the fix is to keep back.
    pub kept_back: Vec<BString>,
}

impl Rule {
    /// A finding of this rule that nothing shows.
    fn at(&self, line: Span, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.name,
            level: Severity::Note,
            line,
            message: message.into(),
            help: self.help.into(),
            related: Vec::new(),
            witness: None,
            fix: None,
            kept_back: Vec::new(),
        }
    }

    /// A finding of this rule, and the request that shows it.
    fn shown(&self, line: Span, message: impl Into<String>, ask: &Ask, outcome: &Outcome) -> Finding {
        Finding { level: self.level, witness: Some((ask.clone(), outcome.clone())), ..self.at(line, message) }
    }

    /// A finding of this rule, which httpd's own refusal to start shows.
    fn refused(&self, line: Span, message: impl Into<String>) -> Finding {
        Finding { level: self.level, ..self.at(line, message) }
    }

    /// The same, of a request that was seen.
    fn seen(&self, line: Span, message: impl Into<String>, seen: &Seen) -> Finding {
        self.shown(line, message, &seen.ask, &seen.outcome)
    }
}

impl Finding {
    fn related(mut self, line: Span, label: impl Into<String>) -> Finding {
        self.related.push((line, label.into()));
        self
    }
}

/// All rules, by their names.
pub(crate) fn rules() -> &'static [&'static Rule] {
    rules::ALL
}

/// The rule of that name.
pub(crate) fn rule(name: &str) -> Option<&'static Rule> {
    rules().iter().copied().find(|rule| rule.name == name)
}

/// What is said that no rule finds: name, level, group, what that is, and what to do.
pub(crate) fn unruled() -> impl Iterator<Item = (&'static str, Severity, &'static str, &'static str, &'static str)> {
    let comments = COMMENTS.iter().map(|(name, level, finds, help)| (*name, *level, "allowances", *finds, *help));
    comments.chain(stops::REMARKS.iter().map(|(name, level, finds, help)| (*name, *level, "starting", *finds, *help)))
}

/// What is found in a site and not allowed. Without a purse no request is asked: only what the text alone shows is found.
pub(crate) fn judged(site: &Site, purse: Option<Purse>, settings: &Settings) -> Vec<Finding> {
    let facts = match purse {
        Some(purse) => Facts::gather(site, purse),
        None => Facts::of_text(site),
    };
    let whole = facts.asked.is_some();
    let mut found = lint(&facts);
    found.extend(stops::found(site, &found));
    stops::first(site, allow::held(found, site, settings, whole))
}

/// What all rules find, in the order of the text.
pub(crate) fn lint(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = rules().iter().flat_map(|rule| (rule.find)(rule, facts)).collect();
    // a line of the stock server is nobody's to mend; what a folder itself publishes has no line
    found.retain(|finding| match finding.line.is_some() {
        true => facts.site.is_own(finding.line.file),
        false => finding.witness.is_some(),
    });
    let sources = facts.site.sources();
    found.sort_by_cached_key(|f| (sources.file(f.line.file).name.clone(), f.line.start, f.rule));
    let mut found = overlap::once(facts, found);
    found.dedup_by(|a, b| a.rule == b.rule && a.line == b.line);
    found
}
