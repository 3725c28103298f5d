//! `backup-or-editor-copy-served`

use super::exposed::{OPEN, of_kind_denied};
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Shown};
use crate::lint::{Example, Finding, Rule};
use crate::search::kinds::Sensitive;

pub(super) static RULE: Rule = Rule {
    name: "backup-or-editor-copy-served",
    level: Severity::Warning,
    group: "exposure",
    finds: "A backup or an editor's copy of a file is served.",
    why: "A copy of a program is sent as text where the program itself is run, and old copies keep what was taken out since.",
    help: "deny them: `<FilesMatch \"(\\.(bak|old|orig|swp)|~)$\">` with `Require all denied`",
    safe: Some(true),
    bad: Example { config: OPEN, files: &["/srv/www/index.html", "/srv/www/config.php.bak"] },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "(\.bak|~)$">
  Require all denied
</FilesMatch>
"##,
        files: &["/srv/www/index.html", "/srv/www/config.php.bak"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    of_kind_denied(rule, facts, "backups", Sensitive::Backup, patterns)
}

/// Suffixes of copies, and those that are denied before there are any.
const SUFFIXES: [&str; 15] =
    ["bak", "old", "orig", "swp", "backup", "bck", "bkp", "copy", "rej", "sav", "save", "swn", "swo", "temp", "tmp"];
const USUAL: usize = 4;

/// What the names of copies end in: the usual ends and theirs, or theirs alone.
fn patterns(files: &[&Shown]) -> Vec<String> {
    let ends = |file: &&Shown, suffix: &str| file.path.to_ascii_lowercase().ends_with(format!(".{suffix}").as_bytes());
    let known = |file: &&Shown| file.path.ends_with(b"~") || SUFFIXES.iter().any(|suffix| ends(file, suffix));
    if !files.iter().all(known) {
        return Vec::new();
    }
    let has = |suffix: &str| files.iter().any(|file| ends(file, suffix));
    let all = |least: usize| {
        let named = SUFFIXES.iter().enumerate().filter(|(n, suffix)| *n < least || has(suffix));
        named.map(|(_, suffix)| *suffix).collect::<Vec<_>>().join("|")
    };
    let case = if files.iter().any(|file| file.path.iter().any(u8::is_ascii_uppercase)) { "(?i)" } else { "" };
    let own = all(0);
    let own = if own.is_empty() { "~$".to_string() } else { format!("{case}(\\.({own})|~)$") };
    vec![format!("{case}(\\.({})|~)$", all(USUAL)), own]
}
