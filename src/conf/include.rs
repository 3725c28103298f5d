//! Which files an Include names: `ap_process_fnmatch_configs` (server/config.c), `ap_dir_nofnmatch` and
//! `ap_dir_fnmatch` (server/util.c).

use super::{FileKind, Files};
use crate::limits::INCLUDE_ENTRIES;
use crate::pattern::{PERIOD, fnmatch, is_fnmatch};
use bstr::{BString, ByteSlice};

/// AP_MAX_FNMATCH_DIR_DEPTH
const MAX_DIR_DEPTH: usize = 128;

/// The files that `path` (absolute) stands for, in httpd's order. The error is httpd's message; files before it are
/// read first, so it stands at the list's end. `room` is how many entries of directories may still be looked through.
pub(super) fn expand(
    files: &dyn Files,
    path: &[u8],
    optional: bool,
    room: &mut usize,
) -> (Vec<BString>, Option<String>) {
    let mut walk = Walk { files, optional, found: Vec::new(), depth: 0, room };
    let result = if is_fnmatch(path) {
        match path.strip_prefix(b"/") {
            Some(rest) => walk.pattern(b"/", rest.trim_start_with(|c| c == '/')),
            None => Err(format!("Include must have an absolute path, {}", path.as_bstr())),
        }
    } else {
        walk.plain(path)
    };
    (walk.found, result.err())
}

struct Walk<'a> {
    files: &'a dyn Files,
    optional: bool,
    found: Vec<BString>,
    depth: usize,
    room: &'a mut usize,
}

impl Walk<'_> {
    /// A file, or all that is in a folder.
    fn plain(&mut self, path: &[u8]) -> Result<(), String> {
        let kind = self.files.kind(path, true);
        if kind == Some(FileKind::Dir) {
            self.depth += 1;
            if self.depth > MAX_DIR_DEPTH {
                return Err(format!(
                    "Include/IncludeOptional: Directory '{}' exceeds the maximum include directory nesting level of \
                     {MAX_DIR_DEPTH}. You have probably a recursion somewhere.",
                    path.as_bstr()
                ));
            }
            let names = self.list(path)?;
            for name in names {
                self.plain(&join(path, &name))?;
            }
            self.depth -= 1;
        } else if kind.is_some() || !self.optional {
            self.found.push(path.into());
        }
        Ok(())
    }

    /// `rest` is a pattern, part by part, under the folder `path`.
    fn pattern(&mut self, path: &[u8], rest: &[u8]) -> Result<(), String> {
        let mut path = BString::from(path);
        let mut rest = rest;
        loop {
            let (part, next) = match rest.find_byte(b'/') {
                Some(at) => (&rest[..at], Some(&rest[at + 1..])),
                None => (rest, None),
            };
            if is_fnmatch(part) {
                return self.matches(&path, part, next);
            }
            path = join(&path, part);
            match next {
                Some(next) => rest = next,
                None => return self.plain(&path),
            }
        }
    }

    /// What matches `part` in the folder `path`.
    fn matches(&mut self, path: &[u8], part: &[u8], next: Option<&[u8]>) -> Result<(), String> {
        if self.optional && self.files.kind(path, true).is_none() {
            return Ok(());
        }
        let mut names = self.list(path)?;
        names.retain(|name| {
            // of a link, only what the folder's entry says is asked
            fnmatch(part, name, PERIOD)
                && (next.is_none() || self.files.kind(&join(path, name), false) == Some(FileKind::Dir))
        });
        if names.is_empty() && !self.optional {
            let (part, path) = (part.as_bstr(), path.as_bstr());
            return Err(format!("Include/IncludeOptional: No matches for the wildcard '{part}' in '{path}', failing"));
        }
        for name in names {
            let full = join(path, &name);
            match next {
                Some(rest) => self.pattern(&full, rest)?,
                None => self.plain(&full)?,
            }
        }
        Ok(())
    }

    /// A folder's names, sorted.
    fn list(&mut self, path: &[u8]) -> Result<Vec<BString>, String> {
        let mut names = self
            .files
            .list(path)
            .map_err(|e| format!("Include/IncludeOptional: Could not open directory {}: {e}", path.as_bstr()))?;
        names.retain(|n| n != "." && n != "..");
        names.sort();
        *self.room = self.room.checked_sub(names.len()).ok_or_else(|| {
            format!(
                "Include/IncludeOptional: more than {INCLUDE_ENTRIES} files and directories to look through, the last in \
                 {}: not all are read",
                path.as_bstr()
            )
        })?;
        Ok(names)
    }
}

/// `ap_make_full_path` (server/util.c).
fn join(path: &[u8], name: &[u8]) -> BString {
    let mut out = BString::from(path);
    if !out.ends_with(b"/") && !out.is_empty() {
        out.push(b'/');
    }
    out.extend_from_slice(name);
    out
}
