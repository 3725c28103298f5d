//! `limit-beside-a-grant`

use super::access::says;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Access;
use crate::search::ask::Ask;
use crate::site::Directive;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "limit-beside-a-grant",
    level: Severity::Warning,
    group: "access control",
    finds: "A Require line inside Limit or LimitExcept has no effect, as `Require all granted` is in the same section.",
    why: "The lines of a section and those of a Limit in it are an or: the grant lets the limited methods in, too.",
    help: "write `Require method ...` and the other conditions in a `<RequireAll>`, or put the grant into a section around this one",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  # finding
  <Limit GET POST>
    Require ip 192.0.2.0/24
  </Limit>
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
<Directory /srv/www>
  <Limit GET POST>
    Require ip 192.0.2.0/24
  </Limit>
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// What LimitExcept may be about, where it names other methods.
const USUAL: [&str; 6] = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "GET"];
/// How many requests are tried with a method of the section.
const TRIED: usize = 20;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let around = |d: &Directive<'_>| (d.span().file, d.sections().last().map(|section| section.span));
    let grants: Vec<Directive<'_>> = facts.lines().filter(|d| says(d, "Require", &["all", "granted"])).collect();
    let mut found = Vec::new();
    for limit in facts.named(&["Limit", "LimitExcept"]) {
        let Some(grant) = grants.iter().find(|grant| around(grant) == around(limit)) else { continue };
        let mut own = facts.within(limit).filter(|d| is_named(d, &["Require"]));
        let Some(line) = own.next() else { continue };
        if says(line, "Require", &["all", "granted"]) {
            continue;
        }
        found.extend(idle(rule, asked, limit, grant, line));
    }
    found
}

/// The finding, where a limited method is let in by the grant, and would not be without it.
fn idle(
    rule: &Rule,
    asked: &Asked<'_>,
    limit: &Directive<'_>,
    grant: &Directive<'_>,
    line: &Directive<'_>,
) -> Option<Finding> {
    let named = limit.words();
    let methods: Vec<String> = match is_named(limit, &["Limit"]) {
        true => named.iter().filter_map(|word| word.to_str().ok().map(String::from)).collect(),
        false => {
            let is_other = |m: &&&str| !named.iter().any(|word| word == m.as_bytes());
            USUAL.iter().filter(is_other).map(|m| m.to_string()).collect()
        }
    };
    let let_in = asked.pool.iter().filter(|seen| seen.outcome.decided_by.iter().any(|d| d.span == grant.span()));
    let strict = asked.without(&[grant.span()])?;
    let mut first: Option<Seen> = None;
    for seen in let_in.take(TRIED) {
        for method in &methods {
            let got = asked.ask(Ask { method: method.clone(), ..seen.ask.clone() });
            let refused = matches!(strict.ask(&got.ask.request()).status, 401 | 403);
            if got.outcome.access != Access::Granted || !refused {
                continue;
            }
            if asked.gives(&got.ask, &got.outcome).is_some() {
                return Some(finding(rule, limit, grant, line, &got));
            }
            first.get_or_insert(got);
        }
    }
    // nothing is given for these methods here, but the line means more than it does
    first.map(|got| Finding { level: Severity::Note, ..finding(rule, limit, grant, line, &got) })
}

fn finding(rule: &Rule, limit: &Directive<'_>, grant: &Directive<'_>, line: &Directive<'_>, seen: &Seen) -> Finding {
    let method = &seen.ask.method;
    let message =
        format!("`Require {}` holds nobody back: {method} is let in by the grant of this section", line.args());
    rule.seen(limit.span(), message, seen).related(grant.span(), "any one of the two will do")
}
