//! Holding the answers the same: what is written is asked beside what was, and what is answered otherwise is written another
//! way, or left.

use super::groups::Group;
use crate::address::IpSubnet;
use crate::conf::args;
use crate::lint::fix::tidied;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::compare::{Comparison, Difference};
use crate::search::explore::{Purse, Search, Stopped};
use crate::search::line::{answer, command};
use crate::search::space::{Clients, Terms};
use crate::site::{Edit, Site};
use crate::source::{FileId, SourceMap, Span};
use crate::suite::RequestSpec;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How often what is answered otherwise is written anew.
const ROUNDS: usize = 40;
/// How many requests are asked from each address that a line names.
const FROM_EACH: usize = 4_000;

/// How the answers were held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Requests that were asked of both.
    pub requests: usize,
    /// Why the search ended early.
    pub stopped: Option<Stopped>,
    /// Whether something stays undecided.
    pub open: usize,
}

/// Chooses how each group is written, so that no answer is another one but for what is logged.
pub(super) fn settle(
    site: &Site,
    run: Run,
    groups: &mut [Group],
    requests: &[RequestSpec],
    purse: &dyn Fn() -> Purse,
) -> Asked {
    let users: BTreeSet<String> = requests.iter().filter_map(|spec| spec.user.clone()).collect();
    let terms = Terms { clients: Clients::Any, users: users.into_iter().collect(), hold: Vec::new() };
    let own = named(site, &run, &terms, purse());
    let specs: Vec<RequestSpec> = requests.iter().cloned().chain(own).collect();
    let mut asked = Asked { requests: 0, stopped: None, open: 0 };
    for round in 0..=ROUNDS {
        if !groups.iter().any(Group::is_changed) {
            break;
        }
        if round == ROUNDS {
            groups.iter_mut().for_each(|group| group.leave("no way was found that keeps all answers".into()));
            break;
        }
        let edits: Vec<Vec<Edit>> = groups.iter().map(|group| tidied(site, &group.edits())).collect();
        let Ok(new) = site.with(&edits.concat()) else {
            groups.iter_mut().for_each(|group| group.leave("its edits can't be made".into()));
            break;
        };
        let change = Change { before: site.sources(), after: new.sources(), edits: &edits };
        let second = match new.start() {
            Ok(second) => second,
            Err(error) => {
                let why = format!("httpd would refuse it: {}", error.message);
                if !change.group(groups, error.span).is_some_and(|at| groups[at].next(why.clone())) {
                    groups.iter_mut().for_each(|group| group.leave(why.clone()));
                }
                continue;
            }
        };
        let passed = |_: &Ask, before: &Outcome, after: &Outcome| before.serves_as(after);
        let sites = [site, &new];
        let mut comparison = Comparison::new(sites, [run.fork(), second], false).passing(Arc::new(passed));
        comparison.put(&specs);
        let mut found = comparison.differences();
        if found.is_empty() {
            comparison.search(sites, &terms, purse());
            found = comparison.differences();
        }
        asked = Asked { requests: comparison.asked, stopped: comparison.stopped, open: comparison.open.len() };
        if found.is_empty() {
            break;
        }
        if !found.iter().fold(false, |any, found| change.blame(groups, found) | any) {
            let why = why(&found[0]);
            groups.iter_mut().for_each(|group| group.leave(why.clone()));
        }
    }
    asked
}

fn why(found: &Difference) -> String {
    let request = command(&found.ask.spec());
    format!("{request} is answered {} now, and would be answered {}", answer(&found.before), answer(&found.after))
}

/// The texts before and after, and what was done to them.
struct Change<'c> {
    before: &'c SourceMap,
    after: &'c SourceMap,
    /// The edits of each group.
    edits: &'c [Vec<Edit>],
}

impl Change<'_> {
    /// The group that wrote a place of the new texts, or that it was of before.
    fn group(&self, groups: &[Group], span: Span) -> Option<usize> {
        let name = &self.after.file(span.file).name;
        let is_here = |file: FileId| self.before.file(file).name == *name;
        let edits = self.edits.iter().enumerate().flat_map(|(group, own)| own.iter().map(move |edit| (group, edit)));
        let mut edits: Vec<(usize, &Edit)> = edits.filter(|(_, edit)| is_here(edit.file)).collect();
        edits.sort_by_key(|(_, edit)| (edit.range.start, edit.range.end));
        let (at, mut moved) = (i64::from(span.start), 0);
        for (group, edit) in edits {
            let start = i64::from(edit.range.start) + moved;
            if at < start {
                break;
            }
            let length = edit.text.len() as i64;
            if length > 0 && at <= start + length {
                return Some(group);
            }
            moved += length - i64::from(edit.range.end - edit.range.start);
        }
        let covers =
            |own: &Span| is_here(own.file) && (i64::from(own.start)..i64::from(own.end)).contains(&(at - moved));
        groups.iter().position(|group| group.spans.iter().chain(&group.requires).any(covers))
    }

    /// Goes on to another way with the groups that a difference comes of: those that decide after it, or else those that
    /// did before. Whether there were any.
    fn blame(&self, groups: &mut [Group], found: &Difference) -> bool {
        let lines =
            |outcome: &Outcome| outcome.decided_by.iter().map(|d| d.span).filter(Span::is_some).collect::<Vec<Span>>();
        let of = |group: &Group, span: &Span| group.spans.iter().chain(&group.requires).any(|own| own == span);
        let after: BTreeSet<usize> =
            lines(&found.after).into_iter().filter_map(|span| self.group(groups, span)).collect();
        let before: BTreeSet<usize> =
            lines(&found.before).iter().filter_map(|span| groups.iter().position(|group| of(group, span))).collect();
        let why = why(found);
        [after, before]
            .into_iter()
            .any(|some| some.into_iter().fold(false, |any, at| groups[at].next(why.clone()) | any))
    }
}

/// Requests from each address that lines of access rules name, and from beside it: of what a first search met.
fn named(site: &Site, run: &Run, terms: &Terms, purse: Purse) -> Vec<RequestSpec> {
    let mut clients: BTreeSet<IpAddr> = BTreeSet::new();
    let trees = site.htaccess_trees();
    let nodes = trees.iter().flat_map(|(_, nodes)| crate::site::Directive::of(nodes));
    for line in site.directives().chain(nodes) {
        if !["Allow", "Deny", "Require"].iter().any(|name| line.name().eq_ignore_ascii_case(name.as_bytes())) {
            continue;
        }
        for word in args::split(line.args()) {
            let Ok(network) = IpSubnet::read(&word) else { continue };
            clients.extend(network.first().into_iter().chain(network.edges()));
        }
    }
    clients.extend(run.server().hosts.iter().map(|(ip, _)| *ip));
    let mut asks: Vec<Ask> = Vec::new();
    let mut search =
        Search::new(site, run.fork(), terms.clone(), Purse { requests: purse.requests.min(FROM_EACH), ..purse });
    search.learn(&[], &mut |_| ControlFlow::Continue(()));
    asks.append(&mut search.kept);
    asks.sort_by_key(|ask| (ask.weight(), ask.clone()));
    let each = (FROM_EACH / clients.len().max(1)).max(20);
    let from = |client: &IpAddr| {
        let client = *client;
        let asks = asks.iter().take(each).map(move |ask| Ask { client: Some(client), ..ask.clone() });
        asks.map(|ask| ask.spec()).collect::<Vec<_>>()
    };
    clients.iter().flat_map(from).collect()
}
