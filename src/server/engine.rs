//! A run: a compiled server over a file system, with what is remembered between requests.
//!
//! What is remembered never changes an answer, as long as the files stay as they are: merges of settings (by the
//! identities of both sides), .htaccess files (by path and by what may stand in them), what stands at a path. One engine
//! serves one thread.

use super::Server;
use super::htaccess;
use super::settings::{Merged, PerDir};
use crate::outcome::Step;
use crate::source::Span;
use crate::vfs::{self, Errno, Stat, Vfs, resolve};
use bstr::{BString, ByteSlice};
use elsa::FrozenVec;
use foldhash::fast::RandomState;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A run that keeps more settings than this gives way to another: URLs can be made that each match other sections.
const SETTINGS_KEPT: usize = if cfg!(test) { 40 } else { 1 << 18 };

/// How many paths a run knows at a time.
const STATS_KEPT: usize = 1 << 14;

/// What a stand-in program answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// It is one that answers 200.
    Works,
    /// It is text that is no program: 500.
    Broken,
    /// Nobody knows.
    Unknown,
}

/// Which files are programs that answer, for handlers that would run them.
pub trait Programs: Send + Sync {
    /// What running `path` as a program for `handler` (`wsgi`, `cgi`, `php`) would do.
    fn program(&self, handler: &str, path: &[u8]) -> Program;
}

/// Where among the lists of lines those are that decide on access, by settings (their identity) and method; none where
/// that is not always the same.
type Deciders = Known<(u64, u32), Option<usize>>;

/// What stands at paths.
type Stats = Known<BString, Result<Stat, Errno>>;

/// What is remembered, by a quick hash.
type Known<K, V> = HashMap<K, V, RandomState>;

/// One thread's run.
pub struct Engine {
    /// The configuration.
    pub server: Arc<Server>,
    /// The file system.
    pub vfs: Arc<dyn Vfs>,
    /// The programs in it.
    pub programs: Arc<dyn Programs>,
    /// All settings that were merged or read since the run began, for as long as it lasts.
    settings: FrozenVec<Arc<Merged>>,
    /// Where among them the merge of two is, by their identities.
    merges: RefCell<Known<(u64, u64), usize>>,
    deciders: RefCell<Deciders>,
    lines: FrozenVec<Vec<Span>>,
    pub(super) htaccess: RefCell<Known<BString, Vec<htaccess::Known>>>,
    /// Of folders, by path: so that none of the names is put together again.
    pub(super) htaccess_there: RefCell<Known<BString, bool>>,
    /// For each server and folder that there is: whether neither it nor one above has an .htaccess file.
    pub(super) bare_ways: RefCell<Vec<Known<BString, bool>>>,
    /// What stands at paths, links followed.
    stats: RefCell<Stats>,
    /// The same, links not followed.
    lstats: RefCell<Stats>,
    watched: Cell<bool>,
    trace: RefCell<Vec<Vec<Step>>>,
    /// Whether a run is one that only asks what would be.
    pub supposing: Cell<bool>,
    pointers: Cell<u64>,
    clock: Cell<Option<i64>>,
}

impl Engine {
    /// A run of `server` over `vfs`.
    pub fn new(server: Arc<Server>, vfs: Arc<dyn Vfs>, programs: Arc<dyn Programs>) -> Engine {
        Engine {
            server,
            vfs,
            programs,
            settings: FrozenVec::new(),
            merges: RefCell::default(),
            deciders: RefCell::default(),
            lines: FrozenVec::new(),
            htaccess: RefCell::default(),
            htaccess_there: RefCell::default(),
            bare_ways: RefCell::default(),
            stats: RefCell::default(),
            lstats: RefCell::default(),
            watched: Cell::new(false),
            trace: RefCell::default(),
            supposing: Cell::new(false),
            pointers: Cell::new(1 << 63),
            clock: Cell::new(None),
        }
    }

    /// A number that no other settings have: what httpd would have newly allocated.
    pub fn new_pointer(&self) -> u64 {
        self.pointers.set(self.pointers.get() + 1);
        self.pointers.get()
    }

    /// When the requests come, in seconds since 1970: as the configuration's giver says, else now.
    pub fn now(&self) -> i64 {
        let read = || match self.server.time {
            Some(time) => time.seconds(),
            None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs() as i64),
        };
        let now = self.clock.get().unwrap_or_else(read);
        self.clock.set(Some(now));
        now
    }

    /// Whether so much is remembered that the next request had better be another run's ([`Engine::fork`]).
    pub fn is_full(&self) -> bool {
        self.settings.len() >= SETTINGS_KEPT
    }

    /// Another run of the same, which remembers nothing yet but when the requests come.
    pub fn fork(&self) -> Engine {
        let fork = Engine::new(self.server.clone(), self.vfs.clone(), self.programs.clone());
        fork.clock.set(self.clock.get());
        fork
    }

    /// Keeps settings: where they are.
    pub(super) fn keep(&self, settings: Arc<Merged>) -> usize {
        let at = self.settings.len();
        self.settings.push(settings);
        at
    }

    /// The settings that were kept there.
    pub(super) fn kept(&self, at: usize) -> Option<&Merged> {
        self.settings.get(at)
    }

    /// `ap_merge_per_dir_configs`, done once for each pair.
    pub fn merge(&self, base: &Merged, add: &Merged) -> &Merged {
        let key = (base.id, add.id);
        if let Some(known) = self.merges.borrow().get(&key).and_then(|at| self.settings.get(*at)) {
            return known;
        }
        self.merges.borrow_mut().insert(key, self.settings.len());
        self.settings.push_get(Merged::of(PerDir::merge(&base.settings, &add.settings), base.merges + 1))
    }

    /// Which lines decide on access, for settings (by their identity) and a method; none where `find` says that this is
    /// not always the same.
    pub fn deciders(&self, of: (u64, u32), find: impl FnOnce() -> Option<Vec<Span>>) -> Option<&[Span]> {
        let known = self.deciders.borrow().get(&of).copied();
        let at = known.unwrap_or_else(|| {
            let at = find().map(|lines| {
                self.lines.push(lines);
                self.lines.len() - 1
            });
            self.deciders.borrow_mut().insert(of, at);
            at
        });
        at.and_then(|at| self.lines.get(at))
    }

    /// Whether somebody watches.
    #[inline]
    pub fn watched(&self) -> bool {
        self.watched.get()
    }

    /// Begins to watch.
    pub fn watch(&self) {
        *self.trace.borrow_mut() = vec![Vec::new()];
        self.watched.set(true);
    }

    /// Ends watching: the steps told.
    pub fn unwatch(&self) -> Vec<Step> {
        self.watched.set(false);
        let mut levels = self.trace.take();
        while levels.len() > 1 {
            let children = levels.pop().unwrap_or_default();
            if let Some(level) = levels.last_mut() {
                match level.last_mut() {
                    Some(step) => step.children.extend(children),
                    None => level.extend(children),
                }
            }
        }
        levels.pop().unwrap_or_default()
    }

    /// Tells a step.
    pub fn tell(&self, step: Step) {
        if self.watched()
            && let Some(level) = self.trace.borrow_mut().last_mut()
        {
            level.push(step);
        }
    }

    /// Does something that nobody is to see: nothing of it is told.
    pub fn quietly<T>(&self, run: impl FnOnce() -> T) -> T {
        let watched = self.watched.replace(false);
        let result = run();
        self.watched.set(watched);
        result
    }

    /// Opens a level: what is told until [`Engine::close`] happens within a step.
    #[inline]
    pub fn open(&self) {
        if self.watched() {
            self.trace.borrow_mut().push(Vec::new());
        }
    }

    /// Closes a level with the step that it is within; `None` leaves the children in its place.
    #[inline]
    pub fn close(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
        if self.watched() {
            self.close_level(step);
        }
    }

    #[cold]
    fn close_level(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
        let mut trace = self.trace.borrow_mut();
        let Some(children) = (if trace.len() > 1 { trace.pop() } else { None }) else { return };
        drop(trace);
        match step(&children) {
            Some(mut s) => {
                s.children = children;
                self.tell(s);
            }
            None => children.into_iter().for_each(|c| self.tell(c)),
        }
    }
}

/// What is known of a path, or else what is found.
fn looked_up(known: &RefCell<Stats>, path: &[u8], find: impl FnOnce() -> Result<Stat, Errno>) -> Result<Stat, Errno> {
    if let Some(known) = known.borrow().get(path.as_bstr()) {
        return *known;
    }
    let found = find();
    let mut known = known.borrow_mut();
    if known.len() >= STATS_KEPT {
        known.clear();
    }
    known.insert(path.into(), found);
    found
}

/// Files, as httpd's children may see them.
impl Engine {
    /// `stat` as httpd's children may.
    pub fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        looked_up(&self.stats, path, || resolve::stat(&*self.vfs, &self.server.cred, path))
    }

    /// `lstat` as httpd's children may.
    pub fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        looked_up(&self.lstats, path, || resolve::lstat(&*self.vfs, &self.server.cred, path))
    }

    /// Whether httpd's children may do to a file what `mode` says ([`crate::vfs::R`] and its kin).
    pub fn access(&self, path: &[u8], mode: u32) -> Result<(), Errno> {
        if self.server.cred.may(&self.stat(path)?, mode) { Ok(()) } else { Err(Errno::Access) }
    }

    /// A file's content as httpd's children may read it.
    pub fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        resolve::read(&*self.vfs, &self.server.cred, path)
    }

    /// Whether a file can be opened for reading.
    pub fn read_allowed(&self, path: &[u8]) -> Result<(), Errno> {
        self.access(path, vfs::R)
    }

    /// The names in a folder.
    pub fn list(&self, folder: &[u8]) -> Result<Vec<BString>, Errno> {
        resolve::list(&*self.vfs, &self.server.cred, folder)
    }
}

#[cfg(test)]
mod tests {
    use crate::simulate::{Ask, Input, RealPrograms, Simulator, load};
    use crate::vfs::Memory;
    use std::sync::Arc;

    #[test]
    fn a_full_run_gives_way_to_another() {
        let sections: String = ('a'..='g')
            .map(|c| format!("<LocationMatch {c}>\nSetEnv {c} 1\nRequire env {c}\nAuthMerging And\n</LocationMatch>\n"))
            .collect();
        let vfs = Arc::new(Memory::new());
        let server = load(Input::new(format!("ServerName localhost\n{sections}"), vfs.clone())).server.unwrap();
        let simulator = Simulator::new(server, vfs, Arc::new(RealPrograms));
        for round in 0..2 {
            for bits in 0..128_u32 {
                let name: String = (0..7_u8).filter(|b| bits >> b & 1 == 1).map(|b| char::from(b'a' + b)).collect();
                let ask = Ask::get(&format!("/{name}"));
                assert_eq!(simulator.ask(&ask), simulator.fork().ask(&ask), "{round} {name}");
            }
        }
    }

    #[test]
    fn sections_are_merged_up_to_a_limit() {
        let most = crate::limits::SECTIONS_MERGED as usize;
        let answer = |count: usize, place: fn(usize) -> String| {
            let sections: String = (0..count).map(place).collect();
            let vfs = Arc::new(Memory::new());
            let text = format!("ServerName localhost\nDocumentRoot /srv\n{sections}");
            let server = load(Input::new(text, vfs.clone())).server.unwrap();
            let simulator = Simulator::new(server, vfs, Arc::new(RealPrograms));
            let ask = Ask::get("/x");
            assert_eq!(simulator.ask(&ask), simulator.explain(&ask).0);
            simulator.ask(&ask).caveats
        };
        let kinds: [fn(usize) -> String; 3] = [
            |i| format!("<Location />\nSetEnv A{i} b\n</Location>\n"),
            |i| format!("<If true>\nSetEnv A{i} b\n</If>\n"),
            |i| format!("<Directory />\nSetEnv A{i} b\n</Directory>\n"),
        ];
        for kind in kinds {
            assert_eq!(answer(most + 1, kind), [], "{}", kind(0));
            let caveats = answer(most + 3, kind);
            // the first that is left out
            let first = (2 + 3 * most + 4) as u32;
            assert_eq!(caveats.first().map(|c| c.span.line), Some(first), "{}", kind(0));
            assert!(caveats[0].why.contains(&most.to_string()));
        }
    }
}
