//! Sending a request and reading what comes back.

use super::children;
use super::job::Ask;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long one request may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(8);
/// How much of a response is read.
const ENOUGH: u64 = 1 << 22;

/// A response, taken apart.
#[derive(Debug, Default)]
pub(super) struct Response {
    /// The status; none where there is no status line.
    pub status: Option<u16>,
    /// Header lines, names in lower case; bytes that are no UTF-8 are U+FFFD.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's first value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.0 == name).map(|h| h.1.as_str())
    }
}

/// Sends a request from `client` to `server`.
///
/// # Errors
/// What the network says.
pub(super) fn send(ask: &Ask, client: Option<IpAddr>, server: SocketAddr) -> io::Result<Response> {
    let bytes = if ask.tls { through_tls(ask, client, server)? } else { plain(ask, client, server)? };
    Ok(parse(&bytes))
}

fn plain(ask: &Ask, client: Option<IpAddr>, server: SocketAddr) -> io::Result<Vec<u8>> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP))?;
    if let Some(ip) = client {
        socket.bind(&SocketAddr::new(ip, 0).into())?;
    }
    socket.connect_timeout(&server.into(), PATIENCE)?;
    let mut stream: TcpStream = socket.into();
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&ask.head)?;
    let end = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    let mut buffer = [0; 1 << 14];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || bytes.len() as u64 > ENOUGH {
            break;
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            // what came before the connection broke counts
            Err(_) if !bytes.is_empty() => break,
            Err(e) => return Err(e),
        }
    }
    Ok(bytes)
}

/// The same through `openssl s_client`; certificates are not checked.
fn through_tls(ask: &Ask, client: Option<IpAddr>, server: SocketAddr) -> io::Result<Vec<u8>> {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-quiet", "-connect", &server.to_string()]);
    if let Some(ip) = client {
        command.arg("-bind").arg(SocketAddr::new(ip, 0).to_string());
    }
    match &ask.sni {
        Some(name) => command.args(["-servername", name]),
        None => command.arg("-noservername"),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = children::start(&mut command)?;
    let mut input = child.stdin.take();
    if let Some(pipe) = &mut input {
        let _ = pipe.write_all(&ask.head);
        let _ = pipe.flush();
    }
    let output = child.stdout.take();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(output) = output {
            let _ = output.take(ENOUGH).read_to_end(&mut bytes);
        }
        let _ = tell.send(bytes);
    });
    let bytes = told.recv_timeout(PATIENCE);
    drop(input);
    let _ = child.kill();
    let _ = child.wait();
    match bytes {
        Ok(bytes) if bytes.is_empty() => Err(io::Error::other("the handshake failed")),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Takes a response apart; interim ones before it are passed over.
fn parse(mut bytes: &[u8]) -> Response {
    let mut response = Response::default();
    loop {
        let cut = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        let head = String::from_utf8_lossy(&bytes[..cut.unwrap_or(bytes.len())]);
        bytes = cut.and_then(|c| bytes.get(c + 4..)).unwrap_or(&[]);
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or("");
        response.status =
            first.split_whitespace().nth(1).filter(|_| first.starts_with("HTTP/")).and_then(|s| s.parse().ok());
        if matches!(response.status, Some(100..=199)) && !bytes.is_empty() {
            continue;
        }
        response.headers = lines
            .filter_map(|l| l.split_once(':'))
            .map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim_start().to_string()))
            .collect();
        break;
    }
    let chunked = response.header("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked"));
    response.body = if chunked { joined(bytes) } else { bytes.to_vec() };
    response
}

fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(cut) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..cut]);
        let size = usize::from_str_radix(size.split(';').next().unwrap_or("").trim(), 16).unwrap_or(0);
        rest = &rest[cut + 2..];
        if size == 0 || rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        body.extend_from_slice(chunk);
        rest = after.get(2..).unwrap_or(&[]);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses() {
        let r = parse(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b:c \r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n");
        assert_eq!((r.status, r.header("a"), &r.body[..]), (Some(200), Some("b:c "), &b"abcde"[..]));
        assert_eq!(parse(b"<html>\r\n").status, None);
        assert_eq!(parse(b"").status, None);
        assert_eq!(joined(b"ff\r\nabc"), b"abc");
    }
}
