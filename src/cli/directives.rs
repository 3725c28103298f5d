//! `routesim directives [NAME]`: the ledger.

use super::output::Streams;
use super::{End, Failure, failure};
use crate::directives::{self, Effect, Row};
use crate::report::paint::{Tone, wrap};
use crate::suggest::closest;
use serde_json::{Value, json};
use std::io::Write;

/// The directives: what each does, where it may stand, and what routesim makes of it.
#[derive(clap::Args)]
pub(super) struct Directives {
    /// Show only this directive
    name: Option<String>,

    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Human-readable text
    Text,
    /// A list of objects
    Json,
    /// A table for docs/directives.md
    Markdown,
}

impl Directives {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut rows: Vec<Row> = directives::all().collect();
        rows.sort_by_cached_key(|row| (row.name().to_ascii_lowercase(), row.module()));
        if let Some(name) = &self.name {
            let known: Vec<&str> = rows.iter().map(Row::name).collect();
            rows.retain(|row| row.name().eq_ignore_ascii_case(name.trim_matches(['<', '>'])));
            if rows.is_empty() {
                return match (closest(name, known), directives::module_of(name)) {
                    (_, Some(module)) => failure(format!("`{name}` belongs to {module}, which is not one of httpd's")),
                    (Some(near), _) => failure(format!("no directive `{name}`: did you mean `{near}`?")),
                    _ => failure(format!("no directive `{name}`")),
                };
            }
        }
        match self.format {
            Format::Json => {
                let list: Vec<Value> = rows.iter().map(value).collect();
                streams.json(&list)?;
            }
            Format::Markdown => write!(streams.out, "{}", markdown(&rows))?,
            Format::Text if self.name.is_some() => {
                for row in rows {
                    one(row, streams)?;
                }
            }
            Format::Text => {
                for row in rows {
                    let (tone, effect) = effect(row);
                    let effect = streams.paint.tone(tone, &format!("{effect:8}"));
                    writeln!(streams.out, "{effect}  {:40}  {}", shown(row), row.module())?;
                }
            }
        }
        Ok(End::Fine)
    }
}

fn one(row: Row, streams: &mut Streams) -> Result<(), Failure> {
    let (tone, word) = effect(row);
    let name = streams.paint.tone(Tone::Head, &shown(row));
    writeln!(streams.out, "{name}  {}  {}", row.module(), streams.paint.tone(tone, word))?;
    let mut lines: Vec<String> = row.about().map(String::from).into_iter().collect();
    lines.push(format!("context: {}", row.context().join(", ")));
    if let Some(class) = row.class() {
        lines.push(format!("in .htaccess: where AllowOverride has {class}"));
    }
    lines.push(match row.effect() {
        Effect::Modelled => "modelled: it does what it does in httpd".into(),
        Effect::Inert => "inert: it can't change an answer".into(),
        Effect::Unmodelled(why) => format!("not modelled: affected answers carry a caveat ({why})"),
    });
    if !row.usage().is_empty() {
        lines.push(format!("httpd says: {}", row.usage()));
    }
    lines.push(format!("manual: {}", row.manual()));
    let room = streams.paint.columns() - 4;
    for line in lines.iter().flat_map(|l| wrap(l, room)) {
        writeln!(streams.out, "  {line}")?;
    }
    Ok(())
}

/// The table of the page, one row a directive and module.
fn markdown(rows: &[Row]) -> String {
    let mut page = String::from("| directive | module | context | in .htaccess | routesim |\n|---|---|---|---|---|\n");
    for row in rows {
        let mut places = row.context();
        places.retain(|p| *p != ".htaccess");
        let places = if places.len() == 3 && places[2] == "section" { "anywhere".into() } else { places.join(", ") };
        let mut word = effect(*row).1.to_string();
        if let Effect::Unmodelled(why) = row.effect() {
            word += &format!(": {why}");
        }
        // a bar would end the cell
        let word = word.replace('|', "\\|");
        let name = shown(*row);
        let class = row.class().unwrap_or("-");
        page += &format!("| `{name}` | {} | {places} | {class} | {word} |\n", row.module());
    }
    page
}

fn value(row: &Row) -> Value {
    let why = match row.effect() {
        Effect::Unmodelled(why) => Some(why),
        _ => None,
    };
    json!({
        "name": row.name(),
        "section": row.is_section(),
        "module": row.module(),
        "context": row.context(),
        "override": row.class(),
        "effect": effect(*row).1,
        "why": why,
        "about": row.about(),
        "manual": row.manual(),
        "usage": row.usage(),
    })
}

fn shown(row: Row) -> String {
    if row.is_section() { format!("<{}>", row.name()) } else { row.name().into() }
}

fn effect(row: Row) -> (Tone, &'static str) {
    match row.effect() {
        Effect::Modelled => (Tone::Good, "modelled"),
        Effect::Inert => (Tone::Dim, "inert"),
        Effect::Unmodelled(_) => (Tone::Warn, "blind"),
    }
}
