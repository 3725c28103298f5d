//! `alias-hides-wsgi-script`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial, quoted};
use crate::lint::facts::{Asked, Facts, is_named, same_line};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::{Ask, escaped};
use crate::site::{Directive, Edit, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "alias-hides-wsgi-script",
    level: Severity::Error,
    group: "shadowed lines",
    finds: "An Alias, AliasMatch or ScriptAlias takes every URL of a WSGIScriptAlias.",
    why: "mod_alias is asked before mod_wsgi, whatever the order of the lines: the application is never called.",
    help: "lead only the static directories' URLs to files: `AliasMatch ^/static/(.*)$ DIRECTORY/$1`",
    safe: Some(false),
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
            let finding = finding.related(mount.span(), "this application is never reached");
            let fix = fix(facts, asked, &finding, alias);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// Folders of files that pages are made of.
const STATIC: [&str; 9] = ["static", "assets", "media", "css", "js", "img", "images", "fonts", "public"];

/// The alias for such folders alone: those straight in its directory, or in each of the applications there.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, alias: &Directive<'_>) -> Option<Fix> {
    let words = alias.words();
    let [url, path, ..] = words.as_slice() else { return None };
    if !is_named(alias, &["Alias"]) || url.ends_with(b"/") != path.ends_with(b"/") && url.len() > 1 {
        return None;
    }
    let root = path.trim_end_with(|c| c == '/');
    let url = url.trim_end_with(|c| c == '/').to_str().ok()?;
    let folders = asked.ground.tree.iter().filter(|entry| entry.dir).filter_map(|entry| {
        let below = entry.path.strip_prefix(root)?.strip_prefix(b"/")?.trim_end_with(|c| c == '/').to_str().ok()?;
        let mut parts = below.split('/');
        match (parts.next()?, parts.next(), parts.next()) {
            (name, None, None) => Some((false, STATIC.into_iter().find(|own| *own == name)?)),
            (_, Some(name), None) => Some((true, STATIC.into_iter().find(|own| *own == name)?)),
            _ => None,
        }
    });
    let mut folders: Vec<(bool, &str)> = folders.collect();
    folders.sort_unstable();
    folders.dedup();
    let straight = folders.iter().any(|(deep, _)| !deep);
    folders.retain(|(deep, _)| *deep != straight);
    let root = quoted(root)?;
    let root = root.trim_matches('"');
    let mut text: Vec<String> = Vec::new();
    for (deep, name) in &folders {
        text.push(match deep {
            false => format!("Alias \"{url}/{name}\" \"{root}/{name}\""),
            true => format!(
                "AliasMatch \"^{}/([^/]+)/{name}/(.*)$\" \"{root}/$1/{name}/$2\"",
                edits::escaped(url.as_bytes())
            ),
        });
    }
    let pad = facts.site.sources().file(alias.span().file).indent(alias.span().start).to_string();
    let text = (!text.is_empty()).then(|| text.join(&format!("\n{pad}")))?;
    let runs =
        |outcome: &crate::outcome::Outcome| outcome.handler.as_deref().is_some_and(|h| h.as_bytes() == b"wsgi-script");
    let trial = Trial {
        message: "lead only the static directories' URLs to files",
        edits: vec![Edit::replace(alias.span(), text)],
        gone: &|then| runs(then),
        meant: &|_, then| runs(then),
    };
    trial.guess(facts, finding)
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
