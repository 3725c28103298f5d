//! `alias-hides-wsgi-script`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, same_line};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::{Ask, escaped};
use crate::site::Directive;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "alias-hides-wsgi-script",
    level: Severity::Error,
    group: "shadowed lines",
    finds: "An Alias, AliasMatch or ScriptAlias takes every URL of a WSGIScriptAlias.",
    why: "mod_alias is asked before mod_wsgi, whatever the order of the lines: the application is never called.",
    help: "lead only the static directories' URLs to files: `AliasMatch ^/static/(.*)$ DIRECTORY/$1`",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
WSGIScriptAlias / /srv/shop/shop.wsgi
# finding
Alias / /srv/shop/
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/shop/static/shop.css"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
WSGIScriptAlias / /srv/shop/shop.wsgi
Alias /static/ /srv/shop/static/
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/shop/static/shop.css"],
    },
    find,
};

/// What is below a mount, as an application's URLs are.
const BELOW: [&str; 5] = ["x", "x/", "default/index", "a-1/b_2.html", "x.y/z"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    for mount in facts.named(&["WSGIScriptAlias"]) {
        for alias in facts.named(&["Alias", "AliasMatch", "ScriptAlias", "ScriptAliasMatch"]) {
            let (line, host) = (alias.span(), alias.virtual_host());
            if host.is_some() && host != mount.virtual_host() || found.iter().any(|f| f.line == line) {
                continue;
            }
            let Some(ask) = hidden(asked, mount, alias) else { continue };
            let outcome = asked.ground.search.run.ask(&ask.request());
            let message = "this line takes every URL of a WSGIScriptAlias: the application is never called";
            let finding = rule.shown(line, message, &ask, &outcome);
            found.push(finding.related(mount.span(), "this application is never reached"));
        }
    }
    found
}

/// A URL of the mount, where all of them go to the alias.
fn hidden(asked: &Asked<'_>, mount: &Directive<'_>, alias: &Directive<'_>) -> Option<Ask> {
    let url = mount.words().into_iter().next()?;
    let url = escaped(url.trim_end_with(|c| c == '/'));
    let door = asked.doors(mount).next()?;
    let other = asked.without(&[alias.span()])?;
    let mut first = None;
    for below in BELOW {
        let ask = door.ask(&format!("{url}/{below}"));
        let outcome = asked.ground.search.run.ask(&ask.request());
        let runs = |handler: Option<&[u8]>| handler == Some(b"wsgi-script");
        let now = runs(outcome.handler.as_deref().map(|h| h.as_bytes()));
        let then = other.ask(&ask.request());
        let by_mount = then.decided_by.iter().any(|decision| same_line(decision.span, mount.span()));
        if now || !by_mount || !runs(then.handler.as_deref().map(|h| h.as_bytes())) {
            return None;
        }
        first = first.or(Some(ask));
    }
    first
}
