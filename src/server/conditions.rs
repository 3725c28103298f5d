//! Preconditions: what If-Match and its kin make of an answer (`ap_meets_conditions` and the `ap_condition_if_*` of
//! modules/http/http_protocol.c).
//!
//! They compare what the client remembers with what the answer says of itself. Where that is known only about (a file
//! that was made for the run, the time of the request), the comparison is made for each way it may be: the answer is
//! certain when all agree.

use super::etag::{self, Tag};
use super::filters;
use super::request::Request;
use crate::date::parse_http;
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::server::core::etag::DIGEST;
use crate::server::module::Phase;
use crate::source::Span;
use crate::vfs::{Errno, Stat};
use bstr::{BStr, BString};

/// How a condition came out: `ap_condition_e`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    /// It was not made.
    None,
    /// It does not hold.
    NoMatch,
    /// It holds, by a validator that is not sharp.
    Weak,
    /// It holds.
    Strong,
}

/// What an answer says of itself, in seconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// ETag.
    pub tag: Tag,
    /// Last-Modified.
    pub modified: i64,
    /// When the request came.
    pub now: i64,
}

/// The headers that make conditions.
const HEADERS: [&str; 5] = ["If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since", "If-Range"];

/// How sharply the time is known where it is the machine's own: a scenario may be asked somewhere else, a bit later.
const ABOUT: i64 = 86_400;

impl State {
    /// The ways that a file's answer may speak of itself, the likeliest first.
    pub(crate) fn of_file(r: &mut Request<'_>, file: &Stat) -> Vec<State> {
        let now = r.engine.now();
        let own = r.core().etag.in_force();
        // what stands for the time of a file that was just made, and how long ago that was, in microseconds
        let moments = match file.mtime {
            Some(mtime) => vec![(now, mtime, now.saturating_mul(1_000_000).saturating_sub(mtime))],
            None => [0, -ABOUT, ABOUT]
                .iter()
                .flat_map(|d| [0, 5_000_000].map(|age| (now + d, (now + d) * 1_000_000 - age, age)))
                .collect(),
        };
        let tag = |parts, age| match etag::make(r, file, parts, age) {
            // one that an early Header line set stays where the file has none
            Tag::None => r.headers_out.get("ETag").map_or(Tag::None, |t| Tag::Known(t.to_owned())),
            tag => tag,
        };
        let states = |parts| {
            let state = |(now, mtime, age): &(i64, i64, i64)| {
                // nothing is of the future
                State { tag: tag(parts, *age), modified: mtime.div_euclid(1_000_000).min(*now), now: *now }
            };
            moments.iter().map(state).collect::<Vec<_>>()
        };
        let mut found = states(own);
        if own != 0 && heeded(r) && outcome(r, &found[0]) != outcome(r, &states(0)[0]) {
            let span = r.core().etag.span;
            r.decide_if(Phase::Handler, span);
        }
        if own & DIGEST != 0 && found[0].tag == Tag::New && made(r) {
            let path = r.filename.clone().unwrap_or_default();
            let span = r.core().etag.span;
            r.unread(&path, Errno::TooLarge, span);
        }
        if r.negotiated && !matches!(found[0].tag, Tag::None) {
            // the tag tells of the other variants too: whether it is the client's is not known
            let clients = HEADERS.iter().filter_map(|h| r.headers_in.get(h)).find(|v| v.contains(&b';'));
            let known = clients.map(|v| Tag::Known(v.to_owned()));
            let first = State { tag: Tag::New, ..found[0].clone() };
            found = std::iter::once(first.clone()).chain(known.map(|tag| State { tag, ..first })).collect();
        }
        found
    }

    /// The ways that a program's answer may, which says no more than early Header lines said for it.
    pub(crate) fn of_program(r: &Request<'_>) -> Vec<State> {
        let now = r.engine.now();
        let tag = r.headers_out.get("ETag").map_or(Tag::None, |t| Tag::Known(t.to_owned()));
        let said = r.headers_out.get("Last-Modified").map_or(0, |v| parse_http(v));
        [0, -ABOUT, ABOUT]
            .map(|d| State { tag: tag.clone(), modified: if said == 0 { now + d } else { said }, now: now + d })
            .into()
    }
}

/// Whether the request makes any condition.
pub(crate) fn made(r: &Request<'_>) -> bool {
    // nearly all headers are told apart by their first letters
    let may_be = |name: &[u8]| name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"If-"));
    let is_one = |name: &[u8]| HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header.as_bytes()));
    r.headers_in.iter().any(|(name, _)| may_be(name) && is_one(name))
}

/// Whether conditions are heeded: an error's page is sent whatever the client has, and so is one with server-side
/// includes.
fn heeded(r: &Request<'_>) -> bool {
    let includes = |f: &(BString, Span)| f.0.eq_ignore_ascii_case(filters::INCLUDES.as_bytes());
    (200..300).contains(&r.status)
        && r.main.is_none()
        && ((r.functions().includes.heeds_conditions)(r) || !filters::of_body(r).iter().any(includes))
}

/// `ap_meets_conditions`: the status (304, 412) that stands for the answer, where a condition says so.
pub(crate) fn meet(r: &mut Request<'_>, states: &[State]) -> Option<u16> {
    let first = states.first().filter(|_| heeded(r))?;
    let (status, header) = outcome(r, first);
    if states.iter().any(|s| outcome(r, s).0 != status) {
        let present = HEADERS.iter().find(|h| r.headers_in.get(h).is_some());
        let why = "how it compares depends on the file's time or tag, which is not known exactly";
        r.caveat(present.unwrap_or(&"If-Match"), Span::NONE, why);
    }
    let value = r.headers_in.get(header).map(|v| v.to_owned());
    r.tell(|| {
        let judgement = if status == 0 { Judgement::Missed } else { Judgement::Ended(status) };
        let detail = value.map_or(Detail::Nothing, |value| Detail::Conditional(header, value, status));
        Step::new(Phase::Handler, By::Module("http_core.c"), None, judgement).with(detail)
    });
    (status != 0).then_some(status)
}

/// The status (0: as it is), and the header that made it.
fn outcome(r: &Request<'_>, state: &State) -> (u16, &'static str) {
    let get = r.method_number == super::method::GET;
    // httpd's `not_modified`: whether it may still become true, and what made it so
    let (mut open, mut not_modified, mut last) = (true, None, "");
    let mut note = |header: &'static str, condition: Condition| match condition {
        Condition::None => {}
        Condition::NoMatch => (open, not_modified, last) = (false, None, header),
        _ if get && open => not_modified = Some(header),
        _ => {}
    };
    if if_match(r, state) == Condition::NoMatch {
        return (412, "If-Match");
    }
    match if_unmodified_since(r, state) {
        c if c >= Condition::Weak => return (412, "If-Unmodified-Since"),
        c => note("If-Unmodified-Since", c),
    }
    match if_none_match(r, state) {
        c if c >= Condition::Weak && !get => return (412, "If-None-Match"),
        c => note("If-None-Match", c),
    }
    note("If-Modified-Since", if_modified_since(r, state));
    if if_range(r, state) > Condition::None {
        // the ranges have their own say
        return (0, "If-Range");
    }
    match not_modified {
        Some(header) => (304, header),
        None => (0, last),
    }
}

fn ranges(r: &Request<'_>) -> bool {
    r.headers_in.get("Range").is_some()
}

/// The time of the request, as a Date header has it where an early Header line set one.
fn request_time(r: &Request<'_>, state: &State) -> i64 {
    match r.headers_out.get("Date").map_or(0, |v| parse_http(v)) {
        0 => state.now,
        date => date,
    }
}

/// A time by which something has not changed: sharply, once a minute has passed since. Ranges want it sharp.
fn by_time(r: &Request<'_>, state: &State) -> Condition {
    match request_time(r, state) < state.modified.saturating_add(60) {
        true if ranges(r) => Condition::NoMatch,
        true => Condition::Weak,
        false => Condition::Strong,
    }
}

/// Whether a list of tags holds the answer's.
fn lists(list: &BStr, state: &State, weak: bool) -> bool {
    matches!(&state.tag, Tag::Known(tag) if etag::lists(list, tag, weak))
}

fn if_match(r: &Request<'_>, state: &State) -> Condition {
    match r.headers_in.get("If-Match") {
        None => Condition::None,
        Some(list) if list.starts_with(b"*") || lists(list, state, false) => Condition::Strong,
        Some(_) => Condition::NoMatch,
    }
}

fn if_unmodified_since(r: &Request<'_>, state: &State) -> Condition {
    let Some(value) = r.headers_in.get("If-Unmodified-Since") else { return Condition::None };
    let since = parse_http(value);
    if since != 0 && state.modified > since { by_time(r, state) } else { Condition::NoMatch }
}

fn if_none_match(r: &Request<'_>, state: &State) -> Condition {
    let Some(list) = r.headers_in.get("If-None-Match") else { return Condition::None };
    // weakly, where a whole page is asked for
    let weak = r.method_number == super::method::GET && !ranges(r);
    match weak {
        _ if list.starts_with(b"*") => Condition::Strong,
        true if lists(list, state, true) => Condition::Weak,
        false if lists(list, state, false) => Condition::Strong,
        _ => Condition::NoMatch,
    }
}

fn if_modified_since(r: &Request<'_>, state: &State) -> Condition {
    let Some(value) = r.headers_in.get("If-Modified-Since") else { return Condition::None };
    let since = parse_http(value);
    if (state.modified..=request_time(r, state)).contains(&since) { by_time(r, state) } else { Condition::NoMatch }
}

/// `ap_condition_if_range`: it is made only where a range is asked for.
pub(crate) fn if_range(r: &Request<'_>, state: &State) -> Condition {
    let Some(value) = r.headers_in.get("If-Range").filter(|_| ranges(r)) else { return Condition::None };
    match &state.tag {
        Tag::Known(tag) if value.starts_with(b"\"") && tag == value => Condition::Strong,
        _ if value.starts_with(b"\"") || parse_http(value) != state.modified => Condition::NoMatch,
        _ => by_time(r, state),
    }
}
