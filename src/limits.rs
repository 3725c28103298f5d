//! Every limit that input meets, in one place. All are counts, never a clock: the same input has the same answer on any
//! machine. Where httpd has a limit of its own, that is the one; the others are far above what a real site needs.
//!
//! Reaching one is never silent: it is a diagnostic at its place, or a caveat on the answer that names the limit.

/// What a file that is read whole may hold, in bytes: a configuration, a scenario, a map, a user file.
pub const FILE_BYTES: u64 = 64 << 20;

/// What a list of URLs may hold, in bytes.
pub const URLS_BYTES: u64 = 192 << 20;

/// What a line of a list may hold, in bytes.
pub const LINE_BYTES: u64 = 16 << 20;

/// Entries that the trees which a scenario copies by `from` may have, in all; and a directory that scenarios are looked
/// for in.
pub const TREE_ENTRIES: usize = 100_000;

/// Bytes that the files which a scenario copies by `from` may hold, in all.
pub const TREE_BYTES: u64 = 256 << 20;

/// Values that a scenario's YAML may have, aliases written out.
pub const YAML_VALUES: usize = 1 << 20;

/// Bytes by which aliases may lengthen a scenario's YAML.
pub const ALIAS_BYTES: usize = 16 << 20;

/// Bytes that a configuration may have, with all that Include and Use bring in; each line counts [`LINE_COST`] more.
pub const CONFIG_BYTES: usize = 64 << 20;

/// Bytes that a line of a configuration costs even when it is empty.
pub const LINE_COST: usize = 7;

/// Directives that a configuration may have, with all that Include and Use bring in.
pub const DIRECTIVES: usize = 1 << 20;

/// Entries of directories that the Include lines of a configuration may look through, in all.
pub const INCLUDE_ENTRIES: usize = 50_000;

/// Findings that are told one by one; of those behind them, the number is.
pub const FINDINGS: usize = 1000;

/// Rows of a table that its columns are measured by.
pub const TABLE_ROWS_MEASURED: usize = 1000;

/// A number of bytes in words: `64 MiB`.
pub fn bytes(number: u64) -> String {
    if number.is_multiple_of(1 << 20) { format!("{} MiB", number >> 20) } else { format!("{number} bytes") }
}
