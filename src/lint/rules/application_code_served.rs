//! `application-code-served`

use super::exposed::{by_line_mended, gets};
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, in_word};
use crate::lint::facts::{Facts, Shown, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::How;
use crate::site::Fix;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "application-code-served",
    level: Severity::Error,
    group: "exposure",
    finds: "A mapping publishes a program's source: files that an application imports, or a whole project.",
    why: "Passwords, keys and every weakness of the program can be read in it.",
    help: "lead URLs to the directory of static files only",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
# finding
Alias /static /srv/shop
"##,
        files: &["/srv/shop/models.py", "/srv/shop/static/shop.css"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
Alias /static /srv/shop/static
"##,
        files: &["/srv/shop/models.py", "/srv/shop/static/shop.css"],
    },
    find,
};

/// Languages whose sources run on a server, and are no pages' parts.
const CODE: [&[u8]; 16] = [
    b"py", b"pyw", b"wsgi", b"php", b"phtml", b"inc", b"rb", b"erb", b"pl", b"pm", b"jsp", b"asp", b"aspx", b"cgi",
    b"fcgi", b"lua",
];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let is = |file: &Shown| sensitive(&file.path, file.how) == Some(Sensitive::Source) && is_code(&file.path);
    by_line_mended(rule, facts, "a program's source", is, |finding, _| fix(facts, finding))
}

/// Folders of what visitors are meant to get, beside that of the mapping's own name.
const PUBLIC: [&str; 6] = ["static", "public", "web", "htdocs", "assets", "media"];

/// The mapping for such a folder alone, where nothing but that, and what no visitor is meant to get, was had by it.
fn fix(facts: &Facts<'_>, finding: &Finding) -> Option<Fix> {
    let asked = facts.asked.as_ref()?;
    let line = facts.directives.iter().find(|d| d.span() == finding.line)?;
    let words = line.words();
    let (n, own) = match () {
        () if is_named(line, &["Alias"]) => (1, words.first()?.trim_end_with(|c| c == '/').rsplit_str("/").next()?),
        () if is_named(line, &["DocumentRoot"]) => (0, &b"public"[..]),
        () => return None,
    };
    let path = words.get(n)?.trim_end_with(|c| c == '/').to_vec();
    let names = [own.to_str().ok()?].into_iter().chain(PUBLIC);
    let is_there = |name: &&str| {
        let folder = [&path, &b"/"[..], name.as_bytes()].concat();
        asked.ground.tree.iter().any(|e| e.dir && e.path.trim_end_with(|c| c == '/') == folder.as_slice())
    };
    let name = names.into_iter().filter(|name| !name.is_empty()).find(is_there)?;
    let folder = [&path, &b"/"[..], name.as_bytes(), b"/"].concat();
    let slash = words.get(n)?.ends_with(b"/");
    let deeper = |old: &str| {
        let (bare, quote) = old.strip_suffix('"').map_or((old, ""), |bare| (bare, "\""));
        Some(format!("{}/{name}{}{quote}", bare.trim_end_matches('/'), if slash { "/" } else { "" }))
    };
    let below = |file: &[u8]| {
        file.starts_with(&folder) || file.trim_end_with(|c| c == '/') == folder.trim_end_with(|c| c == '/')
    };
    let trial = Trial {
        message: "lead to the directory of static files only",
        edits: vec![in_word(facts.site.sources(), line, n, deeper)?],
        gone: &|then| then.status >= 400,
        meant: &|seen, then| {
            let lost = gets(facts, seen).is_none_or(|path| below(&path) || sensitive(&path, How::Static).is_some());
            lost && (then.status >= 400 || then.file.as_ref().is_some_and(|file| below(file)))
        },
    };
    trial.guess(facts, finding)
}

pub(super) fn is_code(path: &[u8]) -> bool {
    path.rsplit_once_str(".").is_some_and(|(_, last)| CODE.contains(&last.to_ascii_lowercase().as_slice()))
}
