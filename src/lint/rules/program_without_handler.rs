//! `program-without-handler`

use super::handlers::{straight_in, suffixes};
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, below, section};
use crate::lint::facts::{Asked, Facts, Seen, Shown};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::shown::How;
use crate::site::{Directive, Fix};
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "program-without-handler",
    level: Severity::Error,
    group: "handlers",
    finds: "A program is where programs are meant to run, by ExecCGI, DirectoryIndex or a RewriteRule, and no handler runs it.",
    why: "Its text is sent, with the passwords that may be in it.",
    help: "give it a handler: AddHandler cgi-script, or PHP's",
    safe: Some(false),
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
            let finding = finding(rule, place, file, "programs may run here");
            let fix = with_handler(facts, asked, &finding, line.span(), "cgi-script");
            found.push(Finding { fix, ..finding });
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
                    let finding = rule.shown(line.span(), message, &ask, &outcome);
                    let fix = handler(facts, &file.path)
                        .and_then(|handler| with_handler(facts, asked, &finding, line.span(), &handler));
                    Finding { fix, ..finding }
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

/// The handler for a program: the one that others of its kind have, or that of PHP's module.
fn handler(facts: &Facts<'_>, path: &[u8]) -> Option<String> {
    let suffix = suffixes(path).pop()?.to_string();
    let php = suffix.starts_with("ph");
    let runs = |word: &BString| {
        let word = word.to_ascii_lowercase();
        if php { word.contains_str("php") || word.starts_with(b"proxy:") } else { word.contains_str("cgi") }
    };
    let known = facts.anywhere(&["SetHandler", "AddHandler"]).filter_map(|(line, _)| line.words().into_iter().next());
    let own = known.into_iter().find(runs).map(|word| word.to_string());
    own.or_else(|| php.then(|| "application/x-httpd-php".into()))
}

/// The handler for names that end so, below a line.
pub(super) fn with_handler(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    finding: &Finding,
    line: Span,
    handler: &str,
) -> Option<Fix> {
    let (ask, outcome) = finding.witness.as_ref()?;
    let file = outcome.file.as_ref()?;
    let suffix = suffixes(file).pop()?.to_string();
    let plain = suffix.bytes().all(|b| b.is_ascii_alphanumeric()) && !handler.contains(['"', '\n', '\\']);
    let handler = if handler.contains([' ', '|']) { format!("\"{handler}\"") } else { handler.to_string() };
    let text = section(&format!("FilesMatch \"\\.{suffix}$\""), &[&format!("SetHandler {handler}")]);
    let edits = vec![below(facts.site.sources(), line, &text)];
    let gone = |then: &Outcome| asked.gives(ask, then).is_none_or(|(_, how)| how == How::Program) && then.status < 400;
    let of_its_kind = |file: &BString| suffixes(file).last().is_some_and(|last| *last == *suffix);
    let meant = |seen: &Seen, _: &Outcome| seen.outcome.file.as_ref().is_some_and(of_its_kind);
    let message = format!("give `.{suffix}` a handler");
    plain.then(|| Trial { message: &message, edits, gone: &gone, meant: &meant }.guess(facts, finding)).flatten()
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
