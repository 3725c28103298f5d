//! What a contained process may not: users, namespaces, capabilities and resources.

use crate::limits;
use nix::sched::CloneFlags;
use rustix::process::{Gid, Resource, Rlimit, Uid, setrlimit};
use rustix::thread::{self, CapabilitySet, CapabilitySets};

/// What httpd needs of what root may, within its own namespace: to read what is its users', to become them, to end its
/// own processes, to listen on any port, and ChrootDir.
const NEEDED: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::NET_BIND_SERVICE)
    .union(CapabilitySet::SYS_CHROOT);

/// Namespaces of its own for all that a process may reach: users, network, shared memory, names, control groups.
const APART: CloneFlags = CloneFlags::CLONE_NEWUSER
    .union(CloneFlags::CLONE_NEWNET)
    .union(CloneFlags::CLONE_NEWIPC)
    .union(CloneFlags::CLONE_NEWUTS)
    .union(CloneFlags::CLONE_NEWCGROUP);

/// Limits this process and all that it starts.
///
/// # Errors
/// What the system says.
pub(super) fn limit() -> Result<(), String> {
    let limits = [
        (Resource::Nproc, limits::run::PROCESSES),
        (Resource::As, limits::run::ADDRESSES),
        (Resource::Fsize, limits::run::FILE_BYTES),
        (Resource::Nofile, limits::run::OPEN_FILES),
        (Resource::Cpu, limits::run::SECONDS),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
        // 1 is what keeps the machine's own program for crashes from being called, too
        (Resource::Core, 1),
    ];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|e| format!("can't limit {resource:?}: {e}"))?;
    }
    Ok(())
}

/// Leaves the machine's users and namespaces; `uid` is whom this process is to be there, in a range of its own, where
/// it may choose. The process must have one thread.
///
/// # Errors
/// What the system refuses.
pub(super) fn leave(uid: Option<u32>) -> Result<(), String> {
    if let Some(uid) = uid {
        become_user(uid).map_err(|e| format!("can't leave the machine's users: {e}"))?;
    }
    nix::sched::unshare(APART).map_err(|e| format!("can't make namespaces: {e}"))
}

/// Becomes a user of the machine who owns nothing, for the processes of the namespace to be counted with it; may still
/// make namespaces.
fn become_user(uid: u32) -> rustix::io::Result<()> {
    thread::set_keep_capabilities(true)?;
    thread::set_thread_groups(&[])?;
    set_ids(uid)?;
    let namespaces = CapabilitySet::SYS_ADMIN;
    thread::set_capabilities(None, sets(namespaces, CapabilitySet::empty()))
}

/// Becomes root of the namespace, whose users are known by now.
///
/// # Errors
/// What the system refuses.
pub(super) fn become_root() -> Result<(), String> {
    let become_it = || {
        thread::set_thread_groups(&[])?;
        set_ids(0)
    };
    become_it().map_err(|e: rustix::io::Errno| format!("can't become root of the namespace: {e}"))
}

fn set_ids(id: u32) -> rustix::io::Result<()> {
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    thread::set_thread_res_gid(gid, gid, gid)?;
    thread::set_thread_res_uid(uid, uid, uid)
}

/// Lets a program that this process starts set up the network, or no longer.
///
/// # Errors
/// What the system refuses.
pub(super) fn lend_network(lent: bool) -> Result<(), String> {
    lend(CapabilitySet::NET_ADMIN, lent).map_err(|e| format!("can't set up the network: {e}"))
}

/// Has a capability handed on to programs, whoever runs them.
fn lend(capability: CapabilitySet, lent: bool) -> rustix::io::Result<()> {
    let mut now = thread::capabilities(None)?;
    now.inheritable.set(capability, lent);
    thread::set_capabilities(None, now)?;
    thread::configure_capability_in_ambient_set(capability, lent)
}

/// Lets no other process look into this one, not even one of the same user.
///
/// # Errors
/// What the system refuses.
pub(super) fn hide() -> Result<(), String> {
    let none = rustix::process::DumpableBehavior::NotDumpable;
    rustix::process::set_dumpable_behavior(none).map_err(|e| format!("can't hide: {e}"))
}

/// Drops all capabilities but those that httpd needs, for good. An httpd whose user is no root listens on any port all the
/// same.
///
/// # Errors
/// What the system refuses.
pub(super) fn drop_to_needed() -> Result<(), String> {
    drop_but(NEEDED, CapabilitySet::NET_BIND_SERVICE)
}

/// Drops all capabilities.
///
/// # Errors
/// What the system refuses.
pub(super) fn drop_all() -> Result<(), String> {
    drop_but(CapabilitySet::empty(), CapabilitySet::empty())
}

/// Drops all capabilities but those `kept`; of these, those `lent` are handed on to programs, whoever runs them.
fn drop_but(kept: CapabilitySet, lent: CapabilitySet) -> Result<(), String> {
    let drop = || {
        bound_to(kept)?;
        thread::clear_ambient_capability_set()?;
        thread::set_capabilities(None, sets(kept, CapabilitySet::empty()))?;
        if !lent.is_empty() {
            lend(lent, true)?;
        }
        thread::set_no_new_privs(true)
    };
    drop().map_err(|e| format!("can't drop capabilities: {e}"))
}

/// Takes from the bounding set whatever is not among `kept`; the first number that the kernel doesn't know ends it.
fn bound_to(kept: CapabilitySet) -> rustix::io::Result<()> {
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if !kept.contains(one) {
            match thread::remove_capability_from_bounding_set(one) {
                Err(rustix::io::Errno::INVAL) => break,
                other => other?,
            }
        }
    }
    Ok(())
}

fn sets(held: CapabilitySet, inheritable: CapabilitySet) -> CapabilitySets {
    CapabilitySets { effective: held, permitted: held, inheritable }
}
