//! mod_headers.c: Header and RequestHeader.

mod apply;
mod format;
mod merging;
mod told;

use crate::conf::args;
use crate::expr::Expr;
use crate::pattern::{Flags, Regex};
use crate::server::cmd::Cmd;
use crate::server::functions::{self, Functions};
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, hook, order, row};
use crate::server::request::Request;
use crate::server::sendable;
use crate::server::settings::Settings;
use crate::server::table::Table;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use format::Tag;
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
        respond: apply::respond,
        any: |r| r.per_dir.headers.is_some(),
        may_matter,
        line: apply::line,
        tell_lost: told::tell_lost,
    };
}

static HOOKS: &[Hook] =
    &[hook(Phase::Fixups, order::LAST, apply::fixup), hook(Phase::PostReadRequest, order::FIRST, apply::early)];

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

impl Entry {
    /// Whether it is carried out before the request is looked at, and then only.
    fn is_early(&self) -> bool {
        matches!(self.condition, Condition::Early)
    }
}
