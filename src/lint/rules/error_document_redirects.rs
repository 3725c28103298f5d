//! `error-document-redirects`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "error-document-redirects",
    level: Severity::Note,
    group: "redirecting",
    finds: "An ErrorDocument that is a whole URL.",
    why: "The visitor is redirected: programs and search engines get 302 in the place of the error.",
    help: "name a page of the site by its path: `ErrorDocument 404 /404.html`",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
ErrorDocument 404 http://www.example.org/404.html
"##,
        files: &["/srv/www/404.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
ErrorDocument 404 /404.html
"##,
        files: &["/srv/www/404.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["ErrorDocument"]) {
        let words = line.words();
        let [status, target] = words.as_slice() else { continue };
        let url = [&b"http://"[..], b"https://"].iter().any(|scheme| target.to_ascii_lowercase().starts_with(scheme));
        if !url {
            continue;
        }
        let message = format!("the error {status} becomes a redirect to `{target}`");
        let seen = facts.asked.as_ref().and_then(|asked| {
            let leads = |seen: &&crate::lint::facts::Seen| {
                let location = seen.outcome.leads_to();
                location.is_some_and(|l| l.as_bytes() == target.as_bytes())
                    && asked.needs(&seen.ask, &seen.outcome, &[line.span()])
            };
            asked.pool.iter().filter(|seen| seen.outcome.leads_to().is_some()).take(400).find(leads)
        });
        found.push(match seen {
            Some(seen) => rule.seen(line.span(), message, seen),
            None => rule.at(line.span(), message),
        });
    }
    found
}
