//! `folder-rules-skip-proxy`

use super::access::rules;
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, is_named, same_line, whole};
use crate::lint::rewriting::{Level, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::run::Run;
use crate::search::denial::refusing;
use crate::search::ground::is_refusal;
use crate::search::shown::How;
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "folder-rules-skip-proxy",
    level: Severity::Error,
    group: "proxy",
    finds: "What a Directory or Files section or an .htaccess file denies is sent to a back-end by ProxyPass.",
    why: "Such rules are for files: a request that ProxyPass or ProxyPassMatch takes has none, and is not held to them.",
    help: "deny by Location or Proxy; for PHP-FPM, hand the files over with a FilesMatch and `SetHandler proxy:...`",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<Directory /srv/www/lib>
  Require all denied
</Directory>
ProxyPassMatch ^/(.*\.php)$ fcgi://127.0.0.1:9000/srv/www/$1
"##,
        files: &["/srv/www/index.php", "/srv/www/lib/admin.php"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Directory /srv/www/lib>
  Require all denied
</Directory>
<FilesMatch "\.php$">
  SetHandler "proxy:fcgi://127.0.0.1:9000"
</FilesMatch>
"##,
        files: &["/srv/www/index.php", "/srv/www/lib/admin.php"],
    },
    find,
};

/// Sections that go by files.
const FOR_FILES: [&str; 4] = ["Directory", "DirectoryMatch", "Files", "FilesMatch"];
/// How many files are asked for, and by how many ways in each.
const FILES: usize = 1_500;
const DOORS: usize = 4;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let passes = facts.named(&["ProxyPass", "ProxyPassMatch"]);
    let passes = passes.filter(|pass| !pass.words().iter().any(|word| *word == "!")).map(|pass| pass.span());
    let by_rule = rewrites(facts);
    let by_rule = by_rule.iter().filter(|rule| rule.level == Level::Server && rule.has(&["p", "proxy"]));
    let passes: Vec<Span> = passes.chain(by_rule.map(|rule| rule.span())).collect();
    let mut found: Vec<Finding> = Vec::new();
    if passes.is_empty() {
        return found;
    }
    // files whose URLs go to the back-end
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir && !is_hidden(&entry.path));
    for entry in files.take(FILES) {
        for way in asked.ground.routes.to(&entry.path) {
            for door in asked.ground.doors.iter().filter(|door| way.scope.takes(door)).take(DOORS) {
                let seen = asked.ask(way.ask(door));
                let Some(pass) = passes.iter().find(|pass| is_proxied(&seen) && seen.met.contains(pass)) else {
                    continue;
                };
                let Some(other) = asked.without(&[*pass]) else { continue };
                let Some(blame) = denied(facts, &other, &Asked::seen(&other, seen.ask.clone())) else { continue };
                let (line, related, label) = match blame {
                    Blame::Section(section) => (section, *pass, "this line sends it to the back-end"),
                    Blame::File(line) => (*pass, line, "this file's rules are not asked"),
                };
                if found.iter().all(|finding| finding.line != line) {
                    let path = &seen.ask.path;
                    let message = format!("`{path}` is denied by rules for files, and goes to a back-end all the same");
                    let finding = rule.seen(line, message, &seen).related(related, label);
                    let fix = by_handler(facts, asked, &finding, *pass).or_else(|| {
                        let section = (line != *pass).then_some(line)?;
                        by_url(facts, &finding, section, &entry.path)
                    });
                    found.push(Finding { fix, ..finding });
                }
            }
        }
    }
    found
}

/// The files handed over by a handler, in the place of a ProxyPassMatch for PHP-FPM that names the whole path.
fn by_handler(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, pass: Span) -> Option<Fix> {
    let line = facts.directives.iter().find(|d| d.span() == pass).filter(|d| is_named(d, &["ProxyPassMatch"]))?;
    let words = line.words();
    let [pattern, url] = words.as_slice() else { return None };
    let suffix =
        ["^/(.*\\.", "^/?(.*\\.", "^(/.*\\.", "^(.*\\."].iter().find_map(|b| pattern.strip_prefix(b.as_bytes()))?;
    let suffix = suffix.strip_suffix(b"(/.*)?)$").or(suffix.strip_suffix(b")$"))?.to_str().ok()?;
    if !suffix.bytes().all(|b| b.is_ascii_alphanumeric()) || !url.starts_with(b"fcgi://") {
        return None;
    }
    let server = url[..7 + url[7..].find_byte(b'/')?].to_str().ok().filter(|server| !server.contains(['"', '$']))?;
    let pad = facts.site.sources().file(pass.file).indent(pass.start).to_string();
    let handler = format!("SetHandler \"proxy:{server}\"");
    let text = edits::section(&format!("FilesMatch \"\\.{suffix}$\""), &[&handler]).replace('\n', &format!("\n{pad}"));
    let trial = Trial {
        message: "hand the files over by a handler",
        edits: vec![Edit::replace(pass, text)],
        gone: &|then| is_refusal(then),
        // what is denied as a file, and what no file is at; and programs that are had, with a path behind them
        meant: &|seen, then| {
            let runs = asked.gives(&seen.ask, then).filter(|(_, how)| *how == How::Program);
            matches!(then.status, 401 | 403 | 404) || runs.is_some_and(|(own, _)| asked.ground.got.contains_key(&own))
        },
    };
    trial.guess(facts, finding)
}

/// The rules of a Directory section, for its URL.
fn by_url(facts: &Facts<'_>, finding: &Finding, section: Span, file: &[u8]) -> Option<Fix> {
    let sources = facts.site.sources();
    let own = facts.directives.iter().find(|d| d.span() == section).filter(|d| is_named(d, &["Directory"]))?;
    let folder = own.words().into_iter().next().filter(|path| path.find_byteset(b"*?[~").is_none())?;
    let below = file.strip_prefix(folder.trim_end_with(|c| c == '/').as_bytes())?.to_str().ok()?;
    let url = finding.witness.as_ref()?.0.path.strip_suffix(below).filter(|url| url.starts_with('/'))?;
    let lines = rules(facts, own);
    let texts: Vec<String> = lines.iter().map(|line| sources.text(*line).to_str_lossy().into_owned()).collect();
    let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
    let text = edits::section(&format!("Location {}", edits::quoted(url.as_bytes())?), &texts);
    let trial = Trial {
        message: "deny its URL, too",
        edits: vec![edits::below(sources, whole(own), &text)],
        gone: &|then| is_refusal(then),
        meant: &|seen, then| {
            let path = seen.ask.path.as_str();
            is_refusal(then) && (path == url || path.starts_with(&format!("{url}/")))
        },
    };
    trial.guess(facts, finding)
}

/// Names that are denied everywhere by custom.
fn is_hidden(path: &[u8]) -> bool {
    path.split_str("/").any(|part| part.starts_with(b".ht"))
}

fn is_proxied(seen: &Seen) -> bool {
    seen.outcome.status == 200 && seen.outcome.file.as_ref().is_some_and(|file| file.starts_with(b"proxy:"))
}

/// What denies a file.
enum Blame {
    /// A section of the configuration.
    Section(Span),
    /// A line of an .htaccess file, as the site's own texts have it.
    File(Span),
}

fn denied(facts: &Facts<'_>, run: &Run, seen: &Seen) -> Option<Blame> {
    // where two lines refuse, neither of them decides
    let line = refusing(run, &seen.outcome).into_iter().next().or_else(|| {
        let both = is_refusal(&seen.outcome) && matches!(seen.outcome.log, Some("AH01630" | "AH01797"));
        let mut sections = facts.directives.iter().filter(|d| seen.met.iter().any(|met| same_line(*met, d.span())));
        let narrow = |d: &&Directive<'_>| is_named(d, &FOR_FILES) && d.words().first().is_some_and(|w| *w != "/");
        let last = sections.rfind(narrow);
        let rules = last.filter(|_| both).map(|section| rules(facts, section));
        rules.and_then(|rules| rules.into_iter().next())
    })?;
    let name = run.sources().file(line.file).name.clone();
    let known = facts.directives.iter().find(|d| {
        let span = d.span();
        span.line == line.line && facts.site.sources().file(span.file).name == name
    });
    let Some(known) = known else {
        let files = facts.site.sources().files_from(0);
        let number = files.iter().position(|file| file.name == name)?;
        return Some(Blame::File(Span { file: crate::source::FileId(number as u32), ..line }));
    };
    let for_files = |name: &[u8]| FOR_FILES.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
    let section = known.sections().iter().rev().find(|section| for_files(&section.name))?;
    // the denial of the whole file system is for files alone
    let whole = section.words().first().is_some_and(|path| *path == "/");
    (!whole).then_some(Blame::Section(section.span))
}
