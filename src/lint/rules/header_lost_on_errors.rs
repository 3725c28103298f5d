//! `header-lost-on-errors`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts};
use crate::lint::lines::Urls;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::{Ask, escaped};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::{FileId, Span};
use bstr::BString;

pub(super) static RULE: Rule = Rule {
    name: "header-lost-on-errors",
    level: Severity::Note,
    group: "headers",
    finds: "A header that protects visitors is set without `always`, so that error pages lack it.",
    why: "`Header set` works on answers that go well. httpd's own pages for errors have what `Header always` lines say.",
    help: "write `Header always set`; where an application sets the header itself, look that it isn't sent twice",
    safe: Some(false),
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  # finding
  Header set X-Frame-Options DENY
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  Header always set X-Frame-Options DENY
  Header set X-Build 42
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// Headers that pages need whatever their status.
const PROTECTING: [&str; 7] = [
    "content-security-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
];

/// A request for a page that isn't there, where the line holds.
fn missing(asked: &Asked<'_>, line: &Directive<'_>, htaccess: Option<&BString>) -> Option<Ask> {
    let door = asked.doors(line).next()?;
    if let Some(directory) = htaccess {
        let page = [directory.as_slice(), b"no-such-page"].concat();
        let ways = asked.ground.routes.to(&page);
        return ways.iter().find(|way| way.scope.takes(door)).map(|way| way.ask(door));
    }
    let below = match Urls::of(line) {
        Some(Urls::Prefix(url)) => escaped(url.strip_suffix(b"/").unwrap_or(&url)),
        _ => String::new(),
    };
    Some(door.ask(&format!("{below}/no-such-page")))
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let run = asked.ground.search.run.fork().with_response();
    let mut found: Vec<((FileId, Option<Span>), Finding)> = Vec::new();
    for (line, htaccess) in facts.anywhere(&["Header"]) {
        let words = line.words();
        let [action, name, ..] = words.as_slice() else { continue };
        let protects = |name: &[u8]| PROTECTING.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
        if !(action.eq_ignore_ascii_case(b"set") && protects(name)) {
            continue;
        }
        // what goes for several headers of one section is one thing to say
        let section = (line.span().file, line.parents().last().map(|(_, span)| span));
        if let Some((_, first)) = found.iter_mut().find(|(other, _)| *other == section) {
            first.related.push((line.span(), "so is this one".into()));
            continue;
        }
        let Some(ask) = missing(asked, &line, htaccess) else { continue };
        let has = |outcome: &Outcome| {
            let headers = outcome.response.as_ref().map(|response| &response.headers);
            headers.is_some_and(|all| all.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)))
        };
        let lost = run.ask(&ask.request());
        if lost.status < 400 || has(&lost) {
            continue;
        }
        let place = line.arg_span(facts.site.sources(), 0);
        let edits = vec![Edit::replace(Span { end: place.start, ..place }, "always ")];
        let mended = asked.changed(&edits).map(|run| run.fork().with_response().ask(&ask.request()));
        if mended.is_some_and(|outcome| has(&outcome)) {
            let message = format!("error pages lack `{name}`: it is set without `always`");
            let fix = Fix { message: "set it always".into(), safety: Safety::Unsafe, edits };
            let shown = rule.shown(line.span(), message, &ask, &lost);
            found.push((section, Finding { fix: Some(fix), ..shown }));
        }
    }
    found.into_iter().map(|(_, finding)| finding).collect()
}
