//! httpd's own engine, PCRE2, called as `server/util_pcre.c` calls it.
//!
//! The one file with unsafe code: a `Code` owns one compiled pattern, which PCRE2 only reads once it is made, and
//! each thread owns the block that matching writes to.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::ptr::{self, NonNull};

use bstr::BString;
use pcre2_sys as sys;

use super::regex::Slots;
use super::{Flags, GivenUp, RegexError};
use crate::limits;

/// A compiled pattern.
pub(super) struct Code {
    code: NonNull<sys::pcre2_code_8>,
    groups: usize,
    names: Vec<(usize, BString)>,
}

// SAFETY: PCRE2 documents compiled code as shareable between threads: matching does not change it without JIT.
unsafe impl Send for Code {}
// SAFETY: as above.
unsafe impl Sync for Code {}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: `code` came from `pcre2_compile_8`, is freed here only, and nothing borrows it any more.
        unsafe { sys::pcre2_code_free_8(self.code.as_ptr()) }
    }
}

impl Code {
    /// Compiles `pattern` with the options that `ap_regcomp` derives from `flags`.
    pub(super) fn new(pattern: &[u8], flags: Flags) -> Result<Code, RegexError> {
        Code::compile(pattern, options(flags))
    }

    /// The same, for [`Code::exec_counted`]: PCRE2 calls out before each item of the pattern.
    pub(super) fn counted(pattern: &[u8], flags: Flags) -> Result<Code, RegexError> {
        Code::compile(pattern, options(flags) | sys::PCRE2_AUTO_CALLOUT)
    }

    fn compile(pattern: &[u8], options: u32) -> Result<Code, RegexError> {
        let mut error = 0;
        let mut offset = 0;
        // SAFETY: pointer and length are those of a live slice, `error` and `offset` outlive the call, and a null
        // compile context stands for the defaults.
        let code = unsafe {
            sys::pcre2_compile_8(
                start_of(pattern),
                pattern.len(),
                options,
                &raw mut error,
                &raw mut offset,
                ptr::null_mut(),
            )
        };
        let Some(code) = NonNull::new(code) else {
            return Err(RegexError { message: error_message(error), offset });
        };
        let mut code = Code { code, groups: 0, names: Vec::new() };
        code.groups = code.info_u32(sys::PCRE2_INFO_CAPTURECOUNT) as usize;
        code.names = code.name_table();
        Ok(code)
    }

    pub(super) fn groups(&self) -> usize {
        self.groups
    }

    pub(super) fn names(&self) -> &[(usize, BString)] {
        &self.names
    }

    /// Searches `subject`; on a match, the places of all groups are added to `slots`.
    ///
    /// # Errors
    /// It was given up: PCRE2 ended in an error, or needed more memory than it gets here.
    pub(super) fn exec(&self, subject: &[u8], slots: Option<&mut Slots>) -> Result<bool, GivenUp> {
        self.exec_within(subject, slots, limits::PATTERN_HTTPD as u32)
    }

    /// The same with another match limit than httpd's.
    ///
    /// # Errors
    /// As for [`Code::exec`].
    pub(super) fn exec_within(&self, subject: &[u8], slots: Option<&mut Slots>, limit: u32) -> Result<bool, GivenUp> {
        self.exec_with(subject, slots, limit, None)
    }

    /// The same for what was compiled to be counted, within `count.left` steps, which are used up then.
    ///
    /// # Errors
    /// As for [`Code::exec`], or that there were not as many steps.
    pub(super) fn exec_counted(
        &self,
        subject: &[u8],
        slots: Option<&mut Slots>,
        count: &mut Count,
    ) -> Result<bool, GivenUp> {
        self.exec_with(subject, slots, limits::PATTERN_HTTPD as u32, Some(count))
    }

    fn exec_with(
        &self,
        subject: &[u8],
        slots: Option<&mut Slots>,
        limit: u32,
        count: Option<&mut Count>,
    ) -> Result<bool, GivenUp> {
        MATCH_DATA
            .try_with(|cell| match cell.try_borrow_mut() {
                Ok(mut data) => self.exec_in(&mut data, subject, slots, limit, count),
                Err(_) => Err(GivenUp::Pattern),
            })
            .unwrap_or(Err(GivenUp::Pattern))
    }

    fn exec_in(
        &self,
        data: &mut MatchData,
        subject: &[u8],
        slots: Option<&mut Slots>,
        limit: u32,
        count: Option<&mut Count>,
    ) -> Result<bool, GivenUp> {
        let (block, context) = data.at_least(self.groups + 1).ok_or(GivenUp::Pattern)?;
        let (call, to) = match count {
            None => (None, ptr::null_mut()),
            Some(count) => (Some(count_step as Callout), ptr::from_mut(count).cast()),
        };
        // SAFETY: `code` is live, pointer and length are those of a live slice, `block` and `context` are this thread's
        // own. `to` is what `count_step` expects, and outlives the call; nobody calls out later, as each call sets it.
        let found = unsafe {
            pcre2_set_callout_8(context.as_ptr(), call, to);
            sys::pcre2_set_match_limit_8(context.as_ptr(), limit);
            sys::pcre2_match_8(
                self.code.as_ptr(),
                start_of(subject),
                subject.len(),
                0,
                0,
                block.as_ptr(),
                context.as_ptr(),
            )
        };
        match found {
            sys::PCRE2_ERROR_NOMATCH => return Ok(false),
            sys::PCRE2_ERROR_CALLOUT | sys::PCRE2_ERROR_HEAPLIMIT => return Err(GivenUp::Pattern),
            sys::PCRE2_ERROR_MATCHLIMIT if f64::from(limit) < limits::PATTERN_HTTPD => return Err(GivenUp::Pattern),
            ..0 => return Err(GivenUp::AsHttpd),
            _ => {}
        }
        if let Some(slots) = slots {
            // SAFETY: the vector belongs to `block`, which lives on and has room for `groups + 1` pairs; `pcre2_match`
            // sets the pairs of all groups of the pattern, those that took no part to `PCRE2_UNSET`.
            let pairs = unsafe {
                let pairs = sys::pcre2_get_ovector_pointer_8(block.as_ptr());
                std::slice::from_raw_parts(pairs, 2 * (self.groups + 1))
            };
            slots.extend(pairs.chunks_exact(2).map(|pair| match *pair {
                [start, end] if start != sys::PCRE2_UNSET && end != sys::PCRE2_UNSET => Some((start, end)),
                _ => None,
            }));
        }
        Ok(true)
    }

    fn info_u32(&self, what: u32) -> u32 {
        let mut value = 0_u32;
        // SAFETY: every `what` passed here is documented to write one `uint32_t`.
        unsafe { sys::pcre2_pattern_info_8(self.code.as_ptr(), what, (&raw mut value).cast()) };
        value
    }

    fn name_table(&self) -> Vec<(usize, BString)> {
        let count = self.info_u32(sys::PCRE2_INFO_NAMECOUNT) as usize;
        let size = self.info_u32(sys::PCRE2_INFO_NAMEENTRYSIZE) as usize;
        let mut table: *const u8 = ptr::null();
        // SAFETY: PCRE2_INFO_NAMETABLE writes one pointer.
        unsafe {
            sys::pcre2_pattern_info_8(self.code.as_ptr(), sys::PCRE2_INFO_NAMETABLE, (&raw mut table).cast());
        }
        if count == 0 || size < 3 || table.is_null() {
            return Vec::new();
        }
        // SAFETY: the table has `count` entries of `size` bytes and lives as long as the code.
        let table = unsafe { std::slice::from_raw_parts(table, count * size) };
        let entry = |entry: &[u8]| match entry {
            [high, low, name @ ..] => {
                let name = name.split(|&b| b == 0).next().unwrap_or_default();
                Some((usize::from(*high) << 8 | usize::from(*low), BString::from(name)))
            }
            _ => None,
        };
        table.chunks_exact(size).filter_map(entry).collect()
    }
}

/// Where `bytes` begin. An empty slice may point to address 1, from which PCRE2 would subtract lengths and underflow.
fn start_of(bytes: &[u8]) -> *const u8 {
    if bytes.is_empty() { c"".as_ptr().cast() } else { bytes.as_ptr() }
}

fn options(flags: Flags) -> u32 {
    [
        (true, sys::PCRE2_DUPNAMES),
        (flags.icase, sys::PCRE2_CASELESS),
        (flags.multiline, sys::PCRE2_MULTILINE),
        (!flags.no_dotall, sys::PCRE2_DOTALL),
        (!flags.no_dollar_endonly, sys::PCRE2_DOLLAR_ENDONLY),
    ]
    .into_iter()
    .filter(|(on, _)| *on)
    .fold(0, |all, (_, bit)| all | bit)
}

fn error_message(error: i32) -> String {
    let mut text = [0_u8; 256];
    // SAFETY: pointer and length are those of `text`; PCRE2 ends what it writes with a NUL.
    unsafe { sys::pcre2_get_error_message_8(error, text.as_mut_ptr(), text.len()) };
    let text = text.split(|&b| b == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// The steps of a search: one for each item that is tried, and one for each [`Count::RUN`] bytes that a run went over and
/// each [`Count::GROUPS`] groups that are noted. PCRE2's own count leaves out what takes the time in a recursion, and how
/// far a run goes.
pub(super) struct Count {
    /// How many may follow.
    pub left: u64,
    at: usize,
}

impl Count {
    const RUN: usize = 32;
    const GROUPS: u32 = 8;

    /// So many at most.
    pub(super) fn of(left: u64) -> Count {
        Count { left, at: 0 }
    }

    fn step(&mut self, block: &CalloutBlock) -> bool {
        let run = block.current_position.abs_diff(self.at) / Count::RUN;
        let steps = 1 + run as u64 + u64::from(block.capture_top / Count::GROUPS);
        self.at = block.current_position;
        let enough = steps <= self.left;
        self.left = self.left.saturating_sub(steps);
        enough
    }
}

/// `pcre2_callout_block`, as far as it is read (pcre2.h; new fields only ever come behind).
#[repr(C)]
struct CalloutBlock {
    version: u32,
    callout_number: u32,
    capture_top: u32,
    capture_last: u32,
    offset_vector: *mut usize,
    mark: *const u8,
    subject: *const u8,
    subject_length: usize,
    start_match: usize,
    current_position: usize,
}

type Callout = unsafe extern "C" fn(*const CalloutBlock, *mut c_void) -> c_int;

// pcre2-sys has no binding for it
unsafe extern "C" {
    fn pcre2_set_callout_8(context: *mut sys::pcre2_match_context_8, call: Option<Callout>, to: *mut c_void) -> c_int;
}

/// What PCRE2 calls before each item: it goes on for as long as there are steps left.
unsafe extern "C" fn count_step(block: *const CalloutBlock, count: *mut c_void) -> c_int {
    // SAFETY: PCRE2 hands over a block of its own, which lives as long as this call, and what `exec_in` set, which
    // is a `Count` that nobody else holds.
    let (block, count) = unsafe { (&*block, &mut *count.cast::<Count>()) };
    if count.step(block) { 0 } else { sys::PCRE2_ERROR_CALLOUT }
}

thread_local! {
    /// One block for a thread, grown as needed, as httpd keeps it.
    static MATCH_DATA: RefCell<MatchData> = RefCell::default();
}

/// What a match writes to, and the limits that it keeps to.
#[derive(Default)]
struct MatchData {
    block: Option<NonNull<sys::pcre2_match_data_8>>,
    context: Option<NonNull<sys::pcre2_match_context_8>>,
    pairs: usize,
}

/// A block and a context to match with.
type Ready = (NonNull<sys::pcre2_match_data_8>, NonNull<sys::pcre2_match_context_8>);

impl MatchData {
    /// A block with room for `pairs` groups, and a context; `None` if there is no memory.
    fn at_least(&mut self, pairs: usize) -> Option<Ready> {
        if self.block.is_none() || self.pairs < pairs {
            let pairs = pairs.max(10);
            // SAFETY: a null general context stands for the default memory management.
            let block = unsafe { sys::pcre2_match_data_create_8(u32::try_from(pairs).ok()?, ptr::null_mut()) };
            *self = MatchData { block: Some(NonNull::new(block)?), context: None, pairs };
        }
        if self.context.is_none() {
            // SAFETY: as above; the limit is set on what was just made, and not null.
            self.context = unsafe {
                let context = NonNull::new(sys::pcre2_match_context_create_8(ptr::null_mut()))?;
                sys::pcre2_set_heap_limit_8(context.as_ptr(), limits::PATTERN_HEAP);
                Some(context)
            };
        }
        self.block.zip(self.context)
    }
}

impl Drop for MatchData {
    fn drop(&mut self) {
        if let Some(block) = self.block {
            // SAFETY: `block` came from `pcre2_match_data_create_8` and is freed here only.
            unsafe { sys::pcre2_match_data_free_8(block.as_ptr()) }
        }
        if let Some(context) = self.context {
            // SAFETY: `context` came from `pcre2_match_context_create_8` and is freed here only.
            unsafe { sys::pcre2_match_context_free_8(context.as_ptr()) }
        }
    }
}
