//! `child-rules-replace-parents`

use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::rewriting::{Level, level};
use crate::lint::{Example, Finding, Rule};
use crate::search::denial::refusing;
use crate::search::ground::is_refusal;
use crate::site::{Directive, Fix};
use crate::source::Span;
use bstr::BString;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "child-rules-replace-parents",
    level: Severity::Warning,
    group: "rewriting",
    finds: "RewriteEngine in a deeper directory, on or off, drops the rules of the directories above, and a denial among them.",
    why: "Rules of directories are not added to each other: the deepest directory that has any, or a RewriteEngine line, replaces all others.",
    help: "deny by Require, which is inherited, or write `RewriteOptions InheritBefore` in the deeper directory",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteRule \.yaml$ - [F]
</Directory>
<Directory /srv/www/user>
  # finding
  RewriteEngine on
  RewriteRule ^profile$ profile.html
</Directory>
"##,
        files: &["/srv/www/user/a.yaml", "/srv/www/user/profile.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteRule \.yaml$ - [F]
</Directory>
<Directory /srv/www/user>
  RewriteEngine on
  RewriteOptions InheritBefore
  RewriteRule ^profile$ profile.html
</Directory>
"##,
        files: &["/srv/www/user/a.yaml", "/srv/www/user/profile.html"],
    },
    find,
};

/// How many files of a directory are tried.
const FILES: usize = 200;

/// The lines of one directory's rules.
#[derive(Default)]
struct Own {
    engine: Option<Span>,
    lines: Vec<Span>,
    /// Whether it is switched off.
    off: bool,
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    // by where they are: a section, or an .htaccess file
    let mut places: BTreeMap<(Option<Span>, BString), Own> = BTreeMap::new();
    let mut add = |line: &Directive<'_>, htaccess: Option<&BString>| {
        let Level::Directory(directory) = level(line, htaccess) else { return };
        let name = line.name().to_ascii_lowercase();
        if !name.starts_with(b"rewrite") {
            return;
        }
        let section = line.parents().last().map(|(_, span)| span);
        let own = places.entry((section, directory)).or_default();
        own.lines.push(line.span());
        if is_named(line, &["RewriteEngine"]) {
            own.engine = Some(line.span());
            own.off = line.words().first().is_some_and(|word| word.eq_ignore_ascii_case(b"off"));
        }
    };
    facts.directives.iter().for_each(|line| add(line, None));
    for text in &facts.htaccess {
        text.directives().for_each(|line| add(&line, Some(&text.directory)));
    }
    let outer = |directory: &BString| {
        places.keys().any(|(_, other)| directory.len() > other.len() && directory.starts_with(other))
    };
    let mut found = Vec::new();
    for ((_, directory), own) in &places {
        let Some(engine) = own.engine.filter(|_| outer(directory)) else { continue };
        let Some((seen, denial)) = lost(asked, directory, &own.lines) else { continue };
        let path = &seen.ask.path;
        let how = if own.off { "switched off" } else { "dropped" };
        let message =
            format!("the rules of the directories above are {how} here, and the denial of `{path}` with them");
        let finding = rule.seen(engine, message, &seen).related(denial, "this line no longer denies it");
        let fix = fix(facts, &finding, denial);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The rules of the directories above before those of this one.
fn fix(facts: &Facts<'_>, finding: &Finding, denial: Span) -> Option<Fix> {
    let sources = facts.site.sources();
    let trial = Trial {
        message: "take the rules above over",
        edits: vec![edits::below(sources, finding.line, "RewriteOptions InheritBefore")],
        gone: &|then| is_refusal(then),
        // what is refused by a rule is what its author meant
        meant: &|_, then| {
            let rule = |line: Span| line.is_some() && (line.file, line.line) == (denial.file, denial.line);
            is_refusal(then) && then.decided_by.iter().any(|d| rule(d.span))
        },
    };
    trial.guess(facts, finding)
}

/// A request for a file of the directory that a rule above would refuse, and that rule.
fn lost(asked: &Asked<'_>, directory: &[u8], lines: &[Span]) -> Option<(Seen, Span)> {
    let files = || asked.files.iter().filter(|file| file.path.starts_with(directory));
    files().next()?;
    let other = asked.without(lines)?;
    files().take(FILES).find_map(|file| {
        let then = other.ask(&file.ask.request());
        let denial = refusing(&other, &then)
            .into_iter()
            .find(|line| other.sources().directive_name(*line).eq_ignore_ascii_case("RewriteRule"))?;
        // the same line of this site
        let name = other.sources().file(denial.file).name.clone();
        let own = asked.ground.search.run.sources();
        let number = own.files_from(0).iter().position(|file| file.name == name)?;
        let denial = Span { file: crate::source::FileId(number as u32), ..denial };
        Some((asked.ask(file.ask.clone()), denial))
    })
}
