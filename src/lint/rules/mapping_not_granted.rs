//! `mapping-not-granted`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, below, outermost, quoted, section};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::escaped;
use crate::search::kinds::sensitive;
use crate::search::shown::How;
use crate::site::{Edit, Fix};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "mapping-not-granted",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "An Alias or a mount leads to a directory that no section opens.",
    why: "Everything below its URL is refused.",
    help: "open the directory: a Directory section with `Require all granted`",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory />
  Require all denied
</Directory>
# finding
Alias /manual /srv/manual
"##,
        files: &["/srv/manual/a.html", "/srv/manual/b/c.html"],
    },
    good: Example {
        config: r##"<Directory />
  Require all denied
</Directory>
Alias /manual /srv/manual
<Directory /srv/manual/b>
  Require all granted
</Directory>
"##,
        files: &["/srv/manual/a.html", "/srv/manual/b/c.html"],
    },
    find,
};

/// How many files of a folder are asked for.
const SAMPLE: usize = 40;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["Alias", "ScriptAlias", "WSGIScriptAlias", "DocumentRoot"]) {
        let words = line.words();
        let root = words.len() == 1;
        let (url, path) = match words.as_slice() {
            [path] => (&b""[..], path),
            [url, path, ..] => (url.as_slice(), path),
            [] => continue,
        };
        let Some(door) = asked.doors(line).next() else { continue };
        // all files that it leads to
        let url = url.trim_end_with(|c| c == '/');
        let inside = asked.ground.tree.iter().filter(|entry| !entry.dir).filter_map(|entry| {
            let rest = entry.path.strip_prefix(path.trim_end_with(|c| c == '/').as_bytes())?;
            (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
        });
        let seen: Vec<Seen> = inside
            .take(SAMPLE)
            .map(|rest| asked.ask(door.ask(&format!("{}{}", escaped(url), escaped(rest)))))
            .filter(|seen| asked.mapping(&seen.outcome) == Some(line.span()) || root && seen.outcome.status == 403)
            .collect();
        found.extend(shut(rule, facts, asked, line.span(), path, &seen));
    }
    // lines with a pattern: by the files that requests were led to
    let lines: Vec<_> = facts.named(&BY_PATTERN).filter(|d| d.directory().is_none()).collect();
    let refused = |seen: &&Seen| seen.outcome.log == Some("AH01630");
    let all = if lines.is_empty() { Vec::new() } else { to_files(asked) };
    let suspects: Vec<&Seen> = asked.pool.iter().chain(&all).filter(refused).collect();
    for line in lines {
        let by = |seen: &&Seen| seen.outcome.decided_by.iter().any(|d| d.span == line.span());
        if !suspects.iter().any(&by) {
            continue;
        }
        let is_there = |file: &[u8]| asked.ground.tree.iter().any(|entry| !entry.dir && entry.path == file);
        let led = |seen: &&Seen| {
            let there = seen.outcome.file.as_ref().is_some_and(|file| is_there(file));
            there && asked.mapping(&seen.outcome) == Some(line.span())
        };
        let seen: Vec<Seen> = asked.pool.iter().chain(&all).filter(by).filter(led).take(SAMPLE).cloned().collect();
        let file = seen.first().and_then(|seen| seen.outcome.file.clone()).unwrap_or_default();
        let folder = file.rfind_byte(b'/').filter(|at| *at > 0).map(|at| BString::from(&file[..at]));
        let Some(folder) = folder else { continue };
        found.extend(shut(rule, facts, asked, line.span(), &folder, &seen));
    }
    found
}

/// Requests for files by their URLs.
fn to_files(asked: &Asked<'_>) -> Vec<Seen> {
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir).take(FILES);
    let ways = files.flat_map(|entry| asked.ground.routes.to(&entry.path).into_iter().take(4));
    let asks = ways.filter_map(|way| {
        let door = asked.open_doors().find(|door| way.scope.takes(door))?;
        Some(asked.ask(way.ask(door)))
    });
    asks.collect()
}

/// Lines that lead URLs elsewhere by a pattern.
const BY_PATTERN: [&str; 4] = ["AliasMatch", "ScriptAliasMatch", "WSGIScriptAliasMatch", "RewriteRule"];
/// How many files are tried for those.
const FILES: usize = 200;

/// Whether all that a line leads to is refused for want of a section that opens it.
fn shut(
    rule: &Rule,
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    line: Span,
    path: &BString,
    seen: &[Seen],
) -> Option<Finding> {
    // by a rule for everybody, of a section further out: one for the folder itself is meant for it
    let outer = |seen: &Seen| {
        let lines = seen.outcome.decided_by.iter().map(|d| d.span);
        let refusing: Vec<_> = facts
            .directives
            .iter()
            .filter(|d| is_named(d, &["Require"]) && lines.clone().any(|line| line == d.span()))
            .collect();
        let bare = [path.trim_end_with(|c| c == '/').as_bytes(), b"/"].concat();
        refusing.iter().all(|d| {
            let for_all = d.args().to_ascii_lowercase().contains_str("denied");
            for_all && d.directory().is_some_and(|folder| bare.starts_with(&folder) && bare != folder.as_slice())
        })
    };
    let refused = |seen: &Seen| seen.outcome.status == 403 && seen.outcome.log == Some("AH01630") && outer(seen);
    let first = seen.iter().find(|seen| refused(seen)).filter(|_| seen.iter().all(refused))?;
    // and a Directory section for it would open it
    let end = facts.site.sources().file(line.file).text.len() as u32;
    let path = path.to_str_lossy();
    let text = format!("\n<Directory \"{path}\">\nRequire all granted\n</Directory>\n<Files \"*\">\n</Files>\n");
    let open = Edit { file: line.file, range: end..end, text: text.into() };
    // what a Location or a Files section denies on purpose stays denied with it
    let opened = asked.changed(&[open]).map(|other| other.ask(&first.ask.request()));
    opened.filter(|outcome| outcome.status != 403)?;
    let message = format!("no section opens `{path}`: everything that this line leads to is refused");
    let finding = rule.seen(line, message, first);
    let fix = grant(facts, asked, &finding, &path);
    Some(Finding { fix, ..finding })
}

/// The section that opens a directory, where nothing lies in it that is nobody's.
fn grant(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, path: &str) -> Option<Fix> {
    let bare = path.trim_end_matches('/');
    let below_it = |file: &[u8]| file.strip_prefix(bare.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"));
    if asked.ground.tree.iter().any(|entry| below_it(&entry.path) && sensitive(&entry.path, How::Static).is_some()) {
        return None;
    }
    let line = facts.directives.iter().find(|d| d.span() == finding.line)?;
    let text = section(&format!("Directory {}", quoted(bare.as_bytes())?), &["Require all granted"]);
    let edits = vec![below(facts.site.sources(), outermost(line, &facts.directives), &text)];
    let gone = |then: &Outcome| then.status != 403;
    let meant = |seen: &Seen, _: &Outcome| {
        seen.outcome.log == Some("AH01630") && seen.outcome.file.as_ref().is_some_and(|file| below_it(file))
    };
    Trial { message: "open the directory", edits, gone: &gone, meant: &meant }.guess(facts, finding)
}
