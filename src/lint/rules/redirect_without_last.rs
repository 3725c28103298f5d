//! `redirect-without-last`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::rewriting::{Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Edit, Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "redirect-without-last",
    level: Severity::Note,
    group: "rewriting",
    finds: "A redirect of mod_rewrite without [L], which a later rule changes.",
    why: "The rules after it are held against the redirect's target, and may make another one of it.",
    help: "add [L]",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
RewriteEngine on
# finding
RewriteRule ^/old$ /new [R=301]
RewriteRule ^(.*)w$ $1w.html
"##,
        files: &["/srv/www/new.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
RewriteEngine on
RewriteRule ^/old$ /new [R=301]
RewriteRule ^/other$ /page.html
"##,
        files: &["/srv/www/new.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let all = rewrites(facts);
    let open: Vec<(&Rewrite<'_>, Edit)> = all
        .iter()
        .filter(|r| {
            r.redirects() && r.output != "-" && !r.has(&["l", "last", "end", "c", "chain", "n", "next", "s", "skip"])
        })
        .map(|r| (r, r.with_flag(sources, "L")))
        .collect();
    let edits: Vec<Edit> = open.iter().map(|(_, edit)| edit.clone()).collect();
    let Some(ended) = asked.changed(&edits).filter(|_| !edits.is_empty()) else { return Vec::new() };
    let mut found = Vec::new();
    for (rewrite, edit) in open {
        let line = rewrite.span();
        let about = asked.about(line);
        let seen = about.iter().filter(|seen| seen.met.contains(&line)).find(|seen| {
            let then = ended.ask(&seen.ask.request());
            then.leads_to().is_some() && differ(&seen.outcome, &then).is_some()
        });
        let Some(seen) = seen else { continue };
        let then = asked.changed(std::slice::from_ref(&edit)).map(|other| other.ask(&seen.ask.request()));
        let Some(then) = then.filter(|then| differ(&seen.outcome, then).is_some()) else { continue };
        let wanted = then.leads_to().cloned().unwrap_or_default();
        let message = match seen.outcome.leads_to() {
            Some(location) => format!("later rules change where this redirects to: `{location}` instead of `{wanted}`"),
            None => format!("later rules undo this redirect to `{wanted}`"),
        };
        let fix = Fix { message: "add [L]".into(), safety: Safety::Unsafe, edits: vec![edit] };
        found.push(Finding { fix: Some(fix), ..rule.seen(line, message, seen) });
    }
    found
}
