//! `relative-redirect-shows-disk-path`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "relative-redirect-shows-disk-path",
    level: Severity::Error,
    group: "rewriting",
    finds: "A redirect of a directory's rules with a relative target, without RewriteBase.",
    why: "The target is put behind the directory's path on the disk, and the visitor is sent there: the page is not found, and the path is shown.",
    help: "write the whole path of the URL, or RewriteBase",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  # finding
  RewriteRule ^old$ new.html [R=301,L]
</Directory>
"##,
        files: &["/srv/www/new.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteBase /
  RewriteRule ^old$ new.html [R=301,L]
</Directory>
"##,
        files: &["/srv/www/new.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for rewrite in rewrites(facts) {
        let Level::Directory(directory) = &rewrite.level else { continue };
        if !rewrite.redirects() || rewrite.output.starts_with(b"/") || directory.len() < 2 {
            continue;
        }
        let line = rewrite.span();
        let about = asked.about(line);
        let mut about = about.iter().filter(|seen| seen.met.contains(&line));
        let Some(seen) = about.find(|seen| shows(seen, directory) && asked.needs(&seen.ask, &seen.outcome, &[line]))
        else {
            continue;
        };
        let target = seen.outcome.location.clone().unwrap_or_default();
        let message = format!("the visitor is sent to a path of the disk: `{target}`");
        let fix = fix(asked, facts, &rewrite, directory, seen);
        found.push(Finding { fix, ..rule.seen(line, message, seen) });
    }
    found
}

/// Whether a redirect leads to the directory's path.
fn shows(seen: &Seen, directory: &[u8]) -> bool {
    let Some(location) = seen.outcome.leads_to() else { return false };
    let path = location
        .split_once_str("://")
        .map_or(location.as_slice(), |(_, rest)| rest.find_byte(b'/').map_or(&b""[..], |at| &rest[at..]));
    path.starts_with(directory)
}

/// The target as a path of the URL.
fn fix(asked: &Asked<'_>, facts: &Facts<'_>, rewrite: &Rewrite<'_>, directory: &[u8], seen: &Seen) -> Option<Fix> {
    // the directory's own URL
    let file = asked.without(&[rewrite.span()])?.ask(&seen.ask.request()).file?;
    let below = file.strip_prefix(directory)?;
    let path = crate::search::ask::decoded(&seen.ask.path);
    let url: BString = path.strip_suffix(below)?.into();
    let new = [url.as_slice(), &rewrite.output].concat();
    let edits = vec![Rewrite::with_text(&rewrite.line, facts.site.sources(), 1, &rewrite.output, &new)?];
    let other = asked.changed(&edits)?;
    let then = other.ask(&seen.ask.request());
    let mended = then.leads_to().is_some_and(|location| !location.contains_str(directory));
    mended.then(|| Fix { message: "write the whole path".into(), safety: Safety::Unsafe, edits })
}
