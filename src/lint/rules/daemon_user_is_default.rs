//! `daemon-user-is-default`

use super::daemon::{daemons, without_options};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "daemon-user-is-default",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "WSGIDaemonProcess has the user and group that httpd runs as anyway.",
    why: "They say nothing, and are in the way when httpd's own are changed.",
    help: "take `user=` and `group=` out",
    safe: Some(true),
    bad: Example {
        config: r##"User www-data
Group www-data
# finding
WSGIDaemonProcess shop user=www-data group=www-data
WSGIProcessGroup shop
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"User www-data
Group www-data
WSGIDaemonProcess shop user=www-data group=staff
WSGIProcessGroup shop
WSGIScriptAlias / /srv/shop/shop.wsgi
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

/// Whom httpd runs as at Debian, where nothing is said.
const USUAL: &str = "www-data";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let own = |name: &str| {
        let line = facts.named(&[name]).last().and_then(|line| line.words().into_iter().next());
        line.unwrap_or_else(|| USUAL.into())
    };
    let (user, group) = (own("User"), own("Group"));
    let same = daemons(facts).into_iter().filter(|daemon| {
        let users = daemon.option("user").is_some_and(|own| *own == user);
        users && daemon.option("group").is_none_or(|own| *own == group)
    });
    let message = match user.find_byteset(b"$") {
        // a variable of the environment
        Some(_) => "httpd runs as that user anyway".to_string(),
        None => format!("httpd runs as `{user}` anyway"),
    };
    let told = same.map(|daemon| {
        let fix = without_options(facts, daemon.line, &["user", "group"], "take them out");
        Finding { fix, ..rule.at(daemon.line, message.clone()) }
    });
    told.collect()
}
