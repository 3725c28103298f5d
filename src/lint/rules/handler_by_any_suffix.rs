//! `handler-by-any-suffix`

use super::handlers::{by_suffix, is_php, runs, suffixes};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Shown, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::search::shown::{How, Thing, shown};
use crate::site::{Directive, Edit, Fix, Safety, Site};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "handler-by-any-suffix",
    level: Severity::Error,
    group: "handlers",
    finds: "AddHandler makes a program of every file that has the suffix anywhere in its name, as `photo.php.jpg` has.",
    why: "Anyone who may upload a picture may run a program.",
    help: "give the handler to what ends in the suffix: SetHandler in a FilesMatch section whose pattern ends in `\\.SUFFIX$`",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
AddHandler application/x-httpd-php .php
"##,
        files: &["/srv/www/index.php", "/srv/www/uploads/photo.php.jpg"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
"##,
        files: &["/srv/www/index.php", "/srv/www/uploads/photo.php.jpg"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["AddHandler", "AddType"]) {
        let Some((handler, own)) = by_suffix(&line).filter(|(handler, _)| runs(handler)) else { continue };
        let span = line.span();
        let mut programs = asked.files.iter().filter(|f| f.how == How::Program && inner(&f.path, &own));
        let shown = programs.find(|file| asked.needs(&file.ask, &file.outcome, &[span]));
        if let Some(file) = shown {
            let name = file.path.rsplit(|b| *b == b'/').next().unwrap_or_default().as_bstr();
            let message = format!("every suffix of a name counts: `{name}` is run as a program");
            let fix = fix(facts, asked, span, &line.words(), file);
            found.push(Finding { fix, ..rule.shown(span, message, &file.ask, &file.outcome) });
        } else if is_named(&line, &["AddHandler"]) && is_php(&handler) {
            let Some((name, ask, outcome)) = made_up(facts, asked, &line, &own) else { continue };
            let message = format!("every suffix of a name counts: a file `{name}` would be run as a program");
            found.push(Finding { level: Severity::Warning, ..rule.shown(span, message, &ask, &outcome) });
        }
    }
    found.extend(by_section(rule, facts, asked));
    found
}

/// SetHandler in a section for names which does not ask how they end.
fn by_section(rule: &Rule, facts: &Facts<'_>, asked: &Asked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["SetHandler"]) {
        let in_files =
            line.sections().last().is_some_and(|section| section.name.to_ascii_lowercase().starts_with(b"files"));
        let handler = line.words().first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        if !in_files || !runs(&handler) {
            continue;
        }
        let span = line.span();
        let by = |file: &&Shown| file.how == How::Program && file.outcome.decided_by.iter().any(|d| d.span == span);
        let mut own: Vec<BString> =
            asked.files.iter().filter(by).filter_map(|file| suffixes(&file.path).pop()).collect();
        own.retain(|suffix| PROGRAMS.iter().any(|known| suffix == known));
        own.truncate(1);
        if own.is_empty() {
            continue;
        }
        let shown =
            asked.files.iter().filter(by).find(|f| inner(&f.path, &own) && asked.needs(&f.ask, &f.outcome, &[span]));
        if let Some(file) = shown {
            let name = file.path.rsplit(|b| *b == b'/').next().unwrap_or_default().as_bstr();
            let message = format!("the section is not for the end of a name: `{name}` is run as a program");
            found.push(rule.shown(span, message, &file.ask, &file.outcome));
        } else if would_run(facts, asked, span, &own) {
            let message = format!("the section is not for the end of a name: a file `x.{}.jpg` would be run", own[0]);
            found.push(rule.at(span, message));
        }
    }
    found
}

/// Suffixes of programs.
const PROGRAMS: [&str; 9] = ["php", "php3", "php4", "php5", "php7", "phtml", "cgi", "pl", "py"];

/// Whether a name has one of the suffixes before another one.
fn inner(path: &[u8], own: &[BString]) -> bool {
    let mut all = suffixes(path);
    let last = all.pop();
    // a language or an encoding of a page, as `index.php.de`, is meant
    let meant = last.is_some_and(|last| own.contains(&last) || last.len() == 2 && last != "gz");
    !meant && all.iter().any(|suffix| own.contains(suffix))
}

/// Whether a file with one more suffix would be run, beside one that is.
fn would_run(facts: &Facts<'_>, asked: &Asked<'_>, line: Span, own: &[BString]) -> bool {
    let Some(suffix) = own.first() else { return false };
    let is_own =
        |file: &&Shown| file.how == How::Program && suffixes(&file.path).last().is_some_and(|last| own.contains(last));
    let Some(file) = asked.files.iter().find(|f| is_own(f) && f.outcome.decided_by.iter().any(|d| d.span == line))
    else {
        return false;
    };
    let (Some(at), Some(end)) = (file.path.rfind_byte(b'/'), file.ask.path.rfind('/')) else { return false };
    let name = format!("zq-x.{suffix}.jpg");
    let path = format!("{}/{name}", file.path[..at].as_bstr());
    let (site, _) = facts.site.with_texts(&[(path, Some(BString::default()))]);
    let ask = file.ask.at(format!("{}/{name}", &file.ask.path[..end]));
    let Ok(run) = site.start() else { return false };
    let outcome = run.ask(&ask.request());
    shown(&site, "GET", &outcome).is_some_and(|(_, how)| how == How::Program)
}

/// A picture with the suffix in its name, which the line would have run: in the directory of the line, or of the site.
fn made_up(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    line: &Directive<'_>,
    own: &[BString],
) -> Option<(String, Ask, Outcome)> {
    let suffix = own.first()?;
    let name = format!("x.{suffix}.jpg");
    let server = asked.ground.search.run.server();
    let file = line.span().file;
    let folder = facts.site.is_htaccess(file).then(|| facts.site.sources().file(file).name.clone());
    let folder = folder.and_then(|name| Some(format!("{}/", name.rsplit_once('/')?.0).into())).or(line.directory());
    let roots = server.servers.iter().map(|server| [server.core().document_root().as_bytes(), b"/"].concat().into());
    let folders: Vec<BString> = folder.into_iter().chain(roots).take(4).collect();
    folders.iter().find_map(|folder| {
        let path: BString = [folder.as_slice(), name.as_bytes()].concat().into();
        let (with, without) = (facts.site.with_files(std::slice::from_ref(&path)), facts.site.blanks(&[line.span()]));
        let without = facts.site.with(&without).ok()?.with_files(std::slice::from_ref(&path));
        let (run, other) = (with.start().ok()?, without.start().ok()?);
        let doors: Vec<_> = asked.doors(line).take(8).collect();
        let ways = asked.ground.routes.to(&path);
        let mut asks = ways.iter().take(4).flat_map(|way| {
            doors.iter().filter(|door| way.scope.takes(door)).map(|door| way.ask(door)).collect::<Vec<_>>()
        });
        asks.find_map(|ask| {
            let outcome = run.ask(&ask.request());
            let runs = |site: &Site, outcome: &Outcome| {
                matches!(shown(site, &ask.method, outcome), Some((Thing::File(own), How::Program)) if own == path)
            };
            let shown = runs(&with, &outcome) && !runs(&without, &other.ask(&ask.request()));
            shown.then(|| (name.clone(), ask.clone(), outcome))
        })
    })
}

/// The handler for names that end in a suffix.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, line: Span, words: &[BString], shown: &Shown) -> Option<Fix> {
    let (handler, own) = words.split_first()?;
    let own: Vec<String> = own.iter().map(|word| word.trim_start_with(|c| c == '.').to_str_lossy().into()).collect();
    let suffix = match own.as_slice() {
        [one] => one.clone(),
        all => format!("({})", all.join("|")),
    };
    let source = facts.site.sources().file(line.file);
    let start = source.line_start(source.line_column(line.start).0);
    let indent = source.text[start as usize..line.start as usize].to_str_lossy().into_owned();
    let text = format!("<FilesMatch \"(?i)\\.{suffix}$\">\n{indent}  SetHandler {handler}\n{indent}</FilesMatch>");
    let edits = vec![Edit::replace(line, text)];
    let other = asked.changed(&edits)?;
    let then = other.ask(&shown.ask.request());
    if asked.gives(&shown.ask, &then).is_some_and(|(_, how)| how == How::Program) {
        return None;
    }
    let harmed: Vec<&BString> = asked.files.iter().filter(|f| inner(&f.path, &lower(&own))).map(|f| &f.path).collect();
    let safe = asked.changes_only(&other, |outcome| outcome.file.as_ref().is_some_and(|file| harmed.contains(&file)));
    let safety = Safety::safe_if(safe);
    Some(Fix { message: "give the handler to what ends in the suffix".into(), safety, edits })
}

fn lower(words: &[String]) -> Vec<BString> {
    words.iter().map(|word| word.to_ascii_lowercase().into()).collect()
}
