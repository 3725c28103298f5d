//! From httpd 2.2 to 2.4: Order, Allow, Deny and Satisfy become Require, and directives that 2.4 refuses or ignores go or are
//! written otherwise. The engine holds the answers the same: a section that it finds answered otherwise is tried with
//! `AuthMerging And`, and left as it is where that is no better.

mod access;
mod groups;
mod leftovers;
mod proof;
#[cfg(test)]
mod tests;

pub(crate) use proof::Asked;

use crate::diagnostic::Severity;
use crate::lint::fix::tidied;
use crate::search::explore::Purse;
use crate::site::{Directive, Edit, Rewritten, Site};
use crate::source::{FileId, SourceMap, Span};
use crate::suite::RequestSpec;
use groups::Group;
use leftovers::New;

/// What becomes of some lines.
pub(crate) struct Step {
    /// The first of them: its file, its number, and both as people are shown them.
    pub file: String,
    pub line: u32,
    pub place: String,
    /// What they were, in one line.
    pub what: String,
    pub done: Done,
}

/// Whether something was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// They are written as these lines.
    Changed(Vec<String>),
    /// They went, for this reason.
    Gone(String),
    /// They stay, for this reason.
    Left(String),
}

/// What a migration comes to.
pub(crate) struct Migrated {
    pub texts: Rewritten,
    pub steps: Vec<Step>,
    /// Of how many requests the answers were held the same; none where httpd 2.4 would not start.
    pub asked: Option<Asked>,
}

/// How a configuration is written for 2.4. `requests` are asked besides those that the search makes.
pub(crate) fn migrate(site: &Site, requests: &[RequestSpec], purse: &dyn Fn() -> Purse) -> Migrated {
    let mut steps = Vec::new();
    let first = leftovers(site, &mut steps);
    // lines that go stay as empty ones for now, so that all others keep their numbers
    let base = if first.is_empty() { site.clone() } else { site.with(&first).unwrap_or_else(|_| site.clone()) };
    let trees = base.htaccess_trees();
    let mut directives: Vec<Directive<'_>> = base.directives().collect();
    directives.extend(trees.iter().flat_map(|(_, nodes)| Directive::of(nodes)));
    let own = base.editable();
    directives.retain(|d| base.is_own(d.span().file) && own.contains(&d.span().file));
    let mut groups = groups::groups(&base, &directives);
    let asked = match base.start() {
        Ok(run) => Some(proof::settle(&base, run, &mut groups, requests, purse)),
        Err(error) => {
            let place = base.sources().place(error.span);
            let why = format!("httpd 2.4 would refuse to start: {} ({place}); mend that first", error.message);
            groups.iter_mut().for_each(|group| group.leave(why.clone()));
            None
        }
    };
    steps.extend(groups.iter().filter_map(|group| group.step(&base)));
    let (mut edits, mut more) = (first, Vec::new());
    for edit in groups.iter().flat_map(Group::edits) {
        match moved(site, &base, &edit) {
            Some(edit) => edits.push(edit),
            None => more.push(edit),
        }
    }
    let mut texts = Rewritten::default();
    // a line is of one section, so that no two edits overlap
    let _ = texts.step(site.sources(), &tidied(site, &edits));
    let _ = texts.step(base.sources(), &tidied(&base, &more));
    Migrated { texts, steps, asked }
}

/// An edit of a text whose lines have the same numbers in both sites; none of a text that only the second has read.
fn moved(site: &Site, base: &Site, edit: &Edit) -> Option<Edit> {
    let (before, after) = (site.sources(), base.sources().file(edit.file));
    let number = before.files_from(0).iter().position(|file| file.name == after.name)?;
    let file = FileId(number as u32);
    let source = before.file(file);
    let place = |offset: u32| {
        let (line, column) = after.line_column(offset);
        source.line_start(line) + column - 1
    };
    Some(Edit { file, range: place(edit.range.start)..place(edit.range.end), text: edit.text.clone() })
}

/// Edits of what 2.4 refuses or ignores; a line that goes leaves an empty one.
fn leftovers(site: &Site, steps: &mut Vec<Step>) -> Vec<Edit> {
    let trees = site.htaccess_trees();
    let (sources, own) = (site.sources(), site.editable());
    let mut all: Vec<Directive<'_>> = site.directives().collect();
    all.extend(trees.iter().flat_map(|(_, nodes)| Directive::of(nodes)));
    let lines = all.iter().filter_map(|line| Some((line.span(), leftovers::of(line, &all)?)));
    let mut found: Vec<(Span, New)> = lines.chain(leftovers::modules(site)).collect();
    found.retain(|(span, _)| site.is_own(span.file) && own.contains(&span.file));
    found.sort_by_key(|(span, _)| (span.file, span.start));
    found.dedup_by_key(|(span, _)| (span.file, span.start));
    let mut edits = Vec::new();
    for (span, new) in found {
        let newlines = sources.text(span).iter().filter(|byte| **byte == b'\n').count();
        edits.extend(
            leftovers::text(&new).map(|text| Edit::replace(span, [text, "\n".repeat(newlines).into()].concat())),
        );
        let step = |done: Done| Step { done, ..Step::of(span, sources) };
        steps.push(step(match new {
            New::Gone(why) => Done::Gone(why.into()),
            New::Line(line) => Done::Changed(vec![line]),
            New::Stays(why) => Done::Left(why.into()),
        }));
    }
    // what has no successor here
    for d in site.diagnostics().iter().filter(|d| d.severity == Severity::Error && d.span.is_some()) {
        if !steps.iter().any(|step| step.place == sources.place(d.span)) {
            let help = d.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
            let done = Done::Left(format!("httpd 2.4 refuses it{help}"));
            steps.push(Step { done, ..Step::of(d.span, sources) });
        }
    }
    edits
}

impl Step {
    fn of(line: Span, sources: &SourceMap) -> Step {
        let what = crate::source::directive_text(sources, line);
        let file = sources.file(line.file).name.clone();
        Step { file, line: line.line, place: sources.place(line), what, done: Done::Changed(Vec::new()) }
    }
}
