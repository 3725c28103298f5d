//! `redirect-after-rewrite-in-folder`

use crate::diagnostic::Severity;
use crate::lint::edits::escaped;
use crate::lint::edits::{Trial, above};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::lines::is_status;
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::decoded;
use crate::search::points::{Of, Point, rewritten};
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "redirect-after-rewrite-in-folder",
    level: Severity::Note,
    group: "redirecting",
    finds: "A Redirect and a RewriteRule of a directory are for the same URL.",
    why: "Both are carried out: the redirect of the URL as it was asked for wins, with the query that the rule has made.",
    help: "write both as RewriteRule, in the order that is meant",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteRule ^old$ page.html?from=old
  # finding
  Redirect 301 /old /new
</Directory>
"##,
        files: &["/srv/www/page.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteRule ^older$ page.html?from=old
  Redirect 301 /old /new
</Directory>
"##,
        files: &["/srv/www/page.html"],
    },
    find,
};

/// How many rules are held against a redirect.
const RULES: usize = 24;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all = rewrites(facts);
    let local: Vec<_> = all.iter().filter(|r| r.is_local() && !matches!(r.level, Level::Server)).collect();
    let mut found = Vec::new();
    if local.is_empty() {
        return found;
    }
    for (line, _) in facts.anywhere(&["Redirect", "RedirectMatch", "RedirectPermanent", "RedirectTemp"]) {
        let span = line.span();
        let by =
            |seen: &&Seen| seen.outcome.leads_to().is_some() && seen.outcome.decided_by.iter().any(|d| d.span == span);
        let mut about: Vec<Seen> = asked.about(span).iter().filter(by).take(8).cloned().collect();
        let joint = local.iter().take(RULES).flat_map(|rewrite| for_both(asked, span, rewrite));
        about.extend(joint.filter(|seen| by(&seen)));
        let both = about.iter().find_map(|seen| {
            let rewrite = local.iter().find(|r| seen.met.contains(&r.span()))?;
            // a front controller takes all URLs: what counts is what it leaves in the redirect
            let other = asked.without(&[rewrite.span()])?.ask(&seen.ask.request());
            let left = other.location != seen.outcome.location;
            (left || rewrite.conditions.is_empty()).then_some((seen, *rewrite, left, other))
        });
        let Some((seen, other, left, alone)) = both else { continue };
        let location = seen.outcome.leads_to().cloned().unwrap_or_default();
        let message = match left {
            true => format!("a RewriteRule works on the same URL, and leaves its query in the redirect: `{location}`"),
            false => format!("a RewriteRule works on the same URL, and this redirect to `{location}` wins"),
        };
        let finding = Finding { level: Severity::Note, ..rule.seen(span, message, seen) };
        let finding = finding.related(other.span(), "this rule works on it, too");
        let fix = as_rule(facts, asked, &finding, &line, other, &alone);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The redirect as a rule before the other one.
fn as_rule(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    finding: &Finding,
    line: &Directive<'_>,
    other: &Rewrite<'_>,
    alone: &Outcome,
) -> Option<Fix> {
    let Level::Directory(directory) = &other.level else { return None };
    let level = |d: &Directive<'_>| (d.span().file, d.parents().last().map(|(_, span)| span));
    if level(line) != level(&other.line) {
        return None;
    }
    let words = line.words();
    let at = words.len().checked_sub(2)?;
    let (path, target) = (words[at].to_str().ok()?, words[at + 1].to_str().ok()?);
    let status = match () {
        () if is_named(line, &["RedirectPermanent"]) => "301".to_string(),
        () if at == 0 => "302".into(),
        () => words[0].to_string().replace("seeother", "303"),
    };
    // in a rule these are something else
    let plain = |text: &str| !text.contains(['"', '%', '\\', ' ', '\t', '?', '#']);
    let by_pattern = is_named(line, &["RedirectMatch"]);
    if !plain(target) || target.contains('$') && !by_pattern || status == "gone" || !is_status(status.as_bytes()) {
        return None;
    }
    asked.ground.routes.to(directory.trim_end_with(|c| c == '/')).into_iter().find_map(|way| {
        let url = String::from_utf8(decoded(way.path.trim_end_matches('/'))).ok()?;
        let (pattern, target) = match by_pattern {
            true => (format!("^{}", path.strip_prefix(&format!("^{url}/"))?), target.to_string()),
            false => {
                let rest = path.strip_prefix(&format!("{url}/")).filter(|rest| plain(rest) && !rest.is_empty())?;
                let rest = escaped(rest.as_bytes());
                match rest.strip_suffix('/') {
                    Some(rest) => (format!("^{rest}/(.*)$"), format!("{target}$1")),
                    None => (format!("^{rest}(/.*)?$"), format!("{target}$1")),
                }
            }
        };
        let sources = facts.site.sources();
        let first = other.conditions.first().map_or(other.span(), |condition| condition.span());
        let text = format!("RewriteRule {pattern} {target} [R={status},L]");
        let edits = vec![above(sources, first, &text), Edit::delete(line.span())];
        let gone = |then: &Outcome| then.status == alone.status && then.location == alone.location;
        let meant = |_: &Seen, then: &Outcome| then.leads_to().is_some();
        Trial { message: "write the redirect as a rule", edits, gone: &gone, meant: &meant }.guess(facts, finding)
    })
}

/// Requests whose URL both lines are for.
fn for_both(asked: &Asked<'_>, redirect: Span, rewrite: &Rewrite<'_>) -> Vec<Seen> {
    let Level::Directory(directory) = &rewrite.level else { return Vec::new() };
    let search = &asked.ground.search;
    let ways = asked.ground.routes.to(directory.trim_end_with(|c| c == '/'));
    let urls = ways.iter().map(|way| decoded(way.path.trim_end_matches('/')));
    let icase = rewrite.has(&["nc", "nocase"]);
    let wants = urls.take(2).map(|url| {
        let url = [url.as_slice(), b"/"].concat();
        (Of::Path, rewritten(&rewrite.pattern, Some(&url), icase, !rewrite.not).1)
    });
    let points = wants.flat_map(|want| {
        search.points_of(redirect).take(2).map(move |point| {
            // a line of a directory asks for a file of it, too: the URL says more
            let path = point.wants.iter().filter(|(of, _)| !matches!(of, Of::File | Of::Name));
            Point { wants: path.cloned().chain([want.clone()]).collect(), image: None, ..point.clone() }
        })
    });
    let asks = points.flat_map(|point| search.asks_for(&point)).take(8);
    asks.map(|ask| asked.ask(ask)).collect()
}
