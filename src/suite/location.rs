//! Where a line of a scenario's configuration is on this machine.

use super::files::FileKind;
use super::scenario::{ConfigSource, Scenario};
use crate::source::{FileId, SourceMap, Span};
use std::path::{Component, Path, PathBuf};

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

/// Where the lines of a configuration's text are on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Whereabouts {
    path: String,
    lines: Lines,
}

/// Where in that file.
#[derive(Clone, Copy, Debug)]
enum Lines {
    /// They are the file's own.
    Own,
    /// The first of them is here, and the others below.
    From(u32, u32),
    /// All are in this one.
    In(u32, u32),
}

impl Whereabouts {
    fn new(path: &Path, lines: Lines) -> Whereabouts {
        // a relative one is from the working directory already
        let here = if path.is_absolute() { std::env::current_dir().unwrap_or_default() } else { PathBuf::new() };
        let path = path.strip_prefix(&here).unwrap_or(path);
        let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        Whereabouts { path: plain.display().to_string(), lines }
    }

    /// The place of a 1-based line and column of the text.
    pub(crate) fn at(&self, line: u32, column: u32) -> Location {
        let (line, column) = match self.lines {
            Lines::Own => (line, column),
            Lines::From(first, indent) => (first + line - 1, indent + column - 1),
            Lines::In(line, column) => (line, column),
        };
        Location { path: self.path.clone(), line, column }
    }
}

impl Scenario {
    /// The file, line and column of a place in its configuration: of inline text, the scenario's own. None where it is in no
    /// file of this machine.
    pub(crate) fn location(&self, sources: &SourceMap, span: Span) -> Option<Location> {
        let whereabouts = self.whereabouts(sources, span.file)?;
        let (line, column) = sources.file(span.file).line_column(span.start);
        Some(whereabouts.at(line, column))
    }

    /// The same for all lines of a text.
    pub(crate) fn whereabouts(&self, sources: &SourceMap, file: FileId) -> Option<Whereabouts> {
        if file == Span::NONE.file {
            return None;
        }
        let file = sources.file(file);
        #[cfg(feature = "disk")]
        if self.site.is_some() {
            let path = followed(file.shown(), &file.name);
            return path.is_file().then(|| Whereabouts::new(&path, Lines::Own));
        }
        if self.source.is_some_and(|own| self.sources.file(own).name == file.name) {
            return Some(Whereabouts::new(&self.path, Lines::Own));
        }
        if file.name == self.config_name() {
            return match &self.config {
                ConfigSource::File(path) => Some(Whereabouts::new(path, Lines::Own)),
                ConfigSource::Text { .. } => {
                    let (line, column) = self.config.place(1)?;
                    Some(Whereabouts::new(&self.path, Lines::From(line, column)))
                }
            };
        }
        if !file.name.starts_with('/') {
            let beside = self.path.parent().unwrap_or(Path::new("")).join(&file.name);
            return beside.is_file().then(|| Whereabouts::new(&beside, Lines::Own));
        }
        self.of_file(&file.name)
    }

    /// The same of a file of its own tree.
    fn of_file(&self, name: &str) -> Option<Whereabouts> {
        let mut found = None;
        for entry in &self.files {
            match &entry.kind {
                FileKind::Regular(Some(_), _) if entry.path == name => {
                    let own = self.source.map(|own| self.sources.file(own));
                    let line = entry.at.line;
                    // a text on lines of its own begins below its name
                    let block = own.filter(|own| own.line(line).ends_with(b"|"));
                    let lines = match block {
                        Some(own) => {
                            let indent = own.line(line + 1).iter().take_while(|byte| **byte == b' ').count();
                            Lines::From(line + 1, indent as u32 + 1)
                        }
                        None => Lines::In(line, entry.at.column),
                    };
                    found = Some(Whereabouts::new(&self.path, lines));
                }
                FileKind::From(source) => {
                    let rest = name.strip_prefix(&entry.path).and_then(|rest| rest.strip_prefix('/'));
                    let copied = rest.map(|rest| source.join(rest)).filter(|path| path.is_file());
                    found = copied.map(|path| Whereabouts::new(&path, Lines::Own)).or(found);
                }
                _ => {}
            }
        }
        found
    }
}

/// The file that a link leads to (`sites-enabled` has links to `sites-available`): what is changed and reviewed. `name` is
/// the path that httpd has, which an absolute link's target is beside where that is another one.
#[cfg(feature = "disk")]
fn followed(shown: &str, name: &str) -> PathBuf {
    let root = shown.strip_suffix(name).filter(|_| name.starts_with('/')).unwrap_or_default();
    let mut path = PathBuf::from(shown);
    for _ in 0..LINKS {
        let Ok(target) = path.read_link() else { break };
        let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
        path = match target.strip_prefix("/") {
            Ok(below) => Path::new(root).join(if root.is_empty() { &target } else { below }),
            Err(_) => super::real::joined(&directory, &target),
        };
    }
    path
}

/// How many links are followed.
#[cfg(feature = "disk")]
const LINKS: usize = 8;

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
        assert!(places.contains(&"x.yaml:11:5".into()) && places.contains(&"x.yaml:5:5".into()), "{places:?}");
    }
}
