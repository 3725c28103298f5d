//! The processes that hold one run, each this same program started again.
//!
//! A worker reads a `Job` as the first line of its standard input and writes a [`Reply`] as one line on its
//! standard output. When its standard input ends before that, whoever started it is gone, and it ends with all it has made.
//! There are three kinds: a keeper makes what contains a run and holds it, a contained process runs httpd in
//! it, and a loose one runs httpd where nothing contains it.

use super::answer::Reply;
use super::job::Job;
use super::{contained, keeper, loose};
use std::io::{BufRead, Write};
use std::process::ExitCode;

/// The first argument by which a program knows that it is to be a worker; the second says of which kind.
pub const ARGUMENT: &str = "--answer-as-httpd-worker";
/// One that keeps a contained run.
pub const KEEPER: &str = "keeper";
/// One that runs httpd in what a keeper made.
pub const CONTAINED: &str = "contained";
/// One that runs httpd where nothing contains it.
pub const LOOSE: &str = "loose";

/// Whether this process was started as a worker.
pub fn is_wanted() -> bool {
    std::env::args_os().nth(1).is_some_and(|a| a == ARGUMENT)
}

/// Does the work.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [KEEPER, owner] => keeper::main(owner.parse().ok()),
        [CONTAINED, owner] => contained::main(owner.parse().ok()),
        [LOOSE] => loose::main(),
        _ => told(&Reply::Failed("a worker is not started by hand".into())),
    }
}

/// Reads the job, and the line that it is; none where it is only to be seen whether a run could be contained.
///
/// # Errors
/// When there is no such line.
pub(crate) fn job(input: &mut impl BufRead) -> Result<(Option<Job>, String), String> {
    let mut line = String::new();
    input.read_line(&mut line).map_err(|e| e.to_string())?;
    Ok((serde_json::from_str(&line).map_err(|e| e.to_string())?, line))
}

/// Writes the reply.
pub(crate) fn told(reply: &Reply) -> ExitCode {
    let mut text = serde_json::to_vec(reply).unwrap_or_default();
    text.push(b'\n');
    written(&text)
}

/// Writes a line.
pub(crate) fn written(line: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let sent = out.write_all(line).and_then(|()| out.flush());
    ExitCode::from(u8::from(sent.is_err()))
}
