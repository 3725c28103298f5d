//! `redirect-sends-decoded-path`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::marks::{has, in_path};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::site::{Edit, Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "redirect-sends-decoded-path",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A redirect with [NE] carries on the path, or a group of it.",
    why: "The path is decoded, and NE sends it so: what is `%23` in the URL is `#` in Location, where a fragment begins, and `%25` is a `%` that stands for nothing.",
    help: "take [NE] out: the query is kept as it is without it; where the target has escapes of its own, add [B]",
    safe: Some(true),
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine on
  # finding
  RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]
</VirtualHost>
"##,
        files: &[],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine on
  RewriteRule ^/item/([0-9]+)$ https://www.example.com/shop#$1 [NE,R=permanent,L]
  RewriteRule ^/old/([a-z]+)$ https://www.example.com/%7Enew/$1 [NE,R=permanent,L]
  RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,R=permanent]
</VirtualHost>
"##,
        files: &[],
    },
    find,
};

const NE: [&str; 2] = ["ne", "noescape"];
/// What is asked for, what of it stands in Location where it is sent decoded, and as it should, and what that comes to.
const MARKS: [(&str, &str, &str, &str); 2] = [
    ("%23a", "#a", "%23a", "what is behind `#` is no part of the path there"),
    ("100%25", "100%", "100%25", "a `%` that begins no escape is no URL"),
];
/// How many rules of a place, and how many requests of each, are looked at.
const RULES: usize = 60;
const ASKED: usize = 8;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let all = rewrites(facts);
    let mut found = Vec::new();
    for rules in Rewrite::by_place(all.iter().filter(|rewrite| is_carried(rewrite))) {
        // escapes of the target's own need NE
        let edit = |rewrite: &Rewrite<'_>| match has_escape(&rewrite.output) {
            true => Some(rewrite.with_flag(sources, "B")),
            false => rewrite.without_flag(sources, &NE),
        };
        let rules = rules.into_iter().take(RULES);
        let shown = Rewrite::harmful(asked, rules, edit, |rewrite, other| sent(asked, rewrite, other));
        let Some((first, _, (seen, why))) = shown.first() else { continue };
        let to = seen.outcome.location.clone().unwrap_or_default();
        let message = format!("`{}` is sent to `{to}`: [NE] leaves the path decoded, and {why}", seen.ask.path);
        let mut finding = rule.seen(first.span(), message, seen);
        finding.related.extend(shown[1..].iter().map(|(rewrite, ..)| (rewrite.span(), "so does this one".into())));
        if !shown.iter().any(|(rewrite, ..)| has_escape(&rewrite.output)) {
            let edits: Vec<Edit> = shown.into_iter().map(|(_, edit, ..)| edit).collect();
            let safe = asked.changed(&edits).is_some_and(|other| asked.changes_only(&other, is_harmed));
            let safety = Safety::safe_if(safe);
            finding.fix = Some(Fix { message: "take [NE] out".into(), safety, edits });
        }
        found.push(finding);
    }
    found
}

/// Whether a rule may carry the path on into Location as it is.
fn is_carried(rewrite: &Rewrite<'_>) -> bool {
    let output = rewrite.output.as_slice();
    rewrite.redirects()
        && rewrite.has(&NE)
        && !rewrite.has(&["b", "bctls"])
        && !matches!(rewrite.level, Level::Section)
        // a fragment is why NE is there
        && !output.contains(&b'#')
        && output.windows(2).any(|pair| matches!(pair, [b'$', b'0'..=b'9'] | [b'%', b'0'..=b'9' | b'{']))
}

/// Whether a target has a `%` with two digits of its own: one of a back-reference is `%1`.
fn has_escape(output: &[u8]) -> bool {
    output.windows(3).any(|three| three[0] == b'%' && three[1..].iter().all(u8::is_ascii_hexdigit))
        || output.contains_str("\\%")
}

/// A request whose path is sent on decoded, and not where the rule is changed; and what comes of it.
fn sent(asked: &Asked<'_>, rewrite: &Rewrite<'_>, other: &Run) -> Option<(Seen, &'static str)> {
    let line = rewrite.span();
    let about = asked.about(line);
    let own: Vec<&Seen> = about.iter().filter(|seen| seen.met.contains(&line)).take(ASKED).collect();
    MARKS.iter().find_map(|(mark, raw, right, why)| {
        let mut asks = own.iter().flat_map(|seen| in_path(seen, mark));
        let seen = asks.find_map(|ask| {
            let seen = asked.ask(ask);
            let to = |outcome: &Outcome| outcome.leads_to().cloned();
            let is = has(to(&seen.outcome).as_ref(), raw) && !has(to(&seen.outcome).as_ref(), right);
            let shown = is && has(to(&other.ask(&seen.ask.request())).as_ref(), right);
            (shown && seen.met.contains(&line)).then_some(seen)
        })?;
        Some((seen, *why))
    })
}

/// Whether what is sent may have been decoded, or couldn't be sent at all.
fn is_harmed(outcome: &Outcome) -> bool {
    let odd = |byte: &u8| !byte.is_ascii_graphic() || b"#%\"<>\\^`{|}".contains(byte);
    let raw = |to: &BString| to.iter().any(odd);
    outcome.status == 500 || outcome.location.as_ref().is_some_and(raw)
}
