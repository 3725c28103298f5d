//! Where a line of a scenario's configuration is on this machine.

use super::files::FileKind;
use super::scenario::{ConfigSource, Scenario};
use crate::source::{SourceMap, Span};
use std::path::{Path, PathBuf};

/// A place in a file of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// The file, from the working directory where it is below it.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
}

impl Location {
    fn new(path: &Path, line: u32, column: u32) -> Location {
        // a relative one is from there already
        let here = if path.is_absolute() { std::env::current_dir().unwrap_or_default() } else { PathBuf::new() };
        let path = path.strip_prefix(&here).unwrap_or(path);
        let plain: PathBuf = path.components().filter(|part| *part != std::path::Component::CurDir).collect();
        Location { path: plain.display().to_string(), line, column }
    }
}

impl Scenario {
    /// The file, line and column of a place in its configuration: of inline text, the scenario's own. None where it is in no
    /// file of this machine.
    pub(crate) fn location(&self, sources: &SourceMap, span: Span) -> Option<Location> {
        if !span.is_some() {
            return None;
        }
        let file = sources.file(span.file);
        let (line, column) = file.line_column(span.start);
        if self.is_real() {
            let path = Path::new(file.shown());
            return path.is_file().then(|| Location::new(path, line, column));
        }
        if self.source.is_some_and(|own| self.sources.file(own).name == file.name) {
            return Some(Location::new(&self.path, line, column));
        }
        if file.name == self.config_name() {
            return match &self.config {
                ConfigSource::File(path) => Some(Location::new(path, line, column)),
                ConfigSource::Text { .. } => {
                    let (line, first) = self.config.place(line)?;
                    Some(Location::new(&self.path, line, first + column - 1))
                }
            };
        }
        if !file.name.starts_with('/') {
            let beside = self.path.parent().unwrap_or(Path::new("")).join(&file.name);
            return beside.is_file().then(|| Location::new(&beside, line, column));
        }
        self.of_file(&file.name, line, column)
    }

    /// The same of a line of a file of its own tree.
    fn of_file(&self, name: &str, line: u32, column: u32) -> Option<Location> {
        let mut found = None;
        for entry in &self.files {
            match &entry.kind {
                FileKind::Regular(Some(_), _) if entry.path == name => {
                    let own = self.source.map(|own| self.sources.file(own));
                    // a text on lines of its own begins below its name
                    let block = own.is_some_and(|own| own.line(entry.at.line).ends_with(b"|"));
                    let line = if block { entry.at.line + line } else { entry.at.line };
                    found = Some(Location::new(&self.path, line, entry.at.column));
                }
                FileKind::From(source) => {
                    let rest = name.strip_prefix(&entry.path).and_then(|rest| rest.strip_prefix('/'));
                    let copied = rest.map(|rest| source.join(rest)).filter(|path| path.is_file());
                    found = copied.map(|path| Location::new(&path, line, column)).or(found);
                }
                _ => {}
            }
        }
        found
    }

    #[cfg(feature = "disk")]
    fn is_real(&self) -> bool {
        self.site.is_some()
    }

    #[cfg(not(feature = "disk"))]
    fn is_real(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_in_real_files() {
        let text = "name: x\nconfig: |\n  DocumentRoot /srv\n  <Directory /srv>\n    AllowOverride All\n    Require all granted\n  </Directory>\nfiles:\n  /srv/.htaccess: |\n    # one\n    Redirect /a /b\nrequests: [/a]\n";
        let scenario = Scenario::parse(Path::new("x.yaml"), text, &SourceMap::default()).unwrap();
        let ran = super::super::run(&scenario).unwrap();
        let run = ran.run.unwrap();
        let places: Vec<String> = ran.answers[0]
            .outcome
            .decided_by
            .iter()
            .filter_map(|d| scenario.location(run.sources(), d.span))
            .map(|l| format!("{}:{}:{}", l.path, l.line, l.column))
            .collect();
        assert!(places.contains(&"x.yaml:11:3".into()) && places.contains(&"x.yaml:5:5".into()), "{places:?}");
    }
}
