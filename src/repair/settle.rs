//! A line that says something again is not added beside the old one: the old one is changed.

use super::change::{Change, Place};
use super::ground::Ground;
use crate::reason::TextLine;
use bstr::{BString, ByteSlice};

/// Directives of which the last one in a section counts alone.
const SINGLE: [&str; 22] = [
    "documentroot",
    "allowoverride",
    "options",
    "allowencodedslashes",
    "mergeslashes",
    "acceptpathinfo",
    "directoryslash",
    "usecanonicalname",
    "rewriteengine",
    "rewritebase",
    "sethandler",
    "forcetype",
    "directoryindex",
    "fallbackresource",
    "satisfy",
    "order",
    "authmerging",
    "authtype",
    "authname",
    "authuserfile",
    "userdir",
    "sslengine",
];

/// The change, as it is made in a text that has such a line already.
pub(super) fn settled(ground: &Ground<'_>, change: Change) -> Change {
    let Change::Add { line, to } = &change else { return change };
    let Some((name, value)) = line.split_once(' ').filter(|_| !line.contains('\n')) else { return change };
    if !SINGLE.contains(&name.to_ascii_lowercase().as_str()) {
        return change;
    }
    let lines = match to {
        Place::Section(section) | Place::SectionEnd(section) => ground.case.lines_in(Some(*section)),
        Place::End => ground.case.lines_in(None),
        Place::File(file) => ground.case.htaccess_lines(*file).into_iter().filter(|l| l.within.is_none()).collect(),
        _ => return change,
    };
    let of_name = |own: &&TextLine| own.name.eq_ignore_ascii_case(name.as_bytes()) && own.span.is_some();
    let Some(own) = lines.iter().rev().find(of_name) else { return change };
    let text = ground.case.sources.text(own.span);
    // a macro's or a variable's text is not what was read
    if text.contains(&b'$') || text.contains(&b'\n') {
        return change;
    }
    let new = if name.eq_ignore_ascii_case("options") { options(&own.args, value) } else { Some(line.clone()) };
    match new {
        Some(new) => Change::Replace { old: own.span, new },
        None => change,
    }
}

/// An Options line with a few more, or less.
fn options(own: &BString, more: &str) -> Option<String> {
    let own: Vec<String> = own.fields().map(|word| word.to_str_lossy().into_owned()).collect();
    if !more.starts_with(['+', '-']) {
        return Some(format!("Options {more}"));
    }
    let relative = own.iter().any(|word| word.starts_with(['+', '-']));
    let bare = |word: &str| word.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let changed: Vec<String> = more.split_whitespace().map(bare).collect();
    let mut words: Vec<String> =
        own.into_iter().filter(|word| !changed.contains(&bare(word)) && !word.eq_ignore_ascii_case("none")).collect();
    for word in more.split_whitespace() {
        match (relative, word.strip_prefix('+')) {
            (true, _) => words.push(word.into()),
            (false, Some(name)) => words.push(name.into()),
            (false, None) => {}
        }
    }
    // `All` has more in it than its name says
    if words.iter().any(|word| bare(word) == "all") {
        return None;
    }
    if words.is_empty() {
        words.push("None".into());
    }
    Some(format!("Options {}", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_added_to_those_that_are_there() {
        for (own, more, want) in [
            ("Indexes FollowSymLinks", "+ExecCGI", Some("Options Indexes FollowSymLinks ExecCGI")),
            ("None", "+Indexes", Some("Options Indexes")),
            ("+Indexes", "-MultiViews", Some("Options +Indexes -MultiViews")),
            ("Indexes", "-indexes", Some("Options None")),
            ("All", "+MultiViews", None),
            ("-Indexes", "+Indexes", Some("Options +Indexes")),
        ] {
            assert_eq!(options(&own.into(), more).as_deref(), want, "{own} {more}");
        }
    }
}
