//! Work on all cores whose results come in order.

use crate::limits;
use crate::run::Run;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

/// Results that may wait for their turn, for each core.
const WAITING: usize = 4;

/// Gives each of `pieces` to `work` on one of the cores, and the results in order to `take`.
///
/// # Errors
/// The first of `take`, which ends it.
pub(super) fn in_order<I: Sync, T: Send, E>(
    run: &Run,
    pieces: &[I],
    work: impl Fn(&Run, &I) -> T + Sync,
    take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    in_order_by(None, run, pieces, work, take)
}

/// The same on `jobs` threads; on as many as there are cores where that isn't said.
pub(super) fn in_order_by<I: Sync, T: Send, E>(
    jobs: Option<usize>,
    run: &Run,
    pieces: &[I],
    work: impl Fn(&Run, &I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get())).min(pieces.len());
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
