//! Lines that send the client elsewhere, or answer with a status at once.

use super::super::change::Change;
use super::super::ground::{Ground, each, prefixes, quoted};
use super::rules;
use crate::server::uri;
use bstr::{BStr, BString, ByteSlice};

/// How many ways of dividing the path are tried.
const DIVIDED: usize = 10;

/// Changes by which the answer could be the redirect that is wanted, or say that there is nothing.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let status = ground.goal.status();
    if let Some(location) = ground.goal.text("location") {
        return redirected(ground, location, status.filter(|s| (300..400).contains(s)));
    }
    match status {
        Some(status @ (404 | 410)) if ground.goal.text("file").is_none() && is_reached(ground) => gone(ground, status),
        _ => Vec::new(),
    }
}

/// Whether something is there that is to be hidden: what is refused is not to be found by another line.
fn is_reached(ground: &Ground<'_>) -> bool {
    ground.case.outcome.status < 400
}

fn gone(ground: &Ground<'_>, status: u16) -> Vec<Change> {
    let path = quoted(ground.path()).map(|path| format!("Redirect {status} {path}"));
    let mut places = ground.beginnings();
    places.extend(ground.ends());
    each(&path.into_iter().collect::<Vec<_>>(), &places)
}

fn redirected(ground: &Ground<'_>, location: &str, status: Option<u16>) -> Vec<Change> {
    // the query goes along by itself
    let query = ground.case.ask.target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    let bare = location.strip_suffix(&query).unwrap_or(location);
    let status = status.unwrap_or(302);
    let mut lines: Vec<String> = Vec::new();
    for path in &ground.paths {
        // httpd escapes what follows the prefix
        let escaped = uri::escape_path(path, true);
        for from in prefixes(path).into_iter().rev() {
            let rest = BStr::new(&escaped[escaped.len().min(uri::escape_path(&path[..from], true).len())..]);
            let Some(target) = bare.as_bytes().strip_suffix(rest.as_bytes()) else { continue };
            let Some((from, to)) = quoted(&path[..from]).zip(quoted(target)) else { continue };
            let line = format!("Redirect {status} {from} {to}");
            let is_target = target.contains_str("://") || target.starts_with(b"/");
            lines.extend((is_target && !lines.contains(&line)).then_some(line));
        }
    }
    lines.truncate(DIVIDED);
    let mut found = each(&lines, &ground.beginnings());
    found.extend(each(&lines, &ground.ends()));
    let before = ground.case.outcome.status;
    if before >= 400 {
        found.extend(each(&[format!("ErrorDocument {before} {location}")], &ground.ends()));
    }
    found
}

/// A text as the target of a RewriteRule.
fn substituted(text: &[u8]) -> BString {
    text.replace("%", "\\%").replace("$", "\\$").into()
}

/// What gives the answer for this URL alone, where nothing of more sense does: a rule, or a status.
pub(in super::super) fn forced(ground: &Ground<'_>) -> Vec<Change> {
    let mut found = Vec::new();
    let status = ground.goal.status().unwrap_or(ground.case.outcome.status);
    if let Some(target) = ground.goal.text("location").and_then(|to| quoted(&substituted(to.as_bytes()))) {
        for more in ["", ",NE", ",QSD,NE"] {
            found.extend(rules(ground, &target, &format!("R={status}{more},L"), ""));
        }
    }
    let file = ground.goal.text("file").and_then(|file| quoted(&substituted(file.as_bytes())));
    if let Some(target) = &file {
        found.extend(rules(ground, target, "L", ""));
    }
    if (400..600).contains(&status) {
        found.extend(gone(ground, status));
        // a rule with a status leaves the file as it was before it
        let refuse = format!("\nRewriteRule ^ - [R={status}]");
        found.extend(file.iter().flat_map(|target| rules(ground, target, "C", &refuse)));
        found.extend(rules(ground, "-", &format!("R={status}"), ""));
    }
    found
}
