//! A tree in memory.

use super::{Cred, Errno, Kind, Stat, Vfs, resolve};
use bstr::{BString, ByteSlice};
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Who owns an entry: user and group.
///
/// ```
/// use routesim::vfs::{Memory, Owner};
/// use routesim::{Request, Site};
///
/// let mut tree = Memory::new();
/// tree.add_file(b"/srv/mine", *b"x", 0o600, Owner { uid: 33, gid: 33 })?;
/// tree.add_file(b"/srv/roots", *b"x", 0o600, Owner::ROOT)?;
/// let site = Site::builder("DocumentRoot /srv\n").tree(std::sync::Arc::new(tree)).build()?;
/// let run = site.start().expect("httpd starts");
/// // httpd runs as www-data, which is 33
/// assert_eq!(["/mine", "/roots"].map(|url| run.ask(&Request::get(url)).status), [200, 403]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Owner {
    /// The user; root is 0.
    pub uid: u32,
    /// The group; root's is 0.
    pub gid: u32,
}

impl Owner {
    /// root:root
    pub const ROOT: Owner = Owner { uid: 0, gid: 0 };
}

/// One entry's content.
#[derive(Clone, Debug)]
enum Content {
    Regular(Arc<[u8]>),
    Directory(BTreeSet<BString>),
    Symlink(BString),
    Other,
}

#[derive(Clone, Debug)]
struct Node {
    mode: u32,
    owner: Owner,
    mtime: Option<i64>,
    content: Content,
}

/// A tree of files in memory, by full path.
///
/// ```
/// use routesim::vfs::{Memory, Owner};
/// use routesim::{Request, Site};
///
/// let mut tree = Memory::new();
/// tree.add_file(b"/srv/v2/note.txt", *b"hello", 0o644, Owner::ROOT)?;
/// tree.add_symlink(b"/srv/current", b"v2", Owner::ROOT)?;
/// let site = Site::builder("DocumentRoot /srv/current\n").tree(std::sync::Arc::new(tree)).build()?;
/// assert_eq!(site.start().expect("httpd starts").ask(&Request::get("/note.txt")).status, 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memory {
    nodes: HashMap<BString, Node, RandomState>,
    /// The folders that not everybody may pass through.
    shut: BTreeSet<BString>,
}

/// The folders of a fresh Debian that a configuration is likely to name.
const FOLDERS: &[(&str, u32)] = &[
    ("/boot", 0o755),
    ("/dev", 0o755),
    ("/etc/apache2", 0o755),
    ("/home", 0o755),
    ("/media", 0o755),
    ("/mnt", 0o755),
    ("/opt", 0o755),
    ("/proc", 0o755),
    ("/root", 0o700),
    ("/run", 0o755),
    ("/srv", 0o755),
    ("/sys", 0o755),
    ("/tmp", 0o1777),
    ("/usr", 0o755),
    ("/var/log/apache2", 0o755),
    ("/var/www", 0o755),
];

impl Default for Memory {
    fn default() -> Memory {
        Memory::new()
    }
}

impl Memory {
    /// A Debian root: the usual folders, `/dev/null`, `/etc/mime.types` and `/etc/passwd`, and nothing else.
    pub fn new() -> Memory {
        let mut memory = Memory::empty();
        for &(path, mode) in FOLDERS {
            // none of these can fail: every parent is a folder
            let _ = memory.add_dir(path.as_bytes(), Some(mode), Owner::ROOT);
        }
        let _ =
            memory.add(b"/dev/null", Node { mode: 0o666, owner: Owner::ROOT, mtime: None, content: Content::Other });
        let _ = memory.add_file(b"/etc/mime.types", &include_bytes!("host/mime.types")[..], 0o644, Owner::ROOT);
        let _ = memory.add_file(b"/etc/passwd", &include_bytes!("host/passwd")[..], 0o644, Owner::ROOT);
        memory
    }

    /// A root folder and nothing in it.
    pub fn empty() -> Memory {
        let root = Node { mode: 0o755, owner: Owner::ROOT, mtime: None, content: Content::Directory(BTreeSet::new()) };
        Memory { nodes: HashMap::from_iter([(BString::from("/"), root)]), shut: BTreeSet::new() }
    }

    /// Puts a regular file at `path`, in place of what is there unless that is a folder. Missing parents are made.
    ///
    /// # Errors
    /// When a parent is no folder or can't be one, or a folder is in the way (`Io`).
    pub fn add_file(
        &mut self,
        path: &[u8],
        content: impl Into<Arc<[u8]>>,
        mode: u32,
        owner: Owner,
    ) -> Result<BString, Errno> {
        self.add(path, Node { mode, owner, mtime: None, content: Content::Regular(content.into()) })
    }

    /// Makes a folder at `path`; one that is there already gets `mode` and `owner` where given otherwise than by
    /// default (`None`, root).
    ///
    /// # Errors
    /// When a parent, or what is there, is no folder.
    pub fn add_dir(&mut self, path: &[u8], mode: Option<u32>, owner: Owner) -> Result<BString, Errno> {
        let real = self.make_dirs(path)?;
        if let Some(node) = self.nodes.get_mut(&real) {
            node.mode = mode.unwrap_or(node.mode);
            if owner != Owner::ROOT {
                node.owner = owner;
            }
            if node.mode & 0o111 == 0o111 {
                self.shut.remove(&real);
            } else {
                self.shut.insert(real.clone());
            }
        }
        Ok(real)
    }

    /// Puts a symbolic link to `target` at `path`, in place of what is there unless that is a folder. Missing parents
    /// are made.
    ///
    /// # Errors
    /// As [`Memory::add_file`].
    pub fn add_symlink(&mut self, path: &[u8], target: &[u8], owner: Owner) -> Result<BString, Errno> {
        self.add(path, Node { mode: 0o777, owner, mtime: None, content: Content::Symlink(target.into()) })
    }

    /// Says when what stands at `path`, link-free, last changed: microseconds since 1970.
    pub fn set_mtime(&mut self, path: &[u8], mtime: i64) {
        if let Some(node) = self.nodes.get_mut(path.as_bstr()) {
            node.mtime = Some(mtime);
        }
    }

    /// Puts an entry at `path`; gives its link-free path.
    fn add(&mut self, path: &[u8], node: Node) -> Result<BString, Errno> {
        let path = path.trim_end_with(|c| c == '/');
        let cut = path.rfind_byte(b'/').ok_or(Errno::NotFound)?;
        let (parent, name) = (&path[..cut.max(1)], &path[cut + 1..]);
        if name.len() > resolve::NAME_MAX || path.len() >= resolve::PATH_MAX {
            return Err(Errno::NameTooLong);
        }
        if name == b"." || name == b".." || path.contains(&0) {
            return Err(Errno::NotFound);
        }
        let parent = self.make_dirs(parent)?;
        let real = join(&parent, name);
        if matches!(self.nodes.get(&real), Some(Node { content: Content::Directory(_), .. })) {
            return Err(Errno::Io);
        }
        if let Some(Node { content: Content::Directory(names), .. }) = self.nodes.get_mut(&parent) {
            names.insert(name.into());
        }
        self.nodes.insert(real.clone(), node);
        Ok(real)
    }

    /// Makes the folders of `path` that are missing, 0755 root:root; gives the link-free path of the last.
    fn make_dirs(&mut self, path: &[u8]) -> Result<BString, Errno> {
        match resolve::walk(self, &Cred::root(), path, true) {
            Ok((real, stat)) if stat.is_dir() => return Ok(real.into_owned().into()),
            Ok(_) => return Err(Errno::NotDirectory),
            Err(Errno::NotFound) => {}
            Err(e) => return Err(e),
        }
        let mut here = BString::from("/");
        for name in path.split(|&b| b == b'/').filter(|n| !n.is_empty()) {
            let next = join(&here, name);
            here = match resolve::walk(self, &Cred::root(), &next, true) {
                Ok((real, stat)) if stat.is_dir() => real.into_owned().into(),
                Ok(_) => return Err(Errno::NotDirectory),
                Err(Errno::NotFound) if name != b".." && !self.nodes.contains_key(&next) => {
                    if let Some(Node { content: Content::Directory(names), .. }) = self.nodes.get_mut(&here) {
                        names.insert(name.into());
                    }
                    let content = Content::Directory(BTreeSet::new());
                    self.nodes.insert(next.clone(), Node { mode: 0o755, owner: Owner::ROOT, mtime: None, content });
                    next
                }
                Err(e) => return Err(e),
            };
        }
        Ok(here)
    }

    /// Whether everybody may come to `path`, the name of a node of the tree.
    fn is_open(&self, path: &[u8]) -> bool {
        // few folders are shut; where many are, the walk is no slower
        self.shut.len() <= 8
            && !self.shut.iter().any(|s| path.strip_prefix(s.as_slice()).is_some_and(|rest| rest.starts_with(b"/")))
    }

    fn node(&self, path: &[u8]) -> Result<&Node, Errno> {
        self.nodes.get(path.as_bstr()).ok_or(Errno::NotFound)
    }
}

impl Node {
    fn stat(&self) -> Stat {
        let (kind, size) = match &self.content {
            Content::Regular(bytes) => (Kind::Regular, bytes.len() as u64),
            Content::Directory(_) => (Kind::Directory, 4096),
            Content::Symlink(target) => (Kind::Symlink, target.len() as u64),
            Content::Other => (Kind::Other, 0),
        };
        let (uid, gid) = (self.owner.uid, self.owner.gid);
        Stat { kind, mode: self.mode, uid, gid, size, mtime: self.mtime, inode: None, acl: None }
    }
}

impl Vfs for Memory {
    fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        self.node(path).map(Node::stat)
    }

    fn at_once(&self, path: &[u8]) -> Option<Result<Stat, Errno>> {
        if let Some(node) = self.nodes.get(path.as_bstr()) {
            return self.is_open(path).then(|| Ok(node.stat()));
        }
        // a plain name that an open folder doesn't have
        let cut = path.rfind_byte(b'/').filter(|&cut| cut != 1)?;
        let (parent, name) = (&path[..cut.max(1)], &path[cut + 1..]);
        let plain = !matches!(name, b"" | b"." | b"..") && name.len() <= resolve::NAME_MAX && !name.contains(&0);
        let node = self.nodes.get(parent.as_bstr()).filter(|_| plain && path.len() < resolve::PATH_MAX)?;
        let open = matches!(node.content, Content::Directory(_)) && node.mode & 0o111 == 0o111 && self.is_open(parent);
        open.then_some(Err(Errno::NotFound))
    }

    fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
        match &self.node(path)?.content {
            Content::Symlink(target) => Ok(target.clone()),
            _ => Err(Errno::Io),
        }
    }

    fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        match &self.node(path)?.content {
            Content::Regular(bytes) => Ok(bytes.clone()),
            _ => Err(Errno::Io),
        }
    }

    fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
        match &self.node(path)?.content {
            Content::Directory(names) => Ok(names.iter().cloned().collect()),
            _ => Err(Errno::NotDirectory),
        }
    }
}

fn join(parent: &[u8], name: &[u8]) -> BString {
    let mut path = BString::from(parent);
    if path.len() > 1 {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_root() {
        let m = Memory::new();
        assert_eq!(m.list(b"/").unwrap().len(), 15);
        assert_eq!(m.list(b"/etc").unwrap(), ["apache2", "mime.types", "passwd"]);
        assert_eq!(m.lstat(b"/root").unwrap().mode, 0o700);
        assert_eq!(m.lstat(b"/tmp").unwrap().mode, 0o1777);
        assert!(m.read(b"/etc/passwd").unwrap().contains_str("www-data"));
    }

    /// The same tree without the short way.
    struct Slow(Memory);

    impl Vfs for Slow {
        fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
            self.0.lstat(path)
        }
        fn readlink(&self, path: &[u8]) -> Result<BString, Errno> {
            self.0.readlink(path)
        }
        fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
            self.0.read(path)
        }
        fn list(&self, path: &[u8]) -> Result<Vec<BString>, Errno> {
            self.0.list(path)
        }
    }

    #[test]
    fn the_short_way_is_the_way() {
        let mut m = Memory::new();
        let user = Owner { uid: 1000, gid: 33 };
        m.add_file(b"/a/b/c", &b"x"[..], 0o644, user).unwrap();
        m.add_file(b"/a/shut/c", &b"x"[..], 0o644, user).unwrap();
        m.add_dir(b"/a/shut", Some(0o710), user).unwrap();
        m.add_dir(b"/a/shutter", None, user).unwrap();
        m.add_symlink(b"/a/l", b"b/", user).unwrap();
        let slow = Slow(m.clone());
        let names = ["a", "b", "c", "l", "shut", "shutter", "root", "..", ".", "", "x\0y", "no"];
        let creds = [Cred::root(), Cred::default(), Cred { uid: 5, gids: vec![] }];
        let mut paths = vec![String::new()];
        for _ in 0..3 {
            let longer: Vec<String> = paths.iter().flat_map(|p| names.map(|n| format!("{p}/{n}"))).collect();
            paths.extend(longer);
        }
        for path in &paths {
            for cred in &creds {
                for follow in [false, true] {
                    let [fast, walked] =
                        [&m as &dyn Vfs, &slow].map(|v| resolve::walk(v, cred, path.as_bytes(), follow));
                    assert_eq!(fast, walked, "{path:?} {cred:?} {follow}");
                }
            }
        }
    }

    #[test]
    fn adding() {
        let mut m = Memory::empty();
        let root = Owner::ROOT;
        assert_eq!(m.add_file(b"/a/b/c", &b"x"[..], 0o644, root), Ok("/a/b/c".into()));
        assert_eq!(m.add_symlink(b"/l", b"a/b", root), Ok("/l".into()));
        assert_eq!(m.add_file(b"/l/d", &b"x"[..], 0o644, root), Ok("/a/b/d".into()));
        assert_eq!(m.add_dir(b"/l/", Some(0o700), root), Ok("/a/b".into()));
        assert_eq!(m.add_dir(b"/a/b/c/d", None, root), Err(Errno::NotDirectory));
        assert_eq!(m.add_file(b"/a/b", &b"x"[..], 0o644, root), Err(Errno::Io));
        assert_eq!(m.add_file(b"x", &b"x"[..], 0o644, root), Err(Errno::NotFound));
        assert_eq!(m.add_file(b"/", &b"x"[..], 0o644, root), Err(Errno::NotFound));
        assert_eq!(m.add_symlink(b"/gone", b"none", root), Ok("/gone".into()));
        assert_eq!(m.add_file(b"/gone/x", &b"x"[..], 0o644, root), Err(Errno::NotFound));
        assert_eq!(m.list(b"/a/b").unwrap(), ["c", "d"]);
        assert_eq!(m.lstat(b"/a/b").unwrap().mode, 0o700);
    }
}
