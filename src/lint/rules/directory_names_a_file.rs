//! `directory-names-a-file`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

pub(super) static RULE: Rule = Rule {
    name: "directory-names-a-file",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "A Directory section has the path of a file.",
    why: "Such sections are for directories: what is in it never applies.",
    help: "write `<Directory DIRECTORY>`, and in it `<Files NAME>`",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<Directory /srv/www/settings.php>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/settings.php"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Directory /srv/www/settings>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/settings.php", "/srv/www/settings/a.php"],
    },
    find,
};

/// Lines whose second argument is a file, or may be one.
const SCRIPTS: [&str; 3] = ["WSGIScriptAlias", "ScriptAlias", "Alias"];

/// How many requests for a file are tried.
const REQUESTS: usize = 60;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    let files: HashSet<&BString> =
        asked.ground.tree.iter().filter(|entry| !entry.dir).map(|entry| &entry.path).collect();
    for section in facts.named(&["Directory"]) {
        let words = section.words();
        let [path] = words.as_slice() else { continue };
        let bare: BString = path.trim_end_with(|c| c == '/').into();
        let Some((folder, name)) = bare.rsplit_once_str(b"/") else { continue };
        if name.is_empty() || facts.within(section).next().is_none() {
            continue;
        }
        if files.contains(&bare) {
            let message = format!("`{bare}` is a file: what is in this section never applies");
            let fix = fix(section, folder, name);
            let shown = asked.changed(&fix.edits).and_then(|mended| {
                let mut seen = requests(asked, &bare).into_iter().map(|ask| asked.ask(ask));
                seen.find(|seen| differ(&seen.outcome, &mended.ask(&seen.ask.request())).is_some())
            });
            let finding = match &shown {
                Some(seen) => rule.seen(section.span(), message, seen),
                None => rule.at(section.span(), message),
            };
            found.push(Finding { fix: Some(fix), ..finding });
            continue;
        }
        // a file that is not here
        let script = facts.named(&SCRIPTS).any(|line| line.words().get(1).is_some_and(|target| *target == bare));
        if script && name.contains(&b'.') && !asked.ground.tree.iter().any(|entry| entry.path.starts_with(&bare)) {
            let message = format!("`{bare}` looks like a file: a Directory section is for directories");
            found.push(rule.at(section.span(), message));
        }
    }
    found
}

/// Requests for a file.
fn requests(asked: &Asked<'_>, path: &BString) -> Vec<Ask> {
    let known = asked.pool.iter().filter(|seen| seen.outcome.file.as_ref() == Some(path));
    let mut found: Vec<Ask> = known.map(|seen| seen.ask.clone()).take(REQUESTS).collect();
    for way in asked.ground.routes.to(path) {
        let doors = asked.ground.doors.iter().filter(|door| way.scope.takes(door));
        found.extend(doors.map(|door| way.ask(door)));
    }
    found.truncate(REQUESTS);
    found
}

/// The folder's section, and in it one for the name.
fn fix(section: &Directive<'_>, folder: &[u8], name: &[u8]) -> Fix {
    let at = section.span();
    let folder = if folder.is_empty() { &b"/"[..] } else { folder };
    let open = [b"<Directory \"", folder, b"\">\n<Files \"", name, b"\">"].concat();
    let mut edits = vec![Edit::replace(at, open)];
    if let Some(close) = section.end() {
        edits.push(Edit { file: close.file, range: close.start..close.start, text: "</Files>\n".into() });
    }
    Fix { message: "name the directory, and the file in it".into(), safety: Safety::Safe, edits }
}
