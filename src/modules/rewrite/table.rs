//! The content of a RewriteMap's text file, by its keys: `lookup_map_txtfile` (mod_rewrite.c), for all keys at once.
//!
//! The text is kept as it is; what is made of it are the places of its lines, a few bytes for each.

use bstr::ByteSlice;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

/// httpd reads at most this much of a line at a time (`REWRITE_MAX_TXT_MAP_LINE`).
const LINE: usize = 1024;

/// A file's keys and values. Of several lines for a key the first one with a value holds.
pub(crate) struct Table {
    text: Arc<[u8]>,
    /// Where lines begin, by their keys.
    lines: HashTable<u32>,
    hasher: RandomState,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table of {} keys", self.lines.len())
    }
}

impl Table {
    /// The keys of a text (its first 4 GiB).
    pub(crate) fn new(text: Arc<[u8]>) -> Table {
        let mut table = Table { text, lines: HashTable::new(), hasher: RandomState::default() };
        let text = table.text.clone();
        let mut at = 0;
        for line in text.lines_with_terminator().flat_map(|l| l.chunks(LINE)) {
            let Ok(place) = u32::try_from(at) else { break };
            at += line.len();
            if let Some((key, _)) = pair(line) {
                table.add(key, place);
            }
        }
        table
    }

    fn add(&mut self, key: &[u8], place: u32) {
        let Table { text, lines, hasher } = self;
        let key_at = |place: &u32| pair(line(text, *place)).map_or(&b""[..], |(key, _)| key);
        let hash = hasher.hash_one(key);
        if lines.find(hash, |other| key_at(other) == key).is_none() {
            lines.insert_unique(hash, place, |other| hasher.hash_one(key_at(other)));
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let found = |place: &u32| pair(line(&self.text, *place)).filter(|(other, _)| *other == key);
        let place = self.lines.find(self.hasher.hash_one(key), |place| found(place).is_some())?;
        found(place).map(|(_, value)| value)
    }
}

/// What httpd reads at once from there on.
fn line(text: &[u8], place: u32) -> &[u8] {
    let rest = text.get(place as usize..).unwrap_or_default();
    let rest = &rest[..rest.len().min(LINE)];
    &rest[..rest.find_byte(b'\n').map_or(rest.len(), |end| end + 1)]
}

/// The key and the value of a line that has both.
fn pair(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = |b: u8| b == b' ' || (b'\t'..=b'\r').contains(&b);
    // as a C string, a line ends at its first NUL
    let line = &line[..line.find_byte(0).unwrap_or(line.len())];
    if line.first().is_none_or(|b| *b == b'#' || space(*b)) {
        return None;
    }
    let mut words = line.splitn(2, |b| space(*b));
    let (key, rest) = (words.next()?, words.next()?);
    let rest = &rest[rest.iter().take_while(|b| space(**b)).count()..];
    let value = rest.split(|b| space(*b)).next().unwrap_or_default();
    (!value.is_empty()).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values() {
        let text = b"# no\n a b\nkey\t value more\nempty\nkey second\nempty full\nlast v";
        let table = Table::new(text.as_slice().into());
        let get = |key: &str| table.get(key.as_bytes()).map(|v| v.to_str_lossy().into_owned());
        assert_eq!(get("key"), Some("value".into()));
        assert_eq!((get("empty"), get("last"), get("a")), (Some("full".into()), Some("v".into()), None));
        assert!(Table::new(b"".as_slice().into()).get(b"").is_none());
    }

    #[test]
    fn a_line_is_read_in_pieces() {
        let text = [&b"k ".repeat(512)[..], b"next value\nafter x\n"].concat();
        let table = Table::new(text.as_slice().into());
        assert_eq!(
            (table.get(b"k"), table.get(b"next"), table.get(b"after")),
            (Some(&b"k"[..]), Some(&b"value"[..]), Some(&b"x"[..]))
        );
    }

    #[test]
    fn many_keys() {
        let text: String = (0..5000).map(|i| format!("key{i} value{i}\n")).collect();
        let table = Table::new(text.as_bytes().into());
        assert!((0..5000).all(|i| table.get(format!("key{i}").as_bytes()) == Some(format!("value{i}").as_bytes())));
        assert_eq!(table.get(b"key5000"), None);
    }
}
