//! `denial-without-path-info`

use super::denials::{Gap, by_gap, url};
use super::kept_back::repatterned;
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
    safe: Some(true),
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
    let mut found = by_gap(rule, facts, Gap::PathInfo, |past| {
        format!("this refuses `{}`, and `{}` runs the same script", past.denial.ask.path, url(&past.found.ask))
    });
    for finding in &mut found {
        finding.fix = repatterned(facts, finding, "let a path follow", ends_open);
    }
    found
}

/// A pattern that ends where a name ends, or a path follows.
fn ends_open(pattern: &str) -> Option<String> {
    let (bare, quote) = match pattern.strip_suffix('"') {
        Some(bare) => (bare, "\""),
        None => (pattern, ""),
    };
    let bare = bare.strip_suffix('$').filter(|bare| !bare.ends_with('\\'))?;
    Some(format!("{bare}(/|$){quote}"))
}
