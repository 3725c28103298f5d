//! What a trace tells of response headers: which line set, changed or lost which.

use super::request::Request;
use super::response;
use crate::outcome::step::{By, Change, Detail, Field, HeaderFate, HeaderTable, Judgement, Step};
use crate::phase::Phase;
use crate::source::Span;
use bstr::BString;

/// Whether headers are told.
pub(crate) fn wanted(r: &Request<'_>) -> bool {
    r.engine.responds() && r.traced()
}

/// What a header of an answer that goes well is now, where it is to be told.
pub(crate) fn seen(r: &Request<'_>, name: &str) -> Option<BString> {
    if wanted(r) { r.headers_out.get(name).map(|v| v.to_owned()) } else { None }
}

/// Tells headers that were set, by whom, with what they were before.
pub(crate) fn tell_set(r: &Request<'_>, by: By, rule: Option<Span>, names: &[(&str, Option<BString>)]) {
    if !wanted(r) {
        return;
    }
    r.tell(|| {
        let mut step = Step::new(Phase::Handler, by, rule, Judgement::Matched);
        for (name, from) in names {
            let to = r.headers_out.get(name).map(|v| v.to_owned());
            step = step.changing(change(HeaderTable::OnSuccess, *name, from.clone(), to));
        }
        step
    });
}

/// Tells a header that was set for errors as well.
pub(crate) fn tell_set_always(r: &Request<'_>, by: By, rule: Option<Span>, name: &str) {
    if wanted(r) {
        let to = r.err_headers_out.get(name).map(|v| v.to_owned());
        r.tell(|| {
            let step = Step::new(Phase::Handler, by, rule, Judgement::Matched);
            step.changing(change(HeaderTable::Always, name, None, to))
        });
    }
}

/// What became of a header in one of the tables.
pub(crate) fn change(
    table: HeaderTable,
    name: impl Into<BString>,
    from: Option<BString>,
    to: Option<BString>,
) -> Change {
    Change { field: Field::Header(table), name: Some(name.into()), from, to }
}

/// Tells what an answer loses that httpd's own page takes the place of: headers that were set, and lines that would have set some.
pub(crate) fn tell_lost(r: &mut Request<'_>) {
    if !wanted(r) {
        return;
    }
    let status = r.status;
    let kept = |name: &[u8]| name.eq_ignore_ascii_case(b"Location") && response::keeps_location(status);
    let rows = r.headers_out.iter().filter(|(name, _)| !kept(name));
    let lost: Vec<Change> = rows
        .map(|(name, value)| change(HeaderTable::OnSuccess, name.to_owned(), Some(value.to_owned()), None))
        .collect();
    if !lost.is_empty() {
        r.tell(|| {
            let step = Step::new(Phase::Handler, By::Core, None, Judgement::Matched);
            Step { changes: lost, ..step }.with(Detail::Header(BString::default(), HeaderFate::ErrorPage(status)))
        });
    }
    (r.functions().headers.tell_lost)(r);
}
