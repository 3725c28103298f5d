//! `upload-folder-served`

use super::application_code_served::is_code;
use super::exposed::by_line;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "upload-folder-served",
    level: Severity::Warning,
    group: "exposure",
    finds: "What visitors upload, or an application's sessions, lie in a published directory of the application.",
    why: "Nobody is asked who may have them: the application's own checks are not in the way.",
    help: "serve uploads through the application",
    safe: None,
    bad: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
# finding
Alias / /srv/shop/
"##,
        files: &["/srv/shop/models.py", "/srv/shop/uploads/passport.pdf"],
    },
    good: Example {
        config: r##"<Directory /srv/shop>
  Require all granted
</Directory>
Alias /media /srv/media
<Directory /srv/media>
  Require all granted
</Directory>
"##,
        files: &["/srv/shop/models.py", "/srv/media/uploads/photo.jpg"],
    },
    find,
};

/// Folders of what visitors send, which may be meant to be seen.
const UPLOADS: [&[u8]; 4] = [b"uploads", b"upload", b"uploaded", b"user_uploads"];
/// Folders of what is for the application only.
const PRIVATE: [&[u8]; 9] = [
    b"sessions",
    b"session",
    b"tickets",
    b"private",
    b"attachments",
    b"attachment",
    b"submissions",
    b"incoming",
    b"inbox",
];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let code: Vec<&[u8]> = asked.ground.tree.iter().map(|e| e.path.as_slice()).filter(|path| is_code(path)).collect();
    // in an application, its code lies beside them; programs of PHP have public folders of uploads by design
    let public = |path: &[u8]| path.ends_with(b".php") || path.ends_with(b".inc");
    let beside = |folder: &[u8], all: bool| code.iter().any(|path| path.starts_with(folder) && (all || !public(path)));
    let within = |path: &[u8], names: &[&[u8]], all: bool| {
        let folders = path.find_iter("/").zip(path.split_str("/").skip(1));
        let mut inner =
            folders.filter(|(at, name)| *at > 0 && names.contains(name) && path.len() > at + 1 + name.len());
        inner.any(|(at, _)| {
            let above = path[..at].rfind_byte(b'/').filter(|at| *at > 0);
            beside(&path[..=at], all) || all && above.is_some_and(|at| beside(&path[..=at], all))
        })
    };
    by_line(rule, facts, "what visitors upload", |file| {
        !is_code(&file.path) && (within(&file.path, &UPLOADS, false) || within(&file.path, &PRIVATE, true))
    })
}
