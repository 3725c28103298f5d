//! Two sites, and what they answer otherwise.

use super::ask::Ask;
use super::explore::{Answer, Purse, Search, Stopped};
use super::open::Open;
use super::space::Terms;
use crate::cores;
use crate::limits;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::{Directive, Site};
use crate::source::Span;
use crate::suite::RequestSpec;
use bstr::{BString, ByteSlice};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::Builder;

/// How long two texts may be, one times the other, to look for what moved.
const TABLE: usize = 20_000_000;

/// What becomes of the visitor's request, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// What was refused is served.
    Opened,
    /// What was served is refused.
    Refused,
    /// It fails, or no longer does.
    Failure,
    /// Another handler answers.
    Handler,
    /// Another file, back-end or host.
    Elsewhere,
    /// Another Location.
    Redirect,
    /// Another status.
    Status,
    /// Another header or type.
    Header,
    /// Only what is logged, and other parts.
    Rest,
}

impl Kind {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Kind::Opened => "now served",
            Kind::Refused => "no longer served",
            Kind::Failure => "error",
            Kind::Handler => "another handler",
            Kind::Elsewhere => "another file, back-end or host",
            Kind::Redirect => "another redirect",
            Kind::Status => "another status",
            Kind::Header => "another header",
            Kind::Rest => "another detail",
        }
    }
}

/// How two answers differ; none where they are the same.
pub(crate) fn differ(a: &Outcome, b: &Outcome) -> Option<Kind> {
    let headers = |o: &Outcome| o.response.as_ref().map(|r| (r.headers.clone(), r.content_type.clone()));
    let same = a.serves_as(b) && a.log == b.log;
    // where there is no answer, nobody sees who did not give it
    if same || a.connection.is_some() && a.connection == b.connection {
        return (headers(a) != headers(b)).then_some(Kind::Header);
    }
    // what OPTIONS, TRACE and methods of nobody's get is nobody's page
    let usual = [&b"GET"[..], b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH"].contains(&a.method.as_bytes());
    let served = |o: &Outcome| usual && o.connection.is_none() && (200..300).contains(&o.status);
    let refused = |o: &Outcome| o.connection.is_some() || (400..500).contains(&o.status);
    let failed = |o: &Outcome| usual && o.status >= 500;
    let kind = match () {
        () if refused(a) && served(b) => Kind::Opened,
        () if served(a) && refused(b) => Kind::Refused,
        () if failed(a) != failed(b) => Kind::Failure,
        () if a.handler != b.handler => Kind::Handler,
        () if a.location != b.location => Kind::Redirect,
        () if a.file != b.file || a.vhost != b.vhost || a.wsgi != b.wsgi => Kind::Elsewhere,
        () if a.status != b.status => Kind::Status,
        () => Kind::Rest,
    };
    Some(if usual { kind } else { kind.max(Kind::Status) })
}

/// Requests that are answered otherwise for the same reason.
pub(crate) struct Difference {
    pub kind: Kind,
    /// The lines of the first site that have a part in it, and of the second.
    pub cause: [Vec<Span>; 2],
    /// How many requests were found.
    pub count: usize,
    /// The plainest of them.
    pub ask: Ask,
    pub before: Outcome,
    pub after: Outcome,
}

/// A line by what it says and where: the sections around it, and itself.
type Identity = BString;

/// What is known of one of the two sites.
struct Side {
    identities: HashMap<Span, Identity>,
    /// Lines that the other one has not, or has elsewhere.
    changed: HashSet<Span>,
}

/// What was found, by cause.
type Found = BTreeMap<[Vec<Identity>; 2], Difference>;

/// Whether a difference between two answers is of no interest.
pub(crate) type Passed = Arc<dyn Fn(&Ask, &Outcome, &Outcome) -> bool + Send + Sync>;

/// Compares two sites.
pub(crate) struct Comparison {
    passed: Option<Passed>,
    sides: [Side; 2],
    /// Their runs.
    pub runs: [Run; 2],
    found: Found,
    /// Lines that only moved.
    pub moved: [Vec<Span>; 2],
    /// How many requests were asked of each.
    pub asked: usize,
    pub stopped: Option<Stopped>,
    /// What could not be decided, of the first site; and of the second, without their lines.
    pub open: Vec<Open>,
}

/// What one thread holds: both sites, to ask.
struct Judge<'c> {
    passed: Option<Passed>,
    sides: &'c [Side; 2],
    runs: [Run; 2],
    found: Found,
}

fn identity(directive: &Directive<'_>) -> Identity {
    let mut text = Vec::new();
    for section in directive.sections() {
        text.extend_from_slice(&section.name.to_ascii_lowercase());
        text.push(b' ');
        text.extend(section.args.split_str(" ").filter(|w| !w.is_empty()).flat_map(|w| [w, b" "].concat()));
        text.push(b'\n');
    }
    text.extend_from_slice(&directive.name().to_ascii_lowercase());
    text.push(b' ');
    text.extend_from_slice(directive.args());
    text.into()
}

/// Which of two lists' entries have no partner in the other, in order.
fn unpaired(a: &[&Identity], b: &[&Identity]) -> [Vec<usize>; 2] {
    let before = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[before..], &b[before..]);
    let after = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - after], &b[..b.len() - after]);
    if a.len().saturating_mul(b.len()) > TABLE {
        return [(before..before + a.len()).collect(), (before..before + b.len()).collect()];
    }
    // the longest common subsequence, from the end
    let width = b.len() + 1;
    let mut table = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = match a[i] == b[j] {
                true => table[(i + 1) * width + j + 1] + 1,
                false => table[(i + 1) * width + j].max(table[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut alone = [Vec::new(), Vec::new()];
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || i < a.len() && table[(i + 1) * width + j] >= table[i * width + j + 1] {
            alone[0].push(before + i);
            i += 1;
        } else {
            alone[1].push(before + j);
            j += 1;
        }
    }
    alone
}

impl Comparison {
    /// Of two sites that both start; `response`: headers count, too.
    pub(crate) fn new(sites: [&Site; 2], runs: [Run; 2], response: bool) -> Comparison {
        let lines =
            sites.map(|site| site.directives().map(|d| (d.span(), identity(&d))).collect::<Vec<(Span, Identity)>>());
        let [a, b] = [&lines[0], &lines[1]].map(|all| all.iter().map(|(_, identity)| identity).collect::<Vec<_>>());
        let alone = unpaired(&a, &b);
        let there = [a, b].map(|all| all.into_iter().cloned().collect::<HashSet<Identity>>());
        let moved = [0, 1].map(|n: usize| {
            let has = |at: &&usize| there[1 - n].contains(&lines[n][**at].1);
            alone[n].iter().filter(has).map(|at| lines[n][*at].0).collect()
        });
        let sides = [0, 1].map(|n: usize| Side {
            changed: alone[n].iter().map(|at| lines[n][*at].0).collect(),
            identities: lines[n].iter().cloned().collect(),
        });
        let runs = runs.map(|run| if response { run.with_response() } else { run });
        let found = BTreeMap::new();
        Comparison { passed: None, sides, runs, found, moved, asked: 0, stopped: None, open: Vec::new() }
    }

    /// The same, without some differences.
    pub(crate) fn passing(self, passed: Passed) -> Comparison {
        Comparison { passed: Some(passed), ..self }
    }

    fn judge(&self) -> Judge<'_> {
        let [a, b] = &self.runs;
        let passed = self.passed.clone();
        Judge { passed, sides: &self.sides, runs: [a.fork(), b.fork()], found: BTreeMap::new() }
    }

    /// Asks both what a search of each makes up.
    pub(crate) fn search(&mut self, sites: [&Site; 2], terms: &Terms, purse: Purse) {
        let half = Purse { requests: purse.requests / 2, jobs: Some(cores::count(purse.jobs).div_ceil(2)), ..purse };
        let search = |n: usize, mut judge: Judge<'_>| {
            let mut changed: Vec<Span> = judge.sides[n].changed.iter().copied().collect();
            changed.sort_by_key(|span| (span.file, span.start));
            let mut search = Search::new(sites[n], judge.runs[n].fork(), terms.clone(), half);
            search.run(&changed, &mut |answer: &Answer<'_>| {
                let other = judge.runs[1 - n].ask(answer.request);
                let own = answer.outcome.clone();
                let (before, after) = if n == 0 { (own, other) } else { (other, own) };
                judge.hold(answer.ask.clone(), before, after);
                ControlFlow::Continue(())
            });
            let open = search.open().into_iter().map(|open| {
                let what = (open.line.is_some().then(|| judge.identity(n, open.line)), open.why.clone());
                let open = match n {
                    0 => open,
                    _ => {
                        let place = search.run.sources().place(open.line);
                        Open { why: format!("after the change, {place}: {}", open.why), line: Span::NONE }
                    }
                };
                (what, open)
            });
            let open: Vec<_> = open.collect();
            (judge.found, search.asked, search.stopped, open)
        };
        let judges = [self.judge(), self.judge()];
        let [first, second] = judges;
        let done = std::thread::scope(|scope| {
            let other = Builder::new().stack_size(limits::STACK).spawn_scoped(scope, || search(1, second));
            let own = search(0, first);
            match other.map(|thread| thread.join()) {
                Ok(Ok(other)) => [Some(own), Some(other)],
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                // the system has no thread left
                Err(_) => [Some(own), None],
            }
        });
        let [first, second] = done;
        let second = second.unwrap_or_else(|| search(1, self.judge()));
        // what is as undecided before the change as after it is said once
        let mut said = HashSet::new();
        for (found, asked, stopped, open) in first.into_iter().chain([second]) {
            found.into_iter().for_each(|(key, difference)| add(&mut self.found, key, difference));
            self.asked += asked;
            self.stopped = self.stopped.or(stopped);
            self.open.extend(open.into_iter().filter_map(|(what, open)| said.insert(what).then_some(open)));
        }
    }

    /// Asks both these requests.
    pub(crate) fn put(&mut self, specs: &[RequestSpec]) {
        let mut judge = self.judge();
        for spec in specs {
            let request = Request::of(spec, 0);
            let [before, after] = [0, 1].map(|n: usize| judge.runs[n].ask(&request));
            judge.hold(Ask::of(spec), before, after);
        }
        let found = judge.found;
        self.asked += specs.len();
        found.into_iter().for_each(|(key, difference)| add(&mut self.found, key, difference));
    }

    /// What was found: the gravest first, then the commonest.
    pub(crate) fn differences(&mut self) -> Vec<Difference> {
        let mut all: Vec<Difference> = std::mem::take(&mut self.found).into_values().collect();
        all.sort_by(|a, b| {
            (a.kind, std::cmp::Reverse(a.count), &a.ask).cmp(&(b.kind, std::cmp::Reverse(b.count), &b.ask))
        });
        all
    }
}

fn add(found: &mut Found, key: [Vec<Identity>; 2], new: Difference) {
    match found.get_mut(&key) {
        Some(known) => {
            let count = known.count + new.count;
            if (new.kind, new.ask.weight()) < (known.kind, known.ask.weight()) {
                *known = new;
            }
            known.count = count;
        }
        None => drop(found.insert(key, new)),
    }
}

impl Judge<'_> {
    fn identity(&self, n: usize, span: Span) -> Identity {
        let sources = self.runs[n].sources();
        let text = || [sources.file(span.file).name.as_bytes(), b"\n", &sources.text(span)].concat();
        self.sides[n].identities.get(&span).cloned().unwrap_or_else(|| text().into())
    }

    fn hold(&mut self, ask: Ask, before: Outcome, after: Outcome) {
        let Some(kind) = differ(&before, &after) else { return };
        if self.passed.as_ref().is_some_and(|passed| passed(&ask, &before, &after)) {
            return;
        }
        let cause = self.cause(&before, &after);
        let mut key = [0, 1].map(|n: usize| cause[n].iter().map(|span| self.identity(n, *span)).collect::<Vec<_>>());
        key.iter_mut().for_each(|lines| lines.sort());
        add(&mut self.found, key, Difference { kind, cause, count: 1, ask, before, after });
    }

    /// The lines that decided for one and not for the other; those first that the other has not.
    fn cause(&self, before: &Outcome, after: &Outcome) -> [Vec<Span>; 2] {
        let outcomes = [before, after];
        let decided =
            outcomes.map(|o| o.decided_by.iter().map(|d| d.span).filter(Span::is_some).collect::<Vec<Span>>());
        let changed = [0, 1].map(|n: usize| {
            let own = decided[n].iter().filter(|span| self.is_changed(n, **span));
            unique(own.copied().collect())
        });
        if changed.iter().any(|lines| !lines.is_empty()) {
            return changed;
        }
        let identities = [0, 1].map(|n: usize| decided[n].iter().map(|s| self.identity(n, *s)).collect::<HashSet<_>>());
        [0, 1].map(|n: usize| {
            let own = decided[n].iter().filter(|span| !identities[1 - n].contains(&self.identity(n, **span)));
            unique(own.copied().collect())
        })
    }

    fn is_changed(&self, n: usize, span: Span) -> bool {
        let (side, runs) = (&self.sides[n], &self.runs);
        match side.identities.contains_key(&span) {
            true => side.changed.contains(&span),
            // a line of an .htaccess file, which the other one has or not
            false => {
                let name = runs[n].sources().file(span.file).name.clone();
                let text = runs[n].sources().text(span);
                let other = runs[1 - n].sources().files_from(0);
                !other.iter().any(|file| file.name == name && file.text.contains_str(&text))
            }
        }
    }
}

fn unique(spans: Vec<Span>) -> Vec<Span> {
    let mut seen = HashSet::new();
    spans.into_iter().filter(|span| seen.insert(*span)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_partner() {
        let list = |text: &str| text.bytes().map(|b| Identity::from(&[b][..])).collect::<Vec<_>>();
        for (a, b, want) in [
            ("abc", "abc", [vec![], vec![]]),
            ("abc", "ac", [vec![1], vec![]]),
            ("ac", "abc", [vec![], vec![1]]),
            ("abcd", "bcda", [vec![0], vec![3]]),
        ] {
            let (a, b) = (list(a), list(b));
            assert_eq!(unpaired(&a.iter().collect::<Vec<_>>(), &b.iter().collect::<Vec<_>>()), want);
        }
    }
}
