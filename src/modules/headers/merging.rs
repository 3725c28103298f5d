//! `Header merge`: whether a header has a token already. Where many lines add to the same header, its tokens are remembered
//! from line to line, so that each is not held against all before.

use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};

/// The tokens of headers, as lines of `merge` in a row left them.
#[derive(Default)]
pub(super) struct Merging(HashMap<BString, Tokens>);

#[derive(Default)]
struct Tokens {
    /// How long the value was that they were read from.
    length: usize,
    all: HashSet<BString>,
    /// Whether what is added at the end is a token beside them: no quote is open, and none is empty, which would hide it.
    open: bool,
}

impl Merging {
    /// Something else was done to headers: what was known of them may be wrong.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether the header `name`, which is `have`, has that token; if not, it is taken to be added.
    pub(super) fn has(&mut self, name: &[u8], have: &[u8], value: &[u8]) -> bool {
        let known = self.0.entry(name.to_ascii_lowercase().into()).or_default();
        if known.length != have.len() || !known.open {
            *known = Tokens::of(have);
        }
        let has = known.all.contains(value.as_bstr());
        if !has {
            known.add(value);
        }
        has
    }
}

impl Tokens {
    fn of(text: &[u8]) -> Tokens {
        let all: Vec<&[u8]> = tokens(text).collect();
        let open = !text.contains(&b'"') && all.len() == text.split(|b| *b == b',').count();
        Tokens { length: text.len(), all: all.into_iter().map(BString::from).collect(), open }
    }

    fn add(&mut self, value: &[u8]) {
        let token = value.trim_start();
        self.open &= !token.is_empty() && !value.iter().any(|b| b"\",".contains(b));
        self.length += b", ".len() + value.len();
        self.all.insert(token.into());
    }
}

/// The tokens between commas, quoted ones whole.
pub(super) fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?.trim_start();
        if text.is_empty() {
            return None;
        }
        let mut quoted = false;
        let end = text.iter().position(|b| {
            quoted ^= *b == b'"';
            *b == b',' && !quoted
        });
        rest = end.map(|e| &text[e + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_of_a_list() {
        let all = |v: &'static str| tokens(v.as_bytes()).map(BString::from).collect::<Vec<_>>();
        assert_eq!(all("a, b,\"c,d\""), ["a", "b", "\"c,d\""]);
        assert!(all("").is_empty());
    }

    proptest! {
        /// Remembered or read each time, a header has the same tokens.
        #[test]
        fn what_is_remembered_is_what_is_there(first in "[ab,\" ]{0,6}", values in proptest::collection::vec("[ab,\" ]{0,3}", 0..30)) {
            let mut merging = Merging::default();
            let mut have = first.into_bytes();
            for value in values.iter().map(String::as_bytes) {
                let there = tokens(&have).any(|t| t == value);
                prop_assert_eq!(merging.has(b"A", &have, value), there);
                if !there {
                    have.extend_from_slice(b", ");
                    have.extend_from_slice(value);
                }
            }
        }
    }
}
