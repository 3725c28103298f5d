//! `daemon-maximum-requests`

use super::daemon::{daemons, without_options};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "daemon-maximum-requests",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "A WSGIDaemonProcess line has maximum-requests.",
    why: "The application is loaded anew again and again, which visitors wait for: it is meant for programs that leak memory.",
    help: "take it out, unless the application leaks",
    safe: Some(true),
    bad: Example {
        config: r##"# finding
WSGIDaemonProcess shop maximum-requests=500
WSGIProcessGroup shop
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"WSGIDaemonProcess shop maximum-requests=0
WSGIProcessGroup shop
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let daemons = daemons(facts).into_iter();
    let limited = daemons.filter_map(|daemon| Some((daemon.line, daemon.number("maximum-requests")?)));
    let limited = limited.filter(|(_, number)| *number > 0);
    let told = limited.map(|(line, number)| {
        let fix = without_options(facts, line, &["maximum-requests"], "take it out");
        Finding { fix, ..rule.at(line, format!("each process ends after {number} requests")) }
    });
    told.collect()
}
