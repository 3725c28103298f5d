//! Virtual hosts that have the name that was asked for, and did not answer.

use super::super::Case;
use super::{Miss, Near};
use crate::url::host_of;
use bstr::{BStr, BString, ByteSlice};

/// Adds them.
pub(super) fn nearly(case: &Case<'_>, found: &mut Vec<Near>) {
    let Some(asked) = host(case) else { return };
    let asked = asked.as_bstr();
    let answering = case.host_section();
    for line in case.site.directives() {
        let is_name = line.name().eq_ignore_ascii_case(b"ServerName");
        if !is_name && !line.name().eq_ignore_ascii_case(b"ServerAlias") {
            continue;
        }
        let Some((_, section)) = line.parents().last() else { continue };
        if Some(section) == answering || found.len() > MOST {
            continue;
        }
        for name in line.args().fields() {
            let name = name.trim_with(|c| c == '"');
            let bare = name.rsplit_once_str(":").map_or(name, |(host, _)| host);
            let miss = if same(name, asked) || is_name && same(bare, asked) {
                Miss::HostElsewhere { name: name.into(), host: case.sources.text(section) }
            } else if same(bare, asked) {
                Miss::PortInName { name: name.into() }
            } else {
                continue;
            };
            found.push(Near { miss, places: vec![line.span(), section] });
        }
    }
}

/// How many near misses there may be before this stops to look.
const MOST: usize = 50;

fn same(name: &[u8], asked: &BStr) -> bool {
    let wild = name.contains(&b'*') || name.contains(&b'?');
    name.eq_ignore_ascii_case(asked) || wild && crate::pattern::strcasecmp_match(asked, name)
}

/// The name that was asked for.
fn host(case: &Case<'_>) -> Option<BString> {
    let header = case.ask.headers.get("Host")?.to_str_lossy().into_owned();
    Some(host_of(&header)).filter(|name| !name.is_empty()).map(BString::from)
}
