//! An outcome as JSON: its keys in their order, and what stands under each. It is written straight to where it goes,
//! with no tree of values between.
//!
//! Bytes that are no UTF-8 become U+FFFD, one for each maximal sequence.

use super::{Backend, Caveat, Decision, NoAnswer, Outcome, Response, Wsgi};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, SourceMap, Span};
use bstr::{BString, ByteSlice};
use foldhash::fast::RandomState;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// A key of an outcome.
///
/// ```
/// use routesim::outcome::json::{self, Key};
/// use routesim::{Request, Site};
///
/// let run = Site::builder("Redirect /old /new\n").build()?.start().expect("httpd starts");
/// let json = json::outcome(&run.ask(&Request::get("/old")), run.sources());
/// assert_eq!(json[Key::Location.name()], "http://localhost/new");
/// assert!(json.as_object().is_some_and(|map| map.keys().eq(Key::ALL.map(Key::name))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Key {
    Url,
    Method,
    Status,
    Connection,
    Handler,
    File,
    PathInfo,
    ScriptName,
    Location,
    Vhost,
    Access,
    User,
    Log,
    Wsgi,
    DecidedBy,
    Caveats,
    Headers,
    Type,
    Env,
    Backend,
    LogMessage,
}

impl Key {
    /// All, in their order.
    pub const ALL: [Key; 21] = [
        Key::Url,
        Key::Method,
        Key::Status,
        Key::Connection,
        Key::Handler,
        Key::File,
        Key::PathInfo,
        Key::ScriptName,
        Key::Location,
        Key::Vhost,
        Key::Access,
        Key::User,
        Key::Log,
        Key::Wsgi,
        Key::DecidedBy,
        Key::Caveats,
        Key::Headers,
        Key::Type,
        Key::Env,
        Key::Backend,
        Key::LogMessage,
    ];

    /// Those that `replay` prints without `--response`.
    pub(crate) const USUAL: &[Key] = Key::ALL.split_at(16).0;

    /// Whether it is of the [`Response`], which is made only where it is asked for.
    pub(crate) fn is_of_response(self) -> bool {
        matches!(self, Key::Headers | Key::Type | Key::Env)
    }

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Key::Url => "url",
            Key::Method => "method",
            Key::Status => "status",
            Key::Connection => "connection",
            Key::Handler => "handler",
            Key::File => "file",
            Key::PathInfo => "path_info",
            Key::ScriptName => "script_name",
            Key::Location => "location",
            Key::Vhost => "vhost",
            Key::Access => "access",
            Key::User => "user",
            Key::Log => "log",
            Key::Wsgi => "wsgi",
            Key::DecidedBy => "decided_by",
            Key::Caveats => "caveats",
            Key::Headers => "headers",
            Key::Type => "type",
            Key::Env => "env",
            Key::Backend => "backend",
            Key::LogMessage => "log_message",
        }
    }
}

/// The files that places are in, at hand without a lock for each.
pub(crate) struct Texts<'s> {
    sources: &'s SourceMap,
    known: RefCell<Vec<Arc<SourceFile>>>,
    /// Decisions as they were told before, where many outcomes are.
    told: Option<RefCell<HashMap<Decision, Box<RawValue>, RandomState>>>,
}

impl<'s> Texts<'s> {
    /// Those of `sources`.
    pub(crate) fn new(sources: &'s SourceMap) -> Texts<'s> {
        Texts { sources, known: RefCell::default(), told: None }
    }

    /// The same for many outcomes, whose lines are decided by the same few directives. (They are told in compact form.)
    pub(crate) fn for_many(sources: &'s SourceMap) -> Texts<'s> {
        Texts { told: Some(RefCell::default()), ..Texts::new(sources) }
    }

    /// Shows `then` the file that a place is in; none for what stands in no file.
    fn with_file<T>(&self, span: Span, then: impl FnOnce(Option<&SourceFile>) -> T) -> T {
        if !span.is_some() {
            return then(None);
        }
        let number = span.file.0 as usize;
        let known = self.known.borrow().len();
        if number >= known {
            self.known.borrow_mut().extend(self.sources.files_from(known));
        }
        then(self.known.borrow().get(number).map(|file| &**file))
    }
}

/// An outcome with some of its keys.
#[derive(Clone, Copy)]
pub(crate) struct Told<'t> {
    /// What is told.
    pub outcome: &'t Outcome,
    /// The keys, in the order in which they are told.
    pub keys: &'t [Key],
    /// Where its places are.
    pub texts: &'t Texts<'t>,
}

impl Serialize for Told<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Told { outcome: o, texts, .. } = *self;
        let response: Option<&Response> = o.response.as_deref();
        let mut map = to.serialize_map(Some(self.keys.len()))?;
        for key in self.keys {
            let name = key.name();
            match key {
                Key::Url => map.serialize_entry(name, &text(&o.url)),
                Key::Method => map.serialize_entry(name, &text(&o.method)),
                Key::Status if o.connection.is_some() => map.serialize_entry(name, &()),
                Key::Status => map.serialize_entry(name, &o.status),
                Key::Connection => map.serialize_entry(name, &o.connection.map(NoAnswer::as_str)),
                Key::Handler => map.serialize_entry(name, &maybe(&o.handler)),
                Key::File => map.serialize_entry(name, &maybe(&o.file)),
                Key::PathInfo => map.serialize_entry(name, &text(&o.path_info)),
                Key::ScriptName => map.serialize_entry(name, &maybe(&o.script_name)),
                Key::Location => map.serialize_entry(name, &maybe(&o.location)),
                Key::Vhost => map.serialize_entry(name, &text(&o.vhost)),
                Key::Access => map.serialize_entry(name, o.access.as_str()),
                Key::User => map.serialize_entry(name, &maybe(&o.user)),
                Key::Log => map.serialize_entry(name, &o.log),
                Key::Wsgi => map.serialize_entry(name, &o.wsgi.as_ref().map(Groups)),
                Key::DecidedBy => map.serialize_entry(name, &Each(&o.decided_by, texts)),
                Key::Caveats => map.serialize_entry(name, &Each(&o.caveats, texts)),
                Key::LogMessage => map.serialize_entry(name, &o.log_message),
                Key::Headers => map.serialize_entry(name, &response.map(|r| Headers(&r.headers))),
                Key::Type => map.serialize_entry(name, &response.and_then(|r| maybe(&r.content_type))),
                Key::Env => map.serialize_entry(name, &response.and_then(|r| r.env.as_deref()).map(Environment)),
                Key::Backend => map.serialize_entry(name, &o.backend.as_deref().map(Asked)),
            }?;
        }
        map.end()
    }
}

/// An outcome, its keys in their fixed order. Bytes that are no UTF-8 become U+FFFD, one for each maximal sequence.
pub fn outcome(outcome: &Outcome, sources: &SourceMap) -> Value {
    let told = Told { outcome, keys: &Key::ALL, texts: &Texts::new(sources) };
    serde_json::to_value(told).unwrap_or_default()
}

/// What stands in place of an outcome where httpd would refuse to start: the error that it names.
pub fn config_error(error: &Diagnostic, sources: &SourceMap) -> Value {
    // of what it finds once all is read httpd names no place
    let mut map = Map::new();
    place(&mut map, sources, error.span);
    map.insert("message".into(), error.message.clone().into());
    json!({"config_error": map})
}

/// Adds a place: `file` and `line`, both null for what stands in no file, and `path` where the file has another one on
/// this machine.
pub(crate) fn place(map: &mut Map<String, Value>, sources: &SourceMap, span: Span) {
    let file = span.is_some().then(|| sources.file(span.file));
    map.insert("file".into(), file.as_ref().map(|file| file.name.clone()).into());
    map.insert("line".into(), file.as_ref().map(|_| span.line).into());
    if let Some(path) = file.and_then(|file| file.path.clone()) {
        map.insert("path".into(), path.into());
    }
}

/// A list whose elements have places.
struct Each<'t, T>(&'t [T], &'t Texts<'t>);

/// One of them.
struct One<'t, T>(&'t T, &'t Texts<'t>);

impl<T> Serialize for Each<'_, T>
where
    for<'t> One<'t, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(|one| One(one, self.1)))
    }
}

impl Serialize for One<'_, Decision> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let One(decision, texts) = self;
        let Some(told) = &texts.told else { return one_decision(decision, texts, to) };
        if let Some(known) = told.borrow().get(*decision) {
            return known.serialize(to);
        }
        let mut text = Vec::new();
        let written = one_decision(decision, texts, &mut serde_json::Serializer::new(&mut text));
        let raw = String::from_utf8(text).ok().filter(|_| written.is_ok()).and_then(|t| RawValue::from_string(t).ok());
        let Some(raw) = raw else { return one_decision(decision, texts, to) };
        told.borrow_mut().entry(**decision).or_insert(raw).serialize(to)
    }
}

fn one_decision<S: Serializer>(decision: &Decision, texts: &Texts<'_>, to: S) -> Result<S::Ok, S::Error> {
    texts.with_file(decision.span, |file| {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("phase", decision.phase.name())?;
        let name = file.map_or(&b""[..], |f| f.directive_name(decision.span));
        map.serialize_entry("directive", &name.to_str_lossy())?;
        put_place(&mut map, decision.span, file)?;
        if decision.only_log {
            map.serialize_entry("only", "log")?;
        }
        map.end()
    })
}

impl Serialize for One<'_, Caveat> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let One(caveat, texts) = self;
        texts.with_file(caveat.span, |file| {
            let mut map = to.serialize_map(None)?;
            map.serialize_entry("directive", &caveat.directive)?;
            put_place(&mut map, caveat.span, file)?;
            map.serialize_entry("why", &caveat.why)?;
            map.end()
        })
    }
}

/// The same of a place at hand.
fn put_place<M: SerializeMap>(map: &mut M, span: Span, file: Option<&SourceFile>) -> Result<(), M::Error> {
    map.serialize_entry("file", &file.map(|f| f.name.as_str()))?;
    map.serialize_entry("line", &file.map(|_| span.line))?;
    match file.and_then(|f| f.path.as_deref()) {
        Some(path) => map.serialize_entry("path", path),
        None => Ok(()),
    }
}

struct Groups<'w>(&'w Wsgi);

impl Serialize for Groups<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(3))?;
        map.serialize_entry("process_group", &text(&self.0.process_group))?;
        map.serialize_entry("application_group", &text(&self.0.application_group))?;
        map.serialize_entry("callable", &text(&self.0.callable))?;
        map.end()
    }
}

struct Asked<'b>(&'b Backend);

impl Serialize for Asked<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(4))?;
        map.serialize_entry("url", &text(&self.0.url))?;
        map.serialize_entry("worker", &maybe(&self.0.worker))?;
        map.serialize_entry("method", &text(&self.0.method))?;
        map.serialize_entry("fcgi", &self.0.fcgi.as_deref().map(Variables))?;
        map.end()
    }
}

/// Headers, as pairs in their order.
struct Headers<'h>(&'h [(BString, Option<BString>)]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(|(name, value)| (text(name), maybe(value))))
    }
}

/// Environment variables, by name.
struct Environment<'e>(&'e [(BString, Option<BString>)]);

impl Serialize for Environment<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (text(name), maybe(value))))
    }
}

struct Variables<'v>(&'v [(&'static str, BString)]);

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, text(value))))
    }
}

fn text<T: AsRef<[u8]>>(bytes: &T) -> std::borrow::Cow<'_, str> {
    bytes.as_ref().to_str_lossy()
}

fn maybe<T: AsRef<[u8]>>(bytes: &Option<T>) -> Option<std::borrow::Cow<'_, str>> {
    bytes.as_ref().map(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phase::Phase;

    #[test]
    fn keys_in_order_and_names_from_the_text() {
        let sources = SourceMap::default();
        let file = sources.add("config", "  <Location />\n  WSGIDaemonProcess x \\\n    y\n");
        let span = Span { file, line: 3, start: 17, end: 42 };
        let o = Outcome {
            file: Some(BString::from(&b"/a\xff\xfeb\xe2\x82"[..])),
            decided_by: vec![Decision::new(Phase::Handler, span)],
            ..Outcome::default()
        };
        let value = outcome(&o, &sources);
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        let wanted = "url method status connection handler file path_info script_name location vhost access user log wsgi \
                      decided_by caveats headers type env backend log_message";
        assert_eq!(keys, wanted.split_whitespace().collect::<Vec<_>>());
        assert_eq!(value["file"], "/a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(
            value["decided_by"],
            json!([{"phase": "handler", "directive": "WSGIDaemonProcess", "file": "config", "line": 3}])
        );
        assert_eq!(sources.directive_name(Span { file, line: 1, start: 0, end: 14 }), "Location");
    }
}
