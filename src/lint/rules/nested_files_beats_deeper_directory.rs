//! `nested-files-beats-deeper-directory`

use super::access::{rules, says};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "nested-files-beats-deeper-directory",
    level: Severity::Note,
    group: "access control",
    finds: "A Files section inside a Directory section is merged after deeper Directory sections, and wins.",
    why: "All Files sections come after all Directory sections: what a deeper directory says of the same file is lost.",
    help: "say what is meant in a Files section of the deeper Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  # finding
  <Files "*.txt">
    Require all denied
  </Files>
</Directory>
<Directory /srv/www/open>
  Require all granted
</Directory>
"##,
        files: &["/srv/www/open/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  <Files "*.txt">
    Require all denied
  </Files>
</Directory>
<Directory /srv/www/open>
  <Files "*.txt">
    Require all granted
  </Files>
</Directory>
"##,
        files: &["/srv/www/open/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let deeper: Vec<(Span, Vec<u8>)> = facts
        .named(&["Directory"])
        .filter(|d| !rules(facts, d).is_empty())
        .filter_map(|d| Some((d.span(), d.words().first()?.trim_end_with(|c| c == '/').to_vec())))
        .collect();
    let mut found = Vec::new();
    for files in facts.named(&["Files", "FilesMatch"]) {
        let Some(outer) = files.directory() else { continue };
        let own = rules(facts, files);
        if own.is_empty() {
            continue;
        }
        let met = asked.pool.iter().filter(|seen| seen.outcome.status == 403 && seen.met.contains(&files.span()));
        for seen in met {
            let inner = deeper.iter().find(|(span, path)| {
                seen.met.contains(span)
                    && path.len() >= outer.len()
                    && path.starts_with(&outer)
                    && is_open(facts, *span)
            });
            let Some(inner) = inner.map(|(span, _)| *span).or_else(|| by_htaccess(facts, seen, &outer)) else {
                continue;
            };
            let opens = asked.without(&own).is_some_and(|other| {
                let answer = other.ask(&seen.ask.request());
                asked.gives(&seen.ask, &answer).is_some() && differ(&seen.outcome, &answer).is_some()
            });
            if opens {
                let message =
                    "this wins over the deeper Directory section: Files sections are merged after all of those";
                found.push(rule.seen(files.span(), message, seen).related(inner, "what this grants is lost"));
                break;
            }
        }
    }
    found
}

/// A grant to everybody, outside of sections, of an .htaccess file deeper than a directory.
fn by_htaccess(facts: &Facts<'_>, seen: &Seen, outer: &[u8]) -> Option<Span> {
    let file = seen.outcome.file.as_ref()?;
    let mut grants = facts.anywhere(&["Require", "Allow"]).filter_map(|(line, of)| {
        let of = of.filter(|of| of.len() > outer.len() && of.starts_with(outer) && file.starts_with(of))?;
        let grants = says(&line, "Require", &["all", "granted"]) || says(&line, "Allow", &["from", "all"]);
        (grants && line.sections().is_empty() && !of.is_empty()).then(|| line.span())
    });
    grants.next()
}

/// Whether a section grants.
fn is_open(facts: &Facts<'_>, section: Span) -> bool {
    let own = facts.directives.iter().find(|d| d.span() == section);
    own.is_some_and(|d| !super::access::grants(facts, d).is_empty() && is_named(d, &["Directory"]))
}
