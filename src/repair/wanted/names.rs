//! The virtual host that is to answer, the path behind the file, and headers.

use super::super::change::Change;
use super::super::ground::{Ground, each, quoted};
use crate::conf::args;
use crate::url::{host_of, split_url};

/// Changes by which another virtual host answers, or with other headers.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let mut found = host(ground);
    if let Some(rest) = ground.goal.text("path_info") {
        let on = if rest.is_empty() { "AcceptPathInfo Off" } else { "AcceptPathInfo On" };
        let mut places = ground.applied();
        places.extend(ground.directories());
        places.extend(ground.ends());
        found.extend(each(&[on.to_string()], &places));
    }
    for (name, value) in ground.goal.headers() {
        let texts = match value.and_then(|value| quoted(value.as_bytes())) {
            Some(value) => vec![format!("Header set {name} {value}"), format!("Header always set {name} {value}")],
            None => vec![format!("Header unset {name}"), format!("Header always unset {name}")],
        };
        let is_name = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let mut places = ground.narrow();
        places.extend(ground.applied());
        places.extend(ground.ends());
        found.extend(each(if is_name { &texts } else { &[] }, &places));
    }
    found
}

/// Another name for the virtual host that is wanted.
fn host(ground: &Ground<'_>) -> Vec<Change> {
    let parts = split_url(&ground.case.ask.url);
    let Some(asked) = quoted(host_of(parts.authority).as_bytes()) else { return Vec::new() };
    let name = |section| {
        let lines = ground.case.lines_in(Some(section));
        let line = lines.into_iter().find(|line| line.name == "servername")?;
        args::split(&line.args).into_iter().next()
    };
    let wanted = ground.goal.text("vhost");
    let hosts = ground.case.lines("VirtualHost").map(|host| host.span());
    let mut found = Vec::new();
    for section in hosts.filter(|section| Some(*section) != ground.host) {
        let own = name(section);
        if wanted.is_some_and(|wanted| own.as_ref().is_some_and(|own| host_of(&own.to_string()) != wanted)) {
            continue;
        }
        let line = if own.is_some() { format!("ServerAlias {asked}") } else { format!("ServerName {asked}") };
        let to = super::super::change::Place::SectionEnd(section);
        found.push(Change::Add { line, to });
    }
    found.truncate(16);
    found
}
