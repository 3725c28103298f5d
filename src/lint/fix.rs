//! Making fixes: each is tried first, and one that calls itself safe is made only where nothing changes but the harm.

use super::Finding;
use crate::diagnostic::Severity;
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::search::compare::Comparison;
use crate::search::explore::{Purse, Stopped};
use crate::search::ground::is_refusal;
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::line;
use crate::search::shown::How;
use crate::search::space::Terms;
use crate::site::{Edit, Rewritten, Safety, Site};
use crate::source::directive_text;
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;
use std::sync::Arc;

/// How often what is left is looked at again.
const ROUNDS: usize = 20;

/// What became of fixes.
pub(crate) struct Fixed {
    /// The site with them.
    pub site: Site,
    pub texts: Rewritten,
    /// What was done: the rule, the place as it was, and the fix in words.
    pub done: Vec<(&'static str, String, String)>,
    /// What was not done, and why.
    pub left: Vec<(&'static str, String, String)>,
    /// The requests that showed what was mended.
    pub witnesses: Vec<Ask>,
}

/// Makes the fixes of what `judge` finds: those that are safe, or all. One is made after the other where they overlap, until
/// nothing is left to mend.
pub(crate) fn fix(site: &Site, all: bool, judge: &dyn Fn(&Site) -> Vec<Finding>, purse: &dyn Fn() -> Purse) -> Fixed {
    let mut fixed = Fixed {
        site: site.clone(),
        texts: Rewritten::default(),
        done: Vec::new(),
        left: Vec::new(),
        witnesses: Vec::new(),
    };
    let mut tried = HashSet::new();
    for _ in 0..ROUNDS {
        let (site, found) = (fixed.site.clone(), judge(&fixed.site));
        let mut edits: Vec<Edit> = Vec::new();
        for finding in &found {
            let Some(fix) = finding.fix.as_ref().filter(|fix| all || fix.safety == Safety::Safe) else { continue };
            let own = tidied(&site, &fix.edits);
            // what touches what is mended already is for the next round
            if own.iter().any(|new| edits.iter().any(|old| touch(old, new))) {
                continue;
            }
            let texts: Vec<String> = own.iter().map(|edit| edit.text.to_string()).collect();
            if !tried.insert((finding.rule, directive_text(site.sources(), finding.line), texts)) {
                continue;
            }
            let both = [edits.as_slice(), &own].concat();
            let named = (finding.rule, site.sources().place(finding.line));
            let judged = made(&site, &edits).zip(made(&site, &both));
            let judged = judged.ok_or_else(|| "its edits can't be made".to_string());
            let judged = judged.and_then(|(before, after)| match fix.safety {
                Safety::Safe => safe(finding, &site, &before, &after, &own, purse()),
                Safety::Unsafe => starts(&before, &after),
            });
            match judged {
                Ok(()) => {
                    fixed.done.push((named.0, named.1, fix.message.clone()));
                    fixed.witnesses.extend(finding.witness.iter().map(|(ask, _)| ask.clone()));
                    edits = both;
                }
                Err(why) => fixed.left.push((named.0, named.1, why)),
            }
        }
        let next = made(&site, &edits).filter(|_| !edits.is_empty());
        let Some(next) = next.filter(|_| fixed.texts.step(site.sources(), &edits).is_ok()) else { break };
        fixed.site = next;
    }
    fixed
}

fn made(site: &Site, edits: &[Edit]) -> Option<Site> {
    if edits.is_empty() { Some(site.clone()) } else { site.with(edits).ok() }
}

fn touch(a: &Edit, b: &Edit) -> bool {
    a.file == b.file && a.range.start <= b.range.end && b.range.start <= a.range.end
}

/// Whether httpd starts after as before.
fn starts(before: &Site, after: &Site) -> Result<(), String> {
    let known: Vec<&str> = before.diagnostics().iter().map(|d| d.message.as_str()).collect();
    let mut errors = after.diagnostics().iter().filter(|d| d.severity == Severity::Error);
    let new = errors.find(|d| after.errors() > before.errors() && !known.contains(&d.message.as_str()));
    let refused = after.start().err().filter(|_| before.start().is_ok());
    match new.or(refused.as_deref()) {
        Some(error) => Err(format!("httpd would refuse to start with it: {}", error.message)),
        None => Ok(()),
    }
}

/// Whether a fix changes nothing but what its finding is about.
fn safe(
    finding: &Finding,
    site: &Site,
    before: &Site,
    after: &Site,
    edits: &[Edit],
    purse: Purse,
) -> Result<(), String> {
    if edits.iter().any(|edit| takes_comment(site.sources(), edit)) {
        return Err("it would take a comment away".into());
    }
    starts(before, after)?;
    // what httpd stops at answers nothing: mended, it can't answer otherwise
    if after.errors() < before.errors()
        && before.diagnostics().iter().any(|d| d.severity == Severity::Error && d.span == finding.line)
    {
        return Ok(());
    }
    let (Ok(first), Ok(second)) = (before.start(), after.start()) else { return Ok(()) };
    let harm = Harm::of(finding, site.sources());
    let (sources, then) = (before.sources().clone(), after.sources().clone());
    let passed = move |ask: &Ask, before: &Outcome, after: &Outcome| {
        before.serves_as(after) || gives_nothing(before, after) || harm.covers(ask, before, after, [&sources, &then])
    };
    let sites = [before, after];
    let mut comparison = Comparison::new(sites, [first, second], false).passing(Arc::new(passed));
    comparison.search(sites, &Terms::default(), purse);
    if let Some(found) = comparison.differences().first() {
        let (request, was, is) =
            (line::command(&found.ask.spec()), line::answer(&found.before), line::answer(&found.after));
        return Err(format!("it would change more: {request} gives {was} now, and {is} then"));
    }
    match comparison.stopped {
        Some(Stopped::Time) => Err("it could not be tried in the time that there is (--timeout)".into()),
        _ => Ok(()),
    }
}

/// Whether a visitor gets nothing by either answer: of two refusals it is all the same which, and what TRACE, OPTIONS and
/// methods of nobody's get is no page.
fn gives_nothing(before: &Outcome, after: &Outcome) -> bool {
    let usual = [&b"GET"[..], b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH"].contains(&before.method.as_bytes());
    !usual || is_refusal(before) && is_refusal(after)
}

/// What a finding is about: the lines that it blames, and what the request of its witness gets.
struct Harm {
    lines: Vec<(String, String)>,
    witness: Option<Ask>,
    /// The file that it gets.
    file: Option<BString>,
    kind: Option<Sensitive>,
    kept_back: Vec<BString>,
}

impl Harm {
    fn of(finding: &Finding, sources: &SourceMap) -> Harm {
        let lines =
            finding.related.iter().map(|(span, _)| *span).chain([finding.line]).chain(rule_of(sources, finding.line));
        Harm {
            lines: lines.map(|span| named(sources, span)).collect(),
            witness: finding.witness.as_ref().map(|(ask, _)| ask.clone()),
            file: finding.witness.as_ref().and_then(|(_, outcome)| outcome.file.clone()),
            kept_back: finding.kept_back.clone(),
            kind: finding.witness.as_ref().and_then(|(_, outcome)| kind(outcome)),
        }
    }

    /// Whether a request whose answer changes is one that is answered wrongly: one that gets what is to be kept back; of
    /// files that are nobody's, one that gets such a file; else one for the same as that of the finding, or one whose answer a
    /// blamed line decides, or should.
    fn covers(&self, ask: &Ask, before: &Outcome, after: &Outcome, [now, then]: [&SourceMap; 2]) -> bool {
        if is_refusal(after) && before.file.as_ref().is_some_and(|file| self.kept_back.contains(file)) {
            return true;
        }
        match (&self.witness, self.kind) {
            (None, _) => false,
            (Some(witness), _) if witness == ask => true,
            (Some(_), Some(own)) => kind(before) == Some(own) || self.file == before.file,
            (Some(witness), None) => {
                let decided = before.decided_by.iter().map(|decision| decision.span);
                let same = witness.path == ask.path || self.file.is_some() && self.file == before.file;
                same || decided.filter(Span::is_some).any(|span| self.lines.contains(&named(now, span)))
                    || after.decided_by.iter().any(|d| d.span.is_some() && self.lines.contains(&named(then, d.span)))
            }
        }
    }
}

/// The rule that a condition is for.
fn rule_of(sources: &SourceMap, line: Span) -> Option<Span> {
    let file = sources.file(line.file);
    let named = |line: Span, name: &[u8]| file.directive_name(line).eq_ignore_ascii_case(name);
    let whole = |number: u32| {
        let (start, text) = (file.line_start(number), file.line(number));
        let indent = (text.len() - text.trim_start().len()) as u32;
        Span { line: number, start: start + indent, end: start + text.trim_end().len() as u32, ..line }
    };
    let mut below = (line.line + 1..=file.lines() as u32).map(whole);
    below.find(|line| named(*line, b"RewriteRule")).filter(|_| named(line, b"RewriteCond"))
}

fn kind(outcome: &Outcome) -> Option<Sensitive> {
    let file = outcome.file.as_ref().filter(|_| outcome.status == 200)?;
    sensitive(file, How::Static)
}

fn named(sources: &SourceMap, span: Span) -> (String, String) {
    (sources.file(span.file).name.clone(), directive_text(sources, span))
}

/// Whether an edit takes a line away that is a comment.
fn takes_comment(sources: &SourceMap, edit: &Edit) -> bool {
    let source = sources.file(edit.file);
    let (start, end) = (edit.range.start as usize, (edit.range.end as usize).min(source.text.len()));
    let comments = source.text.get(start..end).unwrap_or_default().lines().map(|line| line.trim());
    let kept: Vec<&[u8]> = edit.text.lines().map(|line| line.trim()).collect();
    comments.filter(|line| line.starts_with(b"#")).any(|line| !kept.contains(&line))
}

/// Edits that leave no empty line where a whole one goes.
pub(crate) fn tidied(site: &Site, edits: &[Edit]) -> Vec<Edit> {
    let sources = site.sources();
    let tidy = |edit: &Edit| {
        let source = sources.file(edit.file);
        let text = source.text.as_slice();
        let (start, end) = (edit.range.start as usize, edit.range.end as usize);
        if !edit.text.trim().is_empty() || start >= end || end > text.len() {
            return edit.clone();
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        let before = text[..start].iter().rev().take_while(|byte| blank(byte)).count();
        let behind = text[end..].iter().take_while(|byte| blank(byte)).count();
        let begins = start == before || text[start - before - 1] == b'\n';
        let ends = end + behind == text.len() || text[end + behind] == b'\n';
        if !(begins && ends) {
            return edit.clone();
        }
        let end = (end + behind + 1).min(text.len());
        Edit { range: (start - before) as u32..end as u32, text: "".into(), file: edit.file }
    };
    let tidy: Vec<Edit> = edits.iter().map(tidy).collect();
    if site.with(&tidy).is_ok() { tidy } else { edits.to_vec() }
}
