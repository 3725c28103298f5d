//! `ap_if_walk` (server/request.c): `<If>`, `<ElseIf>` and `<Else>`, then those nested in the ones that held.

use super::request::Request;
use super::section::{Kind, Section};
use super::walk_cache::{self, Walk, Walked};
use crate::outcome::Step;
use std::sync::Arc;

const DEPTH: usize = 64;

/// Merges the `<If>` sections that hold onto the request's settings.
pub fn run(r: &mut Request<'_>, phase: &'static str) {
    let Some(core) = r.per_dir.core.as_deref() else { return };
    walk(r, &core.sec_if, phase, 0);
}

fn walk<'a>(r: &mut Request<'a>, sections: &'a [Arc<Section>], phase: &'static str, depth: usize) {
    if sections.is_empty() || depth > DEPTH {
        return;
    }
    let mut merged = None;
    let mut previous = None;
    for section in sections {
        if section.kind != Kind::If && previous == Some(true) {
            continue;
        }
        if section.kind == Kind::Else {
            previous = None;
        } else {
            let held = super::expr_context::holds(r, section.condition.as_ref(), "AH00039");
            r.tell(|| Step { phase, span: Some(section.span), matched: held, ..Step::default() });
            previous = Some(held);
            if !held {
                continue;
            }
        }
        if !r.onto(&mut merged, &section.settings, section.span) {
            break;
        }
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
