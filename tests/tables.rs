//! What loading many lines of a directive allocates: as much for each of them, however many there are.

#[allow(dead_code, reason = "a benchmark uses the rest")]
mod lines;

use lines::{EVERYWHERE, Kind, Place, kinds};
use routesim::directives;

/// Directives that httpd refuses always, and those whose one good line is a file's that must be there.
const NEVER: &[&str] = &[
    "FancyIndexing",
    "LuaHookInsertFilter",
    "Lua_____ByteCodeHack",
    "PHPINIDir",
    "Port",
    "SSLLog",
    "SSLLogLevel",
    "SSLOpenSSLConfCmd",
];

/// Sections that are all for the request, each with another variable: merging them takes the square of their number, as in
/// httpd, up to the most that are merged.
const GROWING: &[&str] = &[
    "<If false>\n</If>\n<Else>\nSetEnv A{i} b\n</Else>",
    "<If true>\nSetEnv A{i} b\n</If>",
    "<Location />\nSetEnv A{i} b\n</Location>",
];

/// All that reading `count` lines and one request allocates, in bytes.
fn allocated(kind: &Kind, count: usize) -> u64 {
    let lines = kind.lines(count);
    let mut result = Ok(0);
    let counted = allocation_counter::measure(|| result = lines.run());
    assert!(result.is_ok(), "{kind:?}: {result:?}");
    counted.bytes_total
}

#[test]
fn lines_cost_as_much_each_however_many_there_are() {
    let mut worse = Vec::new();
    // where else a line may stand, it goes the same ways
    let places = [Place::Server, Place::Directory, Place::Htaccess];
    let kinds = kinds(&places, |_| true);
    for kind in kinds.iter().filter(|k| !GROWING.contains(&k.line.as_str())) {
        let [one, two, four] = [50, 100, 200].map(|count| allocated(kind, count));
        // twice for twice as many, but for lists that double
        if four.saturating_sub(two) > 3 * two.saturating_sub(one) + 20_000 {
            worse.push(format!("{:?} {:?}: {one}, {two}, {four} bytes", kind.place, kind.line));
        }
    }
    assert!(worse.is_empty(), "{worse:#?}");
}

#[test]
fn every_directive_has_a_line() {
    let names = directives::all().map(|row| row.name()).filter(|name| !NEVER.contains(name));
    let has_none = |name: &&str| EVERYWHERE.iter().all(|place| kinds(&[*place], |row| row.name() == *name).is_empty());
    let without: Vec<&str> = names.filter(has_none).collect();
    assert!(without.is_empty(), "{without:?}");
}
