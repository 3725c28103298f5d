//! `url-denial-has-another-url`

use super::denials::{Gap, by_gap, url};
use super::guards::guard;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;

pub(super) static RULE: Rule = Rule {
    name: "url-denial-has-another-url",
    level: Severity::Warning,
    group: "access control",
    finds: "A denial by URL guards a file, a program or a back-end that another URL reaches.",
    why: "Location, Redirect and RewriteRule see the URL alone: an alias, a link, a home page or a rewrite leads past them.",
    help: "deny the file or directory itself, in a Directory or Files section (a back-end in a Proxy section)",
    safe: Some(false),
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
    let Some(asked) = &facts.asked else { return Vec::new() };
    let found = by_gap(rule, facts, Gap::Url, |past| {
        format!("this refuses `{}`, and `{}` gets the same", past.denial.ask.path, url(&past.found.ask))
    });
    let mended = found.into_iter().map(|finding| {
        let is_shown = |ask: &Ask| finding.witness.as_ref().is_some_and(|(own, _)| own == ask);
        let past = asked.past().iter().find(|past| is_shown(&past.found.ask));
        let fix = past.and_then(|past| guard(facts, &finding, &past.found.missed, &past.denial.ask));
        Finding { fix, ..finding }
    });
    mended.collect()
}
