//! `private-listing`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Shown, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::pattern::strcasecmp_match;
use crate::search::ask::{Ask, escaped};
use crate::search::kinds::{Sensitive, sensitive};
use crate::search::shown::How;
use crate::site::{Directive, Edit, Fix, Safety};
use bstr::{BString, ByteSlice};
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "private-listing",
    level: Severity::Note,
    group: "exposure",
    finds: "The listing of a directory shows names that are seldom meant for visitors.",
    why: "Nobody has to guess what lies there.",
    help: "write `Options -Indexes`",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  # finding
  Options Indexes
  Require all granted
</Directory>
"##,
        files: &["/srv/www/files/backup.sql"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Options None
  Require all granted
</Directory>
"##,
        files: &["/srv/www/files/backup.sql"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let private = |path: &[u8]| {
        let kind = sensitive(path, How::Static);
        let kinds = [Sensitive::Vcs, Sensitive::Backup, Sensitive::Database, Sensitive::Key, Sensitive::Log];
        kind.is_some_and(|kind| kinds.contains(&kind)) && !path.ends_with(b".pub")
    };
    // the names in each folder
    let ignored: Vec<BString> =
        facts.lines().filter(|d| is_named(d, &["IndexIgnore"])).flat_map(|d| d.words()).collect();
    let ignored = |name: &[u8]| ignored.iter().any(|pattern| matches(pattern, name));
    let mut names: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for entry in asked.ground.tree.iter().filter(|entry| !entry.dir && private(&entry.path)) {
        let at = entry.path.rfind_byte(b'/').unwrap_or(0);
        // names that begin so are left out of listings
        if !entry.path[at + 1..].starts_with(b".ht") {
            names.entry(&entry.path[..at]).or_default().push(&entry.path[at + 1..]);
        }
    }
    // those by a link only where there are no others
    let (direct, linked): (Vec<&Shown>, Vec<&Shown>) =
        asked.files.iter().filter(|file| file.how == How::Listing).partition(|file| !asked.by_link(file));
    let listings = direct.into_iter().chain(linked);
    let told: Vec<_> = listings
        .filter_map(|file| {
            let mut own = names.get(file.path.trim_end_with(|c| c == '/').as_bytes())?.iter().take(NAMES);
            Some((file, *own.find(|name| !ignored(name) && is_listed(asked, &file.ask, name))?))
        })
        .collect();
    if told.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for line in facts.lines().filter(|d| is_named(d, &["Options"])) {
        let Some(edit) = without_indexes(facts, &line) else { continue };
        let edits = vec![edit];
        let Some(other) = asked.changed(&edits) else { continue };
        let shows = told.iter().find(|(file, _)| other.ask(&file.ask.request()).status == 403);
        if let Some((file, name)) = shows {
            let (folder, name) = (file.path.to_str_lossy(), name.to_str_lossy());
            let message = format!("the listing of `{folder}` shows `{name}`, which is hardly meant for visitors");
            let fix = Fix { message: "take Indexes out".into(), safety: Safety::Unsafe, edits };
            found.push(Finding { fix: Some(fix), ..rule.shown(line.span(), message, &file.ask, &file.outcome) });
        }
    }
    found
}

/// How many names of a folder are looked at.
const NAMES: usize = 40;

/// Whether mod_autoindex shows a name: what a subrequest is refused, it leaves out.
fn is_listed(asked: &Asked<'_>, listing: &Ask, name: &[u8]) -> bool {
    let ask = listing.at(format!("{}/{}", listing.path.trim_end_matches('/'), escaped(name)));
    let ends_so = listing.path.ends_with('/');
    !ends_so || asked.ask(ask).outcome.status < 400
}

/// Whether a pattern of IndexIgnore is for a name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    strcasecmp_match(name, pattern)
}

/// A line of Options without listings.
fn without_indexes(facts: &Facts<'_>, line: &Directive<'_>) -> Option<Edit> {
    let words = line.words();
    let bare = |word: &[u8]| word.trim_start_with(|c| c == '+').to_ascii_lowercase();
    let lists = |word: &[u8]| [&b"indexes"[..], b"all"].contains(&bare(word).as_slice());
    if !words.iter().any(|word| lists(word)) {
        return None;
    }
    let mut left: Vec<&[u8]> = words.iter().map(|word| word.as_slice()).filter(|word| !lists(word)).collect();
    match words.iter().any(|word| word.starts_with(b"+") || word.starts_with(b"-")) {
        true => left.push(b"-Indexes"),
        false if left.is_empty() => left.push(b"None"),
        false => {}
    }
    let newlines = facts.site.sources().text(line.span()).find_iter("\n").count();
    let text = [b"Options ", bstr::join(" ", &left).as_slice(), "\n".repeat(newlines).as_bytes()].concat();
    Some(Edit::replace(line.span(), text))
}
