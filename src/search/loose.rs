//! Paths as some back-ends read them: parameters behind a `;` are cut off, encoded slashes and dots are decoded, and dot
//! segments are followed after that. What such a back-end answers is not known: it is a suspicion.

use super::ask::{Ask, decoded};
use super::denial::normal;
use bstr::{BString, ByteSlice};

/// What a loose back-end takes a URL for.
pub(crate) fn read_loosely(url: &[u8]) -> BString {
    let (before, path) = split(url);
    let path = path.split_once_str(b"?").map_or(path, |(path, _)| path);
    let segments: Vec<&[u8]> =
        path.split_str("/").map(|s| s.split_once_str(b";").map_or(s, |(name, _)| name)).collect();
    let plain = segments.join(&b"/"[..]);
    let text = decoded(&plain.to_str_lossy());
    [before, normal(&text.to_str_lossy()).as_slice()].concat().into()
}

/// A URL, cut where its path begins.
fn split(url: &[u8]) -> (&[u8], &[u8]) {
    let start = url.find(b"://").map_or(0, |at| at + 3);
    let end = url[start..].find_byte(b'/').map_or(url.len(), |at| start + at);
    url.split_at(end)
}

/// Whether a back-end is one that reads paths by itself: FastCGI is handed a script's name.
pub(crate) fn reads_paths(url: &[u8]) -> bool {
    [
        &b"proxy:http:"[..],
        b"proxy:https:",
        b"proxy:ajp:",
        b"proxy:h2",
        b"proxy:balancer:",
        b"proxy:ws:",
        b"proxy:uwsgi:",
        b"proxy:scgi:",
        b"proxy:unix:",
    ]
    .iter()
    .any(|scheme| url.starts_with(scheme))
}

/// Requests that such a back-end may take for the refused one.
pub(crate) fn suspicions(ask: &Ask) -> Vec<Ask> {
    let path = &ask.path;
    let slashes: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    let mut found = Vec::new();
    let mut add = |text: String| {
        if text != *path && !found.contains(&text) {
            found.push(text);
        }
    };
    for (i, at) in slashes.iter().enumerate() {
        let end = slashes.get(i + 1).copied().unwrap_or(path.len());
        let (before, own, after) = (&path[..*at], &path[*at..end], &path[end..]);
        if own.len() > 1 {
            add(format!("{before}{own};x{after}"));
            add(format!("{before}/;x{own}{after}"));
            if let Some(letter) = own.as_bytes().get(1) {
                add(format!("{before}/%25{letter:02x}{}{after}", &own[2..]));
            }
        }
        add(format!("{before}/x/..;{own}{after}"));
        add(format!("{before}/x/..;x{own}{after}"));
        add(format!("{before}/x/%252e%252e{own}{after}"));
        add(format!("{before}/.;{own}{after}"));
        add(format!("{before}//{}{after}", own.trim_start_matches('/')));
        if i > 0 {
            add(format!("{before}%2f{}{after}", own.trim_start_matches('/')));
            add(format!("{before}%252f{}{after}", own.trim_start_matches('/')));
            add(format!("{before}%5c{}{after}", own.trim_start_matches('/')));
        }
    }
    // below something that is let through
    for open in ["public", "static", "api", "app"] {
        add(format!("/{open}/..;{path}"));
        add(format!("/{open}/..%2f{}", path.trim_start_matches('/')));
    }
    found.into_iter().map(|path| ask.at(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loose_back_ends_read() {
        for (url, want) in [
            ("proxy:http://b:8080/x/..;/manager/html", "proxy:http://b:8080/manager/html"),
            ("proxy:http://b/manager;a=1/html?q", "proxy:http://b/manager/html"),
            ("proxy:http://b/manager%2fhtml", "proxy:http://b/manager/html"),
            ("proxy:http://b/a", "proxy:http://b/a"),
        ] {
            assert_eq!(read_loosely(url.as_bytes()), want);
        }
    }
}
