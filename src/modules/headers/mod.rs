//! mod_headers.c: Header and RequestHeader.

mod format;
mod merging;
mod told;

use crate::conf::args;
use crate::expr::Expr;
use crate::outcome::observer::Whence;
use crate::outcome::step::{HeaderFate, HeaderTable};
use crate::pattern::{self, Captures, Flags, Regex};
use crate::server::build::Cmd;
use crate::server::captures;
use crate::server::functions::{self, Functions};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::settings::Settings;
use crate::server::table::Table;
use crate::server::{environ, expr_context, response, sendable};
use crate::source::Span;
use crate::text::Text;
use crate::version;
use bstr::{BString, ByteSlice};
use format::Tag;
use merging::Merging;
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_headers.c",
    identifier: "headers_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.headers = functions::Headers {
        respond,
        any: |r| r.per_dir.headers.is_some(),
        may_matter,
        line,
        tell_lost: told::tell_lost,
    };
}

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::LAST, fixup), hook(Phase::PostReadRequest, order::FIRST, early)];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("Header", Args::Raw, OR_FILEINFO, Modelled, "an optional condition, an action, header and value followed by optional env clause", header),
    row("RequestHeader", Args::Raw, OR_FILEINFO, Modelled, "an action, header and value followed by optional env clause", request_header),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Add,
    Append,
    Merge,
    Set,
    SetIfEmpty,
    Unset,
    Echo,
    Edit,
    EditAll,
    Note,
}

#[derive(Clone, Debug)]
enum Condition {
    Always,
    /// In post_read_request, and only there.
    Early,
    Env(BString),
    NoEnv(BString),
    Expr(Arc<Expr>),
}

#[derive(Clone, Debug)]
enum Value {
    Tags(Vec<Tag>),
    Expr(Arc<Expr>),
}

/// One of a request's tables of headers.
type Pick = for<'t, 'r> fn(&'t mut Request<'r>) -> &'t mut Table;

/// A line: httpd's `header_entry`.
#[derive(Clone, Debug)]
struct Entry {
    span: Span,
    action: Action,
    name: BString,
    value: Value,
    regex: Option<Regex>,
    condition: Condition,
}

/// Settings per directory: what is done to the request's headers, to those of answers that went well, and to those
/// of all answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    request: Vec<Entry>,
    on_success: Vec<Entry>,
    always: Vec<Entry>,
}

impl Dir {
    /// Whether an answer's headers may hang together with a variable of the environment.
    pub(crate) fn reads_variables(&self) -> bool {
        self.on_success.iter().chain(&self.always).any(Entry::reads_variables)
    }
}

impl Entry {
    fn reads_variables(&self) -> bool {
        let in_value = match &self.value {
            Value::Tags(tags) => tags.iter().any(|tag| matches!(tag, Tag::Env(_))),
            Value::Expr(_) => true,
        };
        in_value || matches!(self.condition, Condition::Env(_) | Condition::NoEnv(_) | Condition::Expr(_))
    }
}

/// Whether a line may change more of an answer that went well than its headers: where it leads, or that it can be sent at all.
fn may_matter(r: &Request<'_>) -> bool {
    let lines = r.per_dir.headers.as_deref().map(|dir| dir.on_success.iter().chain(&dir.always));
    lines.is_some_and(|mut lines| lines.any(Entry::may_matter))
}

impl Entry {
    fn may_matter(&self) -> bool {
        let by_value = || match &self.value {
            Value::Tags(tags) => tags.iter().any(Tag::is_risky),
            Value::Expr(expr) => expr.literal().is_none_or(|text| sendable::is_risky_text(text)),
        };
        match self.action {
            Action::Unset | Action::Echo | Action::Note => false,
            // it may never come to an end
            Action::EditAll => true,
            _ if self.name.eq_ignore_ascii_case(b"Location") => true,
            _ => sendable::is_risky_name(&self.name) || by_value(),
        }
    }
}

impl Settings for Dir {
    /// `merge_headers_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            request: [base.request.as_slice(), &add.request].concat(),
            on_success: [base.on_success.as_slice(), &add.on_success].concat(),
            always: [base.always.as_slice(), &add.always].concat(),
        }
    }
}

/// `header_cmd`, of Header
fn header(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let mut rest = a[0].as_slice();
    let mut action = args::word(&mut rest);
    let mut always = false;
    if action.eq_ignore_ascii_case(b"always") || action.eq_ignore_ascii_case(b"onsuccess") {
        always = action.eq_ignore_ascii_case(b"always");
        action = args::word(&mut rest);
    }
    let entry = entry(cmd, &action, rest, true)?;
    let dir = cmd.slot(|d| &mut d.headers);
    if always {
        dir.always.push(entry)
    } else {
        dir.on_success.push(entry)
    }
    Ok(())
}

/// `header_cmd`, of RequestHeader
fn request_header(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let mut rest = a[0].as_slice();
    let action = args::word(&mut rest);
    let entry = entry(cmd, &action, rest, false)?;
    cmd.slot(|d| &mut d.headers).request.push(entry);
    Ok(())
}

fn action_named(word: &[u8]) -> Result<Action, String> {
    Ok(match word.to_ascii_lowercase().as_slice() {
        b"set" => Action::Set,
        b"setifempty" => Action::SetIfEmpty,
        b"add" => Action::Add,
        b"append" => Action::Append,
        b"merge" => Action::Merge,
        b"unset" => Action::Unset,
        b"echo" => Action::Echo,
        b"edit" => Action::Edit,
        b"edit*" => Action::EditAll,
        b"note" => Action::Note,
        _ => {
            return Err("first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'.".into());
        }
    })
}

/// `header_inout_cmd`
fn entry(cmd: &mut Cmd<'_>, action: &[u8], mut rest: &[u8], response: bool) -> Result<Entry, String> {
    let name = args::word(&mut rest);
    let mut next = || (!rest.is_empty()).then(|| args::word(&mut rest));
    let (mut value, subs, mut clause) = (next(), next(), next());
    if !rest.is_empty() {
        return Err(format!("{} has too many arguments", cmd.row.name));
    }
    let action = action_named(action)?;
    if action == Action::Note && !response {
        return Err("RequestHeader does not support the 'note' action".into());
    }
    let mut regex = None;
    let mut template = None;
    if matches!(action, Action::Edit | Action::EditAll) {
        let (Some(pattern), Some(subs)) = (&value, subs) else {
            return Err("Header edit requires a match and a substitution".into());
        };
        let compiled = cmd.regex(pattern, Flags::default());
        regex = Some(compiled.map_err(|_| "Header edit regex could not be compiled".to_string())?);
        template = Some(subs);
    } else {
        if clause.is_some() {
            return Err("Too many arguments to directive".into());
        }
        clause = subs;
    }
    if matches!(action, Action::Unset | Action::Echo) {
        if let Some(value) = value.take() {
            if clause.is_some() {
                let what = if action == Action::Unset { "header unset" } else { "Header echo" };
                return Err(format!("{what} takes two arguments"));
            }
            clause = Some(value);
        }
        if action == Action::Echo {
            if !response {
                return Err("Header echo only valid on Header directives".into());
            }
            let compiled = cmd.regex(&name, Flags::default());
            regex = Some(compiled.map_err(|_| "Header echo regex could not be compiled".to_string())?);
        }
    } else if value.is_none() {
        return Err("Header requires three arguments".into());
    }
    let condition = match clause {
        None => Condition::Always,
        Some(clause) => condition(cmd, &clause)?,
    };
    let template = template.or(value).unwrap_or_default();
    let value = match template.strip_prefix(b"expr=") {
        Some(text) => {
            let expr = cmd.expr(text, true).map_err(|e| format!("Can't parse value expression : {e}"))?;
            Value::Expr(Arc::new(expr))
        }
        None => Value::Tags(format::parse(&template)?),
    };
    let end = name.find_byte(b':').unwrap_or(name.len());
    Ok(Entry { span: cmd.span(), action, name: name[..end].into(), value, regex, condition })
}

fn condition(cmd: &mut Cmd<'_>, clause: &BString) -> Result<Condition, String> {
    let after = |prefix: &str| {
        let (head, tail) = clause.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix.as_bytes()).then_some(tail)
    };
    if clause.eq_ignore_ascii_case(b"early") {
        return Ok(Condition::Early);
    }
    if let Some(variable) = after("env=") {
        return match variable.strip_prefix(b"!") {
            _ if variable.is_empty() || variable == b"!" => {
                Err("error: missing environment variable name. envclause should be in the form env=envar ".into())
            }
            Some(name) => Ok(Condition::NoEnv(name.into())),
            None => Ok(Condition::Env(variable.into())),
        };
    }
    if let Some(text) = after("expr=") {
        let expr = cmd.expr(text, false).map_err(|e| format!("Can't parse envclause/expression: {e}"))?;
        return Ok(Condition::Expr(Arc::new(expr)));
    }
    Err(format!("Unknown parameter: {clause}"))
}

/// `ap_headers_early`
fn early(r: &mut Request<'_>) -> Verdict {
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
fn fixup(r: &mut Request<'_>) -> Verdict {
    if let Some(dir) = r.per_dir.headers.as_deref() {
        on_table(r, &dir.request, false, |r| &mut r.headers_in);
    }
    Verdict::Declined
}

impl Entry {
    /// Whether it is carried out before the request is looked at, and then only.
    fn is_early(&self) -> bool {
        matches!(self.condition, Condition::Early)
    }
}

/// How many lines about Location are taken out one by one, to see which of them decide.
const WEIGHED: usize = 16;

/// What becomes of an answer's headers: `ap_headers_output_filter` and, where httpd makes the body itself,
/// `ap_headers_error_filter`. Of the answer's own headers it sees none, as these are moved out of its sight.
fn respond(r: &mut Request<'_>, error: bool) {
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
fn line(r: &Request<'_>, names: &[&str]) -> Option<Span> {
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
fn holds(r: &mut Request<'_>, entry: &Entry) -> bool {
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
