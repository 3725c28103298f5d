//! `ap_if_walk` (server/request.c): `<If>`, `<ElseIf>` and `<Else>`, then those nested in the ones that held.

use super::request::Request;
use super::section::{Kind, Section};
use super::walk_cache::{self, Walk, Walked};
use crate::limits;
use crate::outcome::step::{By, Judgement, Step};
use crate::phase::Phase;
use std::sync::Arc;

/// Merges the `<If>` sections that hold onto the request's settings.
#[inline]
pub(crate) fn run(r: &mut Request<'_>, phase: Phase) {
    if let Some(core) = r.per_dir.core.as_deref().filter(|core| !core.sec_if.is_empty()) {
        walk(r, &core.sec_if, phase, 0);
    }
}

fn walk<'a>(r: &mut Request<'a>, sections: &'a [Arc<Section>], phase: Phase, depth: usize) {
    if depth > limits::IF_DEPTH {
        return;
    }
    let mut merged = None;
    let mut previous = None;
    for section in sections {
        if section.kind != Kind::If && previous == Some(true) {
            continue;
        }
        if section.kind == Kind::Else {
            r.tell(|| Step::new(phase, By::Core, Some(section.span), Judgement::Matched));
            previous = None;
        } else {
            let held = super::expr_context::holds(r, section.condition.as_ref(), "AH00039");
            r.engine.budget.name(section.span);
            r.tell(|| Step::new(phase, By::Core, Some(section.span), Judgement::of(held)));
            previous = Some(held);
            if !held {
                continue;
            }
        }
        merged = Some(r.engine.with_section(merged, section));
    }
    let walked = Walked {
        walk: Walk::If,
        key: None,
        key_after: None,
        tested: 0,
        merged: merged.map_or(0, |m| m.id),
        found: walk_cache::Found::default(),
        may_be_familiar: false,
    };
    walk_cache::settle(r, walked);
    if let Some(m) = merged {
        r.merge(m);
        if let Some(core) = m.core.as_deref() {
            walk(r, &core.sec_if, phase, depth + 1);
        }
    }
}
