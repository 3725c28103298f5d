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

/// Folders of what visitors send, and of what an application keeps about them.
const FOLDERS: [&[u8]; 5] = [b"uploads", b"upload", b"sessions", b"tickets", b"private"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let code: Vec<&[u8]> = asked.ground.tree.iter().map(|e| e.path.as_slice()).filter(|path| is_code(path)).collect();
    // in an application, its code lies beside them; programs of PHP have public folders of uploads by design
    let beside = |folder: &[u8]| {
        code.iter().any(|path| path.starts_with(folder) && !path.ends_with(b".php") && !path.ends_with(b".inc"))
    };
    by_line(rule, facts, "what visitors upload", |file| {
        !is_code(&file.path)
            && FOLDERS.iter().any(|name| {
                let inner = [b"/", *name, b"/"].concat();
                file.path.find(&inner).is_some_and(|at| at > 0 && beside(&file.path[..=at]))
            })
    })
}
