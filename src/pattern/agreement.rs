//! The engines against each other: what `translate` lets through must mean what PCRE2 says.

use bstr::BString;
use proptest::collection::vec;
use proptest::prelude::*;

use super::fancy::Engine;
use super::fast::Fast;
use super::pcre2::{Code, Count};
use super::regex::Slots;
use super::steps::Steps;
use super::translate::{Dialect, translate};
use super::{Captures, Flags, GivenUp, Regex};
use crate::limits;

/// Holds a matcher's number of groups, and their places if it found any, against PCRE2's.
pub(crate) fn as_pcre2(
    pattern: &str,
    flags: Flags,
    subject: &str,
    groups: usize,
    found: Option<Slots>,
) -> Result<(), TestCaseError> {
    let code = Code::new(pattern.as_bytes(), flags).expect("it compiles");
    prop_assert_eq!(groups, code.groups());
    let mut theirs = Slots::new();
    prop_assert_eq!(Ok(found.is_some()), code.exec(subject.as_bytes(), Some(&mut theirs)));
    prop_assert_eq!(found.unwrap_or_default(), theirs);
    Ok(())
}

/// Patterns of the grammar that `subset` takes, and some that it should refuse.
fn pattern() -> impl Strategy<Value = BString> {
    let piece = |texts: &'static [&'static [u8]]| proptest::sample::select(texts).prop_map(<[u8]>::to_vec);
    let class_member = piece(&[
        b"a",
        b"b-d",
        b"A-C",
        b"-",
        b"\\d",
        b"\\w",
        b"\\W",
        b"\\s",
        b"\\S",
        b"\\D",
        b"[",
        b"]",
        b"^",
        b"\\]",
        b"\\-",
        b"[:alpha:]",
        b"[:upper:]",
        b"[:punct:]",
        b"[:space:]",
        b"[:word:]",
        b"&&",
        b"~~",
        b"--",
        b"\xe9",
        b"\xc3\xa9",
        b"\\x41",
        b"\\n",
        b"\\b",
        b".",
        b"$",
        b"\\\\",
        b"[:cntrl:]",
        b"[:print:]",
        b"[:blank:]",
        b"[:graph:]",
        b"/",
        b"\x0b",
    ]);
    let class = (any::<bool>(), vec(class_member, 1..4)).prop_map(|(negate, members)| {
        [if negate { b"[^".to_vec() } else { b"[".to_vec() }, members.concat(), b"]".to_vec()].concat()
    });
    let atom = prop_oneof![
        6 => piece(&[b"a", b"b", b"ab", b"A", b".", b"/", b"c"]),
        3 => piece(&[
            b"^", b"$", b"\\b", b"\\B", b"\\A", b"\\z", b"\\Z", b"\\d", b"\\w", b"\\s", b"\\D", b"\\W", b"\\S", b"\\.",
            b"\\/", b"\\<", b"\\>", b"\\_", b"\\-", b"\\e", b"\\a", b"\\t", b"\\n", b"\\x61", b"\\x", b"\\h", b"\\1",
            b"\\R", b"\\v", b"\\H", b"\\V", b"\\2",
            b"\\N", b"\\K", b"\\G", b"\\Qa\\E", b"\\0", b"\\x{61}", b"\\cA", b"\\ ", b"\\#",
        ]),
        2 => piece(&[b"\xe9", b"\xc3\xa9", b"]", b"{", b"}", b"{a}", b"\n", b" ", b"#", b"-", b"&&", b"~",
            b"\x0b", b"k", b"s"]),
        1 => piece(&[b"(?i)", b"(?=a)", b"(?!b)", b"(?>a|ab)", b"(?#x)", b"(?<=a)", b"(?s)",
            b"(?-i)", b"(?i:a)", b"(?m)", b"(?-s)", b"(?m:^)"]),
        3 => class,
    ];
    let quantifier = prop_oneof![
        8 => Just(Vec::new()),
        6 => piece(&[b"*", b"+", b"?"]),
        3 => piece(&[b"*?", b"+?", b"??", b"{2}", b"{0,1}", b"{0,2}", b"{1,3}?", b"{2,}", b"{1}"]),
        1 => piece(&[b"*+", b"++", b"{0}", b"{,2}", b"{ 1}", b"{1}{2}", b"{1}+", b"**"]),
    ];
    let start = piece(&[b"", b"", b"^", b"(?i)"]);
    let body = atom.prop_recursive(5, 40, 5, move |inner| {
        let repeated = (inner, quantifier.clone()).prop_map(|(atom, quantifier)| [atom, quantifier].concat());
        let open: &[&[u8]] = &[
            b"(", b"(", b"(?:", b"(?<n>", b"(?P<m>", b"(?|", b"(?'n'", b"(?=", b"(?!", b"(?<=", b"(?<!", b"(?>",
            b"(?i:",
        ];
        let open = proptest::sample::select(open);
        let branch = vec(repeated, 0..5).prop_map(|parts| parts.concat());
        let group = (open, vec(branch.clone(), 1..4), quantifier.clone())
            .prop_map(|(open, branches, quantifier)| [open, &branches.join(&b'|'), b")", &quantifier].concat());
        prop_oneof![branch, group]
    });
    (start, vec(body, 1..4)).prop_map(|(start, bodies)| BString::from([start, bodies.concat()].concat()))
}

fn subject() -> impl Strategy<Value = BString> {
    let byte = prop_oneof![
        8 => proptest::sample::select(&b"abcABC/"[..]),
        2 => proptest::sample::select(&b"\n\x0b\t .-_]{}\\k\xe9\xc3\xa9sS0"[..]),
        1 => 1..=255_u8,
    ];
    vec(byte, 0..14).prop_map(BString::from)
}

fn rare() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.2)
}

fn flags() -> impl Strategy<Value = Flags> {
    (any::<bool>(), rare(), rare(), rare()).prop_map(|(icase, no_dotall, no_dollar_endonly, multiline)| Flags {
        icase,
        no_dotall,
        no_dollar_endonly,
        multiline,
        extended: false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn regex_means_what_pcre2_says(pattern in pattern(), flags in flags(), subjects in vec(subject(), 1..6)) {
        let (Ok(code), Some(fast)) = (Code::new(&pattern, flags), Fast::new(&pattern, flags)) else {
            return Ok(());
        };
        prop_assert_eq!(code.groups(), fast.groups());
        let mut names: Vec<_> = fast.names.iter().map(|(i, name)| (name.as_bytes(), *i)).collect();
        names.sort_unstable();
        prop_assert_eq!(code.names().iter().map(|(i, name)| (&name[..], *i)).collect::<Vec<_>>(), names);
        for subject in subjects {
            let (mut theirs, mut ours) = (Slots::new(), Slots::new());
            let Ok(found) = code.exec(&subject, Some(&mut theirs)) else {
                continue;
            };
            prop_assert_eq!(fast.captures(&subject, &mut ours), found);
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(fast.is_match(&subject), found);
        }
    }

    #[test]
    fn fancy_means_what_pcre2_says(pattern in pattern(), flags in flags(), subjects in vec(subject(), 1..6)) {
        // PCRE2's own optimisations go wrong with `\w*(a)?+\d`
        let plain = [b"(*NO_AUTO_POSSESS)(*NO_START_OPT)", &pattern[..]].concat();
        let (Ok(code), Ok(fancy)) = (Code::new(&plain, flags), Engine::new(&pattern, flags)) else {
            return Ok(());
        };
        prop_assert_eq!(code.groups(), fancy.groups());
        prop_assert_eq!(code.names(), fancy.names());
        for subject in subjects {
            let (mut theirs, mut ours) = (Slots::new(), Slots::new());
            let (Ok(expected), Ok(found)) =
                (code.exec(&subject, Some(&mut theirs)), fancy.captures(&subject, &mut ours, &Steps::default()))
            else {
                continue;
            };
            prop_assert_eq!(found, expected);
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(fancy.is_match(&subject, &Steps::default()), Ok(expected));
        }
    }

    #[test]
    fn steps_are_an_upper_bound(pattern in pattern(), flags in flags(), subject in vec(subject(), 1..4)) {
        let Some(known) = translate(&pattern, flags, Dialect::Regex).ok().map(|t| t.known).filter(|known| known.cost.steps(0).is_finite())
        else {
            return Ok(());
        };
        let subject = subject.concat();
        let limited = format!("(*LIMIT_MATCH={:.0})", known.cost.steps(subject.len()).min(1e9));
        let Ok(code) = Code::new(&[limited.as_bytes(), &pattern].concat(), flags) else {
            return Ok(());
        };
        prop_assert!(code.exec(&subject, None).is_ok());
    }
}

#[test]
fn a_search_ends() {
    // what `regex` can say no to needs no limit, however PCRE2 goes about it
    let regex = Regex::new(b"^(a+)+$", Flags::default()).unwrap();
    assert_eq!(regex.is_match(&[&b"a".repeat(40)[..], b"!"].concat()), Ok(false));
    // an empty slice's dangling pointer must not reach PCRE2, which subtracts lengths from it
    assert_eq!(Regex::new(b"(.{2}|[^a]{3})*", Flags::default()).unwrap().is_match(b""), Ok(true));
    let regex = Regex::new(b"a.*b.*c.*[de]", Flags::default()).unwrap();
    let mut caps = Captures::default();
    for _ in 0..100 {
        assert_eq!(regex.captures(b"xabcbcd", &mut caps), Ok(true));
        assert_eq!(caps.get(0), Some((1, 7)));
    }
    assert_eq!(regex.is_match(&b"abc".repeat(500)), Ok(false));
}

/// Kinds of patterns that no limit of PCRE2's ends soon: each is given up for its steps or its memory, and what it took is
/// gone from what is left.
#[test]
fn patterns_without_end_are_given_up() {
    let groups = format!(r"^/{}(?:a|aa)+\1b", "(a?)".repeat(400));
    for (pattern, unit) in [
        (r"^/(a(?1)?a?)*b", "a"),
        (r"^/(a|aa|z)+\1?$x", "a"),
        (r"^/(?:a|aa)+?(?>a*)b", "a"),
        (r"^/(?:(?=a*+b)|a|aa)+z", "a"),
        (r"^/(?i)(?:(?=(a*))\1b|a|aa)+z", "a"),
        (r"^/((?:\((?1)?\)?)+)+x", "("),
        (r"^/(?<n>a(?&m)?)*(?<m>a(?&n)?b?)*b", "a"),
        (&groups, "a"),
    ] {
        let regex = Regex::new(pattern.as_bytes(), Flags::default()).unwrap();
        let subject = format!("/{}", unit.repeat(8000));
        let steps = Steps::of(limits::STEPS);
        assert_eq!(regex.is_match_in(subject.as_bytes(), &steps), Err(GivenUp::Pattern), "{pattern}");
        assert!(steps.left() < limits::STEPS && steps.left() >= limits::STEPS - limits::PATTERN_STEPS, "{pattern}");
        let few = Steps::of(1000);
        assert_eq!(regex.is_match_in(subject.as_bytes(), &few), Err(GivenUp::Request), "{pattern}");
        assert_eq!(few.left(), 0);
    }
}

proptest! {
    /// Counted or not, PCRE2 finds the same.
    #[test]
    fn counting_changes_nothing(pattern in pattern(), flags in flags(), subjects in vec(subject(), 1..6)) {
        let (Ok(code), Ok(counted)) = (Code::new(&pattern, flags), Code::counted(&pattern, flags)) else {
            return Ok(());
        };
        for subject in subjects {
            let (mut plain, mut ours) = (Slots::new(), Slots::new());
            let found = code.exec(&subject, Some(&mut plain));
            prop_assert_eq!(counted.exec_counted(&subject, Some(&mut ours), &mut Count::of(1 << 30)), found);
            prop_assert_eq!(ours, plain);
        }
    }

    /// What a search costs and finds hangs on pattern and subject alone, not on how often the pattern was used.
    #[test]
    fn use_changes_nothing(pattern in pattern(), flags in flags(), subjects in vec(subject(), 1..4), long in 0..300_usize) {
        let Ok(regex) = Regex::new(&pattern, flags) else { return Ok(()) };
        let ask = |subject: &[u8]| {
            let (steps, mut caps) = (Steps::of(limits::STEPS), Captures::default());
            let found = regex.captures_in(subject, &mut caps, &steps);
            (found, caps, steps.left())
        };
        let subjects = [subjects.clone(), vec![subjects.concat().repeat(long).into()]].concat();
        let first: Vec<_> = subjects.iter().map(|s| ask(s)).collect();
        for _ in 0..60 {
            prop_assert_eq!(ask(b"x").0.is_ok(), true);
        }
        prop_assert_eq!(subjects.iter().map(|s| ask(s)).collect::<Vec<_>>(), first);
    }
}
