//! Small changes of what a line holds requests against: URL paths, directories, file names, networks and host names.

use super::Kind;
use crate::address::IpSubnet;
use bstr::{BString, ByteSlice};
use std::net::IpAddr;

type Changes = Vec<(Kind, BString)>;

/// Of a URL's path, which stands for what is below it, too: the one above it; with a slash at its end, or without.
pub(super) fn url_path(path: &[u8]) -> Changes {
    if !path.starts_with(b"/") || path == b"/" {
        return Vec::new();
    }
    let bare = path.trim_end_with(|c| c == '/');
    let slash = match bare.len() == path.len() {
        true => (Kind::Tighten, BString::from([path, b"/"].concat())),
        false => (Kind::Loosen, BString::from(bare)),
    };
    above(bare).map(|above| (Kind::Loosen, above)).into_iter().chain([slash]).collect()
}

/// Of a directory: the one above it; those in it, and no longer itself.
pub(super) fn directory(path: &[u8]) -> Changes {
    let is_plain = path.starts_with(b"/") && path.find_byteset(b"*?[$").is_none();
    if !is_plain {
        return Vec::new();
    }
    let bare = path.trim_end_with(|c| c == '/');
    let below = (Kind::Tighten, BString::from([bare, b"/*"].concat()));
    above(bare).map(|above| (Kind::Loosen, above)).into_iter().chain([below]).collect()
}

fn above(path: &[u8]) -> Option<BString> {
    let cut = path.rfind_byte(b'/')?;
    Some(if cut == 0 { "/".into() } else { path[..cut].into() })
}

/// Of a file's name, which may have wildcards.
pub(super) fn file_name(name: &[u8]) -> Changes {
    match name.find_byteset(b"*?") {
        Some(at) if name[at] == b'*' => {
            let less = [&name[..at], b"?*", &name[at + 1..]].concat();
            vec![(Kind::Tighten, less.into())]
        }
        Some(at) => vec![(Kind::Loosen, [&name[..at], b"*", &name[at + 1..]].concat().into())],
        None if name.is_empty() || name.find_byteset(b"[").is_some() => Vec::new(),
        None => vec![(Kind::Loosen, [name, b"*"].concat().into())],
    }
}

/// Of a network: one that is twice as large, and half of it.
pub(super) fn network(text: &[u8]) -> Changes {
    let Some(net) = subnet(text) else { return Vec::new() };
    let sized = |bits: u32| match net {
        IpSubnet::V4 { net, .. } => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            IpSubnet::V4 { net: net & mask, mask }
        }
        IpSubnet::V6 { net, .. } => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            IpSubnet::V6 { net: net & mask, mask }
        }
    };
    let (bits, most) = match net {
        IpSubnet::V4 { mask, .. } if mask.leading_ones() == mask.count_ones() => (mask.leading_ones(), 32),
        IpSubnet::V6 { mask, .. } if mask.leading_ones() == mask.count_ones() => (mask.leading_ones(), 128),
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    // httpd takes no network of all addresses
    if bits > 1 {
        found.push((Kind::Loosen, sized(bits - 1).to_string().into()));
    }
    if bits < most {
        found.push((Kind::Tighten, sized(bits + 1).to_string().into()));
    }
    found
}

/// The network that a text is, as `Require ip` and `Allow from` read it.
pub(super) fn subnet(text: &[u8]) -> Option<IpSubnet> {
    IpSubnet::read(text).ok()
}

/// The first and the last address of a network, and those before and behind it.
pub(super) fn edges(net: &IpSubnet) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = match *net {
        IpSubnet::V4 { net, mask } => {
            let last = net | !mask;
            [Some(net), Some(last), last.checked_add(1), net.checked_sub(1)]
                .into_iter()
                .flatten()
                .map(|a| std::net::Ipv4Addr::from(a).into())
                .collect()
        }
        IpSubnet::V6 { net, mask } => {
            let last = net | !mask;
            [Some(net), Some(last), last.checked_add(1), net.checked_sub(1)]
                .into_iter()
                .flatten()
                .map(|a| std::net::Ipv6Addr::from(a).into())
                .collect()
        }
    };
    found.dedup();
    found
}

/// Of a host's name, which stands for the hosts below it, too: the domain above; one below.
pub(super) fn host(name: &[u8]) -> Changes {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    if name.is_empty() || !name.iter().all(plain) {
        return Vec::new();
    }
    let above = name.find_byte(b'.').map(|dot| &name[dot + 1..]).filter(|above| above.contains(&b'.'));
    let below = [b"x.", name.trim_start_with(|c| c == '.')].concat();
    above.map(|above| (Kind::Loosen, above.into())).into_iter().chain([(Kind::Tighten, below.into())]).collect()
}

/// Of a place that a mapping or a redirect leads to: another one beside it.
pub(super) fn target(text: &[u8]) -> Option<BString> {
    // what is behind a `?` stays, and so does a slash at the end
    let cut = text.find_byteset(b"?#|").unwrap_or(text.len());
    let (path, rest) = text.split_at(cut);
    let bare = path.trim_end_with(|c| c == '/');
    let last = bare.rfind_byte(b'/').map_or(0, |slash| slash + 1);
    if bare.is_empty() || bare == b"-" || bare == b"!" {
        return None;
    }
    // the host of a URL without a path is no place to write into
    let is_host = path.contains_str("://") && bare[..last].ends_with(b"://");
    let new = match is_host {
        true => [bare, b"/changed", &path[bare.len()..], rest].concat(),
        false => [bare, b"-changed", &path[bare.len()..], rest].concat(),
    };
    Some(new.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(changes: Changes) -> String {
        let word = |(kind, text): (Kind, BString)| format!("{} {text}", kind.word());
        changes.into_iter().map(word).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn places_are_larger_or_smaller() {
        assert_eq!(said(url_path(b"/a/b")), "loosen /a, tighten /a/b/");
        assert_eq!(said(url_path(b"/a/")), "loosen /, loosen /a");
        assert_eq!(said(url_path(b"/")), "");
        assert_eq!(said(directory(b"/srv/www/")), "loosen /srv, tighten /srv/www/*");
        assert_eq!(said(directory(b"/")), "tighten /*");
        assert_eq!(said(directory(b"/srv/*")), "");
        assert_eq!(said(file_name(b".ht*")), "tighten .ht?*");
        assert_eq!(said(file_name(b"a.php")), "loosen a.php*");
        assert_eq!(said(network(b"10.0.0.0/8")), "loosen 10.0.0.0/7, tighten 10.0.0.0/9");
        assert_eq!(said(network(b"10.1")), "loosen 10.0.0.0/15, tighten 10.1.0.0/17");
        assert_eq!(said(network(b"203.0.113.5")), "loosen 203.0.113.4/31");
        assert_eq!(said(network(b"2001:db8::/32")), "loosen 2001:db8::/31, tighten 2001:db8::/33");
        assert_eq!(said(network(b"10.0.0.0/255.0.255.0")), "");
        assert_eq!(said(network(b"128.0.0.0/1")), "tighten 128.0.0.0/2");
        assert_eq!(said(host(b"a.example.com")), "loosen example.com, tighten x.a.example.com");
        for (text, want) in [
            ("/srv/www", Some("/srv/www-changed")),
            ("http://a.example/", Some("http://a.example/changed/")),
            ("http://a.example/b/?c=d", Some("http://a.example/b-changed/?c=d")),
            ("/index.php?x=$1", Some("/index.php-changed?x=$1")),
            ("-", None),
            ("!", None),
        ] {
            assert_eq!(target(text.as_bytes()).map(|t| t.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn edges_are_within_and_without() {
        let said: Vec<String> =
            edges(&subnet(b"10.0.0.0/30").expect("it is one")).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["10.0.0.0", "10.0.0.3", "10.0.0.4", "9.255.255.255"]);
    }
}
