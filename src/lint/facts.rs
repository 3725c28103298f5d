//! What rules share, gathered once: the directives, which files a visitor gets, and requests of all kinds with their answers.

use super::htaccess::Htaccess;
use super::past::{self, Past};
use crate::outcome::Outcome;
use crate::outcome::observer::{Line, Observer, Tried};
use crate::outcome::step::Judgement;
use crate::phase::Phase;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::search::doors::Door;
use crate::search::explore::Purse;
use crate::search::ground::{Ground, is_refusal};
use crate::search::reach::{Pass, Reached};
use crate::search::shown::{How, Thing, shown};
use crate::search::space::Terms;
use crate::site::{Directive, Edit, Site};
use crate::source::Span;
use bstr::BString;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// How many requests are kept with their answers.
const POOL: usize = 3_000;
/// How many changed sites are kept at least and at most, and how many bytes of text all of them may be of: a site that is
/// kept takes some hundred times the memory of its text.
const CHANGED: (usize, usize) = (4, 64);
const CHANGED_TEXT: usize = 1_000_000;

/// Lines that each request is held against, and how many there may be without asking less.
const EACH: [&str; 4] = ["RewriteRule", "RewriteCond", "RedirectMatch", "AliasMatch"];
const RULES: usize = 250;

/// A request with its answer.
#[derive(Clone)]
pub(crate) struct Seen {
    pub ask: Ask,
    pub outcome: Outcome,
    /// The lines that applied to it.
    pub met: HashSet<Span>,
}

/// A file that a visitor gets.
pub(crate) struct Shown {
    /// Its path without links.
    pub path: BString,
    pub how: How,
    pub ask: Ask,
    pub outcome: Outcome,
}

/// What is known of a site.
pub(crate) struct Facts<'s> {
    pub site: &'s Site,
    pub directives: Vec<Directive<'s>>,
    /// The .htaccess files that they came by.
    pub htaccess: Vec<Htaccess>,
    /// What requests showed; none where httpd would refuse to start.
    pub asked: Option<Asked<'s>>,
}

/// Edits, as a key: file, range and text of each.
type Edits = Vec<(u32, u32, u32, BString)>;

/// What requests showed.
pub(crate) struct Asked<'s> {
    site: &'s Site,
    pub ground: Ground<'s>,
    /// Files that a visitor gets, in order.
    pub files: Vec<Shown>,
    /// Requests of all kinds.
    pub pool: Vec<Seen>,
    /// The servers that speak TLS.
    tls: HashSet<Option<Span>>,
    changed: RefCell<Changed>,
    /// Requests about one line each, which were asked for.
    pub(super) about: RefCell<HashMap<Span, Rc<Vec<Seen>>>>,
    by_line: OnceCell<HashMap<Span, Vec<u32>>>,
    past: OnceCell<Vec<Past>>,
    refused: OnceCell<Vec<Seen>>,
    purse: Purse,
}

/// Changed sites by their edits, the oldest first.
#[derive(Default)]
struct Changed {
    known: HashMap<Edits, Option<Rc<Run>>>,
    order: VecDeque<Edits>,
}

#[derive(Default)]
struct Met(HashSet<Span>);

impl Observer for Met {
    fn line(&mut self, line: Line) {
        if matches!(line.judgement, Judgement::Matched | Judgement::Ended(_) | Judgement::Overridden(_)) {
            self.0.insert(line.at);
        }
    }

    fn pattern(&mut self, tried: &Tried<'_>) {
        if tried.matched {
            self.0.insert(tried.line);
        }
    }
}

impl<'s> Facts<'s> {
    /// Of a site, by at most as many requests as `purse` has.
    pub(crate) fn gather(site: &'s Site, purse: Purse) -> Facts<'s> {
        let directives: Vec<Directive<'s>> = site.directives().collect();
        let purse = Purse { requests: affordable(&directives, purse.requests), ..purse };
        let asked = site.start().ok().map(|run| Asked::gather(site, run, purse));
        let htaccess = asked.as_ref().map(|a| Htaccess::read_by(&a.ground.search.run, site)).unwrap_or_default();
        Facts { site, directives, htaccess, asked }
    }

    /// Of a site that nothing is asked of.
    pub(crate) fn of_text(site: &'s Site) -> Facts<'s> {
        Facts { site, directives: site.directives().collect(), htaccess: Vec::new(), asked: None }
    }

    /// The directives of these names, sections included.
    pub(crate) fn named<'f>(&'f self, names: &'f [&str]) -> impl Iterator<Item = &'f Directive<'s>> {
        self.directives.iter().filter(|d| is_named(d, names))
    }

    /// All directives, those of .htaccess files too.
    pub(crate) fn lines<'f>(&'f self) -> impl Iterator<Item = Directive<'f>> {
        self.everywhere().map(|(line, _)| line)
    }

    /// The directives straight in a section.
    pub(crate) fn within<'f>(&'f self, section: &Directive<'s>) -> impl Iterator<Item = &'f Directive<'s>> {
        let own = section.span();
        self.directives.iter().filter(move |d| d.parents().last().is_some_and(|(_, span)| span == own))
    }
}

/// How many requests a site is asked: the fewer, the more rules each of them is held against.
fn affordable(directives: &[Directive<'_>], requests: usize) -> usize {
    let mut rules: HashMap<Option<Span>, usize> = HashMap::new();
    for line in directives.iter().filter(|d| is_named(d, &EACH)) {
        *rules.entry(line.virtual_host()).or_default() += 1;
    }
    let most = rules.into_values().max().unwrap_or(0);
    requests.saturating_mul(RULES) / most.max(RULES)
}

/// Whether a directive has one of these names.
pub(crate) fn is_named(directive: &Directive<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| directive.name().eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether two places are the same line, of a site and of one that was changed without moving lines.
pub(crate) fn same_line(a: Span, b: Span) -> bool {
    (a.file, a.line) == (b.file, b.line)
}

/// All of a directive: of a section, what is in it, too.
pub(crate) fn whole(directive: &Directive<'_>) -> Span {
    let span = directive.span();
    directive.end().filter(|end| end.file == span.file).map_or(span, |end| Span { end: end.end, ..span })
}

impl<'s> Asked<'s> {
    fn gather(site: &'s Site, run: Run, purse: Purse) -> Asked<'s> {
        let terms = Terms::default();
        let mut ground = Ground::new(site, run, terms.clone(), purse, &[]);
        let mut reached = Reached { whole: true, ..Reached::default() };
        for _ in 0..2 {
            let numbered = ground.left((!reached.kept.is_empty()).then_some(&reached));
            let pass = Pass {
                site,
                routes: &ground.routes,
                doors: &ground.doors,
                terms: &terms,
                until: purse.until,
                most: purse.requests.saturating_sub(reached.asked),
            };
            let mut now = pass.through(&ground.search.run.fork().without_reasons(), &numbered);
            reached.kept = std::mem::take(&mut now.kept);
            reached.add(now);
            // .htaccess files that were read meanwhile have rules of their own
            if !ground.read_htaccess() {
                break;
            }
        }
        ground.note(&mut reached);
        let run = &ground.search.run;
        let files: Vec<Shown> = std::mem::take(&mut reached.shown)
            .into_iter()
            .map(|(path, (how, ask))| Shown { outcome: run.ask(&ask.request()), path, how, ask })
            .collect();
        let mut asks: Vec<Ask> = files.iter().map(|file| file.ask.clone()).collect();
        asks.extend(ground.got.values().flatten().map(|(ask, _)| ask.clone()));
        asks.extend(ground.refused.iter().cloned());
        asks.extend(ground.search.kept.iter().cloned());
        asks.extend(reached.kept.values().flatten().cloned());
        let mut known = HashSet::new();
        asks.retain(|ask| known.insert(ask.clone()));
        asks.truncate(POOL);
        asks.sort_by_key(|ask| (ask.weight(), ask.clone()));
        let pool = asks.into_iter().map(|ask| Asked::seen(run, ask)).collect();
        let tls = run.server().servers.iter().filter(|server| server.tls).map(|server| server.span).collect();
        let (changed, about, by_line, past, refused) = Default::default();
        Asked { site, ground, files, pool, tls, changed, about, by_line, past, refused, purse }
    }

    /// Requests that get past refusals.
    pub(crate) fn past(&self) -> &[Past] {
        self.past.get_or_init(|| past::hunt(self.site, &self.ground, &self.pool, &self.files, self.purse))
    }

    /// Requests that are refused, those for files that are had by another URL too.
    pub(crate) fn refused(&self) -> &[Seen] {
        self.refused.get_or_init(|| {
            let is_refused = |seen: &Seen| is_refusal(&seen.outcome);
            let others =
                past::elsewhere(&self.ground, &self.files).into_iter().map(|ask| self.ask(ask)).filter(is_refused);
            self.pool.iter().filter(|seen| is_refused(seen)).cloned().chain(others).collect()
        })
    }

    /// A request with the answer of some run.
    pub(crate) fn seen(run: &Run, ask: Ask) -> Seen {
        let mut met = Met::default();
        let outcome = run.observe(&ask.request(), &mut met);
        Seen { ask, outcome, met: met.0 }
    }

    /// Those of the pool that met a line, the plainest first.
    pub(crate) fn met(&self, line: Span) -> impl Iterator<Item = &Seen> {
        let by_line = self.by_line.get_or_init(|| {
            let mut found: HashMap<Span, Vec<u32>> = HashMap::new();
            for (n, seen) in self.pool.iter().enumerate() {
                seen.met.iter().for_each(|line| found.entry(*line).or_default().push(n as u32));
            }
            found
        });
        by_line.get(&line).into_iter().flatten().map(|n| &self.pool[*n as usize])
    }

    /// A request with its answer.
    pub(crate) fn ask(&self, ask: Ask) -> Seen {
        Asked::seen(&self.ground.search.run, ask)
    }

    /// The ways in by which there is an answer.
    pub(crate) fn open_doors(&self) -> impl Iterator<Item = &Door> {
        self.ground.search.doors.iter().filter(|door| self.answers(door))
    }

    fn answers(&self, door: &Door) -> bool {
        self.ground.search.is_open(door) && door.tls == self.tls.contains(&door.server)
    }

    /// The ways in to the server of a directive.
    pub(crate) fn doors<'f>(&'f self, directive: &'f Directive<'_>) -> impl Iterator<Item = &'f Door> {
        let own = directive.virtual_host();
        let all = self.ground.search.doors.iter().filter(move |door| own.is_none() || door.server == own);
        all.filter(|door| self.answers(door))
    }

    /// The site with other texts; none where httpd would not start with them.
    pub(crate) fn changed(&self, edits: &[Edit]) -> Option<Rc<Run>> {
        let mut key: Vec<_> = edits.iter().map(|e| (e.file.0, e.range.start, e.range.end, e.text.clone())).collect();
        key.sort();
        if let Some(known) = self.changed.borrow().known.get(&key) {
            return known.clone();
        }
        // with what stops httpd left out, another line that does is no way to start
        let starts = |site: &Site| site.errors() <= self.site.errors();
        let run = self.site.with(edits).ok().filter(starts).and_then(|site| site.start().ok()).map(Rc::new);
        let mut all = self.changed.borrow_mut();
        let text: usize = self.site.sources().files_from(0).iter().map(|file| file.text.len()).sum();
        let most = (CHANGED_TEXT / text.max(1)).clamp(CHANGED.0, CHANGED.1);
        while all.order.len() >= most {
            let oldest = all.order.pop_front();
            oldest.and_then(|oldest| all.known.remove(&oldest));
        }
        all.order.push_back(key.clone());
        all.known.insert(key, run.clone());
        run
    }

    /// An edit that puts lines at the end of the configuration.
    pub(crate) fn at_end(&self, text: impl Into<BString>) -> Option<Edit> {
        let first = self.site.directives().find(|d| d.sections().is_empty())?.span();
        let end = self.site.sources().file(first.file).text.len() as u32;
        Some(Edit { file: first.file, range: end..end, text: text.into() })
    }

    /// The site without some directives.
    pub(crate) fn without(&self, spans: &[Span]) -> Option<Rc<Run>> {
        self.changed(&self.site.blanks(spans))
    }

    /// Whether a request is answered otherwise without these directives.
    pub(crate) fn needs(&self, ask: &Ask, outcome: &Outcome, spans: &[Span]) -> bool {
        self.without(spans).is_some_and(|other| differ(outcome, &other.ask(&ask.request())).is_some())
    }

    /// What an answer of some site gives to a visitor.
    pub(crate) fn gives(&self, ask: &Ask, outcome: &Outcome) -> Option<(Thing, How)> {
        shown(self.site, &ask.method, outcome)
    }

    /// Whether a file that is had is behind a symbolic link.
    pub(crate) fn by_link(&self, file: &Shown) -> bool {
        let bare = |path: &[u8]| path.strip_suffix(b"/").unwrap_or(path).to_vec();
        file.outcome.file.as_ref().is_some_and(|path| bare(path) != bare(&file.path))
    }

    /// The DocumentRoot that a file is below, where httpd's own is the same one: the line then decides nothing.
    fn root(&self, outcome: &Outcome) -> Option<Span> {
        let file = outcome.file.as_ref()?;
        let roots: Vec<Directive<'_>> = self.site.directives().filter(|d| is_named(d, &["DocumentRoot"])).collect();
        let [root] = roots.as_slice() else { return None };
        let path = root.words().into_iter().next()?;
        let rest = file.strip_prefix(path.strip_suffix(b"/").unwrap_or(&path))?;
        rest.starts_with(b"/").then(|| root.span())
    }

    /// Whether a request is answered otherwise where a mapping leads elsewhere.
    pub(crate) fn leads(&self, ask: &Ask, outcome: &Outcome, line: Span) -> bool {
        let sources = self.ground.search.run.sources();
        if !sources.directive_name(line).eq_ignore_ascii_case("DocumentRoot") {
            return self.needs(ask, outcome, &[line]);
        }
        let edit = Edit::replace(line, "DocumentRoot /");
        self.changed(&[edit]).is_some_and(|other| differ(outcome, &other.ask(&ask.request())).is_some())
    }

    /// The line that leads the URL of a request to its file.
    pub(crate) fn mapping(&self, outcome: &Outcome) -> Option<Span> {
        let sources = self.ground.search.run.sources();
        let lines = outcome.decided_by.iter().filter(|d| matches!(d.phase, Phase::TranslateName | Phase::MapToStorage));
        let mut lines = lines.map(|d| d.span).filter(|span| {
            let name = sources.directive_name(*span).to_ascii_lowercase();
            span.is_some() && MAPPINGS.iter().any(|own| name == *own)
        });
        lines.next().or_else(|| self.root(outcome))
    }
}

/// Directives that lead a URL to a file.
pub(crate) const MAPPINGS: [&str; 11] = [
    "alias",
    "aliasmatch",
    "scriptalias",
    "scriptaliasmatch",
    "documentroot",
    "virtualdocumentroot",
    "virtualdocumentrootip",
    "virtualscriptalias",
    "userdir",
    "wsgiscriptalias",
    "rewriterule",
];
