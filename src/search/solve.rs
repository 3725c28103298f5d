//! A text that some patterns match and others don't, or the proof that there is none: automata walked together.

use crate::outcome::observer::PatternKind;
use crate::pattern::regular;
use bstr::BString;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// How many combinations of states a walk looks at before it gives up.
const ROOM: usize = 20_000;
/// How many bytes an automaton's states may take.
const STATES: usize = 1 << 22;
/// How many automata are kept.
const KEPT: usize = 4_096;

/// What came of a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Solved {
    /// The shortest and plainest of the texts.
    Found(BString),
    /// There is none.
    Empty,
    /// It can't be told: a pattern is no regular language, or there are too many states.
    Unknown,
}

/// A pattern and whether it is to match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Want {
    /// Its kind.
    pub kind: PatternKind,
    /// The pattern.
    pub pattern: BString,
    /// Whether it is to match.
    pub yes: bool,
}

impl Want {
    /// That a pattern matches.
    pub(crate) fn yes(kind: PatternKind, pattern: impl Into<BString>) -> Want {
        Want { kind, pattern: pattern.into(), yes: true }
    }

    /// That it doesn't.
    pub(crate) fn no(kind: PatternKind, pattern: impl Into<BString>) -> Want {
        Want { kind, pattern: pattern.into(), yes: false }
    }
}

/// An automaton, and the states of it that were met so far.
struct Automaton {
    dfa: DFA,
    cache: RefCell<Cache>,
}

/// A pattern and its kind.
type Key = (PatternKind, BString);

/// Makes automata, and keeps them.
#[derive(Default)]
pub(crate) struct Solver {
    made: RefCell<HashMap<Key, Option<Rc<Automaton>>>>,
    exact: RefCell<HashMap<String, Option<Rc<Automaton>>>>,
}

/// Where a text stands in an automaton.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    /// A match was seen: whatever follows, it stays.
    Seen,
    /// None can come any more.
    Dead,
    State(LazyStateID),
}

impl Automaton {
    fn new(expression: &str) -> Option<Automaton> {
        let dfa = DFA::builder()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(STATES)))
            .configure(DFA::config().match_kind(MatchKind::All).cache_capacity(STATES).skip_cache_capacity_check(true))
            .build(expression)
            .ok()?;
        let cache = RefCell::new(dfa.create_cache());
        Some(Automaton { dfa, cache })
    }

    fn start(&self) -> Option<At> {
        let input = Input::new(b"").anchored(Anchored::No);
        let state = self.dfa.start_state_forward(&mut self.cache.borrow_mut(), &input).ok()?;
        Some(class(state))
    }

    fn step(&self, at: At, byte: u8) -> Option<At> {
        match at {
            At::State(state) => self.dfa.next_state(&mut self.cache.borrow_mut(), state, byte).ok().map(class),
            at => Some(at),
        }
    }

    /// Whether a text that ends here has a match.
    fn ends(&self, at: At) -> bool {
        match at {
            At::Seen => true,
            At::Dead => false,
            At::State(state) => {
                self.dfa.next_eoi_state(&mut self.cache.borrow_mut(), state).is_ok_and(|state| state.is_match())
            }
        }
    }

    fn matches(&self, text: &[u8]) -> Option<bool> {
        let mut at = self.start()?;
        for byte in text {
            at = self.step(at, *byte)?;
            if matches!(at, At::Seen | At::Dead) {
                break;
            }
        }
        Some(self.ends(at))
    }

    fn cleared(&self) -> usize {
        self.cache.borrow().clear_count()
    }
}

fn class(state: LazyStateID) -> At {
    match state {
        state if state.is_match() => At::Seen,
        state if state.is_dead() => At::Dead,
        state => At::State(state),
    }
}

/// All bytes, those first that look best in a request.
fn nice() -> impl Iterator<Item = u8> {
    let first = b"abcdefghijklmnopqrstuvwxyz0123456789-._/ABCDEFGHIJKLMNOPQRSTUVWXYZ=~,:;@!$'()*+& ";
    let rest = (33..=126).chain([9]).chain(128..=255).chain(1..=8).chain(10..=32).chain([127, 0]);
    let mut seen = [false; 256];
    first.iter().copied().chain(rest).filter(move |b| !std::mem::replace(&mut seen[usize::from(*b)], true))
}

type Tuple = SmallVec<[At; 6]>;

impl Solver {
    fn automaton(&self, want: &Want) -> Option<Rc<Automaton>> {
        let key = (want.kind, want.pattern.clone());
        if let Some(made) = self.made.borrow().get(&key) {
            return made.clone();
        }
        let made = regular(want.kind, &want.pattern).and_then(|text| Automaton::new(&text)).map(Rc::new);
        let mut all = self.made.borrow_mut();
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(key, made.clone());
        made
    }

    fn of_domain(&self, domain: &str) -> Option<Rc<Automaton>> {
        let mut all = self.exact.borrow_mut();
        all.entry(domain.into()).or_insert_with(|| Automaton::new(domain).map(Rc::new)).clone()
    }

    /// A text of `domain` (a regular expression over bytes) that is as wanted. Wants that are no regular languages make the
    /// result unknown.
    pub(crate) fn text(&self, domain: &str, wants: &[Want]) -> Solved {
        let Some(first) = self.of_domain(domain) else { return Solved::Unknown };
        let mut automata = vec![(first, true)];
        let mut seen = HashSet::new();
        for want in wants.iter().filter(|want| seen.insert(*want)) {
            match self.automaton(want) {
                Some(automaton) => automata.push((automaton, want.yes)),
                None => return Solved::Unknown,
            }
        }
        walk(&automata)
    }

    /// A URL's path that is as wanted.
    pub(crate) fn path(&self, wants: &[Want]) -> Solved {
        self.text(super::place::PATH, wants)
    }

    /// Whether a text is as wanted; none where that can't be told.
    pub(crate) fn matches(&self, want: &Want, text: &[u8]) -> Option<bool> {
        Some(self.automaton(want)?.matches(text)? == want.yes)
    }

    /// For many texts that are to be as wanted.
    pub(crate) fn sieve(&self, wants: &[Want]) -> Sieve {
        Sieve(wants.iter().filter_map(|want| Some((self.automaton(want)?, want.yes))).collect())
    }

    /// Whether a pattern can be reasoned about.
    pub(crate) fn knows(&self, want: &Want) -> bool {
        self.automaton(want).is_some()
    }
}

/// What lets texts through that are as wanted, and those of which that can't be told.
pub(crate) struct Sieve(Vec<(Rc<Automaton>, bool)>);

impl Sieve {
    /// Whether a text passes.
    pub(crate) fn passes(&self, text: &[u8]) -> bool {
        self.0.iter().all(|(automaton, yes)| automaton.matches(text).is_none_or(|matches| matches == *yes))
    }
}

/// Breadth first over the states of all, a byte of each kind that no automaton tells apart.
fn walk(automata: &[(Rc<Automaton>, bool)]) -> Solved {
    let cleared: Vec<usize> = automata.iter().map(|(a, _)| a.cleared()).collect();
    let mut kinds = HashSet::new();
    let bytes: Vec<u8> = nice()
        .filter(|byte| {
            let kind: SmallVec<[u8; 8]> = automata.iter().map(|(a, _)| a.dfa.byte_classes().get(*byte)).collect();
            kinds.insert(kind)
        })
        .collect();
    let Some(start) = automata.iter().map(|(a, _)| a.start()).collect::<Option<Tuple>>() else {
        return Solved::Unknown;
    };
    // each node: where it came from, and by which byte
    let mut nodes: Vec<(usize, u8)> = vec![(0, 0)];
    let mut met: HashSet<Tuple> = HashSet::from([start.clone()]);
    let mut todo: VecDeque<(usize, Tuple)> = VecDeque::from([(0, start)]);
    let any_cleared = || automata.iter().zip(&cleared).any(|((a, _), count)| a.cleared() != *count);
    while let Some((node, tuple)) = todo.pop_front() {
        if automata.iter().zip(&tuple).all(|((a, yes), at)| a.ends(*at) == *yes) {
            let mut text = Vec::new();
            let mut at = node;
            while at > 0 {
                text.push(nodes[at].1);
                at = nodes[at].0;
            }
            text.reverse();
            return Solved::Found(text.into());
        }
        for byte in &bytes {
            let mut next = Tuple::new();
            for (((a, yes), at), count) in automata.iter().zip(&tuple).zip(&cleared) {
                // a state is none any more once its automaton had to make room
                if a.cleared() != *count {
                    return Solved::Unknown;
                }
                match a.step(*at, *byte) {
                    Some(At::Dead) if *yes => break,
                    Some(At::Seen) if !*yes => break,
                    Some(at) => next.push(at),
                    None => return Solved::Unknown,
                }
            }
            if next.len() == automata.len() && met.insert(next.clone()) {
                nodes.push((node, *byte));
                todo.push_back((nodes.len() - 1, next));
            }
        }
        if met.len() > ROOM || any_cleared() {
            return Solved::Unknown;
        }
    }
    Solved::Empty
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: &str = "(?-u)^/";

    fn solve(yes: &[&str], no: &[&str]) -> Solved {
        let regex = PatternKind::Regex { icase: false };
        let yes = yes.iter().map(|p| Want::yes(regex, *p));
        let wants: Vec<Want> = yes.chain(no.iter().map(|p| Want::no(regex, *p))).collect();
        Solver::default().text(ANY, &wants)
    }

    #[test]
    fn texts_and_proofs() {
        let found = |text: &str| Solved::Found(text.into());
        assert_eq!(solve(&["^/a(/.*)?$"], &[]), found("/a"));
        assert_eq!(solve(&["^/a(/.*)?$"], &["^/a$"]), found("/a/"));
        assert_eq!(solve(&["\\.html$"], &["^/\\."]), found("/a.html"));
        assert_eq!(solve(&["^/a/b"], &["^/a"]), Solved::Empty);
        assert_eq!(solve(&["\\.jpg$", "^/css/"], &["^/css/\\."]), found("/css/a.jpg"));
        assert_eq!(solve(&["(?!x)y"], &[]), Solved::Unknown);
        assert_eq!(solve(&[], &[]), found("/"));
    }

    /// Sets of patterns in a file, a line of JSON each, `{yes: [[pattern, icase], ...], no: [...]}`, and in another the same
    /// with the answer; `tests/long/solver` holds it against another solver's.
    #[test]
    #[ignore = "reads what another program wrote"]
    fn sets_for_another_solver() {
        let [Ok(sets), Ok(solved)] = ["ROUTESIM_SETS", "ROUTESIM_SOLVED"].map(std::env::var) else { return };
        let solver = Solver::default();
        let mut out = String::new();
        for line in std::fs::read_to_string(sets).expect("it can be read").lines() {
            let mut set: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
            let wants = |key: &str, make: fn(PatternKind, String) -> Want| -> Vec<Want> {
                let all: Vec<(String, bool)> = serde_json::from_value(set[key].clone()).expect("pairs");
                all.into_iter().map(|(text, icase)| make(PatternKind::Regex { icase }, text)).collect()
            };
            let wants = [wants("yes", Want::yes), wants("no", Want::no)].concat();
            let answer = solver.text(r"(?-u)^/[\x20-\x7e]*$", &wants);
            let (word, text) = match &answer {
                Solved::Found(text) => ("found", text.to_string()),
                Solved::Empty => ("empty", String::new()),
                Solved::Unknown => ("unknown", String::new()),
            };
            set["answer"] = word.into();
            set["text"] = text.into();
            out.push_str(&format!("{set}\n"));
        }
        std::fs::write(solved, out).expect("it can be written");
    }
}
