//! A run: a compiled server over a file system, with what is remembered between requests.
//!
//! What is remembered never changes an answer, as long as the files stay as they are: merges of settings (by the
//! identities of both sides), .htaccess files (by path and by what may stand in them), what stands at a path. One engine
//! serves one thread.

use super::Compiled;
use super::budget::{Budget, Limit};
use super::doubts::Doubts;
use super::htaccess::{self, Htaccess};
use super::section::Section;
use super::settings::{Merged, PerDir};
use super::trace::Trace;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::outcome::Step;
use crate::outcome::observer::{Observer, Tried};
use crate::outcome::step::Judgement;
use crate::phase::Phase;
use crate::source::Span;
use crate::vfs::{self, Errno, Stat, Vfs, resolve};
use bstr::{BString, ByteSlice};
use elsa::FrozenVec;
use foldhash::fast::RandomState;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a stand-in program answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// It is one that answers 200.
    Works,
    /// It is text that is no program: 500.
    Broken,
    /// Nobody knows.
    Unknown,
}

/// Which files are programs that answer, for handlers that would run them.
pub(crate) trait Programs: Send + Sync {
    /// What running `path` as a program for `handler` (`wsgi`, `cgi`, `php`) would do.
    fn program(&self, handler: &str, path: &[u8]) -> Program;

    /// Whether what is in the file stands for another text: then its length says nothing.
    fn is_stand_in(&self, _path: &[u8]) -> bool {
        false
    }
}

/// Files of a real machine: nobody runs them, and each is taken to be a program that answers.
pub(crate) struct RealPrograms;

impl Programs for RealPrograms {
    fn program(&self, _: &str, _: &[u8]) -> Program {
        Program::Unknown
    }
}

/// Where among the lists of lines those are that decide on access, by settings (their identity) and method; none where
/// that is not always the same.
type Deciders = Known<(u64, u32), Option<usize>>;

/// What stands at paths.
type Stats = Known<BString, Result<Stat, Errno>>;

/// What is remembered, by a quick hash.
type Known<K, V> = HashMap<K, V, RandomState>;

/// One thread's run, as far as its memory has room: what callers hold is [`crate::run::Run`], which takes another engine once
/// one is full.
pub(crate) struct Engine {
    /// The configuration.
    pub server: Arc<Compiled>,
    /// The file system.
    pub vfs: Arc<dyn Vfs>,
    /// The programs in it.
    pub programs: Arc<dyn Programs>,
    /// All settings that were merged or read since the run began, for as long as it lasts.
    settings: FrozenVec<Arc<Merged>>,
    /// How many lines they come to.
    lines_kept: Cell<usize>,
    /// Whether a merge was left out, as there were too many lines already.
    overfull: Cell<bool>,
    /// Where among them the merge of two is, by their identities.
    merges: RefCell<Known<(u64, u64), usize>>,
    deciders: RefCell<Deciders>,
    lines: FrozenVec<Vec<(Span, bool)>>,
    pub(super) htaccess: RefCell<Known<BString, Vec<htaccess::Known>>>,
    /// Of folders, by path: so that none of the names is put together again.
    pub(super) htaccess_there: RefCell<Known<BString, bool>>,
    /// For each server and folder that there is: whether neither it nor one above has an .htaccess file.
    pub(super) bare_ways: RefCell<Vec<Known<BString, bool>>>,
    /// What stands at paths, links followed.
    stats: RefCell<Stats>,
    /// The same, links not followed.
    lstats: RefCell<Stats>,
    /// What the request at work may still cost.
    pub budget: Budget,
    /// The lines of which it is found out at its end whether they decided.
    pub doubts: Doubts,
    trace: Trace,
    supposing: Cell<bool>,
    /// Whether nobody asks for reasons.
    unreasoned: Cell<bool>,
    responding: Cell<bool>,
    pointers: Cell<u64>,
    clock: Cell<Option<i64>>,
}

impl Engine {
    /// A run of `server` over `vfs`.
    pub(crate) fn new(server: Arc<Compiled>, vfs: Arc<dyn Vfs>, programs: Arc<dyn Programs>) -> Engine {
        Engine {
            server,
            vfs,
            programs,
            settings: FrozenVec::new(),
            lines_kept: Cell::new(0),
            overfull: Cell::new(false),
            merges: RefCell::default(),
            deciders: RefCell::default(),
            lines: FrozenVec::new(),
            htaccess: RefCell::default(),
            htaccess_there: RefCell::default(),
            bare_ways: RefCell::default(),
            stats: RefCell::default(),
            lstats: RefCell::default(),
            budget: Budget::default(),
            doubts: Doubts::default(),
            trace: Trace::default(),
            supposing: Cell::new(false),
            unreasoned: Cell::new(false),
            responding: Cell::new(false),
            pointers: Cell::new(1 << 63),
            clock: Cell::new(None),
        }
    }

    /// A number that no other settings have: what httpd would have newly allocated.
    pub(crate) fn new_pointer(&self) -> u64 {
        self.pointers.set(self.pointers.get() + 1);
        self.pointers.get()
    }

    /// When the requests come, in seconds since 1970: as the configuration's giver says, else now.
    pub(crate) fn now(&self) -> i64 {
        let read = || match self.server.time {
            Some(time) => time.seconds(),
            None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs() as i64),
        };
        let now = self.clock.get().unwrap_or_else(read);
        self.clock.set(Some(now));
        now
    }

    /// Whether so much is remembered that the next request had better be another run's ([`Engine::fork`]).
    pub(crate) fn is_full(&self) -> bool {
        self.settings.len() >= limits::SETTINGS_KEPT || self.is_overfull()
    }

    /// Whether a request found so much remembered that settings were left out: another run may have room for them.
    pub(crate) fn is_overfull(&self) -> bool {
        self.overfull.get()
    }

    /// Whether no settings are remembered yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.settings.is_empty()
    }

    /// Another run of the same, which remembers nothing yet but when the requests come.
    pub(crate) fn fork(&self) -> Engine {
        let fork = Engine::new(self.server.clone(), self.vfs.clone(), self.programs.clone());
        fork.clock.set(self.clock.get());
        fork.unreasoned.set(self.unreasoned.get());
        fork.responding.set(self.responding.get());
        fork
    }

    /// Keeps settings: where they are.
    pub(super) fn keep(&self, settings: Arc<Merged>) -> usize {
        let at = self.settings.len();
        self.lines_kept.set(self.lines_kept.get().saturating_add(settings.lines));
        self.settings.push(settings);
        at
    }

    /// The settings that were kept there.
    pub(super) fn kept(&self, at: usize) -> Option<&Merged> {
        self.settings.get(at)
    }

    /// What sections come to with one more.
    pub(crate) fn onto<'a>(&'a self, merged: Option<&'a Merged>, add: &'a Merged) -> &'a Merged {
        match merged {
            None => add,
            Some(merged) => self.merge(merged, add),
        }
    }

    /// The same with a section.
    pub(crate) fn with_section<'a>(&'a self, merged: Option<&'a Merged>, section: &'a Section) -> &'a Merged {
        let with = self.onto(merged, &section.settings);
        self.budget.name(section.span);
        with
    }

    /// `ap_merge_per_dir_configs`, done once for each pair. Where a request's merges come to too many lines, `add` is left
    /// out.
    pub(crate) fn merge<'a>(&'a self, base: &'a Merged, add: &Merged) -> &'a Merged {
        let key = (base.id, add.id);
        if let Some(known) = self.merges.borrow().get(&key).and_then(|at| self.settings.get(*at)) {
            return known;
        }
        if self.lines_kept.get().saturating_add(base.lines).saturating_add(add.lines) > limits::LINES_KEPT {
            self.overfull.set(true);
            self.budget.reach(Limit::Merges);
            return base;
        }
        let at = self.keep(Merged::new(PerDir::merge(&base.settings, &add.settings)));
        self.merges.borrow_mut().insert(key, at);
        self.settings.get(at).unwrap_or(base)
    }

    /// Which lines decide on access, for settings (by their identity) and a method; none where `find` says that this is
    /// not always the same. With each, whether only the error log would be another one without it.
    pub(crate) fn deciders(
        &self,
        of: (u64, u32),
        find: impl FnOnce() -> Option<Vec<(Span, bool)>>,
    ) -> Option<&[(Span, bool)]> {
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
    pub(crate) fn watched(&self) -> bool {
        self.trace.is_watched()
    }

    /// Whether steps are kept: then what only they tell is found out.
    #[inline]
    pub(crate) fn traced(&self) -> bool {
        self.trace.is_kept()
    }

    /// Begins to note for an observer.
    pub(crate) fn observe(&self, texts: bool) {
        self.trace.observe(texts);
    }

    /// Ends it, and tells the observer.
    pub(crate) fn observed(&self, observer: &mut dyn Observer) {
        self.trace.observed(observer);
    }

    /// Notes a pattern that was tried, where there is an observer.
    #[inline]
    pub(crate) fn pattern<'t>(&self, tried: impl FnOnce() -> Tried<'t>) {
        self.trace.pattern(tried);
    }

    /// The same of a line that is told next.
    #[inline]
    pub(crate) fn pattern_of_told<'t>(&self, tried: impl FnOnce() -> Tried<'t>) {
        self.trace.pattern_of_told(tried);
    }

    /// Whether there is an observer.
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        self.trace.is_observed()
    }

    /// Begins to watch.
    pub(crate) fn watch(&self) {
        self.trace.begin();
    }

    /// Ends watching: the steps told.
    pub(crate) fn unwatch(&self) -> Vec<Step> {
        self.trace.end()
    }

    /// Tells a step.
    pub(crate) fn tell(&self, step: Step) {
        self.trace.tell(step);
    }

    /// Notes a line that was reached, where there is an observer.
    pub(crate) fn reach(&self, line: Option<Span>, phase: Phase, judgement: Judgement) {
        self.trace.reach(line, phase, judgement);
    }

    /// Does something that nobody is to see: nothing of it is told.
    pub(crate) fn quietly<T>(&self, run: impl FnOnce() -> T) -> T {
        self.trace.quietly(run)
    }

    /// Opens a level: what is told until [`Engine::close`] happens within a step.
    #[inline]
    pub(crate) fn open(&self) {
        self.trace.open();
    }

    /// Closes a level with the step that it is within; `None` leaves the children in its place.
    #[inline]
    pub(crate) fn close(&self, step: impl FnOnce(&[Step]) -> Option<Step>) {
        self.trace.close(step);
    }

    /// Does something for a trace alone, which costs the answer nothing.
    pub(crate) fn for_trace<T>(&self, run: impl FnOnce() -> T) -> T {
        let (result, enough) = self.budget.for_trace(run);
        if !enough {
            self.trace.fill();
        }
        result
    }

    /// From now on nobody asks which lines decided, but who watches.
    pub(crate) fn leave_out_reasons(&self) {
        self.unreasoned.set(true);
    }

    /// Whether it is to be found out which lines decided.
    #[inline]
    pub(crate) fn gives_reasons(&self) -> bool {
        !self.unreasoned.get() || self.watched()
    }

    /// Has outcomes have their response.
    pub(crate) fn respond(&self) {
        self.responding.set(true);
    }

    /// Whether outcomes are to have their response: then what only headers and environments tell is found out.
    #[inline]
    pub(crate) fn responds(&self) -> bool {
        self.responding.get() && !self.supposing.get()
    }

    /// Whether it is only asked what would be.
    pub(crate) fn is_supposing(&self) -> bool {
        self.supposing.get()
    }

    /// Finds out what would be, for the reasons alone: nothing of it is told, and it costs the answer nothing. `line` is
    /// one of those of which it is found out.
    pub(crate) fn suppose<T>(&self, line: Span, run: impl FnOnce() -> T) -> T {
        if self.supposing.replace(true) {
            return run();
        }
        let result = self.quietly(|| self.budget.for_reasons(run));
        self.supposing.set(false);
        self.budget.name(line);
        result
    }
}

/// What is known of a path, or else what is found.
fn looked_up(known: &RefCell<Stats>, path: &[u8], find: impl FnOnce() -> Result<Stat, Errno>) -> Result<Stat, Errno> {
    if let Some(known) = known.borrow().get(path.as_bstr()) {
        return *known;
    }
    let found = find();
    let mut known = known.borrow_mut();
    if known.len() >= limits::STATS_KEPT {
        known.clear();
    }
    known.insert(path.into(), found);
    found
}

/// Files, as httpd's children may see them.
impl Engine {
    /// What is wrong with the .htaccess files that were looked at, by their paths: the error at which httpd stops, or that
    /// routesim may not read one.
    pub(crate) fn htaccess_errors(&self) -> Vec<(String, Diagnostic)> {
        let known = self.htaccess.borrow();
        let errors = known.values().flatten().filter_map(|known| match &known.found {
            Htaccess::Error(path, d, _) => {
                let wrong = Diagnostic::clone(d);
                Some((path.to_string(), Diagnostic { first: true, ..wrong }))
            }
            Htaccess::Unreadable(path, Errno::Hidden) => {
                Some((path.to_string(), Diagnostic::hidden(&self.server.sources.shown(path))))
            }
            _ => None,
        });
        let mut errors: Vec<(String, Diagnostic)> = errors.collect();
        errors.sort_by(|a, b| a.0.cmp(&b.0));
        errors.dedup_by(|a, b| a.0 == b.0);
        errors
    }

    /// `stat` as httpd's children may.
    pub(crate) fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        looked_up(&self.stats, path, || resolve::stat(&*self.vfs, &self.server.cred, path))
    }

    /// `lstat` as httpd's children may.
    pub(crate) fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        looked_up(&self.lstats, path, || resolve::lstat(&*self.vfs, &self.server.cred, path))
    }

    /// Whether httpd's children may do to a file what `mode` says ([`crate::vfs::R`] and its kin).
    pub(crate) fn access(&self, path: &[u8], mode: u32) -> Result<(), Errno> {
        if self.server.cred.may(&self.stat(path)?, mode) { Ok(()) } else { Err(Errno::Access) }
    }

    /// A file's content as httpd's children may read it.
    pub(crate) fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        resolve::read(&*self.vfs, &self.server.cred, path)
    }

    /// Whether a file can be opened for reading.
    pub(crate) fn read_allowed(&self, path: &[u8]) -> Result<(), Errno> {
        self.access(path, vfs::R)
    }

    /// The names in a folder.
    pub(crate) fn list(&self, folder: &[u8]) -> Result<Vec<BString>, Errno> {
        resolve::list(&*self.vfs, &self.server.cred, folder)
    }
}

#[cfg(test)]
mod tests {
    use super::RealPrograms;
    use crate::run::Run;
    use crate::server::asked::Request;
    use crate::server::compile::{Input, compile};
    use crate::vfs::Memory;
    use std::sync::Arc;

    #[test]
    fn a_full_run_gives_way_to_another() {
        let sections: String = ('a'..='g')
            .map(|c| format!("<LocationMatch {c}>\nSetEnv {c} 1\nRequire env {c}\nAuthMerging And\n</LocationMatch>\n"))
            .collect();
        let vfs = Arc::new(Memory::new());
        let server =
            compile(Input::new(format!("ServerName localhost\n{sections}"), vfs.clone(), &crate::modules::CATALOGUE))
                .server
                .unwrap();
        let run = Run::new(server, vfs, Arc::new(RealPrograms));
        for round in 0..2 {
            for bits in 0..128_u32 {
                let name: String = (0..7_u8).filter(|b| bits >> b & 1 == 1).map(|b| char::from(b'a' + b)).collect();
                let ask = Request::get(&format!("/{name}"));
                assert_eq!(run.ask(&ask), run.fork().ask(&ask), "{round} {name}");
            }
        }
    }
}
