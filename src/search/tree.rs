//! The files that a site's requests may lead to.

use super::climbing::left;
use crate::run::Run;
use crate::site::{Directive, Site};
use crate::vfs::{Cred, Kind, resolve};
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How many entries are looked at.
const ENTRIES: usize = 400_000;
/// How deep.
const DEEPEST: usize = 40;

/// How many links may lead on from one to the next.
const LINKS: usize = 3;

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
        for word in directive.words() {
            let text = word.as_slice();
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

/// The public directories of the users that the machine knows, as the `UserDir` lines name them.
fn homes(run: &Run, directives: &[Directive<'_>]) -> Vec<BString> {
    let mut found = Vec::new();
    for directive in directives.iter().filter(|d| d.name().eq_ignore_ascii_case(b"UserDir")) {
        for word in directive.words() {
            let relative = !word.starts_with(b"/") && word.find_byteset(b"*:").is_none();
            let users = run.server().users.all().filter(|user| relative && user.home.len() > 1);
            found.extend(users.map(|user| [user.home.as_slice(), b"/", &word].concat().into()));
        }
    }
    found
}

/// A directory that is to be read: its path, the same without links, and the link-free paths of those above it by which
/// links led here.
struct Todo {
    path: BString,
    real: BString,
    by_link: bool,
    above: Option<Rc<Above>>,
    depth: usize,
}

struct Above {
    real: BString,
    by_link: bool,
    above: Option<Rc<Above>>,
}

impl Todo {
    /// Whether the way here came through a directory already; for a link, by a link.
    fn has_met(&self, real: &[u8], link: bool) -> bool {
        let mut next = self.above.as_ref();
        let mut links = usize::from(self.by_link);
        while let Some(above) = next {
            if above.real == real && (above.by_link || !link) {
                return true;
            }
            links += usize::from(above.by_link);
            next = above.above.as_ref();
        }
        self.real == real && (self.by_link || !link) || link && links >= LINKS
    }
}

/// What was found of the tree.
pub(crate) struct Tree {
    /// The files and directories below what the configuration names, in order.
    pub entries: Vec<Entry>,
    /// Whether there were no more than are looked at.
    pub whole: bool,
    /// Whether that is each path that leads anywhere: no link leads round in a circle.
    pub finite: bool,
}

/// The files and directories below what the configuration names.
pub(crate) fn entries(site: &Site, run: &Run, directives: &[Directive<'_>]) -> Tree {
    let (vfs, root) = (site.vfs(), Cred::root());
    let users = directives.iter().any(|d| d.name().eq_ignore_ascii_case(b"UserDir"));
    let in_home = resolve::list(vfs, &root, b"/home").unwrap_or_default();
    let in_home = in_home.into_iter().map(|name| BString::from([b"/home/".as_slice(), &name].concat()));
    let document_roots = run.server().servers.iter().map(|server| server.core().document_root().to_owned());
    let mut roots: Vec<BString> = named(directives).into_iter().chain(in_home.filter(|_| users)).collect();
    roots.extend(document_roots);
    roots.extend(homes(run, directives));
    roots.extend(left(directives));
    roots.sort();
    roots.dedup();
    let mut found: Vec<Entry> = Vec::new();
    let mut met: HashSet<BString> = HashSet::new();
    let mut finite = true;
    for top in roots {
        let Ok((real, stat)) = resolve::walk(vfs, &root, &top, true) else { continue };
        let top: BString = if stat.is_dir() {
            top.trim_end_with(|c| c == '/').into()
        } else {
            let at = top.rfind_byte(b'/').unwrap_or(0);
            top[..at].into()
        };
        let real: BString = if stat.is_dir() {
            real.into_owned().into()
        } else {
            resolve::realpath(vfs, &root, &top).unwrap_or_default()
        };
        if top.is_empty()
            || [&b"/etc"[..], b"/usr", b"/dev", b"/proc", b"/sys", b"/run", b"/tmp"].contains(&top.as_slice())
        {
            continue;
        }
        let mut todo = vec![Todo { path: top, real, by_link: false, above: None, depth: 0 }];
        while let Some(directory) = todo.pop() {
            let own: BString = [directory.path.as_slice(), b"/"].concat().into();
            finite &= directory.depth <= DEEPEST;
            if directory.depth > DEEPEST || !met.insert(own.clone()) {
                continue;
            }
            let Ok(names) = vfs.list(&directory.real) else {
                found.push(Entry { path: own, dir: true });
                continue;
            };
            for name in names {
                if found.len() >= ENTRIES {
                    found.sort();
                    return Tree { entries: found, whole: false, finite: false };
                }
                let inner: BString = [directory.real.as_slice(), b"/", &name].concat().into();
                let path: BString = [own.as_slice(), &name].concat().into();
                let Ok(mut stat) = vfs.lstat(&inner) else { continue };
                let mut real = inner;
                let link = stat.kind == Kind::Symlink;
                if link {
                    let Ok((to, behind)) = resolve::walk(vfs, &root, &real, true) else { continue };
                    (real, stat) = (to.into_owned().into(), behind);
                }
                if stat.is_dir() {
                    // a link that leads round in a circle
                    if !directory.has_met(&real, link) {
                        let Todo { real: own, by_link, above, depth, .. } = &directory;
                        let above = Above { real: own.clone(), by_link: *by_link, above: above.clone() };
                        todo.push(Todo { path, real, by_link: link, above: Some(Rc::new(above)), depth: depth + 1 });
                    } else {
                        finite = false;
                    }
                } else {
                    found.push(Entry { path, dir: false });
                }
            }
            found.push(Entry { path: own, dir: true });
        }
    }
    found.sort();
    found.dedup();
    Tree { entries: found, whole: true, finite }
}

/// Entries of all kinds that there are: a few of each directory and extension, as many as a loop can go through.
pub(crate) fn sample(all: &[Entry], most: usize) -> Vec<Entry> {
    if all.len() <= most {
        return all.to_vec();
    }
    let mut taken: Vec<Entry> = Vec::new();
    let mut by_kind: HashMap<(&[u8], &[u8]), usize> = HashMap::new();
    let mut by_directory: HashMap<&[u8], usize> = HashMap::new();
    for entry in all {
        let bare = entry.path.trim_end_with(|c| c == '/');
        let at = bare.rfind_byte(b'/').map_or(0, |at| at + 1);
        let (directory, name) = bare.split_at(at);
        let extension = if entry.dir { &b"/"[..] } else { name.rfind_byte(b'.').map_or(&b""[..], |dot| &name[dot..]) };
        let odd = name.starts_with(b".") || name.starts_with(b"index.");
        let (kinds, own) =
            (by_kind.entry((directory, extension)).or_default(), by_directory.entry(directory).or_default());
        if odd && *own < 20 || *kinds < 1 && *own < 8 {
            (*kinds, *own) = (*kinds + 1, *own + 1);
            taken.push(entry.clone());
        }
    }
    // the directories near the top first
    if taken.len() > most {
        taken.sort_by_key(|entry| entry.path.iter().filter(|b| **b == b'/').count());
        taken.truncate(most);
        taken.sort();
    }
    taken
}
