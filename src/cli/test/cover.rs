//! Which lines of a site its requests reach, match and are decided by.

use crate::directives::{self, Effect};
use crate::outcome::observer::{Line, Observer, Tried};
use crate::outcome::step::Judgement;
use crate::outcome::{Decision, Outcome};
use crate::report::suite::coverage::{self, Hits};
use crate::run::Run;
use crate::server::asked::Request;
use crate::server::module::Part;
use crate::site::{Directive, Site};
use crate::source::directive_text;
use crate::source::{FileId, Span};
use crate::suite::{self, Answered, Scenario, Whereabouts};
use bstr::{BStr, BString, ByteSlice};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a line is to coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A section that is tried.
    Section,
    /// Another line that is tried, or a group of them.
    Tried,
    /// A setting.
    Setting,
    /// What can have no part in an answer, as far as routesim knows.
    Apart,
}

const REACHED: u8 = 1;
const MATCHED: u8 = 2;
const MISSED: u8 = 4;
const DECIDED: u8 = 8;
/// A pattern matched; whether the line did is another question, which not all modules answer.
const FITTED: u8 = 16;
const UNFITTED: u8 = 32;

/// Watching costs what there is to note: as many notes a request, and a line of configuration that was read, cost less than
/// half of what it takes to put the request and to read the line.
const NOTES_A_REQUEST: usize = 120;
const NOTES_A_LINE: usize = 5;
const NOTES_TO_BEGIN: usize = 5_000;

/// What was seen at a line.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// The request that was seen last.
    last: u32,
    /// What was seen of it.
    seen: u8,
    /// How many requests saw it, bit by bit.
    counts: [u32; 6],
}

impl Slot {
    fn mark(&mut self, request: u32, bits: u8) {
        if self.last != request {
            (self.last, self.seen) = (request, 0);
        }
        let mut new = bits & !self.seen;
        self.seen |= bits;
        while new != 0 {
            if let Some(count) = self.counts.get_mut(new.trailing_zeros() as usize) {
                *count += 1;
            }
            new &= new - 1;
        }
    }
}

/// Sees what happens to the requests of a site.
pub(super) struct Watcher {
    /// By file and line; line 0 stands for an .htaccess file as a whole.
    files: Vec<Vec<Slot>>,
    requests: u32,
    /// The names that were met.
    kinds: RefCell<Vec<((BString, bool), Kind)>>,
    /// What may still be noted, and half of what might be at first.
    room: usize,
    reserve: usize,
    /// How many requests had no room, or too little: of those, what decided is known for sure, and no more.
    pub unwatched: usize,
}

impl Observer for Watcher {
    fn line(&mut self, line: Line) {
        self.room = self.room.saturating_sub(1);
        let bits = match line.judgement {
            Judgement::Matched | Judgement::Ended(_) => REACHED | MATCHED,
            Judgement::Missed => REACHED | MISSED,
            Judgement::Overridden(_) => REACHED,
            // httpd does not come to it
            Judgement::Shadowed(_) | Judgement::Skipped => return,
        };
        let is_whole_file = line.at.end == 0;
        self.mark(line.at.file, if is_whole_file { 0 } else { line.at.line }, bits);
    }

    fn pattern(&mut self, tried: &Tried<'_>) {
        self.room = self.room.saturating_sub(1);
        self.mark(tried.line.file, tried.line.line, if tried.matched { FITTED } else { UNFITTED });
    }

    fn decided(&mut self, decision: &Decision) {
        self.mark(decision.span.file, decision.span.line, DECIDED);
    }

    fn wants_texts(&self) -> bool {
        false
    }

    fn cut(&mut self) {
        self.unwatched += 1;
    }
}

impl Watcher {
    /// Of the requests of a run.
    pub(super) fn new(run: &Run) -> Watcher {
        let lines: usize = run.sources().files_from(0).iter().map(|file| file.lines()).sum();
        let room = NOTES_TO_BEGIN + NOTES_A_LINE * lines;
        Watcher { files: Vec::new(), requests: 0, kinds: RefCell::default(), room, reserve: room / 2, unwatched: 0 }
    }

    /// Asks one of a scenario's requests, and sees what it and the redirects that are followed from it come by.
    pub(super) fn answer(&mut self, scenario: &Scenario, run: &Run, index: usize) -> Answered {
        suite::answer_by(scenario, run, index, &mut |request, cookies| self.ask(run, request, cookies))
    }

    fn ask(&mut self, run: &Run, request: &Request, cookies: bool) -> (Outcome, Vec<BString>) {
        self.requests += 1;
        self.room += NOTES_A_REQUEST;
        if let Some(host) = run.host_without_names(request) {
            self.mark(host.file, host.line, REACHED | MATCHED);
        }
        if self.room > self.reserve {
            return run.observed(request, self, cookies);
        }
        let answered = run.put(request, cookies);
        // when room grows short, what decides anew goes first
        let is_new = |d: &Decision| self.at(d.span.file, d.span.line)[3] == 0;
        if self.room > 0 && answered.0.decided_by.iter().any(is_new) {
            return run.observed(request, self, cookies);
        }
        self.unwatched += 1;
        answered.0.decided_by.iter().for_each(|decision| self.decided(decision));
        answered
    }

    fn mark(&mut self, file: FileId, line: u32, bits: u8) {
        if file == Span::NONE.file {
            return;
        }
        let (file, line) = (file.0 as usize, line as usize);
        if self.files.len() <= file {
            self.files.resize_with(file + 1, Vec::new);
        }
        let lines = &mut self.files[file];
        if lines.len() <= line {
            lines.resize_with(line + 1, Slot::default);
        }
        lines[line].mark(self.requests, bits);
    }

    fn at(&self, file: FileId, line: u32) -> [u32; 6] {
        self.files.get(file.0 as usize).and_then(|lines| lines.get(line as usize)).copied().unwrap_or_default().counts
    }

    fn kind(&self, name: &BStr, section: bool) -> Kind {
        let mut kinds = self.kinds.borrow_mut();
        if let Some((_, kind)) = kinds.iter().find(|((known, is), _)| known == name && *is == section) {
            return *kind;
        }
        let kind = kind(name, section);
        kinds.push(((name.into(), section), kind));
        kind
    }

    /// The lines of the site, and of the .htaccess files that were read.
    pub(super) fn lines(&self, scenario: &Scenario, site: &Site, run: &Run) -> Vec<coverage::Line> {
        let mut listing = Listing { seen: self, scenario, run, found: HashMap::new(), files: HashMap::new() };
        site.directives().for_each(|directive| listing.add(&directive, self.requests));
        for (number, lines) in self.files.iter().enumerate() {
            let read = lines.first().map_or(0, |slot| slot.counts[1]);
            if read > 0 {
                let nodes = run.htaccess_nodes(FileId(number as u32));
                Directive::of(&nodes).for_each(|directive| listing.add(&directive, read));
            }
        }
        listing.found.into_values().collect()
    }
}

/// The lines of a run, as they are put together.
struct Listing<'l> {
    seen: &'l Watcher,
    scenario: &'l Scenario,
    run: &'l Run,
    found: HashMap<(FileId, u32), coverage::Line>,
    files: HashMap<FileId, Option<Whereabouts>>,
}

impl Listing<'_> {
    /// Adds a directive, which is in force for `all` requests but for the sections around it. A macro's line may come several
    /// times.
    fn add(&mut self, directive: &Directive<'_>, all: u32) {
        let (seen, sources) = (self.seen, self.run.sources());
        let span = directive.span();
        let kind = seen.kind(directive.name(), directive.is_section());
        let [reached, matched, missed, decided, fitted, unfitted] = seen.at(span.file, span.line);
        if kind == Kind::Apart && decided == 0 {
            return;
        }
        let tried = matches!(kind, Kind::Section | Kind::Tried);
        let mut hits = match tried {
            true if reached > 0 => Hits { reached, matched, missed, decided },
            true => Hits { reached: fitted.saturating_add(unfitted), matched: fitted, missed: unfitted, decided },
            false => {
                let is_tried = |section: &(&BStr, Span)| seen.kind(section.0, true) == Kind::Section;
                let around = directive.parents().filter(is_tried).last();
                let in_force = around.map_or(all, |(_, section)| seen.at(section.file, section.line)[1]);
                Hits { reached: in_force.max(reached), matched: in_force.max(matched), missed, decided }
            }
        };
        // a rule that does not match may decide: without it, its conditions are those of the next one
        hits.reached = hits.reached.max(decided);
        if !tried || reached + fitted + unfitted == 0 {
            hits.matched = hits.matched.max(decided);
        }
        // a group that holds all there is has no step of its own
        let group = directive.parents().last().filter(|(name, _)| name.to_ascii_lowercase().starts_with(b"require"));
        if let Some((_, group)) = group
            && seen.at(group.file, group.line)[0] == 0
            && let Some(group) = self.found.get_mut(&(group.file, group.line))
        {
            group.hits = group.hits.with(Hits { decided: 0, ..hits }, u32::max);
        }
        if let Some(known) = self.found.get_mut(&(span.file, span.line)) {
            known.hits = known.hits.with(hits, u32::max);
            return;
        }
        let (_, column) = sources.file(span.file).line_column(span.start);
        let whereabouts = self.files.entry(span.file).or_insert_with(|| self.scenario.whereabouts(sources, span.file));
        let Some(place) = whereabouts.as_ref().map(|file| file.at(span.line, column)) else { return };
        let line = coverage::Line {
            file: place.path,
            line: place.line,
            directive: directive.name().to_string(),
            text: directive_text(sources, span),
            section: directive.is_section(),
            tried,
            hits,
        };
        self.found.insert((span.file, span.line), line);
    }
}

/// What a directive or a section is to coverage, by its rows.
fn kind(name: &BStr, section: bool) -> Kind {
    static KINDS: LazyLock<HashMap<(String, bool), Kind>> = LazyLock::new(|| {
        let mut kinds = HashMap::new();
        for row in directives::all() {
            let kind = match row.part() {
                Part::Tried => Kind::Tried,
                Part::Scope => Kind::Section,
                Part::Setting if !row.is_section() && row.effect() == Effect::Modelled => Kind::Setting,
                Part::Setting | Part::AtStart => Kind::Apart,
            };
            let known = kinds.entry((row.name().to_ascii_lowercase(), row.is_section())).or_insert(kind);
            if *known == Kind::Apart {
                *known = kind;
            }
        }
        kinds
    });
    let name = name.to_str_lossy().to_ascii_lowercase();
    KINDS.get(&(name, section)).copied().unwrap_or(Kind::Apart)
}
