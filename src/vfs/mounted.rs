//! A directory of web files as a deployed copy would have it: at a path of another tree, readable for everybody.

use super::{Errno, Kind, Memory, Stat, Vfs};
use bstr::BString;
use std::sync::Arc;

/// A tree with another one at a path in it.
pub(crate) struct Mounted<V> {
    outside: Memory,
    at: BString,
    inside: V,
    /// A file that is there whatever the inner tree has at its path.
    file: Option<(BString, Arc<[u8]>)>,
}

impl<V: Vfs> Mounted<V> {
    /// `inside` at `at`, a directory of `outside`.
    pub(crate) fn new(outside: Memory, at: &str, inside: V) -> Mounted<V> {
        Mounted { outside, at: at.into(), inside, file: None }
    }

    /// The same with a file at a path of the whole.
    pub(crate) fn with(self, path: &str, text: Arc<[u8]>) -> Mounted<V> {
        Mounted { file: Some((path.into(), text)), ..self }
    }

    fn own(&self, path: &[u8]) -> Option<&Arc<[u8]>> {
        self.file.as_ref().filter(|(own, _)| own == path).map(|(_, text)| text)
    }

    /// A path within the inner tree; none for one that is outside of it.
    fn within<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        match path.strip_prefix(self.at.as_slice())? {
            b"" => Some(b"/"),
            rest => rest.starts_with(b"/").then_some(rest),
        }
    }
}

impl<V: Vfs> Vfs for Mounted<V> {
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        if let Some(text) = self.own(path) {
            return Ok(Stat { mode: 0o644, size: text.len() as u64, ..Stat::of(Kind::Regular) });
        }
        let Some(inner) = self.within(path) else { return self.outside.lstat(path) };
        let stat = self.inside.lstat(inner)?;
        // whose it is here says nothing of where it will be
        let mode = if stat.kind == Kind::Directory { 0o555 } else { 0o444 };
        Ok(Stat { mode: stat.mode | mode, uid: 0, gid: 0, acl: None, ..stat })
    }
    fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
        match self.within(path) {
            Some(inner) => self.inside.readlink(inner),
            None => self.outside.readlink(path),
        }
    }
    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        if let Some(text) = self.own(path) {
            return Ok(text.clone());
        }
        match self.within(path) {
            Some(inner) => self.inside.read(inner),
            None => self.outside.read(path),
        }
    }
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
        match self.within(path) {
            Some(inner) => self.inside.list(inner),
            None => self.outside.list(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vfs::Owner;

    #[test]
    fn one_within_the_other() {
        let mut inside = Memory::empty();
        inside.add_file(b"/a/b", *b"x", 0o600, Owner { uid: 7, gid: 7 }).unwrap();
        let mut outside = Memory::empty();
        outside.add_dir(b"/var/www", None, Owner::ROOT).unwrap();
        outside.add_file(b"/var/wwwx", *b"y", 0o600, Owner::ROOT).unwrap();
        let both = Mounted::new(outside, "/var/www", inside).with("/var/www/.htaccess", Arc::from(*b"z"));
        assert_eq!(both.read(b"/var/www/.htaccess").unwrap()[..], *b"z");
        assert!(both.lstat(b"/var/www/.htaccess").is_ok_and(|stat| stat.is_file()));
        assert_eq!(both.read(b"/var/www/a/b").unwrap()[..], *b"x");
        assert_eq!(both.lstat(b"/var/www/a/b").map(|s| (s.mode, s.uid)), Ok((0o644, 0)));
        assert_eq!(both.list(b"/var/www"), Ok(vec!["a".into()]));
        assert_eq!(both.read(b"/var/wwwx").unwrap()[..], *b"y");
        assert_eq!(both.lstat(b"/a"), Err(Errno::NotFound));
    }
}
