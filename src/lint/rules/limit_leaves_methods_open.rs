//! `limit-leaves-methods-open`

use super::access::RULES;
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Facts, is_named, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::ground::is_refusal;
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "limit-leaves-methods-open",
    level: Severity::Error,
    group: "access control",
    finds: "Access rules inside Limit (or LimitExcept) hold for the methods that it names (or does not name), and for no others.",
    why: "Another method gets past them, one that httpd doesn't know, too.",
    help: "take the Limit lines away",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /private>
  # finding
  <Limit GET>
    Require all denied
  </Limit>
</Location>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Location /private>
  Require ip 192.0.2.7
  <Limit GET>
    Require all denied
  </Limit>
</Location>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

/// Methods that a program or a file answers like a GET.
const METHODS: [&str; 5] = ["POST", "PUT", "DELETE", "PATCH", "get"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    let all: Vec<Directive<'_>> = facts.lines().collect();
    for limit in all.iter().filter(|d| is_named(d, &["Limit", "LimitExcept"])) {
        let straight = |d: &&Directive<'_>| d.parents().last().is_some_and(|(_, span)| span == limit.span());
        let own = all.iter().filter(straight).filter(|d| is_named(d, &RULES));
        let own: Vec<Span> = own.map(whole).collect();
        let gets = limit.words().iter().any(|method| method.eq_ignore_ascii_case(b"GET"));
        // methods that write are limited by who means to let everybody read
        if own.is_empty() || gets != is_named(limit, &["Limit"]) {
            continue;
        }
        // with an AuthType and no Require httpd answers 500: one that lets everybody in is put in their place
        let edits: Vec<Edit> = own.iter().map(|line| granted(facts, *line)).collect();
        let Some(other) = asked.changed(&edits) else { continue };
        let refused = asked.pool.iter().filter(|seen| {
            let request = seen.ask.request();
            seen.ask.method == "GET"
                && is_refusal(&seen.outcome)
                && matches!(seen.outcome.status, 401 | 403)
                && asked.gives(&seen.ask, &other.ask(&request)).is_some()
        });
        let past = refused.take(200).find_map(|seen| {
            METHODS.iter().find_map(|method| {
                let ask = Ask { method: (*method).into(), ..seen.ask.clone() };
                let got = asked.ask(ask);
                asked.gives(&got.ask, &got.outcome).map(|_| got)
            })
        });
        let Some(past) = past else { continue };
        let message = format!("what this denies is open to other methods: {} gets it", past.ask.method);
        let finding = rule.seen(limit.span(), message, &past);
        let fix = unlimited(facts, &finding, limit);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The lines without the section around them.
fn unlimited(facts: &Facts<'_>, finding: &Finding, limit: &Directive<'_>) -> Option<Fix> {
    let section = limit.span();
    let trial = Trial {
        message: "take the Limit lines away",
        edits: vec![Edit::delete(section), Edit::delete(limit.end()?)],
        gone: &|then| is_refusal(then),
        meant: &|_, then| is_refusal(then),
    };
    trial.guess(facts, finding)
}

/// A grant in the place of an access rule, in as many lines.
fn granted(facts: &Facts<'_>, line: Span) -> Edit {
    let text = facts.site.sources().text(line);
    let more = text.iter().filter(|b| **b == b'\n').count();
    let requires = text.trim_start().to_ascii_lowercase().starts_with(b"require ");
    Edit::replace(line, format!("{}{}", if requires { "Require all granted" } else { "" }, "\n".repeat(more)))
}
