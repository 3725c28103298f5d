//! `routesim show NAME`: a lesson, the stock server, or a JSON Schema.

use super::given;
use super::output::Streams;
use super::{End, Failure, failure};
use crate::report::paint::{Tone, clean, wrap};
use crate::report::table::{Row, Table};
use crate::schema;
use crate::site::STOCK;
use crate::suggest::closest;
use crate::suite::{self, FileKind, Scenario};
use crate::text::plural;
use std::io::Write;

/// A scenario: what it is about, its configuration, its files, and its requests with their answers.
#[derive(clap::Args)]
pub(super) struct Show {
    /// Name of a built-in scenario, a scenario file, `stock` for the stock server's configuration, or `schema`
    #[arg(value_name = "NAME|FILE")]
    name: Option<String>,

    /// With `schema`: which JSON Schema to print; left out, they are listed
    #[arg(value_name = "SCHEMA")]
    of: Option<String>,
}

impl Show {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        match self.name.as_deref() {
            None => return given::list(streams),
            Some("schema") => schemas(self.of.as_deref(), streams)?,
            _ if self.of.is_some() => return failure("only `show schema` takes another name"),
            Some("stock") => streams.out.write_all(STOCK.as_bytes())?,
            name => scenario(&given::scenario(name, streams)?, streams)?,
        }
        Ok(End::Fine)
    }
}

fn schemas(name: Option<&str>, streams: &mut Streams) -> Result<(), Failure> {
    let Some(name) = name else {
        for (name, of) in schema::names() {
            writeln!(streams.out, "{}{}  {of}", streams.paint.tone(Tone::Key, name), " ".repeat(10 - name.len()))?;
        }
        return Ok(());
    };
    let Some(found) = schema::named(name) else {
        let near = closest(name, schema::names().map(|(name, _)| name));
        let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        return failure(format!("no schema `{name}`{near}"));
    };
    writeln!(streams.out, "{}", serde_json::to_string_pretty(&found)?)?;
    Ok(())
}

fn scenario(scenario: &Scenario, streams: &mut Streams) -> Result<(), Failure> {
    let paint = streams.paint;
    let head = |text: &str| paint.tone(Tone::Head, text);
    writeln!(streams.out, "{}", head(&clean(&scenario.name)))?;
    for line in scenario.about.iter().flat_map(|about| wrap(about, paint.columns() - 2)) {
        writeln!(streams.out, "  {line}")?;
    }
    let text = scenario.config_text().unwrap_or_default();
    writeln!(streams.out, "\n{}", head("Configuration"))?;
    for (number, line) in String::from_utf8_lossy(&text).lines().enumerate() {
        let number = paint.tone(Tone::Dim, &format!("{:4}", number + 1));
        writeln!(streams.out, "{number}  {}", clean(line))?;
    }
    if !scenario.files.is_empty() {
        writeln!(streams.out, "\n{}", head("Files"))?;
    }
    for file in &scenario.files {
        let what = match &file.kind {
            FileKind::Symlink(target) => format!(" -> {}", clean(target)),
            FileKind::Regular(Some(text), _) if file.path.ends_with(".htaccess") => {
                text.lines().map(|line| format!("\n      {}", clean(line))).collect()
            }
            _ => String::new(),
        };
        writeln!(streams.out, "  {}{what}", clean(&file.path))?;
    }
    let Ok(ran) = suite::run(scenario) else { return Ok(()) };
    writeln!(streams.out, "\n{}", head(&plural(scenario.requests.len(), "request")))?;
    match &ran.run {
        None => writeln!(streams.out, "  httpd would refuse to start (`routesim check` shows why)")?,
        Some(_) => {
            let mut table = Table::new(paint);
            for answered in &ran.answers {
                table.row(Row::of(&answered.outcome), &mut streams.out)?;
            }
            table.end(&mut streams.out)?;
        }
    }
    Ok(())
}
