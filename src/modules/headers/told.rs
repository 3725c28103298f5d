//! What a trace tells of mod_headers' lines.

use super::Entry;
use crate::outcome::step::{By, Detail, HeaderFate, HeaderTable, Judgement, Step};
use crate::phase::Phase;
use crate::server::request::Request;
use crate::server::told::{change, wanted};
use bstr::BString;

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

/// Tells of the lines that would have set a header of an answer that httpd's own page takes the place of.
pub(super) fn tell_lost(r: &mut Request<'_>) {
    let status = r.status;
    let lines = r.per_dir.headers.as_deref().map_or(&[][..], |dir| &dir.on_success);
    for entry in lines.iter().filter(|e| !e.is_early()) {
        // one whose condition doesn't hold would set nothing on any page
        let said = r.headers_out.clone();
        let held = r.for_trace(|r| super::apply::holds(r, entry));
        r.headers_out = said;
        let fate = if held { HeaderFate::ErrorPage(status) } else { HeaderFate::Condition };
        tell_line(r, entry, HeaderTable::OnSuccess, None, fate);
    }
}
