//! `script-match-loses-script-name`

use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, above};
use crate::lint::facts::{Facts, Seen};
use crate::lint::rewriting::groups;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::site::{Directive, Fix};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "script-match-loses-script-name",
    level: Severity::Warning,
    group: "mod_wsgi",
    finds: "A WSGIScriptAliasMatch takes the URLs of plain files beside the script.",
    why: "It is for the whole of each URL that matches: the files are asked of the application, and what matched is its SCRIPT_NAME.",
    help: "mount the directory of scripts: `WSGIScriptAlias /apps/ DIRECTORY/`",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
# finding
WSGIScriptAliasMatch ^/([^/]+) /srv/apps/$1/main.wsgi
"##,
        files: &["/srv/apps/shop/main.wsgi", "/srv/apps/shop/static/shop.css"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
AliasMatch ^/([^/]+)/static/(.*) /srv/apps/$1/static/$2
WSGIScriptAliasMatch ^/([^/]+) /srv/apps/$1/main.wsgi
"##,
        files: &["/srv/apps/shop/main.wsgi", "/srv/apps/shop/static/shop.css"],
    },
    find,
};

/// Suffixes of files that are sent as they are.
const SUFFIXES: [&[u8]; 8] = [b".css", b".js", b".png", b".jpg", b".gif", b".svg", b".ico", b".html"];
/// How many requests for scripts are looked into.
const TRIED: usize = 20;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["WSGIScriptAliasMatch"]) {
        let by = |seen: &&Seen| {
            seen.outcome.status == 200
                && seen.outcome.wsgi.is_some()
                && seen.outcome.decided_by.iter().any(|d| d.span == line.span())
        };
        let shown = asked.pool.iter().filter(by).take(TRIED).find_map(|seen| {
            let script = seen.outcome.file.as_ref()?;
            let folder: BString = script[..=script.rfind_byte(b'/')?].into();
            let mount = seen.outcome.script_name.as_ref()?.to_str().ok()?.trim_end_matches('/').to_string();
            let is_plain = |path: &BString| {
                let lower = path.to_ascii_lowercase();
                path.starts_with(&folder) && SUFFIXES.iter().any(|suffix| lower.ends_with(suffix))
            };
            let files = asked.ground.tree.iter().filter(|entry| !entry.dir && is_plain(&entry.path));
            let beside = files.take(TRIED).find_map(|entry| {
                let rest = crate::search::ask::escaped(&entry.path[folder.len()..]);
                let there = asked.ask(seen.ask.at(format!("{mount}/{rest}")));
                let runs = there.outcome.wsgi.is_some() && there.outcome.file.as_ref() == Some(script);
                runs.then(|| (there, entry.path.clone()))
            });
            // or one that has a URL of its own
            beside.or_else(|| {
                let plain = |path: &[u8]| {
                    let lower = path.to_ascii_lowercase();
                    SUFFIXES.iter().any(|suffix| lower.ends_with(suffix))
                };
                let files = asked.ground.tree.iter().filter(|entry| !entry.dir && plain(&entry.path));
                files.take(TRIED).find_map(|entry| {
                    let ways = asked.ground.routes.to(&entry.path).into_iter().take(4);
                    let mut there = ways.map(|way| asked.ask(seen.ask.at(way.path)));
                    let runs = |seen: &Seen| {
                        seen.outcome.wsgi.is_some() && seen.outcome.decided_by.iter().any(|d| d.span == line.span())
                    };
                    there.find(runs).map(|there| (there, entry.path.clone()))
                })
            })
        });
        if let Some((seen, path)) = shown {
            let message = format!("this line takes the URL of `{path}`: the application is asked for it");
            let finding = rule.seen(line.span(), message, &seen);
            let fix = for_files(facts, &finding, line, &path);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// The files' folder beside the scripts, by a line of its own above.
fn for_files(facts: &Facts<'_>, finding: &Finding, line: &Directive<'_>, path: &BString) -> Option<Fix> {
    let words = line.words();
    let [pattern, script, ..] = words.as_slice() else { return None };
    let (pattern, script) = (pattern.to_str().ok()?, script.to_str().ok()?);
    let (ask, outcome) = finding.witness.as_ref()?;
    let (real, _) = outcome.file.as_ref()?.to_str().ok()?.rsplit_once('/')?;
    let (folder, _) = script.rsplit_once('/')?;
    // the first folder below that of the script
    let rest = path.to_str().ok()?.strip_prefix(real)?.strip_prefix('/')?;
    let (name, below) = rest.split_once('/')?;
    let whole = pattern.trim_end_matches(".*").trim_end_matches('/');
    let plain = |text: &str| !text.contains(['"', ' ', '\\', '$', '%', '\n', '.']);
    if !plain(name) || whole.ends_with(['$', '\\']) || !ask.path.ends_with(&format!("/{name}/{below}")) {
        return None;
    }
    let groups = groups(whole) + 1;
    let text = format!("AliasMatch \"{whole}/{name}/(.*)\" \"{folder}/{name}/${groups}\"");
    let edits = vec![above(facts.site.sources(), line.span(), &text)];
    let gone = |then: &Outcome| then.status == 200 && then.file.as_ref() == Some(path);
    let part = format!("/{name}/");
    let meant = |seen: &Seen, _: &Outcome| seen.outcome.wsgi.is_some() && seen.ask.path.contains(&part);
    let message = format!("lead the URLs of `{name}` to the files");
    Trial { message: &message, edits, gone: &gone, meant: &meant }.guess(facts, finding)
}
