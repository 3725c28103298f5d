//! `version-control-served`

use super::exposed::{OPEN, of_kind};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::Sensitive;

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
    of_kind(rule, facts, "version control", Sensitive::Vcs)
}
