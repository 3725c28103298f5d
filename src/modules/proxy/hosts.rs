//! ProxyBlock and NoProxy: hosts by name, domain, address and network (modules/proxy/proxy_util.c).

use crate::named::Name;
use crate::server::request::Request;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// A host of ProxyBlock.
#[derive(Clone, Debug)]
pub(crate) struct Blocked {
    /// Its place.
    pub span: Span,
    /// A part of the names meant, `*` for all.
    pub name: BString,
    /// What the name stands for.
    pub addresses: Vec<IpAddr>,
}

/// `ap_proxy_checkproxyblock2`: the entry that forbids connecting to a host, with the code of httpd's line about it.
/// Without `addresses` only names are compared.
pub(super) fn blocked<'b>(
    list: &'b [Blocked],
    host: &[u8],
    addresses: &[IpAddr],
) -> Option<(&'b Blocked, &'static str)> {
    list.iter().find_map(|b| {
        if host.contains_str(&b.name) || b.name.starts_with(b"*") {
            return Some((b, "AH00916"));
        }
        b.addresses.iter().any(|a| addresses.contains(a)).then_some((b, "AH00917"))
    })
}

/// A destination of NoProxy: httpd's `dirconn_entry`.
#[derive(Clone, Debug)]
pub(crate) struct Direct {
    /// As written.
    pub name: BString,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// An IPv4 network and its mask.
    Network(u32, u32),
    /// A domain with its leading dot.
    Domain(BString),
    /// A host.
    Host(BString),
    /// Any part of a name.
    Word,
}

impl Name for Blocked {
    fn name(&self) -> Cow<'_, BStr> {
        BString::from(self.name.to_ascii_lowercase()).into()
    }
}

impl Name for Direct {
    fn name(&self) -> Cow<'_, BStr> {
        BString::from(self.name.to_ascii_lowercase()).into()
    }
}

impl Direct {
    /// Reads an entry; `known` says whether its name stands for an address.
    pub(crate) fn new(name: BString, known: bool) -> Direct {
        let plain = name.iter().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(b));
        let without_dots = || name.trim_end_with(|c| c == '.').to_ascii_lowercase().into();
        let kind = if let Some((net, mask)) = network(&name) {
            Kind::Network(net, mask)
        } else if plain && name.starts_with(b".") {
            Kind::Domain(without_dots())
        } else if plain && known {
            Kind::Host(without_dots())
        } else {
            Kind::Word
        };
        Direct { name, kind }
    }

    /// Whether a request's host is meant.
    pub(crate) fn matches(&self, r: &Request<'_>) -> bool {
        let Some(host) = &r.hostname else { return false };
        let bare = host.trim_end_with(|c| c == '.').as_bstr();
        match &self.kind {
            Kind::Network(net, mask) => addresses(r, host.as_bstr()).into_iter().any(|a| match a {
                IpAddr::V4(a) => u32::from(a) & mask == *net,
                IpAddr::V6(_) => false,
            }),
            Kind::Domain(domain) => {
                let from = bare.len().checked_sub(domain.len()).filter(|n| *n > 0);
                from.is_some_and(|n| bare[n..].eq_ignore_ascii_case(domain))
            }
            Kind::Host(name) => name.eq_ignore_ascii_case(bare),
            Kind::Word => host.contains_str(&self.name),
        }
    }
}

/// The addresses of a host, as far as they are known.
pub(super) fn addresses(r: &Request<'_>, host: &BStr) -> Vec<IpAddr> {
    crate::address::addresses(&r.engine.server.hosts, host)
}

/// `ap_proxy_is_ipaddr`: up to four numbers and the number of bits; without it, zeros at the end are no part of it.
fn network(text: &[u8]) -> Option<(u32, u32)> {
    let (quads, bits) = match text.find_byte(b'/') {
        Some(i) if i > 0 => (&text[..i], Some(&text[i + 1..])),
        _ => (text, None),
    };
    let quads = quads.strip_suffix(b".").unwrap_or(quads);
    let mut octets = [0u8; 4];
    let mut count = 0;
    for part in quads.split(|b| *b == b'.') {
        *octets.get_mut(count)? = part.to_str().ok()?.parse().ok()?;
        count += 1;
    }
    let bits = match bits {
        Some(b) => b.to_str().ok()?.parse::<u32>().ok().filter(|n| *n <= 32)?,
        None => {
            let zeros = octets[..count].iter().rev().take_while(|o| **o == 0).count();
            8 * (count - zeros) as u32
        }
    };
    if bits == 0 && text.find_byte(b'/').is_none() {
        return None;
    }
    let mask = if bits == 0 { 0 } else { u32::MAX << (32 - bits) };
    Some((u32::from(Ipv4Addr::from(octets)) & mask, mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_may_be_cut_short() {
        for (text, want) in [
            ("192.168.", Some((0xc0a8_0000, 0xffff_0000))),
            ("10.0.0.0", Some((0x0a00_0000, 0xff00_0000))),
            ("10.1.2.3/8", Some((0x0a00_0000, 0xff00_0000))),
            ("0.0.0.0", None),
            ("10.x", None),
            ("1.2.3.4.5", None),
        ] {
            assert_eq!(network(text.as_bytes()), want, "{text}");
        }
    }
}
