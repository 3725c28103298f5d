//! Work on all cores whose results come in order.

use crate::simulate::Simulator;
use std::sync::mpsc::{Receiver, sync_channel};

/// Results that may wait for their turn, for each core.
const WAITING: usize = 4;

/// Gives each of `pieces` to `work` on one of the cores, and the results in order to `take`.
///
/// # Errors
/// The first of `take`, which ends it.
pub fn in_order<I: Sync, T: Send, E>(
    simulator: &Simulator,
    pieces: &[I],
    work: impl Fn(&Simulator, &I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get()).min(pieces.len());
    if cores < 2 {
        return pieces.iter().try_for_each(|piece| take(work(simulator, piece)));
    }
    std::thread::scope(|scope| {
        let mut results: Vec<Receiver<T>> = Vec::new();
        for core in 0..cores {
            let (sender, receiver) = sync_channel(WAITING);
            let own = simulator.fork();
            let work = &work;
            scope.spawn(move || {
                for piece in pieces.iter().skip(core).step_by(cores) {
                    if sender.send(work(&own, piece)).is_err() {
                        return; // nobody takes any more
                    }
                }
            });
            results.push(receiver);
        }
        // a core that is gone has nothing more to give: the scope passes its panic on
        (0..pieces.len()).map_while(|i| results.get(i % cores).and_then(|r| r.recv().ok())).try_for_each(take)
    })
}
