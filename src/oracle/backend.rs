//! A stand-in for the servers that a configuration sends requests to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Answers 200 to every HTTP request on `address`, until the process ends. An address that is taken stays as it is.
pub(super) fn start(address: SocketAddr) {
    let Ok(listener) = TcpListener::bind(address) else { return };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
}

fn answer(stream: TcpStream) {
    let patience = Some(Duration::from_secs(5));
    if stream.set_read_timeout(patience).is_err() || stream.set_write_timeout(patience).is_err() {
        return;
    }
    let Ok(mut out) = stream.try_clone() else { return };
    let mut lines = BufReader::new(stream.take(1 << 16)).split(b'\n');
    let Some(Ok(first)) = lines.next() else { return };
    for line in lines {
        match line {
            Ok(line) if line != b"\r" && !line.is_empty() => {}
            _ => break,
        }
    }
    let first = String::from_utf8_lossy(&first).into_owned();
    let path = first.split_whitespace().nth(1).unwrap_or("/");
    let body = format!("backend:{path}");
    let length = body.len();
    let _ = write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}
