//! The users and groups of a machine: /etc/passwd and /etc/group.

use super::{Cred, Errno, Memory, Owner, Vfs, resolve};
use bstr::{BString, ByteSlice};
use std::collections::HashMap;

/// The first number that an owner gets who is nobody in /etc/passwd.
const FIRST_STRANGER: u32 = 4000;

/// The number of a user or group that the machine does not know: it owns nothing.
const NOBODY: u32 = u32::MAX - 1;

/// One line of /etc/passwd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// The name.
    pub name: BString,
    /// The number.
    pub uid: u32,
    /// The primary group's number.
    pub gid: u32,
    /// The home folder.
    pub home: BString,
}

/// Who there is: getpwnam(3), getgrnam(3) and kin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users {
    users: Vec<User>,
    by_name: HashMap<BString, usize>,
    groups: Vec<(BString, u32, Vec<BString>)>,
    strangers: HashMap<BString, u32>,
}

impl Users {
    /// From the texts of both files. Lines that are none are passed over. Without a group file, each user whose number
    /// is that of his group has a group of his own name.
    pub(crate) fn parse(passwd: &[u8], group: Option<&[u8]>) -> Users {
        let mut users = Users::default();
        for line in passwd.lines() {
            let f: Vec<&[u8]> = line.split(|&b| b == b':').collect();
            let (Some(name), Some(uid), Some(gid)) = (f.first(), number(f.get(2)), number(f.get(3))) else { continue };
            let home = f.get(5).copied().unwrap_or_default().into();
            users.by_name.entry((*name).into()).or_insert(users.users.len());
            users.users.push(User { name: (*name).into(), uid, gid, home });
        }
        match group {
            Some(text) => {
                for line in text.lines() {
                    let f: Vec<&[u8]> = line.split(|&b| b == b':').collect();
                    let (Some(name), Some(gid)) = (f.first(), number(f.get(2))) else { continue };
                    let members = f.get(3).copied().unwrap_or_default().split(|&b| b == b',');
                    let members = members.filter(|m| !m.is_empty()).map(BString::from).collect();
                    users.groups.push(((*name).into(), gid, members));
                }
            }
            None => {
                let own = users.users.iter().filter(|u| u.uid == u.gid);
                users.groups = own.map(|u| (u.name.clone(), u.gid, Vec::new())).collect();
            }
        }
        users
    }

    /// From a tree's own files; nobody where they are missing.
    pub(crate) fn of(vfs: &dyn Vfs) -> Users {
        Users::read(vfs, |_, _| ())
    }

    /// The same; `missed` is told of each file that is not read, and why.
    pub(crate) fn read(vfs: &dyn Vfs, mut missed: impl FnMut(&'static str, Errno)) -> Users {
        let mut file = |path: &'static str| {
            let content = resolve::read(vfs, &Cred::root(), path.as_bytes());
            content.map_err(|errno| missed(path, errno)).ok()
        };
        let (passwd, group) = (file("/etc/passwd"), file("/etc/group"));
        Users::parse(passwd.as_deref().unwrap_or_default(), group.as_deref())
    }

    /// The user of that name.
    pub(crate) fn user(&self, name: &[u8]) -> Option<&User> {
        self.by_name.get(name.as_bstr()).and_then(|&i| self.users.get(i))
    }

    /// All of them, in the file's order.
    #[cfg(feature = "cli")]
    pub(crate) fn all(&self) -> impl Iterator<Item = &User> {
        self.users.iter()
    }

    /// The first user of that number.
    pub(crate) fn user_by_id(&self, uid: u32) -> Option<&User> {
        self.users.iter().find(|u| u.uid == uid)
    }

    /// The number of the group of that name.
    pub(crate) fn group(&self, name: &[u8]) -> Option<u32> {
        self.groups.iter().find(|g| g.0 == name).map(|g| g.1)
    }

    /// The name of the first group of that number.
    pub(crate) fn group_by_id(&self, gid: u32) -> Option<&BString> {
        self.groups.iter().find(|g| g.1 == gid).map(|g| &g.0)
    }

    /// What a process that runs as `user` in `group` may do: the group and those that the user is a member of
    /// (initgroups(3)). One that is unknown owns nothing. `#33` is a number, as in httpd's User and Group.
    pub(crate) fn cred(&self, user: &[u8], group: &[u8]) -> Cred {
        let uid = self.uid(user).unwrap_or(NOBODY);
        let gid = self.gid(group).unwrap_or(NOBODY);
        let mut gids = vec![gid];
        let name = self.user(user).or_else(|| self.user_by_id(uid)).map(|u| &u.name);
        for (_, id, members) in &self.groups {
            if name.is_some_and(|n| members.contains(n)) && !gids.contains(id) {
                gids.push(*id);
            }
        }
        Cred { uid, gids }
    }

    /// A user's number, by name or `#number`.
    pub(crate) fn uid(&self, user: &[u8]) -> Option<u32> {
        by_number(user).or_else(|| self.user(user).map(|u| u.uid))
    }

    /// A group's number, by name or `#number`.
    pub(crate) fn gid(&self, group: &[u8]) -> Option<u32> {
        by_number(group).or_else(|| self.group(group))
    }

    /// The numbers for an owner and a group by name or number; a name that nobody bears gets a number of its own,
    /// always the same. Without a group, it is named as the owner.
    pub(crate) fn owner(&mut self, user: Option<&str>, group: Option<&str>) -> Owner {
        let uid = match user {
            Some(name) => match (name.parse().ok(), self.user(name.as_bytes())) {
                (Some(id), _) => id,
                (_, Some(user)) => user.uid,
                _ => self.stranger(name),
            },
            None => 0,
        };
        let gid = match group.or(user) {
            Some(name) => match (name.parse().ok(), self.group(name.as_bytes())) {
                (Some(id), _) => id,
                (_, Some(gid)) => gid,
                _ => self.stranger(name),
            },
            None => 0,
        };
        Owner { uid, gid }
    }

    fn stranger(&mut self, name: &str) -> u32 {
        let next = FIRST_STRANGER + self.strangers.len() as u32;
        *self.strangers.entry(name.into()).or_insert(next)
    }
}

impl From<&Memory> for Users {
    fn from(memory: &Memory) -> Users {
        Users::of(memory)
    }
}

fn number(field: Option<&&[u8]>) -> Option<u32> {
    field?.to_str().ok()?.parse().ok()
}

/// The number in `#33`.
fn by_number(name: &[u8]) -> Option<u32> {
    number(Some(&name.strip_prefix(b"#")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let mut u = Users::from(&Memory::new());
        assert_eq!(u.cred(b"www-data", b"#33"), Cred::default());
        assert_eq!(u.cred(b"apache", b"www-data"), Cred { uid: NOBODY, gids: vec![33] });
        assert_eq!(u.user(b"www-data").unwrap().home, "/var/www");
        assert_eq!(u.user(b"alice"), None);
        let alice = u.owner(Some("alice"), None);
        assert!(alice.uid >= FIRST_STRANGER && alice.uid == alice.gid);
        assert_ne!(u.owner(Some("bob"), None), alice);
        assert_eq!(u.owner(None, Some("alice")), Owner { uid: 0, gid: alice.gid });
        assert_eq!(u.owner(Some("www-data"), Some("7")), Owner { uid: 33, gid: 7 });
    }

    #[test]
    fn members() {
        let u = Users::parse(b"x:*:9:9::/h:\nbroken\n", Some(b"x:*:9:\nmore:*:10:y,x\nother:*:11:y\n"));
        assert_eq!(u.cred(b"x", b"x"), Cred { uid: 9, gids: vec![9, 10] });
        assert_eq!(u.group_by_id(11), Some(&"other".into()));
    }
}
