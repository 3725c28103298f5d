//! `options-signs-mixed`

use super::access::broken;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "options-signs-mixed",
    level: Severity::Error,
    group: "2.2 to 2.4",
    finds: "Options with and without a sign stand in one line.",
    why: "httpd 2.2 took it, and 2.4 does not start.",
    help: "write a sign before each, or before none",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  # finding
  Options +Indexes FollowSymLinks
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Options +Indexes +FollowSymLinks
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let sources = facts.site.sources();
    let mixed = |message: &str| message.starts_with("Either all Options must start with");
    let in_folders = broken(facts, mixed).into_iter().map(|(line, seen)| {
        rule.seen(line, "options with and without a sign stand in one line: every request below is answered 500", seen)
    });
    let mut found: Vec<Finding> = in_folders.collect();
    for wrong in facts.site.diagnostics().iter().filter(|d| d.message.starts_with("Either all Options must start with"))
    {
        let text = sources.text(wrong.span);
        let signed = text.find_byteset(b" \t").map(|at| {
            let words = text[at..].fields().map(|word| match word.first() {
                Some(b'+' | b'-') => word.to_vec(),
                _ => [b"+", word].concat(),
            });
            [&text[..at], b" ", &bstr::join(" ", words.collect::<Vec<_>>())].concat()
        });
        let message = "options with and without a sign stand in one line: httpd does not start";
        let mut finding = rule.refused(wrong.span, message);
        if let Some(signed) = signed {
            let edits = vec![Edit::replace(wrong.span, signed)];
            finding.fix = Some(Fix { message: "write a sign before each".into(), safety: Safety::Unsafe, edits });
        }
        found.push(finding);
    }
    found
}
