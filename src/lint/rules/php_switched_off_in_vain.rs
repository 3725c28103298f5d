//! `php-switched-off-in-vain`

use super::handlers::is_php;
use super::upload_folder_runs_programs::{Runs, runs_in};
use crate::diagnostic::Severity;
use crate::lint::edits::below;
use crate::lint::facts::{Asked, Facts};
use crate::lint::{Example, Finding, Rule};
use crate::site::{Edit, Fix, Safety};
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "php-switched-off-in-vain",
    level: Severity::Error,
    group: "handlers",
    finds: "PHP is switched off for a directory by `php_flag engine off`, and runs there: the line is in an IfModule section of an older PHP module, or PHP-FPM runs the programs.",
    why: "The module of PHP 8 is `php_module` (mod_php.c): a section for mod_php5.c or mod_php7.c is skipped, and nothing says so. PHP-FPM is asked by mod_proxy_fcgi, which knows nothing of php_flag.",
    help: "deny the programs there by a FilesMatch section, which holds whatever runs them",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
<Directory /srv/www/pictures>
  # finding
  <IfModule mod_php5.c>
    php_admin_flag engine off
  </IfModule>
</Directory>
"##,
        files: &["/srv/www/index.php", "/srv/www/pictures/a.png"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
<FilesMatch "\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
<Directory /srv/www/pictures>
  <IfModule mod_php5.c>
    php_admin_flag engine off
  </IfModule>
  <IfModule mod_php.c>
    php_admin_flag engine off
  </IfModule>
</Directory>
"##,
        files: &["/srv/www/index.php", "/srv/www/pictures/a.png"],
    },
    find,
};

/// The names of the modules of PHP that were.
const OLD: [&str; 8] = [
    "mod_php3.c",
    "mod_php4.c",
    "mod_php5.c",
    "mod_php7.c",
    "php3_module",
    "php4_module",
    "php5_module",
    "php7_module",
];
const DENIAL: &str = "<FilesMatch \"\\.ph(p|tml|ar)\">\n  Require all denied\n</FilesMatch>";
/// How a stock server has PHP run.
const STOCK: &str = "\n<FilesMatch \".+\\.ph(?:ar|p|tml)$\">\n    SetHandler application/x-httpd-php\n</FilesMatch>\n";
/// How many switches are looked at.
const MOST: usize = 24;

/// A line that switches PHP off for a directory, or the IfModule section around it.
struct Switch {
    line: Span,
    /// Behind it.
    end: Span,
    /// The name of the IfModule section's module, where it is an older one, and its place.
    module: Option<(BString, Span)>,
    /// The directory, with its slash.
    folder: BString,
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found: Vec<Finding> = Vec::new();
    let mut told: Vec<BString> = Vec::new();
    for switch in switches(facts) {
        if told.contains(&switch.folder) {
            continue;
        }
        if let Some(finding) = runs(rule, facts, asked, &switch).or_else(|| may_run(rule, facts, asked, &switch)) {
            told.push(switch.folder);
            found.push(finding);
        }
    }
    found
}

/// What runs in the directory although it is switched off.
fn runs(rule: &Rule, facts: &Facts<'_>, asked: &Asked<'_>, switch: &Switch) -> Option<Finding> {
    let runs = program(asked, &facts.site.with_files(&[program_in(&switch.folder)]), &switch.folder)?;
    let why = match (&runs.outcome.backend, &switch.module) {
        (Some(_), _) => "PHP-FPM runs it, which php_flag doesn't reach".to_string(),
        (None, Some((module, _))) => format!("this section is skipped, as {module} is not loaded"),
        (None, None) => return None,
    };
    let edits = vec![below(facts.site.sources(), switch.end, DENIAL)];
    let mended = facts.site.with(&edits).ok()?.with_files(&[program_in(&switch.folder)]);
    let refused = mended.start().ok()?.ask(&runs.ask.request()).status == 403;
    let run =
        if runs.made_up { format!("a file `{}` would be run", runs.path) } else { format!("`{}` is run", runs.path) };
    let message = format!("this does not stop PHP: {run}; {why}");
    let fix = Fix { message: "deny the programs there".into(), safety: Safety::Unsafe, edits };
    let finding = rule.shown(switch.line, message, &runs.ask, &runs.outcome);
    refused.then_some(Finding { fix: Some(fix), ..finding })
}

/// What would run in a part of a configuration, which doesn't say what is loaded, on an httpd of today.
fn may_run(rule: &Rule, facts: &Facts<'_>, asked: &Asked<'_>, switch: &Switch) -> Option<Finding> {
    let (module, place) = switch.module.as_ref()?;
    if !facts.site.loaded().modules.is_empty() || facts.site.is_htaccess(switch.line.file) {
        return None;
    }
    let handler = asked.at_end(STOCK)?;
    let without = [handler.clone(), Edit::replace(*place, "!core.c")];
    let with =
        |edits: &[Edit]| Some(facts.site.with(edits).ok()?.with_files_and_folders(&[program_in(&switch.folder)]));
    let runs = program(asked, &with(&without)?, &switch.folder)?;
    let stopped = [handler, Edit::replace(*place, "php_module")];
    program(asked, &with(&stopped)?, &switch.folder).is_none().then(|| {
        let message = format!(
            "PHP is switched off for {module} alone: the module of PHP 8 is mod_php.c, and runs `{}`",
            runs.path
        );
        rule.at(switch.line, message)
    })
}

/// A PHP program that runs in a directory of some site.
fn program(asked: &Asked<'_>, site: &crate::site::Site, folder: &[u8]) -> Option<Runs> {
    let run = site.start().ok()?;
    runs_in(asked, site, &run, folder).filter(|runs| {
        let handler = runs.outcome.handler.as_deref().map(|h| h.as_bytes()).unwrap_or_default();
        is_php(handler) || runs.outcome.backend.as_ref().is_some_and(|backend| backend.fcgi.is_some())
    })
}

fn program_in(folder: &BString) -> BString {
    [folder.as_slice(), b"x.php"].concat().into()
}

/// The switches of all texts.
fn switches(facts: &Facts<'_>) -> Vec<Switch> {
    let texts = facts.site.sources().files_from(0).into_iter().enumerate();
    let own = texts.filter(|(number, _)| facts.site.is_own(FileId(*number as u32)));
    let found = own.flat_map(|(number, text)| {
        let file = FileId(number as u32);
        let folder = facts.site.is_htaccess(file).then(|| text.name.rsplit_once('/')).flatten();
        in_text(file, &text.text, folder.map(|(folder, _)| format!("{folder}/").into()))
    });
    found.take(MOST).collect()
}

/// A section that is open: its name, what it is for, its line, and what was switched off in it.
struct Open {
    name: Vec<u8>,
    argument: BString,
    line: Span,
    off: bool,
}

fn in_text(file: FileId, text: &[u8], folder: Option<BString>) -> Vec<Switch> {
    let mut found: Vec<Switch> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut start = 0u32;
    for (number, whole) in (1..).zip(text.lines_with_terminator()) {
        let line = whole.trim();
        let at = start + (whole.len() - whole.trim_start().len()) as u32;
        start += whole.len() as u32;
        let span = Span { file, line: number, start: at, end: at + line.len() as u32 };
        let lower = line.to_ascii_lowercase();
        let mut words =
            line.fields().map(|word| BString::from(word.trim_with(|c| matches!(c, '"' | '\'' | '>' | '<'))));
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        if lower.starts_with(b"</") {
            let Some(closed) = open.pop() else { continue };
            let is_old = OLD.iter().any(|old| closed.argument == old.as_bytes()) && closed.name == b"ifmodule";
            if closed.off
                && is_old
                && let Some(folder) = directory(&open, &folder)
            {
                let place = argument(text, closed.line, &closed.argument);
                found.extend(place.map(|place| Switch {
                    line: closed.line,
                    end: span,
                    module: Some((closed.argument, place)),
                    folder,
                }));
            } else if closed.off
                && let Some(outer) = open.last_mut()
            {
                outer.off |= closed.name == b"ifmodule" && outer.name == b"ifmodule";
            }
        } else if lower.starts_with(b"<") {
            open.push(Open { name, argument: words.next().unwrap_or_default(), line: span, off: false });
        } else if is_off(&name, &mut words) {
            match open.last_mut().filter(|section| section.name == b"ifmodule") {
                Some(section) => section.off = true,
                None => found.extend(directory(&open, &folder).map(|folder| Switch {
                    line: span,
                    end: span,
                    module: None,
                    folder,
                })),
            }
        }
    }
    found
}

fn is_off(name: &[u8], words: &mut dyn Iterator<Item = BString>) -> bool {
    let names = [&b"php_flag"[..], b"php_admin_flag", b"php_value", b"php_admin_value"];
    let off = [&b"off"[..], b"0", b"no", b"false"];
    let is = |word: Option<BString>, known: &[&[u8]]| {
        word.is_some_and(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    names.contains(&name) && is(words.next(), &[b"engine"]) && is(words.next(), &off)
}

/// The directory that a line within some sections is for; none where it is for some of its files alone, or for a pattern.
fn directory(open: &[Open], folder: &Option<BString>) -> Option<BString> {
    let around: Vec<&Open> =
        open.iter().filter(|section| ![&b"ifmodule"[..], b"virtualhost"].contains(&section.name.as_slice())).collect();
    match around.as_slice() {
        [] => folder.clone(),
        [one] if one.name == b"directory" && one.argument.find_byteset(b"*?[~$").is_none() => {
            Some([one.argument.trim_end_with(|c| c == '/'), b"/"].concat().into())
        }
        _ => None,
    }
}

/// The place of a section's argument.
fn argument(text: &[u8], line: Span, argument: &[u8]) -> Option<Span> {
    let at = text.get(line.start as usize..line.end as usize)?.find(argument)? as u32;
    Some(Span { start: line.start + at, end: line.start + at + argument.len() as u32, ..line })
}
