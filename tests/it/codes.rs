//! The codes of the error log that `routesim why` explains.

use crate::tidy::sources;
use std::collections::BTreeSet;

/// The codes in a text, each after that sign.
fn codes(text: &str, before: &str) -> BTreeSet<String> {
    let sign = format!("{before}AH");
    let codes = text.split(&sign).skip(1).filter_map(|rest| rest.get(..5));
    codes.filter(|code| code.bytes().all(|b| b.is_ascii_digit())).map(|code| format!("AH{code}")).collect()
}

#[test]
fn every_code_of_an_answer_is_explained() {
    let mut written = BTreeSet::new();
    for below in ["server", "modules"] {
        for (_, text) in sources(below) {
            written.append(&mut codes(&text, "\""));
        }
    }
    assert!(written.len() > 150, "only {} codes were found", written.len());
    let table = include_str!("../../src/codes/table.txt");
    let heads: String = table.lines().filter(|line| line.starts_with("AH")).map(|line| format!(" {line}\n")).collect();
    let explained = codes(&heads, " ");
    let without: Vec<_> = written.difference(&explained).collect();
    assert!(without.is_empty(), "src/codes/table.txt lacks {without:?}");
}
