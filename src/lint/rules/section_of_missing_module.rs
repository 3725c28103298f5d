//! `section-of-missing-module`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::modules::known;
use crate::search::compare::differ;
use crate::site::Edit;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "section-of-missing-module",
    level: Severity::Note,
    group: "shadowed lines",
    finds: "An IfModule section is skipped, as its module is not loaded, and would change answers.",
    why: "Nothing says so: httpd starts, and the rules in it do not hold.",
    help: "load the module, or write the rules without the section, so that httpd says what is missing",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<IfModule mod_ssl.c>
  <Location /private>
    SSLRequireSSL
  </Location>
</IfModule>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<IfModule mod_ssl.c>
  SSLSessionCacheTimeout 300
</IfModule>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

/// How many modules are tried.
const MODULES: usize = 6;
/// How many requests are held against each.
const TRIED: usize = 400;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found: Vec<Finding> = Vec::new();
    let mut tried: Vec<&str> = Vec::new();
    for skipped in facts.site.skipped() {
        let text = sources.text(skipped.section);
        let Some(name) = text.strip_prefix(b"<").and_then(|text| text.split_once_str(b" ")) else { continue };
        let (tag, argument) = (name.0, name.1.trim_end_with(|c| c == '>' || c == ' '));
        let argument = argument.trim_with(|c| c == '"' || c == ' ');
        if !tag.eq_ignore_ascii_case(b"IfModule") || !facts.site.is_own(skipped.section.file) {
            continue;
        }
        let module = known::KNOWN
            .iter()
            .find(|module| argument == module.source.as_bytes() || argument == module.identifier.as_bytes());
        let Some(module) = module.filter(|module| !tried.contains(&module.name)) else { continue };
        tried.push(module.name);
        if tried.len() > MODULES {
            break;
        }
        let line = format!("LoadModule {} modules/mod_{}.so\n", module.identifier, module.name);
        let edit = Edit { file: skipped.section.file, range: 0..0, text: line.into() };
        let Some(loaded) = asked.changed(&[edit]) else { continue };
        let shown = asked
            .pool
            .iter()
            .filter(|seen| seen.ask.weight().0 == 0)
            .take(TRIED)
            .find(|seen| differ(&seen.outcome, &loaded.ask(&seen.ask.request())).is_some());
        if let Some(seen) = shown {
            let message = format!("mod_{} is not loaded: this section is skipped, and nothing says so", module.name);
            found.push(rule.seen(skipped.section, message, seen));
        }
    }
    found
}
