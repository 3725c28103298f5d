//! Look-ups in a RewriteMap: `lookup_map` (mod_rewrite.c). Texts, database files and internal functions are looked up;
//! programs and SQL databases are not asked.

use super::table::Table;
use crate::limits;
use crate::outcome::Decision;
use crate::phase::Phase;
use crate::server::dbm;
use crate::server::doubts::Alike;
use crate::server::request::Request;
use crate::server::uri::{self, Slashes};
use crate::source::Span;
use crate::vfs::{Cred, Errno, Vfs, resolve};
use bstr::BString;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// httpd's own functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
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
pub(crate) enum Kind {
    /// A text file.
    Text,
    /// A text file with alternatives, one of which is drawn.
    Random,
    /// A database file, of that type.
    Dbm(BString),
    /// A function.
    Function(Function),
    /// A program or a database.
    Outside(&'static str),
}

/// A file's content, once it was needed; all maps of the file have the same.
type Content = Arc<OnceLock<Table>>;

/// The files that maps are in, while a configuration is read.
#[derive(Default)]
pub(crate) struct Files {
    known: HashMap<BString, Content>,
    bytes: u64,
}

impl Files {
    /// A file's content, to be read when it is needed; none where all of them come to too much with it.
    pub(crate) fn content(&mut self, vfs: &dyn Vfs, file: &BString) -> Option<Content> {
        if let Some(known) = self.known.get(file) {
            return Some(known.clone());
        }
        let size = resolve::stat(vfs, &Cred::root(), file).map_or(0, |s| s.size);
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > limits::MAP_BYTES {
            self.bytes -= size;
            return None;
        }
        Some(self.known.entry(file.clone()).or_default().clone())
    }
}

/// A RewriteMap.
#[derive(Debug)]
pub(crate) struct Map {
    /// Its place.
    pub span: Span,
    /// Its kind.
    pub kind: Kind,
    /// Its file.
    pub file: BString,
    /// The file's content; none where there is no file, or it is too large.
    pub content: Option<Content>,
}

/// The value of a key; `None` where there is none.
pub(super) fn lookup(r: &mut Request<'_>, phase: Phase, name: &BString, key: BString) -> Option<BString> {
    let server = r.server.settings.rewrite.as_deref()?;
    let map = server.maps.get(name)?;
    if r.engine.doubts.is_without(map.span) {
        return None;
    }
    r.engine.doubt(Decision::new(phase, map.span), Alike::Any);
    match &map.kind {
        Kind::Function(f) => Some(function(*f, key)),
        Kind::Text => text(r, map, &key),
        Kind::Dbm(kind) => database(r, map, kind, &key),
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

/// `lookup_map_dbmfile`
fn database(r: &mut Request<'_>, map: &Map, kind: &BString, key: &BString) -> Option<BString> {
    match dbm::fetch(r, (kind, &map.file), key, map.span) {
        Ok(value) => value.filter(|v| !v.is_empty()),
        Err(dbm::Unopened) => {
            r.error_by("AH00656", format!("mod_rewrite: can't open DBM RewriteMap {}", map.file), Some(map.span));
            None
        }
    }
}

fn text(r: &mut Request<'_>, map: &Map, key: &BString) -> Option<BString> {
    let Ok(stat) = r.engine.stat(&map.file) else {
        r.error_by("AH00661", format!("mod_rewrite: can't access text RewriteMap file {}", map.file), Some(map.span));
        return None;
    };
    let Some(content) = &map.content else {
        if stat.size > limits::FILE_BYTES {
            r.unread(&map.file, Errno::TooLarge, Some(map.span));
        } else {
            let most = limits::bytes(limits::MAP_BYTES);
            r.caveat("RewriteMap", map.span, format!("its file is not read: those of all maps hold more than {most}"));
        }
        return None;
    };
    if content.get().is_none() {
        let found = r.engine.read(&map.file);
        if let Err(errno) = found {
            r.unread(&map.file, errno, Some(map.span));
        }
        match found {
            Ok(text) => {
                content.get_or_init(|| Table::new(text));
            }
            Err(_) => {
                let message = format!("mod_rewrite: can't open text RewriteMap file {}", map.file);
                r.error_by("AH00655", message, Some(map.span));
                return None;
            }
        }
    }
    content.get()?.get(key).map(BString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions() {
        assert_eq!(function(Function::Unescape, "a%20b%2fc%zz".into()), "a b/c%zz");
    }
}
