//! The public interface: what is `pub`, and no more of it than somebody can read.
//!
//! The compiler refuses a `pub` that can't be reached from outside (`unreachable_pub`), so that the sources can be searched
//! for it. `INSTA_UPDATE=always cargo test --test it door` writes the list anew.

use crate::tidy::sources;

/// As many modules, types, traits and functions may be public. (Fields, variants, methods and constants are not counted.)
const MOST: usize = 150;

/// The public items of a file, by kind and name.
fn items(text: &str) -> impl Iterator<Item = String> {
    const KINDS: [&str; 7] = ["mod", "struct", "enum", "trait", "fn", "type", "union"];
    text.lines().filter_map(|line| {
        let item = line.strip_prefix("pub ")?;
        let item = ["const ", "async ", "unsafe "].iter().fold(item, |item, word| item.trim_start_matches(word));
        let (kind, rest) = item.split_once(' ')?;
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        KINDS.contains(&kind).then(|| format!("{kind} {name}"))
    })
}

#[test]
fn the_door_is_known() {
    let mut all: Vec<String> = Vec::new();
    for (name, text) in sources("") {
        assert!(!text.contains("doc(hidden)"), "src/{name} hides something that is public");
        let file = name.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
        all.extend(items(&text).map(|item| format!("{file}: {item}")));
    }
    all.sort();
    assert!(all.len() <= MOST, "{} public items, {MOST} at most", all.len());
    insta::assert_snapshot!("door", all.join("\n"));
}

/// No feature opens what is shut otherwise.
#[test]
fn features_are_those_that_are_known() {
    let manifest = include_str!("../../Cargo.toml");
    let features =
        manifest.split("[features]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("there are some");
    let names: Vec<&str> = features.lines().filter_map(|l| l.split_once(" = ")).map(|(name, _)| name.trim()).collect();
    assert_eq!(names, ["default", "cli", "oracle", "disk", "pcre2", "mimalloc"]);
}
