//! `routesim directives [NAME]`: the ledger.

use super::output::Streams;
use super::{End, Failure, failure};
use crate::module::{Directive, Effect, Module, allowed};
use crate::modules;
use crate::report::paint::{Tone, fit, wrap};
use crate::suite::suggest::nearest;
use serde_json::{Value, json};
use std::io::Write;

/// The directives, and what routesim makes of each.
#[derive(clap::Args)]
pub struct Directives {
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
    pub fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let mut rows: Vec<(&Module, &Directive)> =
            modules::all().flat_map(|m| m.directives.iter().map(move |d| (m, d))).collect();
        rows.sort_by_cached_key(|(m, d)| (plain(d.name).to_ascii_lowercase(), m.name));
        if let Some(name) = &self.name {
            let known: Vec<&str> = rows.iter().map(|(_, d)| plain(d.name)).collect();
            rows.retain(|(_, d)| plain(d.name).eq_ignore_ascii_case(plain(name)));
            if rows.is_empty() {
                return match (nearest(name, known), modules::module_of(name)) {
                    (_, Some(module)) => failure(format!("`{name}` belongs to {module}, which is not one of httpd's")),
                    (Some(near), _) => failure(format!("no directive `{name}`: did you mean `{near}`?")),
                    _ => failure(format!("no directive `{name}`")),
                };
            }
        }
        match self.format {
            Format::Json => {
                let list: Vec<Value> = rows.iter().map(|(m, d)| value(m, d)).collect();
                streams.json(&list)?;
            }
            Format::Markdown => write!(streams.out, "{}", markdown(&rows))?,
            Format::Text if self.name.is_some() => {
                for (m, d) in rows {
                    self.one(m, d, streams)?;
                }
            }
            Format::Text => {
                for (m, d) in rows {
                    let (tone, effect) = effect(d);
                    let effect = streams.paint.tone(tone, &format!("{effect:8}"));
                    writeln!(streams.out, "{effect}  {:32}  {}", fit(&shown(d.name), 32), m.name)?;
                }
            }
        }
        Ok(End::Fine)
    }

    fn one(&self, m: &Module, d: &Directive, streams: &mut Streams) -> Result<(), Failure> {
        let (tone, word) = effect(d);
        let name = streams.paint.tone(Tone::Head, &shown(d.name));
        writeln!(streams.out, "{name}  {}  {}", m.name, streams.paint.tone(tone, word))?;
        let mut lines = vec![format!("context: {}", context(d.allowed).join(", "))];
        if let Some(class) = class(d.allowed) {
            lines.push(format!("in .htaccess: where AllowOverride has {class}"));
        }
        lines.push(match d.effect {
            Effect::Modelled => "modelled: it does what it does in httpd".into(),
            Effect::Inert => "inert: it can't change an answer".into(),
            Effect::Blind(why) => format!("not modelled: affected answers carry a caveat ({why})"),
        });
        if !d.usage.is_empty() {
            lines.push(format!("httpd says: {}", d.usage));
        }
        for line in lines.iter().flat_map(|l| wrap(l, 76)) {
            writeln!(streams.out, "  {line}")?;
        }
        Ok(())
    }
}

/// The table of the page, one row a directive and module.
fn markdown(rows: &[(&Module, &Directive)]) -> String {
    let mut page = String::from("| directive | module | context | in .htaccess | routesim |\n|---|---|---|---|---|\n");
    for (m, d) in rows {
        let mut places = context(d.allowed);
        places.retain(|p| *p != ".htaccess");
        let places = if places.len() == 3 && places[2] == "section" { "anywhere".into() } else { places.join(", ") };
        let mut word = effect(d).1.to_string();
        if let Effect::Blind(why) = d.effect {
            word += &format!(": {why}");
        }
        // a bar would end the cell
        let word = word.replace('|', "\\|");
        let name = shown(d.name);
        let class = class(d.allowed).unwrap_or("-");
        page += &format!("| `{name}` | {} | {places} | {class} | {word} |\n", m.name);
    }
    page
}

fn value(m: &Module, d: &Directive) -> Value {
    let why = match d.effect {
        Effect::Blind(why) => Some(why),
        _ => None,
    };
    json!({
        "name": plain(d.name),
        "section": d.name.starts_with('<'),
        "module": m.name,
        "context": context(d.allowed),
        "override": class(d.allowed),
        "effect": effect(d).1,
        "why": why,
        "usage": d.usage,
    })
}

/// A name without what marks a section.
fn plain(name: &str) -> &str {
    name.trim_matches(['<', '>'])
}

fn shown(name: &str) -> String {
    if name.starts_with('<') { format!("<{}>", plain(name)) } else { name.into() }
}

fn effect(d: &Directive) -> (Tone, &'static str) {
    match d.effect {
        Effect::Modelled => (Tone::Good, "modelled"),
        Effect::Inert => (Tone::Dim, "inert"),
        Effect::Blind(_) => (Tone::Warn, "blind"),
    }
}

/// Where it may stand.
fn context(bits: u32) -> Vec<&'static str> {
    let mut places = Vec::new();
    // a server's own level takes what is for it, and what has a class but those of access
    let level = allowed::RSRC_CONF | allowed::OR_OPTIONS | allowed::OR_FILEINFO | allowed::OR_INDEXES;
    if bits & level != 0 {
        places.extend(["server", "virtual host"]);
    }
    if bits & (allowed::ACCESS_CONF | allowed::OR_ALL) != 0 {
        places.push("section");
    }
    if bits & allowed::PROXY_CONF != 0 {
        places.push("proxy section");
    }
    if bits & allowed::OR_ALL != 0 {
        places.push(".htaccess");
    }
    places
}

/// The class of AllowOverride that lets it stand in .htaccess.
fn class(bits: u32) -> Option<&'static str> {
    let classes = [
        (allowed::OR_LIMIT, "Limit"),
        (allowed::OR_OPTIONS, "Options"),
        (allowed::OR_FILEINFO, "FileInfo"),
        (allowed::OR_AUTHCFG, "AuthConfig"),
        (allowed::OR_INDEXES, "Indexes"),
    ];
    match bits & allowed::OR_ALL {
        0 => None,
        allowed::OR_ALL => Some("any class"),
        bits => classes.iter().find(|(class, _)| bits & class != 0).map(|c| c.1),
    }
}
