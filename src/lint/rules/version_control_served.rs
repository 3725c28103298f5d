//! `version-control-served`

use super::exposed::{OPEN, by_line};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "version-control-served",
    level: Severity::Error,
    group: "exposure",
    finds: "Files of .git, .hg, .svn or CVS are served.",
    why: "The whole history of the sources can be put together from them, with every password that was ever in it.",
    help: "deny them: `<DirectoryMatch \"/\\.(git|hg|svn)(/|$)\">` with `Require all denied`",
    safe: None,
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
    by_line(rule, facts, "version control", |file| {
        sensitive(&file.path, file.how) == Some(Sensitive::Vcs) && !is_beside(&file.path)
    })
}

/// Whether a file only tells a system for version control what to leave out: nothing can be put together from it.
fn is_beside(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let folders = [".git/", ".hg/", ".svn/", ".bzr/"].iter().any(|folder| path.contains_str(folder));
    !folders && name.starts_with(b".") && ![&b".fslckout"[..], b".gitmodules"].contains(&name)
}
