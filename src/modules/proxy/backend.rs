//! The back-end that a request goes to, and what its answer, which is not known, could change.

use super::fpm::Found;
use super::schemes::Speaker;
use super::worker::Worker;
use crate::outcome::Backend;
use crate::server::byterange::Body;
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::setting::{self, Set};
use crate::server::uri;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::net::IpAddr;

/// ProxyErrorOverride.
#[derive(Clone, Debug, Default)]
pub(super) struct Override {
    /// Whether it is on.
    pub on: Option<Set<bool>>,
    /// The statuses that it is for; none: all errors.
    pub codes: Vec<u16>,
}

impl Override {
    pub(super) fn merge(base: &Override, add: &Override) -> Override {
        Override { on: Set::merge(&base.on, &add.on), codes: [base.codes.as_slice(), &add.codes].concat() }
    }

    /// `ap_proxy_should_override`
    fn covers(&self, status: u16) -> bool {
        setting::value(&self.on, false)
            && match self.codes.is_empty() {
                true => (400..600).contains(&status),
                false => self.codes.contains(&status),
            }
    }
}

/// A back-end that is asked.
pub(super) struct Asked {
    /// Its host and port.
    pub host: BString,
    /// Whether it is on this machine, and the path in its URL one of this file system.
    pub is_local: bool,
    /// The directive that names it.
    span: Span,
}

impl Asked {
    /// The one of a URL. It is noted for the outcome.
    pub(super) fn new(r: &mut Request<'_>, url: &BString, worker: Option<&Worker>) -> Asked {
        let parts = uri::parse(url).unwrap_or_default();
        let host = parts.hostname.unwrap_or_default();
        let socket = r.notes.get("uds_path").map(|path| path.to_owned());
        let loops = |ip: IpAddr| ip.is_loopback();
        let this_machine = socket.is_some()
            || host.eq_ignore_ascii_case(b"localhost")
            || host.to_str().is_ok_and(|h| h.parse().is_ok_and(loops));
        let path = parts.path.unwrap_or_default();
        let top = path.trim_start_with(|c| c == '/').split(|b| *b == b'/').next().unwrap_or_default();
        let is_local = this_machine && r.engine.stat(&[b"/", top].concat()).is_ok();
        let span = r.handler_span.filter(|_| worker.is_none()).or(worker.map(|w| w.span)).unwrap_or(Span::NONE);
        let url = match socket {
            Some(path) => [b"unix:", path.as_slice(), b"|", url.as_slice()].concat().into(),
            None => url.clone(),
        };
        let worker = worker.map(|w| w.name.clone());
        r.backend = Some(Box::new(Backend { url, worker, method: r.method.clone(), fcgi: None }));
        Asked { host, is_local, span }
    }

    /// Says that the answer is not certain.
    pub(super) fn caveat(&self, r: &mut Request<'_>, why: &str) {
        let name = if self.span.is_some() { r.engine.server.sources.directive_name(self.span) } else { "proxy".into() };
        r.caveat(&name, self.span, why);
    }

    /// Whether httpd's own page is to stand for an error that the back-end answers with.
    pub(super) fn overrides(&self, r: &mut Request<'_>, status: u16) -> bool {
        let Some(own) = r.per_dir.proxy.as_deref().map(|d| &d.error_override) else { return false };
        let covers = own.covers(status);
        if covers {
            r.decide_if(Phase::Handler, setting::decisive(&own.on, &false));
        }
        covers
    }

    /// Says what an answer that is not known could change: an ErrorDocument may take its place.
    pub(super) fn overridden(&self, r: &mut Request<'_>, unknown: bool) {
        let Some(own) = r.per_dir.proxy.as_deref().map(|d| &d.error_override).filter(|_| unknown) else { return };
        let documents = &r.core().error_documents;
        if let Some(on) = own.on.as_ref().filter(|_| documents.keys().any(|status| own.covers(*status))) {
            let why = "the back-end's answer may be an error, for which an ErrorDocument would be sent";
            r.caveat("ProxyErrorOverride", on.span, why);
        }
    }

    /// The answer of any back-end but PHP-FPM: taken to be 200, with a page of some length.
    pub(super) fn answer(&self, r: &mut Request<'_>, speaker: Speaker) -> Verdict {
        if r.status >= 400 && r.prev.is_some() && speaker != Speaker::Connect {
            self.caveat(r, "an error's page comes from a back-end, whose own status takes the place of the error's");
        }
        self.overridden(r, true);
        r.status = 200;
        r.body = Body::page(r);
        Verdict::Ok
    }

    /// Notes for the outcome what PHP-FPM makes of the request.
    pub(super) fn told(&self, r: &mut Request<'_>, found: Found) {
        let path_info = found.path_info.unwrap_or_default();
        let vars = [
            ("SCRIPT_FILENAME", found.script),
            ("PATH_INFO", Some(path_info)),
            ("SCRIPT_NAME", found.script_name),
            ("PATH_TRANSLATED", found.path_translated),
        ];
        if let Some(backend) = &mut r.backend {
            let given = vars.into_iter().filter_map(|(name, value)| Some((name, value?)));
            backend.fcgi = Some(given.collect());
        }
    }
}
