//! The project's own order: what is there is registered, and what is registered is there.

use routesim::module::Phase;
use routesim::modules;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Each file or folder of src/modules is a module of httpd, or one of the few that serve them.
#[test]
fn modules_are_registered() {
    let helpers = BTreeSet::from(["mod", "authn", "authz", "known", "ledger", "quiet", "reading"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/modules");
    let known: BTreeSet<String> = modules::MODELLED
        .iter()
        .map(|m| m.name.trim_start_matches("mod_").trim_end_matches(".c").to_string())
        .collect();
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let name = entry.path().file_stem().expect("it has a name").to_string_lossy().into_owned();
        assert!(
            helpers.contains(name.as_str()) || known.contains(&name),
            "src/modules/{name} is in no list of src/modules/mod.rs"
        );
    }
}

/// No module stands twice, and identifiers are unique.
#[test]
fn modules_stand_once() {
    let mut seen = BTreeMap::new();
    for m in modules::all() {
        assert!(seen.insert(m.identifier, m.name).is_none(), "{} is listed twice", m.identifier);
    }
    for known in modules::known::KNOWN {
        assert!(seen.contains_key(known.identifier), "{} has no rows", known.identifier);
    }
}

/// Hooks name modules that there are.
#[test]
fn hooks_name_modules() {
    let names: BTreeSet<&str> = modules::all().map(|m| m.name).collect();
    // names that httpd's own rows give although no such module is in this server
    let elsewhere = BTreeSet::from(["mod_auth.c", "mod_python.c", "mod_access.c"]);
    for m in modules::all() {
        for hook in m.hooks {
            for other in hook.after.iter().chain(hook.before) {
                assert!(
                    names.contains(other) || elsewhere.contains(other),
                    "{} {} names {other}",
                    m.name,
                    hook.phase.name()
                );
            }
        }
    }
    assert_eq!(Phase::HOOKED.len(), 12);
}

/// All files below a directory of src, by their path there, with their text.
fn sources(below: &str) -> Vec<(String, String)> {
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
    let step = sources("outcome").into_iter().find(|(name, _)| name == "outcome/step.rs").expect("it is there").1;
    let texts: Vec<&str> =
        step.lines().map(str::trim).filter(|l| l.contains("String") && !l.contains("BString")).collect();
    // the one exception is what the reader of expressions says
    assert_eq!(texts, ["Failed(String),"], "src/outcome/step.rs holds a text that is no input");
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
