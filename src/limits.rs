//! Every limit that input meets, in one place. All are counts, never a clock: the same input has the same answer on any
//! machine. Where httpd has a limit of its own, that is the one; the others are far above what a real site needs.
//!
//! Reaching one is never silent: it is a diagnostic at its place, or a caveat on the answer that names the limit.

/// What a file that is read whole may hold, in bytes: a configuration, a scenario, a map, a user file.
pub(crate) const FILE_BYTES: u64 = 64 << 20;

/// What a list of URLs may hold, in bytes.
pub(crate) const URLS_BYTES: u64 = 192 << 20;

/// What a line of a list may hold, in bytes.
pub(crate) const LINE_BYTES: u64 = 16 << 20;

/// Entries that the trees which a scenario copies by `from` may have, in all; and a directory that scenarios are looked
/// for in.
pub(crate) const TREE_ENTRIES: usize = 100_000;

/// Bytes that the files which a scenario copies by `from` may hold, in all.
pub(crate) const TREE_BYTES: u64 = 256 << 20;

/// Values that a scenario's YAML may have, aliases written out.
pub(crate) const YAML_VALUES: usize = 1 << 20;

/// Bytes by which aliases may lengthen a scenario's YAML.
pub(crate) const ALIAS_BYTES: usize = 16 << 20;

/// Bytes that a configuration may have, with all that Include and Use bring in; each line counts [`LINE_COST`] more.
pub(crate) const CONFIG_BYTES: usize = 64 << 20;

/// Bytes that a line of a configuration costs even when it is empty.
pub(crate) const LINE_COST: usize = 7;

/// Directives that a configuration may have, with all that Include and Use bring in.
pub(crate) const DIRECTIVES: usize = 1 << 20;

/// Entries of directories that the Include lines of a configuration may look through, in all.
pub(crate) const INCLUDE_ENTRIES: usize = 50_000;

// What a request may cost. A request of a real site stays below these a hundredfold; what is chosen keeps the worst of
// them to about a second.

/// LimitInternalRecursion, where it is not set: httpd's AP_DEFAULT_MAX_INTERNAL_REDIRECTS and
/// AP_DEFAULT_MAX_SUBREQ_DEPTH.
pub(crate) const RECURSION: u32 = 10;

/// How deep internal redirects and subrequests nest, whatever LimitInternalRecursion says (httpd: 10 each by default). A
/// level takes some of the stack: see [`STACK`].
pub(crate) const NESTING: u32 = 100;

/// How many subrequests and internal redirects a request makes in sum.
pub(crate) const REQUESTS: u64 = 5000;

/// How many steps a request takes in sum: of patterns (see [`PATTERN_STEPS`]), a few for each directive of the
/// configuration that another round of rules or a subrequest has to look at. A step is some ten nanoseconds.
pub(crate) const STEPS: u64 = 50_000_000;

/// What the values that a request makes come to in sum, in bytes: variables, headers, URLs, queries, texts of files.
pub(crate) const VALUE_BYTES: u64 = 16 << 20;

/// What the files come to that a request reads, in bytes: those of users and groups, type maps, `file()`.
pub(crate) const READ_BYTES: u64 = 512 << 20;

/// How many steps are taken besides, to find out which lines decided; and as many again for what a trace tells of lines that
/// had no part in the answer.
pub(crate) const REASON_STEPS: u64 = STEPS / 2;

/// The same for subrequests.
pub(crate) const REASON_REQUESTS: u64 = REQUESTS;

/// How many steps a trace has; a long one counts as several, one for each [`TRACE_TEXT`] of its text.
pub(crate) const TRACE: usize = 100_000;

/// See [`TRACE`], in bytes.
pub(crate) const TRACE_TEXT: usize = 128;

/// The stack of a thread that answers requests, in bytes: sixteen times what the deepest nesting takes in a build
/// without optimisation.
pub const STACK: usize = 16 << 20;

/// What the files of all RewriteMaps come to, in bytes: what is in them is kept for as long as the configuration.
pub(crate) const MAP_BYTES: u64 = 128 << 20;

// Patterns.

/// How many steps one search takes: items of the pattern that are tried, and more for long runs. httpd's own limit, PCRE2's
/// match limit of 10,000,000, counts fewer things and is no bound on time.
pub(crate) const PATTERN_STEPS: u64 = 5_000_000;

/// PCRE2's default match limit, at which httpd takes a search for no match. Where a search is sure to need less, no limit
/// has a part in it.
pub(crate) const PATTERN_HTTPD: f64 = 10_000_000.0;

/// A search that needs no more of PCRE2's steps than this, whatever the subject, is not counted step by step.
pub(crate) const PATTERN_CHEAP: f64 = 65_536.0;

/// How many steps PCRE2 gets before the `regex` crate is asked, where it can be.
pub(crate) const PATTERN_TRY: u64 = 1024;

/// What a search by the `regex` crate costs, in steps: it may have to be compiled.
pub(crate) const PATTERN_FLAT: u64 = 4096;

/// The `regex` crate is asked where pattern and subject are no larger than this, multiplied.
pub(crate) const PATTERN_WORK: u64 = 1 << 20;

/// The memory of a search, in KiB (PCRE2's own limit is 20 GB): some 200,000 places to go back to.
pub(crate) const PATTERN_HEAP: u32 = 32 << 10;

/// PCRE2's match limit for a pattern too large to be counted step by step.
pub(crate) const PATTERN_UNCOUNTED: u32 = 50_000;

/// How often the stand-in for PCRE2 may go back in a search.
#[cfg(any(test, not(feature = "pcre2")))]
pub(crate) const STAND_IN: usize = 20_000;

// Rules, expressions, sections.

/// Rounds of a list of rules by `[N]` after which it is given up, whatever `[N=...]` allows.
pub(crate) const ROUNDS: i32 = 200_000;

/// Rounds that are told; more would say no more.
pub(crate) const ROUNDS_TOLD: i32 = 12;

/// Rounds that `[N]` alone allows: httpd's REWRITE_MAX_ROUNDS.
pub(crate) const ROUNDS_DEFAULT: i32 = 32_000;

/// How deep look-ups in maps nest in a text.
pub(crate) const MAP_DEPTH: usize = 100;

/// How deep look-aheads nest in a name.
pub(crate) const LOOK_AHEAD_DEPTH: usize = 16;

/// As many rules of a list are weighed for the reasons.
pub(crate) const RULES_WEIGHED: usize = 12;

/// And as many of its conditions, in all and of one rule.
pub(crate) const CONDITIONS_WEIGHED: usize = 100;

/// As many lines are taken out of a whole request, to see whether they decided.
pub(crate) const DOUBTS: usize = 24;

/// Lists that went round more often are not run again for the reasons.
pub(crate) const ROUNDS_WEIGHED: i32 = 64;

/// How deep `<If>` sections nest in each other.
pub(crate) const IF_DEPTH: usize = 64;

/// How deep words and conditions of an expression nest: httpd's AP_EXPR_MAX_RECURSION.
pub(crate) const EXPR_RECURSION: u32 = 20;

/// The largest file that `file()` reads, in bytes: as httpd.
pub(crate) const EXPR_FILE: usize = 10 << 20;

/// The longest string or pattern in an expression, in bytes: httpd's MAX_STRING_LEN.
pub(crate) const EXPR_STRING: usize = 8192;

/// Where more lines than this may have decided on access, none of them is named.
pub(crate) const ACCESS_LINES: usize = 48;

// Passwords, which are slow to check on purpose. What is costlier is not checked, and is a caveat.

/// The highest cost of a bcrypt hash: half a second.
pub(crate) const BCRYPT_COST: u32 = 13;

/// The most rounds of a hash by SHA-256 or SHA-512: a quarter of a second.
pub(crate) const SHA_CRYPT_ROUNDS: u32 = 500_000;

// What is remembered.

/// A run that keeps more settings than this gives way to another: URLs can be made that each match other sections.
pub(crate) const SETTINGS_KEPT: usize = if cfg!(test) { 40 } else { 1 << 18 };

/// How many lines the settings come to that a run keeps, those of each merge counted anew. A request alone that needs more
/// has them left out.
pub(crate) const LINES_KEPT: usize = 700_000;

/// How many paths a run knows at a time.
pub(crate) const STATS_KEPT: usize = 1 << 14;

/// How many passwords a thread knows with what checking them gave.
pub(crate) const PASSWORDS_KEPT: usize = 4096;

// What is printed.

/// Findings that are told one by one; of those behind them, the number is.
pub(crate) const FINDINGS: usize = 1000;

/// Redirects that are followed from one request: as many as browsers follow.
pub(crate) const REDIRECTS_FOLLOWED: usize = 20;

/// Rows of a table that its columns are measured by.
pub(crate) const TABLE_ROWS_MEASURED: usize = 1000;

/// A number of bytes in words: `64 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    if number.is_multiple_of(1 << 20) { format!("{} MiB", number >> 20) } else { format!("{number} bytes") }
}

/// What the programs of a run of `verify` may use up. These bound programs, not input, and so there is a time among them.
#[cfg(all(feature = "oracle", target_os = "linux"))]
pub(crate) mod run {
    /// What its files may hold together, in bytes.
    pub(crate) const DISK: u64 = 1 << 30;

    /// How many files it may make.
    pub(crate) const FILES: u64 = 200_000;

    /// What one file may hold, in bytes.
    pub(crate) const FILE_BYTES: u64 = 256 << 20;

    /// How many processes and threads it may have.
    pub(crate) const PROCESSES: u64 = 1024;

    /// What its processes may hold in memory together, in bytes.
    pub(crate) const MEMORY: u64 = 2 << 30;

    /// How much memory one process may ask for, in bytes.
    pub(crate) const ADDRESSES: u64 = 4 << 30;

    /// How many files one process may have open.
    pub(crate) const OPEN_FILES: u64 = 4096;

    /// How long one process may compute, in seconds.
    pub(crate) const SECONDS: u64 = 60;

    /// What a run may answer, in bytes.
    pub(crate) const REPLY_BYTES: u64 = 256 << 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/model.md tells the numbers that hold.
    #[test]
    fn the_page_tells_the_numbers() {
        let page = include_str!("../docs/model.md");
        let section = page.split("## Limits").nth(1).expect("there is a section on limits");
        let grouped = |number: u64| {
            let digits = number.to_string();
            let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
            groups.join(",")
        };
        for number in [
            u64::from(NESTING),
            REQUESTS,
            STEPS,
            REASON_STEPS,
            REASON_REQUESTS,
            VALUE_BYTES,
            READ_BYTES,
            LINES_KEPT as u64,
            TRACE as u64,
            PATTERN_STEPS,
            PATTERN_HTTPD as u64,
            MAP_BYTES,
            u64::from(PATTERN_HEAP >> 10),
            u64::from(BCRYPT_COST),
            u64::from(SHA_CRYPT_ROUNDS),
            (STACK >> 20) as u64,
        ] {
            assert!(section.contains(&grouped(number)), "docs/model.md does not tell of {}", grouped(number));
        }
    }
}
