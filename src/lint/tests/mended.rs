//! Each rule's bad example with its fixes made: the harm is gone, httpd starts, and what else changes is as recorded.

use super::site;
use crate::lint::facts::Facts;
use crate::lint::fix::fix;
use crate::lint::{Finding, Rule, lint, rules};
use crate::report::unified;
use crate::search::compare::Comparison;
use crate::search::explore::Purse;
use crate::search::line;
use crate::search::space::Terms;
use crate::site::{Safety, Site};
use std::fmt::Write;

/// The examples are small, and are looked at a few times each.
const PURSE: Purse = Purse::of(3_000, None);

fn of(rule: &Rule, site: &Site) -> Vec<Finding> {
    lint(&Facts::gather(site, PURSE)).into_iter().filter(|finding| finding.rule == rule.name).collect()
}

/// What is answered otherwise, one line for each kind.
fn differences(before: &Site, after: &Site) -> String {
    let (Ok(first), Ok(second)) = (before.start(), after.start()) else { return "(httpd did not start)\n".into() };
    let sites = [before, after];
    let mut comparison = Comparison::new(sites, [first, second], false);
    comparison.search(sites, &Terms::default(), PURSE);
    let mut text = String::new();
    for found in comparison.differences() {
        let (was, is) = (line::answer(&found.before), line::answer(&found.after));
        let _ = writeln!(text, "{}: {}: {was} -> {is}", found.kind.words(), line::command(&found.ask.spec()));
    }
    text
}

fn comments(site: &Site) -> Vec<String> {
    let files = site.sources().files_from(0);
    let lines = files
        .iter()
        .filter(|file| !file.name.contains("stock"))
        .flat_map(|file| (1..=file.lines() as u32).map(|n| file.line(n).to_string()).collect::<Vec<_>>());
    lines.map(|line| line.trim().to_string()).filter(|line| line.starts_with('#')).collect()
}

#[test]
fn a_fix_takes_the_harm_away_and_no_more() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let bad = site(&rule.bad);
        let found = of(rule, &bad);
        let fixes: Vec<_> = found.iter().filter_map(|finding| finding.fix.as_ref()).collect();
        if rule.safe.is_none() {
            if !fixes.is_empty() {
                wrong.push(format!("{}: it says that it offers no fix", rule.name));
            }
            continue;
        }
        if fixes.len() != found.len() || fixes.is_empty() {
            wrong.push(format!("{}: of {} findings {} have fixes", rule.name, found.len(), fixes.len()));
            continue;
        }
        // what may be safe need not be
        let safe = fixes.iter().all(|fix| fix.safety == Safety::Safe);
        // a site remembers which files it was asked for
        let fixed = fix(&site(&rule.bad), !safe, &|site| of(rule, site), &|| PURSE);
        for (_, place, why) in &fixed.left {
            wrong.push(format!("{}: {place} is left: {why}", rule.name));
        }
        if fixed.site.start().is_err() {
            wrong.push(format!("{}: httpd does not start then", rule.name));
        }
        let left = of(rule, &fixed.site);
        if !left.is_empty() {
            wrong.push(format!("{}: it is still found: {}", rule.name, left[0].message));
        }
        if comments(&bad) != comments(&fixed.site) {
            wrong.push(format!("{}: a comment is gone", rule.name));
        }
        let text = format!("{}\n{}", unified::texts(&fixed.texts), differences(&bad, &fixed.site));
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lint/tests/mended");
        insta::with_settings!({snapshot_path => dir, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(rule.name, text);
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
