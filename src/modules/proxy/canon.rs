//! Proxied URLs in their canonical form: `ap_proxy_canon_url` (modules/proxy/proxy_util.c) and the `canon_handler` of
//! each scheme's module.

use super::schemes::{self, Speaker};
use crate::filepath;
use crate::pattern::begins_nocase;
use crate::server::module::Verdict;
use crate::server::request::{ProxyReq, Request};
use crate::server::uri::{self, Slashes};
use crate::server::vhost;
use crate::version;
use bstr::{BString, ByteSlice};

/// A note: SetHandler sends the request to a back-end, or another directive that names a handler.
pub(super) const BY_HANDLER: &str = "proxy-sethandler";

/// Bad Request.
const BAD: u16 = 400;

/// `proxy_fixup`
pub(super) fn fixup(r: &mut Request<'_>) -> Verdict {
    canon_url(r)
}

/// The URL of a proxied request.
pub(super) fn proxied_url(r: &Request<'_>) -> Option<BString> {
    let url = r.filename.as_ref()?.strip_prefix(b"proxy:")?;
    (r.proxyreq != ProxyReq::None).then(|| url.into())
}

/// `ap_proxy_canon_url`: declines where no module takes the scheme.
pub(super) fn canon_url(r: &mut Request<'_>) -> Verdict {
    if proxied_url(r).is_none() {
        return Verdict::Declined;
    }
    if r.proxyreq == ProxyReq::Reverse
        && let Err(status) = take_socket(r)
    {
        return Verdict::Status(status);
    }
    let Some(url) = proxied_url(r) else { return Verdict::Declined };
    match run_canon_handler(r, &url) {
        Verdict::Ok if url.find_byte(b':').is_none_or(|i| i == 0) => Verdict::Status(BAD),
        verdict => verdict,
    }
}

/// `fixup_uds_filename`: takes the path of a socket out of the file.
fn take_socket(r: &mut Request<'_>) -> Result<(), u16> {
    let Some(url) = proxied_url(r) else { return Ok(()) };
    let Some(bar) = url.find_byte(b'|').filter(|_| begins_nocase(&url, b"unix:")) else {
        r.notes.unset("uds_path");
        return Ok(());
    };
    let (socket, origin) = (&url[5..bar], &url[bar + 1..]);
    let path = match socket.strip_prefix(b"//") {
        None => Some(socket),
        Some(rest) => rest.find_byte(b'/').filter(|i| *i == 0).map(|_| rest),
    };
    let (Some(path), Some(colon)) = (path.filter(|p| !p.is_empty()), origin.find_byte(b':')) else {
        r.error("AH10292", format!("Invalid proxy UDS filename ({})", r.filename_str()));
        r.notes.unset("uds_path");
        return Err(BAD);
    };
    r.notes.set("uds_path", path);
    let (scheme, after) = (&origin[..colon], &origin[colon + 1..]);
    let rest: Option<&[u8]> = match after {
        b"" => Some(b""),
        [b'/', b'/'] => Some(b""),
        [b'/', b'/', b'/', ..] => Some(&after[2..]),
        [b'/', b'/', ..] => None,
        [b'/', ..] => Some(after),
        _ => None,
    };
    let url: BString = match rest {
        Some(rest) => [scheme, b"://localhost", rest].concat().into(),
        None => origin.into(),
    };
    r.filename = Some([b"proxy:", url.as_slice()].concat().into());
    Ok(())
}

/// The parts of a URL's authority: `ap_proxy_canon_netloc`.
struct Netloc<'u> {
    user: Option<BString>,
    password: Option<BString>,
    host: BString,
    port: Option<u16>,
    /// What follows the slash after the authority.
    path: &'u [u8],
}

/// Takes `//user:password@host:port/path` apart. The error is httpd's.
fn netloc(url: &[u8]) -> Result<Netloc<'_>, &'static str> {
    let rest = url.strip_prefix(b"//").ok_or("Malformed URL")?;
    let (authority, path) = match rest.find_byte(b'/') {
        Some(i) => (&rest[..i], &rest[i + 1..]),
        None => (rest, &b""[..]),
    };
    let (mut user, mut password, mut host) = (None, None, authority);
    if let Some(at) = authority.rfind_byte(b'@') {
        host = &authority[at + 1..];
        let login = &authority[..at];
        let (name, secret) = match login.find_byte(b':') {
            Some(i) => (&login[..i], Some(&login[i + 1..])),
            None => (login, None),
        };
        let forced = Encode { force: true, ..Encode::new(Part::User, ProxyReq::None) };
        if let Some(secret) = secret {
            password = Some(forced.run(secret).ok_or("Bad %-escape in URL (password)")?);
        }
        user = Some(forced.run(name).ok_or("Bad %-escape in URL (username)")?);
    }
    match vhost::parse_address(host.as_bstr()) {
        Some((Some(host), port)) => {
            let host = host.to_ascii_lowercase().into();
            Ok(Netloc { user, password, host, port: (port != 0).then_some(port), path })
        }
        _ => Err("Invalid host/port"),
    }
}

impl Netloc<'_> {
    /// The host, and the port where it is not the default one.
    fn hostport(&self, default_port: u16) -> BString {
        let mut out = match self.host.contains(&b':') {
            true => [b"[", self.host.as_slice(), b"]"].concat().into(),
            false => self.host.clone(),
        };
        if let Some(port) = self.port.filter(|p| *p != default_port) {
            out.extend_from_slice(format!(":{port}").as_bytes());
        }
        out
    }
}

/// A part of a URL, each with characters of its own that need no encoding: httpd's `enum enctype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Path,
    User,
    FtpPath,
    Parameter,
}

/// `ap_proxy_canonenc_ex`
#[derive(Clone, Copy)]
struct Encode {
    part: Part,
    /// Decodes what is encoded first, whoever the request is for.
    force: bool,
    /// Leaves an encoded slash alone.
    keep_slashes: bool,
    proxyreq: ProxyReq,
}

impl Encode {
    fn new(part: Part, proxyreq: ProxyReq) -> Encode {
        Encode { part, force: false, keep_slashes: false, proxyreq }
    }

    /// Encodes; `None` for a bad escape.
    fn run(self, text: &[u8]) -> Option<BString> {
        let allowed: &[u8] = match self.part {
            Part::Path => b"~$-_.+!*'(),;:@&=",
            Part::User => b"$-_.+!*'(),;@&=",
            Part::FtpPath => b"$-_.+!*'(),?:@&=",
            Part::Parameter => b"$-_.+!*'(),?/:@&=",
        };
        let reserved: &[u8] = if self.part == Part::Path { b"/" } else { b"" };
        let forward = self.proxyreq == ProxyReq::Proxy;
        let mut out = BString::default();
        let mut i = 0;
        while let Some(&b) = text.get(i) {
            let mut ch = b;
            if reserved.contains(&ch) {
                out.push(ch);
                i += 1;
                continue;
            }
            if (self.force || self.keep_slashes || forward) && ch == b'%' {
                let hex = |i: usize| text.get(i).and_then(|b| (*b as char).to_digit(16));
                ch = (hex(i + 1)? << 4 | hex(i + 2)?) as u8;
                if reserved.contains(&ch) {
                    out.extend_from_slice(&text[i..i + 3]);
                    i += 3;
                    continue;
                }
                if self.keep_slashes && !self.force && self.proxyreq == ProxyReq::Reverse {
                    ch = b'%';
                } else {
                    i += 2;
                }
            }
            if ch.is_ascii_alphanumeric() || allowed.contains(&ch) {
                out.push(ch);
            } else {
                out.extend_from_slice(format!("%{ch:02X}").as_bytes());
            }
            i += 1;
        }
        Some(out)
    }
}

/// The codes of the lines that a scheme's module writes.
struct Codes {
    url: &'static str,
    path: &'static str,
    query: &'static str,
}

/// `proxy_run_canon_handler`
fn run_canon_handler(r: &mut Request<'_>, url: &BString) -> Verdict {
    let Some((speaker, scheme, rest)) = schemes::speaker(r, url) else { return Verdict::Declined };
    let codes = |url, path, query| Codes { url, path, query };
    let result = match speaker {
        Speaker::Http => http_like(r, scheme, rest, &codes("AH01083", "AH10415", "AH10408")),
        Speaker::Http2 => http_like(r, scheme, rest, &codes("AH03350", "AH10420", "AH10412")),
        Speaker::WebSocket => http_like(r, scheme, rest, &codes("AH02439", "AH10419", "AH10409")),
        Speaker::Ajp => http_like(r, scheme, rest, &codes("AH00867", "AH10418", "AH10406")),
        Speaker::Fcgi => fcgi(r, rest),
        Speaker::Uwsgi => program_like(r, scheme, rest, &codes("AH10097", "AH10417", ""), 3031).map(drop),
        Speaker::Scgi => scgi(r, rest),
        Speaker::Ftp => ftp(r, rest),
        Speaker::Fd => {
            let path = rest.strip_prefix(b"//").unwrap_or(rest);
            let root = r.engine.server.server_root.as_bstr();
            let path = filepath::merge(Some(root), path).unwrap_or_default();
            r.filename = Some([b"proxy:fd://", path.as_slice()].concat().into());
            Ok(())
        }
        Speaker::Balancer => balancer(r, rest),
        Speaker::Connect => Ok(()),
    };
    match result {
        Ok(()) => Verdict::Ok,
        Err(status) => Verdict::Status(status),
    }
}

fn split<'u>(r: &mut Request<'_>, url: &'u [u8], code: &'static str) -> Result<Netloc<'u>, u16> {
    netloc(url).map_err(|e| {
        r.error(code, format!("error parsing URL {}: {e}", url.as_bstr()));
        BAD
    })
}

fn noted(r: &Request<'_>, name: &str) -> bool {
    r.notes.get(name).is_some()
}

/// The path, encoded anew unless it is to stay as it is.
fn path(r: &mut Request<'_>, raw: &[u8], untouched: bool, code: &'static str) -> Result<BString, u16> {
    if !untouched {
        let core = r.core();
        let keep_slashes = core.allow_encoded_slashes
            && !core.decode_encoded_slashes
            && r.engine.server.loaded.version.has(&version::SLASHES_ONCE);
        return Encode { keep_slashes, ..Encode::new(Part::Path, r.proxyreq) }.run(raw).ok_or(BAD);
    }
    if !visible(raw) && r.has(&version::STRICT_PATH) {
        r.error(code, "To be forwarded path contains control characters or spaces");
        return Err(403);
    }
    Ok(raw.into())
}

/// The query, as it is.
fn query(r: &mut Request<'_>, code: &'static str) -> Result<Option<BString>, u16> {
    let query = r.args.clone();
    if query.as_ref().is_some_and(|q| !visible(q)) && r.has(&version::STRICT_QUERY) {
        r.error(code, "To be forwarded query string contains control characters or spaces");
        return Err(403);
    }
    Ok(query)
}

/// `ap_scan_vchar_obstext` finds nothing: no spaces, no control characters.
fn visible(text: &[u8]) -> bool {
    text.iter().all(|b| *b > b' ' && *b != 0x7f)
}

/// Schemes whose URLs have a query.
fn http_like(r: &mut Request<'_>, scheme: &str, url: &[u8], codes: &Codes) -> Result<(), u16> {
    let n = split(r, url, codes.url)?;
    let forward = r.proxyreq == ProxyReq::Proxy && scheme != "ajp" && codes.url != "AH02439";
    let nocanon = noted(r, "proxy-nocanon");
    let path = path(r, n.path, forward || nocanon || noted(r, "proxy-noencode"), codes.path)?;
    let query = if forward || nocanon { None } else { query(r, codes.query)? };
    let host = n.hostport(schemes::default_port(scheme.as_bytes()).unwrap_or_default());
    let mut file = BString::from(format!("proxy:{scheme}://{host}/{path}"));
    if !n.path.is_ascii() || !host.is_ascii() {
        // text formatting would spoil bytes that are no UTF-8
        file = [b"proxy:", scheme.as_bytes(), b"://", host.as_slice(), b"/", path.as_slice()].concat().into();
    }
    if let Some(query) = query {
        file.push(b'?');
        file.extend_from_slice(&query);
    }
    r.filename = Some(file);
    Ok(())
}

/// Schemes whose URLs have none; the path as it was put into the file.
fn program_like(r: &mut Request<'_>, scheme: &str, url: &[u8], codes: &Codes, port: u16) -> Result<BString, u16> {
    let n = split(r, url, codes.url)?;
    let untouched = scheme != "scgi" && (noted(r, "proxy-nocanon") || noted(r, "proxy-noencode"));
    if untouched && scheme == "fcgi" && n.path.contains(&b'?') {
        // a program's name ends where a query begins
        r.error(codes.path, "To be forwarded path contains a query string");
        return Err(403);
    }
    let as_it_is = noted(r, BY_HANDLER) && r.engine.server.loaded.version.has(&version::PLAIN_FILE);
    let path = match as_it_is && scheme == "fcgi" {
        true => file_path(r, n.path, codes.path)?,
        false => path(r, n.path, untouched, codes.path)?,
    };
    let host = n.hostport(port);
    let parts = [b"proxy:", scheme.as_bytes(), b"://", host.as_slice(), b"/", path.as_slice()];
    r.filename = Some(parts.concat().into());
    Ok(path)
}

/// The path of a file that a handler is for: no part of a URL, and so not encoded.
fn file_path(r: &mut Request<'_>, raw: &[u8], code: &'static str) -> Result<BString, u16> {
    if raw.iter().any(|b| b.is_ascii_control() || *b == b'?') {
        r.error(code, "To be forwarded path contains control characters or a query string");
        return Err(403);
    }
    Ok(raw.into())
}

/// `scgi_canon`
fn scgi(r: &mut Request<'_>, url: &[u8]) -> Result<(), u16> {
    let path = program_like(r, "scgi", url, &Codes { url: "AH00857", path: "", query: "" }, 4000)?;
    if r.env.get("proxy-scgi-pathinfo").is_some() {
        r.path_info = Some([b"/", path.as_slice()].concat().into());
    }
    Ok(())
}

/// `proxy_fcgi_canon`
fn fcgi(r: &mut Request<'_>, url: &[u8]) -> Result<(), u16> {
    let path = program_like(r, "fcgi", url, &Codes { url: "AH01059", path: "AH10414", query: "" }, 8000)?;
    let Some(how) = r.env.get("proxy-fcgi-pathinfo").map(|v| v.to_ascii_lowercase()) else { return Ok(()) };
    let unescaped = |text: &[u8]| {
        let mut text = BString::from(text);
        let _ = uri::unescape(&mut text, Slashes::Keep, false);
        text
    };
    let dot = match how.as_slice() {
        // the file is looked for when the back-end is told: nothing of that is seen here
        b"full" => return Ok(()),
        b"first-dot" => path.find_byte(b'.'),
        b"last-dot" => path.rfind_byte(b'.'),
        _ => {
            let whole = [b"/", path.as_slice()].concat();
            r.path_info = Some(if how == b"unescape" { unescaped(&whole) } else { whole.into() });
            return Ok(());
        }
    };
    if let Some(slash) = dot.and_then(|d| path[d..].find_byte(b'/').map(|i| d + i)) {
        r.path_info = Some(unescaped(&path[slash..]));
    }
    Ok(())
}

/// `proxy_balancer_canon`
fn balancer(r: &mut Request<'_>, url: &[u8]) -> Result<(), u16> {
    let n = split(r, url, "AH01157")?;
    let start = [b"proxy:balancer://", n.host.as_slice(), b"/"].concat();
    if r.engine.server.loaded.version.has(&version::MEMBERS_URL) {
        r.filename = Some([start.as_slice(), n.path].concat().into());
        return Ok(());
    }
    let nocanon = noted(r, "proxy-nocanon");
    let path = path(r, n.path, nocanon || noted(r, "proxy-noencode"), "AH10416")?;
    let query = if nocanon { None } else { query(r, "AH10407")? };
    let query = query.map(|q| [b"?", q.as_slice()].concat()).unwrap_or_default();
    r.filename = Some([start.as_slice(), path.as_slice(), query.as_slice()].concat().into());
    r.path_info = Some([b"/", path.as_slice()].concat().into());
    Ok(())
}

/// `proxy_ftp_canon`
fn ftp(r: &mut Request<'_>, url: &[u8]) -> Result<(), u16> {
    let n = netloc(url).map_err(|_| BAD)?;
    let clean = |text: &BString| if ftp_clean(text) { Ok(()) } else { Err(BAD) };
    n.user.iter().chain(&n.password).try_for_each(clean)?;
    let encode = |part, force, text: &[u8]| Encode { force, ..Encode::new(part, r.proxyreq) }.run(text).ok_or(BAD);
    let (raw, parameters) = match n.path.find_byte(b';') {
        Some(i) => (&n.path[..i], Some(encode(Part::Parameter, false, &n.path[i + 1..])?)),
        None => (n.path, None),
    };
    let core = r.core();
    let keep_slashes = core.allow_encoded_slashes && !core.decode_encoded_slashes;
    let mut path = Encode { keep_slashes, ..Encode::new(Part::Path, r.proxyreq) }.run(raw).ok_or(BAD)?;
    clean(&path)?;
    let mut tail = parameters.clone().unwrap_or_default();
    if let Some(args) = &r.args {
        let (part, into) = match parameters {
            Some(_) => (Part::Parameter, &mut tail),
            None => (Part::FtpPath, &mut path),
        };
        let args = encode(part, true, args)?;
        into.push(b'?');
        into.extend_from_slice(&args);
    }
    let mut file = BString::from("proxy:ftp://");
    if let Some(user) = &n.user {
        file.extend_from_slice(user);
        if let Some(password) = &n.password {
            file.push(b':');
            file.extend_from_slice(password);
        }
        file.push(b'@');
    }
    file.extend_from_slice(&n.hostport(21));
    file.push(b'/');
    file.extend_from_slice(&path);
    if !tail.is_empty() {
        file.push(b';');
        file.extend_from_slice(&tail);
    }
    r.args = None;
    r.filename = Some(file);
    Ok(())
}

/// `ftp_check_string`: no line ends, no bytes beyond ASCII, encoded or not.
fn ftp_clean(text: &[u8]) -> bool {
    let mut i = 0;
    while let Some(&b) = text.get(i) {
        let hex = |i: usize| text.get(i).and_then(|b| (*b as char).to_digit(16));
        let mut ch = b;
        if let (b'%', Some(h), Some(l)) = (b, hex(i + 1), hex(i + 2)) {
            ch = (h << 4 | l) as u8;
            i += 2;
        }
        if matches!(ch, b'\r' | b'\n' | 0x80..) {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_as_httpd_does() {
        let reverse = Encode::new(Part::Path, ProxyReq::Reverse);
        let keep = Encode { keep_slashes: true, ..reverse };
        let forward = Encode::new(Part::Path, ProxyReq::Proxy);
        for (how, text, want) in [
            (reverse, "a b/%2f~é", Some("a%20b/%252f~%C3%A9")),
            (keep, "a%2Fb%41", Some("a%2Fb%2541")),
            (keep, "a%", None),
            (forward, "a%20b%2Fc%41", Some("a%20b%2FcA")),
        ] {
            assert_eq!(how.run(text.as_bytes()), want.map(BString::from), "{text}");
        }
    }

    #[test]
    fn authorities_are_taken_apart() {
        let host = |url: &str| netloc(url.as_bytes()).map(|n| (n.hostport(80), BString::from(n.path)));
        assert_eq!(host("//Back:80/x/y"), Ok(("back".into(), "x/y".into())));
        assert_eq!(host("//u:p@[::1]:81"), Ok(("[::1]:81".into(), "".into())));
        assert_eq!(host("/x"), Err("Malformed URL"));
        assert_eq!(host("//:80/"), Err("Invalid host/port"));
    }
}
