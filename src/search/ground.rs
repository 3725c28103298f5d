//! What the verbs that go through all files begin with: how URLs lead to files, which ways in differ, and what a first loop
//! of requests got.

use super::ask::Ask;
use super::doors::Door;
use super::explore::{Answer, Purse, Search};
use super::maps::Maps;
use super::reach::Reached;
use super::routes::Routes;
use super::shown::{How, Thing, shown};
use super::space::Terms;
use super::tree::{Entry, sample};
use super::vary::Vary;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::site::{Directive, Site};
use crate::source::{FileId, Span};
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::OnceLock;

/// How many files the loop goes through.
const SAMPLE: usize = 1_500;
/// How many requests it may ask.
const LOOP: usize = 12_000;
/// How many requests for the same thing, and how many refused ones, are kept.
const SAME: usize = 12;
const REFUSED: usize = 2_000;
/// How many symbolic links are kept.
const LINKS: usize = 10_000;
/// How many requests it takes at most to tell the ways in apart.
const COMPARED: usize = 20_000;

/// The ground of a search.
pub(crate) struct Ground<'s> {
    /// The loop.
    pub search: Search<'s>,
    /// All files, in order.
    pub tree: Vec<Entry>,
    /// How URLs lead to them.
    pub routes: Routes,
    /// The ways in, one of those that are alike.
    pub doors: Vec<Door>,
    /// Requests that got something.
    pub got: BTreeMap<Thing, Vec<(Ask, How)>>,
    /// Requests that were refused, one of each kind.
    pub refused: Vec<Ask>,
    links: OnceLock<Vec<Link>>,
    htaccess: usize,
}

/// What a ground knows, without what belongs to one thread.
pub(crate) struct Lore<'g> {
    pub site: &'g Site,
    tree: &'g [Entry],
    pub routes: &'g Routes,
    pub doors: &'g [Door],
    pub got: &'g BTreeMap<Thing, Vec<(Ask, How)>>,
    /// In what requests may be varied.
    pub varied: &'g [Vary],
    /// Requests that behaved as none before.
    pub kept: &'g [Ask],
    /// How URLs lead to files.
    pub maps: &'g Maps,
    links: &'g OnceLock<Vec<Link>>,
}

/// A path that is, or leads through, a symbolic link.
struct Link {
    path: BString,
    real: BString,
}

impl<'s> Ground<'s> {
    /// Of a site that starts. `first` are requests that the loop begins with.
    pub(crate) fn new(site: &'s Site, run: Run, terms: Terms, purse: Purse, first: &[Ask]) -> Ground<'s> {
        let most = Purse { requests: purse.requests.min(LOOP), ..purse };
        let mut search = Search::new(site, run, terms, most);
        let small = sample(&search.tree, SAMPLE);
        let tree = std::mem::replace(&mut search.tree, small);
        let mut got: BTreeMap<Thing, Vec<(Ask, How)>> = BTreeMap::new();
        let mut refused: Vec<Ask> = Vec::new();
        let mut kinds = HashSet::new();
        let mut take = |answer: &Answer<'_>| {
            let Answer { ask, outcome, .. } = answer;
            if let Some((thing, how)) = shown(site, &ask.method, outcome) {
                let all = got.entry(thing).or_default();
                if all.len() < SAME {
                    all.push(((*ask).clone(), how));
                }
            } else if is_refusal(outcome) && refused.len() < REFUSED {
                let lines: Vec<_> = outcome.decided_by.iter().map(|d| d.span).collect();
                if kinds.insert((lines, outcome.file.clone())) {
                    refused.push((*ask).clone());
                }
            }
            ControlFlow::Continue(())
        };
        search.learn(first, &mut take);
        let directives: Vec<Directive<'_>> = site.directives().collect();
        let routes = Routes::new(site, &search.run, &directives, &tree, &search.maps);
        let mut ground =
            Ground { search, tree, routes, doors: Vec::new(), got, refused, links: OnceLock::new(), htaccess: 0 };
        ground.read_htaccess();
        ground.doors = ground.different_doors();
        ground
    }

    /// The rules of .htaccess files that were read meanwhile. Whether there are any.
    pub(crate) fn read_htaccess(&mut self) -> bool {
        let run = &self.search.run;
        let files = run.sources().files_from(self.htaccess);
        let first = self.htaccess;
        self.htaccess += files.len();
        let mut new = false;
        // which thread read one first is no matter
        let mut files: Vec<_> = files.into_iter().enumerate().collect();
        files.sort_by(|a, b| a.1.name.cmp(&b.1.name));
        for (index, file) in files {
            let Some(at) = file.name.rfind('/').filter(|_| file.name.starts_with('/')) else { continue };
            let nodes = run.htaccess_nodes(FileId((first + index) as u32));
            let directives: Vec<Directive<'_>> = Directive::of(&nodes).collect();
            new |= self.routes.add_rules(&directives, Some(&file.name.as_bytes()[..=at]));
        }
        new
    }

    /// The files that are to be gone through: all, or those that were kept by a first pass, which no request got.
    pub(crate) fn left(&self, kept: Option<&Reached>) -> Vec<(usize, Entry)> {
        match kept {
            None => self.tree.iter().cloned().enumerate().collect(),
            Some(reached) => reached.kept.keys().map(|n| (*n, self.tree[*n].clone())).collect(),
        }
    }

    /// Adds the files that the loop's own requests got.
    pub(crate) fn note(&self, reached: &mut Reached) {
        for (thing, all) in &self.got {
            if let Thing::File(file) = thing {
                all.iter().for_each(|(ask, how)| reached.note(file.clone(), *how, ask.clone()));
            }
        }
    }

    /// What is known of the site, for any number of threads.
    pub(crate) fn lore(&self) -> Lore<'_> {
        let Ground { search, tree, routes, doors, got, links, .. } = self;
        let (varied, kept, maps) = (&search.varied, &search.kept, &search.maps);
        Lore { site: search.site(), tree, routes, doors, got, varied, kept, maps, links }
    }

    /// Of ways in by which the same requests get the same answers, one: the plainest.
    fn different_doors(&mut self) -> Vec<Door> {
        let doors = self.search.open_doors();
        let run = self.search.run.fork().without_reasons();
        let mut paths: Vec<String> = self.search.kept.iter().map(|ask| ask.path.clone()).collect();
        for entry in self.search.tree.iter().step_by((self.search.tree.len() / 60).max(1)) {
            paths.extend(self.routes.to(&entry.path).into_iter().map(|way| way.path));
        }
        let mut met = HashSet::new();
        paths.retain(|path| met.insert(path.clone()));
        paths.truncate((COMPARED / doors.len().max(1)).clamp(8, 200));
        let mut kinds: HashSet<(Option<Span>, u64)> = HashSet::new();
        let mut found: Vec<Door> = Vec::new();
        for door in doors {
            let mut hasher = DefaultHasher::new();
            for path in &paths {
                let outcome = run.ask(&door.ask(path).request());
                self.search.asked += 1;
                (outcome.status, outcome.vhost, outcome.file, outcome.handler.as_deref().map(|h| h.to_vec()))
                    .hash(&mut hasher);
            }
            if kinds.insert((door.server, hasher.finish())) {
                found.push(door);
            }
        }
        // nothing listens where the search looked
        if found.is_empty() { self.search.doors.iter().take(1).cloned().collect() } else { found }
    }
}

impl Lore<'_> {
    fn find_links(&self) -> Vec<Link> {
        let (vfs, root) = (self.site.vfs(), Cred::root());
        let mut found: Vec<Link> = Vec::new();
        for entry in self.tree {
            let path = entry.path.trim_end_with(|c| c == '/').as_bytes();
            let Ok((real, _)) = resolve::walk(vfs, &root, path, true) else { continue };
            // what is below a link has its path from there
            let below = |link: &Link| {
                path.strip_prefix(link.path.as_slice())
                    .is_some_and(|rest| real.strip_prefix(link.real.as_slice()) == Some(rest))
            };
            if *real != *path && found.len() < LINKS && !found.last().is_some_and(below) {
                found.push(Link { path: path.into(), real: real.into_owned().into() });
            }
        }
        found
    }

    /// The paths, links not followed, by which a file may be had.
    pub(crate) fn names(&self, real: &BString) -> Vec<Vec<u8>> {
        let mut found: Vec<Vec<u8>> = vec![real.to_vec()];
        for link in self.links.get_or_init(|| self.find_links()) {
            let Some(rest) = real.strip_prefix(link.real.as_slice()) else { continue };
            if rest.is_empty() || rest.starts_with(b"/") {
                found.push([link.path.as_slice(), rest].concat());
            }
        }
        found.truncate(60);
        found
    }
}

/// Whether an answer is a refusal, whoever refuses.
pub(crate) fn is_refusal(outcome: &Outcome) -> bool {
    outcome.connection.is_none()
        && (400..500).contains(&outcome.status)
        && ![400, 408, 411, 413, 414].contains(&outcome.status)
}
