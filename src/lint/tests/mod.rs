//! Each rule on its own examples.

mod forms;
mod forms_of_harm;
mod mended;
mod mended_forms;
mod more_forms;
mod published;

use super::facts::Facts;
use super::settings::Settings;
use super::{Example, Finding, lint, rules};
use crate::search::explore::Purse;
use crate::site::Site;
use crate::vfs::Memory;
use bstr::ByteSlice;
use std::sync::Arc;

pub(super) const PURSE: Purse = Purse::of(20_000, None);

/// The site of an example.
pub(super) fn site(example: &Example) -> Site {
    let mut files = Memory::new();
    for file in example.files {
        match file.split_once(" -> ") {
            Some((path, target)) => {
                files.add_symlink(path.as_bytes(), target.as_bytes(), crate::vfs::Owner::ROOT).map(drop)
            }
            None => {
                let (path, text) = file.split_once(": ").unwrap_or((file, ""));
                let (path, mode) = path.split_once(" (").unwrap_or((path, "644)"));
                let mode = u32::from_str_radix(mode.trim_end_matches(')'), 8).expect("it is a mode");
                files.add_file(path.as_bytes(), text.as_bytes(), mode, crate::vfs::Owner::ROOT).map(drop)
            }
        }
        .expect("there is room");
    }
    Site::builder(example.config).tree(Arc::new(files)).lenient(true).build().expect("it can be laid out")
}

fn found(site: &Site) -> Vec<Finding> {
    lint(&Facts::gather(site, PURSE))
}

fn line_of(site: &Site, finding: &Finding) -> u32 {
    site.sources().file(finding.line.file).line_column(finding.line.start).0
}

#[test]
fn each_rule_finds_its_example_and_not_what_is_nearly_it() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let mut wanted: Vec<u32> = rule
            .bad
            .config
            .lines()
            .enumerate()
            .filter(|(_, line)| line.trim() == "# finding")
            .map(|(number, _)| number as u32 + 2)
            .collect();
        if wanted.is_empty() && rule.bad.files.iter().any(|file| file.contains(".htaccess: ")) {
            wanted.push(1);
        }
        assert!(!wanted.is_empty(), "{}: no line is marked", rule.name);
        let bad = site(&rule.bad);
        let all = found(&bad);
        let own: Vec<&Finding> = all.iter().filter(|finding| finding.rule == rule.name).collect();
        let refused = bad.start().is_err();
        let lines: Vec<u32> = own.iter().map(|finding| line_of(&bad, finding)).collect();
        if lines != wanted {
            wrong.push(format!("{} speaks at {lines:?}, not {wanted:?}", rule.name));
        }
        for finding in own {
            let is_note = finding.level == crate::diagnostic::Severity::Note;
            // httpd's own word for it shows it, too
            let said = bad.diagnostics().iter().any(|d| d.span == finding.line);
            assert!(finding.witness.is_some() || is_note || refused || said, "{}", rule.name);
        }
        let good = found(&site(&rule.good));
        let own: Vec<u32> =
            good.iter().filter(|f| f.rule == rule.name).map(|f| line_of(&site(&rule.good), f)).collect();
        if !own.is_empty() {
            wrong.push(format!("{} speaks at {own:?} of its good example", rule.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Directives whose arguments httpd splits into words, so that each may stand in quotes.
const IN_WORDS: [&str; 14] = [
    "alias",
    "allowoverride",
    "directoryindex",
    "documentroot",
    "options",
    "proxypass",
    "redirect",
    "rewriteengine",
    "scriptalias",
    "serveralias",
    "servername",
    "sethandler",
    "wsgidaemonprocess",
    "wsgiscriptalias",
];

/// A line with other blanks, its name in capitals, and its words in quotes where that is the same.
fn respelled(line: &str) -> String {
    let bare = line.trim_start();
    if bare.starts_with('#') {
        return format!("{line}\n");
    }
    let end = bare.find([' ', '>']).unwrap_or(bare.len());
    let (name, rest) = bare.split_at(end);
    let plain = IN_WORDS.contains(&name.to_ascii_lowercase().as_str()) && !rest.contains(['"', '\'', '\\']);
    let rest = match plain {
        // mod_wsgi reads its options itself
        true => rest
            .split_whitespace()
            .map(|word| if word.contains('=') { format!("  {word}") } else { format!("  \"{word}\"") })
            .collect(),
        false => rest.to_string(),
    };
    format!("\t {}{rest}  \n", name.to_uppercase())
}

#[test]
fn spelling_changes_no_finding() {
    for rule in rules() {
        let text: String = rule.bad.config.lines().map(respelled).collect();
        let bad = site(&rule.bad);
        let other = site(&Example { config: Box::leak(text.clone().into_boxed_str()), files: rule.bad.files });
        let named = |site: &Site| {
            let all = found(site);
            all.iter().map(|f| (f.rule, line_of(site, f), f.level)).collect::<Vec<_>>()
        };
        assert_eq!(named(&bad), named(&other), "{}\n{text}", rule.name);
    }
}

#[test]
fn rules_are_in_order_and_say_what_they_are_about() {
    let names: Vec<&str> = rules().iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    for rule in rules() {
        assert!([rule.finds, rule.why].iter().all(|text| text.ends_with('.')), "{}", rule.name);
        assert!(!rule.help.is_empty() && !rule.help.ends_with('.'), "{}", rule.name);
    }
}

#[test]
fn what_is_allowed_needs_a_reason() {
    let text = "# routesim: allow-file log-served -- they are public\n# routesim: allow version-control-served\nDocumentRoot /srv\n";
    let site = Site::builder(text).lenient(true).build().expect("it can be laid out");
    let all = super::allowed(site.sources());
    let wrong: Vec<String> = all.iter().filter_map(|a| a.wrong()).map(|f| f.message).collect();
    assert_eq!((all.len(), wrong), (2, vec!["`version-control-served` is allowed without a reason".to_string()]));
    assert!(site.sources().file(crate::source::FileId(0)).text.contains_str("allow-file"));
}

#[test]
fn comments_are_held_against_what_is_found() {
    let said = |text: &str| {
        let site = Site::builder(text).lenient(true).build().expect("it can be laid out");
        let found = super::judged(&site, Some(PURSE), &Settings::default());
        found.iter().map(|f| format!("{} {} {}", line_of(&site, f), f.rule, f.help)).collect::<Vec<_>>()
    };
    let line = "NameVirtualHost *:80\n";
    assert_eq!(said(&format!("# routesim: allow name-virtual-host -- kept for the old servers\n{line}")), [""; 0]);
    for (text, want) in [
        (line.to_string(), "1 name-virtual-host take it out"),
        ("# routesim: allow name-virtual-host -- x\nListen 80\n".into(), "1 allow-unused"),
        (
            format!("# routesim: allow name-virtual-hots -- x\n{line}"),
            "1 allow-unknown-rule did you mean `name-virtual-host`?",
        ),
        ("# routesim: alow name-virtual-host -- x\nListen 80\n".into(), "1 allow-misspelt"),
        ("Listen 80\n# routesim: allow-file name-virtual-host -- x\n".into(), "2 allow-misspelt"),
        ("Listen 80\n# routesim: allow name-virtual-host -- x\n".into(), "2 allow-misspelt"),
        ("# routesim: allow\nListen 80\n".into(), "1 allow-misspelt"),
    ] {
        let said = said(&text);
        assert!(said.iter().any(|said| said.starts_with(want)), "{text}{said:?}");
    }
}

#[test]
fn the_page_of_rules_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lint.md");
    let made = crate::report::lint::page(rules());
    if std::env::var_os("ROUTESIM_BLESS").is_some() {
        std::fs::write(path, &made).expect("it can be written");
    }
    let page = std::fs::read_to_string(path).expect("it is there");
    assert!(page == made, "write it: routesim lint --list --format markdown > docs/lint.md");
}
