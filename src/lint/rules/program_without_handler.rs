//! `program-without-handler`

use super::handlers::{straight_in, suffixes};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Shown};
use crate::lint::{Example, Finding, Rule};
use crate::search::shown::How;
use crate::site::Directive;
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "program-without-handler",
    level: Severity::Error,
    group: "handlers",
    finds: "A program is where programs are meant to run, by ExecCGI, DirectoryIndex or a RewriteRule, and no handler runs it.",
    why: "Its text is sent, with the passwords that may be in it.",
    help: "give it a handler: AddHandler cgi-script, or PHP's",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
DirectoryIndex index.php
"##,
        files: &["/srv/www/index.php"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
DirectoryIndex index.php
"##,
        files: &["/srv/www/index.php"],
    },
    find,
};

/// Lines that give names of a suffix a handler.
const SUFFIXED: [&[u8]; 4] = [b"addhandler", b"addtype", b"<filesmatch", b"<files"];
/// Suffixes of programs.
const PROGRAMS: [&str; 11] = ["cgi", "fcgi", "pl", "py", "rb", "sh", "php", "php5", "php7", "phtml", "lua"];

fn is_program(path: &[u8]) -> bool {
    suffixes(path).last().is_some_and(|last| PROGRAMS.iter().any(|own| last == *own))
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sent: Vec<&Shown> =
        asked.files.iter().filter(|file| file.how == How::Static && is_program(&file.path)).collect();
    let mut found: Vec<Finding> = Vec::new();
    if sent.is_empty() {
        return found;
    }
    // a directory in which programs may run
    for (line, htaccess) in facts.anywhere(&["Options"]) {
        let words = line.words();
        let on = |word: &BString| word.trim_start_with(|c| c == '+').eq_ignore_ascii_case(b"ExecCGI");
        let Some(directory) = straight_in(&line, htaccess).filter(|_| words.iter().any(on)) else { continue };
        let cgi = |file: &&&Shown| {
            let last = suffixes(&file.path).pop().unwrap_or_default();
            file.path.starts_with(&directory) && !last.starts_with(b"ph")
        };
        let Some(file) = sent.iter().find(cgi) else { continue };
        // with a handler it would run
        let last = suffixes(&file.path).pop().unwrap_or_default();
        let edit =
            crate::lint::edits::below(facts.site.sources(), line.span(), &format!("AddHandler cgi-script .{last}"));
        let runs = asked.changed(&[edit]).is_some_and(|other| {
            let then = other.ask(&file.ask.request());
            asked.gives(&file.ask, &then).is_some_and(|(_, how)| how == How::Program)
        });
        if runs {
            let place = line.parents().last().map_or(line.span(), |(_, span)| span);
            found.push(finding(rule, place, file, "programs may run here"));
        }
    }
    // an index, or the target of a rule
    for (line, _) in facts.anywhere(&["DirectoryIndex", "FallbackResource", "RewriteRule"]) {
        let Some(name) = named(&line) else { continue };
        let by = |file: &&&Shown| file.path.ends_with(name.as_bytes());
        let Some(file) = sent.iter().find(by) else { continue };
        let told = found.iter().any(|f| f.witness.as_ref().is_some_and(|(ask, _)| *ask == file.ask));
        if let Some((ask, outcome)) = leads(asked, &line, file).filter(|_| !told) {
            let name = file.path.as_bstr();
            found.push(match skipped(facts, file) {
                Some(section) => {
                    let message =
                        format!("the handler is in here, and skipped: no other one runs `{name}`, its text is sent");
                    rule.shown(section, message, &ask, &outcome).related(line.span(), "this leads to it")
                }
                None => {
                    let message = format!("this leads to `{name}`, which no handler runs: its text is sent");
                    rule.shown(line.span(), message, &ask, &outcome)
                }
            });
        }
    }
    found
}

fn finding(rule: &Rule, place: Span, file: &Shown, what: &str) -> Finding {
    let message = format!("{what}, and no handler runs `{}`: its text is sent", file.path.as_bstr());
    rule.shown(place, message, &file.ask, &file.outcome)
}

/// The section for a module that is not there which has a handler for a file of this suffix.
fn skipped(facts: &Facts<'_>, file: &Shown) -> Option<Span> {
    let suffix = suffixes(&file.path).pop()?;
    let suffix = suffix.to_str_lossy();
    let sources = facts.site.sources();
    let is_it = |first: u32, last: u32, file: FileId| {
        let text = sources.file(file);
        let lines = || (first + 1..last).map(|number| text.line(number).trim().to_ascii_lowercase());
        let named = |line: &Vec<u8>| SUFFIXED.iter().any(|name| line.starts_with(name)) && line.contains_str(&*suffix);
        let runs = |line: &Vec<u8>| {
            line.contains_str("handler") || line.starts_with(b"addtype") && line.contains_str("httpd-")
        };
        lines().any(|line| named(&line)) && lines().any(|line| runs(&line))
    };
    let mut own = facts.site.skipped().iter().filter(|skipped| {
        let section = skipped.section;
        sources.text(section).to_ascii_lowercase().starts_with(b"<ifmodule")
            && is_it(section.line, skipped.last, section.file)
    });
    own.next().map(|skipped| skipped.section)
}

/// The program that a line leads to, by the end of its path.
fn named(line: &Directive<'_>) -> Option<BString> {
    let words = line.words();
    let target = match line.name().eq_ignore_ascii_case(b"RewriteRule") {
        true => words.get(1).cloned(),
        false => words.iter().find(|word| is_program(word)).cloned(),
    }?;
    let path = target.split_str("?").next()?;
    let name = path.rsplit(|b| *b == b'/').next()?;
    (is_program(path) && name.find_byteset(b"$%").is_none()).then(|| [b"/", name].concat().into())
}

/// A request that gets the program's text by the line.
fn leads(
    asked: &Asked<'_>,
    line: &Directive<'_>,
    file: &Shown,
) -> Option<(crate::search::ask::Ask, crate::outcome::Outcome)> {
    let at = file.ask.path.rfind('/').map_or(0, |at| at + 1);
    let folder = file.ask.at(&file.ask.path[..at]);
    let own = [folder.clone(), file.ask.at(format!("{}no-such-page", folder.path))];
    let met = asked.pool.iter().filter(|seen| seen.outcome.file == file.outcome.file && seen.ask.path != file.ask.path);
    let asks = own.into_iter().chain(met.take(20).map(|seen| seen.ask.clone()));
    asks.map(|ask| asked.ask(ask)).find_map(|seen| {
        let same = seen.outcome.file == file.outcome.file
            && asked.gives(&seen.ask, &seen.outcome).is_some_and(|(_, how)| how == How::Static)
            && asked.needs(&seen.ask, &seen.outcome, &[line.span()]);
        same.then_some((seen.ask, seen.outcome))
    })
}
