//! `upload-folder-runs-programs`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, below, outermost, quoted, section};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::ground::is_refusal;
use crate::search::shown::{How, Thing, shown};
use crate::site::{Directive, Fix, Site};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "upload-folder-runs-programs",
    level: Severity::Error,
    group: "exposure",
    finds: "Files in an upload directory are run as programs.",
    why: "Whoever may send a picture sends a program, and httpd runs it.",
    help: "deny programs there by a FilesMatch in the directory's Directory section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
AddHandler application/x-httpd-php .php
"##,
        files: &["/srv/www/index.html", "/srv/www/uploads/photo.jpg"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AddHandler application/x-httpd-php .php
<Directory /srv/www/uploads>
  <FilesMatch "\.php">
    Require all denied
  </FilesMatch>
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/uploads/photo.jpg"],
    },
    find,
};

/// Folders of what visitors send.
const FOLDERS: [&[u8]; 9] = [
    b"uploads",
    b"upload",
    b"uploaded",
    b"userfiles",
    b"user_uploads",
    b"attachments",
    b"avatars",
    b"media_uploads",
    b"fileadmin",
];
/// What a visitor would send.
const NAMES: [&str; 6] = ["x.php", "x.phtml", "x.phar", "x.php.jpg", "x.cgi", "x.pl"];
/// How many folders are looked into.
const MOST: usize = 24;

/// A program that runs in a folder.
pub(super) struct Runs {
    pub path: BString,
    pub ask: Ask,
    pub outcome: Outcome,
    /// Whether it is only made up.
    pub made_up: bool,
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let mut found: Vec<Finding> = Vec::new();
    let mut folders: Vec<(BString, Option<Span>)> = Vec::new();
    for line in all.iter().filter(|d| is_stop(d)) {
        folders.extend(folder(facts, line).map(|folder| (folder, Some(line.span()))));
    }
    let name = |path: &[u8]| {
        path.trim_end_with(|c| c == '/').rsplit(|b| *b == b'/').next().unwrap_or_default().to_ascii_lowercase()
    };
    let named = asked.ground.tree.iter().filter(|e| e.dir && FOLDERS.contains(&name(&e.path).as_slice()));
    folders.extend(named.take(MOST).map(|entry| (entry.path.clone(), None)));
    folders.truncate(2 * MOST);
    if folders.is_empty() || !all.iter().any(runs_something) {
        return found;
    }
    let names: Vec<BString> =
        folders.iter().flat_map(|(f, _)| NAMES.iter().map(|n| [f.as_slice(), n.as_bytes()].concat().into())).collect();
    let with = facts.site.with_files(&names);
    let Ok(run) = with.start() else { return found };
    for (folder, stop) in &folders {
        let Some(runs) = runs_in(asked, &with, &run, folder) else { continue };
        let Some(line) = stop.or_else(|| blamed(asked, &all, &runs, folder)) else { continue };
        if found.iter().any(|finding| finding.line == line) {
            continue;
        }
        let path = runs.path.to_str_lossy();
        let message = match (stop.is_some(), runs.made_up) {
            (true, _) => format!("this doesn't stop programs: `{path}` is run"),
            (false, true) => format!(
                "visitors' files are run as programs in `{}`: one named `{path}` would be",
                folder.to_str_lossy()
            ),
            (false, false) => {
                format!("visitors' files are run as programs in `{}`: `{path}` is", folder.to_str_lossy())
            }
        };
        let finding = rule.shown(line, message, &runs.ask, &runs.outcome);
        let fix = deny(facts, asked, &finding, folder, &all, &names);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The denial of programs in a folder: in its .htaccess file where that is blamed, else in a section for it.
fn deny(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    finding: &Finding,
    folder: &[u8],
    all: &[Directive<'_>],
    names: &[BString],
) -> Option<Fix> {
    let sources = facts.site.sources();
    let denied = section(&format!("FilesMatch \"{PROGRAMS}\""), &["Require all denied"]);
    let bare = folder.trim_end_with(|c| c == '/').as_bytes();
    let own = facts.htaccess.iter().find(|text| text.file == finding.line.file);
    let edit = match own {
        Some(text) if text.directory == folder => {
            let line = all.iter().find(|d| d.span() == finding.line)?;
            below(sources, outermost(line, all), &denied)
        }
        _ => {
            let text = section(&format!("Directory {}", quoted(bare)?), &[&denied]);
            let line = match own {
                Some(_) => {
                    facts.directives.iter().rfind(|d| d.sections().is_empty() && facts.site.is_own(d.span().file))?
                }
                None => facts.directives.iter().find(|d| d.span() == finding.line)?,
            };
            below(sources, outermost(line, &facts.directives), &text)
        }
    };
    // none of what a visitor may send is run
    let with = facts.site.with(std::slice::from_ref(&edit)).ok()?.with_files(names);
    let run = with.start().ok()?;
    let (ask, _) = finding.witness.as_ref()?;
    if runs_in(asked, &with, &run, folder).is_some() || !is_refusal(&run.ask(&ask.request())) {
        return None;
    }
    // a front controller may have answered for a name that is not there
    let inside = |outcome: &Outcome| outcome.file.as_ref().is_some_and(|file| file.starts_with(folder));
    let meant = |seen: &Seen, then: &Outcome| is_refusal(then) && inside(then) && is_run(&seen.outcome);
    // the file may only be made up
    let gone = |_: &Outcome| true;
    Trial { message: "deny programs there", edits: vec![edit], gone: &gone, meant: &meant }.guess(facts, finding)
}

/// Names with the suffix of a program, wherever it is.
const PROGRAMS: &str = r"(?i)\.(php\d?|phtml|phar|phps|cgi|fcgi|pl|py|rb|sh)(\.|$)";

/// Whether a line is there to keep a folder's programs from running.
fn is_stop(line: &Directive<'_>) -> bool {
    let words: Vec<Vec<u8>> = line.words().iter().map(|word| word.to_ascii_lowercase()).collect();
    let Some(first) = words.first() else { return false };
    let program = first.contains_str("php") || first.contains_str("cgi") || first.contains_str("proxy:");
    let in_files = line.sections().iter().any(|section| section.name.to_ascii_lowercase().starts_with(b"files"));
    let scripts = words.iter().skip(1).any(|word| word.contains_str("php") || word.contains_str("cgi"));
    !in_files
        && match line.name().to_ascii_lowercase().as_slice() {
            b"forcetype" => !program,
            b"sethandler" => [&b"none"[..], b"default-handler"].contains(&first.as_slice()),
            b"addtype" => !program && scripts,
            b"removehandler" | b"removetype" => program || scripts,
            _ => false,
        }
}

/// Whether a line has programs run.
fn runs_something(line: &Directive<'_>) -> bool {
    let args = line.args().to_ascii_lowercase();
    is_named(line, &["SetHandler", "AddHandler", "AddType", "ForceType", "ProxyPassMatch", "Action"])
        && ["php", "cgi", "fcgi", "python", "perl"].iter().any(|word| args.contains_str(word))
}

/// A program that runs in a folder: one that is there, or one that a visitor might send.
pub(super) fn runs_in(asked: &Asked<'_>, with: &Site, run: &Run, folder: &[u8]) -> Option<Runs> {
    let inside = |path: &[u8]| path.starts_with(folder);
    let own = |path: &BString| asked.ground.tree.iter().any(|entry| entry.path == *path);
    let there = asked.ground.got.iter().find_map(|(thing, all)| {
        let Thing::File(path) = thing else { return None };
        let (ask, _) = all.iter().find(|(_, how)| *how == How::Program)?;
        (inside(path) && own(path)).then(|| (path.clone(), ask.clone()))
    });
    if let Some((path, ask)) = there {
        let outcome = run.ask(&ask.request());
        return is_run(&outcome).then_some(Runs { path, ask, outcome, made_up: false });
    }
    NAMES.iter().find_map(|name| {
        let path: BString = [folder, name.as_bytes()].concat().into();
        let ways = asked.ground.routes.to(&path);
        ways.iter().take(20).find_map(|way| {
            let doors = asked.ground.doors.iter().filter(|door| way.scope.takes(door)).take(8);
            doors.map(|door| way.ask(door)).find_map(|ask| {
                let outcome = run.ask(&ask.request());
                let runs = is_run(&outcome)
                    && matches!(shown(with, &ask.method, &outcome), Some((Thing::File(own), How::Program)) if own == path);
                // not what an application's one script makes of all URLs
                runs.then(|| Runs { path: path.clone(), ask, outcome, made_up: true })
            })
        })
    })
}

/// Whether a handler took it: one whose engine is off leaves the name, and the text is sent.
fn is_run(outcome: &Outcome) -> bool {
    outcome.script_name.is_some() || outcome.backend.is_some()
}

/// The line that should have kept it from running, or else the one that has it run.
fn blamed(asked: &Asked<'_>, all: &[Directive<'_>], runs: &Runs, folder: &[u8]) -> Option<Span> {
    // a denial that other programs of the folder meet
    let denial = asked.past().iter().map(|past| &past.denial).find(|denial| {
        denial.how == How::Program && matches!(&denial.thing, Thing::File(path) if path.starts_with(folder))
    });
    let denied = denial.and_then(|denial| denial.lines.first().copied());
    let section = denied.and_then(|line| {
        let line = all.iter().find(|d| d.span() == line)?;
        let files = line.sections().last().filter(|s| s.name.to_ascii_lowercase().starts_with(b"files"));
        Some(files.map_or(line.span(), |section| section.span))
    });
    section.or_else(|| handler(all, runs))
}

/// The line by which a program runs.
fn handler(all: &[Directive<'_>], runs: &Runs) -> Option<Span> {
    let lines: Vec<Span> = runs.outcome.decided_by.iter().map(|d| d.span).collect();
    let is = |d: &&Directive<'_>| lines.contains(&d.span()) && runs_something(d);
    all.iter().rfind(is).map(|d| d.span())
}

/// The folder that a line is for.
fn folder(facts: &Facts<'_>, line: &Directive<'_>) -> Option<BString> {
    if let Some(folder) = line.directory() {
        return Some(folder);
    }
    let file = line.span().file;
    let name = facts.site.is_htaccess(file).then(|| facts.site.sources().file(file).name.clone())?;
    name.rsplit_once('/').map(|(folder, _)| format!("{folder}/").into())
}
