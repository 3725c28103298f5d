//! What a trace tells of response headers: which line set, changed or lost which.

use super::Entry;
use crate::outcome::step::{By, Change, Detail, Field, HeaderFate, HeaderTable, Judgement, Step};
use crate::phase::Phase;
use crate::server::request::Request;
use crate::server::response;
use crate::source::Span;
use bstr::BString;

/// Whether headers are told.
fn wanted(r: &Request<'_>) -> bool {
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

fn change(table: HeaderTable, name: impl Into<BString>, from: Option<BString>, to: Option<BString>) -> Change {
    Change { field: Field::Header(table), name: Some(name.into()), from, to }
}

/// Tells what a line did to a header, whose values were `from`.
pub(super) fn tell_line(r: &Request<'_>, entry: &Entry, table: HeaderTable, from: Option<BString>, fate: HeaderFate) {
    if !wanted(r) {
        return;
    }
    r.tell(|| {
        let judgement = match fate {
            HeaderFate::Applied => Judgement::Matched,
            HeaderFate::Condition => Judgement::Missed,
            HeaderFate::ErrorPage(_) => Judgement::Skipped,
        };
        let step = Step::new(Phase::Handler, By::Module("mod_headers.c"), Some(entry.span), judgement);
        let step = step.with(Detail::Header(entry.name.clone(), fate));
        let rows = if table == HeaderTable::Always { &r.err_headers_out } else { &r.headers_out };
        let to = rows.get_joined(&entry.name);
        if fate != HeaderFate::Applied || from == to {
            return step;
        }
        step.changing(change(table, entry.name.clone(), from, to))
    });
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
    let lines = r.per_dir.headers.as_deref().map_or(&[][..], |dir| &dir.on_success);
    for entry in lines.iter().filter(|e| !e.is_early()) {
        // one whose condition doesn't hold would set nothing on any page
        let said = r.headers_out.clone();
        let held = r.for_trace(|r| super::holds(r, entry));
        r.headers_out = said;
        let fate = if held { HeaderFate::ErrorPage(status) } else { HeaderFate::Condition };
        tell_line(r, entry, HeaderTable::OnSuccess, None, fate);
    }
}
