//! Looking up a key in a database file: `apr_dbm_open_ex` and `apr_dbm_fetch`, as httpd's modules call them.

use super::request::Request;
use super::setting::{Set, without};
use super::settings::Settings;
use crate::dbm::{self, Unknown};
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// A database that directives name: its file, and its type. Modules have no merge rule for them: the innermost section that sets
/// either sets both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// AuthDBMUserFile, AuthDBMGroupFile.
    pub file: Option<Set<BString>>,
    /// AuthDBMType, AuthzDBMType.
    pub kind: Option<Set<BString>>,
}

impl Settings for Named {}

impl Named {
    /// The places of the settings.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        self.file.iter().chain(&self.kind).map(|s| s.span)
    }

    /// The line that names the file.
    pub(crate) fn span(&self) -> Span {
        self.file.as_ref().map_or(Span::NONE, |s| s.span)
    }

    /// The type, without a line.
    pub(crate) fn kind(&self, skip: Option<Span>) -> BString {
        without(&self.kind, skip).cloned().unwrap_or_else(|| DEFAULT.into())
    }
}

/// The type of a database whose type is not said.
pub(crate) const DEFAULT: &str = "default";

/// The file can't be opened, or not as that type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

/// The value of a key in a file of a type (`SDBM`, `DB`, `GDBM`, `default`), which a directive names. What is not read here
/// has no value, and is a caveat.
pub(crate) fn fetch(
    r: &mut Request<'_>,
    (kind, path): (&[u8], &[u8]),
    key: &[u8],
    span: Span,
) -> Result<Option<BString>, Unopened> {
    match kind.to_ascii_lowercase().as_slice() {
        b"sdbm" => {
            let part = |end: &str| [path, end.as_bytes()].concat();
            let dir = r.read_file(&part(".dir"), Some(span)).map_err(|_| Unopened)?;
            let pag = r.read_file(&part(".pag"), Some(span)).map_err(|_| Unopened)?;
            Ok(dbm::sdbm(&dir, &pag, key))
        }
        kind @ (b"default" | b"db") => {
            let file = r.read_file(path, Some(span)).map_err(|_| Unopened)?;
            if !r.engine.budget.take_steps(file.len() as u64 / 16) {
                return Ok(None);
            }
            match dbm::berkeley(&file, key) {
                Ok(found) => Ok(found),
                Err(Unknown::Kind) if kind == b"db" => Err(Unopened),
                Err(_) => Ok(unread(r, path, span)),
            }
        }
        b"gdbm" | b"ndbm" | b"lmdb" => {
            r.engine.access(path, crate::vfs::R).map_err(|_| Unopened)?;
            Ok(unread(r, path, span))
        }
        _ => Err(Unopened),
    }
}

fn unread(r: &mut Request<'_>, path: &[u8], span: Span) -> Option<BString> {
    let name = r.engine.server.sources.directive_name(span);
    let why = format!("the database {} is of a kind that is not read here: no key is found in it", path.as_bstr());
    r.caveat(&name, span, why);
    None
}
