//! Every limit that input meets, in one place. All are counts, never a clock: the same input has the same answer on any
//! machine. Where httpd has a limit of its own, that is the one; the others are far above what a real site needs.
//!
//! Reaching one is never silent: it is a diagnostic at its place, or a caveat on the answer that names the limit.

/// What a file that a user names, or that one names in turn, may hold, in bytes.
pub const FILE_BYTES: u64 = 256 << 20;

/// What a line of a list may hold, in bytes.
pub const LINE_BYTES: u64 = 16 << 20;

/// What the programs of a run of `verify` may use up. These bound programs, not input, and so there is a time among them.
#[cfg(all(feature = "oracle", target_os = "linux"))]
pub mod run {
    /// What its files may hold together, in bytes.
    pub const DISK: u64 = 1 << 30;

    /// How many files it may make.
    pub const FILES: u64 = 200_000;

    /// What one file may hold, in bytes.
    pub const FILE_BYTES: u64 = 256 << 20;

    /// How many processes and threads it may have.
    pub const PROCESSES: u64 = 1024;

    /// What its processes may hold in memory together, in bytes.
    pub const MEMORY: u64 = 2 << 30;

    /// How much memory one process may ask for, in bytes.
    pub const ADDRESSES: u64 = 4 << 30;

    /// How many files one process may have open.
    pub const OPEN_FILES: u64 = 4096;

    /// How long one process may compute, in seconds.
    pub const SECONDS: u64 = 60;

    /// What a run may answer, in bytes.
    pub const REPLY_BYTES: u64 = 256 << 20;
}
