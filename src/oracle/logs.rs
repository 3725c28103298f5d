//! httpd's logs, read as they grow.

use super::answer::LogLine;
use super::wrapper::regex;
use bstr::ByteSlice;
use regex::bytes::Regex;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file that is written by someone else.
pub(super) struct Tail {
    path: PathBuf,
    read: u64,
}

impl Tail {
    /// From the file's beginning.
    pub(super) fn new(path: &Path) -> Tail {
        Tail { path: path.into(), read: 0 }
    }

    /// The whole lines that came since, or nothing.
    pub(super) fn lines(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let Ok(mut file) = std::fs::File::open(&self.path) else { return bytes };
        if file.seek(SeekFrom::Start(self.read)).is_ok() {
            let _ = file.read_to_end(&mut bytes);
        }
        let whole = bytes.rfind_byte(b'\n').map_or(0, |i| i + 1);
        bytes.truncate(whole);
        self.read += whole as u64;
        bytes
    }
}

/// What the access log says of a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// `%>R`
    pub handler: Option<String>,
    /// `%v`
    pub vhost: Option<String>,
    /// `%f`
    pub file: Option<String>,
}

/// Reads a line of the access log.
pub(super) fn entry(line: &[u8]) -> Entry {
    let mut fields = line
        .split(|&b| b == b'\t')
        .skip(1)
        .map(|f| Some(String::from_utf8_lossy(&unescaped(f)).into_owned()).filter(|f| !f.is_empty() && f != "-"));
    let mut next = || fields.next().flatten();
    Entry { handler: next(), vhost: next(), file: next() }
}

/// Undoes `ap_escape_logitem`.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&b, after)) = rest.split_first() {
        rest = after;
        let (true, Some((&kind, after))) = (b == b'\\', after.split_first()) else {
            out.push(b);
            continue;
        };
        rest = after;
        out.push(match kind {
            b'b' => 8,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            b'x' => {
                let hex = after.get(..2).and_then(|h| u8::from_str_radix(h.to_str().ok()?, 16).ok());
                rest = hex.and(after.get(2..)).unwrap_or(after);
                hex.unwrap_or(kind)
            }
            other => other,
        });
    }
    out
}

/// Reads lines of the error log; those of its start and end are left out.
pub(super) fn error_lines(text: &[u8]) -> Vec<LogLine> {
    static LINE: LazyLock<Regex> = LazyLock::new(|| regex(r"^\[(\w+)\] (.*)$"));
    static CODE: LazyLock<Regex> = LazyLock::new(|| regex(r"AH\d{5}"));
    let mut found = Vec::new();
    for line in text.lines() {
        let Some(parts) = LINE.captures(line) else { continue };
        let code = CODE.find(&parts[2]).map_or("", |m| m.as_bytes().to_str().unwrap_or(""));
        if !matches!(code, "AH00163" | "AH00164" | "AH00094") {
            let level = parts[1].to_str_lossy().into_owned();
            // `file(line): error: ` tells of httpd's own source
            let said = parts[2].to_str_lossy();
            let said = said.split_once("): ").filter(|(f, _)| !f.contains(' ')).map_or(&*said, |(_, s)| s);
            let said = said.trim_start_matches([':', '-', ' ']);
            found.push(LogLine { level, code: code.into(), text: said.into() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let e = entry(br"403	-	local\x22host	/srv/\xff\tx");
        assert_eq!(
            e,
            Entry { handler: None, vhost: Some("local\"host".into()), file: Some("/srv/\u{fffd}\tx".into()) }
        );
        let lines =
            error_lines(b"[error] mod_authz_core.c(879): : AH01630: client denied\n[notice] : : AH00163: on\nx\n");
        assert_eq!(lines.len(), 1);
        assert_eq!((&*lines[0].code, &*lines[0].text), ("AH01630", "AH01630: client denied"));
        assert_eq!(unescaped(br"\x4"), b"x4");
    }
}
