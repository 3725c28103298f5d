//! mod_asis.c: a file that holds its own response headers.

use crate::server::byterange::Body;
use crate::server::conditions::State;
use crate::server::method;
use crate::server::module::{Hook, Module, Phase, Verdict, hook, order};
use crate::server::redirect::internal_redirect_handler;
use crate::server::request::Request;
use crate::server::response::Length;
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module =
    Module { name: "mod_asis.c", identifier: "asis_module", directives: &[], hooks: HOOKS, ..Module::NONE };

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handler)];

/// `asis_handler`
fn handler(r: &mut Request<'_>) -> Verdict {
    let served = super::status::serve(r, &["httpd/send-as-is", "send-as-is"]);
    if served != Verdict::Ok {
        return served;
    }
    let path = r.filename.clone().unwrap_or_default();
    if r.finfo.is_none() {
        r.error("AH01233", format!("File does not exist: {path}"));
        return Verdict::Status(404);
    }
    let content = r.read_file(&path, None);
    let Ok(content) = content else {
        if r.is_dir() && r.engine.read_allowed(&path).is_ok() {
            // a folder can be opened, and has no headers
            return Verdict::Ok;
        }
        r.error("AH01234", format!("file permissions deny server access: {path}"));
        return Verdict::Status(403);
    };
    let headers = scan(&content);
    if let Some(status) = headers.status {
        r.status = status;
    }
    for (name, value) in [("ETag", headers.tag), ("Last-Modified", headers.modified)] {
        if let Some(value) = value {
            r.headers_out.set(name, value);
        }
    }
    if r.engine.responds() {
        say(r, headers.others, headers.whole);
    }
    if let Some(location) = headers.location {
        if location.starts_with(b"/") && (r.status == 200 || (300..400).contains(&r.status)) {
            r.status = 200;
            r.method = method::name(b"GET");
            r.method_number = method::GET;
            internal_redirect_handler(r, &location);
            return Verdict::Ok;
        }
        r.headers_out.set("Location", location);
    }
    r.replies(Length::Known(if r.header_only { 0 } else { (content.len() - headers.end) as u64 }));
    if !r.header_only {
        let length = Some((content.len() - headers.end) as u64);
        r.body = Body::new(r, length, || State::of_program(r));
    }
    Verdict::Ok
}

/// The other headers: a content type is the answer's own, others are sent with errors too; those only where an empty line
/// follows them.
fn say(r: &mut Request<'_>, headers: Vec<(BString, BString)>, whole: bool) {
    const SUCCESS: [&str; 5] = ["Content-Length", "Content-Range", "Transfer-Encoding", "Last-Modified", "ETag"];
    for (name, value) in headers {
        let is = |n: &&str| name.eq_ignore_ascii_case(n.as_bytes());
        if is(&"Content-Type") {
            r.set_content_type(Some(value.into()), false);
        } else if SUCCESS.iter().any(&is) {
            r.headers_out.set(name, value);
        } else if !whole {
            continue;
        } else if is(&"Set-Cookie") {
            r.err_headers_out.add(name, value);
        } else {
            r.err_headers_out.merge(name, value);
        }
    }
}

/// What of a file's headers makes a difference.
#[derive(Debug, Default, PartialEq)]
struct Headers {
    status: Option<u16>,
    location: Option<BString>,
    tag: Option<BString>,
    modified: Option<BString>,
    /// What the client gets besides.
    others: Vec<(BString, BString)>,
    /// Whether an empty line ends them.
    whole: bool,
    /// Where the body begins.
    end: usize,
}

/// `ap_scan_script_header_err_core_ex` (server/util_script.c), whose complaints mod_asis passes over: what was read
/// before them counts.
fn scan(content: &[u8]) -> Headers {
    let mut headers = Headers::default();
    for whole in content.lines_with_terminator() {
        headers.end += whole.len();
        let line = whole.strip_suffix(b"\n").map_or(whole, |l| l.strip_suffix(b"\r").unwrap_or(l));
        let Some(colon) = line.find_byte(b':') else {
            if !matches!(line.first(), None | Some(0)) {
                // what is no header is read over, with all that follows
                headers.end = content.len();
            } else {
                headers.whole = true;
            }
            break;
        };
        let value = line[colon + 1..].trim_ascii_start();
        if line[..colon].eq_ignore_ascii_case(b"status") {
            let status = crate::server::core::atoi(value);
            headers.status = Some(if (100..600).contains(&status) { status as u16 } else { 500 });
        } else if line[..colon].eq_ignore_ascii_case(b"location") {
            headers.location = Some(value.into());
        } else if line[..colon].eq_ignore_ascii_case(b"etag") {
            headers.tag = Some(value.into());
        } else if line[..colon].eq_ignore_ascii_case(b"last-modified") {
            headers.modified = Some(value.into());
        } else {
            headers.others.push((line[..colon].into(), value.trim_ascii_end().into()));
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_at_the_first_line_that_is_none() {
        let found = scan(b"Status: 301 Moved\r\nlocation:  http://x/\n\nStatus: 404\n");
        let wanted = Headers {
            status: Some(301),
            location: Some("http://x/".into()),
            end: 41,
            whole: true,
            ..Headers::default()
        };
        assert_eq!(found, wanted);
        assert_eq!(scan(b"no header\nStatus: 404\n"), Headers { end: 22, ..Headers::default() });
        assert_eq!(scan(b"Status: none\n").status, Some(500));
    }
}
