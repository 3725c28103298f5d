//! Regular expressions as httpd compiles and runs them (`server/util_pcre.c`: `ap_regcomp`, `ap_regexec`).

use std::fmt;
use std::sync::Arc;

use bstr::{BStr, BString, ByteSlice, Finder};
use smallvec::SmallVec;

use super::braces;
#[cfg(not(feature = "pcre2"))]
use super::fancy::Engine;
use super::fnmatch::c_str;
#[cfg(feature = "pcre2")]
use super::native::Engine;
use super::simple::Simple;
use super::steps::Steps;
use super::stepwise::Stepwise;

/// How a pattern is compiled, as departures from httpd's defaults (`AP_REG_*`, `RegexDefaultOptions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flags {
    /// ASCII letters match in either case.
    pub icase: bool,
    /// A dot does not match a line feed.
    pub no_dotall: bool,
    /// `$` matches before a line feed at the end, too.
    pub no_dollar_endonly: bool,
    /// `^` and `$` match at line feeds, too (`AP_REG_NEWLINE`).
    pub multiline: bool,
    /// `AP_REG_EXTENDED`: a bit of value 0 in httpd, so it changes nothing. (`RegexDefaultOptions` takes its name for
    /// unknown.)
    pub extended: bool,
}

impl Flags {
    /// httpd's defaults.
    pub(crate) const NONE: Flags =
        Flags { icase: false, no_dotall: false, no_dollar_endonly: false, multiline: false, extended: false };

    /// These flags and those that RegexDefaultOptions adds to each pattern.
    pub(crate) fn with(self, defaults: Flags) -> Flags {
        Flags { icase: self.icase || defaults.icase, multiline: self.multiline, extended: self.extended, ..defaults }
    }
}

/// Why a pattern does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RegexError {
    /// What is wrong, in the engine's words.
    pub message: String,
    /// The place in the pattern, in bytes.
    pub offset: usize,
}

impl fmt::Display for RegexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at offset {}", self.message, self.offset)
    }
}

impl std::error::Error for RegexError {}

/// Why a search was given up; it counts as no match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// PCRE2 ended in an error, as it does in httpd, which takes that for no match.
    AsHttpd,
    /// It took more steps, or more memory, than one search may take here.
    Pattern,
    /// It took more steps than were left.
    Request,
}

impl fmt::Display for GivenUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the search was given up")
    }
}

impl std::error::Error for GivenUp {}

/// Start and end of each group; `None` for one that took no part.
pub(super) type Slots = SmallVec<[Option<(usize, usize)>; 4]>;

/// Where the groups of a pattern matched; meant to be used again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Captures {
    slots: Slots,
}

impl Captures {
    /// Start and end of group `i` in the subject; `None` if it took no part or isn't there. Group 0 is the match.
    pub(crate) fn get(&self, i: usize) -> Option<(usize, usize)> {
        self.slots.get(i).copied().flatten()
    }

    /// All groups, group 0 first.
    pub(crate) fn groups(&self) -> &[Option<(usize, usize)>] {
        &self.slots
    }

    /// Forgets all groups.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }
}

/// A compiled regular expression; cheap to clone.
///
/// What is so plain that no engine is needed is matched without one. PCRE2 compiles every other pattern, and so decides
/// what is an error; it also matches, but for what the `regex` crate is known to answer in the same way.
#[derive(Clone)]
pub(crate) struct Regex(Arc<Inner>);

struct Inner {
    pattern: BString,
    flags: Flags,
    beginning: Vec<u8>,
    /// What every subject that matches has within it, where that tells more than how it begins.
    within: Option<Finder<'static>>,
    matcher: Matcher,
}

enum Matcher {
    Simple(Simple),
    Stepwise(Stepwise),
    Engine(Engine),
}

impl Regex {
    /// Compiles `pattern`, which ends at its first NUL as a C string does.
    ///
    /// # Errors
    /// As PCRE2 words them; without the feature `pcre2`, also what its stand-in cannot do.
    pub(crate) fn new(pattern: &[u8], flags: Flags) -> Result<Regex, RegexError> {
        let pattern = c_str(pattern);
        let (text, inserted) = braces::escaped(pattern);
        let simple = || Simple::new(&text, flags).map(Matcher::Simple);
        let stepwise = || Stepwise::new(&text, flags).map(Matcher::Stepwise);
        let matcher = match simple().or_else(stepwise) {
            Some(matcher) => matcher,
            None => Matcher::Engine(Engine::new(&text, flags).map_err(|error| {
                let before = inserted.iter().filter(|place| **place < error.offset).count();
                RegexError { offset: error.offset.saturating_sub(before), ..error }
            })?),
        };
        let beginning = super::beginning::of(pattern, flags);
        let within = match &matcher {
            Matcher::Engine(_) => super::beginning::within(pattern, flags).filter(|text| text.len() > beginning.len()),
            _ => None,
        };
        let within = within.map(|text| Finder::new(&text).into_owned());
        Ok(Regex(Arc::new(Inner { pattern: pattern.into(), flags, beginning, within, matcher })))
    }

    /// The pattern's text.
    pub(crate) fn pattern(&self) -> &BStr {
        self.0.pattern.as_bstr()
    }

    /// What it was compiled with.
    pub(crate) fn flags(&self) -> Flags {
        self.0.flags
    }

    /// The number of capturing groups, group 0 not counted (`re_nsub`).
    pub(crate) fn groups(&self) -> usize {
        match &self.0.matcher {
            Matcher::Simple(simple) => simple.groups(),
            Matcher::Stepwise(stepwise) => stepwise.groups(),
            Matcher::Engine(engine) => engine.groups(),
        }
    }

    /// The named groups, number and name, in PCRE2's order: sorted by name (`ap_regname`).
    pub(crate) fn names(&self) -> &[(usize, BString)] {
        match &self.0.matcher {
            Matcher::Simple(_) | Matcher::Stepwise(_) => &[],
            Matcher::Engine(engine) => engine.names(),
        }
    }

    /// What every subject that matches begins with; empty where nothing is certain.
    pub(crate) fn beginning(&self) -> &[u8] {
        &self.0.beginning
    }

    /// Whether `subject` has the texts in it that it must.
    ///
    /// (To compare nothing is slow on processors with masked loads.)
    fn may_match(&self, subject: &[u8]) -> bool {
        let Inner { beginning, within, .. } = &*self.0;
        (beginning.is_empty() || subject.starts_with(beginning))
            && within.as_ref().is_none_or(|text| text.find(subject).is_some())
    }

    /// Whether the pattern matches somewhere in `subject`.
    ///
    /// # Errors
    /// The search was given up.
    pub(crate) fn is_match(&self, subject: &[u8]) -> Result<bool, GivenUp> {
        self.is_match_in(subject, &Steps::default())
    }

    /// The same, out of the steps that are left.
    ///
    /// # Errors
    /// The search was given up.
    pub(crate) fn is_match_in(&self, subject: &[u8], steps: &Steps) -> Result<bool, GivenUp> {
        match &self.0.matcher {
            Matcher::Simple(simple) => Ok(simple.is_match(subject)),
            Matcher::Stepwise(stepwise) => Ok(stepwise.is_match(subject)),
            Matcher::Engine(_) if !self.may_match(subject) => Ok(false),
            Matcher::Engine(engine) => engine.is_match(subject, steps),
        }
    }

    /// Searches `subject` and notes the groups in `caps`, which is emptied if there is no match.
    ///
    /// # Errors
    /// The search was given up.
    #[cfg(test)]
    pub(crate) fn captures(&self, subject: &[u8], caps: &mut Captures) -> Result<bool, GivenUp> {
        self.captures_in(subject, caps, &Steps::default())
    }

    /// The same, out of the steps that are left.
    ///
    /// # Errors
    /// The search was given up.
    pub(crate) fn captures_in(&self, subject: &[u8], caps: &mut Captures, steps: &Steps) -> Result<bool, GivenUp> {
        caps.clear();
        match &self.0.matcher {
            Matcher::Simple(simple) => Ok(simple.captures(subject, &mut caps.slots)),
            Matcher::Stepwise(stepwise) => Ok(stepwise.captures(subject, &mut caps.slots)),
            Matcher::Engine(_) if !self.may_match(subject) => Ok(false),
            Matcher::Engine(engine) => engine.captures(subject, &mut caps.slots, steps),
        }
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regex").field("pattern", &self.0.pattern).field("flags", &self.0.flags).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(pattern: &[u8], flags: Flags) -> Regex {
        Regex::new(pattern, flags).unwrap()
    }

    proptest::proptest! {
        /// A subject that the engine matches is never kept from it.
        #[test]
        fn what_must_be_there_is_there(pattern in r"[ab/.^$?*+|()\[\]{}1,\d-]{0,12}", subject in "[ab/1{},.]{0,10}") {
            for flags in [Flags::NONE, Flags { icase: true, ..Flags::NONE }, Flags { multiline: true, ..Flags::NONE }] {
                if let Ok(regex) = Regex::new(pattern.as_bytes(), flags)
                    && let Matcher::Engine(engine) = &regex.0.matcher
                    && engine.is_match(subject.as_bytes(), &Steps::default()) == Ok(true)
                {
                    proptest::prop_assert!(regex.may_match(subject.as_bytes()));
                }
            }
        }
    }

    /// What the engines must agree on, with PCRE2 or without.
    #[test]
    fn httpd_defaults() {
        let default = Flags::default();
        let icase = Flags { icase: true, ..default };
        let no_dotall = Flags { no_dotall: true, ..default };
        let multiline = Flags { multiline: true, ..default };
        for (pattern, flags, subject, span) in [
            (&b"^/a.b$"[..], default, &b"/a\nb"[..], Some((0, 4))),
            (b"^/a.b$", no_dotall, b"/a\nb", None),
            (b"a$", default, b"a\n", None),
            (b"a$", multiline, b"a\nb", Some((0, 1))),
            (b"straSSE", icase, b"STRAsse", Some((0, 7))),
            (b"\xc3\xa4+$", default, b"\xc3\xa4\xc3\xa4", Some((2, 4))),
            (b"\xc3\xa4+$", icase, b"\xc3\x84", None),
            (b"^.$", default, b"\xff", Some((0, 1))),
            (b"\\w", default, b"\xe9", None),
            (b"^\\s$", default, b"\x0b", Some((0, 1))),
            (b"k", icase, b"\xe2\x84\xaa", None),
            (b"(?<!x)a(?=b)", default, b"xaab", Some((2, 3))),
            (b"(a)\\1", default, b"baa", Some((1, 3))),
            (b"a++b", default, b"aab", Some((0, 3))),
            (b"[[:alpha:]_]+", default, b"1ab_", Some((1, 4))),
            (b"a{3", default, b"a{3", Some((0, 3))),
            (b"a{,3}", default, b"aaa{,3}", Some((2, 7))),
        ] {
            let mut caps = Captures::default();
            let regex = regex(pattern, flags);
            // more often than the warm-up takes
            for _ in 0..60 {
                assert_eq!(regex.captures(subject, &mut caps), Ok(span.is_some()), "{regex:?}");
                assert_eq!(caps.get(0), span, "{regex:?}");
                assert_eq!(regex.is_match(subject), Ok(span.is_some()), "{regex:?}");
            }
        }
    }

    #[test]
    fn shared_between_threads() {
        fn assert<T: Send + Sync + Clone>(_: &T) {}
        let regex = regex(b"(a|b)+c", Flags::default());
        assert(&regex);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|_| assert_eq!(regex.is_match(b"xabc"), Ok(true))));
            }
        });
    }

    #[test]
    fn groups_and_names() {
        let regex = regex(b"^/(?<b>x)(?<a>y)?(z)", Flags::default());
        assert_eq!(regex.groups(), 3);
        assert_eq!(regex.names(), [(2, BString::from("a")), (1, BString::from("b"))]);
        let mut caps = Captures::default();
        assert_eq!(regex.captures(b"/xz", &mut caps), Ok(true));
        assert_eq!(
            (caps.groups().len(), caps.get(1), caps.get(2), caps.get(3), caps.get(4)),
            (4, Some((1, 2)), None, Some((2, 3)), None)
        );
        assert_eq!(regex.captures(b"/y", &mut caps), Ok(false));
        assert!(caps.groups().is_empty());
        assert_eq!(Regex::new(b"a\0b", Flags::default()).unwrap().pattern(), "a");
    }

    #[test]
    #[cfg(feature = "pcre2")]
    fn errors_are_pcre2s() {
        for (pattern, message, offset) in [
            ("(a", "missing closing parenthesis", 2),
            ("[a", "missing terminating ] for character class", 2),
            ("*a", "quantifier does not follow a repeatable item", 0),
            ("[z-a]", "range out of order in character class", 3),
            ("a\\", "\\ at end of pattern", 2),
            ("a{,3}(", "missing closing parenthesis", 6),
        ] {
            let error = Regex::new(pattern.as_bytes(), Flags::default()).unwrap_err();
            assert_eq!(error, RegexError { message: message.to_owned(), offset }, "{pattern}");
        }
    }
}
