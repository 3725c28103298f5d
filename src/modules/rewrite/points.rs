//! The lines of a list that may have made a difference to it: rules that apply, conditions that keep one from applying or
//! let it, and how things stood before each.

use super::condition::{self, Conds};
use super::expand::Context;
use super::list::{Applied, Pass};
use super::settings::{Entry, Rule};
use super::weigh::Saved;
use crate::limits;
use crate::server::index::Indexed;
use crate::server::request::Request;
use crate::source::Span;
use smallvec::SmallVec;
use std::rc::Rc;

/// A line of a list that is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gone {
    /// A rule (its number); its conditions are left to the next one.
    Rule(usize),
    /// A rule's condition (the numbers of both).
    Cond(usize, usize),
}

impl Gone {
    /// A line by its place.
    pub(super) fn of(line: Span, rules: &Indexed<Entry>) -> Option<Gone> {
        rules.iter().enumerate().find_map(|(index, entry)| match entry.rule.span == line {
            true => Some(Gone::Rule(index)),
            false => entry.rule.conds.iter().position(|c| c.span == line).map(|cond| Gone::Cond(index, cond)),
        })
    }

    /// The rule.
    pub(super) fn index(self) -> usize {
        match self {
            Gone::Rule(index) | Gone::Cond(index, _) => index,
        }
    }
}

/// A line that may have made a difference, and how things stood before its rule.
pub(super) struct Point {
    /// What is taken out.
    pub gone: Gone,
    /// In which round it was met.
    pub round: i32,
    /// What the list had come to.
    pub applied: Applied,
    /// None as long as nothing has changed since.
    pub saved: Option<Rc<Saved>>,
}

/// The lines of a list that may have made a difference.
#[derive(Default)]
pub(super) struct Points {
    /// In the order met.
    pub list: Vec<Point>,
    conditions: usize,
}

impl Points {
    /// Whether a line is still to be noted.
    fn is_new(&self, gone: Gone) -> bool {
        let has_room = match gone {
            Gone::Rule(_) => self.list.len() - self.conditions < limits::RULES_WEIGHED,
            Gone::Cond(..) => self.conditions < limits::CONDITIONS_WEIGHED,
        };
        has_room && self.list.iter().all(|p| p.gone != gone)
    }

    fn note(&mut self, pass: &Pass<'_>, gone: Gone, saved: Option<Rc<Saved>>) {
        self.conditions += usize::from(matches!(gone, Gone::Cond(..)));
        self.list.push(Point { gone, round: pass.round, applied: pass.applied.clone(), saved });
    }

    /// The rule at `index` applies, and has not changed anything yet. `neighbour` is the rule before it, whose conditions
    /// kept that one from applying.
    pub(super) fn applies(
        &mut self,
        r: &mut Request<'_>,
        ctx: &mut Context<'_>,
        pass: &Pass<'_>,
        index: usize,
        neighbour: Option<usize>,
    ) {
        let is_weighed = |i: &usize| self.is_new(Gone::Rule(*i)) && !leaves_no_trace(pass, *i);
        let rules = neighbour.into_iter().chain([index]).filter(is_weighed).map(Gone::Rule);
        let conditions = pass.rules.get(index).filter(|e| e.rule.joins).map(|e| &*e.rule);
        let mut lines: SmallVec<[Gone; 4]> = rules.collect();
        if let Some(rule) = conditions {
            lines.extend(self.new_conditions(index, upholding(r, ctx, rule)));
        }
        let is_pending = self.list.last().is_some_and(|p| p.saved.is_none());
        // a copy makes the changes after it dearer
        if lines.is_empty() && !is_pending {
            return;
        }
        let saved = Rc::new(Saved::of(r));
        self.settle(&saved);
        for gone in lines {
            self.note(pass, gone, Some(saved.clone()));
        }
    }

    /// The condition numbered `at` kept the rule at `index` from applying.
    pub(super) fn held_back(
        &mut self,
        r: &mut Request<'_>,
        ctx: &mut Context<'_>,
        pass: &Pass<'_>,
        index: usize,
        at: usize,
    ) {
        let Some(entry) = pass.rules.get(index) else { return };
        let conditions = holding_back(r, ctx, &entry.rule, at);
        let lines: SmallVec<[Gone; 4]> = self.new_conditions(index, conditions).collect();
        for gone in lines {
            self.note(pass, gone, None);
        }
    }

    fn new_conditions(&self, index: usize, conditions: Conditions) -> impl Iterator<Item = Gone> {
        conditions.into_iter().map(move |cond| Gone::Cond(index, cond)).filter(|gone| self.is_new(*gone))
    }

    /// How things stand now: as they did before the last rules that were held back.
    pub(super) fn settle(&mut self, saved: &Rc<Saved>) {
        let pending = self.list.iter_mut().rev().take_while(|p| p.saved.is_none());
        pending.for_each(|p| p.saved = Some(saved.clone()));
    }
}

/// Numbers of conditions of a rule.
type Conditions = SmallVec<[usize; 4]>;

/// The conditions of a rule that was held back by the one numbered `at`, without each of which it would apply.
fn holding_back(r: &mut Request<'_>, ctx: &mut Context<'_>, rule: &Rule, at: usize) -> Conditions {
    // where all must hold, those before it do
    let from = if rule.joins { 0 } else { at };
    let reads = rule.conds.iter().any(|c| c.input.reads_condition());
    let mut found = Conditions::new();
    suppose(r, rule.span, |r| {
        for i in (0..=at).rev().take(limits::CONDITIONS_WEIGHED) {
            // the last of those that are joined by OR, taken out, joins them to the next one
            let ends_row = || rule.is_joined(i) && !rule.conds[i].or_next;
            if i == at || ends_row() || reads && rule.conds[i].catches() {
                ctx.cond.clear();
                let conds = Conds { carried: &[], own: &rule.conds, without: Some(i) };
                if condition::failing(r, ctx, conds, from).is_none() {
                    found.push(i);
                }
            }
            if !rule.joins {
                break;
            }
        }
    });
    found
}

/// The conditions of a rule that applies, without each of which it may be held back, or find something else in `%N`.
fn upholding(r: &mut Request<'_>, ctx: &mut Context<'_>, rule: &Rule) -> Conditions {
    let reads = rule.reads_condition() || rule.conds.iter().any(|c| c.input.reads_condition());
    let (filled, stands) = (ctx.cond.clone(), std::mem::take(&mut ctx.stands));
    let mut found = Conditions::new();
    suppose(r, rule.span, |r| {
        for &i in stands.iter().take(limits::CONDITIONS_WEIGHED) {
            ctx.cond.clear();
            let conds = Conds { carried: &[], own: &rule.conds, without: Some(i) };
            if condition::failing(r, ctx, conds, 0).is_some() {
                found.push(i);
            }
        }
    });
    ctx.cond = filled;
    let catching = rule.conds.iter().take(limits::CONDITIONS_WEIGHED).enumerate().filter(|(_, c)| reads && c.catches());
    for (i, _) in catching {
        if !found.contains(&i) {
            found.push(i);
        }
    }
    found
}

/// Finds out what would be; what it says is said to nobody.
pub(super) fn suppose(r: &mut Request<'_>, line: Span, run: impl FnOnce(&mut Request<'_>)) {
    let (logged, doubts, engine) = (r.log.len(), r.caveats.len(), r.engine);
    engine.suppose(line, || run(r));
    r.log.truncate(logged);
    r.caveats.truncate(doubts);
}

/// Whether a rule sets variables that nobody in the list reads, and does nothing else: without it all comes to the same.
pub(super) fn leaves_no_trace(pass: &Pass<'_>, index: usize) -> bool {
    pass.rules.get(index).is_some_and(|entry| entry.rule.only_sets_environment())
        && !*pass.reads_env.get_or_init(|| pass.rules.iter().any(|entry| entry.rule.reads_env))
}
