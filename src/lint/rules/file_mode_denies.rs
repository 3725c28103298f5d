//! `file-mode-denies`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "file-mode-denies",
    level: Severity::Note,
    group: "access control",
    finds: "What looks like a denial is the mode of a file or directory.",
    why: "No line of the configuration refuses it: httpd's user may not read the file, or not pass a directory above it.",
    help: "look at the modes of the file and of the directories above it (`namei -l PATH`)",
    safe: None,
    bad: Example {
        config: r##"# finding
DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/report.txt (0600)"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<Files report.txt>
  Require all denied
</Files>
"##,
        files: &["/srv/www/index.html", "/srv/www/report.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let refused = asked.pool.iter().filter(|seen| {
        seen.outcome.status == 403 && matches!(seen.outcome.log, Some("AH00132" | "AH00035" | "AH00529"))
    });
    for seen in refused {
        let Some(line) = asked.mapping(&seen.outcome) else { continue };
        if found.iter().any(|finding| finding.line == line) {
            continue;
        }
        let message = match seen.outcome.log {
            Some("AH00132") => format!("`{}` is refused by the file's mode: httpd's user can't read it", seen.ask.path),
            Some("AH00529") => {
                format!(
                    "`{}` is refused by a mode: httpd's user can't see whether there is an .htaccess file",
                    seen.ask.path
                )
            }
            _ => format!("`{}` is refused by a directory's mode: httpd's user can't pass it", seen.ask.path),
        };
        found.push(rule.seen(line, message, seen));
    }
    found
}
