//! Lines that lead the URL to the file that is wanted.

use super::super::change::{Change, Place};
use super::super::ground::{Ground, above, each, prefixes, quoted};
use crate::conf::args;
use crate::filepath;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};

/// How many ways of dividing path and file are tried.
const DIVIDED: usize = 12;
/// How many directories could be the DocumentRoot.
const ROOTS: usize = 8;
/// How many directories are looked into that the configuration names.
const NAMED: usize = 60;

/// Changes by which the URL could come to be the file.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let Some(wanted) = ground.goal.text("file") else { return guessed(ground) };
    let wanted = BStr::new(wanted);
    if let Some(url) = wanted.strip_prefix(b"proxy:") {
        return proxied(ground, url.as_bstr());
    }
    if !wanted.starts_with(b"/") {
        return Vec::new();
    }
    let mut found = index(ground, wanted);
    found.extend(root(ground));
    found.extend(aliases(ground, wanted));
    found.extend(error_page(ground, wanted));
    found
}

/// The DocumentRoot lines that apply, and whether what they name is there.
pub(in super::super) fn roots(ground: &Ground<'_>) -> Vec<(Span, bool)> {
    let lines = ground.case.in_force(&|name| name.eq_ignore_ascii_case(b"DocumentRoot"));
    let there = |line: Span| {
        let path = args::words(&ground.case.sources.text(line)).into_iter().nth(1).map(|word| word.value);
        path.is_some_and(|path| ground.case.stat(&path).is_ok_and(|stat| stat.is_dir()))
    };
    lines.into_iter().rev().map(|(_, line)| (line, there(line))).collect()
}

/// Another DocumentRoot: one with which path and file end alike, else any directory above the file.
pub(super) fn root(ground: &Ground<'_>) -> Vec<Change> {
    let Some(wanted) = ground.goal.text("file").map(BStr::new).filter(|file| file.starts_with(b"/")) else {
        return Vec::new();
    };
    let is_dir = |path: &[u8]| ground.case.stat(path).is_ok_and(|stat| stat.is_dir());
    let mut candidates: Vec<BString> = Vec::new();
    let mut put = |path: &[u8]| {
        let path = filepath::without_slashes_after(path);
        if !path.is_empty() && !candidates.iter().any(|known| known == path) {
            candidates.push(path.into());
        }
    };
    let directory = filepath::dirname(wanted).as_bytes();
    for path in &ground.paths {
        for length in prefixes(path) {
            for end in [wanted.as_bytes(), directory] {
                let before = end.strip_suffix(&path[..length]);
                before.into_iter().filter(|root| is_dir(root)).for_each(&mut put);
            }
        }
    }
    above(wanted).filter(|path| is_dir(path)).for_each(&mut put);
    candidates.truncate(ROOTS);
    let own = roots(ground);
    let own = own.first().filter(|(line, _)| ground.case.section_of(*line) == ground.host);
    let lines = candidates.iter().filter_map(|path| Some(format!("DocumentRoot {}", quoted(path)?)));
    let change = |line: String| match own {
        Some((old, _)) => vec![Change::Replace { old: *old, new: line }],
        None => each(&[line], &ground.beginnings()),
    };
    lines.flat_map(change).collect()
}

/// Prefixes of the path and of the file behind which both go on alike, the longest common end first.
fn divided(ground: &Ground<'_>, wanted: &BStr) -> Vec<(BString, BString)> {
    let mut found: Vec<(BString, BString)> = Vec::new();
    for path in &ground.paths {
        for end in prefixes(path) {
            // a file that is found may have a slash behind it
            let path = &path[..end];
            for from in prefixes(path).into_iter().rev() {
                let Some(target) = wanted.strip_suffix(&path[from..]) else { continue };
                let pair: (BString, BString) = (path[..from].into(), target.into());
                if target.len() > 1 && !found.contains(&pair) {
                    found.push(pair);
                }
            }
        }
    }
    // what leads to a directory that is there, first
    let is_dir = |path: &BString| ground.case.stat(path).is_ok_and(|stat| stat.is_dir());
    found.sort_by_key(|(_, target)| !is_dir(target));
    found.truncate(DIVIDED);
    found
}

fn aliases(ground: &Ground<'_>, wanted: &BStr) -> Vec<Change> {
    let handler = ground.goal.text("handler");
    let is_wsgi = handler == Some("wsgi-script") || wanted.ends_with(b".wsgi") || wanted.ends_with(b".py");
    let is_cgi = handler == Some("cgi-script");
    let mut names = vec!["Alias"];
    match (is_wsgi, is_cgi) {
        (true, _) => names.insert(0, "WSGIScriptAlias"),
        (_, true) => names.insert(0, "ScriptAlias"),
        _ => names.push("ScriptAlias"),
    }
    if !is_wsgi {
        names.push("WSGIScriptAlias");
    }
    let pairs = divided(ground, wanted);
    let mut found = Vec::new();
    for name in names {
        let line = |(path, target): &(BString, BString)| Some(format!("{name} {} {}", quoted(path)?, quoted(target)?));
        let lines: Vec<String> = pairs.iter().filter_map(line).collect();
        found.extend(each(&lines, &ground.beginnings()));
        // behind an alias that is to stay the first
        found.extend(each(&lines, &ground.ends()));
    }
    found
}

/// Where no file is named, and none was found: directories that the configuration names and that have what the URL says.
fn guessed(ground: &Ground<'_>) -> Vec<Change> {
    let served = ground.goal.status().is_some_and(|status| status < 300) || ground.goal.text("handler").is_some();
    if !served || ground.case.outcome.status != 404 {
        return Vec::new();
    }
    let mut directories: Vec<BString> = Vec::new();
    for directive in ground.case.site.directives() {
        let words = args::split(directive.args().trim_end_with(|c| c == '>' || c == ' '));
        for word in words.into_iter().filter(|word| word.starts_with(b"/")).take(2) {
            let path: BString = filepath::without_slashes_after(&word).into();
            let is_new = !path.is_empty() && !directories.contains(&path) && directories.len() < NAMED;
            if is_new && ground.case.stat(&path).is_ok_and(|stat| stat.is_dir()) {
                directories.push(path);
            }
        }
    }
    let path = ground.path();
    let mut lines = Vec::new();
    for from in prefixes(path).into_iter().filter(|from| *from > 1 && path.get(*from) == Some(&b'/')) {
        let there = |directory: &&BString| {
            let file = [directory.as_bytes(), &path[from..]].concat();
            ground.case.stat(&file).is_ok()
        };
        for directory in directories.iter().filter(there) {
            let pair = quoted(&path[..from]).zip(quoted(directory));
            lines.extend(pair.map(|(from, to)| format!("Alias {from} {to}")));
        }
    }
    lines.truncate(DIVIDED);
    each(&lines, &ground.beginnings())
}

/// An index file: in the directory that the URL names, or that a redirect leads to.
fn index(ground: &Ground<'_>, wanted: &BStr) -> Vec<Change> {
    let name = filepath::basename(wanted);
    let is_below = ground.case.files().iter().any(|file| {
        filepath::without_slashes_after(filepath::dirname(wanted)) == filepath::without_slashes_after(file)
    });
    let Some(name) = quoted(name).filter(|_| is_below) else { return Vec::new() };
    let mut places = ground.applied();
    places.extend(ground.directories());
    places.extend(ground.ends());
    let lines = [format!("DirectoryIndex {name}")];
    let fallback = ground.case.file().is_some_and(|file| file != wanted);
    let mut found = each(&lines, &places);
    if fallback {
        found.extend(each(&[format!("FallbackResource {name}")], &places));
    }
    found
}

/// A page for the error that comes.
fn error_page(ground: &Ground<'_>, wanted: &BStr) -> Vec<Change> {
    let status = ground.goal.status().unwrap_or(ground.case.outcome.status);
    if status < 400 {
        return Vec::new();
    }
    let root = |line: Span| args::words(&ground.case.sources.text(line)).into_iter().nth(1).map(|word| word.value);
    let roots = roots(ground).into_iter().filter_map(|(line, _)| root(line));
    let url = |root: BString| {
        let url = wanted.strip_prefix(filepath::without_slashes_after(&root))?;
        quoted(url).filter(|url| url.starts_with('/'))
    };
    let lines: Vec<String> = roots.filter_map(url).map(|url| format!("ErrorDocument {status} {url}")).collect();
    let mut places = ground.ends();
    places.extend(ground.applied());
    each(&lines, &places)
}

fn proxied(ground: &Ground<'_>, url: &BStr) -> Vec<Change> {
    let mut lines = Vec::new();
    for path in &ground.paths {
        for from in prefixes(path).into_iter().rev() {
            let Some(target) = url.strip_suffix(&path[from..]) else { continue };
            let pair = quoted(&path[..from]).zip(quoted(target));
            let line = pair.filter(|_| target.contains_str("://")).map(|(from, to)| format!("ProxyPass {from} {to}"));
            lines.extend(line.filter(|line| !lines.contains(line)));
        }
        let handler = url.strip_suffix(ground.case.file().map(|file| file.as_bytes()).unwrap_or(b"/"));
        if let Some(handler) = handler.and_then(|handler| handler.to_str().ok()).filter(|h| h.contains("://")) {
            lines.push(format!("SetHandler \"proxy:{}\"", handler.trim_end_matches('/')));
        }
    }
    lines.truncate(DIVIDED);
    let mut places = ground.beginnings();
    places.extend(ground.narrow());
    places.extend::<Vec<Place>>(ground.applied());
    each(&lines, &places)
}
