//! Look-ups in a RewriteMap: `lookup_map` (mod_rewrite.c). Texts and internal functions are looked up; programs and
//! databases are not asked.

use crate::server::request::Request;
use crate::server::uri::{self, Slashes};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// httpd reads at most this much of a line at a time (`REWRITE_MAX_TXT_MAP_LINE`).
const LINE: usize = 1024;

/// httpd's own functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `int:tolower`
    Lower,
    /// `int:toupper`
    Upper,
    /// `int:escape`
    Escape,
    /// `int:unescape`
    Unescape,
}

/// Where a map's values come from.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text file.
    Text,
    /// A text file with alternatives, one of which is drawn.
    Random,
    /// A function.
    Function(Function),
    /// A program or a database.
    Outside(&'static str),
}

type Table = HashMap<BString, BString>;

/// A RewriteMap.
#[derive(Debug)]
pub struct Map {
    /// Its place.
    pub span: Span,
    /// Its kind.
    pub kind: Kind,
    /// Its file.
    pub file: BString,
    /// The file's content, once it was needed.
    table: OnceLock<Arc<Table>>,
}

impl Map {
    /// A map of that kind.
    pub fn new(span: Span, kind: Kind, file: BString) -> Map {
        Map { span, kind, file, table: OnceLock::new() }
    }
}

/// The value of a key; `None` where there is none.
pub fn lookup(r: &mut Request<'_>, name: &BString, key: BString) -> Option<BString> {
    let server = r.server.settings.rewrite.as_deref()?;
    let map = server.maps.get(name)?;
    match &map.kind {
        Kind::Function(f) => Some(function(*f, key)),
        Kind::Text => text(r, map, &key),
        Kind::Random => {
            let value = text(r, map, &key)?;
            let mut choices = value.split(|b| *b == b'|');
            let first = choices.next().unwrap_or_default();
            if choices.next().is_some() {
                r.caveat("RewriteMap", map.span, "the value is drawn by chance");
            }
            Some(BString::from(first)).filter(|v| !v.is_empty())
        }
        Kind::Outside(what) => {
            r.caveat("RewriteMap", map.span, format!("{what} is not asked"));
            None
        }
    }
}

fn function(f: Function, mut key: BString) -> BString {
    match f {
        Function::Lower => key.make_ascii_lowercase(),
        Function::Upper => key.make_ascii_uppercase(),
        Function::Escape => key = uri::escape_path(&key, true),
        Function::Unescape => {
            // a bad escape stays as it is
            let _ = uri::unescape(&mut key, Slashes::Forbid, false);
        }
    }
    key
}

fn text(r: &mut Request<'_>, map: &Map, key: &BString) -> Option<BString> {
    if r.engine.stat(&map.file).is_err() {
        r.error_by("AH00661", format!("mod_rewrite: can't access text RewriteMap file {}", map.file), Some(map.span));
        return None;
    }
    let table = match map.table.get() {
        Some(table) => table.clone(),
        None => match r.read_file(&map.file, Some(map.span)) {
            Ok(content) => map.table.get_or_init(|| Arc::new(read(&content))).clone(),
            Err(_) => {
                let message = format!("mod_rewrite: can't open text RewriteMap file {}", map.file);
                r.error_by("AH00655", message, Some(map.span));
                return None;
            }
        },
    };
    table.get(key).cloned()
}

/// `lookup_map_txtfile`, for all keys at once: of several lines for a key the first one with a value holds.
fn read(content: &[u8]) -> Table {
    let space = |b: u8| b == b' ' || (b'\t'..=b'\r').contains(&b);
    let mut table = Table::new();
    for line in content.lines_with_terminator().flat_map(|l| l.chunks(LINE)) {
        // as a C string, a line ends at its first NUL
        let line = &line[..line.find_byte(0).unwrap_or(line.len())];
        if line.first().is_none_or(|b| *b == b'#' || space(*b)) {
            continue;
        }
        let mut words = line.splitn(2, |b| space(*b));
        let (Some(key), Some(rest)) = (words.next(), words.next()) else { continue };
        let rest = &rest[rest.iter().take_while(|b| space(**b)).count()..];
        let value = rest.split(|b| space(*b)).next().unwrap_or_default();
        if !value.is_empty() {
            table.entry(key.into()).or_insert_with(|| value.into());
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_maps() {
        let table = read(b"# no\n a b\nkey\t value more\nempty\nkey second\nempty full\nlast v");
        let get = |k: &str| table.get(&BString::from(k)).map(|v| v.to_string());
        assert_eq!(get("key"), Some("value".into()));
        assert_eq!((get("empty"), get("last"), get("a")), (Some("full".into()), Some("v".into()), None));
        assert_eq!(function(Function::Unescape, "a%20b%2fc%zz".into()), "a b/c%zz");
    }
}
