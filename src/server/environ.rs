//! The environment that a program finds: httpd's table of variables, as it gets through to a CGI program, to PHP (PHP-FPM
//! too) or to a WSGI application, to each in a way of its own.

use super::request::{EnvChange, Request};
use super::{response, script};
use crate::server::module::Phase;
use crate::source::Span;
use crate::version;
use bstr::{BStr, BString, ByteSlice};
use std::collections::HashMap;

/// How a program gets its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// As a process of its own (`ap_create_environment` in server/util_script.c).
    Cgi,
    /// As PHP's `$_SERVER` (`php_register_variable_ex` in main/php_variables.c of PHP).
    Php,
    /// As the dictionary of a WSGI application (`Adapter_environ` of mod_wsgi).
    Wsgi,
}

/// A variable that a program finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: BString,
    /// None where it can't be known.
    pub value: Option<BString>,
    /// The line that gave it this value, where it was one.
    pub by: Option<Span>,
}

/// What a request knows of its program's environment besides the variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// What its program found.
    pub found: Option<Vec<Variable>>,
    /// Lines that set variables, in order, beside those of [`Request::env_changes`].
    pub lines: Vec<(BString, Span)>,
}

impl State {
    /// What an internal redirect makes of it, with the variables.
    pub(crate) fn redirected(&self) -> State {
        // the headers stay as they are, their variables are made again
        let both = |(name, span): &(BString, Span)| {
            let header = name.starts_with(b"HTTP_").then(|| (name.clone(), *span));
            std::iter::once((renamed(name), *span)).chain(header)
        };
        State { found: None, lines: self.lines.iter().flat_map(both).collect() }
    }
}

/// Whether anyone reads all of a program's environment: it is told, or response headers may have variables in them.
pub(crate) fn is_read(r: &Request<'_>) -> bool {
    r.engine.responds() || r.per_dir.headers.as_deref().is_some_and(|headers| headers.reads_variables())
}

/// A variable's name after an internal redirect: `rename_original_env` (modules/http/http_request.c).
pub(crate) fn renamed(name: &[u8]) -> BString {
    [b"REDIRECT_", name].concat().into()
}

/// What tells of the machine, of the connection and of this httpd only, by whatever name after internal redirects.
const LEFT_OUT: [&str; 10] = [
    "SERVER_SIGNATURE",
    "SERVER_SOFTWARE",
    "SERVER_ADMIN",
    "GATEWAY_INTERFACE",
    "REMOTE_PORT",
    "PATH",
    "LC_CTYPE",
    "UNIQUE_ID",
    "HTTP_CONNECTION",
    "HTTP_X_SIM_ID",
];

/// Whether a variable is left out.
pub(crate) fn is_left_out(name: &[u8]) -> bool {
    let mut own = name;
    while let Some(rest) = own.strip_prefix(b"REDIRECT_") {
        own = rest;
    }
    LEFT_OUT.iter().any(|left| own == left.as_bytes()) || own.starts_with(b"wsgi.") || own.starts_with(b"mod_wsgi.")
}

/// Notes for the outcome what the request's program finds. It is the request's own table, with `more` changed in it.
pub(crate) fn hand(r: &mut Request<'_>, reader: Reader, more: &[(&'static str, Option<BString>)]) {
    if !r.engine.responds() {
        return;
    }
    let env = r.env.clone();
    let mut rows: Vec<(&BStr, &BStr)> = env.iter().collect();
    for (name, value) in more {
        rows.retain(|(n, _)| n != name);
        rows.extend(value.as_ref().map(|v| (BStr::new(*name), v.as_bstr())));
    }
    let lines = line_of_each(r);
    let mut found = Found::default();
    for (name, value) in rows {
        let Some((seen, text)) = reader.sees(name, value) else { continue };
        // the name of another variable is not taken from it
        let takes = reader == Reader::Cgi && seen != *name && env.get(&seen).is_some();
        if is_left_out(&seen) || takes && r.has(&version::OWN_NAMES) {
            continue;
        }
        let by = lines.get(name.to_ascii_lowercase().as_bstr()).copied();
        let value = (!response::is_unknown(value)).then_some(text);
        found.put(Variable { name: seen, value, by }, reader != Reader::Cgi);
    }
    r.environ.found = Some(found.variables);
}

/// Notes the line that changed a request header: its variable is due to it.
pub(crate) fn changed_header(r: &mut Request<'_>, name: &[u8], line: Span) {
    if r.engine.responds() && script::has_variable(name) {
        r.environ.lines.push((script::header_variable(name), line));
    }
}

/// What a request's program found.
pub(super) fn found(r: &Request<'_>) -> Option<Vec<(BString, Option<BString>)>> {
    Some(r.environ.found.as_ref()?.iter().map(|v| (v.name.clone(), v.value.clone())).collect())
}

/// The lines that variables of it come from.
pub(super) fn lines(r: &Request<'_>) -> Vec<(BString, Span)> {
    r.environ.found.iter().flatten().filter_map(|v| Some((v.name.clone(), v.by?))).collect()
}

/// The lines that gave variables their values, by name in lower case.
fn line_of_each(r: &Request<'_>) -> HashMap<BString, Span> {
    let (late, early): (Vec<&EnvChange>, Vec<&EnvChange>) =
        r.env_changes.iter().partition(|change| change.phase == Phase::Handler);
    let change = |change: &EnvChange| (BString::from(change.name.to_ascii_lowercase()), change.span);
    let line = |(name, span): &(BString, Span)| (BString::from(name.to_ascii_lowercase()), *span);
    let lines = r.environ.lines.iter().map(line);
    early.into_iter().map(change).chain(lines).chain(late.into_iter().map(change)).collect()
}

/// Variables by their names.
#[derive(Default)]
struct Found {
    variables: Vec<Variable>,
    places: HashMap<BString, usize>,
}

impl Found {
    /// Adds one. Of two of a name the last counts, or else the first.
    fn put(&mut self, variable: Variable, last: bool) {
        match self.places.get(&variable.name) {
            Some(at) if last => self.variables[*at] = variable,
            Some(_) => {}
            None => {
                self.places.insert(variable.name.clone(), self.variables.len());
                self.variables.push(variable);
            }
        }
    }
}

impl Reader {
    /// A variable as it is found; none where it isn't.
    fn sees(self, name: &BStr, value: &BStr) -> Option<(BString, BString)> {
        let text = value.to_owned();
        match self {
            Reader::Cgi => {
                let whole = [name.as_bytes(), b"=", value].concat();
                let (name, value) = whole.split_once_str("=")?;
                Some((process_name(name), value.into()))
            }
            Reader::Php => Some((php_name(name)?, text)),
            // a dictionary's HTTPS becomes wsgi.url_scheme
            Reader::Wsgi if name == "HTTPS" => None,
            Reader::Wsgi => Some((name.to_owned(), latin1(text))),
        }
    }
}

/// A name in the environment of a process: what is neither letter nor digit, and a digit in front, is an underscore.
fn process_name(name: &[u8]) -> BString {
    let mut seen: BString =
        name.iter().map(|b| if b.is_ascii_alphanumeric() { *b } else { b'_' }).collect::<Vec<_>>().into();
    if let Some(first) = seen.first_mut().filter(|b| b.is_ascii_digit()) {
        *first = b'_';
    }
    seen
}

/// A name in `$_SERVER`. One of an array (`a[b]`) is none of a variable, and HTTP_PROXY is kept away from scripts.
fn php_name(name: &[u8]) -> Option<BString> {
    let name = name.trim_start_with(|c| c == ' ');
    let open = name.find_byte(b'[').filter(|at| *at > 0);
    if name.is_empty() || name == b"HTTP_PROXY" || open.is_some_and(|at| name[at..].contains(&b']')) {
        return None;
    }
    let seen = |(at, b): (usize, &u8)| if matches!(b, b' ' | b'.') || Some(at) == open { b'_' } else { *b };
    Some(name.iter().enumerate().map(seen).collect::<Vec<_>>().into())
}

/// Bytes as Python reads them for WSGI: each is a character.
fn latin1(value: BString) -> BString {
    value.iter().map(|b| char::from(*b)).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_programs_find_them() {
        for (reader, name, found) in [
            (Reader::Cgi, "a-b", Some("a_b=v")),
            (Reader::Cgi, "1x", Some("_x=v")),
            (Reader::Cgi, "e=f", Some("e=f=v")),
            (Reader::Php, "a-b", Some("a-b=v")),
            (Reader::Php, " c.d e", Some("c_d_e=v")),
            (Reader::Php, "a b[ c.d", Some("a_b__c_d=v")),
            (Reader::Php, "a[b]", None),
            (Reader::Php, "HTTP_PROXY", None),
            (Reader::Wsgi, "c.d", Some("c.d=v")),
            (Reader::Wsgi, "HTTPS", None),
        ] {
            let seen = reader.sees(name.into(), "v".into()).map(|(name, value)| format!("{name}={value}"));
            assert_eq!(seen.as_deref(), found, "{reader:?} {name}");
        }
        assert_eq!(latin1("é".into()), "Ã©");
    }
}
