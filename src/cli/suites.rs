//! Finding files: what a path on the command line stands for.

use super::{Failure, failure};
use crate::builtin::{self, Builtin};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::suite::paths::below;
pub(crate) use crate::suite::paths::is_scenario;
use crate::suite::{Scenario, read};
use crate::text::plural;
use crate::vfs::bounded;
use crate::vfs::open;
use globset::GlobBuilder;
use std::path::{Path, PathBuf};

/// What `paths` stand for.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// How many YAML files in directories are left out, since they are something else than scenarios.
    pub skipped: usize,
}

/// The files that `paths` stand for: a file for itself, a directory for those below it that are `wanted`, sorted, and a
/// pattern (`'sites/**/*.yaml'`) for those that it matches.
pub(crate) fn files(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Files, Failure> {
    let mut found = Files::default();
    for path in paths {
        if path.is_dir() {
            let (inside, others): (Vec<_>, Vec<_>) =
                search(path, &wanted)?.into_iter().partition(|path| is_meant(path));
            found.skipped += others.len();
            if inside.is_empty() {
                let skipped = skipped(others.len()).map(|skipped| format!(" ({skipped})")).unwrap_or_default();
                return failure(format!("there is nothing to look at below `{}`{skipped}", path.display()));
            }
            found.paths.extend(inside);
        } else if !path.exists() && is_pattern(path) {
            found.paths.extend(matching(path)?);
        } else {
            found.paths.push(path.clone());
        }
    }
    Ok(found)
}

/// What a summary says of files that are left out, where there are any.
pub(crate) fn skipped(number: usize) -> Option<String> {
    (number > 0).then(|| format!("skipped {} without a scenario's keys", plural(number, "YAML file")))
}

/// Whether a file in a directory is to be read: as a scenario only where it is meant to be one. (What can't be read is an
/// error later.)
fn is_meant(path: &Path) -> bool {
    let by_name = || path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(".routesim"));
    let by_keys = || bounded::read(path).map_or(true, |text| read::is_meant(&String::from_utf8_lossy(&text)));
    !is_scenario(path) || by_name() || by_keys()
}

/// The scenario at a path, or the built-in one of that name.
///
/// # Errors
/// What is wrong with it.
pub(super) fn load(path: &Path, sources: &SourceMap) -> Result<Scenario, Vec<Diagnostic>> {
    match built_in(path) {
        Some(found) => Scenario::parse(path, found.text, sources),
        None => Scenario::load(path, sources),
    }
}

/// The scenarios at a path, or the built-in one of that name.
///
/// # Errors
/// What is wrong with them.
pub(super) fn load_all(path: &Path, sources: &SourceMap) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    match built_in(path) {
        Some(found) => Scenario::parse_all(path, found.text, sources),
        None => Scenario::load_all(path, sources),
    }
}

/// The built-in scenario that a path names, where there is no such file.
pub(super) fn built_in(path: &Path) -> Option<&'static Builtin> {
    path.to_str().filter(|_| !path.exists()).and_then(builtin::find)
}

fn search(directory: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
    below(directory, wanted).or_else(|(p, e)| failure(format!("can't read `{}`: {}", p.display(), open::why(&e, 0))))
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// The files that a pattern matches: a `*` stays within a directory, `**` does not.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>, Failure> {
    let text = pattern.to_string_lossy();
    let glob = GlobBuilder::new(&text).literal_separator(true).build();
    let glob = glob.or_else(|e| failure(format!("`{text}` is no pattern: {}", e.kind())))?.compile_matcher();
    // the search begins where the first wildcard is
    let start: PathBuf = pattern.components().take_while(|part| !is_pattern(Path::new(part))).collect();
    let here = start.as_os_str().is_empty();
    let named = |path: &Path| if here { path.strip_prefix(".").unwrap_or(path).into() } else { path.to_path_buf() };
    let start = if here { Path::new(".") } else { &start };
    let found = if start.is_dir() { search(start, |path| glob.is_match(named(path)))? } else { Vec::new() };
    match found.is_empty() {
        true => failure(format!("no file matches `{text}`")),
        false => Ok(found.iter().map(|path| named(path)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_patterns_stand_for() {
        let top = std::env::temp_dir().join(format!("routesim-patterns-{}", std::process::id()));
        for file in ["a/x.yaml", "a/b/x.yaml", "a/b/y.yml", "c/x.conf"] {
            let path = top.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "config: x").unwrap();
        }
        std::fs::write(top.join("a/playbook.yaml"), "- hosts: all\n").unwrap();
        let found = |pattern: &str| {
            let found = files(&[top.join(pattern)], is_scenario).ok()?;
            let names = found.paths.iter().map(|path| path.strip_prefix(&top).unwrap().display().to_string());
            Some(names.collect::<Vec<_>>().join(" "))
        };
        for (pattern, want) in [
            ("a/*.yaml", Some("a/playbook.yaml a/x.yaml")),
            ("a/**/*.yaml", Some("a/b/x.yaml a/playbook.yaml a/x.yaml")),
            ("*/b/?.{yaml,yml}", Some("a/b/x.yaml a/b/y.yml")),
            ("**/*.conf", Some("c/x.conf")),
            ("a", Some("a/b/x.yaml a/b/y.yml a/x.yaml")),
            ("d/*.yaml", None),
            ("a/[.yaml", None),
        ] {
            assert_eq!(found(pattern).as_deref(), want, "{pattern}");
        }
        std::fs::remove_dir_all(top).unwrap();
    }
}
