//! `word-pattern-matches-anywhere`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "word-pattern-matches-anywhere",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A rule of a directory has a mere word as its pattern, and no condition: it takes the style sheets and pictures that have the word in their names.",
    why: "A pattern without `^` and `$` matches anywhere in the path: `about` also is in `css/about.css`, which then is answered with the page.",
    help: "write `^about$`, or `^about/?$`",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  # finding
  RewriteRule about about.html
</Directory>
"##,
        files: &["/srv/www/about.html", "/srv/www/css/about.css"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteRule ^about/?$ about.html
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteRule site about.html
</Directory>
"##,
        files: &["/srv/www/about.html", "/srv/www/css/about.css", "/srv/www/css/site.css"],
    },
    find,
};

/// Suffixes of what pages are made up of.
const PARTS: [&str; 10] = ["css", "js", "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "woff2"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let all = rewrites(facts);
    let mut found: Vec<Finding> = Vec::new();
    for rules in Rewrite::by_place(all.iter().filter(|rewrite| is_word(rewrite))) {
        let mut own: Vec<Finding> = Vec::new();
        for rewrite in rules {
            let anchored = [b"^", rewrite.pattern.as_slice(), b"$"].concat();
            let Some(edit) = Rewrite::with_text(&rewrite.line, sources, 0, &rewrite.pattern, &anchored) else {
                continue;
            };
            let Some((seen, there)) = taken(asked, rewrite, &edit) else { continue };
            let message =
                format!("`{}` matches anywhere: `{}` is answered with the page", rewrite.pattern, seen.ask.path);
            let level = if there { rule.level } else { Severity::Note };
            let edits = vec![edit];
            let fix = Fix { message: "put anchors around it".into(), safety: Safety::Unsafe, edits };
            own.push(Finding { level, fix: Some(fix), ..rule.seen(rewrite.span(), message, &seen) });
        }
        // one cause: a finding that shows most says it of all
        let Some(best) =
            own.iter().position(|finding| finding.level != Severity::Note).or((!own.is_empty()).then_some(0))
        else {
            continue;
        };
        let mut finding = own.remove(best);
        finding.related.extend(own.into_iter().map(|other| (other.line, "so does this one".into())));
        found.push(finding);
    }
    found
}

/// Whether a rule's pattern is a mere word, that leads to a page.
fn is_word(rewrite: &Rewrite<'_>) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    matches!(rewrite.level, Level::Directory(_))
        && !rewrite.not
        && rewrite.conditions.is_empty()
        && rewrite.is_local()
        && rewrite.pattern.len() > 2
        && rewrite.pattern.iter().all(word)
        && rewrite.output.contains(&b'.')
}

/// A request for a part of a page that the rule takes, and whether there is one.
fn taken(asked: &Asked<'_>, rewrite: &Rewrite<'_>, edit: &Edit) -> Option<(Seen, bool)> {
    let Level::Directory(directory) = &rewrite.level else { return None };
    let other = asked.changed(std::slice::from_ref(edit))?;
    let doors: Vec<_> = asked.doors(&rewrite.line).take(3).collect();
    let shows = |path: &[u8], there: bool| {
        let ways = asked.ground.routes.to(path);
        let asks = ways.iter().take(3).flat_map(|way| {
            doors.iter().filter(|door| way.scope.takes(door)).map(|door| way.ask(door)).collect::<Vec<_>>()
        });
        asks.map(|ask| asked.ask(ask)).find(|seen| {
            let then = other.ask(&seen.ask.request());
            let own = then.file.as_ref().is_some_and(|file| *file == path) && asked.gives(&seen.ask, &then).is_some();
            let given = asked.gives(&seen.ask, &seen.outcome).is_some() || !there;
            seen.met.contains(&rewrite.span()) && (own || !there) && given && differ(&seen.outcome, &then).is_some()
        })
    };
    let is_part = |path: &[u8]| {
        let suffix = path.rsplit_once_str(".").map(|(_, suffix)| suffix.to_ascii_lowercase()).unwrap_or_default();
        path.strip_prefix(directory.as_slice()).is_some_and(|rest| rest.contains_str(&rewrite.pattern))
            && PARTS.iter().any(|part| suffix == part.as_bytes())
    };
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir && is_part(&entry.path)).take(20);
    let there = files.map(|entry| &entry.path).find_map(|path| shows(path, true));
    there.map(|seen| (seen, true)).or_else(|| {
        // there may be one some day: which files there are is not always known
        let made_up = [directory.as_slice(), b"css/", rewrite.pattern.as_slice(), b".css"].concat();
        shows(&made_up, false).map(|seen| (seen, false))
    })
}
