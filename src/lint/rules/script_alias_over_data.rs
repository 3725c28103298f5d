//! `script-alias-over-data`

use super::handlers::suffixes;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::denial::refusing;
use crate::text::plural;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "script-alias-over-data",
    level: Severity::Note,
    group: "handlers",
    finds: "The directory of a ScriptAlias has files that are no programs.",
    why: "Each file there is run, whatever it is: a picture or a page is answered 500 or 403.",
    help: "keep them in another directory",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv/cgi>
  Require all granted
</Directory>
# finding
ScriptAlias /cgi-bin/ /srv/cgi/
"##,
        files: &["/srv/cgi/form.cgi", "/srv/cgi/logo.png"],
    },
    good: Example {
        config: r##"<Directory /srv/cgi>
  Require all granted
</Directory>
ScriptAlias /cgi-bin/ /srv/cgi/
"##,
        files: &["/srv/cgi/form.cgi"],
    },
    find,
};

/// Suffixes of what is never run.
const DATA: &str = "png jpg jpeg gif svg ico css js html htm xhtml txt md csv tsv json xml yml yaml ini conf cfg log db sqlite sqlite3 dat \
                    sql pdf zip gz tar bak tmpl tpl";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let run = &asked.ground.search.run;
    let mut found = Vec::new();
    for line in facts.named(&["ScriptAlias"]) {
        let words = line.words();
        let [url, path] = words.as_slice() else { continue };
        let Some(door) = asked.doors(line).next() else { continue };
        let inside: Vec<&[u8]> = asked
            .ground
            .tree
            .iter()
            .filter(|entry| !entry.dir && is_data(&entry.path))
            .filter_map(|entry| entry.path.strip_prefix(path.as_slice()))
            .take(40)
            .collect();
        let answered = inside.iter().map(|rest| asked.ask(door.ask(&format!("{}{}", escaped(url), escaped(rest)))));
        let harmed: Vec<Seen> = answered
            .filter(|seen| {
                let handler = seen.outcome.handler.as_deref().map(|h| h.as_bytes());
                let cgi = handler == Some(b"cgi-script") || seen.outcome.status >= 400;
                // what is refused is not run
                let refused = matches!(seen.outcome.status, 401 | 403) && !refusing(run, &seen.outcome).is_empty();
                cgi && !refused && asked.mapping(&seen.outcome) == Some(line.span())
            })
            .collect();
        let Some(first) = harmed.first() else { continue };
        let file = first.outcome.file.clone().unwrap_or_default();
        let more = match harmed.len() {
            1 => String::new(),
            n => format!(" (and {} like it)", plural(n - 1, "file")),
        };
        let message = format!("what is here is run, `{file}` too{more}");
        found.push(Finding { level: Severity::Note, ..rule.seen(line.span(), message, first) });
    }
    found
}

fn is_data(path: &[u8]) -> bool {
    suffixes(path).last().is_some_and(|last| DATA.split_ascii_whitespace().any(|own| last == own))
}
