//! The files that a site's requests may lead to.

use crate::conf::args;
use crate::site::{Directive, Site};
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// How many entries are looked at.
const ENTRIES: usize = 400_000;
/// How deep.
const DEEPEST: usize = 40;

/// What is in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Its path; a directory's ends with a slash.
    pub path: BString,
    /// Whether it is a directory.
    pub dir: bool,
}

/// Directives whose paths are of no file that is served.
const APART: [&str; 24] = [
    "loadmodule",
    "loadfile",
    "serverroot",
    "typesconfig",
    "errorlog",
    "customlog",
    "transferlog",
    "scriptlog",
    "pidfile",
    "mimemagicfile",
    "include",
    "includeoptional",
    "sslcertificatefile",
    "sslcertificatekeyfile",
    "sslcertificatechainfile",
    "sslcacertificatefile",
    "coredumpdirectory",
    "defaultruntimedir",
    "scriptsock",
    "rewritelog",
    "wsgisocketprefix",
    "wsgipythonhome",
    "location",
    "passenv",
];

/// The paths that a configuration names, and the directories above patterns.
fn named(directives: &[Directive<'_>]) -> Vec<BString> {
    let mut found = Vec::new();
    for directive in directives {
        let name = directive.name().to_ascii_lowercase();
        if APART.iter().any(|apart| name == apart.as_bytes()) {
            continue;
        }
        for word in args::words(directive.args().trim_end_with(|c| c == '>' || c == ' ')) {
            let text = word.value.as_slice();
            let text = text.strip_prefix(b"^").unwrap_or(text);
            if !text.starts_with(b"/") {
                continue;
            }
            let plain = text.iter().position(|b| b"*?[$%{(\\|^+".contains(b)).unwrap_or(text.len());
            let end = if plain == text.len() { plain } else { text[..plain].rfind_byte(b'/').unwrap_or(0) };
            if end > 1 {
                found.push(text[..end].into());
            }
        }
    }
    found
}

/// The files and directories below what the configuration names, in order. The second is whether that is all of them.
pub(crate) fn entries(site: &Site, directives: &[Directive<'_>]) -> (Vec<Entry>, bool) {
    let (vfs, root) = (site.vfs(), Cred::root());
    let homes = resolve::list(vfs, &root, b"/home").unwrap_or_default();
    let homes = homes.into_iter().map(|name| BString::from([b"/home/".as_slice(), &name].concat()));
    let users = directives.iter().any(|d| d.name().eq_ignore_ascii_case(b"UserDir"));
    let mut roots: Vec<BString> = named(directives).into_iter().chain(homes.filter(|_| users)).collect();
    roots.sort();
    roots.dedup();
    let mut found: Vec<Entry> = Vec::new();
    let mut met: HashSet<BString> = HashSet::new();
    for top in roots {
        let Ok(stat) = resolve::stat(vfs, &root, &top) else { continue };
        let top: BString = if stat.is_dir() { top.trim_end_with(|c| c == '/').into() } else {
            let at = top.rfind_byte(b'/').unwrap_or(0);
            top[..at].into()
        };
        if top.is_empty() || [&b"/etc"[..], b"/usr", b"/dev", b"/proc", b"/sys", b"/run", b"/tmp"].contains(&top.as_slice()) {
            continue;
        }
        let mut todo = vec![(top, 0)];
        while let Some((directory, depth)) = todo.pop() {
            let own: BString = [directory.as_slice(), b"/"].concat().into();
            if depth > DEEPEST || !met.insert(own.clone()) {
                continue;
            }
            found.push(Entry { path: own.clone(), dir: true });
            let Ok(names) = resolve::list(vfs, &root, &directory) else { continue };
            for name in names {
                if found.len() >= ENTRIES {
                    found.sort();
                    return (found, false);
                }
                let path: BString = [own.as_slice(), &name].concat().into();
                let Ok(stat) = resolve::stat(vfs, &root, &path) else { continue };
                if stat.is_dir() {
                    // a link that leads round in a circle
                    let real = resolve::realpath(vfs, &root, &path).unwrap_or_default();
                    let inner: BString = [real.as_slice(), b"/"].concat().into();
                    if !own.starts_with(&inner) {
                        todo.push((path, depth + 1));
                    }
                } else if met.insert(path.clone()) {
                    found.push(Entry { path, dir: false });
                }
            }
        }
    }
    found.sort();
    (found, true)
}
