//! `trace-ignores-access`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::site::{Edit, Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "trace-ignores-access",
    level: Severity::Note,
    group: "access control",
    finds: "TRACE is on: it is answered before access control.",
    why: "A URL that is denied, or asks for a password, answers it with the headers of the request.",
    help: "write `TraceEnable Off`",
    safe: Some(true),
    bad: Example {
        config: r##"# finding
TraceEnable On
DocumentRoot /srv/www
<Directory /srv/www>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"TraceEnable Off
DocumentRoot /srv/www
<Directory /srv/www>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["TraceEnable"]) {
        let edits = vec![Edit::replace(line.span(), "TraceEnable Off")];
        let Some(off) = asked.changed(&edits) else { continue };
        let refused = asked.pool.iter().filter(|seen| matches!(seen.outcome.status, 401 | 403)).take(20);
        let seen = refused.map(|seen| asked.ask(Ask { method: "TRACE".into(), ..seen.ask.clone() }));
        let shows =
            seen.filter(|seen| seen.outcome.status == 200).find(|seen| off.ask(&seen.ask.request()).status != 200);
        if let Some(seen) = shows {
            let fix = Fix { message: "turn it off".into(), safety: Safety::Safe, edits };
            let message =
                format!("TRACE is answered before access control: `{}` is denied, and answers it", seen.ask.path);
            found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
        }
    }
    if facts.named(&["TraceEnable"]).next().is_none() {
        found.extend(by_default(rule, asked));
    }
    found
}

/// What is found where nothing is said of TRACE, which httpd then answers: of a password's line alone.
fn by_default(rule: &Rule, asked: &Asked<'_>) -> Option<Finding> {
    let off = asked.changed(&[asked.at_end("\nTraceEnable Off\n")?])?;
    let refused = asked.pool.iter().filter(|seen| seen.outcome.status == 401).take(20);
    let mut shown = refused.filter_map(|refused| {
        let line = refused.outcome.decided_by.iter().map(|d| d.span).find(|line| line.is_some())?;
        let seen = asked.ask(Ask { method: "TRACE".into(), ..refused.ask.clone() });
        let answers = seen.outcome.status == 200 && off.ask(&seen.ask.request()).status != 200;
        answers.then_some((line, seen))
    });
    let (line, seen) = shown.next()?;
    let message =
        format!("TRACE is answered before access control: `{}` asks for a password, and answers it", seen.ask.path);
    Some(Finding { level: Severity::Note, ..rule.seen(line, message, &seen) })
}
