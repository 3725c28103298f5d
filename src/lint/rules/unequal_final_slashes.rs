//! `unequal-final-slashes`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::compare::differ;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "unequal-final-slashes",
    level: Severity::Error,
    group: "exposure",
    finds: "The URL of an Alias, ScriptAlias or WSGIScriptAlias ends in a slash, and its path does not.",
    why: "What follows the URL is glued to the path: files beside the directory are reached, and those in it are not.",
    help: "end both in a slash, or neither",
    safe: Some(true),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
# finding
Alias /img/ /srv/pics
"##,
        files: &["/srv/pics/a.png", "/srv/pics-private/b.png"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
Alias /img /srv/pics/
"##,
        files: &["/srv/pics/a.png", "/srv/pics-private/b.png"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for line in facts.named(&["Alias", "ScriptAlias", "WSGIScriptAlias"]) {
        let words = line.words();
        let [url, path, ..] = words.as_slice() else { continue };
        if url.len() < 2 || !url.ends_with(b"/") || path.ends_with(b"/") {
            continue;
        }
        // a name of the folder, and one that only the glued path gives
        let folder = [path.as_slice(), b"/"].concat();
        let inside = asked.ground.tree.iter().find_map(|entry| entry.path.strip_prefix(folder.as_slice()));
        let name = inside.filter(|name| !name.is_empty()).unwrap_or(b"x");
        let Some(door) = asked.doors(line).next() else { continue };
        let seen = asked.ask(door.ask(&format!("{}{}", escaped(url), escaped(name))));
        let outside = |file: &[u8]| file.starts_with(path) && !file.starts_with(&folder);
        if !seen.outcome.file.as_ref().is_some_and(|file| outside(file)) {
            continue;
        }
        let place = line.arg_span(sources, 1);
        let quoted = usize::from(sources.text(place).ends_with(b"\""));
        let end = place.end - quoted as u32;
        let edits = vec![Edit::replace(Span { start: end, end, ..place }, "/")];
        let Some(mended) = asked.changed(&edits) else { continue };
        if differ(&seen.outcome, &mended.ask(&seen.ask.request())).is_none() {
            continue;
        }
        let glued = seen.outcome.file.as_ref().map(|file| file.to_str_lossy().into_owned()).unwrap_or_default();
        let message = format!("the URL ends in a slash and the path does not: names are glued to it, as in `{glued}`");
        let fix = Fix { message: "end the path in a slash".into(), safety: Safety::Safe, edits };
        found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
    }
    found
}
