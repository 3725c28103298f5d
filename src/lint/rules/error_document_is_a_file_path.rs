//! `error-document-is-a-file-path`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::Rewrite;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::shown::behind;
use crate::site::{Directive, Fix, Safety};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "error-document-is-a-file-path",
    level: Severity::Warning,
    group: "redirecting",
    finds: "An ErrorDocument that names a path of the disk, or a page that is not there.",
    why: "It is the path of a URL, looked up below DocumentRoot: the visitor gets httpd's own page, which says that the page for the error is missing, too.",
    help: "write the path of the page's URL",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
ErrorDocument 404 /srv/www/404.html
"##,
        files: &["/srv/www/404.html", "/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
ErrorDocument 404 /404.html
"##,
        files: &["/srv/www/404.html", "/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let is_at_home = facts.named(&["DocumentRoot"]).any(|line| facts.site.is_own(line.span().file));
    let mut found = Vec::new();
    let mut told: Vec<BString> = Vec::new();
    for (line, _) in facts.anywhere(&["ErrorDocument"]) {
        let words = line.words();
        let [_, target] = words.as_slice() else { continue };
        if told.contains(target) {
            continue;
        }
        if !target.starts_with(b"/") {
            let named = is_page(target) && is_unquoted(facts, &line);
            if let Some(finding) = as_text(rule, asked, facts, &line, target).filter(|_| named) {
                told.push(target.clone());
                found.push(finding);
            }
            continue;
        }
        let Some(seen) = missed(asked, facts, &line) else { continue };
        let looked = seen.outcome.file.clone().unwrap_or_default();
        let whole: BString = [looked.as_slice(), &seen.outcome.path_info].concat().into();
        // the disk's path, put behind DocumentRoot
        let root = whole.strip_suffix(target.as_slice()).filter(|root| target.starts_with(root) && root.len() > 1);
        let (message, fix) = match root {
            Some(root) => {
                let url = &target[root.len()..];
                let message =
                    format!("this is a path of the disk: the page is looked for at `{whole}`, as a URL's path is");
                (message, fix(asked, facts, &line, url, &seen))
            }
            // which pages there are is known where the files are those of the configuration, by their neighbours
            None if is_at_home
                && whole.ends_with(target)
                && asked.files.iter().any(|file| is_beside(&file.path, &whole)) =>
            {
                (format!("the page for the error is not there: there is no `{whole}`"), None)
            }
            None => continue,
        };
        told.push(target.clone());
        found.push(Finding { fix, ..rule.seen(line.span(), message, &seen) });
    }
    found
}

/// Whether a file is in the directory of another one, or below it.
fn is_beside(file: &[u8], missing: &[u8]) -> bool {
    let at = missing.rfind_byte(b'/').map_or(0, |at| at + 1);
    file.starts_with(&missing[..at]) && !file.contains_str("htaccess")
}

/// A request with that error, for which the page is not found.
fn missed(asked: &Asked<'_>, facts: &Facts<'_>, line: &Directive<'_>) -> Option<Seen> {
    let span = line.span();
    let is = |seen: &Seen| {
        seen.outcome.status >= 400
            && seen.outcome.file.is_some()
            && seen.outcome.decided_by.iter().any(|d| d.span == span)
            && behind(facts.site, &seen.outcome).is_none()
    };
    if let Some(seen) = asked.pool.iter().find(|seen| is(seen)) {
        return Some(asked.ask(seen.ask.clone()));
    }
    // pages that are not there
    let about = asked.about(span);
    let folders = about.iter().map(|seen| seen.ask.clone()).chain(asked.doors(line).take(3).map(|d| d.ask("/")));
    let asks: Vec<Ask> = folders
        .map(|ask| {
            let at = ask.path.rfind('/').map_or(0, |at| at + 1);
            ask.at(format!("{}zq-no-such-page", &ask.path[..at]))
        })
        .collect();
    asks.into_iter().map(|ask| asked.ask(ask)).find(is)
}

/// The page by its URL, where it is found so.
fn fix(asked: &Asked<'_>, facts: &Facts<'_>, line: &Directive<'_>, url: &[u8], seen: &Seen) -> Option<Fix> {
    let words = line.words();
    let url = if url.starts_with(b"/") { url.to_vec() } else { [b"/", url].concat() };
    let edits = vec![Rewrite::with_text(line, facts.site.sources(), 1, words.get(1)?, &url)?];
    let then = asked.changed(&edits)?.ask(&seen.ask.request());
    let found = behind(facts.site, &then).is_some();
    found.then(|| Fix { message: "write the path of the URL".into(), safety: Safety::Unsafe, edits })
}

/// Whether a target looks like a page's name.
fn is_page(target: &[u8]) -> bool {
    let lower = target.to_ascii_lowercase();
    let ends = [&b".html"[..], b".htm", b".php", b".shtml", b".cgi"].iter().any(|end| lower.ends_with(end));
    ends && !target.contains_str("://") && target.find_byteset(b" \t<").is_none()
}

fn is_unquoted(facts: &Facts<'_>, line: &Directive<'_>) -> bool {
    !facts.site.sources().text(line.span()).contains(&b'"')
}

/// A name without a slash, which is what is sent, and not the page of that name.
fn as_text(
    rule: &Rule,
    asked: &Asked<'_>,
    facts: &Facts<'_>,
    line: &Directive<'_>,
    target: &BString,
) -> Option<Finding> {
    let url = [b"/", target.as_slice()].concat();
    let edits = vec![Rewrite::with_text(line, facts.site.sources(), 1, target, &url)?];
    let other = asked.changed(&edits)?;
    let asks = asked.pool.iter().filter(|seen| seen.outcome.status >= 400).map(|seen| seen.ask.clone());
    let missing = asked.doors(line).take(3).map(|door| door.ask("/zq-no-such-page"));
    let seen = asks.take(200).chain(missing).map(|ask| asked.ask(ask)).find(|seen| {
        let then = other.ask(&seen.ask.request());
        behind(facts.site, &then).is_some() && behind(facts.site, &seen.outcome).is_none()
    })?;
    let message = format!("`{target}` is sent as the text of the answer: a page's URL begins with a slash");
    let fix = Fix { message: "write a slash before it".into(), safety: Safety::Unsafe, edits };
    Some(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) })
}
