//! `url-denial-has-another-url`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "url-denial-has-another-url",
    level: Severity::Warning,
    group: "access control",
    finds: "A denial by URL guards a file, a program or a back-end that another URL reaches.",
    why: "Location, Redirect and RewriteRule see the URL alone: an alias, a link, a home page or a rewrite leads past them.",
    help: "deny the file or directory itself, in a Directory or Files section (a back-end in a Proxy section)",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
Alias /old /srv/www/admin
# finding
<Location /admin>
  Require all denied
</Location>
"##,
        files: &["/srv/www/index.html", "/srv/www/admin/users.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
Alias /old /srv/www/admin
<LocationMatch "^/(admin|old)">
  Require all denied
</LocationMatch>
"##,
        files: &["/srv/www/index.html", "/srv/www/admin/users.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_gap(rule, facts, Gap::Url, |past| {
        format!("this refuses `{}`, and `{}` gets the same", past.denial.ask.path, url(&past.found.ask))
    })
}
