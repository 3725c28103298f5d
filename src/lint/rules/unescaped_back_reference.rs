//! `unescaped-back-reference`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::rewriting::{Level, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "unescaped-back-reference",
    level: Severity::Warning,
    group: "rewriting",
    finds: "A back-reference of the path goes into a query without [B].",
    why: "The path is decoded, the query is not: since 2.4.56 a URL with a blank in that part is answered 403.",
    help: "add [B], which encodes it again",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteRule ^/tag/(.+)$ /index.html?tag=$1 [L]
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

fn is_refused(outcome: &Outcome) -> bool {
    outcome.status == 403 && matches!(outcome.log, Some("AH10410" | "AH10411" | "AH10508"))
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    // the rules of one place are one cause
    let mut told = Vec::new();
    for rewrite in rewrites(facts) {
        let query = rewrite.output.find_byte(b'?').map(|at| &rewrite.output[at..]).unwrap_or_default();
        let refers = query.windows(2).any(|pair| pair[0] == b'$' && pair[1].is_ascii_digit());
        if !refers || rewrite.has(&["b", "bctls"]) || matches!(rewrite.level, Level::Section) {
            continue;
        }
        let line = rewrite.span();
        let place = (line.file, rewrite.line.parents().last().map(|(_, span)| span));
        if told.contains(&place) {
            continue;
        }
        let Some(seen) = refused(asked, line) else { continue };
        let edits = vec![rewrite.with_flag(facts.site.sources(), "B")];
        let Some(other) = asked.changed(&edits).filter(|other| !is_refused(&other.ask(&seen.ask.request()))) else {
            continue;
        };
        let message =
            format!("a blank in the URL is answered 403, as in `{}`: the back-reference is not encoded", seen.ask.path);
        let safe = asked.changes_only(&other, is_refused);
        let safety = if safe { Safety::Safe } else { Safety::Unsafe };
        let fix = Fix { message: "add [B]".into(), safety, edits };
        told.push(place);
        found.push(Finding { fix: Some(fix), ..rule.seen(line, message, &seen) });
    }
    found
}

/// A request that meets the rule and has a blank.
fn refused(asked: &Asked<'_>, line: Span) -> Option<Seen> {
    let about = asked.about(line);
    let own = about.iter().filter(|seen| seen.met.contains(&line) && seen.ask.path.len() > 1).take(12);
    let asks = own.flat_map(|seen| {
        let path = &seen.ask.path;
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        let at = ends.filter(|at| path.is_char_boundary(*at)).take(4).collect::<Vec<_>>();
        at.into_iter()
            .flat_map(move |at| {
                let (head, tail) = path.split_at(at);
                let head = head.to_string();
                [format!("{head}%20{tail}"), format!("{head}%20a{tail}"), format!("{head}a%20b{tail}")]
            })
            .map(|path| seen.ask.at(path))
            .collect::<Vec<_>>()
    });
    asks.map(|ask| asked.ask(ask)).find(|seen| seen.met.contains(&line) && is_refused(&seen.outcome))
}
