//! The command line: one file for each verb.
//!
//! Results go to standard output, all else to standard error. Exit status: 0 success, 1 a test failed or a
//! problem was found, 2 usage or configuration error, 130 interrupted.

mod baseline;
mod check;
mod directives;
mod docroot;
mod explain;
mod given;
mod init;
mod lint;
mod machine;
mod manual;
mod migrate;
mod names;
mod output;
mod phases;
mod remembered;
mod repair;
mod replay;
mod request;
mod rooted;
mod search;
mod show;
mod status;
mod suites;
mod test;
mod urls;
#[cfg(all(feature = "oracle", target_os = "linux"))]
mod verify;
mod vhosts;
mod why;
mod written;

use clap::{Parser, Subcommand};
use output::{OutputArgs, Streams};
use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The program, and the httpd whose answers it gives.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (Apache httpd 2.4.71)");

const ABOUT: &str = "Shows what Apache httpd 2.4 does with a request, and why, without running httpd";

const AFTER: &str = "\
Without -s, -c or --docroot, ./routesim.yaml is used; else the web files around, where an .htaccess
file is, with a stock server; else the built-in scenario `web2py`. `test` wants a suite.

Exit status: 0 success, 1 a test failed or a problem was found, 2 usage or configuration error,
130 interrupted.";

const FAULT: &str = "this is a bug in routesim, not in its input: please report it, with the lines above";

#[derive(Parser)]
#[command(name = "routesim", version = VERSION, about = ABOUT, after_help = AFTER, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// List the built-in scenarios
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Subcommand)]
enum Verb {
    /// Explain how httpd handles a request, and why
    #[command(
        after_help = "Examples:\n  routesim explain /app/models/db.py\n  routesim explain -c /etc/apache2/apache2.conf https://www.example.com/admin/\n  routesim explain --docroot public -H 'Accept-Language: de' https://example.com/"
    )]
    Explain(explain::Explain),
    /// Simulate many requests and print each outcome
    #[command(
        after_help = "Examples:\n  routesim replay web2py\n  routesim replay -c auto --urls urls.txt --format ndjson --fields url,status,file"
    )]
    Replay(replay::Replay),
    /// Run scenario tests
    #[command(
        after_help = "Examples:\n  routesim test scenarios\n  routesim test 'sites/**/*.yaml' --format junit > report.xml"
    )]
    Test(test::Test),
    /// Write a first suite for a site, with today's answers
    #[command(
        mut_arg("scenario", |scenario| scenario.hide(true)),
        after_help = "Examples:\n  routesim init -c /etc/apache2 -o routing.yaml\n  routesim init --docroot public"
    )]
    Init(init::Init),
    /// Find a request whose answer is as described
    #[command(
        after_help = "Examples:\n  routesim find --file '*.py' --status 200\n  routesim find -c /etc/apache2 --line /etc/apache2/sites-enabled/shop.conf:12"
    )]
    Find(search::Find),
    /// Compare two sites, or a site before and after a change: what they answer otherwise, by cause
    #[command(
        after_help = "Examples:\n  routesim diff old.conf new.conf\n  routesim diff -c auto --replace /etc/apache2/sites-enabled/shop.conf=new.conf"
    )]
    Diff(search::Diff),
    /// List every file that a visitor gets, and how
    #[command(
        after_help = "Examples:\n  routesim exposed\n  sudo routesim exposed -c auto\n  routesim exposed --docroot public --all --format ndjson"
    )]
    Exposed(search::Exposed),
    /// Find other requests that get what one is refused
    #[command(
        after_help = "Examples:\n  routesim bypass https://www.example.com/admin/\n  routesim bypass --line /etc/apache2/sites-enabled/shop.conf:12\n  sudo routesim bypass -c auto --every"
    )]
    Bypass(search::Bypass),
    /// Check a configuration and report every error and warning
    #[command(
        after_help = "Examples:\n  routesim check -c /etc/apache2/apache2.conf\n  routesim check public/.htaccess"
    )]
    Check(check::Check),
    /// Find what can hardly have been meant, each finding with a request that shows it
    #[command(
        after_help = "Examples:\n  routesim lint -c /etc/apache2\n  routesim lint sites/*.yaml --format json\n  routesim lint -c auto --baseline known.txt --write-baseline\n  routesim lint -c auto --fix --diff\n  routesim lint --explain grant-in-location"
    )]
    Lint(lint::Lint),
    /// Write a configuration of httpd 2.2 for 2.4, with the answers held the same
    #[command(
        after_help = "Examples:\n  routesim migrate -c /etc/apache2\n  routesim migrate -c /etc/apache2 --write\n  routesim migrate public/.htaccess -o new.htaccess"
    )]
    Migrate(migrate::Migrate),
    /// Find small changes of the configuration that give the answer you want
    #[command(
        after_help = "Examples:\n  routesim repair /app/models/db.py --expect status=403\n  routesim repair -c /etc/apache2 https://www.example.com/docs/ --expect status=200\n  routesim repair --docroot public /old --expect status=301 --expect location=/new"
    )]
    Repair(repair::Repair),
    /// Compare results with a real httpd
    #[cfg(all(feature = "oracle", target_os = "linux"))]
    #[command(after_help = "Examples:\n  routesim verify scenarios\n  routesim verify --record my.yaml")]
    Verify(verify::Verify),
    /// Show a built-in scenario (a lesson), the stock server, or a JSON Schema
    #[command(
        after_help = "Examples:\n  routesim show alias-order\n  routesim show stock\n  routesim show schema scenario"
    )]
    Show(show::Show),
    /// List the virtual hosts of each address, in the order in which they are tried
    #[command(alias = "hosts")]
    #[command(after_help = "Example:\n  routesim vhosts -c /etc/apache2/apache2.conf")]
    Vhosts(vhosts::Vhosts),
    /// List the directives of httpd, and how far routesim models each
    #[command(after_help = "Example:\n  routesim directives AllowOverride")]
    Directives(directives::Directives),
    /// Explain a code of the error log, and list the lines that can cause it
    #[command(
        after_help = "Examples:\n  routesim why AH01630\n  routesim why -c /etc/apache2/apache2.conf 'AH01630: client denied by server configuration: /srv/app/x'"
    )]
    Why(why::Why),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  routesim completions bash > /etc/bash_completion.d/routesim")]
    Completions(manual::Completions),
    /// Print the manual page (roff)
    #[command(after_help = "Example:\n  routesim man explain | man -l -")]
    Man(manual::Man),
    /// List the modules of each phase, in the order in which they run
    #[command(after_help = "Example:\n  routesim phases -c /etc/apache2/apache2.conf")]
    Phases(phases::Phases),
}

/// How a command ends, when it does not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Done and fine.
    Fine,
    /// An expectation failed, or a finding stands.
    Finding,
    /// The configuration is wrong, and that has been said.
    Wrong,
}

/// Why a command can't be carried out.
#[derive(Debug)]
enum Failure {
    /// The reader of standard output went away: no error.
    Closed,
    /// What to say.
    Said(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Said(format!("can't write: {error}")),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        std::io::Error::from(error).into()
    }
}

/// A failure with these words.
fn failure<T>(words: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Said(words.into()))
}

/// When so many seconds are over; never, where that is too far off.
fn until(seconds: f64) -> Result<Option<Instant>, Failure> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(seconds) => Ok(Instant::now().checked_add(seconds)),
        Err(_) => failure("--timeout takes a number of seconds"),
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    #[cfg(all(feature = "oracle", target_os = "linux"))]
    if crate::oracle::worker::is_wanted() {
        return crate::oracle::worker::main();
    }
    // the stack of the first thread is as large as somebody's limits say, ours is as large as requests nest
    let own = std::thread::Builder::new().stack_size(crate::limits::STACK).spawn(command);
    let end = own.map_or_else(|_| Ok(command()), std::thread::JoinHandle::join);
    end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Carries out the command, and says what is wrong.
fn command() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // --help and --version come this way too; a reader that went away is no error
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut streams = Streams::new();
    let end = catch_unwind(AssertUnwindSafe(|| finish(&cli, &mut streams)));
    ExitCode::from(end.unwrap_or_else(|_| ended(failure(FAULT), &mut streams)))
}

/// Runs a command line, the program's name first: its results go to `out`, all else to `error`. The exit status, as the
/// process would end with it.
pub fn answer(words: &[OsString], out: Box<dyn Write>, error: Box<dyn Write>) -> u8 {
    let mut streams = Streams::to(out, error);
    match Cli::try_parse_from(words) {
        Ok(cli) => finish(&cli, &mut streams),
        Err(wrong) => {
            let used = wrong.use_stderr();
            streams.usage(&wrong.render().to_string(), used);
            if used { 2 } else { 0 }
        }
    }
}

/// Runs a command to its end: the exit status.
fn finish(cli: &Cli, streams: &mut Streams) -> u8 {
    streams.heed(&cli.output);
    let end = run(cli, streams).and_then(|end| {
        streams.out.flush()?;
        Ok(end)
    });
    let status = ended(end, streams);
    if crate::clock::is_interrupted() { 130 } else { status }
}

/// The exit status of an end; what is wrong is said.
fn ended(end: Result<End, Failure>, streams: &mut Streams) -> u8 {
    match end {
        Ok(End::Fine) | Err(Failure::Closed) => 0,
        Ok(End::Finding) => 1,
        Ok(End::Wrong) => 2,
        Err(Failure::Said(words)) => {
            let _ = streams.out.flush();
            streams.error(&words);
            2
        }
    }
}

fn run(cli: &Cli, streams: &mut Streams) -> Result<End, Failure> {
    if cli.list {
        return given::list(streams);
    }
    match &cli.verb {
        Some(Verb::Explain(verb)) => verb.run(streams),
        Some(Verb::Replay(verb)) => verb.run(streams),
        Some(Verb::Test(verb)) => verb.run(streams),
        Some(Verb::Init(verb)) => verb.run(streams),
        Some(Verb::Find(verb)) => verb.run(streams),
        Some(Verb::Diff(verb)) => verb.run(streams),
        Some(Verb::Exposed(verb)) => verb.run(streams),
        Some(Verb::Bypass(verb)) => verb.run(streams),
        Some(Verb::Check(verb)) => verb.run(streams),
        Some(Verb::Lint(verb)) => verb.run(streams),
        Some(Verb::Migrate(verb)) => verb.run(streams),
        Some(Verb::Repair(verb)) => verb.run(streams),
        #[cfg(all(feature = "oracle", target_os = "linux"))]
        Some(Verb::Verify(verb)) => verb.run(streams),
        Some(Verb::Show(verb)) => verb.run(streams),
        Some(Verb::Completions(verb)) => verb.run(streams),
        Some(Verb::Man(verb)) => verb.run(streams),
        Some(Verb::Vhosts(verb)) => verb.run(streams),
        Some(Verb::Directives(verb)) => verb.run(streams),
        Some(Verb::Phases(verb)) => verb.run(streams),
        Some(Verb::Why(verb)) => verb.run(streams),
        None => failure("no command given; try `routesim explain URL`, or `routesim --help`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
