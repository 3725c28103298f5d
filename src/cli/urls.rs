//! The lines of a file of URLs, and the requests that they stand for.

use super::{Failure, failure};
use crate::limits::URLS_BYTES;
use crate::report::paint::{clean, fit};
use crate::run::Run;
use crate::server::asked::Request;
use crate::suite::RequestSpec;
use crate::url::split_url;
use crate::vfs::bounded;
use crate::vfs::open;
use bstr::ByteSlice;
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Servers that a thread keeps a request for.
const SERVERS_KEPT: usize = 1 << 12;

/// Lines that are looked at to see whether they are those of a log.
const LOOKED_AT: usize = 1000;

/// Lines that are worked on at a time.
const PIECE_LINES: usize = 512;

/// Bytes that are worked on at a time, but for a single line that is longer.
const PIECE_BYTES: usize = 1 << 18;

/// One URL a line, a method before it where it is not GET.
pub(super) struct Urls {
    text: Vec<u8>,
}

impl Urls {
    /// Reads a file (`-`: standard input).
    pub(super) fn read(path: &Path) -> Result<Urls, Failure> {
        let (name, text) = if path == Path::new("-") {
            ("standard input".into(), bounded::stream(std::io::stdin().lock(), URLS_BYTES))
        } else {
            (format!("`{}`", path.display()), bounded::read_most(path, URLS_BYTES))
        };
        let text = text.and_then(|text| bounded::check_lines(&text).map(|()| text));
        let text = text.or_else(|e| failure(format!("can't read {name}: {}", open::why(&e, URLS_BYTES))))?;
        let urls = Urls { text };
        if let Some((number, line)) = urls.numbered().take(LOOKED_AT).find(|(_, line)| is_logged(line)) {
            let line = String::from_utf8_lossy(line).into_owned();
            return failure(format!(
                "line {number} of {name} is a line of an access log, and no URL: `{}`; take the requests out of it: \
                 `cut -d'\"' -f2 FILE | cut -d' ' -f1,2`",
                fit(&clean(line), 60)
            ));
        }
        Ok(urls)
    }

    /// The lines, but empty ones, without white space around.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        lines(&self.text)
    }

    /// The lines with their numbers, from 1.
    fn numbered(&self) -> impl Iterator<Item = (usize, &[u8])> {
        bounded::lines(&self.text).enumerate().map(|(i, line)| (i + 1, trimmed(line)))
    }

    /// The text in pieces that end with a line.
    pub(super) fn pieces(&self) -> Vec<&[u8]> {
        let mut pieces = Vec::new();
        let mut rest = self.text.as_slice();
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(piece_end(rest));
            pieces.push(piece);
            rest = behind;
        }
        pieces
    }
}

/// The lines of a piece, but empty ones, without white space around.
pub(super) fn lines(piece: &[u8]) -> impl Iterator<Item = &[u8]> {
    bounded::lines(piece).map(trimmed).filter(|l| !l.is_empty())
}

/// A line without white space around. (Most have none, and finding that out is dear where it may be any of Unicode.)
fn trimmed(line: &[u8]) -> &[u8] {
    let is_plain = |b: Option<&u8>| b.is_some_and(u8::is_ascii_graphic);
    if is_plain(line.first()) && is_plain(line.last()) { line } else { line.trim() }
}

/// Whether it looks like a line of an access log: an address first, a time in brackets, a quoted request.
fn is_logged(line: &[u8]) -> bool {
    let first = line.split(|b| *b == b' ').next().unwrap_or_default();
    let is_client = !first.is_empty() && !first.contains(&b'/') && first.iter().any(|b| matches!(b, b'.' | b':'));
    is_client && [&b" ["[..], b"] \"", b" HTTP/"].iter().all(|part| line.contains_str(part))
}

/// A line as text.
pub(super) fn text(line: &[u8]) -> Cow<'_, str> {
    line.to_str_lossy()
}

/// Where a piece at the beginning of `text` ends.
fn piece_end(text: &[u8]) -> usize {
    let mut end = 0;
    for line in text.lines_with_terminator().take(PIECE_LINES) {
        if end > 0 && end + line.len() > PIECE_BYTES {
            break;
        }
        end += line.len();
    }
    end
}

/// A request for each port that the lines name.
pub(super) fn of_each_port<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Vec<RequestSpec> {
    let mut by_port: BTreeMap<u16, Cow<'_, str>> = BTreeMap::new();
    for line in lines.map(text) {
        by_port.entry(split_url(request(&line).1).port).or_insert(line);
    }
    by_port.values().map(|line| spec(line, &RequestSpec::default())).collect()
}

/// A line's method, where it has one, and its URL.
fn request(line: &str) -> (Option<&str>, &str) {
    let method = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    match line.split_once(' ') {
        Some((word, url)) if method(word) => (Some(word), url.trim_start()),
        _ => (None, line),
    }
}

/// The request for a line; what it doesn't say is as in `like`.
fn spec(line: &str, like: &RequestSpec) -> RequestSpec {
    let (method, url) = request(line);
    RequestSpec { method: method.unwrap_or(&like.method).into(), url: url.into(), ..like.clone() }
}

/// Asks a run what becomes of lines. What requests to one server have in common is made once.
pub(super) struct Asker<'s> {
    run: &'s Run,
    /// Whether connections come in where the configuration would have them.
    real: bool,
    /// What lines don't say.
    like: &'s RequestSpec,
    /// A request to each server that was asked, and where it is.
    asks: Vec<Request>,
    by_server: HashMap<Box<str>, usize, RandomState>,
}

impl<'s> Asker<'s> {
    /// Asks `run`.
    pub(super) fn new(run: &'s Run, real: bool, like: &'s RequestSpec) -> Asker<'s> {
        Asker { run, real, like, asks: Vec::new(), by_server: HashMap::default() }
    }

    /// The request that a line stands for: what `explain` would ask.
    pub(super) fn ask(&mut self, line: &str) -> &Request {
        let (method, url) = request(line);
        let target = split_url(url).target;
        let server = url.strip_suffix(target).unwrap_or(url);
        let place = match self.by_server.get(server) {
            Some(place) => *place,
            None => self.add(line, server),
        };
        let ask = &mut self.asks[place];
        ask.point_at(method.unwrap_or(&self.like.method), url, target);
        ask
    }

    fn add(&mut self, line: &str, server: &str) -> usize {
        if self.asks.len() >= SERVERS_KEPT {
            self.asks.clear();
            self.by_server.clear();
        }
        let mut spec = spec(line, self.like);
        if self.real {
            self.run.place(&mut spec);
        }
        let number = self.asks.len();
        self.asks.push(Request::of(&spec, 0));
        self.by_server.insert(server.into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_urls() {
        for (line, want) in [
            ("/a", (None, "/a")),
            ("POST  /a b", (Some("POST"), "/a b")),
            ("M-SEARCH *", (Some("M-SEARCH"), "*")),
            ("/a b", (None, "/a b")),
            ("post /a", (None, "post /a")),
        ] {
            assert_eq!(request(line), want, "{line}");
        }
    }

    #[test]
    fn pieces_are_the_whole() {
        let long = "x".repeat(PIECE_BYTES);
        let text = format!("{}{long}\n/a \n\r\n{long}{long}\n/b", "/short\n".repeat(PIECE_LINES + 3));
        let urls = Urls { text: text.clone().into() };
        let pieces = urls.pieces();
        assert_eq!(pieces.concat(), text.as_bytes());
        assert!(pieces.iter().all(|p| p.len() <= PIECE_BYTES || lines(p).count() == 1));
        assert_eq!(pieces.iter().flat_map(|p| lines(p)).collect::<Vec<_>>(), urls.lines().collect::<Vec<_>>());
        assert_eq!(urls.lines().count(), PIECE_LINES + 3 + 4);
    }

    #[test]
    fn requests_are_those_of_their_own() {
        let site = crate::site::Site::builder("").build().expect("it is empty");
        let run = site.start().expect("httpd starts");
        let like = RequestSpec::default();
        let mut asker = Asker::new(&run, false, &like);
        for line in [
            "/a",
            "POST /b?c",
            "http://x",
            "http://x/",
            "https://x/",
            "http://x:81/a",
            "http://x:81?q",
            "http:///",
            "/a",
            "*",
            "http://",
            "x",
        ] {
            let own = Request::of(&spec(line, &like), 0);
            assert_eq!(*asker.ask(line), own, "{line}");
        }
    }
}
