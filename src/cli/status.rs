//! How far long work has come, on a terminal alone, and how it is ended by hand: what was found by then is still printed.

use super::output::Streams;
use crate::clock;
use crate::report::thousands;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// After how long it is shown, and how often.
const BEGINS: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(200);

/// Whether the line is on the terminal now. Who writes there holds it.
static DRAWN: Mutex<bool> = Mutex::new(false);

/// Takes the line off the terminal, for as long as the result lives.
pub(super) fn aside() -> Option<MutexGuard<'static, bool>> {
    let mut drawn = DRAWN.lock().ok()?;
    if std::mem::take(&mut *drawn) {
        let _ = io::stderr().write_all(b"\r\x1b[K");
    }
    Some(drawn)
}

/// A writer to a terminal that takes the line off it first.
pub(super) struct Aside<W>(pub W);

impl<W: Write> Write for Aside<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _aside = aside();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Long work: while it lasts, Ctrl-C ends it with what there is, and a terminal shows how far it is.
pub(super) struct Status {
    line: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Status {
    /// Begins it; `what` are the things that are counted, as `requests`.
    pub(super) fn begin(streams: &Streams, what: &'static str) -> Status {
        if streams.is_own {
            // told twice, it ends at once
            let _ = ctrlc::set_handler(|| {
                if clock::interrupt() {
                    std::process::exit(130);
                }
            });
        }
        let shown = streams.is_own && !streams.quiet && io::stderr().is_terminal();
        Status { line: shown.then(|| line(what)).flatten() }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.line.take() {
            drop(end);
            let _ = thread.join();
            drop(aside());
        }
    }
}

/// The thread that draws the line.
fn line(what: &'static str) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (end, ended) = channel();
    let begun = Instant::now();
    let first = clock::ticks();
    let draw = move || {
        let mut wait = BEGINS;
        while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            wait = AGAIN;
            let Ok(mut drawn) = DRAWN.lock() else { return };
            *drawn = true;
            let (tried, seconds) = (thousands(clock::ticks().saturating_sub(first)), begun.elapsed().as_secs());
            let ending = if clock::is_interrupted() { "ending" } else { "Ctrl-C ends it with what was found" };
            let _ = write!(io::stderr(), "\r\x1b[K{tried} {what} tried in {seconds} s; {ending}");
        }
    };
    let thread = std::thread::Builder::new().spawn(draw).ok()?;
    Some((end, thread))
}
