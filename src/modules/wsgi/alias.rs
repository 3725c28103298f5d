//! WSGIScriptAlias: from a URL to a script.

use super::{HANDLER, daemon, options};
use crate::conf::args;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Change, Field, Judgement, Step, Winner};
use crate::pattern::{self, Captures, Flags, Regex};
use crate::server::captures;
use crate::server::cmd::Cmd;
use crate::server::index::Beginning;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::uri;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// One WSGIScriptAlias or WSGIScriptAliasMatch: WSGIAliasEntry.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    span: Span,
    regex: Option<Regex>,
    location: BString,
    application: BString,
    options: Options,
}

/// What an entry says of where its scripts run; it stands over WSGIProcessGroup and kin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Options {
    process_group: Option<BString>,
    application_group: Option<BString>,
    callable_object: Option<BString>,
    pass_authorization: Option<bool>,
}

/// Notes by which the handler learns of an entry's options.
pub(super) mod note {
    pub(crate) const PROCESS_GROUP: &str = "mod_wsgi.process_group";
    pub(crate) const APPLICATION_GROUP: &str = "mod_wsgi.application_group";
    pub(crate) const CALLABLE_OBJECT: &str = "mod_wsgi.callable_object";
    pub(crate) const PASS_AUTHORIZATION: &str = "mod_wsgi.pass_authorization";
}

const INVALID: &str = "Invalid option to WSGI script alias definition.";

/// `wsgi_add_script_alias`
pub(super) fn script_alias(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add(cmd, &a[0], false)
}

/// The same, for WSGIScriptAliasMatch.
pub(super) fn script_alias_match(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add(cmd, &a[0], true)
}

fn add(cmd: &mut Cmd<'_>, mut line: &[u8], is_match: bool) -> Result<(), String> {
    let too_few = format!("{} requires at least two arguments, {}", cmd.row.name, cmd.row.usage);
    let location = args::word(&mut line);
    if location.is_empty() || line.is_empty() {
        return Err(too_few);
    }
    let application = options::filled(args::word(&mut line), &too_few)?;
    let options = read_options(line)?;
    let regex = match is_match {
        true => Some(cmd.regex(&location, Flags::default()).map_err(|_| "Regular expression could not be compiled.")?),
        false => None,
    };
    let imported = daemon_of_import(&options, is_match && application.contains(&b'$'));
    let entry = Entry { span: cmd.span(), regex, location, application, options };
    Arc::make_mut(&mut cmd.server_slot(|s| &mut s.wsgi).aliases).push(entry);
    match imported {
        Some(group) if !matches!(group.as_slice(), b"%{RESOURCE}" | b"%{SERVER}" | b"%{HOST}") => {
            daemon::accessible(cmd, &group)
        }
        _ => Ok(()),
    }
}

fn read_options(line: &[u8]) -> Result<Options, String> {
    let mut read = Options::default();
    // httpd's names for the first group, in place of it
    let first = |v: BString| if v == "%{GLOBAL}" { BString::default() } else { v };
    for (name, value) in options::all(line, INVALID)? {
        match name.as_slice() {
            b"application-group" => {
                read.application_group = Some(first(options::filled(value, options::NO_APPLICATION_GROUP)?));
            }
            b"process-group" => {
                read.process_group = Some(first(options::filled(value, options::NO_PROCESS_GROUP)?));
            }
            b"callable-object" => read.callable_object = Some(options::filled(value, options::NO_CALLABLE)?),
            b"pass-authorization" => read.pass_authorization = Some(options::flag(&value).ok_or(options::NO_FLAG)?),
            _ => return Err(INVALID.into()),
        }
    }
    Ok(read)
}

/// A script whose place is certain is imported when the daemon starts, which must be known by then: its name.
fn daemon_of_import(options: &Options, open: bool) -> Option<BString> {
    let (process, application) = (options.process_group.as_ref()?, options.application_group.as_ref()?);
    let certain = !process.contains_str("%{") && !application.contains_str("%{") && !open;
    (certain && !process.is_empty()).then(|| process.clone())
}

impl Beginning for Entry {
    fn beginning(&self) -> Vec<u8> {
        match &self.regex {
            Some(regex) => regex.beginning().into(),
            None => uri::single_slashes(&self.location).into(),
        }
    }
}

impl Entry {
    /// The file that a URL leads to; `None` when the entry doesn't match.
    fn target(&self, r: &mut Request<'_>) -> Option<BString> {
        let uri = r.uri.clone();
        let Some(regex) = &self.regex else {
            let length = pattern::alias_matches(&uri, &self.location);
            r.engine.pattern_of_told(|| {
                captures::tried(self.span, PatternKind::Prefix, &self.location, &uri, (Origin::Path, b""), length > 0)
            });
            let rest = if self.location == "/" { uri.as_slice() } else { uri.get(length..)? };
            return (length > 0).then(|| [self.application.as_slice(), rest].concat().into());
        };
        let mut caps = Captures::default();
        if !captures::search(r, regex, self.span, &uri, (Origin::Path, b""), &mut caps) {
            return None;
        }
        let (_, end) = caps.get(0).filter(|(_, end)| *end > 0)?;
        let mut file = pattern::substitute(&self.application, &uri, &caps).unwrap_or_default();
        file.extend_from_slice(if &uri[..end] == b"/" { &uri } else { uri.get(end..)? });
        Some(file)
    }

    fn step(&self, judgement: Judgement) -> Step {
        Step::new(Phase::TranslateName, By::Module(super::NAME), Some(self.span), judgement)
    }
}

/// `wsgi_hook_intercept`: the first entry that matches.
pub(super) fn intercept(r: &mut Request<'_>) -> Verdict {
    let Some(server) = r.server.settings.wsgi.as_deref() else { return Verdict::Declined };
    if r.uri.first().is_some_and(|b| *b != b'/') {
        return Verdict::Declined;
    }
    // who watches is told of those that miss, too
    let candidates = if r.watched() { server.aliases.all() } else { server.aliases.of_path(&r.uri) };
    for (place, (_, entry)) in candidates.iter().enumerate() {
        let Some(file) = entry.target(r) else {
            r.tell_line(Phase::TranslateName, By::Module(super::NAME), entry.span, Judgement::Missed);
            continue;
        };
        r.tell(|| {
            let step = entry.step(Judgement::Matched);
            step.when(r.traced(), |s| s.changing(Change::to(Field::File, file.clone())))
        });
        if !said_again(r, entry, candidates.iter().skip(place + 1), &file) {
            r.decide(Phase::TranslateName, entry.span);
        }
        r.filename = Some(file);
        r.handler = Some(HANDLER.into());
        r.handler_span = Some(entry.span);
        r.notes.set("alias-forced-type", HANDLER);
        let options = &entry.options;
        let notes = [
            (note::PROCESS_GROUP, &options.process_group),
            (note::APPLICATION_GROUP, &options.application_group),
            (note::CALLABLE_OBJECT, &options.callable_object),
        ];
        for (name, value) in notes {
            if let Some(value) = value {
                r.notes.set(name, value.clone());
            }
        }
        if let Some(passes) = options.pass_authorization {
            r.notes.set(note::PASS_AUTHORIZATION, if passes { "1" } else { "0" });
        }
        return Verdict::Ok;
    }
    Verdict::Declined
}

/// Whether, without the chosen entry, a later one would come to the same. Somebody who watches is told of those that
/// are never reached.
fn said_again<'e>(
    r: &mut Request<'_>,
    chosen: &Entry,
    later: impl Iterator<Item = (usize, &'e Entry)>,
    file: &BString,
) -> bool {
    let mut next = None;
    for (_, entry) in later {
        if next.is_some() && !r.traced() {
            break;
        }
        let target = if next.is_none() { entry.target(r) } else { r.for_trace(|r| entry.target(r)) };
        let Some(other) = target else { continue };
        r.tell(|| entry.step(Judgement::Shadowed(Winner::Rule(chosen.span))));
        next.get_or_insert(other == *file && entry.options == chosen.options);
    }
    next.unwrap_or(false)
}
