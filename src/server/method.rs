//! Request methods and their numbers: `ap_method_registry_init` (modules/http/http_protocol.c).

use crate::text::{Text, word};
use bstr::BString;

/// httpd's own methods; the index is the number.
pub(crate) const BUILT_IN: [&str; 26] = [
    "GET",
    "PUT",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "CHECKOUT",
    "UNCHECKOUT",
    "CHECKIN",
    "UPDATE",
    "LABEL",
    "REPORT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
];

/// A method's name, not copied where it is one that most requests have.
pub(crate) fn name(method: &[u8]) -> Text<'static> {
    word(method, &["GET", "POST", "HEAD"])
}

/// The bit of a method's number in a mask; none for a number beyond it.
pub(crate) fn bit(number: u32) -> u64 {
    1u64.checked_shl(number).unwrap_or(0)
}

/// GET and HEAD.
pub(crate) const GET: u32 = 0;
/// POST.
pub(crate) const POST: u32 = 2;
/// CONNECT.
pub(crate) const CONNECT: u32 = 4;
/// OPTIONS.
pub(crate) const OPTIONS: u32 = 5;
/// TRACE.
pub(crate) const TRACE: u32 = 6;
/// A method that nobody has registered: M_INVALID.
pub(crate) const INVALID: u32 = 26;

/// Whether one more can be registered: numbers end at METHOD_NUMBER_LAST.
pub(crate) fn has_room(registered: &[BString]) -> bool {
    const METHOD_NUMBER_LAST: usize = 62;
    BUILT_IN.len() + registered.len() < METHOD_NUMBER_LAST
}

/// The number of a method (names are exact); `registered` are those that directives added.
pub(crate) fn number(method: &[u8], registered: &[BString]) -> Option<u32> {
    if method == b"HEAD" {
        return Some(GET);
    }
    let own = BUILT_IN.iter().position(|m| m.as_bytes() == method);
    // registered ones come after M_INVALID
    own.or_else(|| registered.iter().position(|m| m == method).map(|i| i + BUILT_IN.len() + 1)).map(|i| i as u32)
}

#[cfg(test)]
mod tests {
    use crate::run::Run;
    use crate::server::asked::Request;
    use crate::server::compile::{Input, compile};
    use crate::server::engine::RealPrograms;
    use crate::vfs::{Memory, Owner};
    use std::sync::Arc;

    /// httpd has numbers for 36 methods besides its own; all further ones are one method, that nobody knows.
    #[test]
    fn methods_beyond_the_last_number_are_unknown() {
        let mut files = Memory::new();
        files.add_file(b"/srv/a", *b"x", 0o644, Owner::default()).unwrap();
        let vfs = Arc::new(files);
        let limit = |i: usize| format!("<Limit M{i}>\nRequire all denied\n</Limit>\n");
        let answers = |count: usize| {
            let limits: String = (1..=count).map(limit).collect();
            let open = "ServerName localhost\nDocumentRoot /srv\n<Directory /srv>\nRequire all granted\n";
            let loaded =
                compile(Input::new(format!("{open}{limits}</Directory>\n"), vfs.clone(), &crate::modules::CATALOGUE));
            let warned = loaded.diagnostics.iter().filter(|d| d.code == "AH01610").count();
            let run = Run::new(loaded.server.unwrap(), vfs.clone(), Arc::new(RealPrograms));
            let status = |method: &str| run.ask(&Request { method: method.into(), ..Request::get("/a") }).status;
            (warned, ["M36", "M37", "NEVER"].map(status))
        };
        // as a real httpd answers
        assert_eq!(answers(35), (0, [501, 501, 501]));
        assert_eq!(answers(36), (0, [405, 501, 501]));
        assert_eq!(answers(38), (2, [405, 501, 501]));
    }
}
