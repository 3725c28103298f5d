//! A request's whole way, and what it came to.

use super::budget::Limit;
use super::engine::Engine;
use super::marks::Marks;
use super::request::{LogLine, Request};
use super::{doubts, htaccess, method, protocol, response, status};
use crate::outcome::{Access, Caveat, Decision, Outcome};
use crate::server::asked::Request as Asked;
use crate::server::module::Phase;
use crate::source::Span;
use crate::text::Text;
use crate::vfs::label;
use bstr::{BString, ByteSlice};
use std::collections::HashSet;

/// Takes a request its whole way, and then to `end`.
#[inline(always)]
pub(crate) fn serve<T>(engine: &Engine, asked: &Asked, end: impl FnOnce(&mut Request<'_>) -> T) -> T {
    engine.budget.renew();
    engine.doubts.renew();
    answer(engine, asked, end)
}

/// The same, as a part of another request's way.
#[inline(always)]
pub(super) fn answer<T>(engine: &Engine, asked: &Asked, end: impl FnOnce(&mut Request<'_>) -> T) -> T {
    let incoming = asked.incoming();
    let mut request = protocol::begin(engine, &incoming);
    protocol::serve(&mut request, &incoming);
    end(&mut request)
}

/// Names that handlers usually have.
const USUAL_HANDLERS: &[&str] = &[
    "default-handler",
    "httpd/unix-directory",
    "wsgi-script",
    "cgi-script",
    "application/x-httpd-php",
    "proxy-server",
];

/// What a request came to.
pub(crate) fn outcome(asked: &Asked, whole: &mut Request<'_>) -> Outcome {
    let mut decided_by = std::mem::take(&mut whole.decided);
    let mut caveats: Vec<Caveat> = std::mem::take(&mut whole.caveats).into();
    let first = &*whole;
    let last = first.last();
    // the client gets the status of the last request; when that failed within an ErrorDocument, the first error
    let answer = answering(first);
    let status = status::index(answer.status);
    for request in chain(first).skip(1) {
        for d in request.decided.iter() {
            decided_by.decide(*d);
        }
        if !request.caveats.is_empty() {
            let known: HashSet<&Caveat> = caveats.iter().collect();
            let more: Vec<Caveat> = request.caveats.iter().filter(|c| !known.contains(c)).cloned().collect();
            caveats.extend(more);
        }
    }
    caveats.extend(by_label(first.engine, last, status));
    let refused = (status >= 400).then(|| first_refused(first)).flatten();
    // a proxied request tells where it would have gone, even if it was refused
    let tells = last.is_proxied() || status < 300 || status == 304;
    // a script that answers for an ErrorDocument leaves the error's status as it is
    let for_error =
        first.next.is_some() && first.status >= 400 && last.failed_again.is_none() && last.status == first.status;
    let is_script = |h: &Text<'_>| *h != "default-handler";
    let ran = if last.is_proxied() && !for_error { &last.handler } else { &last.served_by };
    let script = (for_error || tells) && ran.as_ref().is_some_and(is_script);
    let location = answer.err_headers_out.get("Location").or(answer.headers_out.get("Location"));
    let is_known = location.is_none_or(|location| !response::is_unknown(location));
    let location = location.filter(|_| is_known).map(|l| l.to_owned());
    if !is_known {
        let why = "the Location holds what is not known: a time, a load or a duration".into();
        caveats.push(Caveat { directive: "Header".into(), span: Span::NONE, why });
    }
    let access =
        match refused.map_or(last.access, |r| if r.access == Access::NotReached { last.access } else { r.access }) {
            // a 401 that no authorization made (Redirect 401, a handler) asks for a user all the same
            Access::NotReached | Access::Granted if status == 401 => Access::AuthRequired,
            access => access,
        };
    let (log, log_message) = match refused.and_then(why) {
        Some(line) => (Some(line.code).filter(|c| !c.is_empty()), Some(line.message.clone())),
        None => (None, None),
    };
    let response = first.engine.responds().then(|| Box::new(response::of(answer, last)));
    let vhost = last.server.hostname.clone();
    let connection = first.connection.unanswered;
    let engine = whole.engine;
    let last = whole.last_mut();
    let handler = if last.is_proxied() { last.handler.take() } else { last.served_by.take() };
    let mut outcome = Outcome {
        url: asked.url.as_str().into(),
        method: method::name(asked.method.as_bytes()),
        status: if connection.is_some() { 0 } else { status },
        connection,
        handler: handler.filter(|_| tells).map(|h| h.outlive(USUAL_HANDLERS)),
        file: last.filename.take(),
        path_info: last.path_info.take().unwrap_or_default(),
        script_name: last.script_name.take().filter(|_| script),
        location,
        vhost,
        access,
        user: last.user.take().filter(|u| last.authenticated && !u.is_empty()),
        log,
        log_message,
        wsgi: last.wsgi.take(),
        backend: last.backend.take(),
        response,
        decided_by: Vec::new(),
        caveats,
    };
    if engine.doubts.any() && !engine.is_supposing() {
        let uncertain = doubts::uncertainties(engine, asked, &outcome);
        outcome.caveats.extend(uncertain);
        let uri = std::mem::take(&mut whole.last_mut().uri);
        doubts::settle(engine, asked, &outcome, &uri, &mut decided_by);
    }
    if engine.gives_reasons() {
        name_htaccess_readers(whole, &mut decided_by);
    }
    outcome.decided_by = decided_by.into();
    if outcome.decided_by.len() > 1 {
        outcome.decided_by.sort_by_key(|d| d.phase);
    }
    if engine.budget.is_reached() {
        outcome.caveats.extend(limits_reached(engine));
    }
    outcome
}

/// A file that is sent, and that SELinux keeps from httpd by its label.
fn by_label(engine: &Engine, last: &Request<'_>, status: u16) -> Option<Caveat> {
    let file = last.filename.as_ref().filter(|_| status < 400 && !last.is_proxied())?;
    let label = engine.vfs.label(file)?;
    let path = engine.server.sources.shown(file);
    let why = format!("SELinux usually keeps httpd from a file labelled `{label}`: `ls -Z {path}` shows it");
    label::is_foreign(label.as_bstr()).then(|| Caveat { directive: "SELinux".into(), span: Span::NONE, why })
}

/// The limits of what a request may cost that were reached, each at the line by which it was.
#[cold]
fn limits_reached(engine: &Engine) -> Vec<Caveat> {
    let caveat = |(limit, span): (Limit, Span)| {
        let named = Some(span).filter(Span::is_some).map(|span| engine.server.sources.directive_name(span));
        let directive = match named {
            None => "request".into(),
            // a whole file
            Some(name) if name.is_empty() => ".htaccess".into(),
            Some(name) => name,
        };
        Caveat { directive, span, why: limit.why() }
    };
    engine.budget.reached().map(caveat).collect()
}

/// A request and the internal redirects after it.
fn chain<'r, 'a>(first: &'r Request<'a>) -> impl Iterator<Item = &'r Request<'a>> {
    std::iter::successors(Some(first), |r| r.next.as_deref())
}

/// Names the AllowOverride lines by which .htaccess files were read that decided something.
fn name_htaccess_readers(first: &Request<'_>, decided_by: &mut Marks<Decision>) {
    if chain(first).all(|request| request.htaccess_read.is_empty()) {
        return;
    }
    let sources = &first.engine.server.sources;
    let by_htaccess = decided_by.iter().any(|d| htaccess::is_name(sources.file(d.span.file).name.as_bytes()));
    for request in chain(first) {
        for read in &request.htaccess_read {
            let decides = read.refused_without || read.unread_without && by_htaccess;
            if decides {
                decided_by.add(read.span, "", || Decision::new(Phase::MapToStorage, read.span));
            }
        }
    }
}

/// The cookies that the answer sets: its `Set-Cookie` lines.
pub(crate) fn cookies(whole: &Request<'_>) -> Vec<BString> {
    let answer = answering(whole);
    let tables = [&answer.headers_out, &answer.err_headers_out];
    tables.into_iter().flat_map(|table| table.named(b"Set-Cookie")).map(|(_, line)| line.to_owned()).collect()
}

/// The request whose status the client gets: the last, unless that one failed on behalf of an earlier error.
fn answering<'r, 'a>(first: &'r Request<'a>) -> &'r Request<'a> {
    if first.next.is_none() {
        return first;
    }
    let chain: Vec<&Request<'a>> = chain(first).collect();
    let mut at = chain.len() - 1;
    if chain[at].failed_again.is_some() {
        while at > 0 && chain[at - 1].status != 200 {
            at -= 1;
        }
    }
    chain[at]
}

/// The first request of the chain that ended with an error.
fn first_refused<'r, 'a>(first: &'r Request<'a>) -> Option<&'r Request<'a>> {
    chain(first).find(|r| r.status >= 400)
}

/// The line by which httpd says why.
fn why<'r>(r: &'r Request<'_>) -> Option<&'r LogLine> {
    const MISSING: [&str; 7] = ["AH00128", "AH00129", "AH00130", "AH00131", "AH00135", "AH00652", "AH01233"];
    let counts = |l: &&LogLine| !MISSING.contains(&l.code);
    // whichever request went too deep, that is why
    let deep = r.log.iter().rev().find(|l| r.status == 500 && matches!(l.code, "AH00124" | "AH00125"));
    let own = |l: &&LogLine| !l.subrequest && counts(l);
    // what has no code, or a program wrote, is not what httpd says
    let said = r.log.iter().rev().find(|l| own(l) && !matches!(l.code, "" | "AH01215"));
    let user_missing = || r.log.iter().rev().find(|l| r.status == 500 && l.code == "AH00027");
    let own = || r.log.iter().rev().find(own);
    deep.or(said).or_else(user_missing).or_else(own).or_else(|| r.log.iter().rev().find(counts))
}
