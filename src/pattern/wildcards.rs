//! Many wildcards asked at once, by `globset` where it provably means what [`fnmatch`] does.

use std::fmt;

use bstr::{BStr, BString, ByteSlice};
use globset::{Candidate, Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::fnmatch::{FnmatchFlags, PATHNAME, c_str, fnmatch};

/// A list of wildcards, read with the same flags.
pub struct Wildcards {
    patterns: Vec<BString>,
    flags: FnmatchFlags,
    set: GlobSet,
    /// For each glob of the set, its pattern.
    globbed: Vec<usize>,
    /// The patterns that no glob says.
    others: Vec<usize>,
}

impl Wildcards {
    /// Takes the patterns in their order.
    pub fn new<P: AsRef<[u8]>>(patterns: impl IntoIterator<Item = P>, flags: FnmatchFlags) -> Wildcards {
        let patterns: Vec<BString> = patterns.into_iter().map(|pattern| pattern.as_ref().into()).collect();
        let globs: Vec<_> = patterns.iter().map(|pattern| glob(pattern, flags)).collect();
        let mut builder = GlobSetBuilder::new();
        for glob in globs.iter().flatten() {
            builder.add(glob.clone());
        }
        let (set, globbed) = match builder.build() {
            Ok(set) => (set, (0..globs.len()).filter(|&i| globs.get(i).is_some_and(Option::is_some)).collect()),
            // too large together
            Err(_) => (GlobSet::empty(), Vec::new()),
        };
        let others = (0..globs.len()).filter(|i| !globbed.contains(i)).collect();
        Wildcards { patterns, flags, set, globbed, others }
    }

    /// The places of the patterns that match `string`, in order.
    pub fn matches(&self, string: &[u8]) -> Vec<usize> {
        let string = c_str(string);
        if string.ends_with(b"..") {
            // globset knows no file name there
            return (0..self.patterns.len()).filter(|&i| fnmatch(self.get(i), string, self.flags)).collect();
        }
        let globs = self.set.matches_candidate(&Candidate::from_bytes(string));
        let globs = globs.into_iter().filter_map(|i| self.globbed.get(i).copied());
        let others = self.others.iter().copied();
        let mut found: Vec<usize> = globs.chain(others.filter(|&i| fnmatch(self.get(i), string, self.flags))).collect();
        found.sort_unstable();
        found
    }

    /// The pattern at place `i`, empty if there is none.
    fn get(&self, i: usize) -> &BStr {
        self.patterns.get(i).map(|pattern| pattern.as_bstr()).unwrap_or_default()
    }
}

impl fmt::Debug for Wildcards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wildcards").field("patterns", &self.patterns).field("flags", &self.flags).finish()
    }
}

/// The glob that says the same as `pattern`, for those of ASCII, `*`, `?` and escapes.
fn glob(pattern: &[u8], flags: FnmatchFlags) -> Option<Glob> {
    let slash = flags == PATHNAME;
    if !(slash || flags == FnmatchFlags::NONE) || std::path::MAIN_SEPARATOR != '/' {
        return None;
    }
    let mut text = String::new();
    let mut rest = c_str(pattern).iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'?' => text.push('?'),
            // a second star adds nothing here, but would to a glob
            b'*' if text.ends_with('*') => {}
            b'*' => text.push('*'),
            b'\\' => literal(rest.next()?, &mut text)?,
            b'[' => return None,
            _ => literal(byte, &mut text)?,
        }
    }
    GlobBuilder::new(&text).literal_separator(slash).backslash_escape(false).build().ok()
}

fn literal(byte: u8, text: &mut String) -> Option<()> {
    match byte {
        b'*' | b'?' | b'[' | b'{' | b'}' => text.extend(['[', char::from(byte), ']']),
        b'\\' => return None,
        _ if byte.is_ascii() => text.push(char::from(byte)),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn bytes(of: &'static [u8]) -> impl Strategy<Value = BString> {
        vec(proptest::sample::select(of), 0..8).prop_map(BString::from)
    }

    proptest! {
        #[test]
        fn all_at_once_is_one_by_one(
            patterns in vec(bytes(b"ab./.**??\\{},![]-"), 0..6),
            strings in vec(bytes(b"abab..//*{},![]\\\xff\n"), 1..6),
            pathname in any::<bool>(),
        ) {
            let flags = if pathname { PATHNAME } else { FnmatchFlags::NONE };
            let set = Wildcards::new(&patterns, flags);
            for string in strings {
                let expected: Vec<_> = (0..patterns.len()).filter(|&i| fnmatch(&patterns[i], &string, flags)).collect();
                prop_assert_eq!(set.matches(&string), expected);
            }
        }
    }
}
