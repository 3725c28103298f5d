//! Small changes of regular expressions, each of which matches more, or less.

use super::Kind;
use bstr::{BString, ByteSlice};
use std::ops::Range;

/// How many alternatives are left out, one after the other.
const ALTERNATIVES: usize = 12;

/// A piece of an expression that is no escape and in no class.
struct Mark {
    at: usize,
    byte: u8,
}

/// The other expressions; none that is plainly the same.
pub(super) fn changes(pattern: &[u8]) -> Vec<(Kind, BString)> {
    let marks = marks(pattern);
    let mut found = Vec::new();
    let mut put = |kind, range: Range<usize>, text: &[u8]| {
        let new = [&pattern[..range.start], text, &pattern[range.end..]].concat();
        if !new.is_empty() {
            found.push((kind, BString::from(new)));
        }
    };
    let end = pattern.len();
    let is_anything = |text: &[u8]| text.starts_with(b".*") || text.starts_with(b"(.*");
    let ends_in_anything = |text: &[u8]| text.ends_with(b".*") || text.ends_with(b".*)");
    let several = marks.iter().any(|mark| mark.byte == b'|');
    let begins = marks.first().is_some_and(|mark| mark.at == 0 && mark.byte == b'^');
    let ends = marks.last().is_some_and(|mark| mark.at + 1 == end && mark.byte == b'$');
    if !is_anything(&pattern[usize::from(begins)..]) {
        match begins {
            true => put(Kind::Loosen, 0..1, b""),
            false if !several => put(Kind::Tighten, 0..0, b"^"),
            false => {}
        }
    }
    if !ends_in_anything(&pattern[..end - usize::from(ends)]) {
        match ends {
            true => put(Kind::Loosen, end - 1..end, b""),
            false if !several => put(Kind::Tighten, end..end, b"$"),
            false => {}
        }
    }
    if let Some(dot) = pattern.find(b"\\.").filter(|at| !is_escaped(pattern, *at)) {
        put(Kind::Loosen, dot..dot + 2, b".");
    }
    let first = |byte: u8| marks.iter().find(|mark| mark.byte == byte && mark.at > 0).map(|mark| mark.at);
    if let Some(at) = first(b'+').filter(|at| pattern[at - 1] != b'*') {
        put(Kind::Loosen, at..at + 1, b"*");
    }
    if let Some(at) = first(b'*') {
        put(Kind::Tighten, at..at + 1, b"+");
    }
    for range in alternatives(&marks, end).into_iter().take(ALTERNATIVES) {
        put(Kind::Tighten, range, b"");
    }
    found
}

/// Whether the backslash at `at` is itself behind one.
fn is_escaped(pattern: &[u8], at: usize) -> bool {
    pattern[..at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

fn marks(pattern: &[u8]) -> Vec<Mark> {
    let mut found = Vec::new();
    let mut class = None;
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        match (byte, class) {
            (b'\\', _) => at += 1,
            // a bracket that comes first is one of the class
            (b']', Some(start)) if at > start => class = None,
            (_, Some(_)) => {}
            (b'[', None) => class = Some(at + 1 + usize::from(pattern.get(at + 1) == Some(&b'^'))),
            _ => found.push(Mark { at, byte }),
        }
        at += 1;
    }
    found
}

/// What is to go for each alternative to be left out: with the bar beside it.
fn alternatives(marks: &[Mark], end: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // where each open group begins, and its bars
    let mut open: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new())];
    let mut close = |(start, bars): (usize, Vec<usize>), end: usize| {
        if bars.is_empty() {
            return;
        }
        let starts = [start].into_iter().chain(bars.iter().map(|bar| bar + 1));
        let ends = bars.iter().copied().chain([end]);
        for (number, (from, to)) in starts.zip(ends).enumerate() {
            // the first goes with the bar behind it, the others with the one before
            found.push(if number == 0 { from..to + 1 } else { from - 1..to });
        }
    };
    for (number, mark) in marks.iter().enumerate() {
        match mark.byte {
            b'(' => {
                // (?: and kin
                let special = marks.get(number + 1).is_some_and(|next| next.byte == b'?' && next.at == mark.at + 1);
                open.push((mark.at + if special { 3 } else { 1 }, Vec::new()));
            }
            b')' if open.len() > 1 => {
                if let Some(group) = open.pop() {
                    close(group, mark.at);
                }
            }
            b'|' => {
                if let Some((_, bars)) = open.last_mut() {
                    bars.push(mark.at);
                }
            }
            _ => {}
        }
    }
    if let Some(top) = open.pop().filter(|_| open.is_empty()) {
        close(top, end);
    }
    found.retain(|range| range.start < range.end && range.end <= end);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_more_or_less() {
        let said = |pattern: &str| {
            let word = |(kind, text): (Kind, BString)| format!("{} {text}", kind.word());
            changes(pattern.as_bytes()).into_iter().map(word).collect::<Vec<_>>()
        };
        assert_eq!(
            said("^/a/(.*)\\.html$"),
            ["loosen /a/(.*)\\.html$", "loosen ^/a/(.*)\\.html", "loosen ^/a/(.*).html$", "tighten ^/a/(.+)\\.html$"]
        );
        assert_eq!(said("^(.*)$"), ["tighten ^(.+)$"]);
        assert_eq!(
            said("^/(?:a|b[|]|c)$"),
            [
                "loosen /(?:a|b[|]|c)$",
                "loosen ^/(?:a|b[|]|c)",
                "tighten ^/(?:b[|]|c)$",
                "tighten ^/(?:a|c)$",
                "tighten ^/(?:a|b[|])$"
            ]
        );
        assert_eq!(said("a|b\\|c"), ["tighten b\\|c", "tighten a"]);
        assert_eq!(said("a+"), ["tighten ^a+", "tighten a+$", "loosen a*"]);
        assert_eq!(said("(a|b"), Vec::<String>::new());
        assert_eq!(said("^"), ["tighten ^$"]);
    }

    #[test]
    fn any_text_is_one() {
        for text in ["(", ")", "|", "(|)", "(?", "[", "[^", "\\", "a\\", "(?:|", "|||", "*", "+", "[]]|a", "\\\\.|)"] {
            changes(text.as_bytes());
        }
    }
}
