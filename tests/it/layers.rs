//! Who may know whom: rooms of src/, each of which knows those before it, and none behind.

use super::tidy::sources;
use std::collections::BTreeSet;

/// The rooms, the lowest first. A room is a directory of src/, or a file there.
const ROOMS: &[&str] = &[
    // the ground
    "clock",
    "limits",
    "named",
    "date",
    "base64",
    "filepath",
    "text",
    "address",
    "dbm",
    "url",
    "phase",
    "suggest",
    "version",
    "vfs",
    "source",
    "diagnostic",
    "pattern",
    // what comes out of a request, and what is in a configuration
    "outcome",
    "expr",
    "conf",
    // the engine, its modules, and what they are to the outside
    "server",
    "modules",
    "directives",
    // sites and their runs
    "run",
    "cores",
    "site",
    "follow",
    // scenarios and suites
    "suite",
    "schema",
    "builtin",
    "codes",
    // what asks the engine many things
    "search",
    "mutate",
    "reason",
    "repair",
    "lint",
    "migrate",
    "oracle",
    // the surface
    "report",
    "cli",
];

/// The one file that looks up: httpd's configuration vectors, which are typed here, so that it names what modules keep.
const VECTORS: &str = "server/settings.rs";

/// The list of modules, each with the settings that it keeps.
const LIST: &str = "modules/mod.rs";

/// What a file is without comments and unit tests.
fn code(text: &str) -> String {
    let text = text.find("#[cfg(test)]\nmod tests {").map_or(text, |at| &text[..at]);
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The rooms that a file names: `crate::ROOM`, in groups (`crate::{ROOM, ROOM::X}`) as well.
fn named(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let mut take = |text: &str| {
            let word: String =
                text.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if ROOMS.contains(&word.as_str()) {
                found.insert(word);
            }
        };
        match rest.strip_prefix('{') {
            None => take(rest),
            Some(group) => {
                let (mut depth, mut begin) = (0, 0);
                for (i, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        ',' if depth == 0 => {
                            take(&group[begin..i]);
                            begin = i + 1;
                        }
                        '}' if depth == 0 => {
                            take(&group[begin..i]);
                            break;
                        }
                        '}' => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

/// Whether a file is of unit tests alone.
fn is_of_tests(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

#[test]
fn no_room_knows_a_higher_one() {
    let rank = |room: &str| ROOMS.iter().position(|r| *r == room);
    let mut up = Vec::new();
    for (file, text) in sources("") {
        let own = room(&file);
        if ["lib", "main"].contains(&own) || is_of_tests(&file) || file == VECTORS {
            continue;
        }
        let at = rank(own).unwrap_or_else(|| panic!("src/{file} is in no room of tests/it/layers.rs"));
        let higher = named(&code(&text)).into_iter().filter(|other| rank(other).is_some_and(|rank| rank > at));
        up.extend(higher.map(|other| format!("src/{file} knows {other}")));
    }
    assert!(up.is_empty(), "{up:#?}");
}

/// The engine names no module, but where it says what modules keep.
#[test]
fn the_engine_names_modules_in_one_file() {
    let naming: Vec<String> = sources("server")
        .into_iter()
        .filter(|(_, text)| named(&code(text)).contains("modules"))
        .map(|(file, _)| file)
        .collect();
    assert_eq!(naming, [VECTORS]);
}

/// A module asks another for what it knows, and never reads its settings itself.
#[test]
fn modules_read_their_own_settings() {
    let list = sources("modules").into_iter().find(|(file, _)| file == LIST).expect("it is there").1;
    // `alias::MODULE, dir alias: alias::Dir, server alias: alias::Server;`
    let lines = list.lines().filter_map(|line| line.trim().strip_suffix(';')?.split_once(", "));
    let lines = lines.filter_map(|(module, keeps)| Some((module.rsplit_once("::")?.0.replace("::", "/"), keeps)));
    let fields = lines.filter(|(home, _)| !home.starts_with("crate/")).flat_map(|(home, keeps)| {
        let names = keeps.split(", ").filter_map(|field| field.split_once(' ')?.1.split_once(": "));
        names.map(|(name, _)| (name.to_string(), home.clone())).collect::<Vec<_>>()
    });
    let mut homes: Vec<(String, Vec<String>)> = Vec::new();
    for (field, home) in fields {
        match homes.iter_mut().find(|(own, _)| *own == field) {
            Some((_, all)) => all.push(home),
            None => homes.push((field, vec![home])),
        }
    }
    assert!(homes.len() > 30, "{homes:?}");
    let mut strangers = Vec::new();
    for (file, text) in sources("modules") {
        let text = code(&text);
        let own = file.trim_start_matches("modules/").trim_end_matches(".rs").trim_end_matches("/mod");
        for (field, all) in &homes {
            let is_own = all.iter().any(|home| own == home || own.starts_with(&format!("{home}/")));
            let reads = ["per_dir", "settings"].iter().any(|vector| {
                text.match_indices(&format!("{vector}.{field}")).any(|(at, found)| {
                    !text[at + found.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                })
            });
            if reads && !is_own {
                strangers.push(format!("src/{file} reads the settings `{field}` of {all:?}"));
            }
        }
    }
    assert!(strangers.is_empty(), "{strangers:#?}");
}
