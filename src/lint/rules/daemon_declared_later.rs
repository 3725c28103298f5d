//! `daemon-declared-later`

use super::daemon::group_named;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "daemon-declared-later",
    level: Severity::Error,
    group: "mod_wsgi",
    finds: "A mount with `process-group=` and `application-group=` names a daemon process that is declared further down.",
    why: "With both options mod_wsgi loads the script beforehand, and looks for the process at once: httpd does not start.",
    help: "put the WSGIDaemonProcess line first",
    safe: Some(true),
    bad: Example {
        config: r##"# finding
WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop application-group=%{GLOBAL}
WSGIDaemonProcess shop
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"WSGIScriptAlias / /srv/shop/shop.wsgi process-group=shop
WSGIDaemonProcess shop
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let refused = |d: &&crate::diagnostic::Diagnostic| {
        d.severity == Severity::Error && d.message.contains("process group not yet configured")
    };
    let mut found = Vec::new();
    for error in facts.site.diagnostics().iter().filter(refused) {
        let Some(line) = facts.directives.iter().find(|d| d.span() == error.span) else { continue };
        let Some((_, name)) = group_named(line) else { continue };
        let daemon = facts.named(&["WSGIDaemonProcess"]).find(|d| d.words().first() == Some(&name));
        // it may be declared in a text that is not here
        let Some(daemon) = daemon else { continue };
        let message = format!("`{name}` is declared further down: httpd does not start");
        let mut finding = rule.refused(line.span(), message).related(daemon.span(), "it is declared here");
        // before the outermost section that the mount is in
        let (at, from) = (line.sections().first().map_or(line.span(), |section| section.span), daemon.span());
        if at.file == from.file {
            let mut text = facts.site.sources().text(from);
            text.push(b'\n');
            let edits = vec![Edit { file: at.file, range: at.start..at.start, text }, Edit::delete(from)];
            let fine = facts.site.with(&edits).is_ok_and(|site| !site.diagnostics().iter().any(|d| refused(&d)));
            let fix = Fix { message: "declare it first".into(), safety: Safety::Safe, edits };
            finding.fix = fine.then_some(fix);
        }
        found.push(finding);
    }
    found
}
