//! `setenvif-url-is-not-decoded`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "setenvif-url-is-not-decoded",
    level: Severity::Error,
    group: "access control",
    finds: "Access hangs on a SetEnvIf line that tests Request_URI.",
    why: "SetEnvIf of the server is asked before the URL is decoded and cleaned of dots, and not again for an index file.",
    help: "deny the file or directory in a Files or Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
SetEnvIf Request_URI "/private/" hidden
<Directory /srv/www>
  <RequireAll>
    Require all granted
    Require not env hidden
  </RequireAll>
</Directory>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
SetEnvIf Remote_Addr "^192\.0\.2\." hidden
<Directory /srv/www>
  <RequireAll>
    Require all granted
    Require not env hidden
  </RequireAll>
</Directory>
<Directory /srv/www/private>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_gap(rule, facts, Gap::Undecoded, |past| {
        format!(
            "the URL is tested as it was sent: `{}` is refused, and `{}` gets the same",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    })
}
