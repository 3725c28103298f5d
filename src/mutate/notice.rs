//! Requests that notice a change: those that a run before and a run after it answer otherwise.

use super::hints::Hints;
use super::{Mutant, items};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::first;
use crate::server::asked::Request;
use crate::site::Site;
use crate::source::Span;
use crate::suite::{RequestSpec, Scenario};
use crate::url::split_url;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// How many requests are tried for a mutant, at most.
const TRIED: usize = 1_500;
/// How many files and directories of a document root are asked for.
const FILES: usize = 200;
/// How many hosts, directories and requests are put together with what a line is about.
const HOSTS: usize = 6;
const DIRECTORIES: usize = 12;
const VARIED: usize = 60;
/// How many lines near a mutant's are looked at, of each kind.
const NEAR: usize = 8;

/// A request that notices, and the two answers.
#[derive(Clone, Debug)]
pub(crate) struct Noticed {
    /// What is asked.
    pub spec: RequestSpec,
    /// The answer as it is today.
    pub before: Outcome,
    /// The answer with the change.
    pub after: Outcome,
}

/// The first of some requests that two runs answer otherwise, each for sure. `put` makes a request for a run.
pub(crate) fn notices(
    before: &Run,
    after: &Run,
    candidates: impl Iterator<Item = RequestSpec>,
    put: impl Fn(&Run, &RequestSpec) -> Request,
) -> Option<Noticed> {
    candidates.into_iter().find_map(|spec| {
        let (one, other) = (before.ask(&put(before, &spec)), after.ask(&put(after, &spec)));
        let sure = one.caveats.is_empty() && other.caveats.is_empty();
        (sure && !one.answers_as(&other)).then_some(Noticed { spec, before: one, after: other })
    })
}

/// What may notice the mutants of a scenario's site.
pub(crate) struct Candidates {
    /// The scenario's own requests, then those of a first suite, then one for each file; with the virtual host that they are of.
    known: Vec<(RequestSpec, Option<Span>)>,
    /// Credentials that are sent.
    users: Vec<String>,
}

impl Candidates {
    /// Of a scenario and its site.
    pub(crate) fn of(scenario: &Scenario, site: &Site) -> Candidates {
        let own = scenario.requests.iter().map(|spec| (spec.bare(), None));
        let users = scenario.requests.iter().filter_map(|spec| spec.user.clone()).collect::<HashSet<_>>();
        let mut users: Vec<String> = users.into_iter().collect();
        users.sort();
        let mut known: Vec<(RequestSpec, Option<Span>)> = own.collect();
        for group in first::groups(site) {
            let made = group.requests.iter().map(|asked| (RequestSpec::short(&asked.url), group.line));
            known.extend(made);
        }
        let files = files(site);
        let hosts = hosts(&known, None);
        for base in hosts.iter().take(HOSTS) {
            known.extend(files.iter().map(|path| (at(base, path), None)));
        }
        let mut seen = HashSet::new();
        known.retain(|(spec, _)| seen.insert(format!("{spec:?}")));
        Candidates { known, users }
    }

    /// The credentials that are sent.
    pub(crate) fn users(&self) -> &[String] {
        &self.users
    }

    /// The requests that may read .htaccess files.
    pub(crate) fn known(&self) -> impl Iterator<Item = &RequestSpec> {
        self.known.iter().map(|(spec, _)| spec)
    }

    /// The requests that may notice a mutant, the likeliest first.
    pub(crate) fn for_mutant<'c>(&'c self, site: &Site, mutant: &Mutant) -> impl Iterator<Item = RequestSpec> + 'c {
        let mut hints = Hints::default();
        let sources = site.sources();
        let items = items::Items::of(sources, mutant.at.file);
        let item = items.all.iter().position(|item| item.span == mutant.at);
        if let Some(number) = item {
            hints.line(items.text.covered(mutant.at));
            hints.line(mutant.becomes.as_deref().unwrap_or_default().as_bytes());
            for section in items.around(&items.all[number]) {
                hints.line(items.text.covered(section.span));
            }
            // the rule of a condition, and the conditions of a rule; what is in a section, and what is beside a line in one
            let item = &items.all[number];
            let near = items.all[..number].iter().rev().take_while(|other| other.name == "rewritecond");
            let next = items.all[number..].iter().take_while(|_| item.name == "rewritecond");
            let inside = items.all[number..].iter().take_while(|other| other.span.start < item.all().end);
            let is_near = |other: &&items::Item| item.parent.is_some() || other.name.starts_with("rewrite");
            let beside = items.all.iter().filter(|other| other.parent == item.parent && !item.section).filter(is_near);
            let is_alone = item.parent.is_none() && !item.name.starts_with("rewrite");
            let beside = beside.filter(|_| !is_alone);
            for other in near.take(NEAR).chain(next.take(NEAR)).chain(inside.take(NEAR)).chain(beside.take(2 * NEAR)) {
                hints.line(items.text.covered(other.span));
            }
        }
        if let Some(other) = mutant.other {
            hints.line(items.text.covered(other));
        }
        let hosts = hosts(&self.known, mutant.host);
        hints.finish(&self.users);
        self.combined(hints, hosts).take(TRIED)
    }

    fn combined<'c>(&'c self, hints: Hints, hosts: Vec<RequestSpec>) -> impl Iterator<Item = RequestSpec> + 'c {
        let directories = self.directories();
        let whole = hints.paths.iter().cloned();
        let relative = hints.names.iter().flat_map(|name| directories.iter().map(move |d| format!("{d}{name}")));
        let mut paths: Vec<String> = whole.chain(relative).collect();
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
        let named = hints.hosts.iter().map(|host| RequestSpec::short(&format!("http://{host}/")));
        let hosts: Vec<RequestSpec> = hosts.into_iter().take(HOSTS).chain(named).collect();
        let mut made: Vec<RequestSpec> = Vec::new();
        for base in &hosts {
            made.extend(paths.iter().map(|path| at(base, path)));
        }
        let known = self.known.iter().map(|(spec, _)| spec.clone());
        let others: Vec<RequestSpec> = {
            let mut bases: Vec<RequestSpec> = made.iter().take(VARIED).cloned().collect();
            bases.extend(self.known.iter().map(|(spec, _)| spec.clone()).take(VARIED));
            let named = hints.hosts.iter();
            let named = named.map(|host| RequestSpec::short(&format!("http://{host}/")));
            bases.extend(named);
            let more = |spec: &RequestSpec| hints.turns.iter().map(|turn| turn.of(spec)).collect::<Vec<_>>();
            bases.iter().flat_map(more).collect()
        };
        known.chain(made).chain(others)
    }

    /// The directories that are asked for, and what is above them.
    fn directories(&self) -> Vec<String> {
        let mut found: Vec<String> = vec!["/".into()];
        for (spec, _) in &self.known {
            let target = spec.target();
            let path = &target[..target.find(['?', '#']).unwrap_or(target.len())];
            let cuts = path.match_indices('/').map(|(at, _)| &path[..=at]);
            for cut in cuts.take(4) {
                if found.len() < DIRECTORIES && cut.starts_with('/') && !found.iter().any(|known| known == cut) {
                    found.push(cut.into());
                }
            }
        }
        found
    }
}

/// A request to each host that is asked, those of a virtual host first.
fn hosts(known: &[(RequestSpec, Option<Span>)], host: Option<Span>) -> Vec<RequestSpec> {
    let mut seen = HashSet::new();
    let own = known.iter().filter(|(_, of)| host.is_some() && *of == host);
    let plain = |(spec, _): &(RequestSpec, Option<Span>)| at(spec, "/");
    let all = own.chain(known).map(plain);
    all.filter(|spec| seen.insert((spec.url.clone(), spec.server, spec.tls))).collect()
}

/// A request for another path of the same host.
fn at(base: &RequestSpec, path: &str) -> RequestSpec {
    let parts = split_url(&base.url);
    let own = base.url.starts_with("http");
    let url = match own {
        true => format!("http{}://{}{path}", if parts.https { "s" } else { "" }, parts.authority),
        false => path.into(),
    };
    RequestSpec { url, server: base.server, tls: base.tls, ..RequestSpec::default() }
}

/// The paths of the files and directories of the document roots, from there.
fn files(site: &Site) -> Vec<String> {
    let roots = site.directives().filter(|d| d.name().eq_ignore_ascii_case(b"DocumentRoot"));
    let roots = roots.filter_map(|d| d.words().into_iter().next());
    let mut found = Vec::new();
    let mut todo: Vec<(BString, BString)> = roots.map(|root| (root, BString::default())).collect();
    todo.dedup();
    while let Some((root, below)) = todo.pop() {
        let directory = [root.trim_end_with(|c| c == '/'), below.as_slice()].concat();
        let mut names = resolve::list(site.vfs(), &Cred::root(), &directory).unwrap_or_default();
        names.sort();
        for name in names {
            if found.len() >= FILES {
                return found;
            }
            let own: BString = [below.as_slice(), b"/", name.as_slice()].concat().into();
            let plain = own.iter().all(|b| b.is_ascii_alphanumeric() || b"-._~/".contains(b));
            let path = [root.trim_end_with(|c| c == '/'), own.as_slice()].concat();
            let Ok(stat) = resolve::stat(site.vfs(), &Cred::root(), &path) else { continue };
            if stat.is_dir() && own.iter().filter(|b| **b == b'/').count() < 5 {
                found.extend(plain.then(|| format!("{own}/")));
                todo.push((root.clone(), own));
            } else if plain {
                found.push(own.to_string());
            }
        }
    }
    found
}
