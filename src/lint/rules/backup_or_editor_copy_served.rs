//! `backup-or-editor-copy-served`

use super::exposed::{OPEN, of_kind};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::Sensitive;

pub(super) static RULE: Rule = Rule {
    name: "backup-or-editor-copy-served",
    level: Severity::Warning,
    group: "exposure",
    finds: "A backup or an editor's copy of a file is served.",
    why: "A copy of a program is sent as text where the program itself is run, and old copies keep what was taken out since.",
    help: "deny them: `<FilesMatch \"(\\.(bak|old|orig|swp)|~)$\">` with `Require all denied`",
    safe: None,
    bad: Example { config: OPEN, files: &["/srv/www/index.html", "/srv/www/config.php.bak"] },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "(\.bak|~)$">
  Require all denied
</FilesMatch>
"##,
        files: &["/srv/www/index.html", "/srv/www/config.php.bak"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    of_kind(rule, facts, "backups", Sensitive::Backup)
}
