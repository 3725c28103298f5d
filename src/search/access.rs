//! What access can come to for all requests that a section applies to: each way in which the sections around and after it
//! can be merged is gone through, with httpd's own merges.

use super::explore::Search;
use super::walked::Walked;
use crate::modules::{access_compat, authz_core};
use crate::server::Server;
use crate::server::section::{Kind, Section};
use crate::server::settings::{PerDir, Slot, merge_slot};
use crate::site::Directive;
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::ByteSlice;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// How many merges are told apart.
const MERGES: usize = 256;
/// How many sections a server may have.
const SECTIONS: usize = 400;
/// What an .htaccess file must not say, for its place among the sections is the tree's to say.
const SAYS: [&str; 7] = ["require", "allow", "deny", "order", "satisfy", "authmerging", "authtype"];

/// A section at its place in the order in which they are merged.
struct Layer<'s> {
    section: &'s Section,
    /// The one that it is in.
    inside: Option<usize>,
    /// Which of the walks merges it: what one of them found is merged by itself first.
    walk: usize,
}

/// Whether a section applies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applies {
    Never,
    Maybe,
    Always,
}

/// What was merged so far: the settings, and the sections that they come from.
#[derive(Clone, Default)]
struct Merging {
    authz: Slot<authz_core::Dir>,
    compat: Slot<access_compat::Dir>,
    from: (Vec<usize>, usize),
}

impl Merging {
    fn merge(&mut self, authz: &Slot<authz_core::Dir>, compat: &Slot<access_compat::Dir>, from: &(Vec<usize>, usize)) {
        if let Some(dir) = authz.as_ref().filter(|dir| dir.is_said()) {
            if !dir.goes_on() {
                self.from.0.clear();
            }
            self.from.0.extend(&from.0);
            self.authz = merge_slot(&self.authz, authz);
        }
        if compat.is_some() {
            self.from.1 = from.1;
            self.compat = merge_slot(&self.compat, compat);
        }
    }
}

/// What walks before merged, and what this one did.
#[derive(Clone, Default)]
struct State {
    before: Merging,
    now: Merging,
}

/// The states by what they come from.
type States = HashMap<((Vec<usize>, usize), (Vec<usize>, usize)), State>;

/// What may become of the lines in a section.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// The `Require` lines that may be asked.
    asked: BTreeSet<Span>,
    /// The Allow and Deny lines that may be in force are those of these sections.
    compat: Vec<Arc<access_compat::Dir>>,
    /// Whether anyone may be let in.
    pub grants: bool,
}

impl Access {
    /// Whether a line may be looked at.
    pub(super) fn may_ask(&self, line: Span) -> bool {
        self.asked.contains(&line) || self.compat.iter().any(|dir| dir.has(line))
    }
}

/// Whether the lines of a site leave access to what is merged here alone.
pub(super) fn is_plain(search: &Search<'_>, directives: &[Directive<'_>]) -> bool {
    let odd = |d: &Directive<'_>| {
        let name = d.name().to_str_lossy().to_ascii_lowercase();
        let args = d.args();
        // requests within requests that know no URL, and sections for requests that are passed on
        ["proxy", "proxymatch"].contains(&name.as_str())
            || args.contains_str("-F")
            || args.to_ascii_lowercase().contains_str("includes")
    };
    let says = |path: &[u8]| {
        let text = resolve::read(search.site().vfs(), &Cred::root(), path).map(|text| text.to_ascii_lowercase());
        text.is_ok_and(|text| SAYS.iter().any(|word| text.contains_str(word)))
    };
    let mut read = search.tree.iter().filter(|entry| !entry.dir && search.is_htaccess(&entry.path));
    !directives.iter().any(odd) && !read.any(|entry| says(&entry.path))
}

/// What access comes to in a server, where all of `around` apply; none where it can't be told.
pub(super) fn of(server: &Server, walked: &Walked, around: &[Span]) -> Option<Access> {
    let layers = layers(server)?;
    let start = &server.lookup_defaults;
    let (authz, compat) = (start.authz_core.clone(), start.access_compat.clone());
    let mut states = keyed([State { before: Merging { authz, compat, ..Merging::default() }, ..State::default() }]);
    let mut how: Vec<Applies> = Vec::new();
    let mut walk = 0;
    for (index, layer) in layers.iter().enumerate() {
        if layer.walk != walk {
            walk = layer.walk;
            states = keyed(states.into_values().map(ended));
        }
        let inside = layer.inside.map_or(Applies::Always, |outer| how[outer]);
        let own = match applies(layer.section, walked, around, &layers) {
            _ if inside == Applies::Never => Applies::Never,
            own => own,
        };
        how.push(own);
        let settings: &PerDir = &layer.section.settings;
        let silent = !settings.authz_core.as_ref().is_some_and(|dir| dir.is_said()) && settings.access_compat.is_none();
        if own == Applies::Never || silent {
            continue;
        }
        let with = states.values().cloned().map(|mut state| {
            let from = (vec![index + 1], index + 1);
            state.now.merge(&settings.authz_core, &settings.access_compat, &from);
            state
        });
        let with = keyed(with.collect::<Vec<_>>());
        match own {
            Applies::Always => states = with,
            _ => states.extend(with),
        }
        if states.len() > MERGES {
            return None;
        }
    }
    states = keyed(states.into_values().map(ended));
    // a section that is not among them can't be spoken of
    let is_there = |span: &Span| layers.iter().any(|layer| layer.section.span == *span);
    if !around.iter().all(is_there) {
        return None;
    }
    let mut access = Access::default();
    for State { before: state, .. } in states.into_values() {
        let may = state.authz.as_ref().and_then(|dir| dir.may());
        let lets_in = state.compat.as_ref().is_none_or(|dir| dir.may_allow());
        let any = state.compat.as_ref().is_some_and(|dir| dir.may_satisfy_any());
        let granted = may.as_ref().is_none_or(|may| may.grant());
        access.grants |= lets_in && granted || any;
        if lets_in || any {
            access.asked.extend(may.into_iter().flat_map(|may| may.asked));
        }
        access.compat.extend(state.compat);
    }
    Some(access)
}

fn keyed(states: impl IntoIterator<Item = State>) -> States {
    states.into_iter().map(|state| ((state.before.from.clone(), state.now.from.clone()), state)).collect()
}

/// A walk's sections are merged onto what there was.
fn ended(mut state: State) -> State {
    let Merging { authz, compat, from } = std::mem::take(&mut state.now);
    state.before.merge(&authz, &compat, &from);
    state
}

/// A server's sections in the order in which they are merged, each after the one that it is in.
fn layers(server: &Server) -> Option<Vec<Layer<'_>>> {
    let mut found: Vec<Layer<'_>> = Vec::new();
    found.extend(server.sec_dir.iter().map(|section| Layer { section, inside: None, walk: 0 }));
    let directories = found.len();
    // `<Files>`: the server's own, then those of each section on directories
    let base = server.lookup_defaults.core.iter().flat_map(|core| core.sec_file.iter());
    let mut files: Vec<Layer<'_>> = base.map(|section| Layer { section, inside: None, walk: 1 }).collect();
    for (outer, layer) in found.iter().enumerate() {
        let own = layer.section.settings.core.iter().flat_map(|core| core.sec_file.iter());
        files.extend(own.map(|section| Layer { section, inside: Some(outer), walk: 1 }));
    }
    found.extend(files);
    found.extend(server.sec_url.iter().map(|section| Layer { section, inside: None, walk: 2 }));
    // `<If>`: the server's own, then those of each section, then those in them
    let base = server.lookup_defaults.core.iter().flat_map(|core| core.sec_if.iter());
    let mut conditions: Vec<Layer<'_>> = base.map(|section| Layer { section, inside: None, walk: 3 }).collect();
    let (mut from, mut depth) = (0, 3);
    loop {
        let to = found.len();
        for (outer, layer) in found.iter().enumerate().skip(from) {
            let own = layer.section.settings.core.iter().flat_map(|core| core.sec_if.iter());
            conditions.extend(own.map(|section| Layer { section, inside: Some(outer), walk: depth }));
        }
        if conditions.is_empty() {
            break;
        }
        from = to;
        depth += 1;
        found.append(&mut conditions);
        if found.len() > SECTIONS {
            return None;
        }
    }
    // what stands in a `<Files>` that no walk looks into is left to those who know it
    let nested = |layer: &Layer<'_>| layer.section.settings.core.as_ref().is_some_and(|core| !core.sec_file.is_empty());
    (!found[directories..].iter().any(nested)).then_some(found)
}

/// Whether a section applies where all of `around` do.
fn applies(section: &Section, walked: &Walked, around: &[Span], layers: &[Layer<'_>]) -> Applies {
    if around.contains(&section.span) {
        return Applies::Always;
    }
    match section.kind {
        Kind::Directory => {
            let given = layers.iter().map(|layer| layer.section).filter(|other| around.contains(&other.span));
            let mut given: Vec<&Section> = given.collect();
            given.retain(|other| matches!(other.kind, Kind::Directory | Kind::Files));
            let directory = given
                .iter()
                .find(|other| other.kind == Kind::Directory && other.regex.is_none() && other.components > 0);
            match walked.with(section, directory.copied()) {
                // without a walk none applies
                (_, true) if !given.is_empty() => Applies::Always,
                (false, _) => Applies::Never,
                _ => Applies::Maybe,
            }
        }
        Kind::Location if section.regex.is_none() && section.path == "/" => Applies::Always,
        _ => Applies::Maybe,
    }
}
