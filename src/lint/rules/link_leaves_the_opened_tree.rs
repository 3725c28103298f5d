//! `link-leaves-the-opened-tree`

use super::access::says;
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, in_word};
use crate::lint::facts::{Asked, Facts, Shown, is_named, same_line};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::{Ask, escaped};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::{Directive, Edit, Fix};
use crate::source::{SourceMap, Span};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "link-leaves-the-opened-tree",
    level: Severity::Warning,
    group: "exposure",
    finds: "A symbolic link in an open directory leads to what no URL of its own gets.",
    why: "Sections go by the path of the link: those of the target are not asked.",
    help: "write SymLinksIfOwnerMatch in place of FollowSymLinks, or neither",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  # finding
  Options FollowSymLinks
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/data/orders.csv", "/srv/www/data -> /srv/data"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Options FollowSymLinks
  Require all granted
</Directory>
"##,
        files: &["/srv/www/index.html", "/srv/www/41/app.css", "/srv/www/current -> 41"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    // what lets links be followed, and the same line without that
    let options =
        facts.lines().filter_map(|d| Some((d.span(), unlinked(&d, sources, facts.site.is_htaccess(d.span().file))?)));
    let options: Vec<(Span, Edit)> = options.collect();
    let mut found: Vec<Finding> = Vec::new();
    let out: Vec<&Shown> =
        asked.files.iter().filter(|file| leads_out(asked, file) && !is_opened(facts, asked, file)).collect();
    for file in out.iter().flat_map(|file| by_all_links(asked, file)) {
        let file = &file;
        let refused = |edits: &[Edit]| {
            let outcome = asked.changed(edits).map(|other| other.ask(&file.ask.request()));
            outcome.is_some_and(|outcome| outcome.status == 403)
        };
        let Some((line, unlinked)) = options.iter().find(|(_, edit)| refused(std::slice::from_ref(edit))) else {
            continue;
        };
        if found.iter().all(|finding| finding.line != *line) {
            let name = file.path.to_str_lossy();
            let message = format!("a link leads out of what was opened, to `{name}`, which no URL of its own gets");
            let mut finding = rule.shown(*line, message, &file.ask, &file.outcome);
            // a folder that is opened without a word on links has them from above: nobody chose it there
            if is_inherited(facts, *line, file) {
                finding.level = Severity::Note;
            }
            finding.fix = fix(facts, asked, &finding, unlinked, &out);
            found.push(finding);
        }
    }
    found
}

/// Links followed only to what belongs to whom they belong to, else none, where no other link is refused by that.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, unlinked: &Edit, out: &[&Shown]) -> Option<Fix> {
    let line = facts.lines().find(|d| d.span() == finding.line)?;
    let sources = facts.site.sources();
    let words = line.words();
    let n = words.iter().position(|word| word.trim_start_with(|c| c == '+').eq_ignore_ascii_case(b"FollowSymLinks"));
    let owners = n.filter(|_| !words.iter().any(|word| word.to_ascii_lowercase().ends_with(b"ifownermatch")));
    let owners = owners.and_then(|n| in_word(sources, &line, n, owner_match));
    let candidates =
        [(owners, "follow links to what has the same owner only"), (Some(unlinked.clone()), "follow no links")];
    candidates.into_iter().find_map(|(edit, message)| {
        let trial = Trial {
            message,
            edits: vec![edit?],
            gone: &|then| then.status == 403,
            meant: &|seen, then| {
                let own = asked.gives(&seen.ask, &seen.outcome);
                then.status == 403
                    && out
                        .iter()
                        .any(|file| own.as_ref().is_some_and(|(thing, _)| *thing == Thing::File(file.path.clone())))
            },
        };
        trial.guess(facts, finding)
    })
}

/// An option for links, which asks for the owner.
fn owner_match(old: &str) -> Option<String> {
    let at = old.to_ascii_lowercase().find("followsymlinks")?;
    Some(format!("{}SymLinksIfOwnerMatch{}", &old[..at], &old[at + "FollowSymLinks".len()..]))
}

/// A URL that no site has.
const PROBE: &str = "routesim-link-target";
/// How many requests by other links are looked at.
const LINKS: usize = 12;

/// A file that is had by a link, by each of the links that lead to it.
fn by_all_links(asked: &Asked<'_>, file: &Shown) -> Vec<Shown> {
    let one = |ask: Ask, outcome: Outcome| Shown { path: file.path.clone(), how: file.how, ask, outcome };
    let mut found = vec![one(file.ask.clone(), file.outcome.clone())];
    for name in asked.ground.lore().names(&file.path).into_iter().filter(|name| *file.path != **name) {
        for way in asked.ground.routes.to(&name) {
            let Some(door) = asked.ground.doors.iter().find(|door| way.scope.takes(door)) else { continue };
            let seen = asked.ask(way.ask(door));
            let same =
                asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == Thing::File(file.path.clone()));
            if same && found.len() < LINKS && found.iter().all(|known| known.ask != seen.ask) {
                found.push(one(seen.ask, seen.outcome));
            }
        }
    }
    found
}

/// Whether the file is let in by a Directory section that leaves links to an outer one.
fn is_inherited(facts: &Facts<'_>, options: Span, file: &Shown) -> bool {
    if facts.site.is_htaccess(options.file) {
        return false;
    }
    let within = |line: Span| {
        let own = facts.directives.iter().find(|d| same_line(d.span(), line))?;
        own.parents().last()
    };
    let access = file.outcome.decided_by.iter().rev().filter_map(|decision| within(decision.span));
    let mut access = access.filter(|(name, _)| name.to_ascii_lowercase().starts_with(b"directory"));
    let Some((_, opened)) = access.next() else { return false };
    within(options).is_none_or(|(_, section)| section != opened)
}

/// A line of Options without those for links.
fn unlinked(directive: &Directive<'_>, sources: &SourceMap, htaccess: bool) -> Option<Edit> {
    let links = |word: &[u8]| {
        let bare = word.trim_start_with(|c| c == '+').to_ascii_lowercase();
        [&b"followsymlinks"[..], b"symlinksifownermatch", b"all"].contains(&bare.as_slice())
    };
    let words = directive.words();
    if !is_named(directive, &["Options"]) || !words.iter().any(|word| links(word)) {
        return None;
    }
    let left: Vec<&[u8]> = words.iter().map(|word| word.as_slice()).filter(|word| !links(word)).collect();
    let signs = words.iter().any(|word| word.starts_with(b"+") || word.starts_with(b"-"));
    let owners = words.iter().any(|word| word.to_ascii_lowercase().ends_with(b"symlinksifownermatch"));
    let text = match (signs, left.is_empty()) {
        // of what may not be said here, nothing is
        (true, _) if htaccess => {
            let off: &[u8] = if owners { b" -SymLinksIfOwnerMatch" } else { b" -FollowSymLinks" };
            [&bstr::join(" ", &left)[..], off].concat()
        }
        (true, _) => [&bstr::join(" ", &left)[..], b" -FollowSymLinks -SymLinksIfOwnerMatch"].concat(),
        (false, true) => b"None".to_vec(),
        (false, false) => bstr::join(" ", &left),
    };
    let newlines = sources.text(directive.span()).find_iter("\n").count();
    let text = [b"Options ", text.as_slice(), "\n".repeat(newlines).as_bytes()].concat();
    Some(Edit::replace(directive.span(), text))
}

/// Whether a Directory section below the root opens the file by its own path: a URL that led there would get it.
fn is_opened(facts: &Facts<'_>, asked: &Asked<'_>, file: &Shown) -> bool {
    let opens = |line: &Directive<'_>| {
        let around = line.directory().is_some_and(|own| own.len() > 1 && file.path.starts_with(&own));
        around && (says(line, "Require", &["all", "granted"]) || says(line, "Allow", &["from", "all"]))
    };
    if !facts.directives.iter().any(opens) {
        return false;
    }
    let Some(at) = file.path.rfind_byte(b'/').filter(|at| *at > 0) else { return false };
    // what its own URL is refused is not open
    let refused = asked.ground.routes.to(&file.path).into_iter().any(|way| {
        let door = asked.ground.doors.iter().find(|door| way.scope.takes(door));
        door.is_some_and(|door| {
            let outcome = asked.ask(way.ask(door)).outcome;
            is_refusal(&outcome) && outcome.file.as_ref() == Some(&file.path)
        })
    });
    if refused {
        return false;
    }
    let (folder, name) = (file.path[..at].as_bstr(), &file.path[at + 1..]);
    let alias = format!("Alias \"/{PROBE}\" \"{folder}\"\n");
    let edit = asked.at_end(alias);
    let ask = file.ask.at(format!("/{PROBE}/{}", escaped(name)));
    let answer = edit.and_then(|edit| asked.changed(&[edit])).map(|other| other.ask(&ask.request()));
    answer.is_some_and(|outcome| asked.gives(&ask, &outcome).is_some())
}

/// Whether a file is had by a link only, and its own path by no URL.
fn leads_out(asked: &Asked<'_>, file: &Shown) -> bool {
    let Some(path) = file.outcome.file.as_ref() else { return false };
    let bare = |path: &[u8]| path.trim_end_with(|c| c == '/').to_vec();
    if bare(path) == bare(&file.path) || !file.outcome.caveats.is_empty() {
        return false;
    }
    let run = &asked.ground.search.run;
    // by a link, and not by what a handler makes of the path
    let ways = asked.ground.routes.to(&file.path);
    !ways.iter().any(|way| {
        asked.ground.doors.iter().filter(|door| way.scope.takes(door)).any(|door| {
            let ask = way.ask(door);
            let outcome = run.ask(&ask.request());
            outcome.file.as_ref().is_some_and(|own| bare(own) == bare(&file.path))
                && asked.gives(&ask, &outcome).is_some()
        })
    })
}
