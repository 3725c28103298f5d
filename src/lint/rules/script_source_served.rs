//! `script-source-served`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Shown, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::{How, Thing, behind};
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "script-source-served",
    level: Severity::Error,
    group: "exposure",
    finds: "A program has a URL at which its text is sent.",
    why: "Its own URL runs it; the other one shows its code, and the passwords in it.",
    help: "keep programs out of directories that URLs lead to, or deny them there in a Files section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
Alias /tools /srv/cgi-bin
ScriptAlias /cgi-bin /srv/cgi-bin
<Directory /srv>
  Require all granted
</Directory>
"##,
        files: &["/srv/cgi-bin/mail.pl (0755)"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
Alias /tools /srv/tools
ScriptAlias /cgi-bin /srv/cgi-bin
<Directory /srv>
  Require all granted
</Directory>
"##,
        files: &["/srv/cgi-bin/mail.pl (0755)", "/srv/tools/mail.pl"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut by_line: BTreeMap<Span, (&Shown, Option<String>)> = BTreeMap::new();
    for file in asked.files.iter().filter(|file| file.how == How::Static && !asked.by_link(file)) {
        let source = file.outcome.handler.as_deref().is_some_and(|handler| handler.as_bytes().ends_with(b"-source"));
        let Some(line) = asked.mapping(&file.outcome).filter(|_| !source) else { continue };
        if by_line
            .get(&line)
            .is_none_or(|(known, _)| (file.ask.weight(), &file.path) < (known.ask.weight(), &known.path))
            && let Some(run) = run_at(facts, asked, file)
        {
            by_line.insert(line, (file, Some(run)));
        }
    }
    let mut found = Vec::new();
    for (line, (file, run)) in by_line {
        if asked.leads(&file.ask, &file.outcome, line) {
            let name = file.path.to_str_lossy();
            let run = run.unwrap_or_default();
            let message = format!("the text of `{name}` is sent here: it is a program, which `{run}` runs");
            found.push(rule.shown(line, message, &file.ask, &file.outcome));
        }
    }
    found.extend(meant_to_run(rule, facts, asked));
    found
}

/// The URL that runs a file, also where a password is asked for.
fn run_at(facts: &Facts<'_>, asked: &Asked<'_>, file: &Shown) -> Option<String> {
    let thing = Thing::File(file.path.clone());
    let run = &asked.ground.search.run;
    let program = |ask: &crate::search::ask::Ask| {
        let outcome = run.ask(&ask.request());
        matches!(outcome.status, 200 | 401 | 403)
            && matches!(behind(facts.site, &outcome), Some((own, How::Program)) if own == thing)
    };
    let known = asked.ground.got.get(&thing).into_iter().flatten().find(|(_, how)| *how == How::Program);
    if let Some((ask, _)) = known {
        return Some(ask.path.clone());
    }
    let guarded = asked.past().iter().find(|past| past.denial.thing == thing && past.denial.how == How::Program);
    if let Some(past) = guarded {
        return Some(past.denial.ask.path.clone());
    }
    let ways = asked.ground.routes.to(&file.path);
    let doors = &asked.ground.doors;
    ways.iter().take(40).find_map(|way| {
        let mut asks = doors.iter().filter(|door| way.scope.takes(door)).take(20).map(|door| way.ask(door));
        asks.find(|ask| program(ask)).map(|ask| ask.path)
    })
}

/// Lines that let programs run in a folder where their texts are sent.
fn meant_to_run(rule: &Rule, facts: &Facts<'_>, asked: &Asked<'_>) -> Vec<Finding> {
    let runs = |d: &Directive<'_>| {
        is_named(d, &["Options"])
            && d.words().iter().any(|w| w.trim_start_with(|c| c == '+').eq_ignore_ascii_case(b"ExecCGI"))
    };
    let mut found = Vec::new();
    for line in facts.lines().filter(runs) {
        // what everything has is not said of this folder
        let Some(folder) = folder(facts, &line).filter(|folder| folder.len() > 1) else { continue };
        let inside = |path: &[u8]| path.starts_with(folder.as_slice());
        let programs = |path: &[u8]| {
            let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
            [&b".cgi"[..], b".pl", b".sh", b".py", b".rb", b".fcgi"].iter().any(|end| name.ends_with(end))
        };
        let all: Vec<&Shown> = asked.files.iter().filter(|file| inside(&file.path)).collect();
        let runs = asked.ground.got.iter().any(|(thing, all)| {
            matches!(thing, Thing::File(path) if inside(path)) && all.iter().any(|(_, how)| *how == How::Program)
        });
        let sent = all.iter().find(|file| {
            file.how == How::Static
                && programs(&file.path)
                && sensitive(&file.path, file.how) == Some(Sensitive::Source)
                && asked.ground.tree.iter().any(|entry| entry.path == file.path)
        });
        let Some(file) = sent.filter(|_| !runs) else { continue };
        // a handler is what it lacks
        let handler = "\n<Files \"*\">\nSetHandler cgi-script\n</Files>\n";
        let run = asked.at_end(handler).and_then(|edit| asked.changed(&[edit]));
        let runs_then =
            run.is_some_and(|run| run.ask(&file.ask.request()).handler.is_some_and(|h| h.as_bytes() == b"cgi-script"));
        if runs_then {
            let name = file.path.to_str_lossy();
            let message = format!("programs may run here, and no handler runs them: the text of `{name}` is sent");
            found.push(rule.shown(line.span(), message, &file.ask, &file.outcome));
        }
    }
    found
}

/// The folder that a line is for.
fn folder(facts: &Facts<'_>, line: &Directive<'_>) -> Option<bstr::BString> {
    if let Some(folder) = line.directory() {
        return Some(folder);
    }
    let file = line.span().file;
    let name = facts.site.is_htaccess(file).then(|| facts.site.sources().file(file).name.clone())?;
    name.rsplit_once('/').map(|(folder, _)| format!("{folder}/").into())
}
