//! `error-document-denied`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::search::denial::refusing;
use crate::search::shown::{How, Thing, behind};
use crate::site::Fix;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "error-document-denied",
    level: Severity::Warning,
    group: "access control",
    finds: "An ErrorDocument lies where visitors are denied.",
    why: "httpd fetches the page by an internal redirect, which is held to the same rules: visitors get httpd's own page instead.",
    help: "open the directory of the pages: `<Location /errors> Require all granted </Location>` after the denial",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
ErrorDocument 403 /errors/403.html
<Location />
  Require all denied
</Location>
"##,
        files: &["/srv/www/errors/403.html", "/srv/www/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
ErrorDocument 403 /errors/403.html
<Location />
  Require all denied
</Location>
<Location /errors>
  Require all granted
</Location>
"##,
        files: &["/srv/www/errors/403.html", "/srv/www/a.txt"],
    },
    find,
};

/// A name that no file has.
const STRANGER: &str = "/zq-no-such-name";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.lines().filter(|d| is_named(d, &["ErrorDocument"])) {
        let words = line.words();
        let [status, page, ..] = words.as_slice() else { continue };
        let Some(status) = status.to_str().ok().and_then(|s| s.parse::<u16>().ok()) else { continue };
        let plain = page.starts_with(b"/") && page.find_byteset(b"\"%?#").is_none();
        let Some(page) = page.to_str().ok().filter(|_| plain) else { continue };
        let Some(seen) = failing(asked, line.span(), status) else { continue };
        // where everybody may have the page, it is the answer
        let open = "Require all granted\nOrder allow,deny\nAllow from all\nSatisfy any\n";
        let Some(edit) = asked.at_end(format!(
            "\n<LocationMatch \"^{}$\">\n{open}</LocationMatch>\n",
            crate::pattern::escaped(page.as_bytes())
        )) else {
            continue;
        };
        let Some(opened) = asked.changed(&[edit]) else { continue };
        // what tells the two pages from each other are their headers
        let request = seen.ask.request();
        let (own, other) =
            (asked.ground.search.run.fork().with_response().ask(&request), opened.fork().with_response().ask(&request));
        let is_page = matches!(behind(facts.site, &other), Some((Thing::File(_), How::Static | How::Program)));
        if is_page && other.status == own.status && differ(&own, &other).is_some() {
            let message = format!("visitors are denied `{page}` too: instead of it they get httpd's own page");
            let finding = rule.seen(line.span(), message, &seen);
            let fix = fix(facts, asked, &finding, page);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// The page alone opened, behind what denies it.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, page: &str) -> Option<Fix> {
    let (ask, own) = finding.witness.as_ref()?;
    let seen = asked.ask(ask.at(page));
    let lines = refusing(&asked.ground.search.run, &seen.outcome);
    let rule = facts.directives.iter().rev().find(|d| lines.contains(&d.span()))?;
    let header = format!("Location {}", edits::quoted(page.as_bytes())?);
    let text = edits::section(&header, &["Require all granted"]);
    let edits = vec![edits::below(facts.site.sources(), edits::outermost(rule, &facts.directives), &text)];
    let (now, then) = (asked.ground.search.run.fork(), asked.changed(&edits)?.fork());
    let request = ask.request();
    let (now, then) = (now.with_response().ask(&request), then.with_response().ask(&request));
    let is_page = matches!(behind(facts.site, &then), Some((Thing::File(_), How::Static | How::Program)));
    let status = own.status;
    let trial = Trial {
        message: "open the page",
        edits,
        gone: &|then| then.status == status,
        // that they get the page, or the page itself
        meant: &|seen, then| seen.ask.path == page || then.status == seen.outcome.status,
    };
    trial.guess(facts, finding).filter(|_| is_page && differ(&now, &then).is_some())
}

/// A request that ends with this status, and for which that line names the page.
fn failing(asked: &Asked<'_>, line: Span, status: u16) -> Option<Seen> {
    let is = |seen: &Seen| seen.outcome.status == status && seen.outcome.decided_by.iter().any(|d| d.span == line);
    let known = asked.pool.iter().find(|seen| is(seen)).map(|seen| asked.ask(seen.ask.clone()));
    known.or_else(|| {
        let mut missing = asked.ground.doors.iter().take(20).map(|door| asked.ask(door.ask(STRANGER)));
        missing.find(is)
    })
}
