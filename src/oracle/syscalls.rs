//! The system calls that a contained process may make: a list of what is allowed. All else is answered as by a kernel
//! that doesn't have it: mounts, namespaces, modules, keys, bpf, perf_event_open, io_uring, userfaultfd, ptrace, shared
//! memory that no process need hold, and whatever comes later. So are the calls of other architectures.

use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule};
use std::collections::BTreeMap;

/// Calls that are allowed whatever their arguments are.
#[rustfmt::skip]
const ALLOWED: &[i64] = &[
    libc::SYS_accept, libc::SYS_accept4, libc::SYS_bind, libc::SYS_brk, libc::SYS_capget, libc::SYS_capset,
    libc::SYS_chdir, libc::SYS_chroot, libc::SYS_clock_getres, libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep, libc::SYS_close, libc::SYS_close_range, libc::SYS_connect,
    libc::SYS_copy_file_range, libc::SYS_dup, libc::SYS_dup3, libc::SYS_epoll_create1, libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait, libc::SYS_epoll_pwait2, libc::SYS_eventfd2, libc::SYS_execve, libc::SYS_execveat,
    libc::SYS_exit, libc::SYS_exit_group, libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_fadvise64,
    libc::SYS_fallocate, libc::SYS_fchdir, libc::SYS_fchmod, libc::SYS_fchmodat, libc::SYS_fchown,
    libc::SYS_fchownat, libc::SYS_fcntl, libc::SYS_fdatasync, libc::SYS_fgetxattr, libc::SYS_flistxattr,
    libc::SYS_flock, libc::SYS_fremovexattr, libc::SYS_fsetxattr, libc::SYS_fstat, libc::SYS_fstatfs,
    libc::SYS_fsync, libc::SYS_ftruncate, libc::SYS_futex, libc::SYS_futex_waitv, libc::SYS_get_mempolicy,
    libc::SYS_get_robust_list, libc::SYS_getcpu, libc::SYS_getcwd, libc::SYS_getdents64, libc::SYS_getegid,
    libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getgroups, libc::SYS_getitimer, libc::SYS_getpeername,
    libc::SYS_getpgid, libc::SYS_getpid, libc::SYS_getppid, libc::SYS_getpriority, libc::SYS_getrandom,
    libc::SYS_getresgid, libc::SYS_getresuid, libc::SYS_getrusage, libc::SYS_getsid, libc::SYS_getsockname,
    libc::SYS_getsockopt, libc::SYS_gettid, libc::SYS_gettimeofday, libc::SYS_getuid, libc::SYS_getxattr,
    libc::SYS_inotify_add_watch, libc::SYS_inotify_init1, libc::SYS_inotify_rm_watch, libc::SYS_ioprio_get,
    libc::SYS_kill, libc::SYS_lgetxattr, libc::SYS_linkat, libc::SYS_listen, libc::SYS_listxattr,
    libc::SYS_llistxattr, libc::SYS_lremovexattr, libc::SYS_lseek, libc::SYS_lsetxattr, libc::SYS_madvise,
    libc::SYS_membarrier, libc::SYS_mincore, libc::SYS_mkdirat, libc::SYS_mknodat, libc::SYS_mlock,
    libc::SYS_mlock2, libc::SYS_mlockall, libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_mremap, libc::SYS_msync,
    libc::SYS_munlock, libc::SYS_munlockall, libc::SYS_munmap, libc::SYS_nanosleep, libc::SYS_newfstatat,
    libc::SYS_openat, libc::SYS_openat2, libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal, libc::SYS_pipe2,
    libc::SYS_ppoll, libc::SYS_prctl, libc::SYS_pread64, libc::SYS_preadv, libc::SYS_preadv2,
    libc::SYS_prlimit64, libc::SYS_pselect6, libc::SYS_pwrite64, libc::SYS_pwritev, libc::SYS_pwritev2,
    libc::SYS_read, libc::SYS_readahead, libc::SYS_readlinkat, libc::SYS_readv, libc::SYS_recvfrom,
    libc::SYS_recvmmsg, libc::SYS_recvmsg, libc::SYS_removexattr, libc::SYS_renameat2,
    libc::SYS_restart_syscall, libc::SYS_rseq, libc::SYS_rt_sigaction, libc::SYS_rt_sigpending,
    libc::SYS_rt_sigprocmask, libc::SYS_rt_sigqueueinfo, libc::SYS_rt_sigreturn, libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait, libc::SYS_rt_tgsigqueueinfo, libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min, libc::SYS_sched_getaffinity, libc::SYS_sched_getattr,
    libc::SYS_sched_getparam, libc::SYS_sched_getscheduler, libc::SYS_sched_rr_get_interval,
    libc::SYS_sched_setaffinity, libc::SYS_sched_yield, libc::SYS_semctl, libc::SYS_semget, libc::SYS_semop,
    libc::SYS_semtimedop, libc::SYS_sendfile, libc::SYS_sendmmsg, libc::SYS_sendmsg, libc::SYS_sendto,
    libc::SYS_set_robust_list, libc::SYS_set_tid_address, libc::SYS_setfsgid, libc::SYS_setfsuid,
    libc::SYS_setgid, libc::SYS_setgroups, libc::SYS_setitimer, libc::SYS_setpgid, libc::SYS_setpriority,
    libc::SYS_setregid, libc::SYS_setresgid, libc::SYS_setresuid, libc::SYS_setreuid, libc::SYS_setsid,
    libc::SYS_setsockopt, libc::SYS_setuid, libc::SYS_setxattr, libc::SYS_shutdown, libc::SYS_sigaltstack,
    libc::SYS_signalfd4, libc::SYS_socketpair, libc::SYS_splice, libc::SYS_statfs, libc::SYS_statx,
    libc::SYS_symlinkat, libc::SYS_sync, libc::SYS_syncfs, libc::SYS_sysinfo, libc::SYS_tee, libc::SYS_tgkill,
    libc::SYS_timer_create, libc::SYS_timer_delete, libc::SYS_timer_getoverrun, libc::SYS_timer_gettime,
    libc::SYS_timer_settime, libc::SYS_timerfd_create, libc::SYS_timerfd_gettime, libc::SYS_timerfd_settime,
    libc::SYS_times, libc::SYS_tkill, libc::SYS_truncate, libc::SYS_umask, libc::SYS_uname, libc::SYS_unlinkat,
    libc::SYS_utimensat, libc::SYS_vmsplice, libc::SYS_wait4, libc::SYS_waitid, libc::SYS_write,
    libc::SYS_writev,
];

/// Such calls that only the oldest architecture has.
#[rustfmt::skip]
#[cfg(target_arch = "x86_64")]
const OLD: &[i64] = &[
    libc::SYS_access, libc::SYS_alarm, libc::SYS_arch_prctl, libc::SYS_chmod, libc::SYS_chown, libc::SYS_creat,
    libc::SYS_dup2, libc::SYS_epoll_create, libc::SYS_epoll_wait, libc::SYS_eventfd, libc::SYS_fchmodat2,
    libc::SYS_fork, libc::SYS_futimesat, libc::SYS_getdents, libc::SYS_getpgrp, libc::SYS_getrlimit,
    libc::SYS_inotify_init, libc::SYS_lchown, libc::SYS_link, libc::SYS_lstat, libc::SYS_mkdir, libc::SYS_open,
    libc::SYS_pause, libc::SYS_pipe, libc::SYS_poll, libc::SYS_readlink, libc::SYS_rename, libc::SYS_renameat,
    libc::SYS_rmdir, libc::SYS_select, libc::SYS_setrlimit, libc::SYS_signalfd, libc::SYS_stat,
    libc::SYS_symlink, libc::SYS_sync_file_range, libc::SYS_time, libc::SYS_unlink, libc::SYS_utime,
    libc::SYS_utimes, libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[i64] = &[];

/// An error of the kind in which a filter's parts answer.
type Made<T> = Result<T, seccompiler::BackendError>;

/// Allows this process's thread, and what it starts, no other calls from now on.
///
/// # Errors
/// When the kernel has no such filters.
pub(super) fn filter() -> Result<(), String> {
    let program = program().map_err(|e| format!("can't make a filter of system calls: {e}"))?;
    seccompiler::apply_filter(&program).map_err(|e| format!("can't filter system calls: {e}"))
}

fn program() -> Made<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().chain(OLD).map(|&call| (call, Vec::new())).collect();
    rules.insert(libc::SYS_clone, vec![rule(&without_namespaces())?]);
    rules.insert(libc::SYS_ioctl, vec![rule(&without_typing())?]);
    rules.insert(libc::SYS_personality, PERSONALITIES.iter().map(|p| rule(&[(0, Eq, *p)])).collect::<Made<_>>()?);
    rules.insert(libc::SYS_socket, sockets()?);
    let none = SeccompAction::Errno(libc::ENOSYS as u32);
    let filter = SeccompFilter::new(rules, none, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    filter.try_into()
}

/// A condition: an argument's number, how it is compared, and with what.
type Condition = (u8, seccompiler::SeccompCmpOp, u64);

fn rule(conditions: &[Condition]) -> Made<SeccompRule> {
    let made = conditions.iter().map(|(n, how, value)| SeccompCondition::new(*n, Dword, how.clone(), *value));
    SeccompRule::new(made.collect::<Made<_>>()?)
}

/// Processes that run a program as usual, or tell what runs them.
const PERSONALITIES: &[u64] = &[0, 0xffff_ffff];

/// A new process, but in no new namespace.
fn without_namespaces() -> [Condition; 1] {
    let namespaces = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP;
    [(0, MaskedEq(namespaces as u32 as u64), 0)]
}

/// Anything of a device, but typing on a terminal for whoever sits there.
fn without_typing() -> [Condition; 2] {
    [(1, Ne, libc::TIOCSTI as u32 as u64), (1, Ne, libc::TIOCLINUX as u32 as u64)]
}

/// Sockets of ordinary kinds: no raw ones, no families but the usual. What asks for the network's addresses is let go.
fn sockets() -> Made<Vec<SeccompRule>> {
    // SOCK_NONBLOCK and SOCK_CLOEXEC stand above the kind
    let kind = |family: i32, kind: i32| [(0, Eq, family as u64), (1, MaskedEq(0xf), kind as u64)];
    let mut rules = Vec::new();
    for family in [libc::AF_INET, libc::AF_INET6] {
        for (stream, protocol) in [
            (libc::SOCK_STREAM, 0),
            (libc::SOCK_STREAM, libc::IPPROTO_TCP),
            (libc::SOCK_DGRAM, 0),
            (libc::SOCK_DGRAM, libc::IPPROTO_UDP),
        ] {
            let [family, kind] = kind(family, stream);
            rules.push(rule(&[family, kind, (2, Eq, protocol as u64)])?);
        }
    }
    rules.push(rule(&[(0, Eq, libc::AF_UNIX as u64)])?);
    rules.push(rule(&[(0, Eq, libc::AF_NETLINK as u64), (2, Eq, libc::NETLINK_ROUTE as u64)])?);
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_made() {
        assert!(program().is_ok_and(|p| p.len() > ALLOWED.len()));
        for call in [libc::SYS_mount, libc::SYS_unshare, libc::SYS_ptrace, libc::SYS_bpf, libc::SYS_memfd_create] {
            assert!(!ALLOWED.contains(&call) && !OLD.contains(&call));
        }
    }
}
