//! Changes of lines that are there: taken out, moved, written otherwise, or copied from a comparable place.

use super::change::{Change, Place};
use super::ground::{Ground, each};
use crate::conf::args;
use crate::reason::TextLine;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};

/// How many lines are looked at.
const LINES: usize = 60;
/// How many copies are tried.
const COPIES: usize = 400;

/// Lines that decided, first as they stand, then otherwise.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let case = ground.case;
    let lines = case.outcome.decided_by.iter().map(|d| d.span);
    let mut deciders: Vec<Span> = lines.filter(|line| line.is_some()).collect();
    deciders.sort_by_key(|line| crate::reason::is_usual(case.sources, *line));
    deciders.dedup();
    deciders.truncate(LINES);
    let mut found: Vec<Change> = deciders.iter().flat_map(|line| rewritten(ground, *line)).collect();
    found.extend(mapped(ground));
    found.extend(deciders.iter().flat_map(|line| moved(ground, *line)));
    found.extend(deciders.iter().map(|line| Change::Remove { line: *line }));
    found
}

/// The lines of the sections that applied, taken out.
pub(super) fn in_sections(ground: &Ground<'_>) -> Vec<Change> {
    let lines = ground.sections.iter().flat_map(|section| ground.case.lines_in(Some(*section)));
    let files = ground.htaccess.iter().flat_map(|file| ground.case.htaccess_lines(*file));
    lines
        .chain(files)
        .filter(|line| !line.name.starts_with(b"<"))
        .take(LINES)
        .map(|line| Change::Remove { line: line.span })
        .collect()
}

/// A line first, and last, in the section that it is in.
fn moved(ground: &Ground<'_>, line: Span) -> Vec<Change> {
    let around = ground.case.section_of(line);
    let to = match around {
        Some(section) => vec![Place::Section(section), Place::SectionEnd(section)],
        None => ground.beginnings().into_iter().chain([Place::End]).collect(),
    };
    to.into_iter().map(|to| Change::Move { line, to }).collect()
}

/// The flags that a RewriteRule is tried with.
const FLAGS: [&str; 9] = ["L", "PT", "NE", "QSA", "QSD", "NC", "END", "B", "R"];

/// A rule with other flags, a pattern with or without its slash.
fn rewritten(ground: &Ground<'_>, line: Span) -> Vec<Change> {
    let text = ground.case.sources.text(line);
    let name = ground.case.sources.directive_name(line).to_ascii_lowercase();
    let mut found: Vec<BString> = Vec::new();
    if name == "rewriterule" || name == "rewritecond" {
        found.extend(flagged(&text, name == "rewriterule"));
        for (old, new) in [("^/", "^"), ("^", "^/?"), ("^", "^/"), ("$", "/?$")] {
            found.extend(with(&text, 1, |word| word.find(old).map(|_| word.replacen(old, new, 1).into())));
        }
    }
    if name.starts_with("redirect") || name.ends_with("match") {
        for (old, new) in [("^/", "^"), ("$", "/?$"), ("^", "")] {
            found.extend(with(&text, 1, |word| word.find(old).map(|_| word.replacen(old, new, 1).into())));
        }
    }
    let new = |text: BString| Some(Change::Replace { old: line, new: text.to_str().ok()?.into() });
    found.into_iter().filter_map(new).collect()
}

/// A line with its `n`th word changed.
fn with(text: &BString, n: usize, change: impl Fn(&BStr) -> Option<BString>) -> Option<BString> {
    let words = args::words(text);
    let word = words.get(n)?;
    let new = change(text[word.start..word.end].as_bstr())?;
    Some([&text[..word.start], &new, &text[word.end..]].concat().into())
}

fn flagged(text: &BString, is_rule: bool) -> Vec<BString> {
    let words = args::words(text);
    let last =
        words.last().filter(|word| words.len() > 3 && word.value.starts_with(b"[") && word.value.ends_with(b"]"));
    let own: Vec<String> = last
        .map(|word| {
            word.value[1..word.value.len() - 1].to_str_lossy().split(',').map(|f| f.trim().to_string()).collect()
        })
        .unwrap_or_default();
    let before = last.map_or(text.len(), |word| word.start);
    let before = text[..before].trim_end();
    let written = |flags: &[String]| -> BString {
        let flags = if flags.is_empty() { String::new() } else { format!(" [{}]", flags.join(",")) };
        [before, flags.as_bytes()].concat().into()
    };
    let mut found = Vec::new();
    let known: &[&str] = if is_rule { &FLAGS } else { &["NC", "OR"] };
    for flag in known {
        if !own.iter().any(|own| own.eq_ignore_ascii_case(flag)) {
            let mut flags = own.clone();
            flags.push(flag.to_string());
            found.push(written(&flags));
        }
    }
    for at in 0..own.len() {
        let mut flags = own.clone();
        flags.remove(at);
        found.push(written(&flags));
    }
    found
}

/// Lines and sections of the servers that answer whose path may lack a slash, or have one too many: on both sides.
fn mapped(ground: &Ground<'_>) -> Vec<Change> {
    const NAMES: [&str; 6] = ["alias", "scriptalias", "proxypass", "wsgiscriptalias", "redirect", "location"];
    let case = ground.case;
    let of_server = |host: Option<Span>| host.is_none() || host == ground.host;
    let lines = case.site.directives().filter(|d| of_server(d.virtual_host()));
    let lines = lines.filter(|d| NAMES.iter().any(|name| d.name().eq_ignore_ascii_case(name.as_bytes())));
    let is_near = |path: &[u8]| {
        let path = path.trim_end_with(|c| c == '/' || c == '>');
        ground.paths.iter().any(|own| own.starts_with(path))
    };
    let mut found = Vec::new();
    for line in lines.take(LINES * 4) {
        let text = case.sources.text(line.span());
        let words = args::words(&text);
        let Some(at) =
            words.iter().position(|word| word.value.starts_with(b"/")).filter(|at| is_near(&words[*at].value))
        else {
            continue;
        };
        let slash = |word: &BStr, on: bool| -> Option<BString> {
            let end = word.trim_end_with(|c| c == '"' || c == '>').len();
            let bare = word[..end].trim_end_with(|c| c == '/');
            let new: BString = [bare, if on { b"/" } else { b"" }, &word[end..]].concat().into();
            (new != *word && bare.len() > 1).then_some(new)
        };
        for on in [true, false] {
            let first = with(&text, at, |word| slash(word, on));
            let both = with(first.as_ref().unwrap_or(&text), at + 1, |word| slash(word, on));
            let second = with(&text, at + 1, |word| slash(word, on));
            for new in [both, first, second].into_iter().flatten() {
                let new = new.to_str().ok().map(|new| Change::Replace { old: line.span(), new: new.into() });
                found.extend(new.filter(|new| !found.contains(new)));
            }
        }
    }
    found.truncate(LINES);
    found
}

/// Lines that another section, or another server, has and this one lacks.
pub(super) fn copied(ground: &Ground<'_>) -> Vec<Change> {
    let case = ground.case;
    let mut of_sections: Vec<String> = Vec::new();
    let mut of_servers: Vec<String> = Vec::new();
    for line in case.site.directives().filter(|d| !d.is_section()) {
        let list = match line.parents().last() {
            Some((name, section)) if !name.eq_ignore_ascii_case(b"VirtualHost") => {
                // what is one of several conditions says nothing elsewhere
                let is_part = name.to_ascii_lowercase().starts_with(b"require")
                    || Some(section) == ground.sections.first().copied();
                if is_part { continue } else { &mut of_sections }
            }
            around if around.map(|(_, section)| section) != ground.host || ground.host.is_none() => &mut of_servers,
            _ => continue,
        };
        let text = case.sources.text(line.span()).to_str_lossy().into_owned();
        if !text.contains("\\\n") && !list.contains(&text) && list.len() < COPIES {
            list.push(text);
        }
    }
    let lacks = |change: &Change| match change {
        Change::Add { line, to: Place::SectionEnd(section) } => {
            let lines: Vec<TextLine> = case.lines_in(Some(*section));
            !lines.iter().any(|own| case.sources.text(own.span) == *line)
        }
        _ => true,
    };
    let mut found = each(&of_sections, &ground.applied());
    found.extend(each(&of_servers, &ground.ends()));
    found.extend(each(&of_servers, &ground.beginnings()));
    found.extend(each(&of_sections, &ground.directories()));
    found.retain(lacks);
    found.truncate(COPIES);
    found
}
