//! What is said of a request on its way: lines of the error log, directives that decided, caveats, steps of a trace.

use super::captures;
use super::doubts::Alike;
use super::request::{LogLine, Request};
use crate::address::IpSubnet;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Judgement};
use crate::outcome::{Caveat, Decision, Step};
use crate::server::module::Phase;
use crate::source::Span;
use crate::version::Change;
use crate::vfs::Errno;

impl Request<'_> {
    /// Writes a line to the error log.
    pub(crate) fn error(&mut self, code: &'static str, message: impl Into<String>) {
        self.error_by(code, message, None);
    }

    /// Writes a line to the error log, for which a directive is the reason.
    pub(crate) fn error_by(&mut self, code: &'static str, message: impl Into<String>, span: Option<Span>) {
        let subrequest = self.main.is_some();
        self.log.push(LogLine { code, message: message.into(), span, subrequest });
    }

    /// Names a directive that decided. Without it, the answer would be another one.
    pub(crate) fn decide(&mut self, phase: Phase, span: Span) {
        if span.is_some() {
            self.name(Decision::new(phase, span));
        }
    }

    /// Names one that may only have made a line in the error log what it is.
    pub(crate) fn name(&mut self, decision: Decision) {
        if self.engine.gives_reasons() {
            self.decided.decide(decision);
        }
    }

    /// The same, where there is a directive.
    pub(crate) fn decide_if(&mut self, phase: Phase, span: Option<Span>) {
        if let Some(span) = span {
            self.decide(phase, span);
        }
    }

    /// Whether something holds for the client's address. Directives of mod_remoteip without which it wouldn't (or would)
    /// decide.
    pub(crate) fn client_is(&mut self, holds: impl Fn(std::net::IpAddr) -> bool) -> bool {
        let found = holds(self.useragent_ip);
        let deciding = self.useragent_otherwise.iter().filter(|(_, ip)| holds(*ip) != found);
        for span in deciding.map(|(span, _)| *span).collect::<Vec<_>>() {
            self.decide(Phase::PostReadRequest, span);
        }
        found
    }

    /// Tells an observer of networks that the client's address is looked for in.
    pub(crate) fn tell_networks(&self, span: Span, networks: &[IpSubnet]) {
        for network in networks {
            let client = self.useragent_ip;
            let matched = network.contains(client);
            let (pattern, subject) = (network.to_string(), client.to_string());
            let (pattern, subject) = (pattern.as_bytes(), subject.as_bytes());
            let whence = (Origin::Client, &b""[..]);
            self.engine.pattern(|| captures::tried(span, PatternKind::Network, pattern, subject, whence, matched));
        }
    }

    /// Says why the answer is not certain.
    pub(crate) fn caveat(&mut self, directive: &str, span: Span, why: impl Into<String>) {
        self.caveats.add(span, directive, || Caveat { directive: directive.into(), span, why: why.into() });
    }

    /// Whether the httpd has a change. Asked where the answer hangs on it: a caveat says so where a distribution's build
    /// may have the change without the version.
    #[inline(always)]
    pub(crate) fn has(&mut self, change: &Change) -> bool {
        self.engine.server.loaded.version.has(change) || self.lacks(change)
    }

    #[cold]
    fn lacks(&mut self, change: &Change) -> bool {
        let version = self.engine.server.loaded.version;
        if version.may_have(change) {
            let why = format!(
                "distributions put the fix of {} into their httpd {version}, the answer depends on it",
                change.cve
            );
            self.caveat("httpd", Span::NONE, why);
        }
        false
    }

    /// Says so where a file is not read although httpd would.
    pub(crate) fn unread(&mut self, path: &[u8], errno: Errno, span: Option<Span>) {
        if errno.is_limit() {
            let path = self.engine.server.sources.shown(path);
            let name = span.map_or_else(|| path.clone(), |s| self.engine.server.sources.directive_name(s));
            self.caveat(&name, span.unwrap_or(Span::NONE), errno.unread(&path));
        }
    }

    /// A variable of the environment is read that a directive may have set: without that, what comes of it may be
    /// something else.
    pub(crate) fn reads_env(&self, name: &[u8]) {
        for change in self.env_changes.iter().filter(|c| c.name.eq_ignore_ascii_case(name)) {
            self.engine.doubt(Decision::new(change.phase, change.span), Alike::Any);
        }
    }

    /// Whether somebody watches: then each step is told.
    pub(crate) fn watched(&self) -> bool {
        self.engine.watched()
    }

    /// Whether steps are kept: then what only they tell is found out.
    pub(crate) fn traced(&self) -> bool {
        self.engine.traced()
    }

    /// Tells a step, when somebody watches.
    pub(crate) fn tell(&self, step: impl FnOnce() -> Step) {
        if self.engine.traced() {
            self.engine.tell(step());
        } else if self.engine.watched() {
            // an observer is told of the line alone: the rest needs no making
            let Step { rule, phase, judgement, .. } = step();
            self.engine.reach(rule, phase, judgement);
        }
    }

    /// Tells of a line that was tried and how that went, when somebody watches.
    #[inline]
    pub(crate) fn tell_line(&self, phase: Phase, by: By, line: Span, judgement: Judgement) {
        if self.engine.traced() {
            self.engine.tell(Step::new(phase, by, Some(line), judgement));
        } else if self.engine.watched() {
            self.engine.reach(Some(line), phase, judgement);
        }
    }

    /// Does something for a trace alone: it costs the answer nothing, and leaves neither log nor caveats.
    pub(crate) fn for_trace<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let (log, caveats) = (self.log.len(), self.caveats.len());
        let engine = self.engine;
        let result = engine.for_trace(|| run(self));
        self.log.truncate(log);
        self.caveats.truncate(caveats);
        result
    }
}
