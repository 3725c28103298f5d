//! `daemon-twice`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;

pub(super) static RULE: Rule = Rule {
    name: "daemon-twice",
    level: Severity::Error,
    group: "mod_wsgi",
    finds: "Two WSGIDaemonProcess lines have one name.",
    why: "httpd does not start: names of daemon processes hold for the whole server, not for one virtual host.",
    help: "declare it once, before the virtual hosts: all of them can use it",
    safe: Some(true),
    bad: Example {
        config: r##"Listen 443
<VirtualHost *:80>
  # finding
  WSGIDaemonProcess shop threads=5
  WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop
</VirtualHost>
<VirtualHost *:443>
  WSGIDaemonProcess shop threads=5
  WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop
</VirtualHost>
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"Listen 443
<VirtualHost *:80>
  WSGIDaemonProcess shop threads=5
  WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop
</VirtualHost>
<VirtualHost *:443>
  WSGIDaemonProcess shop-tls threads=5
  WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop-tls
</VirtualHost>
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let refused: Vec<Span> = facts
        .site
        .diagnostics()
        .iter()
        .filter(|d| d.severity == Severity::Error && d.message.contains("duplicates previous WSGI daemon"))
        .map(|d| d.span)
        .collect();
    let mut first: HashMap<BString, &Directive<'_>> = HashMap::new();
    let mut found: Vec<Finding> = Vec::new();
    for line in facts.named(&["WSGIDaemonProcess"]) {
        let Some(name) = line.words().into_iter().next() else { continue };
        let Some(earlier) = first.get(&name) else {
            first.insert(name, line);
            continue;
        };
        if !refused.contains(&line.span()) {
            continue;
        }
        if let Some(known) = found.iter_mut().find(|finding| finding.line == earlier.span()) {
            known.related.push((line.span(), "and here".into()));
            known.fix = None;
            continue;
        }
        let message = format!("`{name}` is declared twice: httpd does not start");
        let finding = rule.refused(earlier.span(), message).related(line.span(), "declared again here");
        found.push(Finding { fix: fix(facts, earlier, line), ..finding });
    }
    found
}

/// One line before the virtual hosts, where both say the same.
fn fix(facts: &Facts<'_>, first: &Directive<'_>, second: &Directive<'_>) -> Option<Fix> {
    if first.words() != second.words() {
        return None;
    }
    let host = first.virtual_host();
    let edits = match host {
        None => vec![Edit::delete(second.span())],
        Some(host) => {
            let text = [facts.site.sources().text(first.span()).as_bytes(), b"\n"].concat();
            let insert = Edit { file: host.file, range: host.start..host.start, text: text.into() };
            vec![insert, Edit::delete(first.span()), Edit::delete(second.span())]
        }
    };
    let again = |error: &crate::diagnostic::Diagnostic| error.message.contains("duplicates previous WSGI daemon");
    let fine = facts.site.with(&edits).is_ok_and(|site| !site.diagnostics().iter().any(again));
    fine.then(|| Fix { message: "declare it once, before the virtual hosts".into(), safety: Safety::Safe, edits })
}
