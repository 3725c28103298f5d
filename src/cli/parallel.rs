//! Work on all cores whose results come in order.

use crate::limits;
use crate::simulate::Simulator;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

/// Items that a core takes at a time.
const CHUNK: usize = 512;

/// Results that may wait for their turn, for each core.
const WAITING: usize = 4;

/// Cuts `items` into chunks, gives each (with the number of its first item) to `work` on one of the cores, and the
/// results in order to `take`.
///
/// # Errors
/// The first of `take`, which ends it.
pub fn in_order<I: Sync, T: Send, E>(
    simulator: &Simulator,
    items: &[I],
    work: impl Fn(&Simulator, usize, &[I]) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let chunks = items.len().div_ceil(CHUNK);
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get()).min(chunks);
    if cores < 2 {
        return items.chunks(CHUNK).enumerate().try_for_each(|(i, chunk)| take(work(simulator, i * CHUNK, chunk)));
    }
    std::thread::scope(|scope| {
        let mut results: Vec<Option<Receiver<T>>> = Vec::new();
        for core in 0..cores {
            let (sender, receiver) = sync_channel(WAITING);
            let own = simulator.fork();
            let work = &work;
            let work_through = move || {
                for (i, chunk) in items.chunks(CHUNK).enumerate().skip(core).step_by(cores) {
                    if sender.send(work(&own, i * CHUNK, chunk)).is_err() {
                        return; // nobody takes any more
                    }
                }
            };
            let started = Builder::new().stack_size(limits::STACK).spawn_scoped(scope, work_through).is_ok();
            results.push(started.then_some(receiver));
        }
        let mut chunk = |(i, chunk): (usize, &[I])| match results.get(i % cores)? {
            // a core that is gone has nothing more to give: the scope passes its panic on
            Some(result) => result.recv().ok(),
            // the system has no thread left
            None => Some(work(simulator, i * CHUNK, chunk)),
        };
        items.chunks(CHUNK).enumerate().map_while(&mut chunk).try_for_each(take)
    })
}
