//! Reasons that lie in content negotiation: variants of a file that are there, and of which none is sent.

use super::{Case, Cause, What};
use crate::filepath::basename;
use crate::outcome::step::{Detail, Judgement, Step, Variant};
use crate::phase::Phase;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// The header by which a client asks for a language.
pub(crate) const LANGUAGE: &str = "Accept-Language";

/// Adds those that hold.
pub(super) fn causes(case: &Case<'_>, found: &mut Vec<Cause>) {
    if case.logs(&["AH00687"]) {
        unusable(case, found);
    }
    if case.logs(&["AH00690"]) {
        unwanted(case, found);
    }
}

/// MultiViews found files, but none that a request would be answered with.
fn unusable(case: &Case<'_>, found: &mut Vec<Cause>) {
    let mut files: Vec<(BString, u16)> = Vec::new();
    let mut places: Vec<Span> = Vec::new();
    for step in case.walk() {
        let Detail::Subrequest(asked) = &step.detail else { continue };
        if asked.kind != "entry" {
            continue;
        }
        let file = (basename(&asked.what).to_owned(), asked.status);
        if !files.contains(&file) {
            files.push(file);
        }
        let within = || Step::walk(&step.children);
        if within().any(|s| matches!(s.judgement, Judgement::Ended(_))) {
            places.extend(within().filter(|s| s.matched() && s.phase == Phase::TranslateName).filter_map(|s| s.rule));
        }
    }
    places.extend(case.deciders(&["Options"]));
    places.dedup();
    let file = case.file().map(ToOwned::to_owned).unwrap_or_default();
    found.push(Cause { what: What::NoVariant { file, files }, places });
}

/// There are variants, but none that the client takes.
fn unwanted(case: &Case<'_>, found: &mut Vec<Cause>) {
    let mut variants: Vec<&Variant> = Vec::new();
    for step in case.walk() {
        if let Detail::Variant(variant) = &step.detail
            && !variants.iter().any(|v| v.name == variant.name)
        {
            variants.push(variant);
        }
    }
    let all = |zero: fn(&Variant) -> bool| !variants.is_empty() && variants.iter().all(|v| zero(v));
    let asked_by = if all(|v| v.language == 0.0) {
        LANGUAGE
    } else if all(|v| v.kind == 0.0) {
        "Accept"
    } else {
        "Accept-Encoding"
    };
    let mut places = Vec::new();
    if asked_by == LANGUAGE {
        let force = |name: &[u8]| name.eq_ignore_ascii_case(b"ForceLanguagePriority");
        places.extend(case.in_force(&force).last().map(|(_, line)| *line));
    }
    let value = case.ask.headers.get(asked_by).map(|value| value.as_bstr().to_owned()).unwrap_or_default();
    let names = variants.into_iter().map(|v| v.name.clone()).collect();
    found.push(Cause { what: What::NotAcceptable { asked_by, value, names }, places });
}
