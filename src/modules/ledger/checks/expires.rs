//! mod_expires: its directives change headers only, but a code that can't be read is an error (an .htaccess
//! file's then ends every request with 500).

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
    let mut words = code.split(|b| b.is_ascii_whitespace() || *b == 0x0b).filter(|w| !w.is_empty()).peekable();
    let begins =
        |word: &[u8], with: &str| word.get(..with.len()).is_some_and(|w| w.eq_ignore_ascii_case(with.as_bytes()));
    let base = words.next().unwrap_or_default();
    if !["n", "a", "m"].iter().any(|b| begins(base, b)) {
        return Err(format!("unrecognised <base> '{}'", base.as_bstr()));
    }
    words.next_if(|w| begins(w, "p"));
    while let Some(number) = words.next() {
        if !number[0].is_ascii_digit() {
            return Err(format!("numeric value expected <num> '{}'", number.as_bstr()));
        }
        let unit = words.next().ok_or("missing <type>")?;
        if !["y", "mo", "w", "d", "h", "mi", "s"].iter().any(|u| begins(unit, u)) {
            return Err(format!("unrecognised <type>'{}'", unit.as_bstr()));
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
