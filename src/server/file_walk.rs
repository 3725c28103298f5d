//! `ap_file_walk` (server/request.c): `<Files>` sections, nested ones included, in the order in which merging left them.

use super::request::Request;
use super::section::Section;
use super::walk_cache::{self, Walk, Walked};
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Judgement};
use crate::pattern;
use crate::phase::Phase;
use crate::server::captures;
use crate::server::core::Dir;
use bstr::{BStr, ByteSlice};

/// Merges the sections that match the file's name onto the request's settings.
pub(crate) fn run(r: &mut Request<'_>) {
    let Some(core) = r.per_dir.core.as_deref() else { return };
    if core.sec_file.is_empty() {
        return;
    }
    // borrowed for the while
    let Some(filename) = r.filename.take() else { return };
    walk(r, core, crate::filepath::basename(&filename));
    r.filename = Some(filename);
}

fn walk<'a>(r: &mut Request<'a>, core: &'a Dir, name: &BStr) {
    let mut merged = None;
    // who watches is told of those that miss, too
    let sections = if r.watched() { core.sec_file.all() } else { core.sec_file.of_text(name) };
    for (_, section) in sections.iter() {
        let matched = matches(r, section, name);
        r.tell_line(Phase::MapToStorage, By::Core, section.span, Judgement::of(matched));
        if matched {
            merged = Some(r.engine.with_section(merged, section));
        }
    }
    let walked = Walked {
        walk: Walk::File,
        key: Some(walk_cache::key(name)),
        key_after: None,
        // the list belongs to the settings: others have another
        tested: r.per_dir_id,
        merged: merged.map_or(0, |m| m.id),
        found: walk_cache::Found::default(),
        may_be_familiar: true,
    };
    if walk_cache::settle(r, walked) {
        merged.iter().for_each(|m| r.merge(m));
    }
}

fn matches(r: &mut Request<'_>, section: &Section, name: &BStr) -> bool {
    if let Some(regex) = &section.regex {
        return captures::match_section(r, regex, section.span, name, Origin::FileName);
    }
    let (kind, matched) = match section.is_fnmatch {
        true => (PatternKind::Wildcards, pattern::fnmatch(section.path.as_bstr(), name, pattern::PATHNAME)),
        false => (PatternKind::Text, section.path == name),
    };
    r.engine
        .pattern_of_told(|| captures::tried(section.span, kind, &section.path, name, (Origin::FileName, b""), matched));
    matched
}
