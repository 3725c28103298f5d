//! `handler-without-execcgi`

use super::handlers::{runs, straight_in};
use crate::diagnostic::Severity;
use crate::lint::edits::below;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Directive, Fix, Safety};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "handler-without-execcgi",
    level: Severity::Error,
    group: "handlers",
    finds: "cgi-script or wsgi-script by suffix, in a directory where Options lacks ExecCGI.",
    why: "The program is not run: everyone gets 403.",
    help: "add `Options +ExecCGI` there",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options None
  # finding
  AddHandler cgi-script .cgi
</Directory>
"##,
        files: &["/srv/www/form.cgi"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options ExecCGI
  AddHandler cgi-script .cgi
</Directory>
<Directory /srv/www/uploads>
  Options -ExecCGI
  AddHandler cgi-script .php .pl
</Directory>
"##,
        files: &["/srv/www/form.cgi", "/srv/www/uploads/a.pl"],
    },
    find,
};

fn is_off(outcome: &Outcome) -> bool {
    let message = outcome.log_message.as_deref().unwrap_or_default();
    outcome.status == 403 && message.contains("ExecCGI is off")
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let off: Vec<&Seen> = asked.pool.iter().filter(|seen| is_off(&seen.outcome)).collect();
    if off.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (line, htaccess) in facts.anywhere(&["AddHandler", "SetHandler"]) {
        let span = line.span();
        if !line.words().first().is_some_and(|handler| runs(&handler.to_ascii_lowercase())) {
            continue;
        }
        if is_meant(facts, &line) {
            continue;
        }
        let by = |seen: &&&Seen| seen.outcome.decided_by.iter().any(|d| d.span == span);
        let Some(seen) = off.iter().find(by) else { continue };
        if !asked.needs(&seen.ask, &seen.outcome, &[span]) {
            continue;
        }
        let file = seen.outcome.file.clone().unwrap_or_default();
        let message = format!("`{file}` is not run, and refused: Options lacks ExecCGI there");
        // for all directories: where it is meant to run, Options may say so
        if straight_in(&line, htaccess).is_none()
            && line.sections().iter().all(|s| s.name.eq_ignore_ascii_case(b"VirtualHost"))
        {
            if !runs_somewhere(facts, span) {
                found.push(rule.seen(span, message, seen));
            }
            continue;
        }
        let edits = vec![below(facts.site.sources(), span, "Options +ExecCGI")];
        let mended = asked.changed(&edits).filter(|other| !is_off(&other.ask(&seen.ask.request())));
        let fix = mended.map(|other| {
            let safety = Safety::safe_if(asked.changes_only(&other, is_off));
            Fix { message: "add `Options +ExecCGI`".into(), safety, edits }
        });
        found.push(Finding { fix, ..rule.seen(span, message, seen) });
    }
    found
}

/// Whether ExecCGI is taken away beside a line: that programs are refused is what both are there for.
fn is_meant(facts: &Facts<'_>, line: &Directive<'_>) -> bool {
    let around = |d: &Directive<'_>| (d.span().file, d.parents().last().map(|(_, span)| span));
    let own = around(line);
    let takes = |d: Directive<'_>| {
        around(&d) == own
            && is_named(&d, &["Options"])
            && d.words().iter().any(|word| word.eq_ignore_ascii_case(b"-ExecCGI"))
    };
    facts.lines().any(takes)
}

/// Whether programs run by a line in other directories.
fn runs_somewhere(facts: &Facts<'_>, line: Span) -> bool {
    let Some(asked) = &facts.asked else { return false };
    asked.files.iter().any(|file| {
        file.how == crate::search::shown::How::Program && file.outcome.decided_by.iter().any(|d| d.span == line)
    })
}
