//! `useless-allow-override`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "useless-allow-override",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "AllowOverride stands in a section that is not a Directory without patterns.",
    why: "It is without effect there (httpd says so as it starts, AH00114): .htaccess files are read, or not, as before.",
    help: "write it in a Directory section",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Location /shop>
  # finding
  AllowOverride All
</Location>
"##,
        files: &["/srv/www/shop/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www/shop>
  AllowOverride All
</Directory>
"##,
        files: &["/srv/www/shop/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let said = facts.site.diagnostics().iter().filter(|d| d.code == "AH00114");
    let found = said.map(|d| {
        let fix = Fix { message: "take it out".into(), safety: Safety::Safe, edits: vec![Edit::delete(d.span)] };
        let message = "AllowOverride is without effect here: it works in a Directory section only";
        Finding { fix: Some(fix), ..rule.refused(d.span, message) }
    });
    // of these httpd says nothing: the walk that reads .htaccess files goes by sections without patterns
    let by_pattern = facts.named(&["AllowOverride", "AllowOverrideList"]).filter(|line| {
        line.sections().last().is_some_and(|section| {
            let tilde =
                section.name.eq_ignore_ascii_case(b"Directory") && section.words().first().is_some_and(|w| w == "~");
            tilde || section.name.eq_ignore_ascii_case(b"DirectoryMatch")
        })
    });
    let by_pattern = by_pattern.map(|line| {
        let name = line.name();
        rule.at(line.span(), format!("{name} is without effect in a section with a pattern: it is read before those"))
    });
    found.chain(by_pattern).collect()
}
