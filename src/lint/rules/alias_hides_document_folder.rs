//! `alias-hides-document-folder`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "alias-hides-document-folder",
    level: Severity::Note,
    group: "shadowed lines",
    finds: "An Alias covers a directory of the same name below DocumentRoot that has files of its own.",
    why: "The Alias takes all URLs that begin so: the directory's own files are not found.",
    help: "name the directory or the URL otherwise",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
# finding
Alias /icons/ /srv/icons/
"##,
        files: &["/srv/www/icons/logo.png", "/srv/icons/folder.gif"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv>
  Require all granted
</Directory>
Alias /icons/ /srv/icons/
"##,
        files: &["/srv/www/icons/folder.gif", "/srv/icons/folder.gif"],
    },
    find,
};

/// How many files are tried.
const FILES: usize = 60;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let servers = &asked.ground.search.run.server().servers;
    let mut found = Vec::new();
    for line in facts.named(&["Alias", "ScriptAlias"]) {
        let words = line.words();
        let [url, ..] = words.as_slice() else { continue };
        let bare = url.trim_end_with(|c| c == '/');
        if words.len() < 2 || bare.is_empty() {
            continue;
        }
        let mut doors: Vec<_> = asked.doors(line).collect();
        doors.dedup_by_key(|door| door.server);
        let shown = doors.iter().take(8).find_map(|door| {
            let server = servers.iter().find(|server| server.span == door.server)?;
            let root: BString = server.core().document_root().trim_end_with(|c| c == '/').into();
            let folder = [root.as_slice(), bare, b"/"].concat();
            let files = asked.ground.tree.iter().filter(|entry| !entry.dir && entry.path.starts_with(&folder));
            files.take(FILES).find_map(|entry| {
                let seen = asked.ask(door.ask(&escaped(&entry.path[root.len()..])));
                if seen.outcome.status != 404 || !seen.met.contains(&line.span()) {
                    return None;
                }
                let then = asked.without(&[line.span()])?.ask(&seen.ask.request());
                (then.file.as_ref() == Some(&entry.path) && then.status < 400).then(|| (seen, entry.path.clone()))
            })
        });
        if let Some((seen, path)) = shown {
            let message = format!("this line takes the URL of `{path}`, which is not found any more");
            found.push(rule.seen(line.span(), message, &seen));
        }
    }
    found
}
