//! `htaccess-needs-missing-module`

use super::htaccess_errors::{Wrong, errors};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "htaccess-needs-missing-module",
    level: Severity::Error,
    group: ".htaccess",
    finds: "An .htaccess file uses a directive of a module that is not loaded.",
    why: "httpd does not know the directive and stops reading there: everything in the directory and below it is answered 500.",
    help: "load the module, write what is used now, or put the lines into an IfModule section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride All
</Directory>
"##,
        files: &["/srv/www/.htaccess: AddOutputFilterByType DEFLATE text/css", "/srv/www/a.txt"],
    },
    good: Example {
        config: r##"LoadModule filter_module modules/mod_filter.so
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  AllowOverride All
</Directory>
"##,
        files: &["/srv/www/.htaccess: AddOutputFilterByType DEFLATE text/css", "/srv/www/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let wrong = errors(facts).into_iter().filter_map(|(at, kind, _, seen)| match kind {
        Wrong::Module(module) => Some((at, module, seen)),
        Wrong::Line | Wrong::Tag => None,
    });
    wrong
        .map(|(at, module, seen)| {
            let name = facts.site.sources().directive_name(at);
            let message =
                format!("everything in this directory is answered 500: `{name}` is of {module}, which is not loaded");
            rule.seen(at, message, &seen)
        })
        .collect()
}
