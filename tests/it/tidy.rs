//! The project's own order: what is there is registered, and what is registered is there.

use std::path::Path;

/// All files below a directory of src, by their path there, with their text.
pub fn sources(below: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut directories = vec![root.join(below)];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("it is there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name = path.strip_prefix(&root).expect("it is below").display().to_string();
                found.push((name, text));
            }
        }
    }
    found
}

/// A step is made of values; its words are made in report/words.rs, for report/ alone.
#[test]
fn steps_have_no_words_of_their_own() {
    for (name, text) in sources("") {
        let may = name.starts_with("report/");
        assert!(may || !text.contains("report::words"), "src/{name} uses the words of report/words.rs");
    }
    let outcome = sources("outcome");
    let of = |file: &str| &outcome.iter().find(|(name, _)| name == file).expect("it is there").1;
    let lines = ["outcome/step.rs", "outcome/detail.rs"].into_iter().flat_map(|file| of(file).lines());
    let texts: Vec<&str> = lines.map(str::trim).filter(|l| l.contains("String") && !l.contains("BString")).collect();
    // the one exception is what the reader of expressions says
    assert_eq!(texts, ["Failed(String),"], "a step holds a text that is no input");
}

/// A printer looks at a step's values, never into the words that were made of them.
#[test]
fn no_printer_reads_words_back() {
    const LOOKS: [&str; 8] =
        ["starts_with", "ends_with", "contains", "strip_prefix", "strip_suffix", "split", "find(", "== \""];
    for (name, text) in sources("report") {
        for (number, line) in text.lines().enumerate() {
            let of_words = ["why.", "why ", "effect.", "effect ", "words::why(", "words::effect("];
            let looks = LOOKS
                .iter()
                .any(|look| of_words.iter().any(|words| line.find(words).is_some_and(|at| line[at..].contains(look))));
            assert!(!looks, "src/{name}:{} looks into a step's words: {}", number + 1, line.trim());
        }
    }
}

/// Words that read as if translated: none of them is in what the program says.
#[test]
fn words_are_those_of_the_trade() {
    const ODD: [&str; 14] = [
        "again and again",
        "how to tell",
        "for people",
        "whoever",
        "whosoever",
        "nobody",
        "anybody",
        "anew",
        "in vain",
        "folder",
        "stands in",
        "told whole",
        "all the same",
        "no file of its own",
    ];
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut seen = 0;
    let entries = std::fs::read_dir(snapshots).expect("it is there").flatten();
    for entry in entries.filter(|e| e.path().extension().is_some_and(|e| e == "snap")) {
        let text = std::fs::read_to_string(entry.path()).expect("it is text").to_lowercase();
        seen += 1;
        for odd in ODD {
            assert!(!text.contains(odd), "{}: `{odd}`", entry.path().display());
        }
    }
    assert!(seen > 60, "only {seen} snapshots were found");
}

/// Every word for a reason or a near miss stands in the page that explains them.
#[test]
fn reasons_are_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/explanations.md")).expect("it is there");
    let mut seen = 0;
    for (name, text) in sources("reason") {
        if name.ends_with("tests.rs") {
            continue;
        }
        for line in text.lines() {
            let word = line.trim().strip_suffix("\",").and_then(|l| l.split_once("=> \"")).map(|(_, word)| word);
            // what fits is no near miss
            if let Some(word) = word.filter(|word| *word != "fits") {
                seen += 1;
                assert!(page.contains(&format!("`{word}`")), "docs/explanations.md does not name `{word}`");
            }
        }
    }
    assert!(seen > 40, "only {seen} were found");
}
