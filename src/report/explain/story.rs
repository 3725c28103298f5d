//! The page that is shown by default: why first, then what nearly applied, then the way in a row a phase.

use super::chapters::{About, Chapters, Told};
use super::environment;
use super::host;
use super::page::{Mark, Page};
use crate::outcome::step::{Authorization, By, Detail, Required, Step};
use crate::outcome::{Access, Outcome};
use crate::phase::Phase;
use crate::reason::{self, Case, Cause, Miss, Near, What};
use crate::repair::Suggestion;
use crate::report::Explained;
use crate::report::paint::{Tone, clean};
use crate::report::{causes, words};
use crate::source::Span;
use crate::source::directive_text;
use std::collections::HashSet;

/// How many near misses are shown.
const NEAR: usize = 5;
/// How many sections of a request are named.
const SECTIONS: usize = 6;
/// How many of a rule's conditions are named.
const CONDITIONS: usize = 4;
/// How many variables of a program's environment are named.
const VARIABLES: usize = 4;
/// How many redirects are told before the rest is folded, and how many where they are without end.
const REDIRECTS: usize = 3;
const REDIRECTS_OF_LOOP: usize = 1;

/// Why: the reasons, and the lines without which the answer would be another one. Gives the lines that it shows.
pub(super) fn why(page: &mut Page<'_>, told: &Told<'_>, explained: &Explained<'_>) -> HashSet<Span> {
    let (case, causes) = (&explained.case, explained.causes());
    let mut shown = HashSet::new();
    if !causes.is_empty() || !case.outcome.decided_by.is_empty() {
        page.heading("Why", "", Tone::Plain, "");
    }
    // said in the same breath
    let told_source = causes
        .iter()
        .any(|c| matches!(c.what, What::NotTaken { source: true, .. } | What::SwitchedOff { source: true }));
    for cause in causes.iter().filter(|c| !(told_source && matches!(c.what, What::Source { .. }))) {
        reason(page, told, case, cause, &mut shown);
    }
    deciders(page, case, &mut shown);
    nearly(page, told, case, explained.near(), &mut shown);
    suggested(page, case, &explained.suggestions);
    shown
}

fn reason(page: &mut Page<'_>, told: &Told<'_>, case: &Case<'_>, cause: &Cause, shown: &mut HashSet<Span>) {
    page.note(Tone::Plain, &causes::cause(cause, case));
    for line in cause.places.iter().take(4) {
        if shown.insert(*line) {
            let mark = if matches!(cause.what, What::Before { .. }) { Mark::Lost } else { told.mark_of(*line) };
            page.directive(mark, 0, *line);
            defines(page, case, *line);
            if matches!(cause.what, What::Loop { .. }) {
                conditions(page, case, *line, shown);
            }
        }
    }
}

/// The names that a line takes from Define.
fn defines(page: &mut Page<'_>, case: &Case<'_>, line: Span) {
    for (name, place) in reason::defines(case, line) {
        let Some(place) = place else {
            page.prose(0, Tone::Plain, &format!("${{{name}}} is not defined, and stays as it is written"));
            continue;
        };
        let undefined = case.sources.directive_name(place).eq_ignore_ascii_case("UnDefine");
        let so = if undefined { "is no longer defined, and stays as it is written" } else { "is defined here" };
        page.prose(0, Tone::Plain, &format!("${{{name}}} {so}"));
        page.directive(Mark::Plain, 1, place);
    }
}

/// The lines that decided: those that every configuration has only where there is no other.
fn deciders(page: &mut Page<'_>, case: &Case<'_>, shown: &mut HashSet<Span>) {
    let particular: Vec<Span> = decided(case).filter(|line| !reason::is_usual(case.sources, *line)).collect();
    let lines = if particular.is_empty() && shown.is_empty() { decided(case).collect() } else { particular };
    for line in lines {
        if shown.insert(line) {
            page.directive(Mark::Decides, 0, line);
            defines(page, case, line);
            effect(page, case, line);
            leaves_conditions(page, case, line);
            conditions(page, case, line, shown);
        }
    }
}

fn decided<'c>(case: &Case<'c>) -> impl Iterator<Item = Span> + 'c {
    case.outcome.decided_by.iter().map(|d| d.span)
}

/// What a line did, once.
fn effect(page: &mut Page<'_>, case: &Case<'_>, line: Span) {
    let Some(step) = Step::walk(case.steps).find(|s| s.rule == Some(line) && s.matched()) else { return };
    let tells = matches!(
        step.detail,
        Detail::RewriteRule(_)
            | Detail::RewriteCond(_)
            | Detail::Attribute(..)
            | Detail::Proxied(_)
            | Detail::NotProxied
    ) || step.phase == Phase::TranslateName;
    if !tells {
        return;
    }
    let said = [words::why(step, case.sources), words::effect(step, case.sources)];
    let said: Vec<String> = said.into_iter().filter(|w| !w.is_empty()).collect();
    page.prose(0, Tone::Plain, &said.join(" -> "));
}

/// A rule that never applied decides by the conditions that it has.
fn leaves_conditions(page: &mut Page<'_>, case: &Case<'_>, line: Span) {
    let steps = || Step::walk(case.steps).filter(|s| s.rule == Some(line));
    if steps().next().is_some_and(|s| matches!(s.detail, Detail::RewriteRule(_))) && !steps().any(Step::matched) {
        page.prose(0, Tone::Plain, "does not apply; without this line, the next rule would have its conditions");
    }
}

/// The conditions of a rule that applied, those that are not told yet: they hold, or the rule would not have.
fn conditions(page: &mut Page<'_>, case: &Case<'_>, line: Span, shown: &mut HashSet<Span>) {
    let Some(step) = Step::walk(case.steps).find(|s| s.rule == Some(line) && s.matched()) else { return };
    let held = step.children.iter().filter(|c| matches!(c.detail, Detail::RewriteCond(_)) && c.matched());
    for cond in held.filter_map(|c| c.rule).take(CONDITIONS) {
        if shown.insert(cond) {
            page.directive(Mark::Plain, 1, cond);
        }
    }
}

/// What to change, and what comes of it.
fn suggested(page: &mut Page<'_>, case: &Case<'_>, suggestions: &[Suggestion]) {
    if suggestions.is_empty() {
        return;
    }
    page.heading("To change it", "tried", Tone::Dim, "");
    for suggestion in suggestions {
        let (what, gives) = causes::suggestion(suggestion, case);
        page.note(Tone::Plain, &what);
        page.arrow(0, &gives);
    }
}

/// What nearly applied.
fn nearly(page: &mut Page<'_>, told: &Told<'_>, case: &Case<'_>, near: &[Near], shown: &mut HashSet<Span>) {
    let told_already = |n: &&Near| n.places.first().is_some_and(|line| shown.contains(line));
    let is_file = |n: &&Near| matches!(n.miss, Miss::Unread { .. });
    let near: Vec<&Near> = near.iter().filter(|n| is_file(n) || !told_already(n)).collect();
    if near.is_empty() {
        return;
    }
    page.heading("Not applied", "", Tone::Plain, "");
    let most = if told.all() { usize::MAX } else { NEAR };
    for miss in near.iter().take(most) {
        missed(page, told, case, miss, shown);
    }
    if near.len() > most {
        page.note(Tone::Dim, &format!("{} more nearly applied (use --all to show)", near.len() - most));
    }
}

fn missed(page: &mut Page<'_>, told: &Told<'_>, case: &Case<'_>, near: &Near, shown: &mut HashSet<Span>) {
    let mark = |line: Span| if told.mark_of(line) == Mark::Decides { Mark::Decides } else { Mark::Lost };
    let words = causes::near(near, case);
    let mut places = near.places.iter().copied();
    match &near.miss {
        Miss::Unread { .. } => {
            page.note(Tone::Plain, &words);
            for line in places {
                if shown.insert(line) {
                    page.directive(mark(line), 0, line);
                }
            }
        }
        Miss::Conditions(failed) => {
            if let Some(line) = places.next() {
                shown.insert(line);
                page.directive(mark(line), 0, line);
            }
            let joined = failed.split_last().is_some_and(|(_, others)| {
                let is_joined = |(step, _): &(Step, _)| matches!(&step.detail, Detail::RewriteCond(c) if c.or_next);
                !others.is_empty() && others.iter().all(is_joined)
            });
            let so = match joined {
                true => "its pattern matches, but none of these conditions holds, and one has to ([OR]):",
                false => "its pattern matches, but not all of its conditions hold:",
            };
            page.prose(0, Tone::Plain, so);
            for (step, fit) in failed.iter().take(4) {
                if let Some(line) = step.rule {
                    page.directive(Mark::Lost, 1, line);
                }
                page.prose(1, Tone::Plain, &causes::condition(step, *fit, case));
            }
        }
        _ => {
            if let Some(line) = places.next() {
                shown.insert(line);
                page.directive(mark(line), 0, line);
            }
            page.prose(0, Tone::Plain, &words);
            for line in places.take(2) {
                if shown.insert(line) {
                    page.directive(told.mark_of(line), 1, line);
                }
            }
        }
    }
}

/// The way, a row a phase; redirects and error pages one below the other.
pub(super) fn way(page: &mut Page<'_>, told: &Told<'_>, explained: &Explained<'_>, shown: &HashSet<Span>) {
    let case = &explained.case;
    page.heading("The way", "", Tone::Plain, "");
    request(page, told, &Chapters::of(case.steps), &mut Vec::new(), 0);
    // lines that every configuration has, and without which the answer would still be another one
    let mut label = "besides";
    for line in decided(case).filter(|line| !shown.contains(line)) {
        let text = clean(directive_text(page.sources(), line));
        row(page, Some(Mark::Decides), std::mem::take(&mut label), &text, Some(line));
    }
    for line in reason::alike_roots(case).into_iter().filter(|line| !shown.contains(line)) {
        row(page, None, std::mem::take(&mut label), &clean(directive_text(page.sources(), line)), Some(line));
    }
}

/// A request's rows. `before` has the sections of the one that it follows: they are told where they differ.
fn request(page: &mut Page<'_>, told: &Told<'_>, chapters: &Chapters<'_>, before: &mut Vec<Span>, redirects: usize) {
    for about in About::ALL {
        let steps: Vec<&Step> = chapters.steps.iter().copied().filter(|s| About::of(s) == about).collect();
        let last = chapters.followed.is_empty();
        match about {
            About::Host if redirects == 0 => host_row(page, told, &steps),
            About::Host => {}
            About::Mapping => mapping(page, told, &steps),
            About::Sections => sections(page, &steps, before),
            About::Access => access(page, told, &steps, last),
            About::Handler => handler(page, told, &steps, last),
        }
    }
    for step in &chapters.followed {
        follow(page, told, step, before, redirects + 1);
    }
}

fn follow(page: &mut Page<'_>, told: &Told<'_>, step: &Step, before: &mut Vec<Span>, redirects: usize) {
    let is_page = step.phase == Phase::ErrorDocument;
    if redirects > if told.is_loop { REDIRECTS_OF_LOOP } else { REDIRECTS } {
        let more = Step::walk(std::slice::from_ref(step)).filter(|s| s.is_request()).count();
        return page.note(Tone::Dim, &format!("and {more} more internal redirects of this kind"));
    }
    let words = words::effect(step, page.sources());
    let label = if is_page { "error page, " } else { "internal redirect to " };
    row(page, step.rule.map(|line| told.mark_of(line)), "then", &format!("{label}{words}"), step.rule);
    if let Detail::Redirected(redirected) = &step.detail {
        // under which names the next request has what was set
        for passed in redirected.variables.iter().filter(|v| !v.value.is_empty()).take(3) {
            row(page, None, "", &format!("with {}=`{}`", passed.name, passed.value), Some(passed.by));
        }
    }
    let children = match step.children.as_slice() {
        [only] if is_page && only.is_request() => &only.children,
        children => children,
    };
    request(page, told, &Chapters::of(children), before, redirects);
}

/// A row: what it is about, what came of it, and the line.
fn row(page: &mut Page<'_>, mark: Option<Mark>, label: &str, text: &str, line: Option<Span>) {
    let place = line.map(|line| clean(page.sources().place(line))).unwrap_or_default();
    page.source_line(mark.unwrap_or(Mark::Plain), 0, &format!("{label:<10}{}", clean(text)), &place);
}

fn host_row(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step]) {
    let (line, why) = host::chosen(page, steps, told.connection);
    if let Some(why) = why {
        row(page, None, "host", &format!("{}: {why}", told.outcome.vhost), line);
    }
}

fn mapping(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step]) {
    let mut label = "mapping";
    for step in steps.iter().filter(|s| s.by != By::LocationWalk) {
        rules(page, told, step, &mut label);
    }
}

/// The rules that applied, each with what it did.
fn rules(page: &mut Page<'_>, told: &Told<'_>, step: &Step, label: &mut &str) {
    let Some(line) = step.rule else {
        let own = step.children.iter().filter(|c| !c.is_request() && !matches!(c.detail, Detail::Subrequest(_)));
        return own.for_each(|c| rules(page, told, c, label));
    };
    if !step.matched() || matches!(step.detail, Detail::RewriteCond(_)) {
        return;
    }
    let mark = told.mark(step);
    // response headers have a page of their own (--headers)
    if matches!(step.detail, Detail::Header(..)) && mark != Mark::Decides {
        return;
    }
    let text = clean(directive_text(page.sources(), line));
    row(page, Some(mark), std::mem::take(label), &text, Some(line));
    // what a deciding line did stands with the reasons
    let said = words::effect(step, page.sources());
    if mark != Mark::Decides && !said.is_empty() {
        page.prose(4, Tone::Dim, &said);
    }
}

fn sections(page: &mut Page<'_>, steps: &[&Step], before: &mut Vec<Span>) {
    let mut flat: Vec<&Step> = Vec::new();
    for step in steps {
        if step.rule.is_some() { flat.push(step) } else { flat.extend(step.children.iter()) }
    }
    let applied: Vec<&Step> = flat.into_iter().filter(|s| s.rule.is_some() && s.matched()).collect();
    let lines: Vec<Span> = applied.iter().filter_map(|s| s.rule).collect();
    if lines == *before {
        return;
    }
    *before = lines;
    let mut label = "sections";
    for step in applied.iter().take(SECTIONS) {
        let Some(line) = step.rule else { continue };
        let text = match step.by {
            By::Htaccess => format!("{} is read", page.sources().file(line.file).shown()),
            _ => clean(page.sources().text(line)),
        };
        let place = match step.detail {
            Detail::Htaccess(allowed) => allowed,
            _ => Some(line),
        };
        row(page, None, std::mem::take(&mut label), &text, place);
    }
    if applied.len() > SECTIONS {
        row(page, None, label, &format!("and {} more (use --all to show)", applied.len() - SECTIONS), None);
    }
}

fn access(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step], last: bool) {
    if !last {
        return;
    }
    let refused = matches!(told.outcome.access, Access::Denied | Access::AuthRequired);
    let counts = |step: &&Step| step.rule.is_some() && !step.lost();
    // the lines that say what came of it
    let ends = |step: &&Step| match step.detail {
        Detail::Allow | Detail::Deny => step.matched(),
        Detail::Require(Required::Line(..), Authorization::Granted) => !refused,
        Detail::Require(Required::Line(..), Authorization::Denied | Authorization::DeniedNoUser) => refused,
        _ => false,
    };
    let all = steps.iter().flat_map(|s| Step::walk(std::slice::from_ref(*s)));
    let mut lines: Vec<&Step> = all.filter(counts).filter(ends).collect();
    lines.reverse();
    lines.dedup_by_key(|step| step.rule);
    if lines.is_empty() {
        let words = match told.outcome.access {
            Access::Granted => "nothing restricts it".to_string(),
            Access::NotReached => return,
            access => access.as_str().replace('-', " "),
        };
        return row(page, None, "access", &words, None);
    }
    let mut label = "access";
    for step in lines.iter().take(3) {
        let Some(line) = step.rule else { continue };
        let text = format!("{}: {}", words::effect(step, page.sources()), directive_text(page.sources(), line));
        row(page, Some(told.mark_of(line)), std::mem::take(&mut label), &text, Some(line));
    }
}

fn handler(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step], last: bool) {
    let mut label = "handler";
    for step in steps {
        rules(page, told, step, &mut label);
    }
    if !last {
        return;
    }
    let o = told.outcome;
    if let Some(handler) = &o.handler {
        row(page, None, std::mem::take(&mut label), &clean(handler), None);
    }
    variables(page, o);
}

/// What the program finds of what lines set.
fn variables(page: &mut Page<'_>, o: &Outcome) {
    let Some(response) = o.response.as_deref() else { return };
    let mut label = "finds";
    // what a redirect passed on stands beside it
    let found = response.env.iter().flatten().filter(|(name, _)| !name.starts_with(b"REDIRECT_"));
    let set = found.filter_map(|(name, value)| {
        let (_, line) = response.env_lines.iter().find(|(n, _)| n == name)?;
        Some((name, value.as_ref(), *line))
    });
    let set: Vec<_> = set.collect();
    for (name, value, line) in set.iter().take(VARIABLES) {
        let label = format!("{:<10}", std::mem::take(&mut label));
        environment::variable(page, &label, name, *value, Some(*line));
    }
    if set.len() > VARIABLES {
        let more = set.len() - VARIABLES;
        row(page, None, label, &format!("and {more} more variables (use --environment to show)"), None);
    }
}
