//! `denial-not-asked-in-lookups`

use super::denials::{Gap, by_gap, url};
use super::kept_back::denied_as_files;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "denial-not-asked-in-lookups",
    level: Severity::Error,
    group: "access control",
    finds: "A RewriteRule or RedirectMatch of the server denies a file that httpd also finds by itself.",
    why: "An index file or a name without its extension is looked up as a file: rules on the URL are not asked about it.",
    help: "deny the file in a Files section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Options MultiViews
  Require all granted
</Directory>
# finding
RedirectMatch 404 "\.zip$"
"##,
        files: &["/srv/www/export/customers.zip"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Options None
  Require all granted
</Directory>
RedirectMatch 404 "\.zip$"
"##,
        files: &["/srv/www/export/customers.zip"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = by_gap(rule, facts, Gap::Lookup, |past| {
        format!(
            "this refuses `{}`, and `{}`, for which httpd looks the file up, gets it",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    });
    for finding in &mut found {
        finding.fix = denied_as_files(facts, finding);
    }
    found
}
