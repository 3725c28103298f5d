//! `anchor-for-first-branch`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::rewriting::Rewrite;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::compare::differ;
use crate::site::{Directive, Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "anchor-for-first-branch",
    level: Severity::Warning,
    group: "redirecting",
    finds: "A pattern of alternatives, `^/a|b`, has an anchor at the first one alone, and leads URLs somewhere.",
    why: "`|` binds less than anything else: the `^` is for the first branch, and the others match anywhere in a URL.",
    help: "put the alternatives in a group, as `^/(?:a|b)`",
    safe: Some(false),
    bad: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  # finding
  ProxyPassMatch ^/shop|cart http://127.0.0.1:8080
</VirtualHost>
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  ProxyPassMatch ^/(?:shop|cart) http://127.0.0.1:8080
  RedirectMatch ^/news|^/press https://news.example.com/
  AliasMatch ^/logo\.png|\.svg$ /srv/www/logo.png
</VirtualHost>
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

const NAMES: [&str; 6] =
    ["AliasMatch", "ProxyPassMatch", "RedirectMatch", "RewriteRule", "ScriptAliasMatch", "WSGIScriptAliasMatch"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&NAMES) {
        let Some((n, pattern)) = pattern(&line) else { continue };
        let branches = branches(&pattern);
        let loose = |branch: &&&[u8]| {
            let end = branch.ends_with(b"$") && !branch.ends_with(b"\\$");
            !branch.is_empty() && !branch.starts_with(b"^") && !branch.starts_with(b"(^") && !end
        };
        let [first, rest @ ..] = branches.as_slice() else { continue };
        let Some(branch) = rest.iter().find(loose).filter(|_| first.starts_with(b"^")) else { continue };
        let grouped = [b"^(?:", &pattern[1..], b")"].concat();
        let Some(edit) = Rewrite::with_text(&line, sources, n, &pattern, &grouped) else { continue };
        let Some(seen) = elsewhere(asked, &line, branch, &edit) else { continue };
        let message = format!(
            "`^` is for the first branch alone: `{}` matches anywhere, as in `{}`",
            branch.as_bstr(),
            seen.ask.path
        );
        let fix = Fix { message: "put the alternatives in a group".into(), safety: Safety::Unsafe, edits: vec![edit] };
        found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
    }
    found
}

/// The pattern of a line that leads URLs somewhere, and its place among the words.
fn pattern(line: &Directive<'_>) -> Option<(usize, BString)> {
    let words = line.words();
    let n = usize::from(is_named(line, &["RedirectMatch"]) && words.len() > 2);
    let leads = words.get(n + 1).is_some_and(|to| *to != "-" && *to != "!");
    words.get(n).filter(|_| leads).map(|pattern| (n, pattern.clone()))
}

/// The alternatives of a pattern that are in no group.
fn branches(pattern: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut start, mut depth, mut class, mut quoted) = (Vec::new(), 0, 0usize, false, false);
    for (at, byte) in pattern.iter().enumerate() {
        match byte {
            _ if quoted => quoted = false,
            b'\\' => quoted = true,
            b']' => class = false,
            _ if class => {}
            b'[' => class = true,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                found.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&pattern[start..]);
    found
}

/// A URL that has the branch within it, which the line takes, and would not take with the alternatives in a group.
fn elsewhere(asked: &Asked<'_>, line: &Directive<'_>, branch: &[u8], edit: &crate::site::Edit) -> Option<Seen> {
    let other = asked.changed(std::slice::from_ref(edit))?;
    let text = crate::lint::lines::matching(asked, &branch.into());
    let text = text.as_deref().unwrap_or_default().trim_start_matches('/').to_string();
    let literal = escaped(branch);
    let doors: Vec<_> = asked.doors(line).take(4).collect();
    let paths = [text, literal].into_iter().filter(|text| !text.is_empty());
    let paths = paths
        .flat_map(|text| [format!("/pictures/{text}.png"), format!("/pictures/{text}"), format!("/pictures/{text}/")]);
    let mut asks = paths.flat_map(|path| doors.iter().map(|door| door.ask(&path)).collect::<Vec<_>>());
    asks.find_map(|ask| {
        let seen = asked.ask(ask);
        let by = seen.met.contains(&line.span()) || seen.outcome.decided_by.iter().any(|d| d.span == line.span());
        (by && differ(&seen.outcome, &other.ask(&seen.ask.request())).is_some()).then_some(seen)
    })
}
