//! `both-access-systems`

use super::access::{Block, blocks, says};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "both-access-systems",
    level: Severity::Error,
    group: "2.2 to 2.4",
    finds: "Order, Allow and Deny stand beside or below Require.",
    why: "Both must agree: `Allow from all` does not open what `Require all denied` shuts, nor the reverse.",
    help: "write Require in place of Order, Allow and Deny",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory />
  Require all denied
</Directory>
<Directory /srv/www>
  # finding
  Order allow,deny
  Allow from all
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory />
  Order deny,allow
  Deny from all
</Directory>
<Directory /srv/www>
  Order allow,deny
  Allow from all
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// How many refused requests are asked.
const REQUESTS: usize = 200;
const OLD: [&str; 3] = ["Order", "Allow", "Deny"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let refused = |code| {
        let is = move |seen: &&Seen| seen.outcome.status == 403 && seen.outcome.log == Some(code);
        asked.pool.iter().filter(is).take(REQUESTS).collect::<Vec<_>>()
    };
    let (by_new, by_old) = (refused("AH01630"), refused("AH01797"));
    if by_new.is_empty() && by_old.is_empty() {
        return Vec::new();
    }
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let blocks = blocks(facts, &all);
    let mut found: Vec<Finding> = Vec::new();
    for block in &blocks {
        let old = block.named(&OLD);
        if let Some(one) = grant_in_vain(rule, facts, asked, &all, block, &old, &by_new) {
            found.push(one);
        } else if let Some(one) = denial_left_over(rule, facts, asked, &all, block, &old, &by_old)
            && found.iter().all(|other| other.line != one.line)
        {
            found.push(one);
        }
    }
    found
}

/// The line by which a request is refused.
fn refusing<'a, 'd>(all: &'a [Directive<'d>], seen: &Seen) -> Vec<&'a Directive<'d>> {
    let lines: Vec<Span> = seen.outcome.decided_by.iter().map(|d| d.span).collect();
    all.iter().filter(|d| lines.contains(&d.span()) && !d.is_section()).collect()
}

/// `Allow` where a Require of an outer section, or of the same, denies.
fn grant_in_vain(
    rule: &Rule,
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    all: &[Directive<'_>],
    block: &Block<'_, '_>,
    old: &[&Directive<'_>],
    refused: &[&Seen],
) -> Option<Finding> {
    refused.first()?;
    let allow = old.iter().find(|d| says(d, "Allow", &["from", "all"]))?;
    let denies =
        old.iter().any(|d| says(d, "Deny", &["from"])) && !old.iter().any(|d| says(d, "Order", &["deny,allow"]));
    let own = block.named(&["Require", "RequireAll", "RequireAny", "RequireNone", "Satisfy"]);
    if denies || own.iter().any(|d| !says(d, "Require", &["all", "denied"])) {
        return None;
    }
    let first = old.first()?;
    let edits = instead(facts, old, "Require all granted");
    let mended = asked.changed(&edits)?;
    let seen = refused.iter().find(|seen| {
        // what everybody is denied, and not what is for some
        let lines = refusing(all, seen);
        let denied = lines.iter().any(|d| says(d, "Require", &["all", "denied"]));
        denied && asked.gives(&seen.ask, &mended.ask(&seen.ask.request())).is_some()
    })?;
    let lines = refusing(all, seen);
    let denial = lines.iter().find(|d| says(d, "Require", &["all", "denied"]))?;
    let message = "`Allow from all` doesn't open what `Require all denied` shuts: both access systems must agree";
    let fix = Fix { message: "write `Require all granted`".into(), safety: Safety::Unsafe, edits };
    let finding = rule.seen(first.span(), message, seen).related(denial.span(), "this denies it");
    let finding =
        if allow.span() == first.span() { finding } else { finding.related(allow.span(), "this is without effect") };
    Some(Finding { fix: Some(fix), ..finding })
}

/// `Deny from all` where a later section, or the same, grants by Require.
fn denial_left_over(
    rule: &Rule,
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    all: &[Directive<'_>],
    block: &Block<'_, '_>,
    old: &[&Directive<'_>],
    refused: &[&Seen],
) -> Option<Finding> {
    refused.first()?;
    let grant = *block.named(&["Require"]).iter().find(|d| says(d, "Require", &["all", "granted"]))?;
    if old.is_empty() {
        // an outer section's denial is left over, where this one grants
        let text = "Require all granted\nOrder allow,deny\nAllow from all";
        let lines = facts.site.sources().text(grant.span()).find_iter("\n").count();
        let opened = asked.changed(&[Edit::replace(grant.span(), format!("{text}{}", "\n".repeat(lines)))])?;
        let seen = refused.iter().find(|seen| asked.gives(&seen.ask, &opened.ask(&seen.ask.request())).is_some())?;
        let lines = refusing(all, seen);
        let denial = lines.iter().find(|d| OLD.iter().any(|name| d.name().eq_ignore_ascii_case(name.as_bytes())))?;
        let message = "`Require all granted` further in doesn't open what this denies: both access systems must agree";
        return Some(rule.seen(denial.span(), message, seen).related(grant.span(), "this is without effect"));
    }
    let first = old.first()?;
    let spans: Vec<Span> = old.iter().map(|d| d.span()).collect();
    let mended = asked.without(&spans)?;
    let seen = refused.iter().find(|seen| {
        let lines = refusing(all, seen);
        lines.iter().any(|d| spans.contains(&d.span()))
            && asked.gives(&seen.ask, &mended.ask(&seen.ask.request())).is_some()
    })?;
    // a denial of some is one that is meant
    if !old.iter().any(|d| says(d, "Deny", &["from", "all"])) || old.iter().any(|d| says(d, "Allow", &["from"])) {
        return None;
    }
    let message = "this denies what `Require all granted` beside it opens: both access systems must agree";
    Some(rule.seen(first.span(), message, seen).related(grant.span(), "this is without effect"))
}

/// A line in place of the first of some, and nothing in place of the others.
fn instead(facts: &Facts<'_>, old: &[&Directive<'_>], text: &str) -> Vec<Edit> {
    let spans: Vec<Span> = old.iter().map(|d| d.span()).collect();
    let mut edits = facts.site.blanks(&spans);
    if let Some(first) = edits.first_mut() {
        first.text = [text.as_bytes(), &first.text].concat().into();
    }
    edits
}
