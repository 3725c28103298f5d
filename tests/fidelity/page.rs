//! The scoreboard: how far routesim gives the answers that a real httpd gave, by theme, by module and by phase.
//!
//! `cargo fidelity` writes docs/fidelity.md anew; `cargo fidelity --check` says whether it is up to date.

use routesim::directives;
use routesim::phase::Phase;
use routesim::source::SourceMap;
use routesim::suite::{self, Scenario, paths};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// What the page begins with.
const HEAD: &str = include_str!("head.md");
/// What is known to differ, and why.
const KNOWN: &str = include_str!("../recorded/known-differences.txt");
/// The servers that gave the answers.
const SERVERS: &str = include_str!("../recorded/servers.txt");
/// What random testing came to.
const RANDOM: &str = include_str!("../recorded/random.txt");

/// Right answers and all answers.
#[derive(Clone, Copy, Default)]
struct Score {
    right: usize,
    all: usize,
}

impl Score {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.all += 1;
    }

    fn cells(self) -> String {
        format!(
            "{} | {} | {:.2} %",
            self.all,
            self.all - self.right,
            100.0 * self.right as f64 / self.all.max(1) as f64
        )
    }
}

#[derive(Default)]
struct Board {
    scenarios: usize,
    total: Score,
    themes: BTreeMap<String, Score>,
    phases: BTreeMap<Phase, Score>,
    modules: BTreeMap<&'static str, Score>,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut board = Board::default();
    for folder in ["scenarios", "tests/recorded"] {
        for path in paths::below(&root.join(folder), paths::is_scenario).unwrap_or_default() {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let theme = relative.parent().map(|p| p.display().to_string()).unwrap_or_default();
            board.scenario(&path, &theme);
        }
    }
    let (page, file) = (board.page(), root.join("docs/fidelity.md"));
    if std::env::args().any(|a| a == "--check") {
        let same = std::fs::read_to_string(&file).is_ok_and(|text| text == page);
        if !same {
            eprintln!("docs/fidelity.md is not up to date: run `cargo fidelity`");
        }
        return ExitCode::from(u8::from(!same));
    }
    match std::fs::write(&file, page) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("can't write {}: {e}", file.display());
            ExitCode::FAILURE
        }
    }
}

impl Board {
    fn scenario(&mut self, path: &Path, theme: &str) {
        let Ok(scenario) = Scenario::load(path, &SourceMap::default()) else { return };
        let Ok(ran) = suite::run(&scenario) else { return };
        self.scenarios += 1;
        let themed = self.themes.entry(theme.into()).or_default();
        let Some(run) = &ran.run else {
            let right = !scenario.expect.is_empty() && ran.mismatches.is_empty();
            themed.add(right);
            self.total.add(right);
            return;
        };
        let expecting = ran.answers.iter().zip(&scenario.requests).filter(|(_, spec)| !spec.expect.is_empty());
        for (answer, _) in expecting {
            let right = answer.mismatches.is_empty();
            themed.add(right);
            self.total.add(right);
            let decided = &answer.outcome.decided_by;
            let names = decided.iter().map(|d| run.sources().directive_name(d.span));
            let names: BTreeSet<&str> = names.filter_map(|name| directives::module_of(&name)).collect();
            for phase in decided.iter().map(|d| d.phase).collect::<BTreeSet<Phase>>() {
                self.phases.entry(phase).or_default().add(right);
            }
            for name in names {
                self.modules.entry(name).or_default().add(right);
            }
        }
    }

    fn page(&self) -> String {
        let mut out = String::from(HEAD);
        let _ = writeln!(out, "\n## Recorded answers\n");
        let servers: Vec<&str> = SERVERS.lines().filter(|l| !l.is_empty()).collect();
        let _ = writeln!(out, "{} scenarios, {} answers of {}.\n", self.scenarios, self.total.all, servers.join(", "));
        let _ = writeln!(out, "| | answers | differ | agree |\n|---|--:|--:|--:|");
        for (theme, score) in &self.themes {
            let _ = writeln!(out, "| {theme} | {} |", score.cells());
        }
        let _ = writeln!(out, "| **all** | {} |", self.total.cells());
        let _ = writeln!(
            out,
            "\n## By phase\n\nAn answer counts in each phase in which a directive decided something of it.\n"
        );
        let _ = writeln!(out, "| phase | answers | differ | agree |\n|---|--:|--:|--:|");
        for (name, score) in self.phases.iter().map(|(phase, score)| (phase.name(), score)) {
            let _ = writeln!(out, "| {name} | {} |", score.cells());
        }
        let _ = writeln!(
            out,
            "\n## By module\n\nAn answer counts for each module one of whose directives decided something of it.\n"
        );
        let _ = writeln!(out, "| module | answers | differ | agree |\n|---|--:|--:|--:|");
        for (name, score) in &self.modules {
            let _ = writeln!(out, "| {name} | {} |", score.cells());
        }
        let _ = writeln!(out, "\n## Random testing\n");
        out.push_str(RANDOM.trim_end());
        let _ = writeln!(out, "\n\n## Known differences\n");
        let known: Vec<&str> = KNOWN.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
        if known.is_empty() {
            let _ = writeln!(out, "None.");
        } else {
            let _ = writeln!(out, "| scenario, request, key | why |\n|---|---|");
        }
        for line in known {
            let (place, why) = line.split_once("  # ").unwrap_or((line, ""));
            let _ = writeln!(out, "| {} | {} |", place.trim(), why.trim());
        }
        out
    }
}
