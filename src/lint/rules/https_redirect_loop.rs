//! `https-redirect-loop`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::rewriting::rewrites;
use crate::lint::{Example, Finding, Rule};
use crate::site::Fix;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "https-redirect-loop",
    level: Severity::Warning,
    group: "redirecting",
    finds: "A redirect to https on the port that a front end talks to after it has taken TLS off, without a look at what the front end says.",
    why: "Each request comes in as http, also the one that follows the redirect: it never ends.",
    help: "redirect only without the front end's header: `RewriteCond %{HTTP:X-Forwarded-Proto} !=https`",
    safe: Some(false),
    bad: Example {
        config: r##"Listen 80
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RemoteIPHeader X-Forwarded-For
RewriteEngine on
RewriteCond %{HTTPS} !=on
# finding
RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"Listen 80
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RemoteIPHeader X-Forwarded-For
RewriteEngine on
RewriteCond %{HTTP:X-Forwarded-Proto} !=https
RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// What a front end says of a request that came to it by TLS.
const SAID: [(&str, &str); 4] =
    [("X-Forwarded-Proto", "https"), ("X-Forwarded-SSL", "on"), ("X-Forwarded-Port", "443"), ("Front-End-Https", "on")];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    // no server of its own speaks TLS, and something speaks of a front end
    let tls = facts.everywhere().any(|(line, _)| {
        let words = line.words();
        is_named(&line, &["SSLEngine"]) && words.iter().any(|w| !w.eq_ignore_ascii_case(b"off"))
            || is_named(&line, &["Listen"]) && words.get(1).is_some_and(|w| w.eq_ignore_ascii_case(b"https"))
            || is_named(&line, &["MDomain", "MDomainSet"])
    });
    let stock = facts.directives.iter().any(|line| !facts.site.is_own(line.span().file));
    let front = facts.everywhere().any(|(line, _)| {
        is_named(&line, &["RemoteIPHeader", "RemoteIPProxyProtocol"])
            || line.args().to_ascii_lowercase().contains_str("x-forwarded-")
    });
    if tls || stock || !front {
        return Vec::new();
    }
    let mut found: Vec<Finding> = Vec::new();
    for (line, _) in facts.anywhere(&["RewriteRule", "Redirect", "RedirectMatch", "RedirectPermanent", "RedirectTemp"])
    {
        let span = line.span();
        let https = line.words().iter().any(|word| word.to_ascii_lowercase().starts_with(b"https://"));
        if !https {
            continue;
        }
        let turns = |seen: &Seen| {
            let itself = format!("https://{}{}", seen.ask.host, seen.ask.path);
            seen.outcome.leads_to().is_some_and(|location| location.as_bytes() == itself.as_bytes())
                && seen.outcome.decided_by.iter().any(|d| d.span == span)
        };
        let about = asked.about(span);
        let again = about.iter().filter(|seen| turns(seen)).take(3).find_map(|seen| {
            // whatever a front end may say
            let ask = SAID.iter().fold(seen.ask.clone(), |ask, (name, value)| ask.with_header(name, value));
            let again = asked.ask(ask);
            turns(&again).then(|| asked.ask(seen.ask.clone().with_header(SAID[0].0, SAID[0].1)))
        });
        let Some(seen) = again.filter(|seen| asked.needs(&seen.ask, &seen.outcome, &[span])) else { continue };
        let message = format!("behind a front end that takes TLS off, `{}` is redirected to itself", seen.ask.path);
        let finding = rule.seen(span, message, &seen);
        let fix = fix(facts, &finding);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// A condition more before the rule: what came in by TLS stays.
fn fix(facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
    let rules = rewrites(facts);
    let rule = rules.iter().find(|rule| rule.span() == finding.line)?;
    let first = rule.conditions.first().map_or(finding.line, |condition| condition.span());
    let (line, said) = (finding.line, "RewriteCond %{HTTP:X-Forwarded-Proto} !=https");
    let by_tls = |seen: &Seen| seen.ask.headers.iter().any(|(name, value)| (name.as_str(), value.as_str()) == SAID[0]);
    let trial = Trial {
        message: "redirect only what did not come in by TLS",
        edits: vec![edits::above(facts.site.sources(), first, said)],
        gone: &|then| !then.leads_to().is_some_and(|location| location.starts_with(b"https://")),
        meant: &|seen, _| by_tls(seen) && seen.outcome.decided_by.iter().any(|d| d.span == line),
    };
    trial.guess(facts, finding)
}
