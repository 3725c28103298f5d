//! Ranges: part of a body where the client asks for it (modules/http/byterange_filter.c).

use super::conditions::{self, Condition, State};
use super::request::Request;
use super::{filters, setting};
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::server::core::Dir;
use crate::server::module::{Phase, Verdict};
use crate::source::Span;
use crate::version;
use bstr::BStr;

/// What is known of a body that is sent in one piece, as ranges want it: kept for requests with a Range header alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    /// Its length; none where it is a page that somebody makes while it is asked for.
    pub length: Option<u64>,
    /// What the answer says of itself, the likeliest first.
    pub states: Vec<State>,
}

impl Body {
    /// A body of which ranges may be asked; none where no Range header does.
    pub(crate) fn new(r: &Request<'_>, length: Option<u64>, states: impl FnOnce() -> Vec<State>) -> Option<Box<Body>> {
        asked(r).map(|_| Box::new(Body { length, states: states() }))
    }

    /// A page that is made while it is asked for; HEAD makes none.
    pub(crate) fn page(r: &Request<'_>) -> Option<Box<Body>> {
        Body::page_even_for_head(r).filter(|_| !r.header_only)
    }

    /// The same of a handler that does not look at the method: httpd makes the page and keeps it to itself.
    pub(crate) fn page_even_for_head(r: &Request<'_>) -> Option<Box<Body>> {
        Body::new(r, None, || State::of_program(r))
    }
}

/// The ranges that are asked for.
fn asked<'r>(r: &'r Request<'_>) -> Option<&'r BStr> {
    r.headers_in.get("Range").or_else(|| is_old(r).then(|| r.headers_in.get("Request-Range")).flatten())
}

/// Whether ranges are asked for as Navigator 2 and 3 did: `use_range_x`, of which one half is left out, that for MSIE 3.
pub(crate) fn is_old(r: &Request<'_>) -> bool {
    r.headers_in.get("Request-Range").is_some() && r.engine.server.loaded.version.has(&version::REQUEST_RANGE)
}

/// The length of a page that nobody knows, for a guess.
const SOME_PAGE: i64 = 2000;

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ranges {
    /// It is sent whole.
    Whole,
    /// Parts of it are.
    Partial { count: i64, overlaps: i64, reversals: i64 },
    /// Nothing of it was asked for.
    Unsatisfiable,
}

/// `ap_byterange_filter`: the status of a body that a handler answers with, where the request has a Range header.
pub(crate) fn filter(r: &mut Request<'_>) -> Verdict {
    let Some(body) = r.body.take() else { return Verdict::Ok };
    let Some(range) = asked(r).map(|v| v.to_owned()) else { return Verdict::Ok };
    let unit = range.get(..6).is_some_and(|u| u.eq_ignore_ascii_case(b"bytes="));
    if !unit || r.status != 200 || r.main.is_some() || r.headers_out.get("Content-Range").is_some() {
        return Verdict::Ok;
    }
    let core = r.core();
    let sets = &range[6..];
    let length = body.length.map_or(SOME_PAGE, |n| i64::try_from(n).unwrap_or(i64::MAX));
    let status = |state: Option<&State>, length: i64, core: &Dir| match state {
        Some(state) if conditions::if_range(r, state) == Condition::NoMatch => 200,
        _ => status_of(sets, length, core),
    };
    let now = match in_pieces(r) {
        true => 200,
        false => status(body.states.first(), length, core),
    };
    let mut doubt = None;
    if body.states.iter().any(|s| status(Some(s), length, core) != now) {
        doubt = Some(("If-Range", Span::NONE, "whether the file is still the same is not known exactly"));
    }
    if status_of(sets, length, core) != 200 || length == 0 {
        // a page may be longer than what is sent in one piece; a filter may make it longer or shorter
        if body.length.is_none() {
            doubt =
                Some(("Range", Span::NONE, "the length of the page is not known: the status may be 200, 206 or 416"));
        } else if let Some((_, span)) =
            filters::of_body(r).iter().find(|f| !(r.functions().includes.leaves_alone)(r, &f.0))
        {
            doubt = Some(("Range", *span, "a filter may change the length: the status may be 200, 206 or 416"));
        }
        let ours = ["ETag", "Last-Modified", "Date", "Content-Range", "Content-Type"];
        let asked = if r.headers_in.get("If-Range").is_some() { &ours[..] } else { &ours[3..] };
        if let Some(span) = (r.functions().headers.line)(r, asked) {
            doubt = Some(("Header", span, "it may decide whether a range is sent"));
        }
    }
    if let Some((header, span, why)) = doubt {
        r.caveat(header, span, why);
    }
    let limits = [&core.max_ranges, &core.max_overlaps, &core.max_reversals];
    if status_of(sets, length, &Dir::default()) != now {
        limits.iter().for_each(|l| r.decide_if(Phase::Handler, setting::decisive(l, &-2)));
    }
    r.tell(|| {
        Step::new(Phase::Handler, By::Module("http_core.c"), None, Judgement::of(now != 200))
            .with(Detail::Range(range.clone(), now))
    });
    match now {
        416 => Verdict::Status(416),
        status => {
            if status == 206
                && let Some(reply) = r.reply()
            {
                parse(sets, length, &mut |range| match range {
                    Some(range) => reply.ranges.push(range),
                    None => reply.ranges.clear(),
                });
            }
            r.status = status;
            Verdict::Ok
        }
    }
}

/// Whether the body comes in pieces, of which no ranges are cut: a page with server-side includes in it.
fn in_pieces(r: &Request<'_>) -> bool {
    let puts_together = |(name, _): &(bstr::BString, Span)| {
        name.eq_ignore_ascii_case(filters::INCLUDES.as_bytes()) && !(r.functions().includes.leaves_alone)(r, name)
    };
    match filters::of_body(r).iter().filter(|filter| puts_together(filter)).count() {
        0 => false,
        1 => true,
        _ => !(r.functions().includes.is_one_piece_later)(r),
    }
}

/// The status that ranges make of a body of that length, under the limits of a configuration.
fn status_of(sets: &[u8], length: i64, core: &Dir) -> u16 {
    let over = |n: i64, limit: &Option<setting::Set<i64>>, default: i64| match setting::value(limit, -2) {
        -2 => n > default,
        limit => limit >= 0 && n > limit,
    };
    match parse(sets, length, &mut |_| {}) {
        Ranges::Unsatisfiable => 416,
        Ranges::Partial { count, overlaps, reversals }
            if !over(count, &core.max_ranges, 200)
                && !over(overlaps, &core.max_overlaps, 20)
                && !over(reversals, &core.max_reversals, 20) =>
        {
            206
        }
        _ => 200,
    }
}

/// `ap_set_byterange`: what follows `bytes=`, for a body of `length` bytes; `part` is told the first and the last byte of each
/// part.
fn parse(sets: &[u8], length: i64, part: &mut dyn FnMut(Option<(i64, i64)>)) -> Ranges {
    if length <= 0 {
        return Ranges::Whole;
    }
    let (mut count, mut sum, mut overlaps, mut reversals) = (0, 0i64, 0, 0);
    let mut unsatisfiable = false;
    // the range that is growing
    let mut open: Option<(i64, i64)> = None;
    let mut rest = Some(sets);
    while let Some(word) = next_word(&mut rest) {
        let Some((start, end)) = bounds(word, length) else { return Ranges::Whole };
        if start == 0 && word.ends_with(b"-") {
            // from the beginning to the end: nothing else counts
            (count, sum, open) = (0, 0, Some((0, end)));
            part(None);
            break;
        }
        let start = start.max(0);
        if start >= length {
            unsatisfiable = true;
            continue;
        }
        let end = end.min(length - 1);
        let Some((from, to)) = &mut open else {
            open = Some((start, end));
            continue;
        };
        let mut merged = start >= *from && end <= *to;
        if start < *from && end >= *from - 1 {
            *from = start;
            reversals += 1;
            merged = true;
        }
        if end >= *to && start <= *to + 1 {
            *to = end;
            merged = true;
        }
        if merged {
            overlaps += 1;
            continue;
        }
        sum = sum.saturating_add(*to - *from + 1);
        count += 1;
        part(Some((*from, *to)));
        open = Some((start, end));
    }
    match open {
        Some((from, to)) => {
            part(Some((from, to)));
            sum = sum.saturating_add(to - from + 1);
            count += 1;
        }
        None if unsatisfiable => return Ranges::Unsatisfiable,
        None => {}
    }
    if sum > length || count == 0 { Ranges::Whole } else { Ranges::Partial { count, overlaps, reversals } }
}

/// `ap_getword` at commas, however many; none at an empty word.
fn next_word<'w>(rest: &mut Option<&'w [u8]>) -> Option<&'w [u8]> {
    let text = rest.take()?;
    let end = text.iter().position(|b| *b == b',').unwrap_or(text.len());
    let after = text[end..].iter().position(|b| *b != b',').map_or(text.len(), |n| end + n);
    *rest = Some(&text[after..]);
    Some(&text[..end]).filter(|w| !w.is_empty())
}

/// Where one range begins and ends; none where it is none.
fn bounds(word: &[u8], length: i64) -> Option<(i64, i64)> {
    let dash = word.iter().position(|b| *b == b'-')?;
    let (from, to) = (&word[..dash], &word[dash + 1..]);
    if from.is_empty() {
        let last = number(to).filter(|n| *n >= 1)?;
        return Some((length - last, length - 1));
    }
    let start = number(from)?;
    if to.is_empty() {
        return Some((start, length - 1));
    }
    number(to).filter(|end| start <= *end).map(|end| (start, end))
}

/// `ap_parse_strict_length`
fn number(text: &[u8]) -> Option<i64> {
    let digits = text.first()?.is_ascii_digit();
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_a_hundred_bytes() {
        let some = |count, overlaps, reversals| Ranges::Partial { count, overlaps, reversals };
        for (sets, want) in [
            ("0-3", some(1, 0, 0)),
            ("0-0", some(1, 0, 0)),
            ("-5", some(1, 0, 0)),
            ("-500", some(1, 0, 0)),
            ("99-", some(1, 0, 0)),
            ("0-", some(1, 0, 0)),
            ("0-3,50-", some(2, 0, 0)),
            ("0-3,2-9", some(1, 1, 0)),
            ("9-20,0-8", some(1, 1, 1)),
            ("5-9,0-,x", some(1, 0, 0)),
            ("0-3,500-", some(1, 0, 0)),
            ("100-", Ranges::Unsatisfiable),
            ("100-,200-300", Ranges::Unsatisfiable),
            ("-0", Ranges::Whole),
            ("3-1", Ranges::Whole),
            ("a-b", Ranges::Whole),
            ("5", Ranges::Whole),
            ("", Ranges::Whole),
            (" 0-3", Ranges::Whole),
            ("0-3, 5-6", Ranges::Whole),
            ("10-90,0-80,5-99", some(1, 2, 1)),
            ("10-80,90-99,0-85", Ranges::Whole),
        ] {
            assert_eq!(parse(sets.as_bytes(), 100, &mut |_| {}), want, "{sets}");
        }
        assert_eq!(parse(b"0-3", 0, &mut |_| {}), Ranges::Whole);
    }
}
