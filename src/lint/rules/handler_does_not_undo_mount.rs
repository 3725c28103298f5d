//! `handler-does-not-undo-mount`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::lines::below;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::compare::differ;
use crate::search::doors::Door;
use crate::search::shown::Thing;
use crate::site::{Edit, Fix};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "handler-does-not-undo-mount",
    level: Severity::Warning,
    group: "mod_wsgi",
    finds: "`SetHandler None` or `default-handler` in a Location below a mount is to give its files back.",
    why: "The URL leads to the script all the same: the application is asked, or the script's text sent, or nothing found.",
    help: "lead the URL to the directory: `Alias URL DIRECTORY`",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
WSGIScriptAlias / /srv/shop/shop.wsgi
<Location /media>
  # finding
  SetHandler None
</Location>
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/www/media/a.png"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
WSGIScriptAlias / /srv/shop/shop.wsgi
Alias /media /srv/www/media
<Location /media>
  SetHandler None
</Location>
"##,
        files: &["/srv/shop/shop.wsgi", "/srv/www/media/a.png"],
    },
    find,
};

/// How many files are tried.
const FILES: usize = 200;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mounts: Vec<_> = facts.named(&["WSGIScriptAlias", "WSGIScriptAliasMatch"]).collect();
    let mut found = Vec::new();
    for section in facts.named(&["Location", "LocationMatch"]).filter(|_| !mounts.is_empty()) {
        let words = section.words();
        let [url] = words.as_slice() else { continue };
        let plain = is_named(section, &["Location"]);
        if plain && (url.len() < 2 || !url.starts_with(b"/") || url.find_byteset(b"*?[").is_some()) {
            continue;
        }
        let off = facts.within(section).find(|d| {
            let none = |word: &bstr::BString| {
                word.eq_ignore_ascii_case(b"none") || word.eq_ignore_ascii_case(b"default-handler")
            };
            is_named(d, &["SetHandler"]) && d.words().first().is_some_and(none)
        });
        let Some(off) = off else { continue };
        let mut doors: Vec<_> = asked.doors(section).collect();
        doors.dedup_by_key(|door| door.server);
        let shown = doors.into_iter().take(6).find_map(|door| {
            let seen = match plain {
                true => asked.ask(door.ask(below(url).get(2)?)),
                false => of_a_file(asked, door, section.span())?,
            };
            let mount = mounts.iter().find(|mount| {
                seen.met.contains(&mount.span()) || seen.outcome.decided_by.iter().any(|d| d.span == mount.span())
            })?;
            let script = mount.words().get(1)?.trim_end_with(|c| c == '/').to_vec();
            seen.outcome.file.as_ref().filter(|file| file.starts_with(&script))?;
            // an Alias would give it back
            let server = asked.ground.search.run.server().servers.iter().find(|s| s.span == door.server)?;
            let root = server.core().document_root().trim_end_with(|c| c == '/').to_str_lossy().into_owned();
            let bare = match plain {
                true => url.trim_end_with(|c| c == '/').to_str_lossy().into_owned(),
                false => seen.ask.path.clone(),
            };
            let at = mount.span();
            let text = format!("Alias \"{bare}\" \"{root}{bare}\"\n");
            let edits = [Edit { file: at.file, range: at.start..at.start, text: text.into() }];
            let then = asked.changed(&edits)?.ask(&seen.ask.request());
            differ(&seen.outcome, &then).is_some().then_some((seen, mount.span(), plain.then_some((bare, root))))
        });
        let Some((seen, mount, folder)) = shown else { continue };
        let message =
            format!("this does not give `{url}` back: its URLs lead to the application's script all the same");
        let finding = rule.seen(off.span(), message, &seen).related(mount, "the mount takes them");
        let fix = folder.and_then(|(url, root)| fix(facts, asked, &finding, mount, (&url, &format!("{root}{url}"))));
        found.push(Finding { fix, ..finding });
    }
    found
}

/// An Alias for the URL above the mount, where the document root has the directory; shown by one of its files.
fn fix(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    finding: &Finding,
    mount: Span,
    (url, folder): (&str, &str),
) -> Option<Fix> {
    let line = format!("Alias {} {}", edits::quoted(url.as_bytes())?, edits::quoted(folder.as_bytes())?);
    let edits = vec![edits::above(facts.site.sources(), mount, &line)];
    let other = asked.changed(&edits)?;
    let below = format!("{folder}/");
    let file = asked.ground.tree.iter().find(|entry| !entry.dir && entry.path.starts_with(below.as_bytes()))?;
    let (ask, before) = finding.witness.as_ref()?;
    let ask = ask.at(format!("{url}/{}", escaped(&file.path[below.len()..])));
    let got = asked.gives(&ask, &other.ask(&ask.request()));
    let trial = Trial {
        message: "lead the URL to the directory",
        edits,
        gone: &|then| then.file != before.file,
        meant: &|seen, _| seen.ask.path == url || seen.ask.path.starts_with(&format!("{url}/")),
    };
    trial.guess(facts, finding).filter(|_| got.is_some_and(|(thing, _)| thing == Thing::File(file.path.clone())))
}

/// A request for a file below the document root that a section is for.
fn of_a_file(asked: &Asked<'_>, door: &Door, section: Span) -> Option<Seen> {
    let files = asked.ground.tree.iter().filter(|entry| !entry.dir).take(FILES);
    let mut ways = files.flat_map(|entry| asked.ground.routes.to(&entry.path)).filter(|way| way.scope.takes(door));
    ways.find_map(|way| Some(asked.ask(way.ask(door))).filter(|seen| seen.met.contains(&section)))
}
