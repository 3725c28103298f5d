//! Reading scenario files: one scenario, or several that share what stands around them.

use super::expect;
use super::files;
use super::partial::{self, Partial};
use super::reader::Reader;
#[cfg(feature = "disk")]
use super::real;
use super::scenario::{ConfigSource, Scenario};
use super::variables::Variables;
use super::yaml::{self, Key, Node, Value};
use crate::diagnostic::Diagnostic;
use crate::expr::moment::Moment;
use crate::source::{SourceMap, Span};
#[cfg(feature = "disk")]
use crate::suggest::closest;
use std::net::IpAddr;
use std::path::Path;

/// The keys of a scenario, in the order in which they are documented.
pub(crate) const KEYS: [&str; 20] = [
    "routesim",
    "name",
    "about",
    "httpd",
    "config",
    "site",
    "modules",
    "defines",
    "environment",
    "time",
    "files",
    "hosts",
    "variables",
    "defaults",
    "tags",
    "skip",
    "requests",
    "expect",
    "scenarios",
    "loglevel",
];
/// Understood by others who read scenarios, and nothing to an answer.
const IGNORED: &str = "loglevel";

/// The scenario of a file that has one.
pub(super) fn only(mut all: Vec<Scenario>, path: &Path) -> Result<Scenario, Vec<Diagnostic>> {
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (_, more) => {
            let message = format!("`{}` has {} scenarios, and this takes one", path.display(), more + 1);
            Err(vec![
                Diagnostic::error("several-scenarios", message, Span::NONE).help("`routesim test` takes them all"),
            ])
        }
    }
}

/// Reads a file's scenarios.
pub(super) fn read(path: &Path, text: &str, sources: &SourceMap) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let file = sources.add(path.display().to_string(), text);
    let root = yaml::parse(text, file).map_err(|d| vec![*d])?;
    let mut reader = Reader::default();
    let scenario = Scenario { path: path.into(), source: Some(file), sources: sources.clone(), ..Scenario::default() };
    let mut outer = Draft { scenario, ..Draft::default() };
    let folder = path.parent().unwrap_or(Path::new(""));
    let pairs = match &root.value {
        Value::Map(pairs) => pairs.as_slice(),
        Value::Null => &[],
        _ => reader.wrong_kind("a scenario", "a mapping", &root).unwrap_or_default(),
    };
    outer.read(&mut reader, pairs, folder, text, &KEYS);
    if !outer.named && matches!(root.value, Value::Map(_) | Value::Null) {
        let help = "begin with `name: ` and a sentence on what it shows";
        reader.error("missing-key", "this scenario has no `name`", root.at).help = Some(help.into());
    }
    let mut all = Vec::new();
    let inner = pairs.iter().find(|(key, _)| key.text == "scenarios");
    for node in inner.map(|(_, node)| reader.list("scenarios", node)).unwrap_or_default() {
        let mut draft = outer.inside();
        let pairs = match &node.value {
            Value::Map(pairs) => pairs,
            _ => reader.wrong_kind("an element of `scenarios`", "a mapping", node).unwrap_or(&NOTHING),
        };
        let known: Vec<&str> =
            KEYS.into_iter().filter(|key| !["routesim", "scenarios", IGNORED].contains(key)).collect();
        draft.read(&mut reader, pairs, folder, text, &known);
        all.push(draft.scenario);
    }
    // what the file asks itself comes first
    if all.is_empty() || !outer.scenario.requests.is_empty() || !outer.scenario.expect.is_empty() {
        all.insert(0, outer.scenario);
    }
    if reader.problems.is_empty() { Ok(all) } else { Err(reader.problems.all()) }
}

static NOTHING: Vec<(Key, Node)> = Vec::new();

/// A scenario that is being read.
#[derive(Default)]
struct Draft {
    scenario: Scenario,
    defaults: Partial,
    variables: Variables,
    named: bool,
}

impl Draft {
    /// One that has what this one says, but for its requests.
    fn inside(&self) -> Draft {
        let scenario = Scenario { requests: Vec::new(), expect: Vec::new(), ..self.scenario.clone() };
        Draft { scenario, defaults: self.defaults.clone(), variables: self.variables.clone(), named: false }
    }

    fn read(&mut self, reader: &mut Reader, pairs: &[(Key, Node)], folder: &Path, text: &str, known: &[&str]) {
        // requests are made of what stands beside them, wherever it does
        let rank =
            |key: &str| ["variables", "defaults", "requests"].iter().position(|k| *k == key).map_or(0, |at| at + 1);
        let mut pairs: Vec<&(Key, Node)> = pairs.iter().collect();
        pairs.sort_by_key(|(key, _)| rank(&key.text));
        for (key, node) in pairs {
            match known.contains(&key.text.as_str()) {
                true => self.set(reader, key.text.as_str(), node, folder, text),
                false => {
                    let known: Vec<&str> = known.iter().copied().filter(|k| *k != IGNORED).collect();
                    reader.unknown_key(key, "a scenario", &known);
                }
            }
        }
    }

    fn set(&mut self, reader: &mut Reader, what: &str, node: &Node, folder: &Path, text: &str) {
        let scenario = &mut self.scenario;
        match what {
            "routesim" => {
                let is_known = |text: &str| (text == "1").then_some(());
                reader.parsed(what, "1, the format of scenarios", node, is_known);
            }
            "name" => {
                self.named = true;
                scenario.name = reader.text(what, node).unwrap_or_default();
            }
            "httpd" => {
                let version = reader.text(what, node).map(|text| text.parse());
                match version {
                    Some(Ok(version)) => scenario.httpd = version,
                    Some(Err(message)) => drop(reader.error("wrong-value", message, node.at)),
                    None => {}
                }
            }
            "about" => scenario.about = reader.text(what, node),
            "config" => {
                scenario.config_at = node.at.span;
                scenario.config = read_config(reader, node, folder, text);
            }
            #[cfg(feature = "disk")]
            "site" => {
                scenario.config_at = node.at.span;
                scenario.site = real::read(reader, node, folder);
            }
            "modules" if matches!(node.value, Value::Null) => {}
            "modules" => scenario.modules = Some(reader.texts(what, node)),
            "defines" => scenario.defines.extend(reader.texts(what, node)),
            "environment" => {
                let environment = scenario.environment.get_or_insert_default();
                for (name, node) in reader.map(what, node) {
                    environment.retain(|(known, _)| *known != name.text);
                    environment.extend(reader.text(&name.text, node).map(|v| (name.text.clone(), v)));
                }
            }
            "time" => scenario.time = reader.parsed(what, "a time, as 2026-11-24 13:05:09", node, Moment::parse),
            "files" => {
                let files = files::read(reader, node, folder);
                scenario.files.retain(|old| !files.iter().any(|new| new.path == old.path));
                scenario.files.extend(files);
            }
            "hosts" => read_hosts(reader, node, &mut scenario.hosts),
            "variables" => self.variables.read(reader, node),
            "defaults" => {
                let node = self.variables.filled(reader, node);
                let own = Partial::defaults(reader, &node);
                self.defaults = own.over(&self.defaults);
            }
            "tags" => scenario.tags.extend(partial::tags(reader, node)),
            "skip" => scenario.skip = partial::reason(reader, node),
            "requests" => {
                for node in reader.list(what, node) {
                    let node = self.variables.filled(reader, node);
                    partial::read(reader, &node, &self.defaults, &mut scenario.requests);
                }
            }
            "expect" => scenario.expect = expect::read_refusal(reader, node),
            _ => {}
        }
    }
}

/// Whether a YAML text is meant for a scenario: it has one of a scenario's keys, or nearly one.
#[cfg(feature = "disk")]
pub(crate) fn is_meant(text: &str) -> bool {
    // other files have a name, tags, defaults, an environment, too
    let is_key = |key: &str| closest(key, ["routesim", "config", "requests", "scenarios"]).is_some();
    match yaml::parse(text, SourceMap::default().add("", "")) {
        Ok(Node { value: Value::Map(pairs), .. }) => pairs.iter().any(|(key, _)| is_key(&key.text)),
        Ok(_) => false,
        // of what is no YAML, the lines
        Err(_) => text.lines().filter_map(|line| line.split_once(':')).any(|(key, _)| is_key(key.trim_end())),
    }
}

fn read_config(reader: &mut Reader, node: &Node, folder: &Path, source: &str) -> ConfigSource {
    match &node.value {
        Value::Map(pairs) => {
            let mut file = None;
            for (key, node) in pairs {
                match key.text.as_str() {
                    "file" => file = reader.text("file", node).filter(|f| !f.is_empty()),
                    _ => reader.unknown_key(key, "`config`", &["file"]),
                }
            }
            match file {
                Some(file) => ConfigSource::File(folder.join(file)),
                None => {
                    reader.error("missing-key", "`config` is neither a text nor a `file`", node.at);
                    ConfigSource::default()
                }
            }
        }
        _ => {
            let text = reader.text("config", node).unwrap_or_default();
            let line = first_line(&text, node, source);
            ConfigSource::Text { text, line, column: node.at.column }
        }
    }
}

/// The line on which a text's first line stands, if its lines are the source's.
fn first_line(text: &str, node: &Node, source: &str) -> u32 {
    let blank = text.lines().take_while(|l| l.trim().is_empty()).count() as u32;
    let Some(line) = node.at.line.checked_sub(blank).filter(|l| *l > 0) else { return 0 };
    let mut written = source.lines().skip(line as usize - 1);
    let same = text.lines().all(|l| written.next().is_some_and(|w| w.trim_end().ends_with(l.trim_end())));
    if same { line } else { 0 }
}

fn read_hosts(reader: &mut Reader, node: &Node, hosts: &mut Vec<(IpAddr, String)>) {
    let mut read = Vec::new();
    for (key, node) in reader.map("hosts", node) {
        let Ok(ip) = key.text.parse() else {
            reader.error("wrong-value", format!("`{}` is no IP address", key.text), key.at).help =
                Some("write `ADDRESS: NAME`".into());
            continue;
        };
        let names = reader.text("hosts", node).unwrap_or_default();
        read.extend(names.split_whitespace().map(|name| (ip, name.to_string())));
    }
    if !read.is_empty() {
        *hosts = read;
    }
}
