//! Work on all cores whose results come in order.

use crate::simulate::Simulator;
use std::sync::mpsc::{Receiver, sync_channel};

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
        let mut results: Vec<Receiver<T>> = Vec::new();
        for core in 0..cores {
            let (sender, receiver) = sync_channel(WAITING);
            let own = simulator.fork();
            let work = &work;
            scope.spawn(move || {
                for (i, chunk) in items.chunks(CHUNK).enumerate().skip(core).step_by(cores) {
                    if sender.send(work(&own, i * CHUNK, chunk)).is_err() {
                        return; // nobody takes any more
                    }
                }
            });
            results.push(receiver);
        }
        // a core that is gone has nothing more to give: the scope passes its panic on
        (0..chunks).map_while(|i| results.get(i % cores).and_then(|r| r.recv().ok())).try_for_each(take)
    })
}
