//! `FileETag`: what the tag of a file is made of (server/core.c, `set_etag_bits`; include/http_core.h).

use crate::conf::args;
use crate::server::cmd::Cmd;
use crate::source::Span;
use bstr::BString;

/// ETAG_NONE
pub(crate) const NONE: u8 = 1;
/// ETAG_MTIME
pub(crate) const MTIME: u8 = 2;
/// ETAG_INODE
pub(crate) const INODE: u8 = 4;
/// ETAG_SIZE
pub(crate) const SIZE: u8 = 8;
/// ETAG_DIGEST
pub(crate) const DIGEST: u8 = 16;
/// ETAG_ALL
const ALL: u8 = MTIME | INODE | SIZE;

/// The parts in force: 0, ETAG_UNSET, where none was named without a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    bits: u8,
    add: u8,
    remove: u8,
    /// The last line.
    pub span: Option<Span>,
}

impl Parts {
    /// The end of `merge_core_dir_configs`' way with it.
    pub(crate) fn merge(base: Parts, new: Parts) -> Parts {
        let mut m = new;
        if new.bits == 0 {
            m.add = (base.add & !new.remove) | new.add;
            m.remove = (base.remove & !new.add) | new.remove;
            m.bits = (base.bits & !m.remove) | m.add;
        }
        if m.bits != NONE {
            m.bits &= !NONE;
        }
        m.span = new.span.or(base.span);
        m
    }

    /// What a tag is made of; 0: nothing was said.
    pub(crate) fn in_force(&self) -> u8 {
        (self.bits & !self.remove) | self.add
    }
}

pub(super) fn file_etag(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let name = cmd.row.name;
    let span = cmd.span();
    let parts = &mut cmd.slot(|d| &mut d.core).etag;
    let mut first = true;
    for written in args::split(&a[0]) {
        let sign = written.first().copied().filter(|b| *b == b'+' || *b == b'-');
        let word = &written[usize::from(sign.is_some())..];
        if sign.is_none() && first {
            *parts = Parts::default();
            first = false;
        }
        let bit = match word.to_ascii_lowercase().as_slice() {
            b"none" => NONE,
            b"all" => ALL,
            b"size" => SIZE,
            b"lmtime" | b"mtime" | b"lastmodified" => MTIME,
            b"inode" => INODE,
            b"digest" => DIGEST,
            _ => return Err(format!("Unknown keyword '{}' for {name} directive", bstr::BStr::new(word))),
        };
        match sign {
            Some(_) if bit == NONE || bit == ALL => {
                return Err(format!("{name} keyword '{}' cannot be used with '+' or '-'", bstr::BStr::new(word)));
            }
            Some(b'+') => {
                parts.add |= bit;
                parts.remove &= !bit;
            }
            Some(_) => {
                parts.remove |= bit;
                parts.add &= !bit;
            }
            None => {
                // None and All stand for themselves, what is named after them adds to them
                parts.bits = if bit == NONE || bit == ALL { bit } else { parts.bits | bit };
                (parts.add, parts.remove) = (0, 0);
            }
        }
    }
    parts.span = Some(span);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_add_to_what_is_around_them() {
        let said = |bits, add, remove| Parts { bits, add, remove, span: None };
        for (base, new, want) in [
            (said(0, 0, 0), said(0, INODE, 0), INODE),
            (said(MTIME | SIZE, 0, 0), said(0, 0, MTIME), SIZE),
            (said(NONE, 0, 0), said(0, SIZE, 0), SIZE),
            (said(MTIME, 0, 0), said(NONE, 0, 0), NONE),
        ] {
            assert_eq!(Parts::merge(base, new).in_force(), want, "{base:?} {new:?}");
        }
    }
}
