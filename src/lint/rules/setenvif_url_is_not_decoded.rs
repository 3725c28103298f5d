//! `setenvif-url-is-not-decoded`

use super::denials::{Gap, by_gap, url};
use crate::diagnostic::Severity;
use crate::lint::edits::sections::at_server;
use crate::lint::edits::{Trial, below, quoted, section};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::decoded;
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::{Directive, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "setenvif-url-is-not-decoded",
    level: Severity::Error,
    group: "access control",
    finds: "Access hangs on a SetEnvIf line that tests Request_URI.",
    why: "SetEnvIf of the server is asked before the URL is decoded and cleaned of dots, and not again for an index file.",
    help: "deny the file or directory in a Files or Directory section",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
SetEnvIf Request_URI "/private/" hidden
<Directory /srv/www>
  <RequireAll>
    Require all granted
    Require not env hidden
  </RequireAll>
</Directory>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
SetEnvIf Remote_Addr "^192\.0\.2\." hidden
<Directory /srv/www>
  <RequireAll>
    Require all granted
    Require not env hidden
  </RequireAll>
</Directory>
<Directory /srv/www/private>
  Require all denied
</Directory>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let found = by_gap(rule, facts, Gap::Undecoded, |past| {
        format!(
            "the URL is tested as it was sent: `{}` is refused, and `{}` gets the same",
            past.denial.ask.path,
            url(&past.found.ask)
        )
    });
    found.into_iter().map(|finding| Finding { fix: by_folder(facts, asked, &finding), ..finding }).collect()
}

/// The denial of the folder, or of the names, that the line is about.
fn by_folder(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding) -> Option<Fix> {
    let (ask, _) = finding.witness.as_ref()?;
    let past = asked.past().iter().find(|past| past.found.ask == *ask)?;
    let lines: Vec<Directive<'_>> = facts.lines().collect();
    let setter = lines.iter().find(|d| d.span() == finding.line)?;
    let user = lines.iter().find(|d| past.denial.lines.contains(&d.span()) && is_named(d, &["Require", "Deny"]))?;
    let Thing::File(file) = &past.denial.thing else { return None };
    let words = setter.words();
    let pattern = words.get(1)?.to_str().ok()?;
    let icase = is_named(setter, &["SetEnvIfNoCase"]);
    let url = pattern.strip_prefix('^').unwrap_or(pattern).trim_end_matches(['/']);
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_-".contains(&b));
    let text = if pattern.starts_with("\\.") && pattern.ends_with('$') && !pattern.contains(['/', '"']) {
        let icase = if icase { "(?i)" } else { "" };
        section(&format!("FilesMatch \"{icase}{pattern}\""), &["Require all denied"])
    } else {
        let named = url.starts_with('/') && url.len() > 1 && plain(url) && !icase;
        let at = decoded(&past.denial.ask.path).find(url).filter(|_| named)?;
        let behind = decoded(&past.denial.ask.path)[at + url.len()..].to_vec();
        let bare = behind.strip_suffix(b"/").unwrap_or(&behind);
        let folder = file.strip_suffix(bare).or_else(|| file[..file.rfind_byte(b'/')?].strip_suffix(bare))?;
        let is_folder = asked.ground.tree.iter().any(|e| e.dir && e.path == [folder, b"/"].concat());
        let path = quoted(folder).filter(|_| is_folder && folder.len() > 1)?;
        section(&format!("Directory {path}"), &["Require all denied"])
    };
    let edits = vec![below(facts.site.sources(), at_server(facts, user), &text)];
    // who is let in although the line says the URL is one of those stays so
    let meant = |seen: &Seen, then: &Outcome| is_refusal(then) && !seen.met.contains(&setter.span());
    Trial { message: "deny the files themselves", edits, gone: &is_refusal, meant: &meant }.guess(facts, finding)
}
