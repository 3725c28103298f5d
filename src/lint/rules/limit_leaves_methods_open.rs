//! `limit-leaves-methods-open`

use super::access::rules;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::ground::is_refusal;

pub(super) static RULE: Rule = Rule {
    name: "limit-leaves-methods-open",
    level: Severity::Error,
    group: "access control",
    finds: "Access rules inside Limit hold for the methods that it names, and for no others.",
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
    for limit in facts.named(&["Limit"]) {
        let own = rules(facts, limit);
        let named = limit.words();
        // methods that write are limited by who means to let everybody read
        if own.is_empty() || !named.iter().any(|method| method.eq_ignore_ascii_case(b"GET")) {
            continue;
        }
        let Some(other) = asked.without(&own) else { continue };
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
        found.push(rule.seen(limit.span(), message, &past));
    }
    found
}
