//! What the rules about handlers have in common: which names a handler is for, and where its line is.

use crate::lint::facts::is_named;
use crate::lint::rewriting::{Level, level};
use crate::site::Directive;
use bstr::{BString, ByteSlice};

/// The words of a line that gives names with some suffixes a handler or a type.
pub(super) fn by_suffix(line: &Directive<'_>) -> Option<(BString, Vec<BString>)> {
    if !is_named(line, &["AddHandler", "AddType"]) {
        return None;
    }
    let mut words = line.words().into_iter();
    let handler = words.next()?.to_ascii_lowercase().into();
    let suffixes = words.map(|word| word.trim_start_with(|c| c == '.').to_ascii_lowercase().into());
    Some((handler, suffixes.collect()))
}

/// Whether a handler, or a type, is of programs.
pub(super) fn runs(handler: &[u8]) -> bool {
    is_php(handler)
        || [&b"cgi-script"[..], b"fcgid-script", b"fastcgi-script", b"wsgi-script", b"application/x-httpd-cgi"]
            .contains(&handler)
        || handler.starts_with(b"proxy:")
}

/// Whether it is PHP's.
pub(super) fn is_php(handler: &[u8]) -> bool {
    handler.contains_str("php") && !handler.ends_with(b"-source")
}

/// The suffixes of a file's name, in lower case.
pub(super) fn suffixes(path: &[u8]) -> Vec<BString> {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default().to_ascii_lowercase();
    name.split_str(".").skip(1).map(BString::from).collect()
}

/// The directory that a line is straight for: of its Directory section, or of its .htaccess file.
pub(super) fn straight_in(line: &Directive<'_>, htaccess: Option<&BString>) -> Option<BString> {
    let inner = line.parents().last().map(|(name, _)| name.to_ascii_lowercase());
    let straight = inner.is_none_or(|name| name == b"directory");
    match level(line, htaccess) {
        Level::Directory(directory) if straight => Some(directory),
        _ => None,
    }
}
