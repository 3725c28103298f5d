//! Scripts of which mod_wsgi calls a function of its own: whether it is there can be seen, what it says can't.

use crate::server::request::Request;
use crate::vfs::{Cred, resolve};
use bstr::ByteSlice;

/// What is known of a script's function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// The script can't be read: `wsgi_load_source` fails.
    Unreadable,
    /// The script doesn't name it.
    Absent,
    /// It seems to be there.
    Named,
}

/// What lets a script have names that don't stand in it.
const INDIRECT: [&str; 7] = ["import *", "exec(", "eval(", "globals(", "locals(", "setattr(", "__dict__"];

/// Looks for functions in the script at `place`, as whoever runs it may read it: one of `names` is enough.
pub(super) fn find(r: &Request<'_>, cred: &Cred, place: &[u8], names: &[&str]) -> Function {
    let text = match resolve::read(&*r.engine.vfs, cred, place) {
        Ok(text) => text,
        // httpd would read it
        Err(e) if e.is_limit() => return Function::Named,
        Err(_) => return Function::Unreadable,
    };
    let named = names.iter().chain(&INDIRECT).any(|name| text.contains_str(name));
    if named { Function::Named } else { Function::Absent }
}

/// The same for a script that runs in httpd's own children.
pub(super) fn find_embedded(r: &Request<'_>, place: &[u8], names: &[&str]) -> Function {
    find(r, &r.engine.server.cred, place, names)
}
