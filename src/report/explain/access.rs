//! The access chapter: every line in force, and what it says to this client.

use super::chapters::Told;
use super::page::{Mark, Page};
use crate::outcome::Access;
use crate::outcome::step::{Detail, Judgement, Required, Step};
use crate::report::paint::Tone;
use crate::report::words;
use crate::source::Span;

/// Writes it. `last` says that this request is the one that made the answer.
pub(super) fn write(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step], last: bool) {
    let before = page.text.len();
    for hook in steps {
        if hook.rule.is_some() {
            rule(page, told, hook, 0);
            continue;
        }
        let children: Vec<&Step> = hook.children.iter().filter(|c| !c.is_request()).collect();
        let silent = children.is_empty() && hook.changes.is_empty();
        if silent && !told.all() && !matches!(hook.judgement, Judgement::Ended(_)) {
            continue;
        }
        let says = if told.all() || children.is_empty() { says(page, hook) } else { String::new() };
        page.note(Tone::Dim, &format!("{}{says}", words::by(hook.by)));
        let (gone, in_force): (Vec<&Step>, Vec<&Step>) = children.into_iter().partition(|c| c.lost());
        for child in in_force {
            rule(page, told, child, 0);
        }
        covered(page, &gone);
    }
    if page.text.len() == before && last {
        match told.outcome.access {
            Access::Granted => page.note(Tone::Plain, "nothing restricts it"),
            Access::NotReached => page.note(Tone::Dim, "the request ended before access was checked"),
            _ => {}
        }
    }
}

fn says(page: &Page<'_>, hook: &Step) -> String {
    let said = [words::why(hook, page.sources()), words::effect(hook, page.sources())];
    let said: Vec<String> = said.into_iter().filter(|w| !w.is_empty()).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// A line or a group of lines, with its verdict beside it.
fn rule(page: &mut Page<'_>, told: &Told<'_>, step: &Step, nested: usize) {
    // a group of one that nobody wrote says nothing
    if step.rule.is_none()
        && let [only] = step.children.as_slice()
        && !told.all()
        && !matches!(step.detail, Detail::Require(Required::Group(_, true), _))
    {
        return rule(page, told, only, nested);
    }
    let mark = told.mark(step);
    let effect = words::effect(step, page.sources());
    match step.rule {
        Some(span) if effect.is_empty() && !step.matched() => page.verdict(mark, nested, span, "not this client"),
        Some(span) => page.verdict(mark, nested, span, &effect),
        None => {
            let why = words::why(step, page.sources());
            page.source_line(mark, nested, &why, &effect);
        }
    }
    for child in &step.children {
        rule(page, told, child, (nested + 1).min(8));
    }
}

/// Lines of earlier sections that do not count any more: the reason once for all.
fn covered(page: &mut Page<'_>, gone: &[&Step]) {
    for step in gone {
        page.directive(Mark::Lost, 0, step.rule.unwrap_or(Span::NONE));
    }
    if let Some(last) = gone.last() {
        let why = words::why(last, page.sources());
        page.prose(0, Tone::Dim, &why);
    }
}
