//! `section-misspelt`

use super::htaccess_errors::{Wrong, errors};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::typing::{Slip, slips, slips_in};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "section-misspelt",
    level: Severity::Error,
    group: "typing",
    finds: "A section's name is misspelt, left open, closed by another name, or glued to what follows it.",
    why: "httpd does not start, and names but one of such slips, often lines away from where it is.",
    help: "write the tag as it is meant",
    safe: Some(false),
    bad: Example {
        config: r##"# finding
<virualhost *:80>
  ServerName www.example.com
  # finding
  DocumentRoot"/srv/www"
  <Location /private>
    Require all denied
  # finding
  <Location>
</virtualhost>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"<virtualhost *:80>
  ServerName www.example.com
  DocumentRoot "/srv/www"
  <Location /private>
    Require all denied
  </Location>
</VirtualHost>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let one = |slip: Slip| {
        let mut finding = rule.refused(slip.at, slip.message);
        finding.related.extend(slip.related.map(|(line, label)| (line, label.to_string())));
        if finding.message.ends_with("is left open") {
            finding.help = "close it where it is meant to end".into();
        }
        // in an .htaccess file none of its errors is one of the configuration's
        let mends = facts.site.errors() == 0
            || facts.site.with(&slip.edits).is_ok_and(|site| site.errors() < facts.site.errors());
        if mends {
            let message = "write it as it is meant".into();
            finding.fix = Some(Fix { message, safety: Safety::Unsafe, edits: slip.edits });
        }
        finding
    };
    let mut found: Vec<Finding> = slips(facts.site).into_iter().map(one).collect();
    // with one in an .htaccess file httpd starts, and answers 500 below it
    for (at, _, _, seen) in errors(facts).into_iter().filter(|(_, wrong, ..)| *wrong == Wrong::Tag) {
        let shown = |slip| Finding { witness: Some((seen.ask.clone(), seen.outcome.clone())), ..one(slip) };
        found.extend(slips_in(facts.site, at.file).into_iter().map(shown));
    }
    found
}
