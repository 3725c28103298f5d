//! What an answer gives to a visitor.

use crate::outcome::Outcome;
use crate::site::Site;
use crate::vfs::{Cred, Kind, resolve};
use bstr::{BString, ByteSlice};

/// What is behind a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Thing {
    /// A file or a directory, by its path without links.
    File(BString),
    /// What a back-end is asked for, without its query.
    Backend(BString),
    /// A page that a handler makes of nothing, such as `server-status`.
    Handler(BString),
}

/// How it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum How {
    /// The file is sent.
    Static,
    /// The names in a directory.
    Listing,
    /// It is run, and its output sent.
    Program,
}

impl How {
    /// As results have it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            How::Static => "static",
            How::Listing => "listing",
            How::Program => "program",
        }
    }
}

/// Handlers that run the file, by their names, and by the beginnings of their names.
const PROGRAMS: [&str; 12] = [
    "cgi-script",
    "wsgi-script",
    "fcgid-script",
    "fastcgi-script",
    "isapi-handler",
    "lua-script",
    "perl-script",
    "python-program",
    "mod_python",
    "passenger",
    "application/x-httpd-cgi",
    "application/x-httpd-php",
];

/// The handler of PHP's module.
const PHP: &[u8] = b"application/x-httpd-php";

/// Handlers that show something of the server, whatever the file is.
const PAGES: [&str; 8] = [
    "server-status",
    "server-info",
    "balancer-manager",
    "ldap-status",
    "proxy-server",
    "redirect-handler",
    "dav-handler",
    "form-logout-handler",
];

/// What a visitor gets with an answer; none where it is an error, a redirect, or an answer about the request alone.
pub(crate) fn shown(site: &Site, method: &str, outcome: &Outcome) -> Option<(Thing, How)> {
    let empty = ["HEAD", "TRACE", "OPTIONS", "PROPFIND"].contains(&method);
    if outcome.status != 200 || outcome.connection.is_some() || empty {
        return None;
    }
    behind(site, outcome)
}

/// The same of any answer.
pub(crate) fn behind(site: &Site, outcome: &Outcome) -> Option<(Thing, How)> {
    let file = outcome.file.as_ref()?;
    if file.starts_with(b"proxy:") {
        let script = outcome.backend.as_ref().and_then(|b| b.fcgi.as_ref());
        let script = script.and_then(|vars| vars.iter().find(|(name, _)| *name == "SCRIPT_FILENAME"));
        if let Some((real, true)) = script.and_then(|(_, script)| real(site, script)) {
            return Some((Thing::File(real), How::Program));
        }
        let url = file.split_once_str(b"?").map_or(file.as_slice(), |(url, _)| url);
        return Some((Thing::Backend(url.into()), How::Program));
    }
    let handler = outcome.handler.as_deref().map(|h| h.as_bytes()).unwrap_or_default();
    if PAGES.iter().any(|page| handler == page.as_bytes()) {
        return Some((Thing::Handler(handler.into()), How::Program));
    }
    let (real, is_file) = real(site, file)?;
    let source = handler.ends_with(b"-source");
    let how = match is_file {
        false => How::Listing,
        // with its engine off PHP gives the file to who sends it, under the same name
        true if handler == PHP && outcome.script_name.is_none() => How::Static,
        true if !source && PROGRAMS.iter().any(|name| handler.starts_with(name.as_bytes())) => How::Program,
        true => How::Static,
    };
    Some((Thing::File(real), how))
}

/// The path without links, and whether it is a regular file's; none where there is neither a file nor a directory.
fn real(site: &Site, file: &[u8]) -> Option<(BString, bool)> {
    let (path, stat) = resolve::walk(site.vfs(), &Cred::root(), file, true).ok()?;
    let path: BString = match path.strip_suffix(b"/") {
        Some(bare) if !bare.is_empty() => bare.into(),
        _ => path.into_owned().into(),
    };
    match stat.kind {
        Kind::Regular => Some((path, true)),
        Kind::Directory => Some((path, false)),
        _ => None,
    }
}
