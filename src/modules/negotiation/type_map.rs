//! Type maps: files that list variants, in `read_type_map` of mod_negotiation.c.

use super::accept;
use super::variant::Variant;
use crate::conf::args::{is_space, token};
use crate::filepath;
use crate::server::request::Request;
use crate::vfs::Errno;
use bstr::{BString, ByteSlice};

/// The longest line, and the longest content, that a map can hold: MAX_STRING_LEN.
const LONGEST: usize = 8192;

/// Reads the type map at `path` for a request.
///
/// # Errors
/// The status that the request ends with; the log has the reason.
pub(super) fn read<'a>(r: &mut Request<'a>, path: &BString) -> Result<Vec<Variant<'a>>, u16> {
    let content = r.read_file(path, None);
    let content = match content {
        Ok(content) => content,
        // what can be opened but not read is an empty map
        Err(Errno::Io) => return Ok(Vec::new()),
        Err(e) => {
            r.error("AH00683", format!("cannot access type map file: {path}"));
            return Err(if matches!(e, Errno::NotFound | Errno::NotDirectory) { 404 } else { 403 });
        }
    };
    let mut map = Reader { text: &content };
    let mut variants = Vec::new();
    let mut variant = Variant::default();
    let mut has_content = false;
    loop {
        let line = match map.header() {
            Line::Header(line) => line,
            end => {
                let done = std::mem::take(&mut variant);
                if !done.file_name.is_empty() && has_content {
                    variants.push(done);
                }
                has_content = false;
                if matches!(end, Line::End) {
                    break;
                }
                continue;
            }
        };
        let (name, body) = split(r, &line)?;
        let mut body = body.as_slice();
        match name.as_slice() {
            b"uri" => variant.file_name = token(&mut body, false),
            b"content-type" => {
                variant.set_type(accept::item(&mut body));
                has_content = true;
            }
            b"content-length" => {
                let word = token(&mut body, false);
                let Some(length) = length(&word) else {
                    let file = r.filename_str();
                    r.error(
                        "AH00684",
                        format!("Parse error in type map, Content-Length: '{word}' in {file} is invalid."),
                    );
                    break;
                };
                variant.bytes = Some(length);
                has_content = true;
            }
            b"content-language" => {
                variant.languages = accept::languages(body);
                has_content = true;
            }
            b"content-encoding" => {
                variant.encoding = Some(token(&mut body, false));
                has_content = true;
            }
            b"body" => {
                let tag = body.trim_ascii_end();
                let Some(length) = map.body(tag) else {
                    let (file, tag) = (r.filename_str(), tag.as_bstr());
                    let why =
                        format!("Syntax error in type map, no end tag '{tag}' found in {file} for Body: content.");
                    r.error("AH00685", why);
                    break;
                };
                variant.body = true;
                variant.bytes = Some(length as u64);
                variant.file_name = filepath::basename(path).into();
            }
            _ => {}
        }
    }
    Ok(variants)
}

fn length(word: &[u8]) -> Option<u64> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    word.to_str().ok()?.parse::<i64>().ok().map(|n| n as u64)
}

/// A header's name in lower case and its body without comments: `lcase_header_name_return_body`,
/// `strip_paren_comments`. A line that is none is an error of the server's.
fn split(r: &mut Request<'_>, line: &[u8]) -> Result<(BString, BString), u16> {
    let file = r.filename_str();
    let Some(colon) = line.find_byte(b':') else {
        let line = line.as_bstr();
        r.error("AH00681", format!("Syntax error in type map, no ':' in {file} for header {line}"));
        return Err(500);
    };
    let name = line[..colon].to_ascii_lowercase();
    let body = line[colon + 1..].trim_ascii_start();
    if body.is_empty() {
        let name = name.as_bstr();
        r.error("AH00682", format!("Syntax error in type map --- no header body: {name} for {file}"));
        return Err(500);
    }
    let mut comment = false;
    let blanked = body.iter().map(|&b| {
        comment |= b == b'(';
        let shown = if comment { b' ' } else { b };
        comment &= b != b')';
        shown
    });
    Ok((name.into(), blanked.collect::<Vec<u8>>().into()))
}

/// What stands next in a map.
enum Line {
    Header(Vec<u8>),
    Blank,
    End,
}

struct Reader<'t> {
    text: &'t [u8],
}

impl Reader<'_> {
    /// A line with its line feed, cut where it is too long.
    fn line(&mut self) -> Option<Vec<u8>> {
        if self.text.is_empty() {
            return None;
        }
        let end = self.text.find_byte(b'\n').map_or(self.text.len(), |i| i + 1).min(LONGEST - 1);
        let (line, rest) = self.text.split_at(end);
        self.text = rest;
        Some(line.into())
    }

    /// `get_header_line`: a header with the lines that continue it, comments left out.
    fn header(&mut self) -> Line {
        let mut line = loop {
            match self.line() {
                None => return Line::End,
                Some(l) if l.starts_with(b"#") => {}
                Some(l) => break l,
            }
        };
        if line.iter().all(|b| is_space(*b)) {
            return Line::Blank;
        }
        if line.get(..5).is_some_and(|l| l.eq_ignore_ascii_case(b"body:")) {
            return Line::Header(line);
        }
        while let Some(&b) = self.text.first() {
            if b == b'#' {
                let end = self.text.find_byte(b'\n').map_or(self.text.len(), |i| i + 1);
                self.text = &self.text[end..];
            } else if is_space(b) {
                let blank = self.text.iter().take_while(|b| is_space(**b) && **b != b'\n').count();
                self.text = &self.text[blank..];
                if self.text.first().is_none_or(|b| *b == b'\n') {
                    break;
                }
                let end = self.text.find_byte(b'\n').unwrap_or(self.text.len());
                line.extend_from_slice(&self.text[..end.min(LONGEST.saturating_sub(line.len() + 2))]);
                line.push(b'\n');
                self.text = self.text.get(end + 1..).unwrap_or_default();
            } else {
                break;
            }
        }
        Line::Header(line)
    }

    /// `get_body`: the length of the content up to its end tag, which is passed over with the rest of its line.
    fn body(&mut self, tag: &[u8]) -> Option<usize> {
        let window = &self.text[..self.text.len().min(LONGEST - 1)];
        let length = window.find(tag).filter(|_| !window.is_empty())?;
        let after = length + tag.len();
        let skip = window[after..].find_byte(b'\n').map_or(window.len(), |i| after + i + 1);
        self.text = &self.text[skip..];
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_continue_and_skip_comments() {
        let mut map =
            Reader { text: b"# a comment\nURI: x\n  y\n# another\nContent-Type: z\n \n\nBody:----\nab\n----\nend" };
        let mut seen = Vec::new();
        loop {
            match map.header() {
                Line::Header(l) if l.starts_with(b"Body:") => seen.push(format!("body {:?}", map.body(b"----"))),
                Line::Header(l) => seen.push(l.as_bstr().to_string()),
                Line::Blank => seen.push("-".into()),
                Line::End => break,
            }
        }
        assert_eq!(seen, ["URI: x\ny\n", "Content-Type: z\n", "-", "-", "body Some(3)", "end"]);
    }
}
