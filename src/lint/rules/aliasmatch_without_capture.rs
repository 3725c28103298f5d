//! `aliasmatch-without-capture`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::observer::PatternKind;
use crate::search::solve::{Solved, Want};
use crate::site::Directive;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "aliasmatch-without-capture",
    level: Severity::Warning,
    group: "exposure",
    finds: "An AliasMatch takes many URLs, and its path has no $1 of them.",
    why: "Every URL that matches leads to the one path: what lies in the folder is not reached.",
    help: "write `AliasMatch ^/static/(.*)$ FOLDER/$1`, or Alias",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
# finding
AliasMatch "^/static/(.*)$" /srv/static
"##,
        files: &["/srv/static/a.css", "/srv/static/b.css"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
AliasMatch "^/static/(.*)$" /srv/static/$1
AliasMatch "/favicon\.ico$" /srv/static/a.css
"##,
        files: &["/srv/static/a.css", "/srv/static/b.css"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["AliasMatch"]) {
        let words = line.words();
        let [pattern, path, ..] = words.as_slice() else { continue };
        let captures = path.find_iter("$").any(|at| path.get(at + 1).is_some_and(u8::is_ascii_digit));
        // one file may be meant for all of them
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let is_folder = asked
            .ground
            .tree
            .iter()
            .any(|e| e.dir && e.path.trim_end_with(|c| c == '/') == path.trim_end_with(|c| c == '/'));
        let is_file = !is_folder && (name.contains(&b'.') || asked.ground.tree.iter().any(|e| e.path == *path));
        if captures || is_file || path.find_byteset(b"%$").is_some() {
            continue;
        }
        let Some((one, two)) = two_of(asked, line, pattern) else { continue };
        let to = path.to_str_lossy();
        let message =
            format!("`{}` and `{}` both lead to `{to}`: the path has no $1 of the URL", one.ask.path, two.ask.path);
        found.push(rule.seen(line.span(), message, &one));
    }
    found
}

/// Two requests that the line leads to the same path.
fn two_of(asked: &Asked<'_>, line: &Directive<'_>, pattern: &[u8]) -> Option<(Seen, Seen)> {
    let solver = &asked.ground.search.solver;
    let domain = "(?-u)^(?:/[a-z0-9._-]+)+$";
    let mut known: Vec<Want> = vec![Want::yes(PatternKind::Regex { icase: false }, pattern)];
    let mut found: Vec<Seen> = Vec::new();
    for _ in 0..4 {
        let Solved::Found(path) = solver.text(domain, &known) else { break };
        known.push(Want::no(PatternKind::Text, path.to_vec()));
        let door = asked.doors(line).next()?;
        let seen = asked.ask(door.ask(&crate::search::ask::escaped(&path)));
        if seen.outcome.file.is_some()
            && asked.needs(&seen.ask, &seen.outcome, &[line.span()])
            && asked.mapping(&seen.outcome) == Some(line.span())
        {
            found.push(seen);
        }
        if let [one, two] = found.as_slice()
            && one.outcome.file == two.outcome.file
        {
            let two = found.pop()?;
            return Some((found.pop()?, two));
        }
    }
    None
}
