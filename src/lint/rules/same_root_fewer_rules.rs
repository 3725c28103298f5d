//! `same-root-fewer-rules`

use super::elsewhere::{Known, leaks, name_of, told};
use super::guards::guard;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "same-root-fewer-rules",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "Two virtual hosts serve one directory, and one lacks the denials of the other.",
    why: "Who is refused by the one host asks the other.",
    help: "put the rules into a Directory section outside of the virtual hosts",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/www>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  <Location /private>
    Require all denied
  </Location>
</VirtualHost>
<VirtualHost *:80>
  ServerName old.example.com
  # finding
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/index.html", "/srv/www/private/list.csv"],
    },
    good: Example {
        config: r##"<Directory /srv/www>
  Require all granted
</Directory>
<Directory /srv/www/private>
  Require all denied
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
<VirtualHost *:80>
  ServerName old.example.com
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/index.html", "/srv/www/private/list.csv"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let known = Known::all(facts, asked);
    let same = leaks(facts, asked, &known, |a, b| {
        let (own, theirs) = a.roots(b)?;
        (own == theirs && !a.shares_a_name(b)).then(String::new)
    });
    for leak in same {
        let Some((line, path)) = known.iter().find(|k| k.host == leak.other).and_then(|k| k.root.as_ref()) else {
            continue;
        };
        if found.iter().any(|finding| finding.line == *line) {
            continue;
        }
        let name = name_of(asked, leak.host);
        let message =
            format!("`{}` is open here, and refused by `{name}`, which serves `{path}` too", leak.seen.ask.path);
        let finding = told(rule, *line, message, &leak.seen, &leak.lines, "this rule is missing here");
        let fix = guard(facts, &finding, &leak.lines, &leak.refused);
        found.push(Finding { fix, ..finding });
    }
    found
}
