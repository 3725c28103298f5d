//! How well a variant suits the client: what `set_accept_quality`, `set_language_quality`, `set_charset_quality` and
//! `set_encoding_quality` of mod_negotiation.c find.

use super::accept::{INCLUDES, INCLUDES3, Item};
use super::variant::Variant;
use super::{State, force};
use bstr::BString;

impl State<'_> {
    /// All qualities of a variant; a preferred language is as good as any.
    pub(crate) fn rate(&self, variant: &mut Variant<'_>, prefers_language: bool) {
        self.rate_type(variant);
        if prefers_language {
            variant.lang_quality = 1.0;
            variant.definite = true;
        } else {
            self.rate_language(variant);
        }
        self.rate_encoding(variant);
        self.rate_charset(variant);
    }

    fn rate_type(&self, variant: &mut Variant<'_>) {
        let (mut q, mut definite) = (0.0, true);
        for item in &self.accepts {
            let before = variant.mime_stars;
            if !type_matches(item, variant) || before == variant.mime_stars {
                continue;
            }
            // a client that gives no qualities at all means what it names, not what its wildcards let in
            let fiddle = !self.keep_headers && !self.accept_q;
            q = match variant.mime_stars {
                1 if fiddle => 0.01,
                2 if fiddle => 0.02,
                _ => item.quality,
            };
            definite = variant.mime_stars == 3;
        }
        variant.mime_type_quality = q;
        variant.definite = variant.definite && definite;
    }

    fn rate_language(&self, variant: &mut Variant<'_>) {
        if variant.languages.is_empty() {
            if !self.keep_headers {
                variant.lang_quality = self.default_lang_quality;
            }
            return;
        }
        match &self.langs {
            None => variant.definite = false,
            Some(accepted) => self.match_languages(variant, accepted),
        }
        let wanted = if self.force == 0 { force::PREFER } else { self.force };
        let prefer = wanted & force::PREFER != 0;
        let fallback = wanted & force::FALLBACK != 0;
        if !(prefer && variant.lang_index.is_none() || fallback && variant.lang_quality == 0.0) {
            return;
        }
        let Some(best) = variant.languages.iter().filter_map(|l| self.priority_of(l)).min() else { return };
        if variant.lang_quality != 0.0 {
            if prefer {
                variant.lang_index = Some(best);
            }
        } else if fallback {
            variant.lang_index = Some(best);
            variant.lang_quality = 0.0001;
            variant.definite = false;
        }
    }

    /// The place of a language in LanguagePriority: `find_lang_index`.
    fn priority_of(&self, language: &BString) -> Option<usize> {
        let begins = |p: &&BString| language.get(..p.len()).is_some_and(|l| l.eq_ignore_ascii_case(p));
        self.priority.iter().position(begins)
    }

    fn match_languages(&self, variant: &mut Variant<'_>, accepted: &[Item]) {
        let (mut best, mut star): (Option<&Item>, Option<&Item>) = (None, None);
        let (mut fiddle, mut any_on_star) = (0.0, false);
        for language in &variant.languages {
            let (mut this, mut longest): (Option<&Item>, usize) = (None, 0);
            for item in accepted {
                if item.name == "*" {
                    star = star.or(Some(item));
                    continue;
                }
                let n = item.name.len();
                let matched = language.starts_with(&item.name) && matches!(language.get(n), None | Some(b'-'));
                if matched && n > longest {
                    longest = n;
                    this = Some(item);
                }
                // en-US lets in en and en-GB, if nothing better is there
                if this.is_none()
                    && !self.keep_headers
                    && let Some(dash) = item.name.iter().position(|b| *b == b'-')
                    && language.starts_with(&item.name[..dash])
                {
                    fiddle = 0.001;
                }
            }
            if best.is_none() || this.is_some_and(|t| best.is_some_and(|b| t.quality > b.quality)) {
                best = this;
            }
            any_on_star |= this.is_none() && star.is_some();
        }
        if any_on_star && star.is_some_and(|s| best.is_none_or(|b| s.quality > b.quality)) {
            best = star;
            variant.definite = false;
        }
        variant.lang_quality = best.map_or(fiddle, |b| b.quality);
    }

    fn rate_charset(&self, variant: &mut Variant<'_>) {
        let Some(accepted) = &self.charsets else {
            variant.definite &= variant.charset.is_empty();
            return;
        };
        let mut charset = variant.charset.clone();
        if charset.is_empty() {
            let text = variant.mime_type.starts_with(b"text/");
            if !text || self.keep_headers {
                return;
            }
            charset = "iso-8859-1".into();
        }
        if let Some(item) = accepted.iter().find(|i| i.name == charset) {
            variant.charset_quality = item.quality;
        } else if let Some(star) = accepted.iter().rfind(|i| i.name == "*") {
            variant.charset_quality = star.quality;
            variant.definite = false;
        } else {
            variant.charset_quality = if charset == "iso-8859-1" { 1.0 } else { 0.0 };
        }
    }

    fn rate_encoding(&self, variant: &mut Variant<'_>) {
        let identity = variant.is_identity();
        let Some(accepted) = &self.encodings else {
            variant.encoding_quality = if identity { 1.0 } else { 0.5 };
            return;
        };
        let encoding = match &variant.encoding {
            Some(e) if !identity => e.clone(),
            _ => "identity".into(),
        };
        let plain = |name: &BString| BString::from(name.strip_prefix(b"x-").unwrap_or(name));
        let wanted = plain(&encoding);
        variant.encoding_quality = if let Some(item) = accepted.iter().find(|i| plain(&i.name) == wanted) {
            item.quality
        } else if let Some(star) = accepted.iter().rfind(|i| plain(&i.name) == "*") {
            star.quality
        } else if identity {
            0.0001
        } else {
            0.0
        };
    }
}

/// `mime_match`: whether a type lets a variant in. How narrow it is stays with the variant.
fn type_matches(item: &Item, variant: &mut Variant<'_>) -> bool {
    let name = item.name.as_slice();
    let kind = variant.mime_type.as_slice();
    if name == b"*" || name == b"*/*" {
        variant.mime_stars = variant.mime_stars.max(1);
        return true;
    }
    if let Some(family) = name.strip_suffix(b"/*")
        && !family.is_empty()
        && kind.strip_prefix(family).is_some_and(|rest| rest.starts_with(b"/"))
    {
        variant.mime_stars = variant.mime_stars.max(2);
        return true;
    }
    let includes = kind == INCLUDES.as_bytes() || kind == INCLUDES3.as_bytes();
    if (name == kind || name == b"text/html" && includes) && item.level >= variant.level {
        variant.level_matched = variant.level;
        variant.mime_stars = 3;
        return true;
    }
    false
}
