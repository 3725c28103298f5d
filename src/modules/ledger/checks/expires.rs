//! mod_expires: its directives change headers only, but a code that can't be read is an error (an .htaccess
//! file's then ends every request with 500).

use crate::pattern::begins_nocase;
use crate::server::build::Cmd;
use bstr::{BString, ByteSlice};

/// ExpiresByType: `set_expiresbytype` (modules/metadata/mod_expires.c).
pub(crate) fn by_type(_: &mut Cmd<'_>, args: &[BString]) -> Result<(), String> {
    let [mime, code] = args else { return Ok(()) };
    if !mime.contains(&b'/') {
        return Err("Invalid mimetype: should contain a slash".into());
    }
    check(code).map_err(|e| format!("'ExpiresByType {mime} {code}': bad expires code, {e}"))
}

/// ExpiresDefault: `set_expiresdefault` (modules/metadata/mod_expires.c).
pub(crate) fn default(_: &mut Cmd<'_>, args: &[BString]) -> Result<(), String> {
    let [code] = args else { return Ok(()) };
    check(code).map_err(|e| format!("'ExpiresDefault {code}': bad expires code, {e}"))
}

/// `base [plus] {number unit}...`, words told by their first letters: `check_code`.
fn check(code: &[u8]) -> Result<(), String> {
    if matches!(code.first(), Some(b'A' | b'M')) {
        return Ok(());
    }
    let mut words = code.split(|b| b.is_ascii_whitespace() || *b == 0x0b).filter(|w| !w.is_empty());
    let base = words.next().unwrap_or_default();
    if ![b"n", b"a", b"m"].iter().any(|b| begins_nocase(base, *b)) {
        return Err(format!("unrecognised <base> '{}'", base.as_bstr()));
    }
    durations(words).map_err(|wrong| match wrong {
        Wrong::Number(word) => format!("numeric value expected <num> '{}'", word.as_bstr()),
        Wrong::NoUnit => "missing <type>".into(),
        Wrong::Unit(word) => format!("unrecognised <type>'{}'", word.as_bstr()),
    })
}

/// What is wrong with a duration, and the word that is.
pub(super) enum Wrong<W> {
    Number(W),
    NoUnit,
    Unit(W),
}

/// `[plus] {number unit}...`, each told by its first letters. None of the words is empty.
pub(super) fn durations<W: AsRef<[u8]>>(words: impl Iterator<Item = W>) -> Result<(), Wrong<W>> {
    const UNITS: [&[u8]; 7] = [b"y", b"mo", b"w", b"d", b"h", b"mi", b"s"];
    let mut words = words.peekable();
    words.next_if(|word| begins_nocase(word.as_ref(), b"p"));
    while let Some(number) = words.next() {
        if !number.as_ref().first().is_some_and(u8::is_ascii_digit) {
            return Err(Wrong::Number(number));
        }
        let unit = words.next().ok_or(Wrong::NoUnit)?;
        if !UNITS.iter().any(|with| begins_nocase(unit.as_ref(), with)) {
            return Err(Wrong::Unit(unit));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn codes() {
        for (code, error) in [
            ("access plus 1 month", None),
            ("access 1 year 2 days", None),
            ("modification plus 3 minutes", None),
            ("now", None),
            ("access plus", None),
            ("A2592000", None),
            ("M0", None),
            ("Access plus nonsense", None),
            ("", Some("unrecognised <base> ''")),
            ("later", Some("unrecognised <base> 'later'")),
            ("access plus one month", Some("numeric value expected <num> 'one'")),
            ("access plus 1", Some("missing <type>")),
            ("access plus 1 fortnight", Some("unrecognised <type>'fortnight'")),
            ("access plus 1 m", Some("unrecognised <type>'m'")),
        ] {
            assert_eq!(check(code.as_bytes()).err().as_deref(), error, "{code}");
        }
    }
}
