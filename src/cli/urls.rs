//! The lines of a file of URLs, and the requests that they stand for.

use super::explain::place;
use super::{Failure, failure, machine};
use crate::simulate::{Ask, Simulator};
use crate::suite::{RequestSpec, bounded, split_url};
use bstr::ByteSlice;
use foldhash::fast::RandomState;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Servers that a thread keeps a request for.
const SERVERS_KEPT: usize = 1 << 12;

/// One URL a line, a method before it where it is not GET.
pub struct Urls {
    text: String,
}

impl Urls {
    /// Reads a file (`-`: standard input).
    pub fn read(path: &Path) -> Result<Urls, Failure> {
        let mut text = Vec::new();
        let line = |line: &[u8]| {
            text.extend_from_slice(line);
            text.push(b'\n');
        };
        if path == Path::new("-") {
            let from = std::io::stdin().lock();
            bounded::lines(from, line).or_else(|e| failure(format!("can't read standard input: {e}")))?;
        } else {
            let content = machine::read(path)?;
            let long = |e| failure(format!("can't read `{}`: {e}", path.display()));
            bounded::lines(content.as_slice(), line).or_else(long)?;
        }
        let text = String::from_utf8(text).unwrap_or_else(|e| e.as_bytes().to_str_lossy().into_owned());
        Ok(Urls { text })
    }

    /// The lines, but empty ones, without white space around.
    pub fn lines(&self) -> Vec<&str> {
        self.text.lines().map(str::trim).filter(|l| !l.is_empty()).collect()
    }
}

/// A request for each port that the lines name.
pub fn of_each_port(lines: &[&str]) -> Vec<RequestSpec> {
    let mut by_port: BTreeMap<u16, &str> = BTreeMap::new();
    for line in lines {
        by_port.entry(split_url(request(line).1).port).or_insert(line);
    }
    by_port.into_values().map(spec).collect()
}

/// A line's method and URL.
fn request(line: &str) -> (&str, &str) {
    let method = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    match line.split_once(' ') {
        Some((word, url)) if method(word) => (word, url.trim_start()),
        _ => ("GET", line),
    }
}

fn spec(line: &str) -> RequestSpec {
    let (method, url) = request(line);
    RequestSpec { method: method.into(), url: url.into(), ..RequestSpec::default() }
}

/// Asks a simulator what becomes of lines. What requests to one server have in common is made once.
pub struct Asker<'s> {
    simulator: &'s Simulator,
    /// Whether connections come in where the configuration would have them.
    real: bool,
    /// A request to each server that was asked, and where it is.
    asks: Vec<Ask>,
    by_server: HashMap<Box<str>, usize, RandomState>,
}

impl<'s> Asker<'s> {
    /// Asks `simulator`.
    pub fn new(simulator: &'s Simulator, real: bool) -> Asker<'s> {
        Asker { simulator, real, asks: Vec::new(), by_server: HashMap::default() }
    }

    /// The request that a line stands for: what `explain` would ask.
    pub fn ask(&mut self, line: &str) -> &Ask {
        let (method, url) = request(line);
        let target = split_url(url).target;
        let server = url.strip_suffix(target).unwrap_or(url);
        let place = match self.by_server.get(server) {
            Some(place) => *place,
            None => self.add(line, server),
        };
        let ask = &mut self.asks[place];
        ask.point_at(method, url, target);
        ask
    }

    fn add(&mut self, line: &str, server: &str) -> usize {
        if self.asks.len() >= SERVERS_KEPT {
            self.asks.clear();
            self.by_server.clear();
        }
        let mut spec = spec(line);
        if self.real {
            place(&mut spec, self.simulator);
        }
        let number = self.asks.len();
        self.asks.push(Ask::of(&spec, 0));
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
            ("/a", ("GET", "/a")),
            ("POST  /a b", ("POST", "/a b")),
            ("M-SEARCH *", ("M-SEARCH", "*")),
            ("/a b", ("GET", "/a b")),
            ("post /a", ("GET", "post /a")),
        ] {
            assert_eq!(request(line), want, "{line}");
        }
    }

    #[test]
    fn requests_are_those_of_their_own() {
        let (simulator, _) = crate::simulate::scenario(&crate::suite::Scenario::default()).expect("it is empty");
        let simulator = simulator.expect("httpd starts");
        let mut asker = Asker::new(&simulator, false);
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
            let own = Ask::of(&spec(line), 0);
            assert_eq!(*asker.ask(line), own, "{line}");
        }
    }
}
