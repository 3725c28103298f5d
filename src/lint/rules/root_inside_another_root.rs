//! `root-inside-another-root`

use super::elsewhere::{Known, leaks, name_of, told};
use super::guards::guard;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "root-inside-another-root",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "A virtual host's directory lies below the DocumentRoot of another one, where its rules do not hold.",
    why: "Who is refused by the one host asks the other, by the directory's name.",
    help: "give the outer host a directory of its own, or put the rules into a Directory section outside of both",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/sites>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  # finding
  DocumentRoot /srv/sites
</VirtualHost>
<VirtualHost *:80>
  ServerName staff.example.com
  DocumentRoot /srv/sites/staff
  <Location />
    Require all denied
  </Location>
</VirtualHost>
"##,
        files: &["/srv/sites/index.html", "/srv/sites/staff/list.html"],
    },
    good: Example {
        config: r##"<Directory /srv/sites>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/sites/www
</VirtualHost>
<VirtualHost *:80>
  ServerName staff.example.com
  DocumentRoot /srv/sites/staff
  <Location />
    Require all denied
  </Location>
</VirtualHost>
"##,
        files: &["/srv/sites/www/index.html", "/srv/sites/staff/list.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let known = Known::all(facts, asked);
    let inside = leaks(facts, asked, &known, |a, b| {
        let (own, theirs) = a.roots(b)?;
        let rest = own.strip_prefix(theirs.as_slice())?;
        rest.starts_with(b"/").then(|| escaped(rest))
    });
    for leak in inside {
        let root = |host| known.iter().find(|k| k.host == host).and_then(|k| k.root.as_ref());
        let (Some((line, _)), Some((_, path))) = (root(leak.other), root(leak.host)) else { continue };
        if found.iter().any(|finding| finding.line == *line) {
            continue;
        }
        let (name, path) = (name_of(asked, leak.host), path.to_str_lossy());
        let message =
            format!("`{path}`, the directory of `{name}`, lies below this one: what is refused there is open here");
        let finding = told(rule, *line, message, &leak.seen, &leak.lines, "this rule does not hold here");
        let fix = guard(facts, &finding, &leak.lines, &leak.refused);
        found.push(Finding { fix, ..finding });
    }
    found
}
