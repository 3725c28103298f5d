//! `htaccess-needs-missing-module`

use super::htaccess_errors::{Wrong, errors};
use crate::diagnostic::Severity;
use crate::directives;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::sensitive;
use crate::search::shown::{How, Thing};
use crate::site::{Directive, Fix};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "htaccess-needs-missing-module",
    level: Severity::Error,
    group: ".htaccess",
    finds: "An .htaccess file uses a directive of a module that is not loaded.",
    why: "httpd does not know the directive and stops reading there: everything in the directory and below it is answered 500.",
    help: "load the module, write what is used now, or put the lines into an IfModule section",
    safe: Some(false),
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
    let one = |(at, kind, _, seen): (Span, Wrong, String, Seen)| {
        let name = facts.site.sources().directive_name(at);
        let all = "everything in this directory is answered 500";
        match kind {
            Wrong::Module(module) => {
                let message = format!("{all}: `{name}` is of {module}, which is not loaded");
                let finding = rule.seen(at, message, &seen);
                Some(Finding { fix: fix(facts, &finding, at, &module), ..finding })
            }
            // it may well be there
            Wrong::Stranger => {
                let message = format!("{all}, unless a module is loaded that has `{name}`: none of httpd's own has it");
                Some(Finding { level: Severity::Note, ..rule.seen(at, message, &seen) })
            }
            Wrong::Line | Wrong::Tag => None,
        }
    };
    errors(facts).into_iter().filter_map(one).collect()
}

/// Modules whose lines say who may come in.
const ACCESS: [&str; 4] = ["access", "auth", "ssl", "security"];

/// The lines of the module in an IfModule section; none where they say who may come in, or where the texts of programs would be
/// sent then.
fn fix(facts: &Facts<'_>, finding: &Finding, at: Span, module: &str) -> Option<Fix> {
    let asked = facts.asked.as_ref()?;
    let text = facts.htaccess.iter().find(|text| text.file == at.file)?;
    let lines: Vec<Directive<'_>> = text.directives().collect();
    let n = lines.iter().position(|line| line.span() == at)?;
    if ACCESS.iter().any(|word| module.contains(word)) || lines[n].is_section() {
        return None;
    }
    let inside = |line: &Directive<'_>| line.sections().last().map(|section| section.span);
    let own = |line: &&Directive<'_>| {
        let named = |row: &directives::Row| line.name().eq_ignore_ascii_case(row.name().as_bytes());
        !line.is_section()
            && inside(line) == inside(&lines[n])
            && directives::all().any(|row| named(&row) && row.module() == module)
    };
    let last = lines[n..].iter().take_while(own).last()?;
    let name = format!("IfModule {}.c", module.trim_end_matches(".c"));
    let trial = Trial {
        message: "leave the lines out where the module is not loaded",
        edits: edits::wrapped(facts.site.sources(), at, last.span(), &name, &[]),
        gone: &|then| then.status != 500,
        meant: &|seen, then| {
            let got = asked.gives(&seen.ask, then);
            let text = got.is_some_and(|(thing, how)| {
                matches!(&thing, Thing::File(path) if how != How::Program && sensitive(path, how).is_some())
            });
            seen.outcome.status == 500 && !text
        },
    };
    trial.guess(facts, finding)
}
