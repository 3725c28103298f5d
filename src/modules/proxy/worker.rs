//! Back-ends: how a URL of the configuration becomes a worker, and which worker a URL is of
//! (modules/proxy/proxy_util.c).

use super::without_socket;
use crate::pattern::begins_nocase;
use crate::server::uri;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};
use std::ops::{Deref, DerefMut};

/// What a worker's `status=` says: PROXY_WORKER_*.
pub(super) mod status {
    /// Errors don't put it out of service.
    pub(crate) const IGNORE_ERRORS: u32 = 1 << 1;
    /// Only requests that belong to it.
    pub(crate) const DRAIN: u32 = 1 << 2;
    /// About to go.
    pub(crate) const IN_SHUTDOWN: u32 = 1 << 4;
    /// Out of service.
    pub(crate) const DISABLED: u32 = 1 << 5;
    /// Out of service.
    pub(crate) const STOPPED: u32 = 1 << 6;
    /// It failed.
    pub(crate) const IN_ERROR: u32 = 1 << 7;
    /// Used when no other can be.
    pub(crate) const HOT_STANDBY: u32 = 1 << 8;
    /// A health check failed.
    pub(crate) const HC_FAIL: u32 = 1 << 10;
    /// Used in place of one that can't be.
    pub(crate) const HOT_SPARE: u32 = 1 << 11;
    /// With any of these it is not used.
    pub(crate) const NOT_USABLE: u32 = IN_SHUTDOWN | DISABLED | STOPPED | IN_ERROR | HC_FAIL;

    /// The bit of a letter.
    pub(crate) fn of(letter: u8) -> Option<u32> {
        let i = b"OINGUDSEHFCR".iter().position(|l| *l == letter.to_ascii_uppercase())?;
        Some(1 << i)
    }
}

/// A back-end: httpd's `proxy_worker`.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    /// Where it is first named.
    pub span: Span,
    /// Its URL in its normal form.
    pub name: BString,
    /// Whether `$1` and kin in the name stand for anything.
    pub matchable: bool,
    /// `route=`
    pub route: BString,
    /// `redirect=`
    pub redirect: BString,
    /// `lbset=`
    pub lbset: i64,
    /// `loadfactor=`, in hundredths.
    pub factor: i64,
    /// Bits of `status`.
    pub status: u32,
    /// `upgrade=`: the protocol, or several; `*` for any.
    pub upgrade: BString,
}

/// Which kinds of workers are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Those of ProxyPass.
    Prefix,
    /// Those of ProxyPassMatch.
    Match,
    /// Both.
    Any,
}

impl Worker {
    /// `ap_proxy_define_worker_ex`: the worker of a URL. The error is httpd's.
    pub(crate) fn define(url: &[u8], is_match: bool, span: Span) -> Result<Worker, String> {
        let bar = url.find_byte(b'|').filter(|_| begins_nocase(url, b"unix:"));
        let text: BString = bar.map_or(url, |i| &url[i + 1..]).into();
        let (text, dollars) = if is_match { take_references(text) } else { (text, BString::default()) };
        let url = url.as_bstr();
        let Some(mut parts) = uri::parse(&text) else { return Err(format!("Unable to parse URL: {url}")) };
        let absolute = || format!("URL must be absolute!: {url}");
        let scheme = match parts.scheme.take() {
            Some(s) => s,
            // a socket needs no more than a scheme
            None => match text.strip_suffix(b":") {
                Some(s) if bar.is_some() && !s.contains(&b'/') => s.into(),
                _ => return Err(absolute()),
            },
        };
        let scheme: BString = scheme.to_ascii_lowercase().into();
        let host: BString = match parts.hostname.take().filter(|h| !h.is_empty()) {
            Some(h) => h.to_ascii_lowercase().into(),
            None if bar.is_some() => "localhost".into(),
            None => return Err(absolute()),
        };
        if host.len() >= 256 {
            return Err(format!("worker hostname ({host}) too long"));
        }
        let mut name = scheme.clone();
        name.extend_from_slice(b"://");
        if let Some(user) = &parts.userinfo {
            name.extend_from_slice(user);
            name.push(b'@');
        }
        if host.contains(&b':') {
            name.extend_from_slice(&[b"[", host.as_slice(), b"]"].concat());
        } else {
            name.extend_from_slice(&host);
        }
        let default_port = super::schemes::default_port(&scheme);
        if let Some(port) = parts.port.filter(|p| *p != 0 && Some(*p) != default_port) {
            name.extend_from_slice(format!(":{port}").as_bytes());
        }
        name.extend_from_slice(&dollars);
        name.extend_from_slice(parts.path.as_deref().map_or(b"", |p| p.as_slice()));
        for (mark, part) in [(b'?', &parts.query), (b'#', &parts.fragment)] {
            if let Some(part) = part {
                name.push(mark);
                name.extend_from_slice(part);
            }
        }
        Ok(Worker {
            span,
            name,
            matchable: is_match,
            route: BString::default(),
            redirect: BString::default(),
            lbset: 0,
            factor: 100,
            status: 0,
            upgrade: BString::default(),
        })
    }

    /// `ap_proxy_worker_can_upgrade`: whether a connection may go over to a protocol.
    pub(crate) fn can_upgrade(&self, to: &[u8]) -> bool {
        let mut tokens = self.upgrade.split(|b| matches!(b, b',' | b' ' | b'\t'));
        self.upgrade == "*" || tokens.any(|token| token.eq_ignore_ascii_case(to))
    }

    /// Whether it can be used, on a server that just started: an error is forgiven then.
    pub(crate) fn usable(&self) -> bool {
        let forgiven = if self.status & status::STOPPED == 0 { status::IN_ERROR } else { 0 };
        self.status & status::NOT_USABLE & !forgiven == 0
    }
}

/// Takes `$1` and kin out of the port, where no URL has them: what is left, and what belongs in front of the path.
fn take_references(url: BString) -> (BString, BString) {
    let whole = |url| (url, BString::default());
    let Some(host) = url.find(b"://").map(|i| i + 3) else { return whole(url) };
    let Some(colon) = url[host..].find_byteset(b":/").map(|i| host + i).filter(|i| url[*i] == b':') else {
        return whole(url);
    };
    let reference = |i: usize| url.get(i) == Some(&b'$') && url.get(i + 1).is_some_and(u8::is_ascii_digit);
    let Some(at) = (colon + 1..url.len()).take_while(|i| url[*i] != b'/').find(|i| reference(*i)) else {
        return whole(url);
    };
    let path = url[at..].find_byte(b'/').map_or(url.len(), |i| at + i);
    ([&url[..at], &url[path..]].concat().into(), url[at..path].into())
}

/// Back-ends, in the order in which they are first named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workers {
    list: Vec<Worker>,
    /// Those of ProxyPass, by name; of several, the first.
    plain: BTreeMap<BString, usize>,
    /// Those of ProxyPassMatch, by what their names begin with.
    matching: BTreeMap<BString, Vec<usize>>,
}

impl Workers {
    /// Adds one: where it is.
    pub(crate) fn push(&mut self, worker: Worker) -> usize {
        let at = self.list.len();
        if worker.matchable {
            self.matching.entry(beginning(&worker.name).into()).or_default().push(at);
        } else {
            self.plain.entry(worker.name.clone()).or_insert(at);
        }
        self.list.push(worker);
        at
    }

    /// `ap_proxy_get_worker_ex`: the worker whose name covers most of a URL; of several, the first.
    pub(crate) fn find(&self, url: &[u8], sort: Sort) -> Option<usize> {
        let mut url = without_socket(url)?;
        let host = url.find(b":").filter(|c| url[*c..].starts_with(b"://") && url.len() > c + 3)? + 3;
        let path = url[host..].find_byte(b'/').map_or(url.len(), |i| host + i);
        url[..path].make_ascii_lowercase();
        let length = |at: &usize| self.list[*at].name.len();
        let plain = beginnings(&self.plain, &url).next().map(|(_, at)| *at).filter(|_| sort != Sort::Match);
        let matching = beginnings(&self.matching, &url).flat_map(|(_, all)| all).copied();
        let matching = matching.filter(|_| sort != Sort::Prefix);
        let matching = matching.filter(|at| length(at) <= url.len() && fits(&url, &self.list[*at].name) == Fit::Yes);
        let long_enough = plain.into_iter().chain(matching).filter(|at| length(at) >= path);
        long_enough.max_by_key(|at| (length(at), Reverse(*at)))
    }
}

impl Deref for Workers {
    type Target = [Worker];
    fn deref(&self) -> &[Worker] {
        &self.list
    }
}

/// To change their parameters, but not their names.
impl DerefMut for Workers {
    fn deref_mut(&mut self) -> &mut [Worker] {
        &mut self.list
    }
}

impl FromIterator<Worker> for Workers {
    fn from_iter<I: IntoIterator<Item = Worker>>(all: I) -> Workers {
        let mut workers = Workers::default();
        for worker in all {
            workers.push(worker);
        }
        workers
    }
}

/// What any URL begins with that a name with `$1` and kin fits.
fn beginning(name: &[u8]) -> &[u8] {
    let end = (0..name.len())
        .find(|i| name[*i] == b'\\' || name[*i] == b'$' && name.get(i + 1).is_some_and(u8::is_ascii_digit));
    &name[..end.unwrap_or(name.len())]
}

/// The entries whose keys `text` begins with, the longest first.
fn beginnings<'m, V>(map: &'m BTreeMap<BString, V>, text: &'m [u8]) -> impl Iterator<Item = (&'m BString, &'m V)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        loop {
            // what comes last before the text either begins it, or says how much of it any other key can have
            let within = rest?;
            let (key, value) = map.range::<BStr, _>((Unbounded, Included(within.as_bstr()))).next_back()?;
            let shared = key.iter().zip(within).take_while(|(a, b)| a == b).count();
            let whole = shared == key.len();
            rest = if whole { shared.checked_sub(1).map(|end| &within[..end]) } else { Some(&within[..shared]) };
            if whole {
                return Some((key, value));
            }
        }
    })
}

#[derive(PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Abort,
}

/// `ap_proxy_strcmp_ematch`: whether the beginning of `text` is what `pattern` says, `$n` standing for anything.
fn fits(text: &[u8], pattern: &[u8]) -> Fit {
    let (mut x, mut y) = (0, 0);
    let reference = |y: usize| pattern.get(y) == Some(&b'$') && pattern.get(y + 1).is_some_and(u8::is_ascii_digit);
    while y < pattern.len() {
        if reference(y) {
            while reference(y) {
                y += 2;
            }
            if y >= pattern.len() {
                return Fit::Yes;
            }
            while x < text.len() {
                let fit = fits(&text[x..], &pattern[y..]);
                x += 1;
                if fit != Fit::No {
                    return fit;
                }
            }
            return Fit::Abort;
        }
        let Some(&c) = text.get(x) else { return Fit::Abort };
        if pattern[y] == b'\\' {
            y += 1;
        }
        match pattern.get(y) {
            None => return Fit::Abort,
            Some(&p) if p != c => return Fit::No,
            Some(_) => {}
        }
        x += 1;
        y += 1;
    }
    Fit::Yes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn urls_name_workers() {
        for (url, is_match, want) in [
            ("HTTP://Back.Example:80/App", false, Ok("http://back.example/App")),
            ("http://127.0.0.1:9000", false, Ok("http://127.0.0.1:9000")),
            ("ajp://h:8009/x", false, Ok("ajp://h/x")),
            ("unix:/run/s|fcgi://localhost/", false, Ok("fcgi://localhost/")),
            ("http://h:81$1/x", true, Ok("http://h:81$1/x")),
            ("/x", false, Err("URL must be absolute!: /x")),
            ("http://h:x/", false, Err("Unable to parse URL: http://h:x/")),
        ] {
            let got = Worker::define(url.as_bytes(), is_match, Span::NONE).map(|w| w.name);
            assert_eq!(got, want.map(BString::from).map_err(String::from), "{url}");
        }
    }

    #[test]
    fn the_longest_name_wins() {
        let names = ["http://h/", "http://h/app/", "http://h/m/$1/z"];
        let workers: Workers =
            names.iter().map(|n| Worker::define(n.as_bytes(), n.contains('$'), Span::NONE).unwrap()).collect();
        for (url, sort, want) in [
            ("http://H/app/x", Sort::Any, Some(1)),
            ("http://h/ap", Sort::Any, Some(0)),
            ("http://h/m/a/b/z", Sort::Any, Some(2)),
            ("http://h/m/a/b/z", Sort::Prefix, Some(0)),
            ("http://h2/app/", Sort::Any, None),
        ] {
            assert_eq!(workers.find(url.as_bytes(), sort), want, "{url}");
        }
    }

    /// What finding is said to be: all names are gone through.
    fn find_slowly(workers: &Workers, url: &[u8], sort: Sort) -> Option<usize> {
        let mut best: Option<usize> = None;
        let path = url[7..].find_byte(b'/').map_or(url.len(), |i| 7 + i);
        for (i, w) in workers.iter().enumerate() {
            let n = w.name.len();
            if n > url.len() || n < path || best.is_some_and(|b| n <= workers[b].name.len()) {
                continue;
            }
            let good = match w.matchable {
                false => sort != Sort::Match && url.starts_with(&w.name),
                true => sort != Sort::Prefix && fits(url, &w.name) == Fit::Yes,
            };
            best = if good { Some(i) } else { best };
        }
        best
    }

    proptest! {
        #[test]
        fn a_worker_is_found_as_if_all_were_tried(
            names in proptest::collection::vec(("http://[ab]{1,2}(/[ab]{0,2}|/\\$1[ab]?|/a\\$2/b){0,2}", any::<bool>()), 0..12),
            urls in proptest::collection::vec("http://[ab]{1,2}(/[ab]{0,3}){0,3}", 1..8),
        ) {
            let define = |(name, matching): &(String, bool)| Worker::define(name.as_bytes(), *matching, Span::NONE).unwrap();
            let workers: Workers = names.iter().map(define).collect();
            for (url, sort) in urls.iter().flat_map(|u| [Sort::Any, Sort::Prefix, Sort::Match].map(|s| (u, s))) {
                let want = find_slowly(&workers, url.as_bytes(), sort);
                prop_assert_eq!(workers.find(url.as_bytes(), sort), want, "{} {:?}", url, sort);
            }
        }
    }
}
