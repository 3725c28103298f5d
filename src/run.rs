//! A run of a site: requests in, outcomes out.

use crate::conf::Node;
use crate::diagnostic::Diagnostic;
use crate::outcome::observer::Observer;
use crate::outcome::{Outcome, Step};
use crate::server::Compiled;
use crate::server::answer::{cookies, outcome, serve};
use crate::server::asked::Request;
use crate::server::engine::{Engine, Programs};
use crate::server::{htaccess, protocol, subrequest};
#[cfg(feature = "cli")]
use crate::source::Span;
use crate::source::{FileId, SourceMap};
use crate::vfs::Vfs;
use bstr::BString;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

/// A configuration over a file system, ready for requests. It serves one thread; clones of its parts serve others.
///
/// ```
/// use routesim::{Request, STACK, Site};
/// use std::thread;
///
/// let run = Site::builder("Redirect /a /b\n").build()?.start().expect("httpd starts");
/// let other = run.fork();
/// let there = thread::Builder::new().stack_size(STACK).spawn(move || other.ask(&Request::get("/a")))?;
/// assert_eq!(there.join().expect("no panic"), run.ask(&Request::get("/a")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Run {
    server: Arc<Compiled>,
    engine: RefCell<Engine>,
}

impl Run {
    /// A run of `server`.
    pub(crate) fn new(server: Arc<Compiled>, vfs: Arc<dyn Vfs>, programs: Arc<dyn Programs>) -> Run {
        Run { server: server.clone(), engine: RefCell::new(Engine::new(server, vfs, programs)) }
    }

    /// The same, whose outcomes have their [`Response`](crate::outcome::Response) too: the headers that the client gets, and
    /// the environment that a program finds.
    pub fn with_response(self) -> Run {
        self.engine.borrow().respond();
        self
    }

    /// Another run of the same, for another thread.
    pub fn fork(&self) -> Run {
        Run { server: self.server.clone(), engine: RefCell::new(self.engine.borrow().fork()) }
    }

    /// The same for who doesn't read reasons: [`Run::ask`] and [`Run::follow`] leave `decided_by` empty, which saves a front
    /// controller's request a tenth of its time and more.
    ///
    /// ```
    /// use routesim::{Request, Site};
    ///
    /// let run = Site::builder("Redirect /a /b\n").build()?.start().expect("httpd starts");
    /// let quick = run.fork().without_reasons();
    /// let (one, mut other) = (quick.ask(&Request::get("/a")), run.ask(&Request::get("/a")));
    /// assert!(one.decided_by.is_empty() && !other.decided_by.is_empty());
    /// other.decided_by.clear();
    /// assert_eq!(one, other);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn without_reasons(self) -> Run {
        self.engine.borrow().leave_out_reasons();
        self
    }

    /// The answer to a request.
    #[inline]
    pub fn ask(&self, request: &Request) -> Outcome {
        self.make_room();
        let engine = self.engine.borrow();
        let fresh = engine.is_fresh();
        // the outcome is made where it is to be: moving it would cost more than many a phase
        serve(&engine, request, |served| match fresh || !engine.is_overfull() {
            true => outcome(request, served),
            false => ask_afresh(&engine, request),
        })
    }

    /// The answer, and the cookies that it sets, where they are asked for.
    pub(crate) fn put(&self, request: &Request, with_cookies: bool) -> (Outcome, Vec<BString>) {
        if with_cookies { self.ask_for_cookies(request) } else { (self.ask(request), Vec::new()) }
    }

    /// The answer, and the cookies that it sets.
    pub(crate) fn ask_for_cookies(&self, request: &Request) -> (Outcome, Vec<BString>) {
        self.with_room(|engine| {
            serve(engine, request, |served| {
                let set = cookies(served);
                (outcome(request, served), set)
            })
        })
    }

    /// The answer with the way to it.
    pub fn explain(&self, request: &Request) -> (Outcome, Vec<Step>) {
        self.with_room(|engine| {
            engine.watch();
            let outcome = serve(engine, request, |served| outcome(request, served));
            (outcome, engine.unwatch())
        })
    }

    /// The answer, while `observer` is told what happens. It is the same answer.
    pub fn observe(&self, request: &Request, observer: &mut dyn Observer) -> Outcome {
        self.observed(request, observer, false).0
    }

    /// The same, and the cookies that the answer sets, where they are asked for.
    pub(crate) fn observed(
        &self,
        request: &Request,
        observer: &mut dyn Observer,
        with_cookies: bool,
    ) -> (Outcome, Vec<BString>) {
        let texts = observer.wants_texts();
        let answered = self.with_room(|engine| {
            engine.observe(texts);
            serve(engine, request, |served| {
                let set = if with_cookies { cookies(served) } else { Vec::new() };
                (outcome(request, served), set)
            })
        });
        self.engine.borrow().observed(observer);
        answered.0.decided_by.iter().for_each(|decision| observer.decided(decision));
        answered
    }

    /// Puts a request to an engine that has room for what it needs. One that remembers too much gives way to another, before
    /// or, where the request shows it, afterwards: what is remembered must not change an answer.
    fn with_room<T>(&self, put: impl Fn(&Engine) -> T) -> T {
        self.make_room();
        let fresh = self.engine.borrow().is_fresh();
        let result = put(&self.engine.borrow());
        if fresh || !self.engine.borrow().is_overfull() {
            return result;
        }
        self.begin_anew();
        put(&self.engine.borrow())
    }

    #[inline]
    fn make_room(&self) {
        if self.engine.borrow().is_full() {
            self.begin_anew();
        }
    }

    #[cold]
    fn begin_anew(&self) {
        let fresh = self.engine.borrow().fork();
        self.engine.replace(fresh);
    }

    /// Reads the .htaccess files on the way to a file of a server (its number), as a request for it would; what is wrong with
    /// those that were read so far is in [`Run::htaccess_errors`].
    pub(crate) fn look_at(&self, server: usize, file: &[u8]) {
        let engine = self.engine.borrow();
        engine.budget.renew();
        let asked = Request::get("/");
        let mut request = protocol::begin(&engine, &asked.incoming());
        if let Some(server) = self.server.servers.get(server) {
            request.server = server;
            let _ = subrequest::lookup_file(&mut request, file);
        }
    }

    /// The error at which httpd stops, of each .htaccess file that was read and has one.
    pub(crate) fn htaccess_errors(&self) -> Vec<(String, Diagnostic)> {
        self.engine.borrow().htaccess_errors()
    }

    /// The lines of an .htaccess file that was read.
    pub(crate) fn htaccess_nodes(&self, file: FileId) -> Vec<Node> {
        htaccess::nodes(&self.server, &self.engine.borrow().vfs, file)
    }

    /// The section of the virtual host that answers a request as the only one of its address, so that no name is tried.
    #[cfg(feature = "cli")]
    pub(crate) fn host_without_names(&self, request: &Request) -> Option<Span> {
        let tables = &self.server.tables;
        let chain = tables.chain(tables.lookup(request.local, request.local_port)?)?;
        self.server.servers.get(chain.server)?.span.filter(|_| chain.names().is_none())
    }

    /// The texts that places are in.
    pub fn sources(&self) -> &SourceMap {
        &self.server.sources
    }

    /// The compiled configuration.
    pub(crate) fn server(&self) -> &Compiled {
        &self.server
    }

    /// Whether a connection to an address and port is taken.
    pub(crate) fn is_listened(&self, ip: IpAddr, port: u16) -> bool {
        self.server.listens.as_ref().is_none_or(|listens| listens.is_open(ip, port))
    }

    /// The address of the virtual host that bears a name, or the one that is listened on: where a request without an
    /// address would come in.
    pub fn default_local(&self, host: &str, port: u16) -> Option<(IpAddr, u16)> {
        let server = &self.server;
        let named = |i: &usize| server.names[*i].matches(host.as_bytes()).is_some();
        let fits = |p: u16| p == port || p == 0;
        let by_name = (1..server.servers.len()).find(named);
        let own = by_name.and_then(|i| server.servers[i].addrs.iter().find(|a| a.ip.is_some() && fits(a.port)));
        // else where a Listen takes the port at one address alone
        let only = || server.listens.as_ref()?.only_at(port);
        Some((own.and_then(|a| a.ip).or_else(only)?, port))
    }
}

/// The answer of an engine that remembers nothing yet.
#[cold]
#[inline(never)]
fn ask_afresh(engine: &Engine, request: &Request) -> Outcome {
    serve(&engine.fork(), request, |served| outcome(request, served))
}
