//! Header lines carried out: on the request before and after it is looked at, and on the answer.

use super::merging::Merging;
use super::{Action, Condition, Entry, Pick, Value, format, told};
use crate::outcome::observer::Whence;
use crate::outcome::step::{HeaderFate, HeaderTable};
use crate::pattern::{self, Captures};
use crate::server::captures;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::table::Table;
use crate::server::{environ, expr_context, response};
use crate::source::Span;
use crate::text::Text;
use crate::version;
use bstr::BString;

/// `ap_headers_early`
pub(super) fn early(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.headers.as_deref() else { return Verdict::Declined };
    let which: [(&[Entry], Pick); 3] = [
        (&dir.request, |r| &mut r.headers_in),
        (&dir.always, |r| &mut r.err_headers_out),
        (&dir.on_success, |r| &mut r.headers_out),
    ];
    for (entries, table) in which {
        if on_table(r, entries, true, table).is_none() {
            r.error("AH01504", "Regular expression replacement failed (replacement too long?)");
            return Verdict::Status(500);
        }
    }
    Verdict::Declined
}

/// `ap_headers_fixup`
pub(super) fn fixup(r: &mut Request<'_>) -> Verdict {
    if let Some(dir) = r.per_dir.headers.as_deref() {
        on_table(r, &dir.request, false, |r| &mut r.headers_in);
    }
    Verdict::Declined
}

/// How many lines about Location are taken out one by one, to see which of them decide.
const WEIGHED: usize = 16;

/// What becomes of an answer's headers: `ap_headers_output_filter` and, where httpd makes the body itself,
/// `ap_headers_error_filter`. Of the answer's own headers it sees none, as these are moved out of its sight.
pub(super) fn respond(r: &mut Request<'_>, error: bool) {
    let Some(dir) = r.per_dir.headers.as_deref() else { return };
    if dir.always.is_empty() && dir.on_success.is_empty() || r.main.is_some() {
        return;
    }
    let before = (r.headers_out.clone(), r.err_headers_out.clone(), r.log.len());
    let located =
        |r: &Request<'_>| r.err_headers_out.get("Location").or(r.headers_out.get("Location")).map(|l| l.to_owned());
    let run = |r: &mut Request<'_>, skip: Option<Span>| {
        (r.headers_out, r.err_headers_out) = (before.0.clone(), before.1.clone());
        r.log.truncate(before.2);
        r.without = skip;
        if error {
            // the answer's own table is the other one by now
            if !r.engine.responds() {
                r.err_headers_out = Table::default();
            }
            on_table(r, &dir.always, false, |r| &mut r.err_headers_out);
        } else {
            on_table(r, &dir.always, false, |r| &mut r.err_headers_out);
            on_table(r, &dir.on_success, false, |r| &mut r.headers_out);
        }
        r.without = None;
        located(r)
    };
    let now = run(r, None);
    let entries = dir.always.iter().chain(&dir.on_success);
    let about: Vec<Span> = entries.filter(|e| e.name.eq_ignore_ascii_case(b"Location")).map(|e| e.span).collect();
    // of very many, the last ones have the say
    let about = about[about.len().saturating_sub(WEIGHED)..].to_vec();
    if about.is_empty() {
        return;
    }
    let after = (r.headers_out.clone(), r.err_headers_out.clone(), r.log.clone());
    let engine = r.engine;
    let deciders: Vec<Span> =
        engine.suppose(about[0], || about.into_iter().filter(|span| run(r, Some(*span)) != now).collect());
    (r.headers_out, r.err_headers_out, r.log) = after;
    deciders.into_iter().for_each(|span| r.decide(Phase::Handler, span));
}

/// The first line that does something to one of these headers of an answer that went well, before its body is sent.
pub(super) fn line(r: &Request<'_>, names: &[&str]) -> Option<Span> {
    let dir = r.per_dir.headers.as_ref()?;
    let late = |e: &&Entry| !matches!(e.condition, Condition::Early);
    names
        .iter()
        .find_map(|n| dir.on_success.iter().filter(late).find(|e| e.name.eq_ignore_ascii_case(n.as_bytes())))
        .map(|e| e.span)
}

/// `do_headers_fixup`; none when a replacement grew too long.
fn on_table(r: &mut Request<'_>, entries: &[Entry], early: bool, table: Pick) -> Option<()> {
    let skip = r.without;
    let mut merging = Merging::default();
    let of_pass = |e: &&Entry| matches!(e.condition, Condition::Early) == early;
    for entry in entries.iter().filter(of_pass).filter(|e| Some(e.span) != skip) {
        let holds = holds(r, entry);
        let of = told_table(entries, r);
        let from = of.and_then(|_| table(r).get_joined(&entry.name));
        let done = if holds { apply(r, entry, table, &mut merging) } else { Some(()) };
        if holds && is_request(r, table) {
            environ::changed_header(r, &entry.name, entry.span);
        }
        if let Some(of) = of {
            let fate = if holds { HeaderFate::Applied } else { HeaderFate::Condition };
            told::tell_line(r, entry, of, from, fate);
        }
        r.engine.budget.name(entry.span);
        done?;
    }
    Some(())
}

/// Whether a line's condition holds.
pub(super) fn holds(r: &mut Request<'_>, entry: &Entry) -> bool {
    match &entry.condition {
        Condition::Early | Condition::Always => true,
        Condition::Env(name) => r.env.get(name).is_some(),
        Condition::NoEnv(name) => r.env.get(name).is_none(),
        Condition::Expr(expr) => match expr_context::condition(r, expr) {
            Ok(held) => held,
            Err(e) => {
                // with an error the line is carried out
                r.error("AH01501", format!("Failed to evaluate expression ({e}) - ignoring"));
                true
            }
        },
    }
}

/// The table that lines are about, where what they do is told: not while a line is taken not to be there.
fn told_table(entries: &[Entry], r: &Request<'_>) -> Option<HeaderTable> {
    if !r.traced() || !r.engine.responds() || r.without.is_some() {
        return None;
    }
    let dir = r.per_dir.headers.as_deref()?;
    let is = |list: &[Entry]| std::ptr::eq(list, entries) && !list.is_empty();
    match () {
        () if is(&dir.always) => Some(HeaderTable::Always),
        () if is(&dir.on_success) => Some(HeaderTable::OnSuccess),
        () => None,
    }
}

fn apply(r: &mut Request<'_>, entry: &Entry, table: Pick, merging: &mut Merging) -> Option<()> {
    if entry.action != Action::Merge {
        merging.forget();
    }
    let name = entry.name.clone();
    let value = match entry.action {
        Action::Unset | Action::Echo | Action::Edit | Action::EditAll => BString::default(),
        _ => process(r, entry),
    };
    if !r.affords(&value) {
        return Some(());
    }
    if entry.is_early() && response::is_unknown(&value) && is_request(r, table) {
        r.caveat("RequestHeader", entry.span, "its value is not known here, and what comes after may look at it");
    }
    match entry.action {
        Action::Add => table(r).add(name, value),
        Action::Append => table(r).merge(name, value),
        Action::Merge => {
            let there = table(r).get(&name).is_some_and(|have| merging.has(&name, have, &value));
            if !there {
                table(r).merge(name, value);
            }
        }
        Action::Set => {
            set_type(r, entry, table, Some(&value));
            table(r).set(name, value);
        }
        Action::SetIfEmpty => {
            if table(r).get(&name).is_none() {
                set_type(r, entry, table, Some(&value));
                table(r).set(name, value);
            }
        }
        Action::Unset => {
            set_type(r, entry, table, None);
            table(r).unset(&name);
        }
        Action::Echo => {
            let all: Vec<_> = r.headers_in.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            for (name, value) in all {
                let wanted = entry
                    .regex
                    .as_ref()
                    .is_some_and(|x| captures::is_match(r, x, entry.span, &name, Whence::default()));
                if wanted && r.affords(&value) {
                    r.headers_out.add(name, value);
                }
            }
        }
        Action::Edit | Action::EditAll => {
            if is_type(entry)
                && (!is_request(r, table) || !r.has(&version::OWN_TYPE))
                && let Some(kind) = r.content_type.clone().map(Text::into_owned)
            {
                let edited = edit(r, entry, &kind)?;
                r.set_content_type(Some(edited.into()), true);
            }
            let had: Vec<_> = table(r).named(&name).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            let mut edited = Vec::new();
            for (name, value) in had {
                edited.push((name, edit(r, entry, &value)?));
            }
            table(r).unset(&name);
            for (name, value) in edited {
                table(r).add(name, value);
            }
        }
        Action::Note => match table(r).get(&name).map(|v| v.to_owned()) {
            Some(found) => r.notes.set(value, found),
            None => {
                r.notes.unset(&value);
            }
        },
    }
    Some(())
}

fn is_type(entry: &Entry) -> bool {
    entry.name.eq_ignore_ascii_case(b"Content-Type")
}

/// Whether a table is that of the request's headers.
fn is_request(r: &mut Request<'_>, table: Pick) -> bool {
    let picked: *const Table = table(r);
    std::ptr::eq(picked, &r.headers_in)
}

/// The answer's own type changes with the header; once it did so with the request's header too.
fn set_type(r: &mut Request<'_>, entry: &Entry, table: Pick, value: Option<&BString>) {
    if !is_type(entry) || is_request(r, table) && (value.is_none() || r.has(&version::OWN_TYPE)) {
        return;
    }
    // such a type names no handler
    let own = r.engine.server.loaded.version.has(&version::OWN_TYPE);
    let trusted = !own
        || r.trusted_content_type && value.is_some_and(|new| r.content_type.as_ref().is_some_and(|had| *had == *new));
    if own || value.is_some() {
        r.set_content_type(value.map(|v| v.clone().into()), trusted);
    }
}

fn process(r: &mut Request<'_>, entry: &Entry) -> BString {
    match &entry.value {
        Value::Tags(tags) => format::process(r, tags),
        Value::Expr(expr) => match expr_context::string(r, expr) {
            Ok(value) => value,
            Err(e) => {
                r.error("AH02557", format!("Can't evaluate value expression: {e}"));
                BString::default()
            }
        },
    }
}

/// `process_regexp`: the value with its first match (or all) replaced.
fn edit(r: &mut Request<'_>, entry: &Entry, value: &BString) -> Option<BString> {
    let regex = entry.regex.as_ref()?;
    if response::is_unknown(value) {
        return Some(response::UNKNOWN.into());
    }
    let mut out = BString::default();
    let mut rest = value.as_slice();
    let mut caps = Captures::default();
    while captures::search(r, regex, entry.span, rest, Whence::default(), &mut caps) {
        let (start, end) = caps.get(0)?;
        let template = process(r, entry);
        if response::is_unknown(&template) {
            return Some(template);
        }
        let filled = pattern::substitute(&template, rest, &caps)?;
        if !r.affords(&filled) {
            break;
        }
        out.extend_from_slice(&rest[..start]);
        out.extend_from_slice(&filled);
        rest = &rest[end..];
        if entry.action == Action::Edit {
            break;
        }
        if end == 0 {
            r.caveat(
                "Header",
                entry.span,
                "`edit*` matches nothing again and again: the httpd process that does it crashes",
            );
            return Some(response::UNKNOWN.into());
        }
    }
    out.extend_from_slice(rest);
    Some(out)
}
