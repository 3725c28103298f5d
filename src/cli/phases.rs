//! `routesim phases`: the order in which modules are asked.

use super::given::Given;
use super::output::{OutputFormat, Streams};
use super::{End, Failure};
use crate::report::paint::{Tone, wrap};
use crate::server::module::Phase;
use serde_json::{Map, Value};
use std::io::Write;

/// The modules of each phase.
#[derive(clap::Args)]
pub(super) struct Phases {
    #[command(flatten)]
    given: Given,

    /// Output format; JSON is one object, by phase
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

impl Phases {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let opened = self.given.open(streams, None)?;
        let Some(run) = &opened.run else {
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        let hooks = &run.server().hooks;
        let phases = Phase::HOOKED.map(|p| (p, hooks.of(p).iter().map(|h| h.module).collect::<Vec<_>>()));
        match self.format {
            OutputFormat::Json => {
                let map: Map<String, Value> = phases.iter().map(|(p, m)| (p.name().into(), m.clone().into())).collect();
                streams.json(&Value::from(map))?;
            }
            OutputFormat::Text => {
                for (phase, modules) in &phases {
                    let rule = if phase.run_all() { "all hooks run" } else { "stops at the first answer" };
                    let name = streams.paint.tone(Tone::Head, phase.name());
                    writeln!(streams.out, "{name}  {}", streams.paint.tone(Tone::Dim, rule))?;
                    for line in wrap(&modules.join(" "), streams.paint.columns() - 4) {
                        writeln!(streams.out, "  {line}")?;
                    }
                }
            }
        }
        Ok(End::Fine)
    }
}
