//! From a connection and the lines that come over it to a request: `ap_read_request` and kin (server/protocol.c).

use super::engine::Engine;
use super::hostname::update_vhost_from_headers;
use super::http_request;
use super::request::Request;
use super::table::Table;
use super::{Connection, method, process};
use crate::outcome::NoAnswer;
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::server::module::{Phase, Verdict};
use crate::server::setting;
use crate::text::{self, Text};
use bstr::{BStr, BString};
use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;

/// What comes over a connection: one request.
#[derive(Clone, Debug)]
pub(crate) struct Incoming<'i> {
    /// The client's address.
    pub client: IpAddr,
    /// The address that it connected to.
    pub local: IpAddr,
    /// And the port.
    pub local_port: u16,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The name asked for in the TLS handshake.
    pub sni: Option<&'i [u8]>,
    /// What mod_ssl's variables are, where it is given, by their names without `SSL_`.
    pub ssl: &'i [(String, String)],
    /// The method.
    pub method: &'i [u8],
    /// The request target.
    pub target: &'i [u8],
    /// `HTTP/1.1`.
    pub protocol: &'i [u8],
    /// The header lines.
    pub headers: &'i Table,
}

/// Reads a request that has just begun, and runs it to its end.
pub(crate) fn serve(r: &mut Request<'_>, incoming: &Incoming<'_>) {
    if r.connection.unanswered.is_some() {
        return;
    }
    let engine = r.engine;
    engine.open();
    let no_headers = Table::default();
    // mod_ssl puts a request of its own in the place of one that came without TLS
    let instead = r.connection.plain_on_tls.then(|| Incoming {
        method: b"GET",
        target: b"/",
        protocol: b"HTTP/1.0",
        headers: &no_headers,
        ..incoming.clone()
    });
    let incoming = instead.as_ref().unwrap_or(incoming);
    if instead.is_some() {
        r.method = method::name(incoming.method);
        r.protocol = protocol_name(incoming.protocol);
    }
    let status = read(r, incoming);
    let chosen = r.server;
    engine.close(|_| {
        let step = Step::new(Phase::Vhost, By::Core, chosen.span.or(chosen.name_span), Judgement::Matched);
        Some(step.with(Detail::Server(chosen.hostname.clone())))
    });
    match status {
        Err(status) => {
            r.status = 200;
            http_request::die(r, status);
        }
        Ok(()) => match process::run_phase(r, Phase::PostReadRequest) {
            Verdict::Status(status) => http_request::die(r, status),
            _ => http_request::process_request(r),
        },
    }
}

/// A request of which nothing has been read: what is known is its connection.
pub(crate) fn begin<'a>(engine: &'a Engine, incoming: &Incoming<'_>) -> Request<'a> {
    let server = &engine.server;
    let chain = server.tables.lookup(incoming.local, incoming.local_port);
    let base_server = chain.and_then(|id| server.tables.chain(id)).map_or(0, |c| c.server);
    let tls = server.servers[base_server].tls;
    let mut connection = Connection {
        client: incoming.client,
        local: incoming.local,
        local_port: incoming.local_port,
        tls: incoming.tls && tls,
        plain_on_tls: !incoming.tls && tls,
        unanswered: match &server.listens {
            Some(listens) if !listens.is_open(incoming.local, incoming.local_port) => Some(NoAnswer::Refused),
            _ => (incoming.tls && !tls).then_some(NoAnswer::TlsFailed),
        },
        sni: incoming.sni.filter(|_| incoming.tls && tls).map(BString::from),
        ssl: incoming.ssl.to_vec(),
        chain,
        base_server,
        named: Cell::new(false),
        unsendable: Cell::new(false),
        handshake: base_server,
    };
    connection.handshake = (server.loaded.functions.tls.handshake)(server, &connection);
    let server = &server.servers[base_server];
    Request {
        method: method::name(incoming.method),
        protocol: protocol_name(incoming.protocol),
        ..Request::new(engine, server, Rc::new(connection))
    }
}

/// The status of a request that is refused before any module sees it.
type Refused = u16;

/// `ap_read_request`: the request line, the headers, the virtual host.
fn read(r: &mut Request<'_>, incoming: &Incoming<'_>) -> Result<(), Refused> {
    let core = r.server.core();
    let limit = core.limit_request_line.as_ref().map_or(8190, |s| s.value);
    let field_size = core.limit_request_field_size.as_ref().map_or(FIELD_SIZE, |s| s.value);
    let fields = core.limit_request_fields.as_ref().map_or(FIELDS, |s| s.value);
    r.unusable_input = true;
    parse_request_line(r, incoming, limit)?;
    if r.proto_num != 9 {
        read_headers(r, incoming, field_size, fields)?;
    }
    r.unusable_input = false;
    check_header(r)?;
    if r.status != 200 {
        return Err(r.status);
    }
    Ok(())
}

/// What a byte may be part of: httpd's test_char_table, as far as request lines and headers need it.
mod class {
    pub(super) const TOKEN: u8 = 1;
    pub(super) const VISIBLE: u8 = 2;
    pub(super) const SPACE: u8 = 4;
    pub(super) const NOT_SPACE: u8 = 8;
    /// What may stand in a header's value.
    pub(super) const VALUE: u8 = 16;

    pub(super) static OF: [u8; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let b = i as u8;
            let token = b.is_ascii_alphanumeric()
                || matches!(b, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~');
            let space = b.is_ascii_whitespace() || b == 0x0b;
            let visible = b > 0x20 && b != 0x7f;
            let value = b >= 0x20 && b != 0x7f || b == b'\t';
            table[i] = if token { TOKEN } else { 0 }
                | if visible { VISIBLE } else { 0 }
                | if space { SPACE } else { NOT_SPACE }
                | if value { VALUE } else { 0 };
            i += 1;
        }
        table
    };
}

fn is(b: u8, class: u8) -> bool {
    class::OF[usize::from(b)] & class != 0
}

/// What is wrong with a request line, found while it is read and reported after.
type Deferred = Option<(&'static str, &'static str)>;

const BAD_SPACE: (&str, &str) = ("AH03447", "Invalid whitespace");
const EXCESS_SPACE: (&str, &str) = ("AH03448", "Excess whitespace (disallowed by HttpProtocolOptions Strict)");
const UNKNOWN_PROTOCOL: (&str, &str) = ("AH02418", "Unrecognized protocol (perhaps whitespace was injected?)");

/// How many bytes of that class `text` begins with.
fn until(text: &[u8], class: u8) -> usize {
    text.iter().position(|b| !is(*b, class)).unwrap_or(text.len())
}

/// Takes a word of `good` bytes and the white space after it off `rest`; notes what is wrong with either.
fn word<'l>(
    rest: &mut &'l [u8],
    good: u8,
    bad: (&'static str, &'static str),
    strict: bool,
    wrong: &mut Deferred,
) -> &'l [u8] {
    let text = *rest;
    let mut end = until(text, good);
    if end == 0 || text.get(end).is_some_and(|b| !is(*b, class::SPACE)) {
        *wrong = wrong.or(Some(bad));
        end += until(&text[end..], class::NOT_SPACE);
    }
    let after = end + until(&text[end..], class::SPACE);
    if strict && after - end > 1 {
        *wrong = wrong.or(Some(EXCESS_SPACE));
    }
    if text[end..after].iter().any(|b| *b != b' ') {
        *wrong = wrong.or(Some(BAD_SPACE));
    }
    *rest = &text[after..];
    &text[..end]
}

/// The request line in its three words, as httpd cuts it at white space, and what is wrong with it.
fn cut_request_line(line: &[u8], strict: bool) -> ([&[u8]; 3], Deferred) {
    let mut wrong: Deferred = None;
    let mut rest = line;
    let leading = until(rest, class::SPACE);
    if leading > 0 {
        wrong = Some(BAD_SPACE);
    }
    rest = &rest[leading..];
    let token = if strict { class::TOKEN } else { class::VISIBLE };
    let method = word(&mut rest, token, ("AH03445", "Invalid method token"), strict, &mut wrong);
    if rest.is_empty() {
        return ([method, b"", b""], wrong.or(Some(("AH03446", "Missing URI"))));
    }
    let uri = word(&mut rest, class::VISIBLE, ("AH03454", "URI incorrectly encoded"), strict, &mut wrong);
    let (protocol, after) = rest.split_at(until(rest, class::VISIBLE));
    if after.first().is_some_and(|b| !is(*b, class::SPACE)) {
        wrong = Some(UNKNOWN_PROTOCOL);
    } else if strict && !after.is_empty() {
        wrong = Some(EXCESS_SPACE);
    } else {
        let spaces = until(after, class::SPACE);
        if after[..spaces].iter().any(|b| *b != b' ') {
            wrong = wrong.or(Some(BAD_SPACE));
        }
        if spaces < after.len() {
            wrong = wrong.or(Some(("AH03449", "Extraneous text found (perhaps whitespace was injected?)")));
        }
    }
    ([method, uri, protocol], wrong)
}

/// A protocol's name, not copied where it is one that most requests have.
pub(crate) fn protocol_name(protocol: &[u8]) -> Text<'static> {
    text::word(protocol, &["HTTP/1.1", "HTTP/1.0"])
}

/// The number of a protocol that is well written, and whether its letters are small ones.
fn protocol_number(protocol: &[u8]) -> Option<(u32, bool)> {
    let (name, version) = protocol.split_at_checked(5)?;
    match version {
        [major @ b'1'..=b'9', b'.', minor @ b'0'..=b'9'] if name.eq_ignore_ascii_case(b"HTTP/") => {
            Some((u32::from(major - b'0') * 1000 + u32::from(minor - b'0'), name != b"HTTP/"))
        }
        _ => None,
    }
}

/// `ap_parse_request_line`
fn parse_request_line(r: &mut Request<'_>, incoming: &Incoming<'_>, limit: usize) -> Result<(), Refused> {
    let core = r.server.core();
    let strict = !setting::value(&core.unsafe_protocol, false);
    let line = [incoming.method, incoming.target, incoming.protocol].join(&b' ');
    if too_long(line.len(), limit) {
        r.the_request = line.into();
        r.error(
            "AH00565",
            format!("request failed: client's request-line exceeds LimitRequestLine (longer than {limit})"),
        );
        if let Some(span) = core.limit_request_line.as_ref().map(|s| s.span) {
            r.decide(Phase::ReadRequest, span);
        }
        return Err(414);
    }
    let usual = r.method.is_lent() && r.protocol.is_lent();
    let target = incoming.target;
    let ([method, uri, protocol], mut wrong) =
        if usual && !target.is_empty() && until(target, class::VISIBLE) == target.len() {
            // words without blanks are cut as they were put together
            ([incoming.method, target, incoming.protocol], None)
        } else {
            let (words, wrong) = cut_request_line(&line, strict);
            (r.method, r.protocol) = (method::name(words[0]), protocol_name(words[2]));
            (words, wrong)
        };
    match protocol_number(protocol) {
        Some((number, small)) => {
            r.proto_num = number;
            if small && strict {
                wrong = wrong.or(Some(UNKNOWN_PROTOCOL));
            } else if small {
                r.protocol = protocol_name(&[b"HTTP/", &protocol[5..]].concat());
            }
        }
        None => {
            r.proto_num = 9;
            if protocol.is_empty() {
                r.protocol = protocol_name(b"HTTP/0.9");
            } else {
                wrong = wrong.or(Some(UNKNOWN_PROTOCOL));
            }
        }
    }
    r.method_number = method::number(&r.method, &r.engine.server.methods).unwrap_or(method::INVALID);
    r.header_only = r.method_number == method::GET && r.method.starts_with(b"H");
    r.parse_uri(uri);
    r.the_request = match method.len() + uri.len() + protocol.len() + 2 == line.len() {
        true => line.into(),
        false => {
            let words: Vec<&[u8]> = [method, uri, protocol].into_iter().filter(|w| !w.is_empty()).collect();
            words.join(&b' ').into()
        }
    };
    let path_is_good = r.uri.starts_with(b"/") || r.method_number == method::OPTIONS && r.uri == "*";
    if r.status == 200 && r.parsed_uri.has_path && !path_is_good {
        r.status = 400;
    }
    if r.proto_num == 9 && wrong.is_none() {
        let no_get = r.method_number != method::GET || r.header_only;
        if !setting::value(&core.http09, true) {
            wrong = Some(("AH02401", "Rejected HTTP/0.9 request"));
        } else if strict && no_get {
            wrong = Some(("AH03444", "Invalid method token (only GET is allowed for HTTP/0.9 requests)"));
        }
    }
    if let Some((code, message)) = wrong {
        r.error(code, format!("HTTP Request Line; {message}"));
        return Err(400);
    }
    let bad = |r: &mut Request<'_>, code, message: &str| -> Result<(), Refused> {
        r.error(code, format!("HTTP Request Line; {message}"));
        Err(400)
    };
    if setting::value(&core.registered_methods, false) && r.method_number == method::INVALID {
        if let Some(span) = core.registered_methods.as_ref().map(|s| s.span) {
            r.decide(Phase::ReadRequest, span);
        }
        r.error("AH02423", "HTTP Request Line; Unrecognized HTTP method (disallowed by RegisteredMethods)");
        return Err(501);
    }
    if r.status != 200 {
        let status = r.status;
        let uri = r.uri.clone();
        r.error("AH03450", format!("HTTP Request Line; Unable to parse URI: '{uri}'"));
        return Err(status);
    }
    if strict && r.parsed_uri.fragment.is_some() {
        return bad(r, "AH02421", "URI must not contain a fragment");
    }
    if strict && r.parsed_uri.userinfo.is_some() {
        return bad(r, "AH02422", "URI must not contain a username/password");
    }
    Ok(())
}

/// Whether a line overruns the buffer of `limit` and two bytes, its end included; a line feed that alone does not fit
/// is let pass (`ap_rgetline_core`).
fn too_long(line: usize, limit: usize) -> bool {
    line > limit.saturating_add(1)
}

/// `ap_get_mime_headers_core`, and the checks on lengths that follow.
fn read_headers(r: &mut Request<'_>, incoming: &Incoming<'_>, field_size: usize, fields: usize) -> Result<(), Refused> {
    let strict = !setting::value(&r.server.core().unsafe_protocol, false);
    let sent = incoming.headers;
    if strict && field_size >= FIELD_SIZE && fields == FIELDS && sent.is_known_to(are_usual) {
        r.headers_in = sent.clone();
        return Ok(());
    }
    let wrong = sent.iter().enumerate().find_map(|(i, (name, value))| {
        let wrong = match fields > 0 && i + 1 > fields {
            true => Some(("AH00563", "request header fields exceed LimitRequestFields")),
            false => wrong_field(name, value, field_size, strict),
        };
        wrong.map(|wrong| (i, wrong))
    });
    if let Some((read, (code, message))) = wrong {
        r.headers_in = sent.iter().take(read).map(|(name, value)| (name, within_blanks(value))).collect();
        r.error(code, message);
        return Err(400);
    }
    // nearly always they are as they are sent, and what was sent is shared
    r.headers_in = match sent.iter().all(|(_, value)| within_blanks(value).len() == value.len()) {
        true => sent.clone(),
        false => sent.iter().map(|(name, value)| (name, within_blanks(value))).collect(),
    };
    if let Some(length) = r.headers_in.get("Content-Length")
        && (length.is_empty() || !length.iter().all(u8::is_ascii_digit))
    {
        r.error("AH10242", "client sent invalid Content-Length");
        return Err(400);
    }
    if let Some(encoding) = r.headers_in.get("Transfer-Encoding") {
        let last = encoding.rsplit(|b| *b == b',').next().unwrap_or_default().trim_ascii();
        if !last.eq_ignore_ascii_case(b"chunked") {
            r.error("AH02539", "client sent unknown Transfer-Encoding");
            return Err(400);
        }
        r.headers_in.unset("Content-Length");
    }
    // repeated headers are one, but for Host where two are told apart from one
    r.headers_in.merge_repeated();
    if r.headers_in.iter().any(|(_, value)| value.len() > field_size) {
        r.error("AH00560", "request header exceeds LimitRequestFieldSize after merging");
        return Err(400);
    }
    Ok(())
}

/// LimitRequestFieldSize, unless set.
const FIELD_SIZE: usize = 8190;
/// LimitRequestFields, unless set.
const FIELDS: usize = 100;

/// Whether header lines are as most are: well written, each name once, and none that says how long the body is.
fn are_usual(sent: &Table) -> bool {
    let is_usual = |(name, value): (&BStr, &BStr)| {
        let of_body = ["Content-Length", "Transfer-Encoding"].iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes()));
        !of_body && wrong_field(name, value, FIELD_SIZE, true).is_none() && within_blanks(value).len() == value.len()
    };
    sent.iter().count() <= FIELDS && sent.iter().all(is_usual) && !sent.repeats()
}

/// Whether a response header may be called so: `ap_scan_http_token`, or `ap_scan_vchar_obstext`.
pub(super) fn is_field_name(name: &[u8], strict: bool) -> bool {
    let allowed = if strict { class::TOKEN } else { class::VISIBLE };
    until(name, allowed) == name.len()
}

/// What is wrong with one header line.
fn wrong_field(name: &[u8], value: &[u8], field_size: usize, strict: bool) -> Deferred {
    if too_long(name.len() + value.len() + 2, field_size) {
        return Some(("AH00561", "request header exceeds LimitRequestFieldSize"));
    }
    let good_name = match strict {
        true => until(name, class::TOKEN) == name.len(),
        false => !name.iter().any(|b| b"\t\n\x0b\x0c\r ".contains(b)),
    };
    let good_value = match strict {
        true => until(value, class::VALUE) == value.len(),
        false => !value.iter().any(|b| b"\n\x0b\x0c\r".contains(b)),
    };
    let good = !name.is_empty() && good_name && good_value;
    (!good).then_some(("AH02426", "request header field name or value is malformed"))
}

/// A header's value without the blanks around it.
fn within_blanks(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// `ap_check_request_header`: the host, and what HTTP/1.1 demands.
fn check_header(r: &mut Request<'_>) -> Result<(), Refused> {
    let strict_host = setting::value(&r.server.core().strict_host_check, false);
    let matched = update_vhost_from_headers(r, strict_host);
    if strict_host && !matched && r.status == 200 {
        if let Some(span) = r.server.core().strict_host_check.as_ref().map(|s| s.span) {
            r.decide(Phase::Vhost, span);
        }
        r.error("AH10157", "Requested hostname did not match any ServerName/ServerAlias in the matching virtual host");
        r.status = 400;
    }
    if r.status != 200 {
        return Err(r.status);
    }
    // until a virtual host is known, the settings are the base server's
    r.reset_settings();
    if r.hostname.is_none() && r.proto_num >= 1001 || r.proto_num == 1001 && r.headers_in.get("Host").is_none() {
        let uri = r.uri.clone();
        r.error("AH00569", format!("client sent HTTP/1.1 request without hostname (see RFC2616 section 14.23): {uri}"));
        return Err(400);
    }
    if let Some(expect) = r.headers_in.get("Expect")
        && !expect.is_empty()
        && !expect.eq_ignore_ascii_case(b"100-continue")
    {
        r.error("AH00570", "client sent an unrecognized expectation value of Expect");
        return Err(417);
    }
    Ok(())
}
