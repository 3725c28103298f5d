//! What the rules about lines that never act have in common: another line takes all of their URLs.

use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::lines::{Urls, above, behind};
use crate::lint::{Finding, Rule};
use crate::search::ask::decoded;
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;
use std::collections::HashMap;

/// Findings of `lines` all of whose URLs are taken by one of `takers`, where they would have them in another order.
pub(super) fn out_of_order(rule: &Rule, facts: &Facts<'_>, lines: &[&str], takers: &[&str]) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    let places: HashMap<Span, usize> =
        facts.directives.iter().enumerate().filter(|(_, d)| is_named(d, takers)).map(|(n, d)| (d.span(), n)).collect();
    for (n, line) in facts.directives.iter().enumerate().filter(|(_, d)| is_named(d, lines)) {
        let Some(urls) = Urls::of(line) else { continue };
        let seen = seen(asked, line, &urls);
        let Some(first) = seen.first() else { continue };
        let mut others: Vec<usize> = first.met.iter().filter_map(|line| places.get(line).copied()).collect();
        others.sort_unstable();
        for (other, taker) in others.into_iter().filter_map(|n| Some((n, facts.directives.get(n)?))) {
            if taker.span() == line.span() || !takes(&seen, taker.span()) || taker.virtual_host() != line.virtual_host()
            {
                continue;
            }
            // of lines the first counts, of sections the last
            let edits = match (section(facts, line), section(facts, taker)) {
                (None, None) if other < n => above(facts.site, line, taker),
                (Some(own), Some(theirs)) if other > n => behind(facts.site, own, theirs),
                _ => None,
            };
            let Some(edits) = edits else { continue };
            let Some(moved) = asked.changed(&edits) else { continue };
            let same = |seen: &Seen| differ(&seen.outcome, &moved.ask(&seen.ask.request())).is_none();
            if seen.iter().any(same) {
                continue;
            }
            let (which, order) = if other < n { ("an earlier", "above") } else { ("a later", "behind") };
            let message = format!("this line is never used: {which} one takes its URLs");
            let finding = rule.seen(line.span(), message, first).related(taker.span(), "this one takes them");
            // whose line goes into another file, and under which name, is the author's to say
            let fix = moved_fix(asked, &urls, (line, taker), order, edits);
            found.push(Finding { fix, ..finding });
            break;
        }
    }
    found
}

/// What is answered to some of a line's URLs.
pub(super) fn seen(asked: &Asked<'_>, line: &Directive<'_>, urls: &Urls) -> Vec<Seen> {
    let Some(door) = asked.doors(line).next() else { return Vec::new() };
    urls.some(asked).iter().map(|url| asked.ask(door.ask(url))).collect()
}

/// Whether a line is applied to all of them.
pub(super) fn takes(seen: &[Seen], line: Span) -> bool {
    !seen.is_empty() && seen.iter().all(|seen| seen.met.contains(&line))
}

/// The Location section around a line.
pub(super) fn section<'f, 's>(facts: &'f Facts<'s>, line: &Directive<'s>) -> Option<&'f Directive<'s>> {
    let around = line.sections().iter().rev().find(|s| s.name.to_ascii_lowercase().starts_with(b"location"))?;
    facts.directives.iter().find(|d| d.span() == around.span)
}

/// The fix that puts a line `order` the one that takes its URLs. Whose line goes into another file, and under which name, is
/// the author's to say.
pub(super) fn moved_fix(
    asked: &Asked<'_>,
    urls: &Urls,
    (line, taker): (&Directive<'_>, &Directive<'_>),
    order: &str,
    edits: Vec<Edit>,
) -> Option<Fix> {
    (taker.span().file == line.span().file).then(|| {
        let safety = safety(asked, urls, taker, &edits);
        Fix { message: format!("put it {order} that one"), safety, edits }
    })
}

/// Whether the other order changes the answers to the line's own URLs only.
fn safety(asked: &Asked<'_>, urls: &Urls, taker: &Directive<'_>, edits: &[Edit]) -> Safety {
    let (Urls::Prefix(own), Some(Urls::Prefix(other))) = (urls, Urls::of(taker)) else { return Safety::Unsafe };
    let (own, other) = (own.trim_end_with(|c| c == '/'), other.trim_end_with(|c| c == '/'));
    let Some(moved) = asked.changed(edits).filter(|_| own.len() > other.len()) else { return Safety::Unsafe };
    let elsewhere = asked.pool.iter().filter(|seen| !decoded(&seen.ask.path).starts_with(own));
    let mut elsewhere = elsewhere.take(400);
    match elsewhere.all(|seen| differ(&seen.outcome, &moved.ask(&seen.ask.request())).is_none()) {
        true => Safety::Safe,
        false => Safety::Unsafe,
    }
}
