//! `denial-without-path-info`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "denial-without-path-info",
    level: Severity::Error,
    group: "access control",
    finds: "A denial by URL ends with the name of a script, and the same script is run with a path behind its name.",
    why: "What follows a script's name is handed to it as PATH_INFO: `/upload/x.php/a` runs `x.php`.",
    help: "write `(/|$)` in place of `$`, or deny the file in a Files section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AddHandler cgi-script .cgi
<Directory /srv/www/uploads>
  Options +ExecCGI
</Directory>
# finding
RedirectMatch 403 "^/uploads/.*\.cgi$"
"##,
        files: &["/srv/www/uploads/a.cgi (0755)"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AddHandler cgi-script .cgi
<Directory /srv/www/uploads>
  Options +ExecCGI
</Directory>
RedirectMatch 403 "^/uploads/.*\.cgi(/|$)"
"##,
        files: &["/srv/www/uploads/a.cgi (0755)"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_gap(rule, facts, Gap::PathInfo, |past| {
        format!("this refuses `{}`, and `{}` runs the same script", past.denial.ask.path, url(&past.found.ask))
    })
}
