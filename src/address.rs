//! Addresses as APR reads them: subnets (`10.1`, `10.0.0.0/8`, `2001:db8::/32`) and numeric hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a subnet could not be read: the three statuses of `apr_ipsubnet_create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadAddress {
    /// Nothing like an address, a host name perhaps (`APR_EINVAL`).
    NotAnAddress,
    /// It looks like an address and is none (`APR_EBADIP`).
    Address,
    /// The mask or number of bits is wrong (`APR_EBADMASK`).
    Mask,
}

impl BadAddress {
    /// APR's words for it; none where the text looks like no address at all.
    pub(crate) fn detail(self) -> Option<&'static str> {
        match self {
            BadAddress::NotAnAddress => None,
            BadAddress::Address => Some("The specified IP address is invalid."),
            BadAddress::Mask => Some("The specified network mask is invalid."),
        }
    }
}

/// A set of addresses under a mask: `apr_ipsubnet_t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpSubnet {
    /// IPv4: the network and its mask, which needn't be contiguous.
    V4 {
        /// The network, host bits cleared.
        net: u32,
        /// The mask.
        mask: u32,
    },
    /// IPv6: the network and its mask.
    V6 {
        /// The network, host bits cleared.
        net: u128,
        /// The mask.
        mask: u128,
    },
}

impl IpSubnet {
    /// Reads an address and, where given, its mask or number of bits (`apr_ipsubnet_create`,
    /// network_io/unix/sockaddr.c). Without a mask a part of an IPv4 address (`10.1`) is a network.
    ///
    /// # Errors
    /// [`BadAddress`] says which part is wrong.
    pub(crate) fn parse(ip: &[u8], mask: Option<&[u8]>) -> Result<IpSubnet, BadAddress> {
        if !looks_like_ip(ip) {
            return Err(BadAddress::NotAnAddress);
        }
        match (pton(ip), mask) {
            // IPv4 in IPv6's clothes would never match, so APR refuses it
            (Some(IpAddr::V6(a)), _) if a.to_ipv4_mapped().is_some() => Err(BadAddress::Address),
            (Some(IpAddr::V6(a)), mask) => {
                let mask = mask
                    .map_or(Ok(u128::MAX), |m| bits(m, 128).map(|n| u128::MAX << (128 - n)).ok_or(BadAddress::Mask))?;
                Ok(IpSubnet::V6 { net: u128::from(a) & mask, mask })
            }
            (Some(IpAddr::V4(a)), mask) => {
                let mask = mask.map_or(Ok(u32::MAX), |m| v4_mask(m).ok_or(BadAddress::Mask))?;
                Ok(IpSubnet::V4 { net: u32::from(a) & mask, mask })
            }
            (None, None) => network(ip).ok_or(BadAddress::Address),
            (None, Some(_)) => Err(BadAddress::Address),
        }
    }

    /// The same of one text, with a slash before the mask.
    ///
    /// # Errors
    /// As [`IpSubnet::parse`].
    pub(crate) fn read(text: &[u8]) -> Result<IpSubnet, BadAddress> {
        let slash = text.iter().position(|b| *b == b'/');
        slash.map_or_else(|| IpSubnet::parse(text, None), |at| IpSubnet::parse(&text[..at], Some(&text[at + 1..])))
    }

    /// An address in it: the second, which looks like a machine's, where there is one.
    pub(crate) fn first(&self) -> Option<IpAddr> {
        let (first, second) = match *self {
            IpSubnet::V4 { net, .. } => (IpAddr::V4(net.into()), IpAddr::V4(net.wrapping_add(1).into())),
            IpSubnet::V6 { net, .. } => (IpAddr::V6(net.into()), IpAddr::V6(net.wrapping_add(1).into())),
        };
        [second, first].into_iter().find(|ip| self.contains(*ip))
    }

    /// The addresses at its edges: the first and the last in it, and those beside it.
    #[cfg(feature = "cli")]
    pub(crate) fn edges(&self) -> [IpAddr; 4] {
        match *self {
            IpSubnet::V4 { net, mask } => {
                let last = net | !mask;
                [net, last, net.wrapping_sub(1), last.wrapping_add(1)].map(|ip| IpAddr::V4(ip.into()))
            }
            IpSubnet::V6 { net, mask } => {
                let last = net | !mask;
                [net, last, net.wrapping_sub(1), last.wrapping_add(1)].map(|ip| IpAddr::V6(ip.into()))
            }
        }
    }

    /// Whether the address lies in the subnet (`apr_ipsubnet_test`); an IPv4-mapped one counts as IPv4.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (IpSubnet::V4 { net, mask }, IpAddr::V4(a)) => u32::from(a) & mask == *net,
            (IpSubnet::V6 { net, mask }, IpAddr::V6(a)) => u128::from(a) & mask == *net,
            _ => false,
        }
    }
}

/// `10.0.0.0/8`; with the whole mask where it is not one of leading bits.
impl std::fmt::Display for IpSubnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            IpSubnet::V4 { net, mask } => match mask.leading_ones() {
                ones if ones == mask.count_ones() => write!(f, "{}/{ones}", Ipv4Addr::from(net)),
                _ => write!(f, "{}/{}", Ipv4Addr::from(net), Ipv4Addr::from(mask)),
            },
            IpSubnet::V6 { net, mask } => write!(f, "{}/{}", Ipv6Addr::from(net), mask.leading_ones()),
        }
    }
}

/// A host given by number, in every way that `getaddrinfo` takes one: IPv6, dotted IPv4, and the old short,
/// octal and hexadecimal forms of `inet_aton`. `None` for what would have to be looked up.
pub(crate) fn numeric_host(host: &[u8]) -> Option<IpAddr> {
    pton(host).or_else(|| aton(host).map(IpAddr::V4))
}

/// Whether a text may be the name of a host.
pub(crate) fn is_host_name(text: &[u8]) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.first().is_some_and(|b| *b != b'-') && text.iter().all(part)
}

/// The addresses of a host: a numeric one, or a name among those that are known.
pub(crate) fn addresses(hosts: &[(IpAddr, String)], host: &[u8]) -> Vec<IpAddr> {
    if let Some(ip) = numeric_host(host) {
        return vec![ip];
    }
    let name = String::from_utf8_lossy(host);
    hosts.iter().filter(|(_, n)| n.eq_ignore_ascii_case(&name)).map(|(ip, _)| *ip).collect()
}

fn pton(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    text.parse::<Ipv6Addr>().map(IpAddr::V6).or_else(|_| text.parse::<Ipv4Addr>().map(IpAddr::V4)).ok()
}

fn looks_like_ip(text: &[u8]) -> bool {
    !text.is_empty() && (text.contains(&b':') || text.iter().all(|c| *c == b'.' || c.is_ascii_digit()))
}

/// A number of bits as `strtol` reads it, from 1 to `max`.
fn bits(text: &[u8], max: u32) -> Option<u32> {
    let text = str::from_utf8(text).ok()?.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    text.parse::<u32>().ok().filter(|n| (1..=max).contains(n))
}

fn v4_mask(text: &[u8]) -> Option<u32> {
    match bits(text, 32) {
        Some(n) => Some(u32::MAX << (32 - n)),
        None => str::from_utf8(text).ok()?.parse::<Ipv4Addr>().ok().map(u32::from),
    }
}

/// The legacy form, one to four numbers with dots after them: `parse_network`.
fn network(text: &[u8]) -> Option<IpSubnet> {
    if text.len() > "255.255.255.255".len() {
        return None;
    }
    let text = text.strip_suffix(b".").unwrap_or(text);
    let (mut net, mut mask) = (0u32, 0u32);
    for (n, part) in text.split(|c| *c == b'.').enumerate() {
        if n > 3 || part.is_empty() || !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        // atoi: a number too big for an int wraps
        let number = str::from_utf8(part).ok()?.parse::<i64>().ok()? as i32;
        let octet = u8::try_from(number).ok()?;
        let shift = 24 - 8 * n;
        net |= u32::from(octet) << shift;
        mask |= 0xff << shift;
    }
    Some(IpSubnet::V4 { net, mask })
}

/// One to four numbers, the last of which fills all bytes that are left.
fn aton(text: &[u8]) -> Option<Ipv4Addr> {
    let parts: Vec<&[u8]> = text.splitn(5, |c| *c == b'.').collect();
    let (last, head) = parts.split_last()?;
    if head.len() > 3 {
        return None;
    }
    let mut address = 0u32;
    for (n, part) in head.iter().enumerate() {
        address |= u32::from(u8::try_from(aton_number(part)?).ok()?) << (24 - 8 * n);
    }
    let last = aton_number(last)?;
    let free = 32 - 8 * head.len();
    (u64::from(last) < 1u64 << free).then(|| Ipv4Addr::from(address | last))
}

fn aton_number(text: &[u8]) -> Option<u32> {
    let text = str::from_utf8(text).ok().filter(|t| t.starts_with(|c: char| c.is_ascii_digit()))?;
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.starts_with(|c: char| c.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None if text.len() > 1 && text.starts_with('0') => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(ip: &str, mask: Option<&str>, address: &str) -> Result<bool, BadAddress> {
        let subnet = IpSubnet::parse(ip.as_bytes(), mask.map(str::as_bytes))?;
        Ok(subnet.contains(address.parse().unwrap()))
    }

    #[test]
    fn subnets_hold_what_apr_says_they_hold() {
        for (ip, mask, address, want) in [
            ("10.1", None, "10.1.255.3", Ok(true)),
            ("10.1.", None, "10.2.0.1", Ok(false)),
            ("1.2.3.4.", None, "1.2.3.4", Ok(true)),
            ("1.2.3.4.5", None, "1.2.3.4", Err(BadAddress::Address)),
            ("1..2", None, "1.0.2.4", Err(BadAddress::Address)),
            ("4294967306", None, "10.9.9.9", Ok(true)),
            ("256", None, "1.1.1.1", Err(BadAddress::Address)),
            ("10.1", Some("16"), "10.1.0.1", Err(BadAddress::Address)),
            ("10.1.2.3", Some("8"), "10.200.0.1", Ok(true)),
            ("10.1.2.3", Some("0"), "10.200.0.1", Err(BadAddress::Mask)),
            ("10.1.2.3", Some("33"), "10.200.0.1", Err(BadAddress::Mask)),
            ("10.1.2.3", Some(""), "10.200.0.1", Err(BadAddress::Mask)),
            ("10.1.2.3", Some("+8"), "10.200.0.1", Ok(true)),
            ("10.0.2.0", Some("255.0.255.0"), "10.77.2.9", Ok(true)),
            ("2001:db8::", Some("32"), "2001:db8:1::5", Ok(true)),
            ("2001:db8::", Some("255.0.0.0"), "2001:db8:1::5", Err(BadAddress::Mask)),
            ("::ffff:1.2.3.4", None, "1.2.3.4", Err(BadAddress::Address)),
            ("1.2.3.4", None, "::ffff:1.2.3.4", Ok(true)),
            ("::/0", None, "::1", Err(BadAddress::Address)),
            ("example.org", None, "::1", Err(BadAddress::NotAnAddress)),
            ("", None, "::1", Err(BadAddress::NotAnAddress)),
        ] {
            assert_eq!(within(ip, mask, address), want, "{ip} {mask:?} {address}");
        }
    }

    #[test]
    fn numeric_hosts_are_read_as_getaddrinfo_does() {
        for (host, want) in [
            ("127.1", Some("127.0.0.1")),
            ("0x7f.0.0.010", Some("127.0.0.8")),
            ("2130706433", Some("127.0.0.1")),
            ("1.2.65536", None),
            ("::1", Some("::1")),
            ("1.2.3.4.5", None),
            ("", None),
            ("a.example", None),
        ] {
            assert_eq!(numeric_host(host.as_bytes()), want.map(|w| w.parse().unwrap()), "{host}");
        }
    }
}
