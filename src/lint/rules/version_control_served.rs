//! `version-control-served`

use super::exposed::by_line;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::How;

pub(super) static RULE: Rule = Rule {
    name: "version-control-served",
    level: Severity::Error,
    group: "exposure",
    finds: "Files of .git, .hg, .svn or CVS are served.",
    why: "The whole history of the sources can be put together from them, with every password that was ever in it.",
    help: "deny them: `<DirectoryMatch \"/\\.(git|hg|svn)(/|$)\">` with `Require all denied`",
    safe: None,
    bad: Example {
        config: r##"# finding
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/.git/config"],
    },
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
        file.how == How::Static && sensitive(&file.path, file.how) == Some(Sensitive::Vcs)
    })
}
