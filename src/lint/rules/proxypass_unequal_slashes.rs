//! `proxypass-unequal-slashes`

use crate::conf::args;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, is_named};
use crate::lint::lines::{Urls, matching};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "proxypass-unequal-slashes",
    level: Severity::Error,
    group: "proxy",
    finds: "The URL of a ProxyPass ends in a slash, and its target does not.",
    why: "What follows the URL is glued to the target, often to the host's name or port: the back-end is not found.",
    help: "end both in a slash, or neither",
    safe: Some(true),
    bad: Example {
        config: r##"# finding
ProxyPass /shop/ http://127.0.0.1:9000
"##,
        files: &[],
    },
    good: Example {
        config: r##"ProxyPass /shop/ http://127.0.0.1:9000/
ProxyPass /blog http://127.0.0.1:9000/blog
"##,
        files: &[],
    },
    find,
};

/// What no target ends with.
const NAME: &str = "zq";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for line in facts.named(&["ProxyPass", "ProxyPassMatch", "RewriteRule"]) {
        let Some((target, place)) = target(line) else { continue };
        let Some(urls) = Urls::of(line) else { continue };
        // the target up to what is filled in
        let end = target.find_byteset(b"$%").unwrap_or(target.len());
        let fixed = &target[..end];
        let url = match &urls {
            Urls::Prefix(url) if url.ends_with(b"/") && url.len() > 1 => format!("{}{NAME}", escaped(url)),
            Urls::Prefix(url) if *url == "/" => format!("/{NAME}"),
            Urls::Prefix(url) if fixed.ends_with(b"/") && !url.ends_with(b"/") => {
                found.extend(doubled(rule, asked, line, &escaped(url)));
                continue;
            }
            Urls::Pattern(pattern) if end < target.len() => match matching(asked, pattern) {
                Some(url) => url,
                None => continue,
            },
            _ => continue,
        };
        if fixed.ends_with(b"/") || fixed.contains(&b'?') || fixed.ends_with(b"=") {
            continue;
        }
        let host = fixed.find("://").is_some_and(|at| !fixed[at + 3..].contains(&b'/'));
        // of a pattern, only a host that something is glued to is surely wrong
        if matches!(urls, Urls::Pattern(_)) && !host {
            continue;
        }
        let Some(door) = asked.doors(line).next() else { continue };
        // what a pattern matches may leave nothing to fill in
        let tried = [url.clone(), format!("{url}{NAME}")];
        let mut all = tried.iter().map(|url| asked.ask(door.ask(url)));
        let shown = all.find_map(|seen| glued(&seen.outcome.file, fixed).map(|glued| (seen, glued)));
        let Some((seen, glued)) = shown else { continue };
        let at = line.arg_span(sources, place);
        let Some(start) = sources.text(at).find(fixed).map(|start| at.start + (start + fixed.len()) as u32) else {
            continue;
        };
        let edits = vec![Edit::replace(Span { start, end: start, ..at }, "/")];
        let Some(mended) = asked.changed(&edits) else { continue };
        if differ(&seen.outcome, &mended.ask(&seen.ask.request())).is_none() {
            continue;
        }
        let what = if host { "the back-end's host" } else { "the back-end's path" };
        let message = format!("what follows the URL is glued to {what}, as in `{glued}`");
        let safety = Safety::safe_if(matches!(urls, Urls::Prefix(_)));
        let fix = Fix { message: "end the target in a slash".into(), safety, edits };
        found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
    }
    found
}

/// A URL without a slash at its end, to a target with one: the back-end gets two. Most take that for one.
fn doubled(rule: &Rule, asked: &Asked<'_>, line: &Directive<'_>, url: &str) -> Option<Finding> {
    let seen = asked.ask(asked.doors(line).next()?.ask(&format!("{url}/{NAME}")));
    let file = seen.outcome.file.clone().filter(|file| file.ends_with(format!("//{NAME}").as_bytes()))?;
    let by = seen.outcome.decided_by.iter().any(|d| d.span == line.span());
    let message = format!("the back-end is asked with two slashes, as in `{file}`");
    by.then(|| Finding { level: Severity::Note, ..rule.seen(line.span(), message, &seen) })
}

/// Where a line sends requests, and which of its words says so.
fn target(line: &Directive<'_>) -> Option<(BString, usize)> {
    let words = line.words();
    let is_url = |word: &BString| word.contains_str("://") && !word.contains(&b'!');
    if is_named(line, &["RewriteRule"]) {
        let proxies = args::flags(words.get(2)?).iter().any(|flag| flag == "p" || flag == "proxy");
        return words.get(1).filter(|word| proxies && is_url(word)).map(|word| (word.clone(), 1));
    }
    let place = words.iter().take(2).position(is_url)?;
    Some((words.get(place)?.clone(), place))
}

/// The back-end's URL, where something stands right behind the target that is no slash.
fn glued(file: &Option<BString>, target: &[u8]) -> Option<String> {
    // a host that is none stands in brackets
    let file = file.as_ref()?.strip_prefix(b"proxy:")?.replace("[", "").replace("]", "");
    let tail = target.rsplit_once_str(b"|").map_or(target, |(_, tail)| tail);
    let at = file.to_ascii_lowercase().find(tail.to_ascii_lowercase())?;
    let rest = file.get(at + tail.len()..)?;
    let first = rest.first()?;
    (!b"/?#:".contains(first)).then(|| file.to_str_lossy().into_owned())
}
