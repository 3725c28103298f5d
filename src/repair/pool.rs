//! Requests besides the one that is to be repaired: what a change does to them.

use crate::outcome::Outcome;
use crate::run::Run;
use crate::server::asked::Request;
use crate::suite::RequestSpec;
#[cfg(feature = "cli")]
use crate::{
    filepath,
    search::ask::Ask,
    search::explore::{Purse, Search},
    search::first,
    search::space::Terms,
    server::uri,
    site::Site,
    suite::split_url,
    vfs::{Cred, resolve},
};
#[cfg(feature = "cli")]
use bstr::ByteSlice;
#[cfg(feature = "cli")]
use std::ops::ControlFlow;
#[cfg(feature = "cli")]
use std::time::Instant;

/// Requests, and their answers as they are.
pub(crate) struct Others {
    requests: Vec<RequestSpec>,
    before: Vec<Outcome>,
}

impl Others {
    /// These requests; `run` is of the site as it is.
    pub(crate) fn of(run: &Run, requests: Vec<RequestSpec>) -> Others {
        let before = requests.iter().map(|spec| run.ask(&Request::of(spec, 0))).collect();
        Others { requests, before }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.requests.len()
    }

    /// A request, and its answer as it is.
    pub(crate) fn get(&self, n: usize) -> Option<(&RequestSpec, &Outcome)> {
        self.requests.get(n).zip(self.before.get(n))
    }

    /// Those that a run answers otherwise, each with its answer there.
    pub(super) fn changed(&self, run: &Run) -> Vec<(usize, Outcome)> {
        let asked = self.requests.iter().zip(&self.before).enumerate();
        let answers = asked.map(|(n, (spec, before))| (n, before, run.ask(&Request::of(spec, 0))));
        answers.filter(|(_, before, after)| !before.serves_as(after)).map(|(n, _, after)| (n, after)).collect()
    }
}

/// How many requests are made of the files beside the one that is asked for.
#[cfg(feature = "cli")]
const BESIDE: usize = 12;

/// How many requests are searched among, and how many of them are kept.
#[cfg(feature = "cli")]
const SEARCHED: usize = 3_000;
#[cfg(feature = "cli")]
const KEPT: usize = 150;

/// Requests of a search that behave as none before.
#[cfg(feature = "cli")]
fn searched(site: &Site, run: &Run, until: Option<Instant>) -> Vec<RequestSpec> {
    let purse = Purse::of(SEARCHED, until);
    let mut search = Search::new(site, run.fork(), Terms::default(), purse);
    search.run(&[], &mut |_| ControlFlow::Continue(()));
    search.kept.iter().take(KEPT).map(Ask::spec).collect()
}

/// The requests that changes are tried on besides `spec`: those that a first suite would have, those of the scenario, and
/// those for what is beside and above what is asked for; and those of a search that behave as none before. `place` says where
/// a connection comes in.
#[cfg(feature = "cli")]
pub(crate) fn requests(
    site: &Site,
    run: &Run,
    spec: &RequestSpec,
    own: &[RequestSpec],
    place: &dyn Fn(&mut RequestSpec),
    until: Option<Instant>,
) -> Vec<RequestSpec> {
    let asked = searched(site, run, until);
    let of_suite = first::groups(site).into_iter().flat_map(|group| group.requests);
    let mut all: Vec<RequestSpec> = own.to_vec();
    all.extend(of_suite.map(|asked| RequestSpec::short(&asked.url)));
    let parts = split_url(&spec.url);
    let path = parts.target.split(['?', '#']).next().unwrap_or_default();
    let base = spec.url.strip_suffix(parts.target).unwrap_or(&spec.url);
    let mut paths: Vec<String> =
        vec![format!("{}/", path.trim_end_matches('/')), format!("{}/no-such-page", path.trim_end_matches('/'))];
    for (at, _) in path.match_indices('/') {
        paths.extend([path[..at].to_string(), path[..=at].to_string(), format!("{}no-such-page", &path[..=at])]);
    }
    let file = run.ask(&Request::of(spec, 0)).file;
    let directory = file.as_ref().map(|file| filepath::dirname(file)).filter(|dir| dir.starts_with(b"/"));
    let names = directory.map(|dir| resolve::list(site.vfs(), &Cred::root(), dir).unwrap_or_default());
    let at = path.rfind('/').map_or(0, |at| at + 1);
    let beside = names.into_iter().flatten().take(BESIDE);
    paths.extend(beside.map(|name| format!("{}{}", &path[..at], uri::escape_segment(&name).to_str_lossy())));
    let spec_for = |path: String| RequestSpec { url: format!("{base}{path}"), target: None, ..spec.clone() };
    all.extend(paths.into_iter().filter(|path| path.starts_with('/')).map(spec_for));
    all.extend(asked);
    let mut found: Vec<RequestSpec> = Vec::new();
    for mut other in all {
        place(&mut other);
        let bare = other.bare();
        if Request::of(&bare, 0) != Request::of(spec, 0) && !found.contains(&bare) {
            found.push(bare);
        }
    }
    found
}
