//! A request that takes another's place: internal redirects, and what a subrequest found (modules/http/http_request.c).

use super::environ;
use super::http_request::{decide_handler, die, end, invoke_handler};
use super::process;
use super::request::{EnvChange, Request};
use super::table::Table;
use crate::outcome::step::{By, Change, Detail, Field, Judgement, Loop, Passed, Redirected, Step};
use crate::outcome::{Caveat, Decision};
use crate::server::module::{Phase, Verdict};
use crate::version;
use bstr::BStr;

/// `internal_internal_redirect`: the new request, unless there were too many.
fn redirected<'a>(r: &mut Request<'a>, uri: &[u8]) -> Option<Box<Request<'a>>> {
    if super::subrequest::too_deep(r) {
        tell_loop(r);
        die(r, 500);
        return None;
    }
    if !super::subrequest::is_affordable(r, uri) {
        die(r, 500);
        return None;
    }
    // a request is large: it stays in its box
    let mut new = Box::new(blank(r));
    new.status = 200;
    let hostname = new.hostname.take();
    new.parse_uri(uri);
    new.parsed_uri.port = r.parsed_uri.port;
    new.hostname = hostname;
    new.prev = Some(r.ancestor());
    new.main = r.main.clone();
    new.status = r.status;
    new.headers_out = Table::default();
    if (300..400).contains(&r.status)
        && let Some(location) = r.headers_out.get("Location")
    {
        new.headers_out.set("Location", location);
    }
    if r.notes.get("redirect-keeps-vary").is_some()
        && let Some(vary) = r.headers_out.get("Vary")
    {
        new.headers_out.set("Vary", vary);
    }
    new.err_headers_out = r.err_headers_out.clone();
    (r.functions().carry_session)(r, &mut new.notes);
    new.rewrite.end = r.rewrite.end;
    new.negotiated = r.negotiated;
    new.env = Table::default();
    for (name, value) in r.env.iter() {
        new.env.set(environ::renamed(name), value);
    }
    new.env.set("REDIRECT_STATUS", r.status.to_string());
    let renamed = |change: &EnvChange| EnvChange { name: environ::renamed(&change.name), ..change.clone() };
    new.env_changes = r.env_changes.iter().map(renamed).collect();
    new.environ = r.environ.redirected();
    Some(new)
}

/// A request of the same exchange, with nothing decided yet.
pub(crate) fn blank<'a>(r: &Request<'a>) -> Request<'a> {
    Request {
        the_request: r.the_request.clone(),
        method: r.method.clone(),
        method_number: r.method_number,
        header_only: r.header_only,
        proto_num: r.proto_num,
        protocol: r.protocol.clone(),
        hostname: r.hostname.clone(),
        headers_in: r.headers_in.clone(),
        useragent_ip: r.useragent_ip,
        useragent_otherwise: r.useragent_otherwise.clone(),
        unusable_input: r.unusable_input,
        ..Request::new(r.engine, r.server, r.connection.clone())
    }
}

/// `ap_internal_redirect`: a new request for `uri` answers in this one's place.
pub(crate) fn internal_redirect(r: &mut Request<'_>, uri: &[u8]) {
    redirect(r, uri, false);
}

/// `ap_internal_redirect_handler`: the same, the content type of a request with a handler carried over.
pub(crate) fn internal_redirect_handler(r: &mut Request<'_>, uri: &[u8]) {
    redirect(r, uri, true);
}

fn redirect(r: &mut Request<'_>, uri: &[u8], keep_type: bool) {
    let Some(mut new) = redirected(r, uri) else { return };
    if keep_type && r.handler.is_some() {
        new.content_type = r.content_type.clone();
        // it stands in for no handler any more, lest an Action lead to itself
        new.trusted_content_type = r.content_type.is_some()
            && r.trusted_content_type
            && r.engine.server.loaded.version.has(&version::KEPT_TYPE)
            && !r.has(&version::INDIRECT_TYPE);
    }
    r.engine.open();
    // modules that look at every request (mod_setenvif) look at this one too
    match process::run_phase(&mut new, Phase::PostReadRequest) {
        Verdict::Status(status) => die(&mut new, status),
        _ => {
            let mut verdict = process::run(&mut new);
            if verdict == Verdict::Ok {
                verdict = invoke_handler(&mut new);
            }
            decide_handler(&mut new);
            end(&mut new, verdict);
        }
    }
    r.engine.close(|_| {
        let step = Step::new(Phase::InternalRedirect, By::Core, None, Judgement::Matched);
        let step = step.when(r.traced(), |step| step.with(Detail::Redirected(Box::new(told(r)))));
        Some(step.changing(Change::to(Field::Uri, uri)))
    });
    r.next = Some(new);
}

/// What an internal redirect is made by, and the variables that it passes on.
fn told(r: &Request<'_>) -> Redirected {
    let mut variables: Vec<Passed> = Vec::new();
    // the last line that set a variable is the one whose value it has
    for change in r.env_changes.iter().rev() {
        let name = environ::renamed(&change.name);
        if let Some(value) = r.env.get(&change.name).filter(|_| variables.iter().all(|v| v.name != name)) {
            variables.push(Passed { name, value: value.to_owned(), by: change.span });
        }
    }
    variables.reverse();
    Redirected { rule: r.rewrite.redirected_by, variables }
}

/// Tells that the internal redirects don't come to an end.
#[cold]
fn tell_loop(r: &Request<'_>) {
    r.tell(|| {
        let earlier = std::iter::successors(r.prev.as_deref(), |p| p.prev.as_deref());
        let made = std::iter::once(r.rewrite.redirected_by).chain(earlier.clone().map(|p| p.redirected_by));
        let mut rules = Vec::new();
        for rule in made.flatten() {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        let redirects = u32::try_from(earlier.count()).unwrap_or(u32::MAX);
        let step = Step::new(Phase::Handler, By::Core, None, Judgement::Ended(500));
        step.with(Detail::Loop(Box::new(Loop { redirects, rules })))
    });
}

/// `ap_internal_fast_redirect`: takes over what a subrequest found.
pub(crate) fn internal_fast_redirect<'a>(r: &mut Request<'a>, sub: Request<'a>) {
    // a directory's own type names a handler, if only the one for directories
    let trusted = r.trusted_content_type || r.is_dir();
    r.proxyreq = sub.proxyreq;
    r.uri = sub.uri;
    r.filename = sub.filename;
    r.path_info = sub.path_info;
    r.args = sub.args;
    r.finfo = sub.finfo;
    r.handler = sub.handler;
    r.handler_span = sub.handler_span;
    r.type_span = sub.type_span;
    r.content_type = sub.content_type;
    // only where it could matter it is asked what this version does
    let own = !sub.trusted_content_type || r.has(&version::OWN_INDEX_TYPE);
    r.trusted_content_type = match own {
        true => sub.trusted_content_type,
        false => trusted && r.has(&version::INDEX_TYPE),
    };
    r.content_encoding = sub.content_encoding;
    r.content_languages = sub.content_languages;
    r.output_filters = sub.output_filters;
    r.per_dir = sub.per_dir;
    r.per_dir_id = sub.per_dir_id;
    r.mime_exceptions = sub.mime_exceptions.or(r.mime_exceptions.take());
    for (name, value) in sub.notes.iter() {
        r.notes.set(name, value);
    }
    r.headers_out = overlay(&sub.headers_out, &r.headers_out);
    let said = without_cookies_of(sub.err_headers_out, &r.err_headers_out);
    r.err_headers_out = overlay(&said, &r.err_headers_out);
    // the subrequest's come first: they are what rules see, but a program finds the request's own of those that both have
    let own = std::mem::replace(&mut r.env, sub.env);
    for (name, value) in own.iter() {
        if r.env.named(name).last().is_none_or(|(_, last)| last != value) {
            r.env.add(name, value);
        }
    }
    r.context_prefix = sub.context_prefix.or(r.context_prefix.take());
    r.context_root = sub.context_root.or(r.context_root.take());
    take_marks(r, sub.log, sub.decided, sub.caveats);
}

/// A subrequest's headers without the cookies that its request sets already: rules set each once in a request.
pub(crate) fn without_cookies_of(said: Table, by: &Table) -> Table {
    let name = |line: &BStr| line.split(|b| *b == b'=').next().unwrap_or_default().to_vec();
    let known: Vec<Vec<u8>> = by.named(b"Set-Cookie").map(|(_, line)| name(line)).collect();
    if known.is_empty() || said.get("Set-Cookie").is_none() {
        return said;
    }
    let is_new = |(n, line): &(&BStr, &BStr)| !n.eq_ignore_ascii_case(b"Set-Cookie") || !known.contains(&name(line));
    said.iter().filter(is_new).map(|(n, line)| (n.to_owned(), line.to_owned())).collect()
}

/// `apr_table_overlay`: the rows of one table, and after them those of another.
pub(crate) fn overlay(first: &Table, then: &Table) -> Table {
    if then.is_empty() || first.is_empty() {
        return if then.is_empty() { first.clone() } else { then.clone() };
    }
    first.iter().chain(then.iter()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a subrequest leaves behind: its lines in the log, its deciders and caveats.
pub(crate) fn take_marks(
    r: &mut Request<'_>,
    log: Vec<super::request::LogLine>,
    decided: impl Into<Vec<Decision>>,
    caveats: impl Into<Vec<Caveat>>,
) {
    r.log.extend(log);
    for d in decided.into() {
        r.name(d);
    }
    for c in caveats.into() {
        r.caveat(&c.directive, c.span, c.why);
    }
}
