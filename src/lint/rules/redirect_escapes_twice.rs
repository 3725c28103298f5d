//! `redirect-escapes-twice`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::marks::{has, in_path, in_query};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::site::{Edit, Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "redirect-escapes-twice",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A redirect without [NE] has a part of the query, or of the request line, in its target, or adds the query to its own by QSA.",
    why: "These are as sent, and mod_rewrite escapes the target once more: `%C3%B6` becomes `%25C3%25B6`, which is another name.",
    help: "add [NE], and [B] with it where a group of the path is in the target, which needs to be escaped",
    safe: Some(true),
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine on
  RewriteCond %{QUERY_STRING} ^title=([^&]+)$
  # finding
  RewriteRule ^/show$ https://www.example.com/page?name=%1 [R=301,L]
</VirtualHost>
"##,
        files: &[],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine on
  RewriteCond %{QUERY_STRING} ^id=([0-9]+)$
  RewriteRule ^/show$ https://www.example.com/page?id=%1 [R=301,L]
  RewriteRule ^/find$ https://www.example.com/search?%{QUERY_STRING} [R=301,L]
  RewriteRule ^/look$ https://www.example.com/search [R=301,QSA,L]
  # an address in a parameter is escaped once more, and should be
  RewriteRule ^/members https://login.example.com/?back=%{REQUEST_URI}?%{QUERY_STRING} [R,L]
</VirtualHost>
"##,
        files: &[],
    },
    find,
};

/// What is asked for, what becomes of it in Location, and what should.
const IN_QUERY: (&str, &str, &str) = ("K%C3%B6ln", "K%25C3%25B6ln", "K%C3%B6ln");
const IN_PATH: (&str, &str, &str) = ("a%20b", "a%2520b", "a%20b");
/// Pages that a rule about the request line may be for.
const PAGES: [&str; 6] = ["/a.php", "/a.html", "/index.php", "/a/index.php", "/a/", "/a"];
/// How many rules of a place, and how many requests of each, are looked at.
const RULES: usize = 60;
const ASKED: usize = 8;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let all = rewrites(facts);
    let mut found = Vec::new();
    for rules in Rewrite::by_place(all.iter().filter(|rewrite| is_carried(rewrite))) {
        let shown = Rewrite::harmful(
            asked,
            rules.into_iter().take(RULES),
            |rewrite| Some(rewrite.with_flag(sources, "NE")),
            |rewrite, other| twice(asked, rewrite, other),
        );
        let Some((first, _, seen)) = shown.first() else { continue };
        let asked_for = match &seen.ask.query {
            Some(query) => format!("{}?{query}", seen.ask.path),
            None => seen.ask.path.clone(),
        };
        let to = seen.outcome.location.clone().unwrap_or_default();
        let message = format!("`{asked_for}` is sent to `{to}`: what is escaped already is escaped once more");
        let mut finding = rule.seen(first.span(), message, seen);
        finding.related.extend(shown[1..].iter().map(|(rewrite, ..)| (rewrite.span(), "so does this one".into())));
        if !shown.iter().any(|(rewrite, ..)| has_path(&rewrite.output)) {
            let edits: Vec<Edit> = shown.into_iter().map(|(_, edit, _)| edit).collect();
            let safe = asked.changed(&edits).is_some_and(|other| asked.changes_only(&other, is_harmed));
            let safety = Safety::safe_if(safe);
            finding.fix = Some(Fix { message: "add [NE]".into(), safety, edits });
        }
        found.push(finding);
    }
    found
}

/// Whether a rule may escape its target once more.
fn is_carried(rewrite: &Rewrite<'_>) -> bool {
    let output = rewrite.output.as_slice();
    let refers = output.windows(2).any(|pair| matches!(pair, [b'%', b'0'..=b'9' | b'{']));
    let adds = output.contains(&b'?') && rewrite.has(&["qsa", "qsappend"]);
    rewrite.redirects()
        && (refers || adds)
        && !rewrite.has(&["ne", "noescape"])
        && !matches!(rewrite.level, Level::Section)
        && !has_address(output)
}

/// Whether a parameter of the target's query is an address, which is to be escaped for its own sake.
fn has_address(output: &[u8]) -> bool {
    let Some((_, query)) = output.split_once_str("?") else { return false };
    let upper = query.to_ascii_uppercase();
    let variable = ["=%{REQUEST_URI}", "=/", "=$0"].iter().any(|part| upper.contains_str(part));
    variable
        || query.contains(&b'?')
        || query.contains_str("://")
        || upper.contains_str("=%{HTTP")
        || upper.contains_str("%3A%2F%2F")
}

/// Whether a target has a part of the path, which is decoded.
fn has_path(output: &[u8]) -> bool {
    output.to_ascii_uppercase().contains_str("%{REQUEST_URI}")
        || output.windows(2).any(|pair| matches!(pair, [b'$', b'0'..=b'9']))
}

/// A request of which something is escaped twice, and once where the rule is changed.
fn twice(asked: &Asked<'_>, rewrite: &Rewrite<'_>, other: &Run) -> Option<Seen> {
    let line = rewrite.span();
    let about = asked.about(line);
    let own: Vec<&Seen> = about.iter().filter(|seen| seen.met.contains(&line)).take(ASKED).collect();
    let shown = |ask: Ask, (_, twice, once): (&str, &str, &str)| {
        let seen = asked.ask(ask);
        let to = |outcome: &Outcome| outcome.leads_to().cloned();
        let then = || to(&other.ask(&seen.ask.request()));
        let decides = seen.outcome.decided_by.iter().any(|decision| decision.span == line);
        // one that leads nowhere, as a variable of it is empty, has another fault
        let astray = to(&seen.outcome).is_some_and(|to| to.contains_str("/://"));
        let is = decides && !astray && has(to(&seen.outcome).as_ref(), twice);
        (is && has(then().as_ref(), once)).then_some(seen)
    };
    let queries = own.iter().flat_map(|seen| in_query(seen, IN_QUERY.0)).find_map(|ask| shown(ask, IN_QUERY));
    queries.or_else(|| {
        let by_line = |d: &crate::site::Directive<'_>| {
            d.words().first().is_some_and(|test| test.to_ascii_uppercase().contains_str("%{THE_REQUEST}"))
        };
        if !rewrite.conditions.iter().any(by_line) {
            return None;
        }
        let doors: Vec<_> = asked.doors(&rewrite.line).take(3).collect();
        let pages = PAGES.iter().flat_map(|page| doors.iter().map(|door| asked.ask(door.ask(page))));
        let all: Vec<Seen> = own.iter().map(|seen| (*seen).clone()).chain(pages).collect();
        all.iter().flat_map(|seen| in_path(seen, IN_PATH.0)).find_map(|ask| shown(ask, IN_PATH))
    })
}

fn is_harmed(outcome: &Outcome) -> bool {
    outcome.location.as_ref().is_some_and(|to: &BString| to.contains_str("%25"))
}
