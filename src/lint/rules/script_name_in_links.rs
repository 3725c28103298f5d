//! `script-name-in-links`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, same_line};
use crate::lint::{Example, Finding, Rule};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "script-name-in-links",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "A rewrite rule leads URLs to a Python script by its own URL.",
    why: "The script finds its own name in SCRIPT_NAME, and so in all links that the application makes.",
    help: "mount it instead: `WSGIScriptAlias / DIRECTORY/main.py`",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options +ExecCGI
  AddHandler wsgi-script .py
  RewriteEngine On
  RewriteCond %{REQUEST_FILENAME} !-f
  # finding
  RewriteRule ^(.*)$ /main.py/$1 [L]
</Directory>
"##,
        files: &["/srv/www/main.py", "/srv/www/a.txt"],
    },
    good: Example {
        config: r##"<Directory /srv/www>
  Require all granted
</Directory>
WSGIScriptAlias / /srv/www/main.py
"##,
        files: &["/srv/www/main.py", "/srv/www/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let rules = facts.anywhere(&["RewriteRule"]).map(|(line, _)| line);
    let rules: Vec<_> = rules.filter(|line| line.words().get(1).is_some_and(|to| to != "-")).collect();
    let mut found: Vec<Finding> = Vec::new();
    for seen in asked.pool.iter().filter(|seen| seen.outcome.wsgi.is_some() && seen.outcome.status == 200) {
        let Some(name) = seen.outcome.script_name.as_ref().filter(|name| name.len() > 1) else { continue };
        let path: BString = crate::search::ask::decoded(&seen.ask.path).into();
        let script = seen.outcome.file.as_ref().and_then(|file| file.rsplit_str("/").next()).unwrap_or_default();
        if path.starts_with(name.as_slice()) || !name.ends_with(script) || script.is_empty() {
            continue;
        }
        let by = |line: &&crate::site::Directive<'_>| {
            seen.outcome.decided_by.iter().any(|decision| same_line(decision.span, line.span()))
        };
        let Some(line) = rules.iter().find(by) else { continue };
        if found.iter().all(|finding| finding.line != line.span()) {
            let message = format!("the application is told that it is at `{name}`, and so are its links");
            found.push(rule.seen(line.span(), message, seen));
        }
    }
    found
}
