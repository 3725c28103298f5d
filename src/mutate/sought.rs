//! What a search of all requests makes of a site, for mutants that nothing plainer notices.

use super::Mutant;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::explore::{Purse, Search};
use crate::search::space::{Clients, Terms};
use crate::site::Site;
use crate::source::FileId;
use crate::suite::RequestSpec;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// How many requests a search asks, and how many are kept that behave as none before.
const ASKED: usize = 5_000;
const KEPT: usize = 300;

/// The requests of a search.
pub(crate) struct Sought {
    /// By line, those that were made for it.
    by_line: HashMap<(FileId, u32), Vec<RequestSpec>>,
    /// Those that behaved as none before.
    kept: Vec<RequestSpec>,
}

impl Sought {
    /// Searches a site, with these credentials and any visitor's address.
    pub(crate) fn of(site: &Site, run: &Run, users: &[String], purse: Purse) -> Sought {
        let terms = Terms { clients: Clients::Any, users: users.to_vec(), ..Terms::default() };
        let purse = Purse { requests: purse.requests.min(ASKED), ..purse };
        let mut search = Search::new(site, run.fork(), terms, purse);
        search.run(&[], &mut |_| ControlFlow::Continue(()));
        let mut by_line: HashMap<(FileId, u32), Vec<RequestSpec>> = HashMap::new();
        for (line, asks) in search.made_for() {
            by_line.entry((line.file, line.line)).or_default().extend(asks.iter().map(Ask::spec));
        }
        let kept = search.kept.iter().take(KEPT).map(Ask::spec).collect();
        Sought { by_line, kept }
    }

    /// Those that may notice a mutant, the likeliest first.
    pub(crate) fn for_mutant(&self, mutant: &Mutant) -> impl Iterator<Item = RequestSpec> {
        let lines = [Some(mutant.at), mutant.other].into_iter().flatten();
        let own = lines.filter_map(|line| self.by_line.get(&(line.file, line.line))).flatten();
        own.chain(&self.kept).cloned()
    }
}
