//! `target-taken-as-file-path`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "target-taken-as-file-path",
    level: Severity::Warning,
    group: "rewriting",
    finds: "The target of a server's RewriteRule is a URL of the site, and begins like a directory at the machine's root.",
    why: "Where that directory is there, the target is a path of the disk, else a URL: the same line means two things on two machines.",
    help: "write `%{DOCUMENT_ROOT}` before it, or add [PT]",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteRule ^/all$ /data/index.html
"##,
        files: &["/srv/www/data/index.html", "/data/other.csv"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
RewriteRule ^/all$ /srv/www/data/index.html
"##,
        files: &["/srv/www/data/index.html", "/data/other.csv"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for rewrite in rewrites(facts) {
        let own = rewrite.level == Level::Server && rewrite.is_local() && rewrite.output.starts_with(b"/");
        if !own || rewrite.has(&["pt", "passthrough"]) {
            continue;
        }
        let line = rewrite.span();
        let first = |path: &[u8]| path.split(|b| *b == b'/').find(|part| !part.is_empty()).map(<[u8]>::to_vec);
        // the disk's path as it was written, and nothing there
        let about = asked.about(line);
        let meant = meant(asked, &rewrite);
        let mut by_path = about.iter().chain(&meant).filter(|seen| {
            let file = seen.outcome.file.as_ref();
            seen.met.contains(&line)
                && file.is_some_and(|file| first(file) == first(&rewrite.output))
                && asked.gives(&seen.ask, &seen.outcome).is_none()
        });
        let edits = vec![rewrite.with_flag(facts.site.sources(), "PT")];
        let Some(first) = by_path.next() else { continue };
        let Some(other) = asked.changed(&edits) else { continue };
        let shown = std::iter::once(first).chain(by_path).find_map(|seen| {
            let then = other.ask(&seen.ask.request());
            let found = asked.gives(&seen.ask, &then).is_some() && differ(&seen.outcome, &then).is_some();
            found.then_some((seen, then))
        });
        let Some((seen, then)) = shown else { continue };
        let (is, meant) = (seen.outcome.file.clone().unwrap_or_default(), then.file.clone().unwrap_or_default());
        let message = format!("the target is taken for a path of the disk, `{is}`, and not for `{meant}`");
        let fix = Fix { message: "add [PT]".into(), safety: Safety::Unsafe, edits };
        found.push(Finding { fix: Some(fix), ..rule.seen(line, message, seen) });
    }
    found
}

/// How many files are tried for each rule.
const FILES: usize = 40;

/// Requests for files whose own URLs begin as the target does, with what the pattern begins with before that.
fn meant(asked: &Asked<'_>, rewrite: &Rewrite<'_>) -> Vec<Seen> {
    let plain = |text: &[u8], ends: &[u8]| text[..text.find_byteset(ends).unwrap_or(text.len())].to_vec();
    let target = plain(&rewrite.output, b"$%");
    let before = plain(rewrite.pattern.strip_prefix(b"^").unwrap_or(&rewrite.pattern), b"([.*+?\\$|");
    let Some(door) = asked.doors(&rewrite.line).next().filter(|_| target.len() > 1 && !rewrite.not) else {
        return Vec::new();
    };
    let urls = asked.ground.tree.iter().filter(|entry| !entry.dir).filter_map(|entry| {
        let mut ways = asked.ground.routes.to(&entry.path).into_iter();
        ways.find_map(|way| {
            let rest = way.path.as_bytes().strip_prefix(target.as_slice())?.to_str().ok()?.to_string();
            Some(format!("{}{rest}", before.to_str().ok()?))
        })
    });
    urls.take(FILES).map(|url| asked.ask(door.ask(&url))).collect()
}
