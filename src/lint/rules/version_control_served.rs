//! `version-control-served`

use super::exposed::{OPEN, beside, by_line_mended, denied, gets, opener};
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Facts, Shown, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::ground::is_refusal;
use crate::search::kinds::{Sensitive, sensitive};
use crate::site::Fix;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "version-control-served",
    level: Severity::Error,
    group: "exposure",
    finds: "Files of .git, .hg, .svn or CVS are served.",
    why: "The whole history of the sources can be put together from them, with every password that was ever in it.",
    help: "deny them: `<DirectoryMatch \"/\\.(git|hg|svn)(/|$)\">` with `Require all denied`",
    safe: Some(true),
    bad: Example { config: OPEN, files: &["/srv/www/index.html", "/srv/www/.git/config"] },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<DirectoryMatch "/\.git(/|$)">
  Require all denied
</DirectoryMatch>
"##,
        files: &["/srv/www/index.html", "/srv/www/.git/config"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let is = |file: &Shown| sensitive(&file.path, file.how) == Some(Sensitive::Vcs) && !is_beside(&file.path);
    by_line_mended(rule, facts, "version control", is, |finding, files| fix(facts, finding, files))
}

/// The folders that systems for version control keep.
const FOLDERS: [&str; 5] = [".git", ".hg", ".svn", ".bzr", "CVS"];

/// A denial of those folders, below what opens them; of files that are in none, by their names.
fn fix(facts: &Facts<'_>, finding: &Finding, files: &[&Shown]) -> Option<Fix> {
    let within = |path: &[u8], folder: &str| path.contains_str(format!("/{folder}/"));
    let folders: Vec<&str> =
        FOLDERS.into_iter().filter(|name| files.iter().any(|file| within(&file.path, name))).collect();
    if folders.is_empty() {
        let is = |path: &[u8]| files.iter().any(|file| file.path == path);
        return denied(facts, finding, files, &[], &is);
    }
    let dotted = "\\.(git|hg|svn|bzr)".to_string();
    let pattern = match (folders.contains(&"CVS"), folders.len()) {
        (true, 1) => "CVS".to_string(),
        (true, _) => format!("({dotted}|CVS)"),
        (false, _) => dotted,
    };
    let text = edits::section(&format!("DirectoryMatch \"/{pattern}(/|$)\""), &["Require all denied"]);
    let sources = facts.site.sources();
    let opener = files.first().and_then(|file| opener(facts, file)).map(whole);
    let places = [opener.map(|section| edits::below(sources, section, &text)), beside(facts, finding.line, &text)];
    places.into_iter().flatten().find_map(|edit| {
        let trial = Trial {
            message: "deny the folders",
            edits: vec![edit],
            gone: &|then| is_refusal(then),
            meant: &|seen, then| {
                let folder = |path: &[u8]| FOLDERS.iter().any(|name| within(path, name) || path.ends_with_str(name));
                is_refusal(then) && gets(facts, seen).is_some_and(|path| folder(&path))
            },
        };
        trial.fix(facts, finding)
    })
}

/// Whether a file only tells a system for version control what to leave out: nothing can be put together from it.
fn is_beside(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let folders = [".git/", ".hg/", ".svn/", ".bzr/"].iter().any(|folder| path.contains_str(folder));
    !folders && name.starts_with(b".") && ![&b".fslckout"[..], b".gitmodules"].contains(&name)
}
