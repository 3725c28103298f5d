//! Cookies that answers set, as a browser keeps and sends them (RFC 6265, 5.2 to 5.4).
//!
//! There is no clock: a cookie is over with `Max-Age` of 0 or less, or with `Expires` in the last century, which is how
//! servers delete one; any other is taken to last.

use crate::date;
use bstr::{BStr, BString, ByteSlice};

/// The seconds from 1970 to 2000.
const LAST_CENTURY: i64 = 946_684_800;

/// What is kept.
#[derive(Default)]
pub(super) struct Jar(Vec<Cookie>);

struct Cookie {
    name: BString,
    value: BString,
    domain: String,
    /// Whether hosts below the domain don't get it.
    host_only: bool,
    path: BString,
    secure: bool,
}

impl Jar {
    /// What the first request sends by itself: cookies of its host.
    pub(super) fn of(sent: Option<&BStr>, host: &str) -> Jar {
        let mut jar = Jar::default();
        for pair in sent.iter().flat_map(|sent| sent.split_str(";")) {
            jar.set(&[pair, b"; Path=/"].concat(), host, "/", true);
        }
        jar
    }

    /// Takes what a `Set-Cookie` line of an answer says.
    pub(super) fn set(&mut self, line: &[u8], host: &str, path: &str, https: bool) {
        let mut parts = line.split_str(";");
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once_str("=")) else { return };
        let mut cookie = Cookie {
            name: name.trim().into(),
            value: value.trim().into(),
            domain: host.to_ascii_lowercase(),
            host_only: true,
            path: path[..path.rfind('/').filter(|at| *at > 0).unwrap_or(0)].into(),
            secure: false,
        };
        let mut over = false;
        for part in parts {
            let (name, value) = part.split_once_str("=").unwrap_or((part, b""));
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_slice() {
                b"domain" if !value.is_empty() => {
                    let domain = value.strip_prefix(b".").unwrap_or(value).to_str_lossy().to_ascii_lowercase();
                    (cookie.domain, cookie.host_only) = (domain, false);
                }
                b"path" if value.starts_with(b"/") => cookie.path = value.into(),
                b"secure" => cookie.secure = true,
                b"max-age" => over = value.starts_with(b"-") || !value.is_empty() && value.iter().all(|b| *b == b'0'),
                b"expires" => over |= (1..LAST_CENTURY).contains(&date::parse_http(value)) || is_epoch(value),
                _ => {}
            }
        }
        let host = host.to_ascii_lowercase();
        // one for other hosts, or for a whole top-level domain, is not taken; nor is a secure one that comes without TLS
        let fits = is_within(&host, &cookie.domain) && (cookie.domain.contains('.') || cookie.domain == host);
        if !fits || cookie.secure && !https {
            return;
        }
        self.0.retain(|c| (&c.name, &c.domain, &c.path) != (&cookie.name, &cookie.domain, &cookie.path));
        if !over {
            self.0.push(cookie);
        }
    }

    /// The `Cookie` header of a request; none where there is nothing to send.
    pub(super) fn header(&self, host: &str, path: &str, https: bool) -> Option<BString> {
        let host = host.to_ascii_lowercase();
        let fits = |c: &&Cookie| {
            let domain = if c.host_only { c.domain == host } else { is_within(&host, &c.domain) };
            domain && is_below(path.as_bytes(), &c.path) && (https || !c.secure)
        };
        let mut sent: Vec<&Cookie> = self.0.iter().filter(fits).collect();
        sent.sort_by_key(|c| std::cmp::Reverse(c.path.len()));
        let pairs: Vec<Vec<u8>> = sent.iter().map(|c| [&c.name[..], b"=", &c.value].concat()).collect();
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]).into())
    }
}

/// Whether it is of 1970, in whatever form: `01-Jan-1970` is none that APR reads.
fn is_epoch(value: &[u8]) -> bool {
    value.contains_str("1970")
}

/// Whether a host is a domain or below it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a path is another or below it.
fn is_below(path: &[u8], above: &[u8]) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || above.ends_with(b"/") || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_cookies_go_where() {
        let mut jar = Jar::of(Some("own=1; two=2".into()), "www.a.example");
        for line in [
            "d=1; domain=.a.example; path=/",
            "p=1; path=/x",
            "s=1; Secure; path=/",
            "no=1; domain=b.example",
            "top=1; domain=example",
            "gone=1",
            "gone=; expires=Thu, 01-Jan-1970 00:00:00 GMT",
            "two=; Max-Age=0; path=/",
        ] {
            jar.set(line.as_bytes(), "www.a.example", "/", true);
        }
        let sent = |host, path, https| jar.header(host, path, https).map(|h| h.to_string()).unwrap_or_default();
        assert_eq!(sent("www.a.example", "/", false), "own=1; d=1");
        assert_eq!(sent("WWW.a.example", "/x/y", true), "p=1; own=1; d=1; s=1");
        assert_eq!(sent("www.a.example", "/xy", true), "own=1; d=1; s=1");
        assert_eq!(sent("other.a.example", "/", true), "d=1");
        assert_eq!(sent("b.example", "/", true), "");
        jar.set(b"t=1; secure", "www.a.example", "/", false);
        assert!(!jar.header("www.a.example", "/", true).unwrap().contains_str("t=1"));
    }
}
