//! `secret-file-served`

use super::exposed::{OPEN, by_line_mended, denied};
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::How;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "secret-file-served",
    level: Severity::Error,
    group: "exposure",
    finds: "A key, a password file or a file of settings with passwords is served.",
    why: "Whoever asks for its URL has the keys.",
    help: "move it out of what URLs lead to, or deny it in a Files section",
    safe: Some(true),
    bad: Example { config: OPEN, files: &["/srv/www/index.html", "/srv/www/.env"] },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "^\.">
  Require all denied
</FilesMatch>
"##,
        files: &["/srv/www/index.html", "/srv/www/.env"],
    },
    find,
};

/// Files of settings that usually hold passwords.
const SETTINGS: [&[u8]; 14] = [
    b".env",
    b".my.cnf",
    b".npmrc",
    b".pypirc",
    b".ftpconfig",
    b"sftp-config.json",
    b"database.yml",
    b"database.yaml",
    b"parameters.yml",
    b"parameters.yaml",
    b"application.properties",
    b"appsettings.json",
    b"auth.json",
    b"service-account.json",
];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    by_line_mended(
        rule,
        facts,
        "secrets",
        |file| is_secret(&file.path, file.how),
        |finding, files| denied(facts, finding, files, &[], &|path| is_secret(path, How::Static)),
    )
}

fn is_secret(path: &[u8], how: How) -> bool {
    let name = path.rsplit_once_str("/").map_or(path, |(_, name)| name);
    let kind = sensitive(path, how);
    // the public half of a pair of keys is public
    let public = name.ends_with(b".pub") || name.ends_with(b".asc") || name.ends_with(b".gpg");
    // what visitors sent may be called anything, and is said by a rule of its own
    let sent = [&b"/uploads/"[..], b"/upload/"].iter().any(|folder| path.contains_str(folder));
    let settings = SETTINGS.contains(&name) || name.starts_with(b".env.") && name != b".env.example";
    !public && !sent && (kind == Some(Sensitive::Key) || settings && matches!(kind, Some(Sensitive::Config) | None))
}
