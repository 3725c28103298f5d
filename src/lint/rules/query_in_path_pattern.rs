//! `query-in-path-pattern`

use crate::conf::args::flags;
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, above, wrapped};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::rewriting::groups;
use crate::lint::rewriting::{Level, Rewrite, level, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::outcome::observer::PatternKind;
use crate::search::ask::escaped;
use crate::search::compare::differ;
use crate::search::points::{Point, rewritten};
use crate::search::solve::{Solved, Want};
use crate::site::{Directive, Edit, Fix};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "query-in-path-pattern",
    level: Severity::Error,
    group: "rewriting",
    finds: "The path or pattern of a RewriteRule, Redirect or RedirectMatch holds a question mark, and what may follow it in a URL.",
    why: "They see the path alone, never the query: the line is without effect.",
    help: "test the query in a condition of its own: `RewriteCond %{QUERY_STRING} ^id=1$`",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteRule ^/page\?id=1$ /one.html
"##,
        files: &["/srv/www/one.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
RewriteCond %{QUERY_STRING} ^id=1$
RewriteRule ^/page$ /one.html
"##,
        files: &["/srv/www/one.html"],
    },
    find,
};

/// Paths without a question mark.
const PLAIN: &str = r"(?-u)^[^?\x00\n]*$";
/// Queries.
const QUERY: &str = r"(?-u)^[!-~]+$";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (line, htaccess) in
        facts.anywhere(&["RewriteRule", "RedirectMatch", "Redirect", "RedirectPermanent", "RedirectTemp"])
    {
        let words = line.words();
        let prefix = !is_named(&line, &["RewriteRule", "RedirectMatch"]);
        let Some(at) = words.iter().position(|word| asks_query(word, prefix)) else { continue };
        // who allows a question mark that was encoded means one in a file's name
        if words.get(2).is_some_and(|word| flags(word).iter().any(|flag| flag == "unsafeallow3f")) {
            continue;
        }
        // the first word that is no status
        let first = usize::from(words.len() > 2 && !is_named(&line, &["RewriteRule"])).min(at);
        if at != first && at != 0 {
            continue;
        }
        let Some((path, query)) = split(&words[at], prefix) else { continue };
        let directory = match level(&line, htaccess) {
            Level::Directory(directory) if is_named(&line, &["RewriteRule"]) => Some(directory),
            Level::Section if is_named(&line, &["RewriteRule"]) => continue,
            _ => None,
        };
        if let Some(seen) =
            shows(asked, facts, &line, at, (&path, &query), directory.as_ref().map(|d| d.as_slice()), prefix)
        {
            let url = seen.ask.url();
            let message = format!("this sees the path alone: `{url}`, which is meant, is not touched");
            let finding = rule.seen(line.span(), message, &seen);
            let fix = in_condition(facts, &finding, &line, at, (&path, &query), prefix);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// Whether a path or pattern can't match without a question mark.
fn asks_query(word: &BString, prefix: bool) -> bool {
    match prefix {
        true => word.starts_with(b"/") && word.contains(&b'?'),
        false => word.contains_str("\\?") || word.contains_str("[?]"),
    }
}

/// What is before the question mark, and behind it.
fn split(word: &BString, prefix: bool) -> Option<(BString, BString)> {
    let text = word.strip_prefix(b"!").unwrap_or(word);
    let mark: &[u8] = match () {
        () if prefix => b"?",
        () if text.contains_str("\\?") => b"\\?",
        () => b"[?]",
    };
    let (path, query) = text.split_once_str(mark)?;
    let begins = query.first().is_none_or(|b| !b"?*{".contains(b));
    // what is open before it would have to be closed
    let open = path.iter().filter(|b| **b == b'(').count() != path.iter().filter(|b| **b == b')').count();
    (begins && !path.is_empty() && (prefix || !open)).then(|| (path.into(), query.into()))
}

/// The query, tested in a condition of its own.
fn in_condition(
    facts: &Facts<'_>,
    finding: &Finding,
    line: &Directive<'_>,
    at: usize,
    (path, query): (&BString, &BString),
    prefix: bool,
) -> Option<Fix> {
    let (sources, words) = (facts.site.sources(), line.words());
    let (path, query) = (path.to_str().ok()?, query.to_str().ok()?);
    // what would be another word, or the end of the text
    let plain = |text: &str| !text.contains(['"', '\'', '#', ' ', '\t', '%', '\n']);
    let old = line.arg_span(sources, at);
    if !plain(path) || !plain(query) || words[at].starts_with(b"!") || old == line.span() {
        return None;
    }
    let new = if prefix { path.to_string() } else { format!("{path}$") };
    let mut edits = vec![Edit::replace(old, new)];
    if is_named(line, &["RewriteRule"]) {
        let all = rewrites(facts);
        let rule = all.iter().find(|rule| rule.span() == line.span())?;
        let own = groups(path);
        let target = words.get(1)?.to_str().ok()?;
        let renumbered = renumbered(target, own);
        if renumbered != target {
            // the condition would have to be the last one, and then what the others found is lost
            let place = line.arg_span(sources, 1);
            let text = sources.text(place).to_str().ok()?.replacen(target, &renumbered, 1);
            edits.push(Edit::replace(place, text));
            if !rule.conditions.is_empty() || place == line.span() {
                return None;
            }
        }
        let flags = if rule.has(&["nc", "nocase"]) { " [NC]" } else { "" };
        let first = rule.conditions.first().map_or(line.span(), |condition| condition.span());
        edits.push(above(sources, first, &format!("RewriteCond %{{QUERY_STRING}} ^{query}{flags}")));
    } else {
        let test = if prefix { format!("== '{query}'") } else { format!("=~ m#^{query}#") };
        edits.extend(wrapped(sources, line.span(), line.span(), &format!("If \"%{{QUERY_STRING}} {test}\""), &[]));
    }
    let outcome = &finding.witness.as_ref()?.1;
    let gone = |then: &Outcome| differ(outcome, then).is_some();
    // a question mark that was encoded is one of the path
    let meant = |seen: &Seen, _: &Outcome| seen.ask.query.is_some() || seen.ask.path.contains("%3F");
    Trial { message: "test the query in a condition", edits, gone: &gone, meant: &meant }.guess(facts, finding)
}

/// A target whose groups behind the first ones of a rule are those of its condition.
fn renumbered(target: &str, own: usize) -> String {
    let mut out = String::new();
    let mut chars = target.chars().peekable();
    while let Some(c) = chars.next() {
        let digit =
            chars.peek().and_then(|next| next.to_digit(10)).map(|n| n as usize).filter(|n| c == '$' && *n > own);
        match digit {
            Some(n) => {
                chars.next();
                out.push_str(&format!("%{}", n - own));
            }
            None => out.push(c),
        }
    }
    out
}

/// A URL with the query that is meant, which the line would take if it saw queries.
fn shows(
    asked: &Asked<'_>,
    facts: &Facts<'_>,
    line: &Directive<'_>,
    at: usize,
    (path, query): (&BString, &BString),
    directory: Option<&[u8]>,
    prefix: bool,
) -> Option<Seen> {
    let search = &asked.ground.search;
    let words = line.words();
    let (new, text) = match prefix {
        true => (path.clone(), query.clone()),
        false => {
            let solver = &search.solver;
            let kind = PatternKind::Regex { icase: false };
            let whole = words[at].strip_prefix(b"!").unwrap_or(&words[at]);
            // it may do without
            if solver.text(PLAIN, &[Want::yes(kind, whole)]) != Solved::Empty {
                return None;
            }
            let behind: BString = [b"^", query.as_slice()].concat().into();
            let text = match solver.text(QUERY, &[Want::yes(kind, behind)]) {
                Solved::Found(text) => text,
                _ => return None,
            };
            ([path.as_slice(), b"$"].concat().into(), text)
        }
    };
    let edit: Edit = Rewrite::with_text(line, facts.site.sources(), at, &words[at], &new)?;
    let (of, want) = match prefix {
        true => (crate::search::points::Of::Path, Want::yes(PatternKind::Prefix, new.clone())),
        false => rewritten(&new, directory, false, true),
    };
    let point = search.points_of(line.span()).next()?;
    let point = Point { wants: vec![(of, want)], image: None, methods: Vec::new(), ..point.clone() };
    let other = asked.changed(std::slice::from_ref(&edit))?;
    let query = escaped(&text).replace("%3F", "?");
    let asks = search.asks_for(&point).into_iter().take(8);
    let mut seen = asks.map(|mut ask| {
        ask.query = Some(query.clone());
        asked.ask(ask)
    });
    seen.find(|seen| differ(&seen.outcome, &other.ask(&seen.ask.request())).is_some())
}
