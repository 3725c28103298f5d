//! Changes by what is wanted of the answer.

mod access;
mod handlers;
mod mapping;
mod names;
mod redirects;

use super::change::{Change, Place};
use super::ground::{Ground, each};
use crate::reason::lines_of;
use bstr::{BString, ByteSlice};

pub(super) use access::{by_url, changes as access};
pub(super) use mapping::roots;
pub(super) use redirects::forced;

/// The changes that an administrator would look at first, besides those of who gets in.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let mut found = redirects::changes(ground);
    found.extend(mapping::changes(ground));
    found.extend(handlers::changes(ground));
    found.extend(names::changes(ground));
    found
}

/// The root, where there is none: without it nothing can be found.
pub(super) fn root(ground: &Ground<'_>) -> Vec<Change> {
    if roots(ground).first().is_some_and(|(_, there)| *there) {
        return Vec::new();
    }
    let mut found = rootless(ground);
    found.extend(mapping::root(ground));
    found
}

/// DocumentRoot lines for directories that the configuration names, where the URL's file is there.
fn rootless(ground: &Ground<'_>) -> Vec<Change> {
    let case = ground.case;
    let mut roots: Vec<String> = Vec::new();
    for directive in case.site.directives().filter(|d| d.is_section() || d.name().eq_ignore_ascii_case(b"DocumentRoot"))
    {
        let args = directive.args().trim_end_with(|c| c == '>' || c == ' ');
        let Some(path) = crate::conf::args::split(args).into_iter().next().filter(|path| path.starts_with(b"/")) else {
            continue;
        };
        let file = [crate::filepath::without_slashes_after(&path), ground.path()].concat();
        let line = super::ground::quoted(&path).map(|path| format!("DocumentRoot {path}"));
        roots.extend(line.filter(|line| case.stat(&file).is_ok() && !roots.contains(line)));
    }
    each(&roots, &ground.beginnings())
}

/// A RewriteRule for this URL alone, first of all in each server and each .htaccess file; `then` follows it.
fn rules(ground: &Ground<'_>, target: &str, flags: &str, then: &str) -> Vec<Change> {
    let mut found = Vec::new();
    for path in ground.paths.iter().take(3) {
        let Some(pattern) = escaped(path) else { continue };
        let line = format!("RewriteRule ^{pattern}$ {target} [{flags}]{then}");
        for (place, section) in ground.beginnings().into_iter().zip(ground.host.map(Some).into_iter().chain([None])) {
            let on =
                |line: &crate::reason::TextLine| line.name == "rewriteengine" && line.args.eq_ignore_ascii_case(b"on");
            let engine = ground.case.lines_in(section).into_iter().find(on);
            let (line, to) = match engine {
                Some(engine) => (line.clone(), Place::After(engine.span)),
                None => (format!("RewriteEngine On\n{line}"), place),
            };
            found.push(Change::Add { line, to });
        }
        let relative = |directory: &[u8]| {
            let above = crate::filepath::without_slashes_after(directory);
            let name = ground.case.file().filter(|file| file.starts_with(above))?;
            escaped(name[above.len()..].trim_start_with(|c| c == '/').as_bytes())
        };
        for file in &ground.htaccess {
            let source = ground.case.sources.file(*file);
            let Some(pattern) = relative(crate::filepath::dirname(source.name.as_bytes())) else { continue };
            let lines = lines_of(ground.case.sources, *file, 1..=source.lines() as u32);
            let line = format!("RewriteRule ^{pattern}$ {target} [{flags}]{then}");
            let engine = lines.iter().find(|line| line.name == "rewriteengine");
            let (line, to) = match engine {
                Some(engine) => (line, Place::After(engine.span)),
                None => (format!("RewriteEngine On\n{line}"), Place::File(*file)),
            };
            found.push(Change::Add { line, to });
        }
    }
    found
}

/// A text as a regular expression that finds it alone; none where it could not be written.
fn escaped(text: &[u8]) -> Option<String> {
    let text =
        text.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'$'))?;
    let mut pattern = BString::default();
    for c in text.chars() {
        if ".^$*+?()[]{}|\\%".contains(c) {
            pattern.push(b'\\');
        }
        pattern.push(c as u8);
    }
    pattern.to_str().ok().map(str::to_string)
}
