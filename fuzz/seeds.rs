//! Writes what fuzzing begins with, a directory for each target: what the scenarios say, cut as the targets want it, and a
//! dictionary of the words that configurations are made of.
//!
//! `cargo run --example fuzz-seeds -- DIRECTORY`

use routesim::directives;
use routesim::source::SourceMap;
use routesim::suite::{ConfigSource, FileKind, RequestSpec, Scenario, paths};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Larger seeds are slow, and say no more.
const LARGEST: usize = 8 << 10;

/// Every so many of the recorded scenarios is one.
const EVERY: usize = 4;

struct Seeds {
    to: PathBuf,
    written: usize,
}

impl Seeds {
    fn add(&mut self, target: &str, seed: &[u8]) -> io::Result<()> {
        if seed.len() > LARGEST {
            return Ok(());
        }
        self.written += 1;
        let folder = self.to.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{:05}", self.written)), seed)
    }

    /// All seeds of a scenario.
    fn of(&mut self, scenario: &Scenario) -> io::Result<()> {
        let ConfigSource::Text { text: config, .. } = &scenario.config else { return Ok(()) };
        let requests: Vec<String> = scenario.requests.iter().take(8).map(line).collect();
        let mut site = format!("{config}\0{}", requests.join("\n"));
        for file in scenario.files.iter().take(24) {
            let (path, text) = (&file.path, content(&file.kind));
            site += &format!("\0{path}\n{text}");
            if path.ends_with("/.htaccess") {
                self.add("htaccess", text.as_bytes())?;
            }
            self.page(path, &text)?;
        }
        self.add("site", site.as_bytes())?;
        self.add("configuration", config.as_bytes())?;
        self.add("request", requests.join("\n").as_bytes())?;
        self.add("command", format!("{config}\0{}", requests.join("\n")).as_bytes())?;
        for line in config.lines().map(str::trim) {
            self.line(line)?;
        }
        Ok(())
    }

    /// What a line has in it that is read by itself.
    fn line(&mut self, line: &str) -> io::Result<()> {
        let quoted = || line.split('"').nth(1);
        let last = || line.split_whitespace().skip(1).max_by_key(|word| word.len());
        let low = line.to_ascii_lowercase();
        if low.contains("expr") || low.starts_with("<if ") || low.starts_with("<elseif ") {
            quoted().map_or(Ok(()), |text| self.add("expression", text.as_bytes()))?;
        }
        if low.starts_with("rewriterule") || low.contains("match ") || low.starts_with("setenvif") {
            let seed = |word: &str| format!("\0{word}\n/a/note.txt");
            last().map_or(Ok(()), |word| self.add("pattern", seed(word).as_bytes()))?;
        }
        Ok(())
    }

    /// A file that has more to say than that it is there.
    fn page(&mut self, path: &str, text: &str) -> io::Result<()> {
        let kinds = [".shtml", ".var", ".map", ".asis", ".php", ".cgi", "magic"];
        if let Some(kind) = kinds.iter().position(|end| path.ends_with(end)) {
            self.add("page", &[&[kind as u8], text.as_bytes()].concat())?;
        }
        if text.contains(':') && !path.ends_with(".htaccess") {
            (0..10).try_for_each(|kind| self.add("list", &[&[kind], text.as_bytes()].concat()))?;
        }
        Ok(())
    }
}

/// A request as the targets read it.
fn line(request: &RequestSpec) -> String {
    let headers: String = request.headers.iter().map(|(name, value)| format!("\t{name}: {value}")).collect();
    format!("{} {}{headers}", request.method, request.url)
}

fn content(kind: &FileKind) -> String {
    match kind {
        FileKind::Regular(text, _) => text.clone().unwrap_or_default(),
        FileKind::Symlink(target) => format!("->{target}"),
        _ => String::new(),
    }
}

/// Words in libFuzzer's way of writing them.
fn dictionary() -> String {
    let names = directives::all().map(|row| format!("{}{}", if row.is_section() { "<" } else { "" }, row.name()));
    let words = [
        "On",
        "Off",
        "None",
        "All",
        "%{REQUEST_URI}",
        "%{ENV:A}",
        "${A}",
        "expr=",
        "[L,R=301]",
        "[E=A:b]",
        "->",
        "localhost",
    ];
    let all: BTreeSet<String> = names.chain(words.map(String::from)).collect();
    all.iter().map(|word| format!("\"{word}\"\n")).collect()
}

fn main() -> io::Result<()> {
    let to = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "fuzz/corpus".into()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds { to, written: 0 };
    for (folder, every) in [("scenarios", 1), ("tests/recorded", EVERY)] {
        let found = paths::below(&root.join(folder), paths::is_scenario).map_err(|(_, e)| e)?;
        for path in found.iter().step_by(every) {
            let text = fs::read_to_string(path)?;
            let Ok(scenario) = Scenario::parse(path, &text, &SourceMap::default()) else { continue };
            seeds.add("scenario", text.as_bytes())?;
            seeds.of(&scenario)?;
        }
    }
    fs::write(seeds.to.join("words.dict"), dictionary())?;
    println!("{} seeds in {}", seeds.written, seeds.to.display());
    Ok(())
}
