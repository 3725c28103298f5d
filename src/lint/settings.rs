//! `routesim.toml`: which level each rule has, and what is looked at.

use super::{rules, unruled};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, SourceMap, Span};
use crate::suggest::closest;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a settings file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Levels that are not the rules' own; none for a rule that is off.
    levels: HashMap<String, Option<Severity>>,
    /// The directory that paths are from.
    base: PathBuf,
    exclude: GlobSet,
    /// What is looked at where the command line names nothing.
    pub paths: Vec<PathBuf>,
    /// The level from which on the command fails, where the command line doesn't say.
    pub fail_on: Option<String>,
}

impl Settings {
    /// The level of a rule, whose own is `level`; none where it is off.
    pub(crate) fn level(&self, rule: &str, level: Severity) -> Option<Severity> {
        self.levels.get(rule).copied().unwrap_or(Some(level))
    }

    /// Whether what is in a file of this machine is left out.
    pub(crate) fn excludes(&self, path: &str) -> bool {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
        self.exclude.is_match(whole.strip_prefix(&self.base).unwrap_or(&whole))
    }

    /// Of a settings file's text; `path` is where it is.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn parse(path: &Path, text: &str, sources: &SourceMap) -> Result<Settings, Vec<Diagnostic>> {
        let file = sources.add(path.display().to_string(), text);
        let base = std::path::absolute(path).unwrap_or_else(|_| path.into());
        let settings = Settings { base: base.parent().unwrap_or(Path::new("/")).into(), ..Settings::default() };
        let mut reader = Reader { sources, file, wrong: Vec::new(), settings, exclude: GlobSetBuilder::new() };
        match DeTable::parse(text) {
            Ok(table) => reader.whole(table.get_ref()),
            Err(error) => {
                let message = error.message().lines().next().unwrap_or_default().to_string();
                reader.wrong(error.span().unwrap_or(0..0), message, None);
            }
        }
        let Reader { wrong, mut settings, exclude, .. } = reader;
        match (wrong.is_empty(), exclude.build()) {
            (true, Ok(exclude)) => {
                settings.exclude = exclude;
                Ok(settings)
            }
            (true, Err(error)) => Err(vec![Diagnostic::error(CODE, error.to_string(), Span::NONE)]),
            (false, _) => Err(wrong),
        }
    }
}

const CODE: &str = "settings";
const LEVELS: [(&str, Option<Severity>); 4] = [
    ("error", Some(Severity::Error)),
    ("warning", Some(Severity::Warning)),
    ("note", Some(Severity::Note)),
    ("off", None),
];
const FAIL_ON: [&str; 4] = ["error", "warning", "note", "never"];

struct Reader<'s> {
    sources: &'s SourceMap,
    file: FileId,
    wrong: Vec<Diagnostic>,
    settings: Settings,
    exclude: GlobSetBuilder,
}

impl Reader<'_> {
    fn wrong(&mut self, at: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let source = self.sources.file(self.file);
        let [start, end] = [at.start, at.end.max(at.start)].map(|n| n.min(source.text.len()) as u32);
        let span = Span { file: self.file, line: source.line_column(start).0, start, end };
        self.wrong.push(Diagnostic { help, ..Diagnostic::error(CODE, message, span) });
    }

    /// A name that is none of those that are known.
    fn unknown(&mut self, at: Range<usize>, what: &str, name: &str, known: &[&str]) {
        let help = match closest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.len() > 8 => "`routesim lint --list` names them".to_string(),
            None => format!("it is one of {}", known.join(", ")),
        };
        self.wrong(at, format!("there is no {what} `{name}`"), Some(help));
    }

    fn whole(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref().as_table()) {
                ("lint", Some(lint)) => self.lint(lint),
                ("lint", None) => self.wrong(value.span(), "`lint` is a table", Some("write `[lint]`".into())),
                (name, _) => self.unknown(key.span(), "key", name, &["lint"]),
            }
        }
    }

    fn lint(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "rules" => match value.get_ref().as_table() {
                    Some(rules) => rules.iter().for_each(|(name, level)| self.rule(name, level)),
                    None => self.wrong(value.span(), "`rules` is a table", Some("write `[lint.rules]`".into())),
                },
                "exclude" => {
                    for (pattern, at) in self.texts(value) {
                        match GlobBuilder::new(&pattern).literal_separator(true).build() {
                            Ok(glob) => drop(self.exclude.add(glob)),
                            Err(error) => self.wrong(at, error.kind().to_string(), None),
                        }
                    }
                }
                "paths" => {
                    let paths = self.texts(value).into_iter();
                    self.settings.paths = paths.map(|(path, _)| self.settings.base.join(path)).collect();
                }
                "fail-on" => match value.get_ref().as_str() {
                    Some(level) if FAIL_ON.contains(&level) => self.settings.fail_on = Some(level.into()),
                    level => self.unknown(value.span(), "level", level.unwrap_or("?"), &FAIL_ON),
                },
                name => self.unknown(key.span(), "key", name, &["rules", "exclude", "paths", "fail-on"]),
            }
        }
    }

    fn rule(&mut self, name: &Spanned<std::borrow::Cow<'_, str>>, level: &Spanned<DeValue<'_>>) {
        let known: Vec<&str> = rules().iter().map(|rule| rule.name).chain(unruled().map(|(name, ..)| name)).collect();
        let rule = name.get_ref().as_ref();
        if !known.contains(&rule) {
            return self.unknown(name.span(), "rule", rule, &known);
        }
        let word = level.get_ref().as_str();
        match LEVELS.iter().find(|(name, _)| Some(*name) == word) {
            Some((_, level)) => drop(self.settings.levels.insert(rule.into(), *level)),
            None => self.unknown(level.span(), "level", word.unwrap_or("?"), &LEVELS.map(|(name, _)| name)),
        }
    }

    /// The texts of a list.
    fn texts(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(String, Range<usize>)> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(value.span(), "this is a list of texts", Some("write `[\"a\", \"b\"]`".into()));
            return Vec::new();
        };
        let mut found = Vec::new();
        for one in list.iter() {
            match one.get_ref().as_str() {
                Some(text) => found.push((text.to_string(), one.span())),
                None => self.wrong(one.span(), "this is no text", None),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Settings, Vec<String>> {
        let sources = SourceMap::default();
        Settings::parse(Path::new("/srv/conf/routesim.toml"), text, &sources).map_err(|wrong| {
            let place = |d: &Diagnostic| sources.file(d.span.file).line_column(d.span.start);
            wrong.iter().map(|d| format!("{:?} {d}", place(d))).collect()
        })
    }

    #[test]
    fn levels_and_paths() {
        let text = "[lint]\nexclude = [\"old/**\"]\npaths = [\"sites\"]\nfail-on = \"error\"\n[lint.rules]\nlog-served = \"off\"\nname-virtual-host = \"error\"\n";
        let settings = parsed(text).expect("it is fine");
        assert_eq!(settings.level("log-served", Severity::Warning), None);
        assert_eq!(settings.level("name-virtual-host", Severity::Note), Some(Severity::Error));
        assert_eq!(settings.level("grant-in-location", Severity::Error), Some(Severity::Error));
        assert!(settings.excludes("/srv/conf/old/a.conf") && !settings.excludes("/srv/conf/new/a.conf"));
        assert_eq!((settings.paths, settings.fail_on), (vec!["/srv/conf/sites".into()], Some("error".into())));
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, want) in [
            ("[lnt]\n", "(1, 2) error: there is no key `lnt`; did you mean `lint`?"),
            ("[lint]\n\nexlude = []\n", "(3, 1) error: there is no key `exlude`; did you mean `exclude`?"),
            (
                "[lint.rules]\nlog-servd = \"off\"\n",
                "(2, 1) error: there is no rule `log-servd`; did you mean `log-served`?",
            ),
            ("[lint.rules]\nlog-served = \"of\"\n", "(2, 14) error: there is no level `of`; did you mean `off`?"),
            ("[lint]\nexclude = 1\n", "(2, 11) error: this is a list of texts; write `[\"a\", \"b\"]`"),
        ] {
            assert_eq!(parsed(text).map(|_| ()), Err(vec![want.to_string()]), "{text}");
        }
        let broken = parsed("[lint\n").map(|_| ()).expect_err("it is no TOML");
        assert!(broken.len() == 1 && broken[0].starts_with("(1, "), "{broken:?}");
    }
}
