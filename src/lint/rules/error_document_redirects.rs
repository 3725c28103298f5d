//! `error-document-redirects`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, in_word};
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::shown::{How, Thing, behind};
use crate::site::{Directive, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "error-document-redirects",
    level: Severity::Note,
    group: "redirecting",
    finds: "An ErrorDocument that is a whole URL.",
    why: "The visitor is redirected: programs and search engines get 302 in the place of the error.",
    help: "name a page of the site by its path: `ErrorDocument 404 /404.html`",
    safe: Some(false),
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
            Some(seen) => {
                let finding = rule.seen(line.span(), message, seen);
                Finding { fix: fix(facts, &finding, &line), ..finding }
            }
            None => rule.at(line.span(), message),
        });
    }
    found
}

/// The page by its path, where the site has it.
fn fix(facts: &Facts<'_>, finding: &Finding, line: &Directive<'_>) -> Option<Fix> {
    let words = line.words();
    let (_, rest) = words.get(1)?.split_once_str("://")?;
    let (host, page) = (rest.split_once_str("/")?.0, &rest[rest.find_byte(b'/')?..]);
    let page = page.to_str().ok().filter(|page| !page.contains(['"', '%', '?', '#', ' ']))?;
    // the page of another server is not this one's, where both have names
    let named: Vec<_> = facts.named(&["ServerName", "ServerAlias"]).flat_map(|d| d.words()).collect();
    let bare = |name: &[u8]| name.split(|b| *b == b':').next().unwrap_or_default().to_ascii_lowercase();
    if !named.is_empty() && !named.iter().any(|name| bare(name) == bare(host)) || !is_named(line, &["ErrorDocument"]) {
        return None;
    }
    let status: u16 = words.first()?.to_str().ok()?.parse().ok()?;
    let edits = vec![in_word(facts.site.sources(), line, 1, |_| Some(page.to_string()))?];
    let before = finding.line;
    let trial = Trial {
        message: "name the page by its path",
        edits,
        gone: &|then| {
            let there = matches!(behind(facts.site, then), Some((Thing::File(_), How::Static | How::Program)));
            then.status == status && there && then.leads_to().is_none()
        },
        meant: &|seen, then| then.status == status && seen.outcome.decided_by.iter().any(|d| d.span == before),
    };
    trial.guess(facts, finding)
}
