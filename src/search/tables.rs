//! The keys and values of rewrite maps that are files: what `RewriteMap` names, text or database.

use crate::dbm;
use crate::filepath;
use crate::run::Run;
use crate::site::{Directive, Site};
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};

/// How many keys are kept.
const MOST: usize = 4_000;

/// A map's name, a key, and a value of it.
pub(super) type Line = (BString, BString, BString);

/// All of a site's.
pub(super) fn tables(site: &Site, run: &Run, directives: &[Directive<'_>]) -> Vec<Line> {
    let mut found = Vec::new();
    for directive in directives.iter().filter(|d| d.name().eq_ignore_ascii_case(b"RewriteMap")) {
        let words = directive.words();
        let [name, source, ..] = words.as_slice() else { continue };
        let Some((kind, path)) = source.split_once_str(b":") else { continue };
        let path = filepath::merge(Some(run.server().server_root.as_bstr()), path).unwrap_or_else(|| path.into());
        let read = |end: &str| {
            let path = [path.as_slice(), end.as_bytes()].concat();
            resolve::read(site.vfs(), &Cred::root(), &path).unwrap_or_default()
        };
        let pairs = match kind.to_ascii_lowercase().as_slice() {
            kind @ (b"txt" | b"rnd") => text(&read(""), kind == b"rnd"),
            b"dbm=sdbm" => dbm::sdbm_pairs(&read(".pag")),
            b"dbm" | b"dbm=default" | b"dbm=db" => dbm::berkeley_pairs(&read("")),
            _ => continue,
        };
        found.extend(pairs.into_iter().map(|(key, value)| (name.clone(), key, value)));
        found.truncate(MOST);
    }
    found
}

/// Those of a text; of values with alternatives, each.
fn text(text: &[u8], alternatives: bool) -> Vec<(BString, BString)> {
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with(b"#")) {
        let mut fields = line.fields();
        let (Some(key), Some(values)) = (fields.next(), fields.next()) else { continue };
        match alternatives {
            true => found.extend(values.split_str("|").map(|value| (key.into(), value.into()))),
            false => found.push((key.into(), values.into())),
        }
        if found.len() >= MOST {
            break;
        }
    }
    found
}
