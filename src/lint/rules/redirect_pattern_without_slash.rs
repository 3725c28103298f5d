//! `redirect-pattern-without-slash`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, same_line};
use crate::lint::lines::{is_status, matching};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::outcome::observer::PatternKind;
use crate::search::ask::{Ask, escaped};
use crate::search::solve::{Solved, Want};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "redirect-pattern-without-slash",
    level: Severity::Warning,
    group: "rewriting",
    finds: "The path of a Redirect, or the anchored pattern of a RedirectMatch, lacks the leading slash.",
    why: "Both see the whole path of the URL, in .htaccess files too: it begins with a slash, so nothing is redirected.",
    help: "write the slash, and in an .htaccess file the directory's URL before it",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
RedirectMatch 301 ^news/(.*) /archive/$1
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
RedirectMatch 301 ^/news/(.*) /archive/$1
RedirectMatch 301 news-(.*) /archive/$1
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// A line with what it says.
struct Line {
    at: Span,
    /// The word that should begin with a slash, and whether it is a pattern.
    word: BString,
    pattern: bool,
    /// The folder of the .htaccess file that it is in, and the host that it is asked through.
    folder: Option<BString>,
    host: Option<Span>,
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let run = &asked.ground.search.run;
    let mut lines: Vec<Line> = facts.directives.iter().filter_map(|d| line(asked, d, None)).collect();
    for (number, file) in run.sources().files_from(0).into_iter().enumerate() {
        let Some(at) = file.name.rfind("/.htaccess") else { continue };
        let nodes = run.htaccess_nodes(FileId(number as u32));
        let folder = BString::from(&file.name.as_bytes()[..=at]);
        lines.extend(Directive::of(&nodes).filter_map(|d| line(asked, &d, Some(&folder))));
    }
    lines.into_iter().filter_map(|line| finding(rule, facts, asked, line)).collect()
}

/// A line whose word no URL begins with.
fn line(asked: &Asked<'_>, d: &Directive<'_>, folder: Option<&BString>) -> Option<Line> {
    let name = d.name().to_ascii_lowercase();
    let pattern = name == b"redirectmatch";
    if !pattern && ![&b"redirect"[..], b"redirectpermanent", b"redirecttemp"].contains(&name.as_slice()) {
        return None;
    }
    let words = d.words();
    let word = words.iter().find(|word| !is_status(word))?;
    // what is before the first special character: where the slash goes
    if !word.strip_prefix(b"^").unwrap_or(word).first().is_some_and(|b| b.is_ascii_alphanumeric() || b"_([".contains(b))
    {
        return None;
    }
    let lacks = match pattern {
        true => {
            let want = Want::yes(PatternKind::Regex { icase: false }, word.clone());
            word.starts_with(b"^") && word.len() > 1 && asked.ground.search.path(&[want]) == Solved::Empty
        }
        false => words.len() > 1 && !word.starts_with(b"/") && !word.contains_str("://"),
    };
    let line = Line { at: d.span(), word: word.clone(), pattern, folder: folder.cloned(), host: d.virtual_host() };
    lacks.then_some(line)
}

fn finding(rule: &Rule, facts: &Facts<'_>, asked: &Asked<'_>, line: Line) -> Option<Finding> {
    let sources = facts.site.sources();
    let text = sources.text(line.at);
    let start = text.find(line.word.as_slice())?;
    let caret = usize::from(line.pattern);
    // the URL of the folder stands before it
    let before = match &line.folder {
        None => "/".to_string(),
        Some(folder) => {
            let way = asked.ground.routes.to(folder).into_iter().next()?;
            format!("{}/", way.path.trim_end_matches('/'))
        }
    };
    let place = line.at.start + (start + caret) as u32;
    let insert = if line.pattern {
        BString::from(crate::pattern::escaped(before.as_bytes()).as_bytes())
    } else {
        before.as_str().into()
    };
    let edits = vec![Edit { file: line.at.file, range: place..place, text: insert.clone() }];
    let mended = asked.changed(&edits)?;
    let url = match line.pattern {
        true => matching(asked, &[b"^", insert.as_slice(), &line.word[1..]].concat().into())?,
        false => format!("{before}{}", escaped(&line.word)),
    };
    let doors = asked.open_doors().filter(|door| line.host.is_none() || door.server == line.host);
    let asks: Vec<Ask> = doors.take(6).map(|door| door.ask(&url)).collect();
    let seen = asks.into_iter().map(|ask| asked.ask(ask)).find(|seen| {
        let then = mended.ask(&seen.ask.request());
        let by = |outcome: &Outcome| outcome.decided_by.iter().any(|d| same_line(d.span, line.at));
        let redirected = (300..400).contains(&then.status) || then.status >= 400 && by(&then) && !by(&seen.outcome);
        !(300..400).contains(&seen.outcome.status) && then.status != seen.outcome.status && redirected
    })?;
    let message = format!(
        "no URL begins with `{}`: `{url}` is not redirected",
        line.word.strip_prefix(b"^").unwrap_or(&line.word).as_bstr()
    );
    let fix = Fix { message: format!("begin it with `{before}`"), safety: Safety::Unsafe, edits };
    Some(Finding { fix: Some(fix), ..rule.seen(line.at, message, &seen) })
}
