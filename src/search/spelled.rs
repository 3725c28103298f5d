//! Spellings of a path that a hunt tries besides those of `vary`.

use super::ask::Ask;

/// Spellings of a path that are the same throughout.
pub(super) fn throughout(path: &str) -> Vec<String> {
    let encoded = |before: &str| {
        let mut out = String::new();
        let mut first = false;
        for c in path.chars() {
            if first && c.is_ascii_alphanumeric() {
                out.push_str(&format!("%{before}{:02x}", u32::from(c)));
            } else {
                out.push(c);
            }
            first = c == '/';
        }
        out
    };
    let every: String = path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { format!("%{:02x}", u32::from(c)) } else { c.to_string() })
        .collect();
    let inner = path.trim_start_matches('/');
    vec![
        every,
        path.replace('/', "//"),
        path.replace('/', "///"),
        path.replace('/', "/./"),
        encoded(""),
        encoded("25"),
        format!("/{}", inner.replace('/', "%2f")),
        format!("/{}", inner.replace('/', "%252f")),
        format!("/x%2f..%2f{inner}"),
        format!("/..%2f{inner}"),
        format!("/%2e%2e/{inner}"),
        format!("/.//{inner}"),
        format!("/x/..//{inner}"),
    ]
}

/// Names without extensions.
pub(super) fn shorter(ask: &Ask) -> Vec<Ask> {
    let at = ask.path.rfind('/').map_or(0, |at| at + 1);
    let (directory, name) = ask.path.split_at(at);
    let mut found = Vec::new();
    let dots = name.match_indices('.').map(|(at, _)| at).filter(|at| *at > 0);
    found.extend(dots.map(|dot| ask.at(format!("{directory}{}", &name[..dot]))));
    found
}
