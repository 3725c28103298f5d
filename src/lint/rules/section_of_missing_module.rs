//! `section-of-missing-module`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::modules::known;
use crate::search::compare::differ;
use crate::site::Edit;
use crate::source::{FileId, Span};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "section-of-missing-module",
    level: Severity::Note,
    group: "shadowed lines",
    finds: "An IfModule section is skipped, as its module is not loaded, and would change answers.",
    why: "Nothing says so: httpd starts, and the rules in it do not hold.",
    help: "load the module, or write the rules without the section, so that httpd says what is missing",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
<IfModule mod_ssl.c>
  <Location /private>
    SSLRequireSSL
  </Location>
</IfModule>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<IfModule mod_ssl.c>
  SSLSessionCacheTimeout 300
</IfModule>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

/// How many modules are tried.
const MODULES: usize = 6;
/// How many requests are held against each.
const TRIED: usize = 400;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = asked.ground.search.run.sources();
    let mut found: Vec<Finding> = Vec::new();
    let mut tried: Vec<Vec<u8>> = Vec::new();
    let skipped = facts.site.skipped().iter().map(|skipped| skipped.section).chain(in_htaccess(facts, asked));
    for section in skipped {
        let text = sources.text(section);
        let Some(name) = text.strip_prefix(b"<").and_then(|text| text.split_once_str(b" ")) else { continue };
        let (tag, argument) = (name.0, name.1.trim_end_with(|c| c == '>' || c == ' '));
        let argument = argument.trim_with(|c| c == '"' || c == ' ');
        if !tag.eq_ignore_ascii_case(b"IfModule") || !facts.site.is_own(section.file) || argument.starts_with(b"!") {
            continue;
        }
        let alternative = [b"<ifmodule !", argument.to_ascii_lowercase().as_slice()].concat();
        let said = sources.file(section.file).text.to_ascii_lowercase().contains_str(&alternative);
        if said || tried.iter().any(|known| known == argument) {
            continue;
        }
        // of these there is one only
        if is_mpm(argument) {
            continue;
        }
        tried.push(argument.into());
        if tried.len() > MODULES {
            break;
        }
        let module = known::KNOWN
            .iter()
            .find(|module| argument == module.source.as_bytes() || argument == module.identifier.as_bytes());
        let edit = match module {
            Some(module) => {
                let line = format!("LoadModule {} modules/mod_{}.so\n", module.identifier, module.name);
                first_file(facts, section).map(|file| Edit { file, range: 0..0, text: line.into() })
            }
            // one that no httpd of today has: what is in the section is tried
            None => text.find(argument).map(|at| {
                let at = section.start + at as u32;
                Edit { file: section.file, range: at..at, text: "!".into() }
            }),
        };
        let Some(loaded) = edit.and_then(|edit| asked.changed(&[edit])) else { continue };
        let pool = asked.pool.iter().filter(|seen| seen.ask.weight().0 == 0).take(TRIED).cloned();
        let missing = asked.open_doors().take(4).map(|door| asked.ask(door.ask("/no-such-directory/page")));
        // lines that no module here knows would be an error, and no rule that does not hold
        let other = |seen: &Seen| {
            let then = loaded.ask(&seen.ask.request());
            (module.is_some() || then.status != 500) && differ(&seen.outcome, &then).is_some()
        };
        let shown = pool.chain(missing).find(other);
        if let Some(seen) = shown {
            let name =
                module.map_or_else(|| argument.to_str_lossy().into_owned(), |module| format!("mod_{}", module.name));
            let message = format!("{name} is not loaded: this section is skipped, and nothing says so");
            found.push(rule.seen(section, message, &seen));
        }
    }
    found
}

/// Whether it names a multi-processing module, by its file as it is now or was in 2.2, or by its identifier.
fn is_mpm(name: &[u8]) -> bool {
    const OLD: [&[u8]; 5] = [b"prefork.c", b"worker.c", b"event.c", b"itk.c", b"perchild.c"];
    name.starts_with(b"mpm_") || OLD.contains(&name)
}

/// The file to load a module in.
fn first_file(facts: &Facts<'_>, section: Span) -> Option<FileId> {
    match facts.site.is_htaccess(section.file) {
        true => facts.directives.iter().find(|d| d.sections().is_empty()).map(|d| d.span().file),
        false => Some(section.file),
    }
}

/// The opening lines of IfModule sections of .htaccess files that were read and whose lines are not there.
fn in_htaccess(facts: &Facts<'_>, asked: &Asked<'_>) -> Vec<Span> {
    let sources = asked.ground.search.run.sources();
    let mut found = Vec::new();
    for file in &facts.htaccess {
        let there: Vec<u32> = file.directives().map(|d| d.span().line).collect();
        let (mut start, mut number, mut open) = (0u32, 0u32, Vec::new());
        for line in sources.file(file.file).text.lines_with_terminator() {
            number += 1;
            let text = line.trim();
            let at = start + (line.len() - line.trim_start().len()) as u32;
            start += line.len() as u32;
            let lower = text.to_ascii_lowercase();
            if lower.starts_with(b"<ifmodule ") {
                open.push(Span { file: file.file, line: number, start: at, end: at + text.len() as u32 });
            } else if lower.starts_with(b"</ifmodule")
                && let Some(section) = open.pop()
                && open.is_empty()
                && !there.iter().any(|line| (section.line + 1..number).contains(line))
            {
                found.push(section);
            }
        }
    }
    found
}
