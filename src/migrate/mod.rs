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
use crate::source::Span;
use crate::suite::RequestSpec;
use groups::Group;
use leftovers::New;

/// What becomes of some lines.
pub(crate) struct Step {
    /// The first of them, and the place of it as it was.
    pub line: Span,
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
    let mut texts = Rewritten::default();
    let mut steps = Vec::new();
    let first = leftovers(site, &mut steps);
    let base = match texts.step(site.sources(), &first).ok().and_then(|()| site.with(&first).ok()) {
        Some(base) if !first.is_empty() => base,
        _ => site.clone(),
    };
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
    let edits: Vec<Edit> = groups.iter().flat_map(Group::edits).collect();
    let edits = tidied(&base, &edits);
    steps.extend(groups.iter().filter_map(|group| group.step(&base)));
    // two edits of one text never overlap: a line is of one section
    let _ = texts.step(base.sources(), &edits);
    Migrated { texts, steps, asked }
}

/// Edits of what 2.4 refuses or ignores.
fn leftovers(site: &Site, steps: &mut Vec<Step>) -> Vec<Edit> {
    let (sources, own) = (site.sources(), site.editable());
    let all: Vec<Directive<'_>> = site.directives().collect();
    let lines = all.iter().filter_map(|line| Some((line.span(), leftovers::of(line, &all)?)));
    let mut found: Vec<(Span, New)> = lines.chain(leftovers::modules(site)).collect();
    found.retain(|(span, _)| site.is_own(span.file) && own.contains(&span.file));
    found.sort_by_key(|(span, _)| (span.file, span.start));
    found.dedup_by_key(|(span, _)| (span.file, span.start));
    let mut edits = Vec::new();
    for (span, new) in found {
        edits.extend(leftovers::text(&new).map(|text| Edit::replace(span, text)));
        steps.push(Step {
            line: span,
            place: sources.place(span),
            what: crate::source::directive_text(sources, span),
            done: match new {
                New::Gone(why) => Done::Gone(why.into()),
                New::Line(line) => Done::Changed(vec![line]),
                New::Stays(why) => Done::Left(why.into()),
            },
        });
    }
    // what nobody knows any longer, and has no successor here
    for d in site.diagnostics().iter().filter(|d| d.severity == Severity::Error && d.span.is_some()) {
        if !steps.iter().any(|step| step.line == d.span) {
            let help = d.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
            steps.push(Step {
                line: d.span,
                place: sources.place(d.span),
                what: crate::source::directive_text(sources, d.span),
                done: Done::Left(format!("httpd 2.4 refuses it{help}")),
            });
        }
    }
    tidied(site, &edits)
}
