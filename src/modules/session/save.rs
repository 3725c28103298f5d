//! What becomes of a session when the answer is sent: mod_session.c's filter, and `session_cookie_save` of
//! mod_session_cookie.c. A cookie that is set again says when it ends to the microsecond: its value is not known.

use super::cookie::READ;
use super::{Dir, end, load};
use crate::outcome::step::By;
use crate::server::request::Request;
use crate::server::response::UNKNOWN;
use crate::server::table::Table;
use crate::server::told;

/// How long the session lasts that is in the cookie of that name: a note of the whole exchange.
const LASTS: &str = "session-lasts:";
/// A note: something was removed from the session, and whether anything is left.
const CHANGED: &str = "session-changed";

/// The note of the cookie that the session is read from.
pub(super) fn note(r: &Request<'_>) -> Option<Vec<u8>> {
    let dir = r.per_dir.session_cookie.as_ref()?;
    let name = dir.name2.as_ref().or(dir.name.as_ref())?;
    Some([LASTS.as_bytes(), name.value.as_slice()].concat())
}

/// Notes that the session was read, and how long it lasts now.
pub(super) fn lasts(r: &mut Request<'_>, dir: &Dir) {
    if let Some(note) = note(r) {
        let lasts = dir.max_age.filter(|age| *age != 0);
        match lasts {
            Some(age) => r.notes.set(note, age.to_string()),
            None if r.notes.get(&note).is_none() => r.notes.set(note, "0"),
            None => {}
        }
    }
}

/// A request has the sessions of the one that it is redirected from, or a subrequest of.
pub(crate) fn carry(r: &Request<'_>, to: &mut Table) {
    if r.per_dir.session.is_none() {
        return;
    }
    let of_session = |name: &[u8]| [LASTS, READ].iter().any(|note| name.starts_with(note.as_bytes()));
    for (name, value) in r.notes.iter().filter(|(name, _)| of_session(name)) {
        to.set(name, value);
    }
}

/// `set_session_auth` (mod_auth_form.c) with nothing to keep: removes values from the session.
pub(crate) fn clear(r: &mut Request<'_>, names: &[impl AsRef<[u8]>]) {
    if let Some(mut entries) = load(r) {
        names.iter().for_each(|name| _ = entries.unset(name.as_ref()));
        r.notes.set(CHANGED, if entries.iter().next().is_some() { "some" } else { "none" });
    }
}

/// `session_output_filter`: the session is kept for the next request where it changed, or where its end moves.
pub(crate) fn save(r: &mut Request<'_>) {
    if r.per_dir.session.is_none() || r.main.is_some() {
        return;
    }
    let (Some(entries), Some(dir)) = (load(r), r.per_dir.session.clone()) else { return };
    let lasts = note(r).and_then(|note| r.notes.get(&note).map(|age| crate::server::core::atoi(age))).unwrap_or(0);
    let changed = r.notes.get(CHANGED).map(|left| left == "some");
    if changed.is_none() {
        let now = r.engine.now();
        let ends = dir.max_age.unwrap_or(0).saturating_add(now);
        let moved = ends.saturating_sub(end(&entries).unwrap_or(ends));
        let little = dir.update_interval.is_some_and(|least| least > 0 && moved < least);
        if lasts == 0 || little {
            return;
        }
    }
    let Some(cookie) = r.per_dir.session_cookie.clone() else { return };
    let gone = lasts == 0 && changed == Some(false);
    for (header, name) in [("Set-Cookie", &cookie.name), ("Set-Cookie2", &cookie.name2)] {
        let Some(set) = name.as_ref().filter(|set| Some(set.span) != r.without) else { continue };
        r.err_headers_out.add(header, UNKNOWN);
        if gone {
            r.headers_out.add(header, UNKNOWN);
        }
        told::tell_set_always(r, By::Module("mod_session_cookie.c"), Some(set.span), header);
    }
}
