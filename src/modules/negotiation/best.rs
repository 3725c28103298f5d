//! The choice among variants: `best_match` of mod_negotiation.c with its two ways to compare.

use super::State;
use super::variant::Variant;
use bstr::BString;
use std::cmp::Ordering;

/// What the request's environment says on the choice.
#[derive(Clone, Default)]
pub(super) struct Wishes {
    /// `prefer-language`
    pub language: Option<BString>,
    /// `no-gzip`: no encoded variant.
    pub no_encodings: bool,
    /// `gzip-only-text/html`: no encoded variant but HTML.
    pub encoded_html_only: bool,
}

impl Wishes {
    /// `discard_variant_by_env`
    fn discards(&self, variant: &Variant<'_>) -> bool {
        if variant.is_identity() || variant.encoding.as_ref().is_some_and(|e| e == "identity") {
            return false;
        }
        self.no_encodings || self.encoded_html_only && !variant.mime_type.starts_with(b"text/html")
    }
}

/// The best variant, if any suits, and whether it is to be served rather than a list of all.
pub(super) fn best_match(
    state: &mut State<'_>,
    variants: &mut [Variant<'_>],
    wishes: &Wishes,
    length: &mut dyn FnMut(&mut Variant<'_>) -> u64,
) -> (Option<usize>, bool) {
    let named = variants.iter().any(|v| !v.languages.is_empty());
    state.default_lang_quality = if named && !state.keep_headers { 0.0001 } else { 1.0 };
    let mut preferred = wishes.language.clone();
    let mut best_quality = 0.0f32;
    loop {
        let mut best: Option<usize> = None;
        for i in 0..variants.len() {
            let other_language = preferred.as_ref().is_some_and(|p| !variants[i].languages.contains(p));
            if wishes.discards(&variants[i]) || other_language {
                continue;
            }
            state.rate(&mut variants[i], preferred.is_some());
            if !state.may_choose {
                continue;
            }
            let better = if state.use_rvsa {
                better_rvsa(variants, i, best, &mut best_quality)
            } else {
                better(variants, i, best, &mut best_quality, length)
            };
            if better {
                best = Some(i);
            }
        }
        let definite = best.and_then(|b| variants.get(b)).is_some_and(|b| b.definite);
        let choice = if state.use_rvsa { definite && best_quality > 0.0 } else { best_quality > 0.0 };
        if preferred.is_some() && (best.is_none() || !choice) {
            preferred = None;
            continue;
        }
        return (best, choice);
    }
}

/// `is_variant_better_rvsa` (RFC 2296).
fn better_rvsa(variants: &[Variant<'_>], i: usize, best: Option<usize>, best_quality: &mut f32) -> bool {
    let v = &variants[i];
    if v.encoding_quality == 0.0 {
        return false;
    }
    let q = v.mime_type_quality * v.source_quality * v.charset_quality * v.lang_quality;
    let encoding = best.and_then(|b| variants.get(b)).map_or(0.0, |b| b.encoding_quality);
    if q <= 0.0 || q < *best_quality || q == *best_quality && v.encoding_quality <= encoding {
        return false;
    }
    *best_quality = q;
    true
}

/// `is_variant_better`: by type, language, level, charset, encoding and length, in this order.
fn better(
    variants: &mut [Variant<'_>],
    i: usize,
    best: Option<usize>,
    best_quality: &mut f32,
    length: &mut dyn FnMut(&mut Variant<'_>) -> u64,
) -> bool {
    let v = &variants[i];
    let qualities = [v.encoding_quality, v.lang_quality, v.source_quality, v.charset_quality, v.mime_type_quality];
    if qualities.contains(&0.0) {
        return false;
    }
    let q = v.mime_type_quality * v.source_quality;
    if q == 0.0 || q < *best_quality {
        return false;
    }
    let Some(best) = best.filter(|_| q <= *best_quality) else {
        *best_quality = q;
        return true;
    };
    let wins = match compare(v, &variants[best]) {
        Ordering::Equal => {
            let own = length(&mut variants[i]);
            own < length(&mut variants[best])
        }
        order => order == Ordering::Greater,
    };
    if wins {
        *best_quality = q;
    }
    wins
}

/// How a variant does against the best so far, by all but their lengths.
fn compare(v: &Variant<'_>, best: &Variant<'_>) -> Ordering {
    let quality = |a: f32, b: f32| a.partial_cmp(&b).unwrap_or(Ordering::Equal);
    let latin = |v: &Variant<'_>| v.charset.is_empty() || v.charset == "iso-8859-1";
    quality(v.lang_quality, best.lang_quality)
        .then_with(|| match (v.lang_index, best.lang_index) {
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
        .then_with(|| compare_levels(v, best))
        .then_with(|| quality(v.charset_quality, best.charset_quality))
        .then_with(|| if !latin(v) && latin(best) { Ordering::Greater } else { Ordering::Equal })
        .then_with(|| quality(v.encoding_quality, best.encoding_quality))
}

/// `level_cmp`: the highest level that the client asked for, else the lowest there is.
fn compare_levels(v: &Variant<'_>, best: &Variant<'_>) -> Ordering {
    if v.is_pseudo_html && !best.is_pseudo_html || !v.is_pseudo_html && v.mime_type != best.mime_type {
        return Ordering::Equal;
    }
    let order = |a: f32, b: f32| a.partial_cmp(&b).unwrap_or(Ordering::Equal);
    order(v.level_matched, best.level_matched).then_with(|| order(best.level, v.level))
}
