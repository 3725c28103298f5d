//! `files-section-at-any-depth`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::rewriting::{Level, level};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::observer::PatternKind;
use crate::search::ask::escaped;
use crate::search::ground::is_refusal;
use crate::search::solve::Want;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "files-section-at-any-depth",
    level: Severity::Note,
    group: ".htaccess",
    finds: "A Files section of a directory denies a file there, and one of the same name further down.",
    why: "It goes by the name alone, in every directory below.",
    help: "if only the one is meant, write an If section with its path",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  # finding
  <Files install.txt>
    Require all denied
  </Files>
</Directory>
"##,
        files: &["/srv/www/install.txt", "/srv/www/docs/install.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  <Files *.txt>
    Require all denied
  </Files>
</Directory>
"##,
        files: &["/srv/www/install.txt", "/srv/www/docs/install.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (line, htaccess) in facts.anywhere(&["Files", "FilesMatch"]) {
        let Level::Directory(directory) = level(&line, htaccess) else { continue };
        let words = line.words();
        let [name] = words.as_slice() else { continue };
        let is = match is_named(&line, &["Files"]) {
            // what begins with a dot is meant wherever it is
            true if name.find_byteset(b"*?[").is_some() || name.starts_with(b".") => continue,
            true => Want::yes(PatternKind::Text, name.clone()),
            false if !is_of_names(name) => continue,
            false => Want::yes(PatternKind::Regex { icase: false }, name.clone()),
        };
        let solver = &asked.ground.search.solver;
        let named = asked.ground.tree.iter().filter(|entry| !entry.dir).map(|entry| &entry.path);
        let named = named.filter_map(|path| Some((path, path.strip_prefix(directory.as_slice())?)));
        let fits =
            |rest: &[u8]| solver.matches(&is, rest.rsplit(|b| *b == b'/').next().unwrap_or_default()) == Some(true);
        let mut named = named.filter(|(_, rest)| fits(rest));
        let (mut own, mut deeper) = (None, Vec::new());
        for (path, rest) in named.by_ref() {
            match rest.contains(&b'/') {
                false => own = own.or(Some(path)),
                true if deeper.len() < 5 => deeper.push(path),
                true => {}
            }
        }
        let (Some(own), false) = (own, deeper.is_empty()) else { continue };
        let span = line.span();
        let ask = |path: &[u8]| -> Option<Seen> {
            let ways = asked.ground.routes.to(path);
            let asks = ways.iter().take(3).flat_map(|way| asked.ground.doors.iter().take(3).map(|door| way.ask(door)));
            asks.map(|ask| asked.ask(ask)).find(|seen| seen.met.contains(&span) && is_refusal(&seen.outcome))
        };
        let needs = |seen: &Seen| asked.needs(&seen.ask, &seen.outcome, &[crate::lint::facts::whole(&line)]);
        if ask(own).is_none_or(|seen| !needs(&seen)) {
            continue;
        }
        if let Some(seen) = deeper.into_iter().find_map(|path| ask(path)).filter(|seen| needs(seen)) {
            let message =
                format!("this is for every `{name}` below, too: `{}` is denied", escaped(seen.ask.path.as_bytes()));
            found.push(Finding { level: Severity::Note, ..rule.seen(span, message, &seen) });
        }
    }
    found
}

/// Whether a pattern is of a few whole names, and not of all that end in some way.
fn is_of_names(pattern: &[u8]) -> bool {
    let whole = pattern.strip_prefix(b"^").and_then(|rest| rest.strip_suffix(b"$"));
    whole.is_some_and(|names| names.find_byteset(b"*+{[").is_none() && !names.starts_with(b"\\."))
}
