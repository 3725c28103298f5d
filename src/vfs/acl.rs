//! POSIX access control lists: `posix_acl_permission` and `posix_acl_from_xattr` (Linux fs/posix_acl.c).

use super::{Cred, Stat};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The attribute that holds a file's list.
#[cfg(all(feature = "disk", target_os = "linux"))]
pub(super) const ATTRIBUTE: &str = "system.posix_acl_access";

/// The version that each list begins with.
const VERSION: u32 = 2;

const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// What a file's access control list says beyond its mode.
///
/// ```
/// use routesim::vfs::{Disk, Vfs};
///
/// let stat = Disk::new("src")?.lstat(b"/lib.rs")?;
/// assert!(stat.acl.is_none(), "its mode says all");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Acl(Vec<Entry>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Entry {
    tag: u16,
    perm: u32,
    /// The user or the group, by the tag.
    id: u32,
}

impl Acl {
    /// The list that an attribute's value holds. One that is met again is the same; what is no list, or says no more than
    /// the mode, is none.
    pub(crate) fn of(value: &[u8]) -> Option<&'static Acl> {
        static MET: Mutex<BTreeSet<&'static Acl>> = Mutex::new(BTreeSet::new());
        let acl = Acl(entries(value)?);
        if acl.0.iter().all(|entry| matches!(entry.tag, USER_OBJ | GROUP_OBJ | OTHER)) {
            return None;
        }
        let mut met = MET.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = met.get(&acl) {
            return Some(known);
        }
        let acl: &'static Acl = Box::leak(Box::new(acl));
        met.insert(acl);
        Some(acl)
    }

    /// Whether someone who is not the owner may do what is wanted.
    pub(super) fn may(&self, cred: &Cred, stat: &Stat, wanted: u32) -> bool {
        let mut among = false;
        for entry in &self.0 {
            let fits = entry.perm & wanted == wanted;
            match entry.tag {
                USER if entry.id == cred.uid => return fits && self.mask(wanted),
                GROUP_OBJ | GROUP => {
                    let group = if entry.tag == GROUP { entry.id } else { stat.gid };
                    if cred.gids.contains(&group) {
                        among = true;
                        if fits {
                            return self.mask(wanted);
                        }
                    }
                }
                OTHER => return !among && fits,
                _ => {}
            }
        }
        false
    }

    fn mask(&self, wanted: u32) -> bool {
        let mask = self.0.iter().find(|entry| entry.tag == MASK);
        mask.is_none_or(|mask| mask.perm & wanted == wanted)
    }
}

fn entries(value: &[u8]) -> Option<Vec<Entry>> {
    let (version, rest) = value.split_first_chunk()?;
    let (entries, []) = rest.as_chunks() else { return None };
    let entry = |[t0, t1, p0, p1, i0, i1, i2, i3]: &[u8; 8]| Entry {
        tag: u16::from_le_bytes([*t0, *t1]),
        perm: u16::from_le_bytes([*p0, *p1]).into(),
        id: u32::from_le_bytes([*i0, *i1, *i2, *i3]),
    };
    (u32::from_le_bytes(*version) == VERSION).then(|| entries.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, R, W, X};
    use super::*;

    /// An attribute's value with these entries.
    fn value(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let entry = |(tag, perm, id): &(u16, u16, u32)| {
            [&tag.to_le_bytes()[..], &perm.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        [VERSION.to_le_bytes().to_vec(), entries.iter().flat_map(entry).collect()].concat()
    }

    #[test]
    fn as_the_kernel_decides() {
        let entries = [
            (USER_OBJ, 6, 0),
            (USER, 7, 33),
            (USER, 0, 34),
            (GROUP_OBJ, 4, 0),
            (GROUP, 2, 50),
            (MASK, 5, 0),
            (OTHER, 4, 0),
        ];
        let acl = Acl::of(&value(&entries)).unwrap();
        assert!(std::ptr::eq(acl, Acl::of(&value(&entries)).unwrap()), "one that is met again is the same");
        let stat = Stat { mode: 0o654, uid: 1, gid: 1, acl: Some(acl), ..Stat::of(Kind::Regular) };
        for (uid, gids, wanted, may) in [
            // the owner's own bits
            (1, &[9][..], W, true),
            (1, &[9], X, false),
            // a user by name, as far as the mask goes
            (33, &[9], R | X, true),
            (33, &[1], W, false),
            (34, &[1], R, false),
            // a group that lacks a right doesn't keep another from having it, but others no more have it
            (35, &[50], R, false),
            (35, &[50, 1], R, true),
            (35, &[50], W, false),
            (35, &[1], R, true),
            (35, &[9], R, true),
            (35, &[9], W, false),
        ] {
            let cred = Cred { uid, gids: gids.to_vec() };
            assert_eq!(cred.may(&stat, wanted), may, "{uid} {gids:?} {wanted}");
        }
        // where the mask shuts all out, the kernel doesn't look at the list
        let shut = Stat { mode: 0o604, ..stat };
        assert!(Cred { uid: 34, gids: vec![9] }.may(&shut, R));
    }

    #[test]
    fn what_says_no_more_than_the_mode() {
        let plain = value(&[(USER_OBJ, 6, 0), (GROUP_OBJ, 4, 0), (OTHER, 4, 0)]);
        for value in [&plain[..], &plain[1..], b"", b"\x01\0\0\0"] {
            assert!(Acl::of(value).is_none(), "{value:?}");
        }
    }

    /// A list that the system's own tool set, read from the disk.
    #[cfg(all(feature = "disk", target_os = "linux"))]
    #[test]
    fn a_real_one() {
        use super::super::{Disk, Vfs};
        let dir = std::env::temp_dir().join(format!("routesim-acl-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("f"), "x").unwrap();
        let list = value(&[
            (USER_OBJ, 6, u32::MAX),
            (USER, 4, 33),
            (GROUP_OBJ, 0, u32::MAX),
            (MASK, 4, u32::MAX),
            (OTHER, 0, u32::MAX),
        ]);
        let set = rustix::fs::setxattr(dir.join("f"), ATTRIBUTE, &list, rustix::fs::XattrFlags::empty());
        let seen = ["/", dir.to_str().unwrap()].map(|root| {
            let path = if root == "/" { format!("{}/f", dir.display()) } else { "/f".into() };
            Disk::new(root).unwrap().lstat(path.as_bytes()).unwrap()
        });
        std::fs::remove_dir_all(dir).unwrap();
        // a file system that has no lists has nothing to read
        if set.is_ok() {
            for stat in seen {
                assert!(stat.acl.is_some() && Cred { uid: 33, gids: vec![33] }.may(&stat, R));
                assert!(!Cred { uid: 34, gids: vec![34] }.may(&Stat { uid: 1, gid: 1, ..stat }, R));
            }
        }
    }
}
