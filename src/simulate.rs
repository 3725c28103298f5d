//! The door to the engine: a configuration and a file system in, answers out.

use crate::diagnostic::{Diagnostic, Severity};
use crate::module::{Phase, allowed};
use crate::modules::core::options;
use crate::outcome::observer::Observer;
use crate::outcome::{Access, Caveat, Decision, Outcome, Step};
use crate::server::budget::Limit;
use crate::server::compile::{self, Output};
use crate::server::engine::{Engine, Program, Programs};
use crate::server::htaccess::{self, Wanted};
use crate::server::marks::Marks;
use crate::server::protocol::{self, Incoming};
use crate::server::request::Request;
use crate::server::table::Table;
use crate::server::text::Text;
use crate::server::{Server, method, status};
use crate::source::{SourceMap, Span};
use crate::suite::{self, RequestSpec, Scenario, ScenarioFs};
use crate::vfs::Vfs;
use bstr::{BStr, BString};
use std::cell::RefCell;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

pub use crate::server::compile::{Input, Modules, Output as Loaded};

/// A request to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// How the answer is to name it.
    pub url: String,
    /// The method.
    pub method: String,
    /// The request target, as sent.
    pub target: String,
    /// `HTTP/1.1`.
    pub protocol: String,
    /// The client's address.
    pub client: IpAddr,
    /// The address that it connects to.
    pub local: IpAddr,
    /// And the port.
    pub local_port: u16,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// The name asked for in the TLS handshake.
    pub sni: Option<String>,
    /// What mod_ssl's variables are, where it is given, by their names without `SSL_`.
    pub ssl: Vec<(String, String)>,
    /// The header lines, Host among them.
    pub headers: Table,
}

impl Ask {
    /// The request of a scenario, the `index`th.
    pub fn of(spec: &RequestSpec, index: usize) -> Ask {
        let (local, local_port) = spec.server();
        Ask {
            url: spec.url.clone(),
            method: spec.method.clone(),
            target: spec.target().to_string(),
            protocol: spec.protocol.clone(),
            client: spec.client(),
            local,
            local_port,
            tls: spec.tls,
            sni: spec.tls_name().map(str::to_string),
            ssl: spec.ssl.clone(),
            headers: spec.sent_headers(index).into_iter().collect(),
        }
    }

    /// A plain GET for a URL, by an outside visitor.
    pub fn get(url: &str) -> Ask {
        Ask::of(&RequestSpec::short(url), 0)
    }

    /// Asks the same server for something else.
    pub fn point_at(&mut self, method: &str, url: &str, target: &str) {
        method.clone_into(&mut self.method);
        url.clone_into(&mut self.url);
        target.clone_into(&mut self.target);
    }

    fn incoming(&self) -> Incoming<'_> {
        Incoming {
            client: self.client,
            local: self.local,
            local_port: self.local_port,
            tls: self.tls,
            sni: self.sni.as_deref().map(str::as_bytes),
            ssl: &self.ssl,
            method: self.method.as_bytes(),
            target: self.target.as_bytes(),
            protocol: self.protocol.as_bytes(),
            headers: &self.headers,
        }
    }
}

/// Reads a configuration.
pub fn load(input: Input) -> Loaded {
    compile::compile(input)
}

/// Reads an .htaccess file alone, everything allowed: what httpd would find when the first request comes by. There is
/// never a server in the result.
pub fn check_htaccess(input: Input) -> Loaded {
    let (name, text) = (input.name.clone(), input.text.clone());
    let modules = if matches!(input.modules, Modules::Own) { Modules::All } else { input.modules.clone() };
    let vfs = input.vfs.clone();
    let base = compile::compile(Input { text: BString::default(), modules, ..input });
    let Some(server) = base.server else { return base };
    let everything = Wanted {
        overrides: allowed::OR_ALL,
        override_opts: options::ALL | options::SYM_OWNER | options::MULTI,
        override_list: None,
        beneath: 0,
        span: None,
    };
    let (_, _, mut diagnostics) = htaccess::read(&server, &vfs, name, &text, BStr::new("/"), &everything);
    if let Some(d) = diagnostics.iter_mut().find(|d| d.severity == Severity::Error) {
        d.first = true;
    }
    Loaded { sources: server.sources.clone(), diagnostics, server: None, nodes: Vec::new() }
}

/// A configuration over a file system, ready for requests. It serves one thread; clones of its parts serve others.
pub struct Simulator {
    server: Arc<Server>,
    engine: RefCell<Engine>,
}

impl Simulator {
    /// A run of `server`.
    pub fn new(server: Arc<Server>, vfs: Arc<dyn Vfs>, programs: Arc<dyn Programs>) -> Simulator {
        Simulator { server: server.clone(), engine: RefCell::new(Engine::new(server, vfs, programs)) }
    }

    /// Another run of the same, for another thread.
    pub fn fork(&self) -> Simulator {
        Simulator { server: self.server.clone(), engine: RefCell::new(self.engine.borrow().fork()) }
    }

    /// The answer to a request.
    pub fn ask(&self, ask: &Ask) -> Outcome {
        self.with_room(|engine| answer(engine, ask))
    }

    /// The answer with the way to it.
    pub fn explain(&self, ask: &Ask) -> (Outcome, Vec<Step>) {
        self.with_room(|engine| {
            engine.watch();
            let outcome = answer(engine, ask);
            (outcome, engine.unwatch())
        })
    }

    /// Puts a request to a run that has room for what it needs. One that remembers too much gives way to another, before or,
    /// where the request shows it, afterwards: what is remembered must not change an answer.
    #[inline(always)]
    fn with_room<T>(&self, request: impl Fn(&Engine) -> T) -> T {
        if self.engine.borrow().is_full() {
            self.begin_anew();
        }
        let fresh = self.engine.borrow().is_fresh();
        let result = request(&self.engine.borrow());
        if fresh || !self.engine.borrow().is_overfull() {
            return result;
        }
        self.begin_anew();
        self.again(request)
    }

    #[cold]
    #[inline(never)]
    fn again<T>(&self, request: impl Fn(&Engine) -> T) -> T {
        request(&self.engine.borrow())
    }

    fn begin_anew(&self) {
        let fresh = self.engine.borrow().fork();
        self.engine.replace(fresh);
    }

    /// The answer, while `observer` is told what happens. It is the same answer.
    pub fn observe(&self, ask: &Ask, observer: &mut dyn Observer) -> Outcome {
        let outcome = self.with_room(|engine| {
            engine.observe();
            answer(engine, ask)
        });
        self.engine.borrow().observed(observer);
        outcome.decided_by.iter().for_each(|decision| observer.decided(decision));
        outcome
    }

    /// The texts that places are in.
    pub fn sources(&self) -> &SourceMap {
        &self.server.sources
    }

    /// The compiled configuration.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The address of the virtual host that bears a name: where a request without an address would come in.
    pub fn default_local(&self, host: &str, port: u16) -> Option<(IpAddr, u16)> {
        let server = &self.server;
        let named = |i: &usize| server.names[*i].matches(host.as_bytes()).is_some();
        let i = (1..server.servers.len()).find(named)?;
        let fits = |p: u16| p == port || p == 0;
        let a = server.servers[i].addrs.iter().find(|a| a.ip.is_some() && fits(a.port))?;
        Some((a.ip?, port))
    }
}

impl Programs for ScenarioFs {
    fn program(&self, handler: &str, path: &[u8]) -> Program {
        let kind = ScenarioFs::program(self, path);
        let works = match handler {
            "wsgi" => kind.runs_as_wsgi(),
            // a text of the scenario's own may say more than that it is well
            "cgi" if kind == suite::Program::Script => return Program::Unknown,
            "cgi" => kind.runs_as_cgi(),
            _ => true,
        };
        if works { Program::Works } else { Program::Broken }
    }
}

/// Files of a real machine: nobody runs them, and each is taken to be a program that answers.
pub struct RealPrograms;

impl Programs for RealPrograms {
    fn program(&self, _: &str, _: &[u8]) -> Program {
        Program::Unknown
    }
}

/// Builds everything from a scenario: its configuration over its files.
///
/// # Errors
/// What is wrong with the scenario itself; what httpd would refuse stands in the result.
pub fn scenario(scenario: &Scenario) -> Result<(Option<Simulator>, Loaded), Vec<Diagnostic>> {
    let (input, programs) = scenario.input()?;
    let vfs = input.vfs.clone();
    let loaded = load(input);
    let simulator = loaded.server.clone().map(|server| Simulator::new(server, vfs, programs));
    Ok((simulator, loaded))
}

impl Scenario {
    /// What running it begins with, and the programs in its files.
    pub(crate) fn input(&self) -> Result<(Input, Arc<dyn Programs>), Vec<Diagnostic>> {
        let text = self.config_text().map_err(|e| {
            let message = format!("the configuration can't be read: {e}");
            vec![Diagnostic::error("config-file", message, Span::NONE)]
        })?;
        let tree = Arc::new(self.tree(&text)?);
        let modules = match &self.modules {
            None => Modules::Default,
            Some(names) => Modules::Pick(names.clone()),
        };
        let variables = self.environment.iter().flatten();
        let input = Input {
            name: "config".into(),
            text: text.into(),
            modules,
            defines: self.defines.clone(),
            env: variables.map(|(n, v)| (n.as_str().into(), v.as_str().into())).collect(),
            env_complete: self.environment.is_some(),
            time: self.time,
            hosts: self.hosts.clone(),
            hosts_complete: true,
            vfs: Arc::new(tree.memory.clone()),
            server_root: "/etc/apache2".into(),
            lenient_paths: false,
            assume_modules: false,
            ports: self.ports().into_iter().collect(),
        };
        Ok((input, tree))
    }
}

#[inline(always)]
fn answer(engine: &Engine, ask: &Ask) -> Outcome {
    engine.budget.renew();
    let incoming = ask.incoming();
    let mut request = protocol::begin(engine, &incoming);
    protocol::serve(&mut request, &incoming);
    outcome(ask, &mut request)
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
fn outcome(ask: &Ask, whole: &mut Request<'_>) -> Outcome {
    let mut decided_by = std::mem::take(&mut whole.decided);
    let mut caveats: Vec<Caveat> = std::mem::take(&mut whole.caveats).into();
    let first = &*whole;
    let last = first.last();
    // the client gets the status of the last request; when that failed within an ErrorDocument, the first error
    let answer = answering(first);
    let status = status::index(answer.status);
    for request in chain(first).skip(1) {
        for d in request.decided.iter() {
            decided_by.add(d.span, "", || *d);
        }
        if !request.caveats.is_empty() {
            let known: HashSet<&Caveat> = caveats.iter().collect();
            let more: Vec<Caveat> = request.caveats.iter().filter(|c| !known.contains(c)).cloned().collect();
            caveats.extend(more);
        }
    }
    if first.engine.budget.is_reached() {
        caveats.extend(limits_reached(first.engine));
    }
    name_htaccess_readers(first, &mut decided_by);
    let mut decided_by: Vec<Decision> = decided_by.into();
    if decided_by.len() > 1 {
        decided_by.sort_by_key(|d| d.phase);
    }
    let refused = (status >= 400).then(|| first_refused(first)).flatten();
    // a proxied request tells where it would have gone, even if it was refused
    let tells = last.is_proxied() || status < 300 || status == 304;
    // a script that answers for an ErrorDocument leaves the error's status as it is
    let for_error = first.next.is_some() && first.status >= 400 && !last.failed_again && last.status == first.status;
    let is_script = |h: &Text<'_>| *h != "default-handler";
    let ran = if last.is_proxied() && !for_error { &last.handler } else { &last.served_by };
    let script = (for_error || tells) && ran.as_ref().is_some_and(is_script);
    let location = answer.err_headers_out.get("Location").or(answer.headers_out.get("Location"));
    let location = location.filter(|_| (300..400).contains(&status) || status == 201).map(|l| l.to_owned());
    let access =
        match refused.map_or(last.access, |r| if r.access == Access::NotReached { last.access } else { r.access }) {
            // a 401 that no authorization made (Redirect 401) asks for a user all the same
            Access::NotReached if status == 401 => Access::AuthRequired,
            access => access,
        };
    let (log, log_message) = match refused.and_then(why) {
        Some(line) => (Some(line.code).filter(|c| !c.is_empty()), Some(line.message.clone())),
        None => (None, None),
    };
    let vhost = last.server.hostname.clone();
    let last = whole.last_mut();
    let handler = if last.is_proxied() { last.handler.take() } else { last.served_by.take() };
    Outcome {
        url: ask.url.as_str().into(),
        method: method::name(ask.method.as_bytes()),
        status,
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
        decided_by,
        caveats,
    }
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
                decided_by.add(read.span, "", || Decision { phase: Phase::MapToStorage, span: read.span });
            }
        }
    }
}

/// The request whose status the client gets: the last, unless that one failed on behalf of an earlier error.
fn answering<'r, 'a>(first: &'r Request<'a>) -> &'r Request<'a> {
    if first.next.is_none() {
        return first;
    }
    let chain: Vec<&Request<'a>> = chain(first).collect();
    let mut at = chain.len() - 1;
    if chain[at].failed_again {
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
fn why<'r>(r: &'r Request<'_>) -> Option<&'r crate::server::request::LogLine> {
    const MISSING: [&str; 7] = ["AH00128", "AH00129", "AH00130", "AH00131", "AH00135", "AH00652", "AH01233"];
    let counts = |l: &&crate::server::request::LogLine| !MISSING.contains(&l.code);
    // whichever request went too deep, that is why
    let deep = r.log.iter().rev().find(|l| r.status == 500 && matches!(l.code, "AH00124" | "AH00125"));
    let own = || r.log.iter().rev().filter(|l| !l.subrequest).find(counts);
    deep.or_else(own).or_else(|| r.log.iter().rev().find(counts))
}

/// Whether a method is one that httpd knows by itself.
pub fn is_known_method(name: &str) -> bool {
    method::number(name.as_bytes(), &[]).is_some()
}

impl Output {
    /// The error at which httpd stops.
    pub fn first_error(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.first)
    }
}

pub use suite::default_hosts;
