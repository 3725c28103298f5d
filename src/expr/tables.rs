//! From the grammar's rows to the tables of its parser.
//!
//! httpd's parser is bison's, and so are its messages: which tokens are "expected" depends on the states, the
//! lookaheads and the default reductions of an LALR(1) automaton. Made here in the same way from the same rules,
//! the automaton refuses at the same token and in the same words.

use super::grammar::{NONTERMINALS, PRECEDENCE, RULES};
use super::token::{NAMES, Terminal};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A symbol: a terminal's number, or a nonterminal's behind all of those.
type Symbol = usize;

/// A set of terminals, by bits.
type Set = u64;

/// A rule and how far it was read.
type Item = (usize, usize);

/// What to do on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Take it and go to this state.
    Shift(usize),
    /// Reduce by this rule first.
    Reduce(usize),
}

/// One state of the parser.
#[derive(Default, Debug)]
pub(super) struct State {
    /// What to do on the tokens that are named, in the terminals' order.
    pub(super) steps: BTreeMap<usize, Step>,
    /// The rule to reduce by on all other tokens.
    pub(super) default: Option<usize>,
    /// Where to go behind a nonterminal.
    pub(super) gotos: BTreeMap<Symbol, usize>,
    /// The input is read and sound.
    pub(super) accepts: bool,
}

/// A rule, its names resolved.
pub(super) struct Production {
    /// The nonterminal on the left.
    pub(super) left: Symbol,
    /// What stands on the right.
    pub(super) right: Vec<Symbol>,
}

/// The whole automaton; it starts in state 0.
pub(super) struct Tables {
    /// The rules, in the grammar's order.
    pub(super) productions: Vec<Production>,
    /// The states.
    pub(super) states: Vec<State>,
}

/// The tables, made at first use.
pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(make);

fn symbol(name: &str) -> Option<Symbol> {
    let nonterminal = || NONTERMINALS.iter().position(|n| *n == name).map(|n| NAMES.len() + n);
    NAMES.iter().position(|n| *n == name).or_else(nonterminal)
}

fn productions() -> Vec<Production> {
    let resolve = |text: &str| text.split(' ').filter_map(symbol).collect::<Vec<_>>();
    let production = |left, right| Production { left: symbol(left).unwrap_or_default(), right: resolve(right) };
    RULES.iter().map(|r| production(r.0, r.1)).collect()
}

/// The terminals that each symbol can begin with. No nonterminal of this grammar can be empty.
fn first_sets(productions: &[Production]) -> Vec<Set> {
    let mut first: Vec<Set> =
        (0..NAMES.len() + NONTERMINALS.len()).map(|s| if s < NAMES.len() { 1 << s } else { 0 }).collect();
    loop {
        let before = first.clone();
        for p in productions {
            if let Some(head) = p.right.first() {
                first[p.left] |= before[*head];
            }
        }
        if first == before {
            return first;
        }
    }
}

/// All items that a state's kernel implies, with the tokens that may follow each.
fn closure(productions: &[Production], first: &[Set], kernel: &BTreeMap<Item, Set>) -> BTreeMap<Item, Set> {
    let mut items = kernel.clone();
    loop {
        let mut grown = false;
        for ((rule, dot), follow) in items.clone() {
            let right = &productions[rule].right;
            let Some(next) = right.get(dot) else { continue };
            let follow = right.get(dot + 1).map_or(follow, |s| first[*s]);
            for (n, _) in productions.iter().enumerate().filter(|(_, p)| p.left == *next) {
                let known = items.entry((n, 0)).or_insert_with(|| {
                    grown = true;
                    0
                });
                grown |= *known | follow != *known;
                *known |= follow;
            }
        }
        if !grown {
            return items;
        }
    }
}

fn make() -> Tables {
    let productions = productions();
    let first = first_sets(&productions);
    let mut kernels: Vec<BTreeMap<Item, Set>> = vec![BTreeMap::from([((0, 0), 0)])];
    let mut edges: Vec<BTreeMap<Symbol, usize>> = vec![BTreeMap::new()];
    // states and lookaheads grow together, until a round brings nothing new
    loop {
        let mut grown = false;
        let mut n = 0;
        while n < kernels.len() {
            let mut targets: BTreeMap<Symbol, BTreeMap<Item, Set>> = BTreeMap::new();
            for ((rule, dot), follow) in closure(&productions, &first, &kernels[n]) {
                if let Some(s) = productions[rule].right.get(dot) {
                    targets.entry(*s).or_default().insert((rule, dot + 1), follow);
                }
            }
            for (s, kernel) in targets {
                let target = kernels.iter().position(|k| k.keys().eq(kernel.keys())).unwrap_or_else(|| {
                    kernels.push(kernel.clone());
                    edges.push(BTreeMap::new());
                    grown = true;
                    kernels.len() - 1
                });
                edges[n].insert(s, target);
                for (item, follow) in kernel {
                    let known = kernels[target].entry(item).or_default();
                    grown |= *known | follow != *known;
                    *known |= follow;
                }
            }
            n += 1;
        }
        if !grown {
            break;
        }
    }
    let states = kernels.iter().zip(&edges).map(|(k, e)| state(&productions, &first, k, e)).collect();
    Tables { productions, states }
}

fn precedence(symbol: Symbol) -> Option<usize> {
    PRECEDENCE.iter().position(|n| NAMES.get(symbol) == Some(n))
}

fn state(
    productions: &[Production],
    first: &[Set],
    kernel: &BTreeMap<Item, Set>,
    edges: &BTreeMap<Symbol, usize>,
) -> State {
    let mut state = State::default();
    for (symbol, target) in edges {
        if *symbol < NAMES.len() {
            state.steps.insert(*symbol, Step::Shift(*target));
        } else {
            state.gotos.insert(*symbol, *target);
        }
    }
    let complete = closure(productions, first, kernel)
        .into_iter()
        .filter(|((rule, dot), _)| *dot == productions[*rule].right.len())
        .map(|((rule, _), follow)| (rule, follow))
        .collect::<Vec<_>>();
    state.accepts = complete.iter().any(|(rule, _)| *rule == 0);
    for (rule, follow) in &complete {
        let level = productions[*rule].right.iter().rev().find(|s| **s < NAMES.len()).and_then(|s| precedence(*s));
        for token in (0..NAMES.len()).filter(|t| follow & (1 << t) != 0) {
            // all operators bind to the right: between equals the token is taken
            let reduces = match (state.steps.get(&token), level, precedence(token)) {
                (None, ..) => true,
                (Some(Step::Shift(_)), Some(rule), Some(token)) => token < rule,
                _ => false,
            };
            if reduces {
                state.steps.insert(token, Step::Reduce(*rule));
            }
        }
    }
    // bison's default: the reduction that most tokens ask for, the earlier rule between equals
    let uses = |rule| state.steps.values().filter(|s| **s == Step::Reduce(rule)).count();
    state.default = complete.iter().map(|(rule, _)| *rule).rev().max_by_key(|rule| uses(*rule));
    if let Some(rule) = state.default {
        state.steps.retain(|_, step| *step != Step::Reduce(rule));
    }
    state
}

impl Tables {
    /// The message about a token that a state can't take: with up to four that it could.
    pub(super) fn complaint(&self, state: &State, token: Terminal) -> String {
        let name = |n: usize| NAMES.get(n).copied().unwrap_or_default();
        let mut message = format!("syntax error, unexpected {}", name(token as usize));
        if (1..=4).contains(&state.steps.len()) {
            let expected: Vec<_> = state.steps.keys().map(|t| name(*t)).collect();
            message += &format!(", expecting {}", expected.join(" or "));
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::ALL;
    use super::*;

    #[test]
    fn names_resolve_and_states_are_those_of_httpd() {
        assert!(ALL.iter().enumerate().all(|(n, t)| *t as usize == n));
        assert!(NAMES.len() <= Set::BITS as usize);
        for rule in RULES {
            assert!(
                symbol(rule.0).is_some() && rule.1.split(' ').all(|s| symbol(s).is_some()),
                "{}: {}",
                rule.0,
                rule.1
            );
        }
        assert_eq!(TABLES.states.iter().filter(|s| s.accepts).count(), 1);
        assert_eq!(TABLES.states.len(), 96);
    }
}
