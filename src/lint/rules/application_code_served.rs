//! `application-code-served`

use super::exposed::by_line;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "application-code-served",
    level: Severity::Error,
    group: "exposure",
    finds: "A mapping publishes a program's source: files that an application imports, or a whole project.",
    why: "Passwords, keys and every weakness of the program can be read in it.",
    help: "lead URLs to the directory of static files only",
    safe: None,
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
    by_line(rule, facts, "a program's source", |file| {
        sensitive(&file.path, file.how) == Some(Sensitive::Source) && is_code(&file.path)
    })
}

pub(super) fn is_code(path: &[u8]) -> bool {
    path.rsplit_once_str(".").is_some_and(|(_, last)| CODE.contains(&last.to_ascii_lowercase().as_slice()))
}
