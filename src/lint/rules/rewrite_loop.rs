//! `rewrite-loop`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, same_line};
use crate::lint::rewriting::{Level, Rewrite, level, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::notes::Notes;
use crate::site::{Fix, Safety};
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "rewrite-loop",
    level: Severity::Error,
    group: "rewriting",
    finds: "A RewriteRule of a directory matches its own result.",
    why: "The result is asked for again, and meets the rule again: after ten times httpd gives up, and the visitor gets 500.",
    help: "end with [END], or keep the result from matching by a condition",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteCond %{REQUEST_FILENAME} !-f
  # finding
  RewriteRule ^(.*)$ $1.html
</Directory>
"##,
        files: &["/srv/www/contact.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteCond %{REQUEST_FILENAME}.html -f
  RewriteRule ^([^/]+)$ $1.html
</Directory>
"##,
        files: &["/srv/www/contact.html"],
    },
    find,
};

fn loops(outcome: &Outcome) -> bool {
    outcome.status == 500 && outcome.log == Some("AH00124")
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let mut told: Vec<Span> = Vec::new();
    let all = rewrites(facts);
    for rewrite in &all {
        let Level::Directory(directory) = &rewrite.level else { continue };
        let line = rewrite.span();
        if !rewrite.is_local() || told.contains(&line) {
            continue;
        }
        let Some(seen) = looping(asked, line) else { continue };
        if !leads_to_known(asked, facts, rewrite, directory) || is_missing(asked, &all, rewrite, &seen) {
            continue;
        }
        if asked.without(&[line]).is_none_or(|other| loops(&other.ask(&seen.ask.request()))) {
            continue;
        }
        let path = &seen.ask.path;
        let message = format!("this rule matches its own result: `{path}` is rewritten until httpd gives up");
        let others = seen.outcome.decided_by.iter().map(|d| d.span).filter(|span| !same_line(*span, line));
        told.extend(others);
        let edits = vec![rewrite.with_flag(facts.site.sources(), "END")];
        let ended = asked.changed(&edits).filter(|other| !loops(&other.ask(&seen.ask.request())));
        let fix = ended.map(|other| {
            let safe = asked.changes_only(&other, loops);
            Fix { message: "end with [END]".into(), safety: Safety::safe_if(safe), edits }
        });
        found.push(Finding { fix, ..rule.seen(line, message, &seen) });
    }
    found
}

/// Whether it is always the same path that the rule makes, and a file there would end it, which is not in sight.
fn is_missing(asked: &Asked<'_>, all: &[Rewrite<'_>], rewrite: &Rewrite<'_>, seen: &Seen) -> bool {
    let mut notes = Notes::default();
    asked.ground.search.run.observe(&seen.ask.request(), &mut notes);
    let texts = notes.0.iter().filter(|note| note.line == rewrite.span()).map(|note| &note.subject);
    let texts: Vec<&BString> = texts.skip(1).collect();
    let same = texts.windows(2).all(|pair| pair[0] == pair[1]);
    let tests_files = |rule: &Rewrite<'_>| {
        let mut tests = rule.conditions.iter().filter_map(|c| c.words().get(1).cloned());
        tests.any(|test| {
            matches!(test.trim_start_with(|c| c == '!'), b"-f" | b"-d" | b"-s" | b"-F" | b"-U" | b"-l" | b"-h")
        })
    };
    let refers = rewrite.output.windows(2).any(|pair| b"$%".contains(&pair[0]) && pair[1].is_ascii_digit());
    let by_files = all.iter().any(|rule| rule.level == rewrite.level && tests_files(rule));
    same && (refers || by_files) && asked.gives(&seen.ask, &Outcome { status: 200, ..seen.outcome.clone() }).is_none()
}

/// Whether what the rule leads to is there to see: below a directory that is not, rules of its own may end it.
fn leads_to_known(asked: &Asked<'_>, facts: &Facts<'_>, rewrite: &Rewrite<'_>, directory: &[u8]) -> bool {
    // a file that is meant for another place of the site
    let based = facts.anywhere(&["RewriteBase"]).filter(|(line, of)| level(line, *of) == rewrite.level);
    let bare = |path: &[u8]| path.trim_end_with(|c| c == '/').to_vec();
    let maps = &asked.ground.search.maps;
    let is_own = |base: &BString| maps.to(directory).any(|(_, url)| bare(&url) == bare(base));
    if based.filter_map(|(line, _)| line.words().into_iter().next()).any(|base| !is_own(&base)) {
        return false;
    }
    let output = rewrite.output.as_slice();
    let plain = &output[..output.find_byteset(b"$%").unwrap_or(output.len())];
    let Some(end) = plain.rfind_byte(b'/') else { return true };
    let folder = &plain[..end];
    if folder.is_empty() {
        return true;
    }
    if !folder.starts_with(b"/") {
        return is_directory(facts, &[directory, folder].concat());
    }
    maps.all().iter().any(|mapping| {
        let rest = folder.strip_prefix(mapping.url.as_slice());
        rest.is_some_and(|rest| is_directory(facts, &[mapping.file.as_slice(), rest].concat()))
    })
}

fn is_directory(facts: &Facts<'_>, path: &[u8]) -> bool {
    resolve::stat(facts.site.vfs(), &Cred::root(), path).is_ok_and(|stat| stat.is_dir())
}

/// A request that meets the rule until httpd gives up.
fn looping(asked: &Asked<'_>, line: Span) -> Option<Seen> {
    let about = asked.about(line);
    let meets = |seen: &Seen| loops(&seen.outcome) && seen.met.contains(&line);
    if let Some(seen) = about.iter().find(|seen| meets(seen)) {
        return Some(seen.clone());
    }
    let others = about.iter().map(|seen| &seen.ask).take(12).flat_map(|ask| {
        let bare = ask.path.trim_end_matches('/');
        [format!("{bare}/"), format!("{bare}/x"), format!("{bare}-x")].map(|path| ask.at(path))
    });
    others.map(|ask| asked.ask(ask)).find(meets)
}
