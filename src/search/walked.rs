//! Which directories a walk to a file can pass, whatever is asked: the tree is finite, and so is what the sections on
//! directories are held against.

use super::roots::{Line, roots};
use super::solve::{Solved, Solver, Want};
use super::tree::Entry;
use crate::outcome::observer::PatternKind;
use crate::pattern;
use crate::run::Run;
use crate::server::section::Section;
use crate::site::Site;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::collections::BTreeSet;

/// From how many paths on a regular expression is not looked at, and a pattern with wildcards.
const MANY: usize = 400;
const WILD: usize = 20_000;

/// What walks can pass, for the files of one virtual host.
pub(super) struct Walked {
    /// The directories and the files, which are walked the same, each with a slash, by how many they have.
    levels: Vec<BTreeSet<BString>>,
    /// What its files' paths begin with.
    begun: Vec<BString>,
    /// The same as regular expressions.
    roots: Vec<String>,
    /// What the path of the file may be when regular expressions are held against it.
    files: String,
}

/// What can become of a section's pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turns {
    /// It may match.
    pub matches: bool,
    /// It may miss.
    pub misses: bool,
}

impl Walked {
    /// Of a server, by its index; none where it can't be told. `tree` is all that there is.
    pub(super) fn new(
        site: &Site,
        run: &Run,
        lines: &[Line],
        tree: &[Entry],
        solver: &Solver,
        server: usize,
    ) -> Option<Walked> {
        let own = run.server().servers.get(server)?;
        let homes: Vec<&BString> = run.server().users.all().map(|user| &user.home).collect();
        let roots = roots(lines, own.span, (own.core().document_root(), &homes), solver)?;
        let mut levels: Vec<BTreeSet<BString>> = Vec::new();
        let mut add = |path: BString| {
            let level = path.find_iter("/").count();
            if levels.len() <= level {
                levels.resize_with(level + 1, BTreeSet::new);
            }
            levels[level].insert(path);
        };
        add("/".into());
        let mut files = Vec::new();
        let stat = |path: &[u8]| resolve::stat(site.vfs(), &Cred::root(), path).ok();
        for root in &roots {
            if !is_known(site, tree, root) {
                return None;
            }
            let slashes: Vec<usize> = root.find_iter("/").collect();
            for at in slashes {
                let there = stat(&root[..at.max(1)]);
                // a file that is there is taken for a directory, too
                if there.is_some() {
                    add(root[..=at].into());
                }
                // a walk ends where nothing is, or a file
                if !there.is_some_and(|there| there.is_dir()) {
                    files.push(pattern::escaped(&root[..at]));
                }
            }
            files.push(format!("{}[^/\\x00]*", pattern::escaped(root)));
            for entry in below(tree, root) {
                if !entry.dir {
                    add([entry.path.as_slice(), b"/"].concat().into());
                    continue;
                }
                add(entry.path.clone());
                files.push(format!("{}[^/\\x00]*", pattern::escaped(&entry.path)));
                files.push(pattern::escaped(entry.path.trim_end_with(|c| c == '/')));
            }
            files.push(pattern::escaped(root.trim_end_with(|c| c == '/')));
        }
        files.sort();
        files.dedup();
        let files = if files.len() > MANY { String::new() } else { format!("(?s-u)^(?:{})$", files.join("|")) };
        // a file may be the directory itself
        let texts = roots.iter().map(|root| pattern::escaped(root.trim_end_with(|c| c == '/'))).collect();
        Some(Walked { levels, begun: roots, roots: texts, files })
    }

    /// What can become of a section; `own` is its pattern where it is a regular expression.
    pub(super) fn turns(&self, section: &Section, own: Option<&Want>, solver: &Solver) -> Turns {
        if section.regex.is_some() {
            let Some(own) = own.filter(|own| matches!(own.kind, PatternKind::Regex { .. }) && !self.files.is_empty())
            else {
                return Turns { matches: true, misses: true };
            };
            let may = |yes: bool| solver.text(&self.files, &[Want { yes, ..own.clone() }]) != Solved::Empty;
            return Turns { matches: may(true), misses: may(false) };
        }
        if section.components == 0 {
            return Turns { matches: true, misses: false };
        }
        // as `ap_directory_walk` holds them against each other
        let Some(level) = self.levels.get(section.components) else { return Turns::default() };
        if !section.is_fnmatch {
            let matches = level.contains(&section.path);
            return Turns { matches, misses: level.len() > usize::from(matches) };
        }
        if level.len() > WILD {
            return Turns { matches: true, misses: true };
        }
        let matches = |path: &&BString| is_match(section, path);
        Turns { matches: level.iter().any(|path| matches(&path)), misses: !level.iter().all(|path| matches(&path)) }
    }

    /// Whether a section on directories can apply, and whether it always does, where `given` applies, or else where there is
    /// a walk at all.
    pub(super) fn with(&self, section: &Section, given: Option<&Section>) -> (bool, bool) {
        if section.regex.is_some() {
            return (true, false);
        }
        if section.components == 0 {
            return (true, true);
        }
        let at = |section: &Section, path: &[u8]| {
            let end = path.find_iter("/").nth(section.components.checked_sub(1)?)? + 1;
            path.get(..end).map(<[u8]>::to_vec)
        };
        let applies = |path: &[u8]| at(section, path).map(|above| is_match(section, &above));
        let all = || self.levels.iter().flatten();
        let Some(given) = given else {
            let any = self
                .levels
                .get(section.components)
                .is_some_and(|level| level.iter().any(|path| is_match(section, path)));
            let there = |path: &[u8]| at(section, path).is_some_and(|above| self.has(&above));
            return (any, self.begun.iter().all(|root| there(root) && applies(root) == Some(true)));
        };
        let given = all().filter(|path| at(given, path).is_some_and(|above| is_match(given, &above)));
        let all: Vec<Option<bool>> = given.map(|path| applies(path)).collect();
        let can = all.contains(&Some(true));
        // one that is deeper may not be come to
        (can, can && all.iter().all(|one| *one == Some(true)))
    }

    fn has(&self, path: &[u8]) -> bool {
        self.levels.get(path.find_iter("/").count()).is_some_and(|level| level.contains(path.as_bstr()))
    }

    /// What the paths of files begin with, as regular expressions.
    pub(super) fn roots(&self) -> impl Iterator<Item = &String> {
        self.roots.iter()
    }
}

fn is_match(section: &Section, path: &[u8]) -> bool {
    match section.is_fnmatch {
        true => pattern::fnmatch(section.path.as_bstr(), path.as_bstr(), pattern::PATHNAME),
        false => section.path == path,
    }
}

/// The entries whose paths begin with a text: the tree is in order.
fn below<'t>(tree: &'t [Entry], text: &'t [u8]) -> impl Iterator<Item = &'t Entry> {
    let from = tree.partition_point(|entry| entry.path.as_slice() < text);
    tree[from..].iter().take_while(move |entry| entry.path.starts_with(text))
}

/// Whether all that is there and whose path begins with a text is in the tree that was looked at.
fn is_known(site: &Site, tree: &[Entry], root: &[u8]) -> bool {
    let at = root.rfind_byte(b'/').map_or(0, |at| at + 1);
    let (parent, base) = root.split_at(at);
    let (vfs, cred) = (site.vfs(), Cred::root());
    let is_dir = |path: &[u8]| resolve::stat(vfs, &cred, path).is_ok_and(|stat| stat.is_dir());
    let has =
        |path: &[u8], dir: bool| below(tree, path).next().is_some_and(|entry| entry.dir == dir && entry.path == path);
    if base.is_empty() {
        return !is_dir(root.trim_end_with(|c| c == '/')) || has(root, true);
    }
    let bare = parent.trim_end_with(|c| c == '/');
    let bare = if bare.is_empty() { &b"/"[..] } else { bare };
    if !is_dir(bare) {
        return true;
    }
    let Ok(names) = resolve::list(vfs, &cred, bare) else { return false };
    names.iter().filter(|name| name.starts_with(base)).all(|name| {
        let path = [parent, name.as_slice()].concat();
        match is_dir(&path) {
            true => has(&[path.as_slice(), b"/"].concat(), true),
            // a link that leads nowhere is no file
            false => has(&path, false) || resolve::stat(vfs, &cred, &path).is_err(),
        }
    })
}
