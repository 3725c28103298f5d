//! `files-section-for-a-folder-name`

use super::access::RULES;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::points::{Of, points};
use crate::site::{Directive, Edit, Fix, Safety};
use bstr::ByteSlice;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "files-section-for-a-folder-name",
    level: Severity::Error,
    group: "exposure",
    finds: "A Files section denies the name of a directory.",
    why: "Files tests the last name of the path: what lies in a directory of that name is open.",
    help: "write `<DirectoryMatch /NAME(/|$)>` in its place",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<Files ".git">
  Require all denied
</Files>
"##,
        files: &["/srv/www/index.html", "/srv/www/.git/config"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "^\.">
  Require all denied
</FilesMatch>
<DirectoryMatch "/\.git(/|$)">
  Require all denied
</DirectoryMatch>
"##,
        files: &["/srv/www/index.html", "/srv/www/.git/config", "/srv/www/.htpasswd"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let sections: Vec<&Directive<'_>> = all.iter().filter(|d| is_named(d, &["Files", "FilesMatch"])).collect();
    if sections.is_empty() {
        return Vec::new();
    }
    let name =
        |path: &[u8]| path.trim_end_with(|c| c == '/').rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
    let (mut folders, mut names) = (BTreeSet::new(), BTreeSet::new());
    for entry in &asked.ground.tree {
        if entry.dir {
            folders.insert(name(&entry.path))
        } else {
            names.insert(name(&entry.path))
        };
    }
    let mut found = Vec::new();
    for section in sections {
        let denies = all.iter().any(|d| {
            d.parents().last().is_some_and(|(_, span)| span == section.span())
                && is_named(d, &RULES)
                && (d.args().to_ascii_lowercase().contains_str("denied") || is_named(d, &["Deny"]))
        });
        let own = points(std::slice::from_ref(section), None);
        let want = own.iter().flat_map(|point| point.wants.iter().rev()).find(|(of, _)| *of == Of::Name);
        let Some((_, want)) = want.filter(|_| denies) else { continue };
        let fits = |name: &[u8]| asked.ground.search.fits_text(want, name) == Some(true);
        // one that fits files too does what it says
        let Some(folder) = folders.iter().find(|name| fits(name)).filter(|_| !names.iter().any(|name| fits(name)))
        else {
            continue;
        };
        let inside = [b"/", folder.as_slice(), b"/"].concat();
        let Some(file) = asked.files.iter().find(|file| file.path.contains_str(&inside) && !asked.by_link(file)) else {
            continue;
        };
        let pattern = format!("/{}(/|$)", crate::pattern::escaped(folder));
        let text = format!("\n<DirectoryMatch \"{pattern}\">\nRequire all denied\n</DirectoryMatch>\n");
        let shut = asked.at_end(text).and_then(|edit| asked.changed(&[edit]));
        if shut.is_none_or(|other| other.ask(&file.ask.request()).status != 403) {
            continue;
        }
        let shown = folder.to_str_lossy();
        let message =
            format!("`{shown}` is a directory, and Files tests the last name of the path: what lies in it is open");
        let mut finding = rule.shown(section.span(), message, &file.ask, &file.outcome);
        finding.fix = fix(facts, section, folder);
        found.push(finding);
    }
    found
}

/// The same as a DirectoryMatch, where that may stand.
fn fix(facts: &Facts<'_>, section: &Directive<'_>, folder: &[u8]) -> Option<Fix> {
    let plain = folder.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    let end = section
        .end()
        .filter(|_| plain && section.directory().is_none() && !facts.site.is_htaccess(section.span().file))?;
    let name = folder.to_str().ok()?.replace('.', "\\.");
    let begin = format!("<DirectoryMatch \"/{name}(/|$)\">");
    let edits = vec![Edit::replace(section.span(), begin), Edit::replace(end, "</DirectoryMatch>")];
    facts.site.with(&edits).ok()?.start().ok()?;
    Some(Fix { message: "write a DirectoryMatch section".into(), safety: Safety::Safe, edits })
}
