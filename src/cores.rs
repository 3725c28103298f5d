//! Work on all cores, with the same results on any number of them.

use crate::clock;
use crate::limits;
use crate::run::Run;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(feature = "cli")]
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, available_parallelism};
use std::time::{Duration, Instant};

/// Results that may wait for their turn, for each core.
#[cfg(feature = "cli")]
const WAITING: usize = 4;
/// How much work a round must be for more than one core.
const WORTH: Duration = Duration::from_millis(1);

/// How many threads to work on: `jobs`, or as many as there are cores.
pub(crate) fn count(jobs: Option<usize>) -> usize {
    jobs.unwrap_or_else(|| available_parallelism().map_or(1, |n| n.get())).max(1)
}

/// Gives each of `pieces` to `work` on one of `jobs` threads, and the results in order to `take`.
///
/// # Errors
/// The first of `take`, which ends it.
#[cfg(feature = "cli")]
pub(crate) fn in_order<I: Sync, T: Send, E>(
    jobs: Option<usize>,
    run: &Run,
    pieces: &[I],
    work: impl Fn(&Run, &I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = count(jobs).min(pieces.len());
    if cores < 2 {
        return pieces.iter().try_for_each(|piece| take(work(run, piece)));
    }
    std::thread::scope(|scope| {
        let mut results: Vec<Option<Receiver<T>>> = Vec::new();
        for core in 0..cores {
            let (sender, receiver) = sync_channel(WAITING);
            let own = run.fork();
            let work = &work;
            let work_through = move || {
                for piece in pieces.iter().skip(core).step_by(cores) {
                    if sender.send(work(&own, piece)).is_err() {
                        return; // nobody takes any more
                    }
                }
            };
            let started = Builder::new().stack_size(limits::STACK).spawn_scoped(scope, work_through).is_ok();
            results.push(started.then_some(receiver));
        }
        let mut done = |(i, piece): (usize, &I)| match results.get(i % cores)? {
            // a core that is gone has nothing more to give: the scope passes its panic on
            Some(result) => result.recv().ok(),
            // the system has no thread left
            None => Some(work(run, piece)),
        };
        pieces.iter().enumerate().map_while(&mut done).try_for_each(take)
    })
}

/// Rounds of work on all cores, where a round is worth it.
pub(crate) struct Rounds {
    jobs: usize,
    /// A run for each core, once there was need of them.
    runs: Vec<Run>,
    /// How many items were worked on, and how much time that took: it says what the next ones may cost.
    done: u32,
    spent: Duration,
}

impl Rounds {
    /// On `jobs` threads.
    pub(crate) fn new(jobs: Option<usize>) -> Rounds {
        Rounds { jobs: count(jobs), runs: Vec::new(), done: 0, spent: Duration::ZERO }
    }

    /// What `work` makes of each of `items`, in their order; nothing of those that are not begun before `until`.
    pub(crate) fn map_until<I: Sync, T: Send>(
        &mut self,
        until: Option<Instant>,
        run: &Run,
        items: &[I],
        work: impl Fn(&Run, &I) -> T + Sync,
    ) -> Vec<Option<T>> {
        self.map(run, items, |run, item| (!clock::is_over(until)).then(|| work(run, item)))
    }

    /// What `work` makes of each of `items`, in their order.
    pub(crate) fn map<I: Sync, T: Send>(
        &mut self,
        run: &Run,
        items: &[I],
        work: impl Fn(&Run, &I) -> T + Sync,
    ) -> Vec<T> {
        let length = u32::try_from(items.len()).unwrap_or(u32::MAX);
        let alone = self.jobs < 2 || length < 2 || self.spent / self.done.max(1) * length < WORTH;
        let begun = Instant::now();
        let (made, threads) = match alone {
            true => (items.iter().map(|item| work(run, item)).collect(), 1),
            false => {
                while self.runs.len() < self.jobs {
                    self.runs.push(run.fork());
                }
                (share(&mut self.runs, items, |run, item| work(run, item)), length.min(self.jobs as u32))
            }
        };
        (self.done, self.spent) = (self.done.saturating_add(length), self.spent + begun.elapsed() * threads);
        made
    }
}

/// Shares `items` out among threads, one for each of `own`, which it has for itself; the results are in the order of the
/// items.
pub(crate) fn share<S: Send, I: Sync, T: Send>(
    own: &mut [S],
    items: &[I],
    work: impl Fn(&mut S, &I) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let through = |own: &mut S| {
        let take = || {
            let number = next.fetch_add(1, Ordering::Relaxed);
            Some((number, work(own, items.get(number)?)))
        };
        std::iter::from_fn(take).collect::<Vec<(usize, T)>>()
    };
    let threads = own.len().min(items.len());
    let Some((here, others)) = own[..threads].split_first_mut() else { return Vec::new() };
    let mut done = std::thread::scope(|scope| {
        let through = &through;
        // where the system has no thread left, the others do its part
        let start = |own| Builder::new().stack_size(limits::STACK).spawn_scoped(scope, move || through(own)).ok();
        let started: Vec<_> = others.iter_mut().filter_map(start).collect();
        let mut done = through(here);
        for thread in started {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
