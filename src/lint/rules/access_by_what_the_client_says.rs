//! `access-by-what-the-client-says`

use super::denials::{Gap, by_gap};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};

pub(super) static RULE: Rule = Rule {
    name: "access-by-what-the-client-says",
    level: Severity::Warning,
    group: "access control",
    finds: "Access hangs on a header that the client writes as it likes.",
    why: "A Referer, a browser's name or a header of one's own proves nothing: whoever reads the configuration or guesses is in.",
    help: "ask for an address (`Require ip`) or a password; behind a proxy use mod_remoteip with the proxy's address",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
SetEnvIf X-Internal "^yes$" internal
<Directory /srv/www>
  Require env internal
</Directory>
"##,
        files: &["/srv/www/report.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
SetEnvIf Remote_Addr "^192\.0\.2\." internal
<Directory /srv/www>
  Require env internal
</Directory>
"##,
        files: &["/srv/www/report.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_gap(rule, facts, Gap::Said, |past| {
        let first = &past.denial.ask.headers;
        let said = past.found.ask.headers.iter().find(|header| !first.contains(header));
        let (name, value) = said.map_or(("Host", past.found.ask.host.as_str()), |(name, value)| (name, value));
        format!("`{}` is refused, and served to whoever sends `{name}: {value}`", past.denial.ask.path)
    })
}
