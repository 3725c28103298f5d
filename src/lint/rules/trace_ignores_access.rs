//! `trace-ignores-access`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
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
    found
}
