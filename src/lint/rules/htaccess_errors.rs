//! What httpd finds wrong with .htaccess files that requests came by.

use crate::directives;
use crate::lint::facts::{Facts, Seen};
use crate::lint::typing::is_slip;
use crate::source::Span;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The directive is of a module that is not loaded.
    Module(String),
    /// It opens or closes a section, and no such one is there.
    Tag,
    /// No module that is known here has it, and which are loaded is not said.
    Stranger,
    /// Something else about the line.
    Line,
}

/// The line of each file at which httpd stops, what is wrong with it in httpd's words, and a request that gets 500 for it.
pub(super) fn errors(facts: &Facts<'_>) -> Vec<(Span, Wrong, String, Seen)> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (_, error) in asked.ground.search.run.htaccess_errors() {
        let by =
            |seen: &&Seen| seen.outcome.status == 500 && seen.outcome.decided_by.iter().any(|d| d.span == error.span);
        // the pool has the plainest first
        let Some(seen) = asked.pool.iter().find(by) else { continue };
        let name = facts.site.sources().directive_name(error.span);
        let row = directives::all().find(|row| row.name().eq_ignore_ascii_case(&name));
        let unknown = error.message.starts_with("Invalid command");
        // where the modules are not known, it may be of any
        let close = error.help.as_ref().is_some_and(|help| help.contains("did you mean"));
        let tag = facts.site.sources().text(error.span).starts_with(b"<") && is_slip(&error);
        let wrong = match row.filter(|_| unknown) {
            Some(row) => Wrong::Module(row.module().to_string()),
            None if unknown && !close && !modules_known(facts) => Wrong::Stranger,
            None if tag => Wrong::Tag,
            None => Wrong::Line,
        };
        found.push((error.span, wrong, error.message.clone(), asked.ask(seen.ask.clone())));
    }
    found
}

/// Whether the server's modules are said: by its LoadModule lines, or by who describes it.
fn modules_known(facts: &Facts<'_>) -> bool {
    let stock = facts.directives.iter().any(|line| !facts.site.is_own(line.span().file));
    let assumed = facts.asked.as_ref().is_none_or(|asked| asked.ground.search.run.server().assume_modules);
    !stock && !assumed
}
