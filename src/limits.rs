//! Every limit that input meets, in one place. All are counts, never a clock: the same input has the same answer on any
//! machine. Where httpd has a limit of its own, that is the one; the others are far above what a real site needs.
//!
//! Reaching one is never silent: it is a diagnostic at its place, or a caveat on the answer that names the limit.

/// What a file that a user names, or that one names in turn, may hold, in bytes.
pub const FILE_BYTES: u64 = 256 << 20;

/// How many sections, and .htaccess files, one walk merges onto a request's settings.
pub const SECTIONS_MERGED: u32 = 1000;

/// How many lines about one header of an answer are left out in turn, to see whether they decide.
pub const LINES_WEIGHED: usize = 64;

/// What a line of a list may hold, in bytes.
pub const LINE_BYTES: u64 = 16 << 20;
