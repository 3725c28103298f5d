//! `files-section-at-any-depth`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::rewriting::{Level, level};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::ground::is_refusal;
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
    for (line, htaccess) in facts.anywhere(&["Files"]) {
        let Level::Directory(directory) = level(&line, htaccess) else { continue };
        let words = line.words();
        let [name] = words.as_slice() else { continue };
        // what begins with a dot is meant wherever it is
        if name.find_byteset(b"*?[").is_some() || name.starts_with(b".") {
            continue;
        }
        let own = [directory.as_slice(), name].concat();
        let end = [b"/", name.as_slice()].concat();
        let named = asked.ground.tree.iter().map(|entry| &entry.path);
        let deeper: Vec<_> = named
            .filter(|path| path.starts_with(&directory) && path.ends_with(&end) && path.len() > own.len())
            .take(5)
            .collect();
        if deeper.is_empty() || !asked.ground.tree.iter().any(|entry| entry.path == own) {
            continue;
        }
        let span = line.span();
        let ask = |path: &[u8]| -> Option<Seen> {
            let ways = asked.ground.routes.to(path);
            let asks = ways.iter().take(3).flat_map(|way| asked.ground.doors.iter().take(3).map(|door| way.ask(door)));
            asks.map(|ask| asked.ask(ask)).find(|seen| seen.met.contains(&span) && is_refusal(&seen.outcome))
        };
        let needs = |seen: &Seen| asked.needs(&seen.ask, &seen.outcome, &[crate::lint::facts::whole(&line)]);
        if ask(&own).is_none_or(|seen| !needs(&seen)) {
            continue;
        }
        if let Some(seen) = deeper.into_iter().find_map(|path| ask(path)).filter(|seen| needs(seen)) {
            let message =
                format!("this is for every `{}` below, too: `{}` is denied", name, escaped(seen.ask.path.as_bytes()));
            found.push(Finding { level: Severity::Note, ..rule.seen(span, message, &seen) });
        }
    }
    found
}
