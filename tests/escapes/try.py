"""Tries to get out of where `verify` runs a scenario's programs, and prints what came of each try.

Arguments: who runs it, a name for what it leaves, a process, a port and an abstract socket of the machine's. A line is
WHO-TRY=RESULT: `held` where it failed, `DID` where it came about, and so does `control`, which may come about.
"""
import array
import ctypes
import os
import platform
import socket
import stat
import sys

WHO, MARK, PROCESS, PORT, ABSTRACT = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
LIBC = ctypes.CDLL(None, use_errno=True)
CALLS = platform.machine() == "x86_64"


def call(number, *arguments):
    """A system call, true where it is carried out; a child that comes of it ends at once."""
    before = os.getpid()
    result = LIBC.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if os.getpid() != before:
        os._exit(0)
    return result != -1


def opens(path, mode="rb"):
    with open(path, mode) as file:
        return mode == "wb" or bool(file.read(1)) or True


def leaves(directory):
    """Leaves a file that has its owner's rights; that it lies there is looked for on the machine."""
    path = os.path.join(directory, MARK)
    with open(path, "wb") as file:
        file.write(b"#!/bin/sh\n")
    os.chmod(path, 0o6755)


def connects(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        s.connect(address)
    return True


def sockets(family, kind, protocol=0):
    socket.socket(family, kind, protocol).close()
    return True


def out_of_root():
    """The old way out of a chroot."""
    os.makedirs("/tmp/" + WHO, exist_ok=True)
    here = os.open("/", os.O_RDONLY)
    os.chroot("/tmp/" + WHO)
    os.fchdir(here)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    return os.path.exists("/proc/version") or os.path.exists("/sys/kernel")


def in_child(what):
    """A try that would spoil the rest."""
    pid = os.fork()
    if pid == 0:
        done = False
        try:
            done = what()
        finally:
            os._exit(1 if done else 0)
    return os.waitpid(pid, 0)[1] != 0


def changes_system():
    """Makes a program of the machine's one with its owner's rights."""
    os.chmod("/usr/bin/env", 0o6755)
    return True


def daemon():
    """Leaves a process behind; whether it lives on is looked for on the machine."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(3):
                os.dup2(os.open("/dev/null", os.O_RDWR), number)
            os.execv("/bin/sh", ["sh", "-c", "sleep 600; :", MARK])
        os._exit(0)


def types():
    """Types a character on the terminal of whoever started this."""
    import fcntl

    with open("/dev/tty", "rb") as tty:
        fcntl.ioctl(tty, 0x5412, array.array("b", [10]))
    return True


def lists_host():
    """Sees other processes than the run's own."""
    return len([p for p in os.listdir("/proc") if p.isdigit()]) > 60 or os.path.exists(f"/proc/{PROCESS}")


def memory():
    return len(bytearray(5 << 30)) > 0


def disk():
    """Writes more than a file may hold, and then more than all may."""
    written, files = 0, [f"/tmp/{WHO}-{i}" for i in range(8)]
    try:
        for path in files:
            with open(path, "wb", buffering=0) as file:
                while file.tell() < 1 << 29:
                    written += file.write(bytes(1 << 22))
    finally:
        for path in files:
            if os.path.exists(path):
                os.unlink(path)
    return written > 0


def kills():
    """Asks whether a process of the machine's would take a signal."""
    os.kill(PROCESS, 0)
    return True


NAMESPACES = {"user": 0x10000000, "mount": 0x20000, "net": 0x40000000, "pid": 0x20000000, "ipc": 0x8000000}
TRIES = {
    "control": lambda: opens("/tmp/control-" + WHO, "wb"),
    "leave": lambda: [leaves(d) for d in ("/dev/shm", "/tmp")] and False,
    "shadow": lambda: opens("/etc/shadow"),
    "core_pattern": lambda: opens("/proc/sys/kernel/core_pattern", "wb"),
    "sysrq": lambda: opens("/proc/sysrq-trigger", "wb"),
    "kcore": lambda: opens("/proc/kcore"),
    "sysfs": lambda: bool(os.listdir("/sys")),
    "first_root": lambda: bool(os.listdir("/proc/1/root/")),
    "first_files": lambda: bool(os.listdir("/proc/1/fd")),
    "first_memory": lambda: opens("/proc/1/mem"),
    "uid_map": lambda: opens("/proc/self/uid_map", "wb"),
    "system": changes_system,
    "unmount": lambda: LIBC.umount2(b"/proc", 2) == 0,
    "mount": lambda: LIBC.mount(b"x", b"/tmp", b"tmpfs", 0, None) == 0,
    "remount": lambda: LIBC.mount(None, b"/proc", None, 0x1020, None) == 0,
    "block": lambda: os.mknod("/tmp/b" + WHO, stat.S_IFBLK | 0o666, os.makedev(8, 0)) is None,
    "character": lambda: os.mknod("/tmp/c" + WHO, stat.S_IFCHR | 0o666, os.makedev(1, 1)) is None,
    "chroot": lambda: in_child(out_of_root),
    "raw": lambda: sockets(socket.AF_INET, socket.SOCK_RAW, 1),
    "packet": lambda: sockets(socket.AF_PACKET, socket.SOCK_RAW),
    "crypto": lambda: sockets(38, socket.SOCK_SEQPACKET),
    "machine": lambda: sockets(40, socket.SOCK_STREAM),
    "audit": lambda: sockets(16, socket.SOCK_RAW, 9),
    "network": lambda: connects(socket.AF_INET, ("127.0.0.1", PORT)),
    "abstract": lambda: connects(socket.AF_UNIX, "\0" + ABSTRACT),
    "signal": kills,
    "processes": lists_host,
    "terminal": types,
    "memory": memory,
    "disk": disk,
    "daemon": daemon,
}
for name, flag in NAMESPACES.items():
    TRIES["unshare_" + name] = lambda flag=flag: LIBC.unshare(flag) == 0
if CALLS:
    TRIES.update({
        "clone": lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0),
        "clone3": lambda: call(435, (ctypes.c_ulong * 11)(0x10000000, 0, 0, 0, 17), 88),
        "setns": lambda: call(308, os.open("/proc/self/ns/mnt", os.O_RDONLY), 0),
        "ptrace": lambda: call(101, 0x4206, os.getppid(), 0, 0),
        "vm_read": lambda: call(310, os.getppid(), 0, 0, 0, 0, 0),
        "module": lambda: call(175, 0, 0, b"") or call(313, 0, b"", 0) or call(176, b"x", 0),
        "keys": lambda: call(248, b"user", b"x", b"x", 1, -4) or call(250, 0, -4, 1),
        "bpf": lambda: call(321, 0, (ctypes.c_ulong * 9)(1, 4, 4, 1), 72),
        "perf": lambda: call(298, (ctypes.c_ulong * 16)(1 | 128 << 32), 0, -1, -1, 0),
        "io_uring": lambda: call(425, 1, (ctypes.c_ulong * 15)()),
        "userfault": lambda: call(323, 1),
        "open_tree": lambda: call(428, -100, b"/", 1),
        "fsopen": lambda: call(430, b"tmpfs", 0),
        "pivot_root": lambda: call(155, b"/tmp", b"/tmp"),
        "by_handle": lambda: call(304, -100, (ctypes.c_ulong * 4)(8, 2), 0),
        "kexec": lambda: call(246, 0, 0, 0, 0) or call(169, 0xfee1dead, 672274793, 0, 0),
        "old_calls": lambda: call(0x40000000 | 272, 0x10000000),
        "hidden_memory": lambda: call(319, b"x", 0) or call(29, 0, 4096, 0o600),
        "quota": lambda: call(179, 0x800001, 0, 0, 0),
    })

for name, what in TRIES.items():
    try:
        result = "DID" if what() else "held"
    except (OSError, MemoryError):
        result = "held"
    print(f"{WHO}-{name}={result}", flush=True)
