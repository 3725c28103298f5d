//! `aliasmatch-without-capture`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, in_word};
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::lines::matching;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::observer::PatternKind;
use crate::search::ask::decoded;
use crate::search::solve::{Solved, Want};
use crate::site::{Directive, Edit, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "aliasmatch-without-capture",
    level: Severity::Warning,
    group: "exposure",
    finds: "An AliasMatch takes many URLs, and its path has no $1 of them.",
    why: "Every URL that matches leads to the one path: what lies in the directory is not reached.",
    help: "write `AliasMatch ^/static/(.*)$ DIRECTORY/$1`, or Alias",
    safe: Some(false),
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

/// How many files may be hidden by a pattern.
const FILES: usize = 300;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["AliasMatch"]) {
        let words = line.words();
        let [pattern, path, ..] = words.as_slice() else { continue };
        let captures = path.find_iter("$").any(|at| path.get(at + 1).is_some_and(u8::is_ascii_digit));
        if captures {
            if let Some(finding) = unanchored(rule, asked, line, pattern) {
                let anchor = |old: &str| Some(old.replacen('/', "^/", 1));
                let edit = in_word(facts.site.sources(), line, 0, anchor);
                let fix = edit.and_then(|edit| fix(facts, &finding, "begin the pattern with `^`", vec![edit]));
                found.push(Finding { fix, ..finding });
            }
            continue;
        }
        // one file may be meant for all of them
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let is_folder = asked
            .ground
            .tree
            .iter()
            .any(|e| e.dir && e.path.trim_end_with(|c| c == '/') == path.trim_end_with(|c| c == '/'));
        let is_file = !is_folder && (name.contains(&b'.') || asked.ground.tree.iter().any(|e| e.path == *path));
        if is_file || path.find_byteset(b"%$").is_some() {
            continue;
        }
        let Some((one, two)) = two_of(asked, line, pattern) else { continue };
        let to = path.to_str_lossy();
        let message =
            format!("`{}` and `{}` both lead to `{to}`: the path has no $1 of the URL", one.ask.path, two.ask.path);
        let finding = rule.seen(line.span(), message, &one);
        let fix =
            captured(facts, line).and_then(|edits| fix(facts, &finding, "hand on what of the URL follows", edits));
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The line with the rest of the URL in a group, and that in its path; none where the pattern says nothing of a rest.
fn captured(facts: &Facts<'_>, line: &Directive<'_>) -> Option<Vec<Edit>> {
    let sources = facts.site.sources();
    let words = line.words();
    let (pattern, path) = (words.first()?.to_str().ok()?, words.get(1)?.to_str().ok()?);
    let bare = pattern.strip_suffix('$').unwrap_or(pattern);
    let groups = bare.matches('(').count();
    // one group alone, at the end, and nothing that counts otherwise
    let (beginning, any) = [("(.*)", true), ("(.+)", true), (".*", false), (".+", false)]
        .into_iter()
        .find_map(|(end, group)| Some((bare.strip_suffix(end)?, (end, group))))?;
    if groups != usize::from(any.1) || !pattern.starts_with('^') || beginning.contains(['\\', '|', '?']) {
        return None;
    }
    let slash = if beginning.ends_with('/') && !path.ends_with('/') { "/" } else { "" };
    let behind = |old: &str, more: &str| match old.strip_suffix('"') {
        Some(inner) => format!("{inner}{more}\""),
        None => format!("{old}{more}"),
    };
    let mut edits = vec![in_word(sources, line, 1, |old| Some(behind(old, &format!("{slash}$1"))))?];
    if !any.1 {
        let group = |old: &str| Some(old.replacen(any.0, &format!("({})", any.0), 1));
        edits.push(in_word(sources, line, 0, group)?);
    }
    Some(edits)
}

/// The fix, where the request then gets something else.
fn fix(facts: &Facts<'_>, finding: &Finding, message: &str, edits: Vec<Edit>) -> Option<Fix> {
    let (_, before) = finding.witness.as_ref()?;
    let line = finding.line;
    let trial =
        Trial { message, edits, gone: &|then| then.file != before.file, meant: &|seen, _| seen.met.contains(&line) };
    trial.guess(facts, finding)
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

/// A URL that the pattern matches in the middle, where it says nothing of the beginning: best one that has a file without
/// the line.
fn unanchored(rule: &Rule, asked: &Asked<'_>, line: &Directive<'_>, pattern: &[u8]) -> Option<Finding> {
    if !pattern.starts_with(b"/") || pattern.contains(&b'|') {
        return None;
    }
    let begins = Want::yes(PatternKind::Regex { icase: false }, [b"^", pattern].concat());
    let door = asked.doors(line).next()?;
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir).take(FILES);
    let mut urls = files.flat_map(|entry| asked.ground.routes.to(&entry.path)).filter(|way| way.scope.takes(door));
    let hidden = urls.find_map(|way| {
        if asked.ground.search.solver.matches(&begins, &decoded(&way.path)) != Some(false) {
            return None;
        }
        let seen = asked.ask(way.ask(door));
        if !seen.met.contains(&line.span()) {
            return None;
        }
        let then = asked.without(&[line.span()])?.ask(&seen.ask.request());
        asked.gives(&seen.ask, &then).filter(|_| then.file != seen.outcome.file).map(|_| seen)
    });
    if let Some(seen) = hidden {
        let message = format!("`{}` is taken, too: the pattern may match anywhere in a URL", seen.ask.path);
        return Some(rule.seen(line.span(), message, &seen));
    }
    let url = matching(asked, &begins.pattern)?;
    let [one, two] = [url.clone(), format!("/elsewhere{url}")].map(|url| asked.ask(door.ask(&url)));
    let both = one.met.contains(&line.span()) && two.met.contains(&line.span());
    (both && one.outcome.file.is_some() && one.outcome.file == two.outcome.file).then(|| {
        let message = format!(
            "`{}` and `{}` lead to the same: the pattern may match anywhere in a URL",
            one.ask.path, two.ask.path
        );
        Finding { level: Severity::Note, ..rule.seen(line.span(), message, &two) }
    })
}
