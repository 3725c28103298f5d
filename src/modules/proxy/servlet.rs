//! `alias_match_servlet` (mod_proxy.c): ProxyPass with `mapping=servlet` sees paths as servlet containers do, without
//! path parameters and dot segments.

use bstr::BString;

/// Where a segment of the alias stands in the path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment {
    /// It begins here.
    At(usize),
    /// It matched up to here, where its parameters begin.
    Parameters(usize),
    /// It is another one.
    Other,
}

/// Whether `alias` covers the beginning of a path: the path as the container sees it, and how much of the *original*
/// path is covered. httpd then takes what follows so many bytes of the normalised path.
pub(super) fn matches(uri: &[u8], alias: &[u8]) -> Option<(BString, usize)> {
    if uri.first() != Some(&b'/') || alias.first() != Some(&b'/') {
        return None;
    }
    let at = |text: &[u8], i: usize| text.get(i).copied().unwrap_or(0);
    let mut map = vec![b'/'];
    let mut stack: Vec<Segment> = Vec::new();
    let (mut u, mut a) = (1, 1);
    let mut first = 1;
    let mut depth = 0;
    while u < uri.len() {
        if uri[u] == b';' {
            while u < uri.len() && uri[u] != b'/' {
                u += 1;
            }
            continue;
        }
        if map.last() == Some(&b'/') {
            if uri[u] == b'/' {
                while at(uri, u) == b'/' {
                    u += 1;
                }
                continue;
            }
            if uri[u] == b'.' {
                let ends = |i: usize| matches!(at(uri, i), b'/' | b';' | 0);
                if ends(u + 1) {
                    u += 1;
                    if at(uri, u) == b'/' {
                        u += 1;
                    }
                    continue;
                }
                if at(uri, u + 1) == b'.' && ends(u + 2) {
                    if map.len() == 1 {
                        return None;
                    }
                    map.pop();
                    while map.len() > 1 && map.last() != Some(&b'/') {
                        map.pop();
                    }
                    if depth == stack.len() {
                        if at(alias, a) == 0 {
                            a = a.saturating_sub(1);
                        }
                        while a > 0 && at(alias, a) == b'/' {
                            a -= 1;
                        }
                        while a > 0 && at(alias, a - 1) != b'/' {
                            a -= 1;
                        }
                        depth = depth.saturating_sub(1);
                    }
                    stack.pop();
                    u += 2;
                    if at(uri, u) == b'/' {
                        u += 1;
                    }
                    first = 0;
                    continue;
                }
            }
            if first != 0 {
                while at(uri, first) == b'/' {
                    first += 1;
                }
            }
            stack.push(Segment::At(if first != 0 { first } else { u }));
            if at(alias, a) != 0 {
                if a > 0 && at(alias, a - 1) != b'/' {
                    loop {
                        a += 1;
                        if at(alias, a - 1) == b'/' || at(alias, a) == 0 {
                            break;
                        }
                    }
                }
                while at(alias, a) == b'/' {
                    a += 1;
                }
                if at(alias, a) != 0 {
                    depth += 1;
                }
            }
        }
        if at(alias, a) != 0 {
            if let Some(segment) = depth.checked_sub(1).and_then(|d| stack.get_mut(d))
                && *segment != Segment::Other
            {
                let next = at(uri, u + 1);
                if alias[a] != uri[u] {
                    *segment = Segment::Other;
                } else if at(alias, a + 1) == 0 && alias[a] != b'/' {
                    match next {
                        b';' => *segment = Segment::Parameters(u + 1),
                        b'/' | 0 => {}
                        _ => *segment = Segment::Other,
                    }
                }
            }
            if alias[a] != b'/' || uri[u] == b'/' {
                a += 1;
            }
        }
        if uri[u] == b'/' {
            first = u + 1;
        }
        map.push(uri[u]);
        u += 1;
    }
    if at(alias, a) != 0 || stack.iter().take(depth).any(|s| *s == Segment::Other) {
        return None;
    }
    if let Some(next) = stack.get(depth) {
        if let Segment::At(i) | Segment::Parameters(i) = next {
            u = *i;
        }
        if let Some(Segment::Parameters(i)) = depth.checked_sub(1).and_then(|d| stack.get(d)) {
            u = *i;
        }
    }
    if a > 0 && at(alias, a - 1) != b'/' && u > 0 && at(uri, u - 1) == b'/' {
        u -= 1;
    }
    Some((map.into(), u))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_containers_do() {
        for (uri, alias, want) in [
            ("/app/x", "/app", Some(("/app/x", 4))),
            ("/app;a=1/x", "/app", Some(("/app/x", 4))),
            ("/x/..;/app/y", "/app/", Some(("/app/y", 11))),
            ("/apple", "/app", None),
            ("/../app", "/app", None),
            ("/", "/app", None),
        ] {
            let got = matches(uri.as_bytes(), alias.as_bytes());
            assert_eq!(got, want.map(|(m, n)| (m.into(), n)), "{uri} {alias}");
        }
    }
}
