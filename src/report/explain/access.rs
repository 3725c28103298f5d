//! The access chapter: every line in force, and what it says to this client.

use super::chapters::{Told, is_request, lost, module};
use super::page::{Mark, Page};
use crate::outcome::{Access, Step};
use crate::report::paint::Tone;
use crate::source::Span;

/// Writes it. `last` says that this request is the one that made the answer.
pub fn write(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step], last: bool) {
    let before = page.text.len();
    for hook in steps {
        if hook.span.is_some() {
            rule(page, told, hook, 0);
            continue;
        }
        let children: Vec<&Step> = hook.children.iter().filter(|c| !is_request(c)).collect();
        let silent = children.is_empty() && hook.effect.is_empty();
        if silent && !told.all() && !hook.why.starts_with("status") {
            continue;
        }
        let says = if told.all() || children.is_empty() { words(hook) } else { String::new() };
        page.note(Tone::Dim, &format!("{}{says}", module(hook.module)));
        let (gone, in_force): (Vec<&Step>, Vec<&Step>) = children.into_iter().partition(|c| lost(c));
        for child in in_force {
            rule(page, told, child, 0);
        }
        covered(page, &gone);
    }
    if page.text.len() == before && last {
        match told.outcome.access {
            Access::Granted => page.note(Tone::Plain, "nothing restricts it"),
            Access::NotReached => page.note(Tone::Dim, "the request ended before anybody asked"),
            _ => {}
        }
    }
}

fn words(hook: &Step) -> String {
    let said = [hook.why.as_str(), hook.effect.as_str()];
    let said: Vec<&str> = said.into_iter().filter(|w| !w.is_empty()).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// A line or a group of lines, with its verdict beside it.
fn rule(page: &mut Page<'_>, told: &Told<'_>, step: &Step, nested: usize) {
    // a group of one that nobody wrote says nothing
    if step.span.is_none()
        && let [only] = step.children.as_slice()
        && !told.all()
        && !step.why.starts_with("AuthMerging")
    {
        return rule(page, told, only, nested);
    }
    let mark = told.mark(step);
    match step.span {
        Some(span) => page.verdict(mark, nested, span, verdict(step)),
        None => page.source_line(mark, nested, &step.why, &step.effect),
    }
    for child in &step.children {
        rule(page, told, child, (nested + 1).min(8));
    }
}

fn verdict(step: &Step) -> &str {
    match (step.effect.as_str(), step.matched) {
        ("", false) => "not this client",
        (effect, _) => effect,
    }
}

/// Lines of earlier sections that do not count any more: the reason once for all.
fn covered(page: &mut Page<'_>, gone: &[&Step]) {
    let mut said = "";
    for step in gone {
        page.directive(Mark::Lost, 0, step.span.unwrap_or(Span::NONE));
        said = &step.why;
    }
    if !said.is_empty() {
        page.prose(0, Tone::Dim, said);
    }
}
