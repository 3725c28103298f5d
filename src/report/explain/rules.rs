//! `explain --rules`: the rewrite rules line by line, as they stand in their file, each with what became of it; once for
//! each pass.

use super::page::Page;
use crate::outcome::step::{By, Detail, Step, Then};
use crate::reason::{self, Case};
use crate::report::Explained;
use crate::report::paint::{Paint, Tone, clean};
use crate::report::words;
use crate::source::Span;
use std::collections::HashMap;

/// How many passes are told, and how many where they are without end.
const PASSES: usize = 12;
const PASSES_OF_LOOP: usize = 2;

/// The page.
pub(crate) fn rules(explained: &Explained<'_>, paint: Paint) -> String {
    let case = &explained.case;
    let mut page = Page::new(case.sources, paint);
    page.text.push_str(&super::verdict(case.outcome, paint));
    page.text.push('\n');
    let passes: Vec<&Step> = Step::walk(case.steps).filter(|step| is_pass(step)).collect();
    let most = if case.is_loop() { PASSES_OF_LOOP } else { PASSES };
    let mut file = None;
    for (number, pass) in passes.iter().take(most).enumerate() {
        let lines = lines(case, pass);
        let Some(first) = lines.first() else { continue };
        if file != Some(first.span.file) {
            heading(&mut page, case, first.span);
            file = Some(first.span.file);
        }
        let subject = pass.children.iter().find_map(|c| match &c.detail {
            Detail::RewriteRule(rule) => Some(clean(&rule.subject)),
            _ => None,
        });
        page.gap();
        page.note(Tone::Head, &format!("pass {}, matching `{}`", number + 1, subject.unwrap_or_default()));
        told(&mut page, case, pass, &lines);
    }
    if passes.len() > most {
        page.gap();
        let kind = if case.is_loop() { " of this kind" } else { "" };
        page.note(Tone::Dim, &format!("and {} more passes{kind}", passes.len() - most));
    }
    if passes.is_empty() {
        page.gap();
        page.note(Tone::Plain, "no rewrite rule was tried");
    }
    for near in explained.near() {
        let off = matches!(
            near.miss,
            reason::Miss::EngineOff
                | reason::Miss::Dropped { .. }
                | reason::Miss::NotInherited
                | reason::Miss::Unread { .. }
        );
        if let (true, Some(line)) = (off, near.places.first()) {
            page.gap();
            page.directive(super::page::Mark::Lost, 0, *line);
            page.prose(0, Tone::Plain, &crate::report::causes::near(near, case));
        }
    }
    page.text
}

/// Whether a step is a list of rules that is gone through.
fn is_pass(step: &Step) -> bool {
    let is_rule = |c: &Step| matches!(c.detail, Detail::RewriteRule(_));
    step.by == By::Module("mod_rewrite.c") && step.rule.is_none() && step.children.iter().any(is_rule)
}

fn heading(page: &mut Page<'_>, case: &Case<'_>, line: Span) {
    let file = case.sources.file(line.file);
    let read = Step::walk(case.steps).find_map(|step| match (&step.detail, step.rule) {
        (Detail::Htaccess(Some(by)), Some(text)) if text.file == line.file => Some(*by),
        _ => None,
    });
    let why = match read {
        Some(by) => format!("read because of {} ({})", case.sources.text(by), case.sources.place(by)),
        None => String::new(),
    };
    page.heading(&clean(file.shown()), &why, Tone::Dim, "");
}

/// The lines of mod_rewrite that stand beside the rules of a pass.
fn lines(case: &Case<'_>, pass: &Step) -> Vec<reason::TextLine> {
    let Some(first) = pass.children.iter().find_map(|c| c.rule) else { return Vec::new() };
    let is_rewrite = |line: &reason::TextLine| line.name.starts_with(b"rewrite");
    let of_file = case.htaccess_lines(first.file);
    match case.section_of(first) {
        None if of_file.iter().any(|l| l.span.line == first.line) => of_file.into_iter().filter(is_rewrite).collect(),
        section => case.lines_in(section).into_iter().filter(is_rewrite).collect(),
    }
}

fn told(page: &mut Page<'_>, case: &Case<'_>, pass: &Step, lines: &[reason::TextLine]) {
    let mut steps: HashMap<u32, &Step> = HashMap::new();
    for step in Step::walk(std::slice::from_ref(pass)) {
        if let Some(line) = step.rule {
            steps.entry(line.line).or_insert(step);
        }
    }
    let width = lines.iter().map(|l| l.span.line.to_string().len()).max().unwrap_or(1);
    for line in lines {
        let nested = if line.name == "rewritecond" { "  " } else { "" };
        let text = format!("{:>width$}  {nested}{}", line.span.line, clean(case.sources.text(line.span)));
        let step = steps.get(&line.span.line).copied();
        let is_rule = line.name == "rewriterule" || line.name == "rewritecond";
        let (mark, tone) = match step {
            Some(step) if is_rule => mark(step),
            None if is_rule => ("not reached", Tone::Dim),
            _ => ("", Tone::Plain),
        };
        page.source_line(super::page::Mark::Plain, 0, &text, mark);
        if let Some(said) = step.map(|step| said(step, case)).filter(|said| !said.is_empty()) {
            page.prose(2, tone, &said);
        }
    }
}

/// What became of a rule or condition, in a word or two.
fn mark(step: &Step) -> (&'static str, Tone) {
    match &step.detail {
        Detail::RewriteCond(_) if step.matched() => ("holds", Tone::Good),
        Detail::RewriteCond(_) => ("does not hold", Tone::Bad),
        Detail::RewriteRule(rule) if step.matched() && rule.then != Then::GoOn => {
            ("matched, the pass ends", Tone::Good)
        }
        Detail::RewriteRule(_) if step.matched() => ("matched", Tone::Good),
        Detail::RewriteRule(rule) if rule.held_back => ("condition false", Tone::Dim),
        _ => ("no match", Tone::Dim),
    }
}

fn said(step: &Step, case: &Case<'_>) -> String {
    match &step.detail {
        Detail::RewriteCond(_) => words::why(step, case.sources),
        Detail::RewriteRule(_) if step.matched() => words::effect(step, case.sources),
        _ => String::new(),
    }
}
