//! `unescaped-back-reference`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::pattern::{Captures, Flags, Regex, Steps};
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "unescaped-back-reference",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A back-reference of the path goes into a query without [B].",
    why: "The path is decoded, the query is not: since 2.4.56 a URL with a blank in that part is answered 403, and an `&` in it begins another parameter.",
    help: "add [B], which encodes it again (and [NE] to a redirect, which else encodes it twice)",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteRule ^/tag/(.+)$ /index.html?tag=$1 [L]
RewriteRule ^/page/(.*)\.html$ /index.html?page=$1 [L]
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
RewriteRule ^/tag/(.+)$ /index.html?tag=$1 [B,L]
RewriteRule ^/page/([0-9]+)$ /index.html?page=$1 [L]
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// An `&` that was one of a path.
const SPLIT: &str = "a&b";
/// How many rules of one place are tried.
const RULES: usize = 40;
/// How many requests that meet a rule are changed.
const TRIED: usize = 12;

/// What a rule does with a URL that says more than it should.
struct Harm {
    line: Span,
    seen: Seen,
    fix: Vec<Edit>,
    flags: &'static str,
    /// Whether a group stands before the query, too, where [B] encodes more than a host's name or a path bears.
    before_query: bool,
}

fn is_refused(outcome: &Outcome) -> bool {
    outcome.status == 403 && matches!(outcome.log, Some("AH10410" | "AH10411" | "AH10508"))
}

/// Whether a redirect's query has the `&` that was in the path.
fn is_split(outcome: &Outcome) -> bool {
    let location = outcome.location.as_ref().map(|l| l.as_slice()).unwrap_or_default();
    location.split_once_str("?").is_some_and(|(_, query)| query.contains_str(SPLIT))
}

/// The groups that an output's query has.
fn groups(output: &[u8]) -> Vec<usize> {
    let query = output.find_byte(b'?').map(|at| &output[at..]).unwrap_or_default();
    let digit = |pair: &[u8]| (pair[0] == b'$' && pair[1].is_ascii_digit()).then(|| usize::from(pair[1] - b'0'));
    query.windows(2).filter_map(digit).collect()
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all = rewrites(facts);
    let concerned = all.iter().filter(|rewrite| {
        let apart = rewrite.has(&["b", "bctls"]) || matches!(rewrite.level, Level::Section);
        !apart && !groups(&rewrite.output).is_empty()
    });
    // the rules of one place are one cause
    let places = Rewrite::by_place(concerned).into_iter();
    let harms =
        places.map(|rules| rules.into_iter().take(RULES).filter_map(|rewrite| harm(facts, asked, rewrite)).collect());
    harms.filter_map(|harms| told(rule, asked, harms)).collect()
}

/// What is said of the rules of one place.
fn told(rule: &Rule, asked: &Asked<'_>, harms: Vec<Harm>) -> Option<Finding> {
    let first = harms.first()?;
    let path = &first.seen.ask.path;
    let message = match is_refused(&first.seen.outcome) {
        true => format!("a blank in the URL is answered 403, as in `{path}`: the back-reference is not encoded"),
        false => {
            format!("an `&` in the URL becomes one of the query, as in `{path}`: the back-reference is not encoded")
        }
    };
    let edits: Vec<Edit> = harms.iter().flat_map(|harm| harm.fix.iter().cloned()).collect();
    let other = asked.changed(&edits);
    let apart = harms.iter().all(|harm| !harm.before_query);
    let safe = apart
        && other.is_some_and(|other| asked.changes_only(&other, |outcome| is_refused(outcome) || is_split(outcome)));
    let safety = Safety::safe_if(safe);
    let where_to = if harms.len() > 1 { " to each of these rules" } else { "" };
    let fix = Fix { message: format!("add [{}]{where_to}", first.flags), safety, edits };
    let mut finding = Finding { fix: Some(fix), ..rule.seen(first.line, message, &first.seen) };
    finding.related.extend(harms[1..].iter().map(|harm| (harm.line, "so does this rule".to_string())));
    Some(finding)
}

/// What a rule does, where a flag keeps it from that.
fn harm(facts: &Facts<'_>, asked: &Asked<'_>, rewrite: &Rewrite<'_>) -> Option<Harm> {
    let groups = groups(&rewrite.output);
    let line = rewrite.span();
    let regex = Regex::new(&rewrite.pattern, Flags { icase: rewrite.has(&["nc", "nocase"]), ..Flags::NONE }).ok()?;
    let about = asked.about(line);
    let own: Vec<&Seen> =
        about.iter().filter(|seen| seen.met.contains(&line) && !seen.ask.path.contains('%')).take(TRIED).collect();
    let asks = |text: &'static str| {
        let (regex, groups) = (&regex, &groups);
        let own = own.iter().flat_map(move |seen| {
            let paths = groups.iter().flat_map(|group| with_text(&seen.ask.path, regex, *group, text));
            paths.map(|path| asked.ask(seen.ask.at(path))).collect::<Vec<_>>()
        });
        own.filter(|seen| seen.met.contains(&line)).collect::<Vec<Seen>>()
    };
    let path = rewrite.output.split_once_str("?").map_or(rewrite.output.as_slice(), |(path, _)| path);
    let before_query = path.windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit());
    let with = |flags: &str| vec![rewrite.with_flag(facts.site.sources(), flags)];
    if let Some(seen) = asks("a%20b").into_iter().find(|seen| is_refused(&seen.outcome)) {
        let fix = with("B");
        let mends = asked.changed(&fix).is_some_and(|other| !is_refused(&other.ask(&seen.ask.request())));
        return mends.then_some(Harm { line, seen, fix, flags: "B", before_query });
    }
    let seen = asks("a%26b").into_iter().find(|seen| is_split(&seen.outcome))?;
    let mends = |flags: &&'static str| {
        let location = asked.changed(&with(flags)).and_then(|other| other.ask(&seen.ask.request()).location);
        location.is_some_and(|location| location.contains_str("a%26b"))
    };
    let flags = ["B", "B,NE"].into_iter().find(mends)?;
    Some(Harm { line, seen: seen.clone(), fix: with(flags), flags, before_query })
}

/// A path with a text in the place of a group, as the pattern is held against the path or what of it is below a directory.
fn with_text(path: &str, regex: &Regex, group: usize, text: &str) -> Vec<String> {
    let starts = path.match_indices('/').flat_map(|(at, _)| [at, at + 1]);
    let mut found = Vec::new();
    for start in starts.take(12) {
        let mut caps = Captures::default();
        if !regex.captures_in(&path.as_bytes()[start..], &mut caps, &Steps::default()).unwrap_or(false) {
            continue;
        }
        let Some((from, to)) = caps.get(group) else { continue };
        let (Some(head), Some(tail)) = (path.get(..start + from), path.get(start + to..)) else { continue };
        // what the group takes may begin with a slash, or be a whole path
        let own = path.get(start + from..start + to).unwrap_or_default();
        let slash = if own.starts_with('/') { "/" } else { "" };
        found.push(format!("{head}{slash}{text}{tail}"));
        found.push(format!("{head}{own}{text}{tail}"));
    }
    found
}
