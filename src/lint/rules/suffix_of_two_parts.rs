//! `suffix-of-two-parts`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use bstr::BString;

pub(super) static RULE: Rule = Rule {
    name: "suffix-of-two-parts",
    level: Severity::Note,
    group: "shadowed lines",
    finds: "AddType, AddHandler or a like directive names a suffix with a dot in it, as `.tar.gz`.",
    why: "mod_mime looks at the parts of a name between dots one by one: no part has a dot, and the line is never for any file.",
    help: "name each part by a line of its own, as `AddEncoding x-gzip .gz`, or use ForceType or SetHandler in a FilesMatch section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
AddType application/x-compressed-tar .tar.gz
"##,
        files: &["/srv/www/a.tar.gz"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
AddType application/x-tar .tar
AddEncoding x-gzip .gz
<FilesMatch "\.tar\.xz$">
  ForceType application/x-xz-compressed-tar
</FilesMatch>
"##,
        files: &["/srv/www/a.tar.gz"],
    },
    find,
};

const NAMES: [&str; 12] = [
    "AddType",
    "AddHandler",
    "AddCharset",
    "AddEncoding",
    "AddLanguage",
    "AddInputFilter",
    "AddOutputFilter",
    "RemoveType",
    "RemoveHandler",
    "RemoveCharset",
    "RemoveEncoding",
    "RemoveLanguage",
];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (line, _) in facts.anywhere(&NAMES) {
        let first = usize::from(line.name().to_ascii_lowercase().starts_with(b"add"));
        let words = line.words();
        let has_dot = |word: &&BString| word.strip_prefix(b".").unwrap_or(word).contains(&b'.');
        let Some(word) = words.iter().skip(first).find(has_dot) else { continue };
        // the lines of one file are one cause
        match found.iter_mut().find(|known| known.line.file == line.span().file) {
            Some(known) => known.related.push((line.span(), "nor is this one".into())),
            None => {
                let message = format!(
                    "no file has the suffix `{word}`: each part of a name is looked at alone, and this line is never for any"
                );
                found.push(rule.at(line.span(), message));
            }
        }
    }
    found
}
