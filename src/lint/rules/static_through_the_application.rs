//! `static-through-the-application`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, above, outermost, quoted, section};
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::{decoded, escaped};
use crate::site::{Directive, Fix};
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

pub(super) static RULE: Rule = Rule {
    name: "static-through-the-application",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "Static files beside a mounted application have no mapping of their own.",
    why: "Each of them is served by Python, if at all: that is much slower than httpd.",
    help: "lead their URL to the directory: `Alias /static/ DIRECTORY/static/`",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
# finding
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/shop/static/shop.css"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
Alias /static/ /srv/shop/static/
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/shop/static/shop.css"],
    },
    find,
};

/// Folders of such files.
const FOLDERS: [&[u8]; 6] = [b"static", b"media", b"assets", b"css", b"images", b"js"];
/// Suffixes of such files.
const SUFFIXES: [&[u8]; 12] =
    [b".css", b".js", b".png", b".jpg", b".jpeg", b".gif", b".svg", b".ico", b".woff", b".woff2", b".map", b".webp"];
/// How many files are tried for each mount.
const FILES: usize = 40;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    // what a URL gets needs no mapping
    let had: HashSet<&BString> = asked.files.iter().map(|file| &file.path).collect();
    let mut found = Vec::new();
    for mount in facts.named(&["WSGIScriptAlias", "WSGIScriptAliasMatch"]) {
        let words = mount.words();
        let ([url, script, ..], Some(door)) = (words.as_slice(), asked.doors(mount).next()) else { continue };
        let url = if is_named(mount, &["WSGIScriptAliasMatch"]) { &BString::default() } else { url };
        let bare = script.trim_end_with(|c| c == '/');
        let Some(project) = bare.rfind_byte(b'/').map(|at| &bare[..at]).filter(|p| p.len() > 1) else { continue };
        let index = asked.ground.search.run.server().servers.iter().find(|s| s.span == mount.virtual_host());
        let root: BString = index.map(|s| s.core().document_root().into()).unwrap_or_default();
        let files = asked.ground.tree.iter().filter(|e| !e.dir && is_static(&e.path) && !had.contains(&e.path));
        // nor one that has a URL, and is refused there
        let mapped = |path: &BString| {
            asked
                .ground
                .routes
                .to(path)
                .iter()
                .filter(|way| way.scope.takes(door))
                .any(|way| asked.ask(way.ask(door)).outcome.file.as_ref() == Some(path))
        };
        let mut tried = 0;
        let around = around(facts, mount, project);
        let own = |path: &[u8]| {
            let mut found = urls(path, project, &root);
            found.extend(around.iter().filter_map(|folder| beside(path, folder)));
            found
        };
        let more: Vec<BString> = around.iter().flat_map(|folder| below(facts, folder)).collect();
        let paths = files.map(|entry| entry.path.clone()).chain(more);
        let shown = paths.map(|path| (own(&path), path)).find_map(|(own, path)| {
            if own.is_empty() || tried >= FILES || mapped(&path) {
                return None;
            }
            tried += 1;
            own.iter().find_map(|own| {
                let url = format!("{}{}", escaped(url.trim_end_with(|c| c == '/')), escaped(own));
                let seen = asked.ask(door.ask(&url));
                (runs(&seen.outcome, mount.span()) && seen.outcome.status < 400).then(|| (path.clone(), seen))
            })
        });
        let Some((path, seen)) = shown else { continue };
        let line = meant(facts, &seen).unwrap_or(mount.span());
        let message = format!("`{}` is for the application to serve: no line leads a URL to the file", path);
        let finding = rule.seen(line, message, &seen);
        let fix = alias(facts, &finding, mount, &path);
        let finding = Finding { fix, ..finding };
        found.push(if line == mount.span() { finding } else { finding.related(mount.span(), "the mount takes it") });
    }
    found
}

/// The mapping of the files' folder, above the mount: with a section that opens the folder, where there is none.
fn alias(facts: &Facts<'_>, finding: &Finding, mount: &Directive<'_>, path: &BString) -> Option<Fix> {
    let (ask, _) = finding.witness.as_ref()?;
    let url = decoded(&ask.path);
    // from the folder's name on both are the same
    let same = url.iter().rev().zip(path.iter().rev()).take_while(|(a, b)| a == b).count();
    let at = url.len() - same;
    let start = url[at..].find_byte(b'/').filter(|_| url.starts_with(b"/"))? + at;
    let part =
        |from: usize| url[from + 1..].find_byte(b'/').map(|end| (&url[from + 1..from + 1 + end], from + 1 + end));
    let mut from = start;
    let end = loop {
        let (name, end) = part(from)?;
        if FOLDERS.contains(&name) {
            break end;
        }
        from = end;
    };
    let behind = url.len() - end;
    let (url, folder) = (&url[..=end], &path[..=path.len() - behind]);
    let line = format!("Alias {} {}", quoted(url)?, quoted(folder)?);
    let bare = folder.strip_suffix(b"/")?;
    let open = section(&format!("Directory {}", quoted(bare)?), &["Require all granted"]);
    let outer = outermost(mount, &facts.directives);
    let gone = |then: &Outcome| then.status == 200 && then.file.as_ref() == Some(path);
    let prefix = url.to_vec();
    let meant = |seen: &Seen, _: &Outcome| decoded(&seen.ask.path).starts_with(&prefix);
    let message = format!("lead `{}` to the files", url.as_bstr());
    [line.clone(), format!("{line}\n{open}")].into_iter().find_map(|text| {
        let edits = vec![above(facts.site.sources(), outer, &text)];
        Trial { message: &message, edits, gone: &gone, meant: &meant }.guess(facts, finding)
    })
}

fn runs(outcome: &Outcome, mount: Span) -> bool {
    let wsgi = outcome.handler.as_deref().is_some_and(|handler| handler.as_bytes() == b"wsgi-script");
    (wsgi || outcome.wsgi.is_some()) || outcome.decided_by.iter().any(|decision| decision.span == mount)
}

fn is_static(path: &[u8]) -> bool {
    let lower = path.to_ascii_lowercase();
    SUFFIXES.iter().any(|suffix| lower.ends_with(suffix)) && lower.split_str("/").any(|part| FOLDERS.contains(&part))
}

/// The URLs by which a file would be asked for: below its project from a folder of such files on, below the server's root.
fn urls(path: &[u8], project: &[u8], root: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let below = |folder: &[u8]| path.strip_prefix(folder).filter(|rest| rest.starts_with(b"/")).map(|r| r.to_vec());
    if let Some(rest) = below(project) {
        let parts: Vec<&[u8]> = rest[1..].split_str("/").collect();
        let first = parts.iter().position(|part| FOLDERS.contains(part));
        found.extend(first.map(|first| [b"/".as_slice(), &bstr::join("/", &parts[first..])].concat()));
    }
    if root.len() > 1 {
        found.extend(below(root.trim_end_with(|c| c == '/').as_bytes()));
    }
    found
}

/// The directory around a mounted package that is its project's: a daemon's python-path or home names it, or the program is
/// in a package of that directory, as Django lays it out.
fn around(facts: &Facts<'_>, mount: &Directive<'_>, package: &[u8]) -> Vec<BString> {
    let Some(parent) = package.rfind_byte(b'/').map(|at| &package[..at]).filter(|p| p.len() > 1) else {
        return Vec::new();
    };
    let named = facts.named(&["WSGIDaemonProcess", "WSGIPythonPath"]).flat_map(|d| d.words()).any(|word| {
        let paths = word.split_once_str("=").map_or(word.as_slice(), |(_, paths)| paths);
        paths.split_str(":").any(|path| path.trim_end_with(|c| c == '/') == parent)
    });
    let is_package = mount.words().get(1).is_some_and(|script| script.ends_with(b"/wsgi.py"));
    if named || is_package { vec![parent.into()] } else { Vec::new() }
}

/// The URL of a file of a folder of such files straight in a project.
fn beside(path: &[u8], project: &[u8]) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(project)?.strip_prefix(b"/")?;
    let first = rest.split_str("/").next()?;
    FOLDERS.contains(&first).then(|| [b"/", rest].concat())
}

/// A section for the URL that means to take it from the application.
fn meant(facts: &Facts<'_>, seen: &Seen) -> Option<Span> {
    let handler = |d: &Directive<'_>| {
        let off = d
            .words()
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case(b"none") || word.eq_ignore_ascii_case(b"default-handler"));
        is_named(d, &["SetHandler"]) && off
    };
    let sections = facts.named(&["Location", "LocationMatch"]).filter(|d| seen.met.contains(&d.span()));
    let own = sections.filter(|section| facts.within(section).any(handler));
    own.map(|section| section.span()).last()
}

/// How many entries of a project's folders are looked at.
const ENTRIES: usize = 400;

/// The files of folders of such files straight in a project.
fn below(facts: &Facts<'_>, project: &BString) -> Vec<BString> {
    let join = |folder: &[u8], name: &[u8]| BString::from([folder, b"/", name].concat());
    let mut todo: Vec<BString> = FOLDERS.iter().map(|name| join(project, name)).collect();
    let (mut found, mut left) = (Vec::new(), ENTRIES);
    while let Some(path) = todo.pop().filter(|_| left > 0) {
        left -= 1;
        match resolve::list(facts.site.vfs(), &Cred::root(), &path) {
            Ok(names) => todo.extend(names.iter().take(left).map(|name| join(&path, name))),
            Err(_) if is_static(&path) => found.push(path),
            Err(_) => {}
        }
    }
    found
}
