//! Lines in another order, where order is what decides: of those of one kind that stand together in a section or file.

use super::items::{Item, Items};
use super::{Kind, Mutant, replace};
use crate::pattern::{Flags, beginning};
use crate::source::Span;
use bstr::ByteSlice;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// What is held against a request one after the other, so that the order may matter. Each list is a kind of its own.
const KINDS: [&[&str]; 12] = [
    &["rewriterule"],
    &["alias", "aliasmatch", "scriptalias", "scriptaliasmatch"],
    &["redirect", "redirectmatch", "redirectpermanent", "redirecttemp"],
    &["wsgiscriptalias", "wsgiscriptaliasmatch"],
    &["proxypass", "proxypassmatch"],
    &["setenvif", "setenvifnocase", "browsermatch", "browsermatchnocase"],
    &["header"],
    &["requestheader"],
    &["location", "locationmatch"],
    &["files", "filesmatch"],
    &["directory", "directorymatch"],
    &["virtualhost"],
];

/// Of more than so many, none is moved past all of them.
const MOST: usize = 500;

/// A directive with what goes before it.
struct Unit<'i> {
    /// The directive.
    item: &'i Item,
    /// From the first of its conditions to the end of it.
    all: Range<u32>,
}

/// Adds the mutants in which a line changes places with the next of its kind, or comes first or last of it.
pub(super) fn changes(items: &Items, is_skipped: impl Fn(Span) -> bool, found: &mut Vec<Mutant>) {
    let mut groups: BTreeMap<(Option<usize>, usize), Vec<Unit<'_>>> = BTreeMap::new();
    // the first condition of the rule that comes next, of each section
    let mut conditions: HashMap<Option<usize>, Span> = HashMap::new();
    for item in items.all.iter().filter(|item| !is_skipped(item.span)) {
        if item.name == "rewritecond" {
            conditions.entry(item.parent).or_insert(item.span);
            continue;
        }
        let first = if item.name == "rewriterule" { conditions.remove(&item.parent) } else { None };
        let first = first.unwrap_or(item.span);
        let kind = KINDS.iter().position(|kind| kind.contains(&item.name.as_str()));
        if let Some(kind) = kind.filter(|_| !item.section || item.close.is_some()) {
            let all = first.start..item.all().end;
            groups.entry((item.parent, kind)).or_default().push(Unit { item, all });
        }
    }
    for units in groups.values() {
        let host = |own: &Unit<'_>| {
            items.around(own.item).find(|section| section.name == "virtualhost").map(|section| section.span)
        };
        let made = group(items, units).into_iter();
        found.extend(made.map(|(own, mutant)| Mutant { host: host(own), ..mutant }));
    }
}

/// The mutants of units that are of one kind, each with the unit that it is of.
fn group<'u, 'i>(items: &Items, units: &'u [Unit<'i>]) -> Vec<(&'u Unit<'i>, Mutant)> {
    let mut found = Vec::new();
    for (own, next) in units.iter().zip(units.iter().skip(1)) {
        if !commute(own.item, next.item) {
            found.push((own, put(items, Kind::Swap, own, next, &[(own, next), (next, own)])));
        }
    }
    // of two, each of these is their swap
    let [first, rest @ .., last] = units else { return found };
    if rest.is_empty() || units.len() > MOST {
        return found;
    }
    let matters =
        |own: &Unit<'_>| units.iter().any(|other| other.item.span != own.item.span && !commute(own.item, other.item));
    if matters(first) {
        let order: Vec<_> = units.iter().zip(units.iter().skip(1).chain([first])).collect();
        found.push((first, put(items, Kind::Move, first, last, &order)));
    }
    if matters(last) {
        let order: Vec<_> = units.iter().zip([last].into_iter().chain(units)).collect();
        found.push((last, put(items, Kind::Move, last, first, &order)));
    }
    found
}

/// Some units in another order: each has the text of the one that is named for it.
fn put(items: &Items, kind: Kind, own: &Unit<'_>, other: &Unit<'_>, order: &[(&Unit<'_>, &Unit<'_>)]) -> Mutant {
    let edit = |(unit, text): &(&Unit<'_>, &Unit<'_>)| replace(items.file, unit.all.clone(), items.slice(&text.all));
    let becomes = order.iter().find(|(unit, _)| unit.all == own.all).map(|(_, text)| line(items, text.item.span));
    let edits = order.iter().map(edit).collect();
    Mutant { kind, at: own.item.span, edits, becomes, other: Some(other.item.span), host: None, inert: None }
}

fn line(items: &Items, at: Span) -> String {
    items.text.covered(at).to_str_lossy().into_owned()
}

/// Whether two of a kind can't get in each other's way.
fn commute(one: &Item, other: &Item) -> bool {
    match one.name.as_str() {
        // the first that matches ends it, or both are in force: if never both match, it makes no difference which is first
        "alias"
        | "aliasmatch"
        | "scriptalias"
        | "scriptaliasmatch"
        | "wsgiscriptalias"
        | "wsgiscriptaliasmatch"
        | "redirect"
        | "redirectmatch"
        | "redirectpermanent"
        | "redirecttemp"
        | "proxypass"
        | "proxypassmatch"
        | "location"
        | "locationmatch" => are_apart(one, other),
        // unless the one goes on to the other with what it makes
        "rewriterule" => are_apart(one, other) && ends(one) && ends(other),
        // sorted by their depth, and of the same depth only the same path can fit
        "directory" if other.name == "directory" => {
            let plain = |item: &Item| item.word(0).find_byteset(b"*?[~$").is_none() && item.words.len() == 1;
            let bare = |item: &Item| item.word(0).trim_end_with(|c| c == '/').to_vec();
            plain(one) && plain(other) && bare(one) != bare(other)
        }
        // these come behind those
        "directory" | "directorymatch" if one.name != other.name => !one.says(0, "~") && !other.says(0, "~"),
        "files" if other.name == "files" => {
            let plain = |item: &Item| item.word(0).find_byteset(b"*?[~$").is_none() && item.words.len() == 1;
            plain(one) && plain(other) && one.word(0) != other.word(0)
        }
        "header" | "requestheader" => match (header(one), header(other)) {
            (Some(a), Some(b)) => !a.eq_ignore_ascii_case(b) && !uses_values(one) && !uses_values(other),
            _ => false,
        },
        "setenvif" | "setenvifnocase" | "browsermatch" | "browsermatchnocase" => apart(one, other),
        // which is the first of an address, and which has a name that both have
        "virtualhost" => one.words.iter().map(|w| &w.value).ne(other.words.iter().map(|w| &w.value)),
        _ => false,
    }
}

/// Whether no text fits both of two lines, by how it has to begin.
fn are_apart(one: &Item, other: &Item) -> bool {
    let (Some(one), Some(other)) = (begins(one), begins(other)) else { return false };
    !one.goes_on_from(&other) && !other.goes_on_from(&one)
}

/// How a text has to begin that fits a line.
struct Beginning {
    text: Vec<u8>,
    /// Whether it ends there, or goes on with a slash.
    is_path: bool,
}

impl Beginning {
    fn goes_on_from(&self, other: &Beginning) -> bool {
        let rest = self.text.strip_prefix(other.text.as_slice());
        rest.is_some_and(|rest| !other.is_path || rest.is_empty() || rest.starts_with(b"/"))
    }
}

fn begins(item: &Item) -> Option<Beginning> {
    let mut words = item.words.iter().map(|word| word.value.as_bytes());
    if item.name == "rewriterule" || item.name.ends_with("match") || item.says(0, "~") {
        let pattern = words.find(|word| word.starts_with(b"^"))?;
        let flags = item.word(2).to_ascii_lowercase();
        let is_other_case = flags.contains_str("nc") || flags.contains_str("nocase");
        let text = beginning(pattern, Flags::default());
        return (!text.is_empty() && !is_other_case).then_some(Beginning { text, is_path: false });
    }
    let path = words.find(|word| word.starts_with(b"/"))?;
    let text = path.trim_end_with(|c| c == '/').to_vec();
    let plain = path.find_byteset(b"*?[$!").is_none() && !text.is_empty();
    plain.then_some(Beginning { text, is_path: true })
}

/// Whether a rule that matches is the last, and changes nothing on the way.
fn ends(item: &Item) -> bool {
    const ENDS: [&[u8]; 8] = [b"l", b"last", b"end", b"f", b"forbidden", b"g", b"gone", b"p"];
    const QUIET: [&[u8]; 8] = [b"ne", b"noescape", b"qsa", b"qsd", b"pt", b"r", b"redirect", b"b"];
    let flags = item.word(2).to_ascii_lowercase();
    let flags: Vec<&[u8]> = flags
        .trim_start_with(|c| c == '[')
        .trim_end_with(|c| c == ']')
        .split(|b| *b == b',')
        .map(|f| f.trim())
        .collect();
    let known = |flag: &&[u8]| {
        let name = flag.split(|b| *b == b'=').next().unwrap_or_default();
        ENDS.contains(&name) || QUIET.contains(&name)
    };
    item.word(0).first() != Some(&b'!') && flags.iter().all(known) && flags.iter().any(|flag| ENDS.contains(flag))
}

/// The header that a line is about.
fn header(item: &Item) -> Option<&[u8]> {
    let first = usize::from(item.says(0, "always") || item.says(0, "onsuccess"));
    Some(item.word(first + 1)).filter(|name| !name.is_empty() && *name != b"*")
}

/// Whether what a line says hangs on other headers.
fn uses_values(item: &Item) -> bool {
    item.says(0, "echo") || item.words.iter().any(|word| word.value.find_byteset(b"%$").is_some())
}

/// Whether neither of two lines sets what the other reads or sets.
fn apart(one: &Item, other: &Item) -> bool {
    let sets = |item: &Item| {
        let from = if item.name.starts_with("browser") { 1 } else { 2 };
        let name = |word: &super::items::Word| {
            let text = word.value.strip_prefix(b"!").unwrap_or(&word.value);
            text.split(|b| *b == b'=').next().unwrap_or_default().to_vec()
        };
        item.words.iter().skip(from).map(name).collect::<Vec<_>>()
    };
    let reads =
        |item: &Item| if item.name.starts_with("browser") { b"User-Agent".to_vec() } else { item.word(0).to_vec() };
    let (a, b) = (sets(one), sets(other));
    !a.iter().any(|name| b.contains(name)) && !a.contains(&reads(other)) && !b.contains(&reads(one))
}
