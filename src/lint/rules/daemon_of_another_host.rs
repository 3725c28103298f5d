//! `daemon-of-another-host`

use super::daemon::group_named;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::lines::below;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Directive, Edit, Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "daemon-of-another-host",
    level: Severity::Error,
    group: "mod_wsgi",
    finds: "A virtual host uses the daemon process that one of another ServerName declares.",
    why: "mod_wsgi lets only virtual hosts of the same name have it, and answers 500 to all others.",
    help: "declare it before the virtual hosts",
    safe: Some(true),
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName shop.example.com
  WSGIDaemonProcess python
  WSGIScriptAlias / /srv/shop/shop.wsgi process-group=python
</VirtualHost>
<VirtualHost *:80>
  # finding
  ServerName blog.example.com
  WSGIScriptAlias / /srv/blog/blog.wsgi process-group=python
</VirtualHost>
<Directory /srv>
  Require all granted
</Directory>
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/blog/blog.wsgi"],
    },
    good: Example {
        config: r##"WSGIDaemonProcess python
<VirtualHost *:80>
  ServerName shop.example.com
  WSGIScriptAlias / /srv/shop/shop.wsgi process-group=python
</VirtualHost>
<VirtualHost *:80>
  ServerName blog.example.com
  WSGIScriptAlias / /srv/blog/blog.wsgi process-group=python
</VirtualHost>
<Directory /srv>
  Require all granted
</Directory>
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/blog/blog.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let declared: Vec<(BString, &Directive<'_>)> = facts
        .named(&["WSGIDaemonProcess"])
        .filter(|d| d.virtual_host().is_some())
        .filter_map(|d| Some((d.words().into_iter().next()?, d)))
        .collect();
    let mut found: Vec<Finding> = Vec::new();
    for line in facts.directives.iter().filter(|_| !declared.is_empty()) {
        let Some((_, name)) = group_named(line) else { continue };
        let daemon = declared.iter().find(|(own, d)| *own == name && d.virtual_host() != line.virtual_host());
        let Some((_, daemon)) = daemon else { continue };
        let refused = |outcome: &crate::outcome::Outcome| {
            outcome.status == 500 && outcome.wsgi.as_ref().is_some_and(|wsgi| wsgi.process_group == name)
        };
        let mounts = facts.named(&["WSGIScriptAlias"]).filter(|d| d.virtual_host() == line.virtual_host());
        let asks = mounts.take(20).filter_map(|mount| {
            let url = mount.words().into_iter().next()?;
            Some(asked.doors(mount).next()?.ask(below(&url).last()?))
        });
        let pool = asked
            .pool
            .iter()
            .map(|seen| seen.ask.clone())
            .filter(|ask| asked.doors(line).any(|door| door.host == ask.host && door.port == ask.port));
        let edits = before_hosts(facts, daemon);
        let Some(mended) = edits.as_ref().and_then(|edits| asked.changed(edits)) else { continue };
        let seen = asks.chain(pool.take(200)).map(|ask| asked.ask(ask)).find(|seen| {
            let then = || mended.ask(&seen.ask.request());
            let by = seen.outcome.decided_by.iter().any(|d| d.span == line.span());
            refused(&seen.outcome) && by && !refused(&then())
        });
        let Some(seen) = seen else { continue };
        let host = facts.directives.iter().find(|d| {
            is_named(d, &["ServerName"]) && d.virtual_host().is_some() && d.virtual_host() == line.virtual_host()
        });
        let at = host.map_or(line.span(), |host| host.span());
        if found.iter().any(|finding| finding.line == at) {
            continue;
        }
        let message = format!("`{name}` belongs to a virtual host of another name: this one may not use it");
        let mut finding = rule.seen(at, message, &seen).related(daemon.span(), "it is declared here");
        finding.fix = edits.map(|edits| Fix {
            message: "declare it before the virtual hosts".into(),
            safety: Safety::Safe,
            edits,
        });
        found.push(finding);
    }
    found
}

/// A declaration before the first virtual host of its file.
pub(super) fn before_hosts(facts: &Facts<'_>, daemon: &Directive<'_>) -> Option<Vec<Edit>> {
    let at = daemon.span();
    let first = facts.named(&["VirtualHost"]).map(|host| host.span()).find(|host| host.file == at.file)?;
    let text = [facts.site.sources().text(at).as_bytes(), b"\n"].concat();
    Some(vec![Edit { file: at.file, range: first.start..first.start, text: text.into() }, Edit::delete(at)])
}
