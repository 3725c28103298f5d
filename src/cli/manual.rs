//! `routesim completions SHELL` and `routesim man`: what shells and `man` know of the command line.

use super::output::Streams;
use super::{Cli, End, Failure, failure};
use clap::CommandFactory;
use std::io::Write;

/// A script for a shell.
#[derive(clap::Args)]
pub(super) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "routesim", &mut script);
        streams.out.write_all(&script)?;
        Ok(End::Fine)
    }
}

/// The manual page, and one of each verb after it.
#[derive(clap::Args)]
pub(super) struct Man {
    /// The verb whose page is wanted [default: the program's own]
    verb: Option<String>,
}

impl Man {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut program = Cli::command();
        program.build();
        let page = match &self.verb {
            None => clap_mangen::Man::new(program),
            Some(verb) => match program.find_subcommand(verb) {
                Some(found) => clap_mangen::Man::new(found.clone()).title(format!("routesim-{verb}")),
                None => return failure(format!("no verb `{verb}`")),
            },
        };
        let mut text = Vec::new();
        page.render(&mut text)?;
        streams.out.write_all(&text)?;
        Ok(End::Fine)
    }
}
