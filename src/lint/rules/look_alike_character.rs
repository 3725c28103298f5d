//! `look-alike-character`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, is_named};
use crate::lint::typing::mended;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::outcome::observer::PatternKind;
use crate::run::Run;
use crate::search::ask::{Ask, escaped};
use crate::search::compare::{Comparison, differ};
use crate::search::doors::doors;
use crate::search::explore::Purse;
use crate::search::solve::{Solved, Solver, Want};
use crate::search::space::Terms;
use crate::site::{Directive, Edit, Fix, Safety, Site};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "look-alike-character",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "A pattern holds a character that looks like one with a meaning and is another.",
    why: "It was copied from a page that had been prettified: the pattern matches nothing that anyone asks for.",
    help: "write the plain character",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<LocationMatch "ˆ/private/">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<LocationMatch "^/privé/">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

/// Characters that word processors put in place of plain ones.
const ALIKE: [(char, &str); 50] = [
    ('\u{2c6}', "^"),
    ('\u{2c4}', "^"),
    ('\u{2303}', "^"),
    ('\u{2019}', "'"),
    ('\u{2018}', "'"),
    ('\u{201a}', "'"),
    ('\u{2032}', "'"),
    ('\u{201c}', "\""),
    ('\u{201d}', "\""),
    ('\u{201e}', "\""),
    ('\u{2033}', "\""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2015}', "-"),
    ('\u{2212}', "-"),
    ('\u{a0}', " "),
    ('\u{2002}', " "),
    ('\u{2003}', " "),
    ('\u{2009}', " "),
    ('\u{200a}', " "),
    ('\u{202f}', " "),
    ('\u{3000}', " "),
    ('\u{200b}', ""),
    ('\u{200c}', ""),
    ('\u{200d}', ""),
    ('\u{2060}', ""),
    ('\u{feff}', ""),
    ('\u{ad}', ""),
    ('\u{2217}', "*"),
    ('\u{204e}', "*"),
    ('\u{22c6}', "*"),
    ('\u{2215}', "/"),
    ('\u{2044}', "/"),
    ('\u{29f8}', "/"),
    ('\u{2216}', "\\"),
    ('\u{29f5}', "\\"),
    ('\u{29f9}', "\\"),
    ('\u{2223}', "|"),
    ('\u{1c0}', "|"),
    ('\u{2758}', "|"),
    ('\u{2502}', "|"),
    ('\u{2024}', "."),
    ('\u{2026}', "..."),
    ('\u{2dc}', "~"),
    ('\u{223c}', "~"),
    ('\u{2774}', "{"),
    ('\u{2775}', "}"),
];

/// The plain character that one looks like.
fn plain(c: char) -> Option<String> {
    let known = ALIKE.iter().find(|(alike, _)| *alike == c).map(|(_, plain)| plain.to_string());
    // those of full width are the plain ones, moved
    let wide = || u32::from(c).checked_sub(0xfee0).filter(|code| (0x21..0x7f).contains(code)).and_then(char::from_u32);
    known.or_else(|| wide().map(String::from))
}

/// Directives that begin with a pattern or a path.
const PATTERNS: [&str; 14] = [
    "Location",
    "LocationMatch",
    "Directory",
    "DirectoryMatch",
    "Files",
    "FilesMatch",
    "Alias",
    "AliasMatch",
    "ScriptAliasMatch",
    "WSGIScriptAliasMatch",
    "RedirectMatch",
    "RewriteRule",
    "RewriteCond",
    "ProxyPassMatch",
];

/// How many requests may show it.
const REQUESTS: usize = 500;
/// How many ways in are tried.
const DOORS: usize = 20;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let sources = facts.site.sources();
    // what keeps httpd from starting hides no character
    let mend = mended(facts.site).unwrap_or_default();
    // .htaccess files that were read are known to the site itself only
    let site = match mend.is_empty() {
        true => Ok(facts.site.clone()),
        false => facts.site.with(&mend),
    };
    let Ok(site) = site else { return found };
    for line in facts.lines().filter(|d| is_named(d, &PATTERNS)) {
        let span = line.span();
        let text = sources.text(span);
        let Ok(text) = text.to_str() else { continue };
        let edits: Vec<Edit> = text
            .char_indices()
            .filter_map(|(at, c)| {
                let plain = plain(c)?;
                let start = span.start + at as u32;
                Some(Edit { file: span.file, range: start..start + c.len_utf8() as u32, text: plain.into() })
            })
            .collect();
        let Some(first) = edits.first() else { continue };
        // a file's name may well have it
        let there = |asked: &Asked<'_>| {
            asked.met(span).next().is_some()
                && asked.ground.tree.iter().any(|entry| holds(&entry.path, text, &edits, span))
        };
        if facts.asked.as_ref().is_some_and(there) {
            continue;
        }
        let alike = text[(first.range.start - span.start) as usize..].chars().next().unwrap_or(' ');
        let both: Vec<Edit> = mend.iter().chain(&edits).cloned().collect();
        let Ok(other) = facts.site.with(&both) else { continue };
        let Ok(after) = other.start() else { continue };
        // what was asked already, before all else
        let known = facts.asked.iter().filter(|_| mend.is_empty()).flat_map(|asked| &asked.pool).take(REQUESTS);
        let mut known = known.filter(|seen| differ(&seen.outcome, &after.ask(&seen.ask.request())).is_some());
        let known = known.next().map(|seen| (seen.ask.clone(), seen.outcome.clone()));
        // a site that starts was searched already
        let searched = || {
            if facts.asked.is_some() && mend.is_empty() {
                return None;
            }
            let (before, after) = (site.start().ok()?, other.start().ok()?);
            let mut comparison = Comparison::new([&site, &other], [before, after], false);
            comparison.search([&site, &other], &Terms::default(), Purse::of(REQUESTS, None));
            comparison.differences().into_iter().next().map(|shows| (shows.ask, shows.before))
        };
        let shown = known.or_else(|| unmatched(&site, &other, &line)).or_else(searched);
        let Some((ask, outcome)) = shown else { continue };
        let code = u32::from(alike);
        let message = match first.text.is_empty() {
            true => format!("there is a character here that is not seen (U+{code:04X})"),
            false => format!("`{alike}` (U+{code:04X}) looks like `{}`, and is another character", first.text),
        };
        let fix = Fix { message: "write the plain character".into(), safety: Safety::Unsafe, edits };
        found.push(Finding { fix: Some(fix), ..rule.shown(span, message, &ask, &outcome) });
    }
    found
}

/// Whether a path has one of the characters.
fn holds(path: &[u8], text: &str, edits: &[Edit], line: Span) -> bool {
    let at = |edit: &Edit| (edit.range.start - line.start) as usize..(edit.range.end - line.start) as usize;
    edits.iter().filter_map(|edit| text.get(at(edit))).any(|alike| path.contains_str(alike))
}

/// A request that the line applies to with the plain character only.
fn unmatched(site: &Site, plain: &Site, line: &Directive<'_>) -> Option<(Ask, Outcome)> {
    let (before, after) = (site.start().ok()?, plain.start().ok()?);
    let line = plain_line(site, plain, line)?;
    let pattern = line.words().into_iter().next()?;
    let solver = Solver::default();
    let Solved::Found(path) = solver.path(&[Want::yes(PatternKind::Regex { icase: false }, pattern)]) else {
        return None;
    };
    let ways = doors(&before, &solver);
    let asks = ways.iter().take(DOORS).map(|door| door.ask(&escaped(&path)));
    let applies = |run: &Run, ask: &Ask| {
        let sources = run.sources();
        let seen = Asked::seen(run, ask.clone());
        let met = seen.met.iter().filter(|met| sources.file(met.file).line_column(met.start).0 == line.span().line);
        (met.count() > 0, seen.outcome)
    };
    asks.map(|ask| (applies(&before, &ask), applies(&after, &ask), ask))
        .find_map(|((was, outcome), (is, _), ask)| (is && !was).then_some((ask, outcome)))
}

/// The same line of the site that has the plain character.
fn plain_line<'p>(site: &Site, plain: &'p Site, line: &Directive<'_>) -> Option<Directive<'p>> {
    let place = site.directives().position(|d| d.span().line == line.span().line && d.name() == line.name())?;
    plain.directives().nth(place)
}
