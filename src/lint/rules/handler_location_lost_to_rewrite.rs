//! `handler-location-lost-to-rewrite`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, is_named};
use crate::lint::lines::{below, matching};
use crate::lint::rewriting::rewrites;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::search::space::LOCAL;
use crate::search::vary::Vary;
use crate::site::{Directive, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "handler-location-lost-to-rewrite",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "A Location sets a handler for a URL that a rewrite rule leads elsewhere.",
    why: "The URL names no file, so a front controller takes it: the handler is never asked.",
    help: "except the URL from the rule: `RewriteCond %{REQUEST_URI} !=/server-status`",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
<Location /server-status>
  SetHandler server-status
</Location>
<Directory /srv/www>
  Require all granted
  RewriteEngine On
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteRule . /index.html [L]
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Location /server-status>
  SetHandler server-status
</Location>
<Directory /srv/www>
  Require all granted
  RewriteEngine On
  RewriteCond %{REQUEST_URI} !=/server-status
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteRule . /index.html [L]
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for section in facts.named(&["Location", "LocationMatch"]) {
        let own = |d: &&Directive<'_>| is_named(d, &["SetHandler"]) && !names_none(d);
        let Some(handler) = facts.within(section).find(own) else { continue };
        for ask in asks(asked, section) {
            let Some(line) = lost(asked, &ask, handler.span()) else { continue };
            let seen = asked.ask(ask);
            let message = format!("`{}` never gets its handler: a rewrite rule leads it elsewhere", seen.ask.path);
            let finding = rule.seen(section.span(), message, &seen).related(line, "this rule takes it");
            let fix = fix(facts, &finding, section, line);
            found.push(Finding { fix, ..finding });
            break;
        }
    }
    found
}

/// A condition more, which excepts the section's URL from the rule; none where that is in an .htaccess file, which others may
/// write.
fn fix(facts: &Facts<'_>, finding: &Finding, section: &Directive<'_>, line: Span) -> Option<Fix> {
    let rules = rewrites(facts);
    let rule = rules.iter().find(|rule| rule.span() == line).filter(|_| !facts.site.is_htaccess(line.file))?;
    let words = section.words();
    let test = match words.as_slice() {
        [url] if is_named(section, &["Location"]) => format!("!={}", url.to_str().ok()?),
        [pattern] | [_, pattern] => format!("!{}", pattern.to_str().ok()?),
        _ => return None,
    };
    if test.contains(['"', ' ', '%']) {
        return None;
    }
    let own = finding.witness.as_ref()?.0.path.clone();
    let first = rule.conditions.first().map_or(line, |condition| condition.span());
    let text = format!("RewriteCond %{{REQUEST_URI}} {test}");
    let edits = vec![edits::above(facts.site.sources(), first, &text)];
    let handler = facts.within(section).find(|d| is_named(d, &["SetHandler"]))?.words().into_iter().next()?;
    let asks =
        |then: &crate::outcome::Outcome| then.handler.as_deref().is_some_and(|h| h.as_bytes() == handler.as_slice());
    let trial = Trial {
        message: "except the URL from the rule",
        edits,
        gone: &|then| asks(then) || then.status == 403,
        meant: &|seen, then| asks(then) || seen.ask.path == own,
    };
    trial.fix(facts, finding)
}

fn names_none(line: &Directive<'_>) -> bool {
    line.words()
        .first()
        .is_none_or(|word| [&b"none"[..], b"default-handler"].iter().any(|none| word.eq_ignore_ascii_case(none)))
}

/// Requests for the section's URL, by whom it may be for.
fn asks(asked: &Asked<'_>, section: &Directive<'_>) -> Vec<Ask> {
    let words = section.words();
    let url = match words.as_slice() {
        [pattern] if is_named(section, &["LocationMatch"]) => matching(asked, pattern),
        [tilde, pattern] if *tilde == "~" => matching(asked, pattern),
        [url] if url.len() > 1 => below(url).into_iter().next(),
        _ => None,
    };
    let (Some(url), doors) = (url, asked.doors(section).take(3)) else { return Vec::new() };
    let mut found = Vec::new();
    for door in doors {
        let ask = door.ask(&url);
        let clients = asked.ground.search.varied.iter().filter(|vary| matches!(vary, Vary::Client(_))).take(4);
        found.extend(clients.map(|vary| vary.of(&ask)));
        found.insert(0, Ask { client: Some(LOCAL), ..ask.clone() });
        found.insert(0, ask);
    }
    found
}

/// The rule without which a handler would be asked that now isn't.
fn lost(asked: &Asked<'_>, ask: &Ask, handler: Span) -> Option<Span> {
    let sources = asked.ground.search.run.sources();
    let seen = asked.ask(ask.clone());
    let rules: Vec<Span> = seen
        .outcome
        .decided_by
        .iter()
        .map(|decision| decision.span)
        .filter(|line| sources.directive_name(*line).eq_ignore_ascii_case("RewriteRule"))
        .collect();
    let rule = rules.into_iter().next()?;
    if asked.needs(ask, &seen.outcome, &[handler]) {
        return None;
    }
    let request = ask.request();
    let (free, neither) = (asked.without(&[rule])?.ask(&request), asked.without(&[rule, handler])?.ask(&request));
    // what is redirected on purpose goes there whatever the handler
    let redirects = (300..400).contains(&seen.outcome.status);
    let counts = free.status != 404 && differ(&free, &neither).is_some();
    (!redirects && counts && differ(&seen.outcome, &free).is_some()).then_some(rule)
}
