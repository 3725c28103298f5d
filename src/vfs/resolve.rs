//! The kernel's way along a path (Linux `fs/namei.c`: `link_path_walk`, `walk_component`).

use super::{Cred, Errno, Kind, R, Stat, Vfs, X};
use bstr::{BString, ByteSlice};
use std::borrow::Cow;
use std::sync::Arc;

/// Most bytes of a component.
pub(crate) const NAME_MAX: usize = 255;
/// Most bytes of a path, the final zero included.
pub(crate) const PATH_MAX: usize = 4096;
/// Most links followed on one way.
const LINKS_MAX: usize = 40;

/// What stands at `path`, links followed: stat(2).
pub(crate) fn stat(vfs: &dyn Vfs, cred: &Cred, path: &[u8]) -> Result<Stat, Errno> {
    Ok(walk(vfs, cred, path, true)?.1)
}

/// What stands at `path`, a link itself (unless a slash ends the path): lstat(2).
pub(crate) fn lstat(vfs: &dyn Vfs, cred: &Cred, path: &[u8]) -> Result<Stat, Errno> {
    Ok(walk(vfs, cred, path, false)?.1)
}

/// The content of a regular file: open(2) for reading, and read(2). `Io` for anything else than a regular file.
pub(crate) fn read(vfs: &dyn Vfs, cred: &Cred, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
    let (path, stat) = walk(vfs, cred, path, true)?;
    permit(cred, &stat, R)?;
    vfs.read(&path)
}

/// The names in a folder, sorted: opendir(3).
pub(crate) fn list(vfs: &dyn Vfs, cred: &Cred, path: &[u8]) -> Result<Vec<BString>, Errno> {
    let (path, stat) = walk(vfs, cred, path, true)?;
    if !stat.is_dir() {
        return Err(Errno::NotDirectory);
    }
    permit(cred, &stat, R)?;
    vfs.list(&path)
}

/// Whether `wanted` ([`super::R`], [`super::W`], [`super::X`] or several) is allowed at `path`: access(2), or open(2)
/// without reading. `Access` when not.
pub(crate) fn access(vfs: &dyn Vfs, cred: &Cred, path: &[u8], wanted: u32) -> Result<(), Errno> {
    permit(cred, &walk(vfs, cred, path, true)?.1, wanted)
}

/// The link-free path of what stands at `path`: realpath(3).
pub(crate) fn realpath(vfs: &dyn Vfs, cred: &Cred, path: &[u8]) -> Result<BString, Errno> {
    Ok(walk(vfs, cred, path, true)?.0.into_owned().into())
}

/// Goes along `path` and gives the link-free path of what is found, with its stat. With `follow`, a link at the end is
/// followed too. A relative path starts at the root, httpd's working directory. Bytes after a zero are not seen.
///
/// A path that is plain already is given back as it is, without an allocation.
pub(crate) fn walk<'p>(
    vfs: &dyn Vfs,
    cred: &Cred,
    path: &'p [u8],
    follow: bool,
) -> Result<(Cow<'p, [u8]>, Stat), Errno> {
    match vfs.at_once(path) {
        Some(Ok(stat)) if stat.kind != Kind::Symlink || !follow => return Ok((Cow::Borrowed(path), stat)),
        Some(Err(errno)) => return Err(errno),
        _ => {}
    }
    let path = &path[..path.find_byte(0).unwrap_or(path.len())];
    if path.is_empty() {
        return Err(Errno::NotFound);
    }
    if path.len() >= PATH_MAX {
        return Err(Errno::NameTooLong);
    }
    let mut here = Here { path: Cow::Borrowed(b"/"), stat: vfs.lstat(b"/")? };
    let mut todo = Cow::Borrowed(path);
    let mut at = 0;
    let mut links = 0;
    loop {
        let start = at + todo[at..].iter().take_while(|&&b| b == b'/').count();
        let end = start + todo[start..].iter().take_while(|&&b| b != b'/').count();
        if start == end {
            let slash = start > at && start > 0;
            return if slash && !here.stat.is_dir() { Err(Errno::NotDirectory) } else { Ok((here.path, here.stat)) };
        }
        if !here.stat.is_dir() {
            return Err(Errno::NotDirectory);
        }
        permit(cred, &here.stat, X)?;
        let name = &todo[start..end];
        if name == b"." {
            at = end;
            continue;
        }
        if name == b".." {
            here.leave();
            here.stat = vfs.lstat(&here.path)?;
            at = end;
            continue;
        }
        if name.len() > NAME_MAX {
            return Err(Errno::NameTooLong);
        }
        let folder = here.stat;
        match (&here.path, &todo) {
            // as long as the way is plain, it is a prefix of what was asked
            (Cow::Borrowed(way), Cow::Borrowed(all)) if start == way.len() + usize::from(way.len() > 1) => {
                here.path = Cow::Borrowed(&all[..end]);
            }
            _ => here.enter(name),
        }
        here.stat = vfs.lstat(&here.path)?;
        at = end;
        let last = end == todo.len();
        if here.stat.kind == Kind::Symlink && (follow || !last) {
            links += 1;
            if links > LINKS_MAX {
                return Err(Errno::Loop);
            }
            let mut target = Vec::from(vfs.readlink(&here.path)?);
            if target.is_empty() {
                return Err(Errno::NotFound);
            }
            if target[0] == b'/' {
                here = Here { path: Cow::Borrowed(b"/"), stat: vfs.lstat(b"/")? };
            } else {
                here.leave();
                here.stat = folder;
            }
            target.extend_from_slice(&todo[end..]);
            todo = Cow::Owned(target);
            at = 0;
        }
    }
}

/// A place on the way: link-free path and stat.
struct Here<'p> {
    path: Cow<'p, [u8]>,
    stat: Stat,
}

impl Here<'_> {
    /// Down to `name`; the stat is the caller's to renew.
    fn enter(&mut self, name: &[u8]) {
        let path = self.path.to_mut();
        if path.len() > 1 {
            path.push(b'/');
        }
        path.extend_from_slice(name);
    }

    /// Up to the parent (of the root: the root).
    fn leave(&mut self) {
        let keep = self.path.rfind_byte(b'/').unwrap_or(0).max(1);
        match &mut self.path {
            Cow::Borrowed(p) => *p = &p[..keep.min(p.len())],
            Cow::Owned(p) => p.truncate(keep),
        }
    }
}

/// `Access` unless `wanted` is allowed.
fn permit(cred: &Cred, stat: &Stat, wanted: u32) -> Result<(), Errno> {
    if cred.may(stat, wanted) { Ok(()) } else { Err(Errno::Access) }
}

#[cfg(test)]
mod tests {
    use super::super::{Memory, Owner, W};
    use super::*;

    fn tree() -> Memory {
        let mut m = Memory::new();
        let root = Owner::ROOT;
        let user = Owner { uid: 1000, gid: 1000 };
        m.add_file(b"/srv/www/a.txt", &b"a"[..], 0o644, root).unwrap();
        m.add_file(b"/srv/key", &b"k"[..], 0o600, user).unwrap();
        m.add_dir(b"/srv/shut", Some(0o700), user).unwrap();
        m.add_file(b"/srv/shut/x", &b"x"[..], 0o644, root).unwrap();
        for (link, target) in [
            ("/srv/up", "../srv/www"),
            ("/srv/abs", "/srv/up/"),
            ("/srv/file", "www/a.txt"),
            ("/srv/slashed", "www/a.txt/"),
            ("/srv/loop", "loop"),
            ("/srv/gone", "nowhere"),
            ("/srv/secret", "shut/x"),
        ] {
            m.add_symlink(link.as_bytes(), target.as_bytes(), root).unwrap();
        }
        m.add_symlink(b"/srv/n0", b"www", root).unwrap();
        for n in 1..=41 {
            m.add_symlink(format!("/srv/n{n}").as_bytes(), format!("n{}", n - 1).as_bytes(), root).unwrap();
        }
        m
    }

    #[test]
    fn ways() {
        let m = tree();
        let www = Cred::default();
        let long = format!("/srv/{}", "x".repeat(256));
        let very_long = "/srv/www/..".repeat(400);
        let cases: &[(&str, Result<&str, Errno>)] = &[
            ("/", Ok("/")),
            ("//", Ok("/")),
            ("/..", Ok("/")),
            ("/srv/www/a.txt", Ok("/srv/www/a.txt")),
            ("srv/www/", Ok("/srv/www")),
            ("//srv/./www/../www//a.txt", Ok("/srv/www/a.txt")),
            ("/srv/www/../../../srv", Ok("/srv")),
            ("/srv/abs/a.txt", Ok("/srv/www/a.txt")),
            ("/srv/abs/../key", Ok("/srv/key")),
            ("/srv/file", Ok("/srv/www/a.txt")),
            ("/srv/www\0/gone", Ok("/srv/www")),
            ("/srv/n39", Ok("/srv/www")),
            ("/srv/n40", Err(Errno::Loop)),
            ("/srv/loop", Err(Errno::Loop)),
            ("", Err(Errno::NotFound)),
            ("/srv/none/../www", Err(Errno::NotFound)),
            ("/srv/gone", Err(Errno::NotFound)),
            ("/srv/none/", Err(Errno::NotFound)),
            ("/srv/www/a.txt/", Err(Errno::NotDirectory)),
            ("/srv/www/a.txt/.", Err(Errno::NotDirectory)),
            ("/srv/file/x", Err(Errno::NotDirectory)),
            ("/srv/slashed", Err(Errno::NotDirectory)),
            ("/srv/shut", Ok("/srv/shut")),
            ("/srv/shut/", Ok("/srv/shut")),
            ("/srv/shut/x", Err(Errno::Access)),
            ("/srv/shut/.", Err(Errno::Access)),
            ("/srv/secret", Err(Errno::Access)),
            (&long, Err(Errno::NameTooLong)),
            (&very_long, Err(Errno::NameTooLong)),
        ];
        for (path, want) in cases {
            let got = realpath(&m, &www, path.as_bytes());
            assert_eq!(got, want.map(BString::from), "{path}");
        }
    }

    #[test]
    fn a_link_at_the_end() {
        let m = tree();
        let www = Cred::default();
        let kind = |path: &str| lstat(&m, &www, path.as_bytes()).map(|s| s.kind);
        assert_eq!(kind("/srv/loop"), Ok(Kind::Symlink));
        assert_eq!(kind("/srv/abs/"), Ok(Kind::Directory));
        assert_eq!(kind("/srv/file/"), Err(Errno::NotDirectory));
    }

    #[test]
    fn rights() {
        let m = tree();
        let www = Cred::default();
        assert_eq!(read(&m, &www, b"/srv/key"), Err(Errno::Access));
        assert_eq!(read(&m, &Cred::root(), b"/srv/key").as_deref(), Ok(&b"k"[..]));
        assert_eq!(read(&m, &www, b"/srv"), Err(Errno::Io));
        assert_eq!(list(&m, &www, b"/srv/shut"), Err(Errno::Access));
        assert_eq!(list(&m, &www, b"/srv/up"), Ok(vec!["a.txt".into()]));
        assert_eq!(list(&m, &www, b"/srv/file"), Err(Errno::NotDirectory));
        assert_eq!(access(&m, &www, b"/tmp", R | W | X), Ok(()));
        assert_eq!(access(&m, &www, b"/srv", W), Err(Errno::Access));
        assert_eq!(access(&m, &Cred::root(), b"/srv/file", X), Err(Errno::Access));
    }

    #[test]
    fn a_plain_path_is_borrowed() {
        let m = tree();
        assert!(matches!(walk(&m, &Cred::default(), b"/srv/www/a.txt", true), Ok((Cow::Borrowed(_), _))));
        assert!(matches!(walk(&m, &Cred::default(), b"/srv/up/a.txt", true), Ok((Cow::Owned(_), _))));
    }
}
