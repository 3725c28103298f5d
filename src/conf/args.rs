//! A directive's arguments: `ap_getword_conf` and kin (server/util.c), and the setter calls that `invoke_cmd`
//! (server/config.c) makes of them.

use crate::conf::row::Args;
use bstr::{BStr, BString, ByteSlice};

/// `AP_MAX_ARGC`: as many words as an [`Args::Argv`] directive gets.
const MAX_ARGC: usize = 64;

/// White space as the C locale's `isspace` has it.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// `text` without white space at its beginning.
/// What follows the white space that a text begins with.
pub(crate) fn skip_space(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|b| is_space(**b)).count()..]
}

/// A word of a directive's arguments, and where it stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its value, without quotes and escapes.
    pub value: BString,
    /// Offset of its first byte (an opening quote included).
    pub start: usize,
    /// Offset after its last byte (a closing quote included).
    pub end: usize,
}

/// Cuts the first word off `line` and leaves what follows the white space after it: `ap_getword_conf`.
///
/// Quotes of either kind hold a word together; within them a backslash escapes the quote and itself, outside only
/// itself. An unclosed quote reaches to the end. `""` and the end of the line both give an empty word.
pub(crate) fn word(line: &mut &[u8]) -> BString {
    let text = skip_space(line);
    let Some(&first) = text.first() else {
        *line = text;
        return BString::default();
    };
    let (value, after) = match first {
        b'"' | b'\'' => {
            let end = closing_quote(text, first);
            (unescape(&text[1..end], Some(first)), (end + 1).min(text.len()))
        }
        _ => bare(text),
    };
    *line = skip_space(&text[after..]);
    value
}

/// An unquoted word at the beginning of `text`, and where it ends.
fn bare(text: &[u8]) -> (BString, usize) {
    let end = text.iter().position(|b| is_space(*b)).unwrap_or(text.len());
    (unescape(&text[..end], None), end)
}

/// Where the quote closes that opens `text`.
fn closing_quote(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        if byte == quote {
            break;
        }
        let escape = byte == b'\\' && text.get(at + 1).is_some_and(|b| *b == quote || *b == b'\\');
        at += if escape { 2 } else { 1 };
    }
    at.min(text.len())
}

/// `substring_conf`: `\\` is a backslash, and so is the quote after one.
fn unescape(text: &[u8], quote: Option<u8>) -> BString {
    let mut out = BString::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if byte == b'\\' && text.get(at + 1).is_some_and(|b| *b == b'\\' || Some(*b) == quote) {
            at += 1;
        }
        out.push(text[at]);
        at += 1;
    }
    out
}

/// All words of `raw`, with their places. Empty ones (`""`) are among them.
pub(crate) fn words(raw: &[u8]) -> Vec<Word> {
    let mut rest = skip_space(raw);
    let mut out = Vec::new();
    while !rest.is_empty() {
        let start = raw.len() - rest.len();
        let value = word(&mut rest);
        let behind = raw.len() - rest.len();
        let end = start + raw[start..behind].trim_end_with(|c| c.is_ascii() && is_space(c as u8)).len();
        out.push(Word { value, start, end });
    }
    out
}

/// The words of `raw`, without their places.
pub(crate) fn split(raw: &[u8]) -> Vec<BString> {
    words(raw).into_iter().map(|w| w.value).collect()
}

/// The calls that a directive's setter gets for the arguments `raw`: one for most, one for each word of an
/// [`Args::Iterate`] directive. An argument that is left out is missing at the call's end.
///
/// `name` is the row's name and `usage` its help, for the error, which is httpd's message.
pub(crate) fn calls(name: &str, how: Args, raw: &[u8], usage: &str) -> Result<Vec<Vec<BString>>, String> {
    let wrong = |what: &str| {
        let comma = if usage.is_empty() { "" } else { ", " };
        Err(format!("{name} {what}{comma}{usage}"))
    };
    let mut rest = raw;
    let one = |call: Vec<BString>| Ok(vec![call]);
    match how {
        Args::Raw => one(vec![raw.into()]),
        Args::No if raw.is_empty() => one(Vec::new()),
        Args::No => Err(format!("{name} takes no arguments")),
        Args::Argv => one(argv(raw)),
        Args::Flag => {
            let flag = word(&mut rest);
            if flag.eq_ignore_ascii_case(b"on") {
                one(vec!["On".into()])
            } else if flag.eq_ignore_ascii_case(b"off") {
                one(vec!["Off".into()])
            } else {
                Err(format!("{name} must be On or Off"))
            }
        }
        Args::Iterate => {
            let first = word(&mut rest);
            if first.is_empty() {
                return wrong("requires at least one argument");
            }
            let mut calls = vec![vec![first]];
            calls.extend(until_empty(rest).map(|w| vec![w]));
            Ok(calls)
        }
        Args::Iterate2 => {
            let first = word(&mut rest);
            if first.is_empty() || rest.is_empty() {
                return wrong("requires at least two arguments");
            }
            Ok(until_empty(rest).map(|w| vec![first.clone(), w]).collect())
        }
        Args::Take1 | Args::Take2 | Args::Take3 | Args::Take12 | Args::Take13 | Args::Take23 | Args::Take123 => {
            match take(how, &mut rest) {
                Some(call) if rest.is_empty() => one(call),
                _ => wrong(match how {
                    Args::Take1 => "takes one argument",
                    Args::Take2 => "takes two arguments",
                    Args::Take3 => "takes three arguments",
                    Args::Take12 => "takes 1-2 arguments",
                    Args::Take13 => "takes one or three arguments",
                    Args::Take23 => "takes two or three arguments",
                    _ => "takes one, two or three arguments",
                }),
            }
        }
    }
}

/// The words of a TAKE directive; `None` where one that is required is empty. Whether any are left over is the
/// caller's business.
///
/// An optional word counts as given when anything is left of the line: `""` then is an argument; only TAKE12 takes an
/// empty word for none.
fn take(how: Args, rest: &mut &[u8]) -> Option<Vec<BString>> {
    let (required, most) = match how {
        Args::Take1 => (1, 1),
        Args::Take2 => (2, 2),
        Args::Take3 => (3, 3),
        Args::Take12 => (1, 2),
        Args::Take23 => (2, 3),
        _ => (1, 3),
    };
    let mut call: Vec<BString> = Vec::with_capacity(most);
    while call.len() < most && !(rest.is_empty() && call.len() >= required) {
        call.push(word(rest));
    }
    if call[..required].iter().any(|w| w.is_empty()) {
        return None;
    }
    match how {
        Args::Take12 if call.last().is_some_and(|w| w.is_empty()) => call.truncate(1),
        Args::Take13 if call.len() == 2 && !call[1].is_empty() => return None,
        _ => {}
    }
    Some(call)
}

/// Words up to the first empty one.
fn until_empty(mut rest: &[u8]) -> impl Iterator<Item = BString> {
    std::iter::from_fn(move || Some(word(&mut rest)).filter(|w| !w.is_empty()))
}

/// TAKE_ARGV's words: all, but for those beyond [`MAX_ARGC`].
fn argv(raw: &[u8]) -> Vec<BString> {
    let mut rest = raw;
    let mut out = Vec::new();
    loop {
        let w = word(&mut rest);
        if w.is_empty() && rest.is_empty() {
            break;
        }
        out.push(w);
        if rest.is_empty() || out.len() == MAX_ARGC {
            break;
        }
    }
    out
}

/// What stands before the `>` that closes the section `name` (`<Files`); httpd's message where there is none.
pub(crate) fn before_closing<'t>(name: &str, text: &'t [u8]) -> Result<&'t [u8], String> {
    let end = text.rfind_byte(b'>').ok_or_else(|| format!("{name}> directive missing closing '>'"))?;
    Ok(&text[..end])
}

/// A section's pattern, and whether it is a regular expression: `name` (without the `<`) ends in `Match`, or it stands behind a
/// `~`. `text` is what follows the name, with or without the `>`.
pub(crate) fn section_pattern(name: &[u8], text: &[u8]) -> Option<(BString, bool)> {
    let mut words = words(text.strip_suffix(b">").unwrap_or(text)).into_iter().map(|word| word.value);
    match words.next()? {
        tilde if tilde == "~" => Some((words.next()?, true)),
        pattern => Some((pattern, name.to_ascii_lowercase().ends_with(b"match"))),
    }
}

/// The first word of `text` and what follows it, for callers that want both at once.
pub(crate) fn cut(text: &[u8]) -> (BString, &BStr) {
    let mut rest = text;
    let first = word(&mut rest);
    (first, rest.as_bstr())
}

/// Cuts off a token, up to a comma or semicolon, or to white space unless that is taken too: `ap_get_token`.
pub(crate) fn token(line: &mut &[u8], with_space: bool) -> BString {
    let text = skip_space(line);
    let mut end = 0;
    while let Some(&b) = text.get(end) {
        if b == b';' || b == b',' || !with_space && is_space(b) {
            break;
        }
        end += 1;
        if b == b'"' {
            end = text[end..].find_byte(b'"').map_or(text.len(), |i| end + i + 1);
        }
    }
    *line = skip_space(&text[end..]);
    text[..end].into()
}

/// The flags of a RewriteRule or RewriteCond (`[L, R=301]`), in lower case, for who only looks for some: what is wrong with
/// them mod_rewrite says.
#[cfg(feature = "cli")]
pub(crate) fn flags(word: &[u8]) -> Vec<BString> {
    let inner = word.to_ascii_lowercase();
    inner.trim_with(|c| c == '[' || c == ']').split_str(",").map(|flag| BString::from(flag.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(raw: &str) -> Vec<String> {
        split(raw.as_bytes()).iter().map(|w| w.to_string()).collect()
    }

    #[test]
    fn words_are_httpds() {
        let cases: &[(&str, &[&str])] = &[
            ("a  b\tc", &["a", "b", "c"]),
            (r#""a b" 'c d'"#, &["a b", "c d"]),
            (r#""a\"b\\c\d""#, &[r#"a"b\c\d"#]),
            (r#"'a\'b' "c\'d""#, &["a'b", r"c\'d"]),
            (r#"a\ b\\c\"d"#, &[r"a\", r#"b\c\"d"#]),
            (r#"a"b c"d"#, &[r#"a"b"#, r#"c"d"#]),
            (r#""a"b"#, &["a", "b"]),
            (r#""a"#, &["a"]),
            (r#""a\""#, &[r#"a""#]),
            (r#""" x"#, &["", "x"]),
            (r#"""#, &[""]),
            ("  ", &[]),
        ];
        for (raw, want) in cases {
            assert_eq!(strings(raw), *want, "{raw}");
        }
    }

    #[test]
    fn words_know_their_places() {
        let raw = r#"  /a "b c"  'd'e"#;
        let places: Vec<&str> = words(raw.as_bytes()).iter().map(|w| &raw[w.start..w.end]).collect();
        assert_eq!(places, ["/a", r#""b c""#, "'d'", "e"]);
    }

    #[test]
    fn calls_are_invoke_cmds() {
        use Args::*;
        let ok: &[(Args, &str, &[&[&str]])] = &[
            (Raw, "a  'b", &[&["a  'b"]]),
            (No, "", &[&[]]),
            (Flag, "oN whatever", &[&["On"]]),
            (Flag, "'OFF'", &[&["Off"]]),
            (Take12, "a", &[&["a"]]),
            (Take12, "a ''", &[&["a"]]),
            (Take13, "a", &[&["a"]]),
            (Take13, "a ''", &[&["a", ""]]),
            (Take23, "a b ''", &[&["a", "b", ""]]),
            (Take123, "a b", &[&["a", "b"]]),
            (Iterate, "a b '' c", &[&["a"], &["b"]]),
            (Iterate2, "a b c", &[&["a", "b"], &["a", "c"]]),
            (Iterate2, "a '' c", &[]),
            (Argv, "", &[&[]]),
            (Argv, "'' a", &[&["", "a"]]),
        ];
        for (how, raw, want) in ok {
            let got = calls("X", *how, raw.as_bytes(), "").unwrap();
            let want: Vec<Vec<BString>> = want.iter().map(|c| c.iter().map(|w| BString::from(*w)).collect()).collect();
            assert_eq!(got, want, "{how:?} {raw}");
        }
        let wrong = [
            (No, "a", "X takes no arguments"),
            (Flag, "", "X must be On or Off"),
            (Flag, "yes", "X must be On or Off"),
            (Take1, "a b", "X takes one argument, use"),
            (Take1, "''", "X takes one argument, use"),
            (Take2, "a", "X takes two arguments, use"),
            (Take2, "a ''", "X takes two arguments, use"),
            (Take3, "a b", "X takes three arguments, use"),
            (Take12, "a b c", "X takes 1-2 arguments, use"),
            (Take13, "a b", "X takes one or three arguments, use"),
            (Take23, "a", "X takes two or three arguments, use"),
            (Take123, "a b c d", "X takes one, two or three arguments, use"),
            (Iterate, "", "X requires at least one argument, use"),
            (Iterate2, "a", "X requires at least two arguments, use"),
        ];
        for (how, raw, want) in wrong {
            assert_eq!(calls("X", how, raw.as_bytes(), "use"), Err(want.into()), "{how:?} {raw}");
        }
        let many = "w ".repeat(100);
        assert_eq!(calls("X", Argv, many.as_bytes(), "").unwrap()[0].len(), 64);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn flags_with_blanks_between() {
        for text in ["[L,R=301,NC]", "[L, R=301 ,nc]"] {
            assert_eq!(flags(text.as_bytes()), ["l", "r=301", "nc"], "{text}");
        }
    }
}
