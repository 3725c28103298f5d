//! The answer to one request: what the client gets, from where, who decided, and what is not certain.

mod detail;
pub mod json;
pub mod observer;
mod response;
pub mod step;

pub use response::Response;
pub use step::Step;

use crate::phase::Phase;
use crate::source::Span;
use bstr::BString;
use serde::{Serialize, Serializer};
use std::fmt;

pub use crate::text::Text;

/// What the access decision was, on the request that made the status.
///
/// ```
/// use routesim::outcome::Access;
/// use routesim::{Request, Site};
///
/// let config = "Redirect /old /new\n<Location />\nRequire all denied\n</Location>\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// assert_eq!(run.ask(&Request::get("/a")).access, Access::Denied);
/// // a redirect of mod_alias is made before access is checked
/// assert_eq!(run.ask(&Request::get("/old")).access, Access::NotReached);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Access {
    /// Let in.
    Granted,
    /// Refused, whoever asks.
    Denied,
    /// Credentials are asked for.
    AuthRequired,
    /// The request ended before access was checked.
    #[default]
    NotReached,
}

impl Access {
    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Access::Granted => "granted",
            Access::Denied => "denied",
            Access::AuthRequired => "auth-required",
            Access::NotReached => "not-reached",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Access {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a client gets no answer at all.
///
/// ```
/// use routesim::outcome::NoAnswer;
/// use routesim::{Request, Site};
///
/// let run = Site::builder("DocumentRoot /srv\n").build()?.start()?;
/// let outcome = run.ask(&Request::get("https://localhost/"));
/// assert_eq!((outcome.status, outcome.connection), (0, Some(NoAnswer::TlsFailed)), "nothing speaks TLS here");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// Nothing listens on the port.
    Refused,
    /// The client speaks TLS to a server that speaks plain HTTP.
    TlsFailed,
}

impl NoAnswer {
    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            NoAnswer::Refused => "refused",
            NoAnswer::TlsFailed => "tls-failed",
        }
    }
}

/// Where mod_wsgi runs the application.
///
/// ```
/// use routesim::{Request, Site};
///
/// let config = "
///     WSGIDaemonProcess shop
///     WSGIScriptAlias / /srv/shop.wsgi process-group=shop application-group=%{GLOBAL}
/// ";
/// let run = Site::builder(config).file("/srv/shop.wsgi", "def application(environ, start): pass\n").build()?.start()
///     .expect("httpd starts");
/// let wsgi = run.ask(&Request::get("/cart")).wsgi.expect("mod_wsgi serves it");
/// assert_eq!((wsgi.process_group, wsgi.application_group), ("shop".into(), "".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Wsgi {
    /// The daemon process group, `""` for embedded mode.
    pub process_group: BString,
    /// The application group (sub-interpreter), `""` for the first.
    pub application_group: BString,
    /// The callable object.
    pub callable: BString,
}

/// The server that a proxied request goes to, and what it is asked.
///
/// ```
/// use routesim::{Request, Site};
///
/// let config = "<FilesMatch php$>\nSetHandler proxy:fcgi://127.0.0.1:9000\n</FilesMatch>\nDocumentRoot /srv\n";
/// let run = Site::builder(config).file("/srv/shop.php", "<?php").build()?.start().expect("httpd starts");
/// let backend = run.ask(&Request::get("/shop.php/cart")).backend.expect("PHP-FPM is asked");
/// assert_eq!(backend.url, "fcgi://127.0.0.1:9000/srv/shop.php");
/// let fcgi = backend.fcgi.expect("it speaks FastCGI");
/// assert_eq!(fcgi[..2], [("SCRIPT_FILENAME", "/srv/shop.php".into()), ("PATH_INFO", "/cart".into())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Backend {
    /// What is asked for, as `ProxyPass` would write it: `unix:/run/php.sock|fcgi://localhost/srv/shop.php`.
    pub url: BString,
    /// The worker (httpd's word for a back-end that the configuration names), by its URL.
    pub worker: Option<BString>,
    /// The method.
    pub method: Text<'static>,
    /// For FastCGI, the variables by which PHP-FPM finds the script, as the script finds them.
    pub fcgi: Option<Vec<(&'static str, BString)>>,
}

/// A directive that made the answer what it is. (Lists of them are of sizes that an allocator has at hand.)
///
/// ```
/// use routesim::phase::Phase;
/// use routesim::{Request, Site};
///
/// let site = Site::builder("DocumentRoot /srv\nRedirect /old https://www.example.com/\n").build()?;
/// let outcome = site.start().expect("httpd starts").ask(&Request::get("/old"));
/// let decision = outcome.decided_by[0];
/// assert_eq!((decision.phase, site.sources().place(decision.span).as_str()), (Phase::TranslateName, "config:2"));
/// assert_eq!(site.sources().directive_name(decision.span), "Redirect");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(align(16))]
pub struct Decision {
    /// Where on the way it did.
    pub phase: Phase,
    /// The directive's place; its name is read from there.
    pub span: Span,
    /// Whether the line in the error log is all that would be another one without it.
    pub only_log: bool,
}

impl Decision {
    /// A directive without which more than a line in the error log would be another one.
    pub fn new(phase: Phase, span: Span) -> Decision {
        Decision { phase, span, only_log: false }
    }
}

/// A directive in force that is not modelled and could change the answer.
///
/// ```
/// use routesim::{Request, Site};
///
/// let config = "RewriteEngine on\nRewriteMap user prg:/opt/user\nRewriteRule ^/~(.*) /home/${user:$1}\n";
/// let site = Site::builder(config).file("/opt/user", "#!/bin/sh\n").build()?;
/// let outcome = site.start().expect("httpd starts").ask(&Request::get("/~bob"));
/// let caveat = &outcome.caveats[0];
/// assert_eq!((caveat.directive.as_str(), site.sources().place(caveat.span).as_str()), ("RewriteMap", "config:2"));
/// assert_eq!(caveat.why, "a program is not asked");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caveat {
    /// The directive (or what else) by name.
    pub directive: String,
    /// Its place.
    pub span: Span,
    /// Why the answer is not certain.
    pub why: String,
}

/// The whole answer to one request.
///
/// ```
/// use routesim::{Request, Site};
///
/// let site = Site::builder("Alias /docs /srv/manual\n").file("/srv/manual/intro.html", "hello").build()?;
/// let outcome = site.start().expect("httpd starts").ask(&Request::get("/docs/intro.html"));
/// assert_eq!((outcome.status, outcome.file), (200, Some("/srv/manual/intro.html".into())));
/// assert_eq!(site.sources().place(outcome.decided_by[0].span), "config:1");
/// assert!(outcome.caveats.is_empty(), "the answer is certain");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Outcome {
    /// As asked.
    pub url: BString,
    /// As asked.
    pub method: Text<'static>,
    /// What the client gets at the end; 0 where it gets no answer.
    pub status: u16,
    /// Why it gets no answer.
    pub connection: Option<NoAnswer>,
    /// The handler that served it, by httpd's name.
    pub handler: Option<Text<'static>>,
    /// The final `r->filename`.
    pub file: Option<BString>,
    /// What is left of the path.
    pub path_info: BString,
    /// SCRIPT_NAME, for scripts.
    pub script_name: Option<BString>,
    /// The Location header, whatever the status.
    pub location: Option<BString>,
    /// The server that answered.
    pub vhost: BString,
    /// The access decision.
    pub access: Access,
    /// The authenticated user.
    pub user: Option<BString>,
    /// AH code of the line that says why the request was refused.
    pub log: Option<&'static str>,
    /// That line's text.
    pub log_message: Option<String>,
    /// Groups, for mod_wsgi.
    pub wsgi: Option<Wsgi>,
    /// Where a proxied request goes.
    pub backend: Option<Box<Backend>>,
    /// Its headers, and what a program finds in its environment, where that was asked for.
    pub response: Option<Box<Response>>,
    /// In phase order.
    pub decided_by: Vec<Decision>,
    /// Why the answer is not certain; empty when it is.
    pub caveats: Vec<Caveat>,
}

impl Outcome {
    /// Whether the client gets the same as from another one, from the same place.
    pub(crate) fn serves_as(&self, other: &Outcome) -> bool {
        self.status == other.status
            && self.connection == other.connection
            && self.handler == other.handler
            && self.file == other.file
            && self.path_info == other.path_info
            && self.location == other.location
            && self.vhost == other.vhost
            && self.user == other.user
            && self.wsgi == other.wsgi
    }

    /// Whether another one says the same of the same request, whichever lines it is by: reasons, and where caveats come from,
    /// are not held against each other.
    pub(crate) fn answers_as(&self, other: &Outcome) -> bool {
        let caveats = |o: &Outcome| o.caveats.iter().map(|c| (c.directive.clone(), c.why.clone())).collect::<Vec<_>>();
        self.serves_as(other)
            && self.script_name == other.script_name
            && self.access == other.access
            && self.log == other.log
            && self.backend == other.backend
            && match (&self.response, &other.response) {
                (Some(a), Some(b)) => (&a.headers, &a.content_type, &a.env) == (&b.headers, &b.content_type, &b.env),
                (None, None) => true,
                _ => false,
            }
            && (self.caveats.is_empty() && other.caveats.is_empty() || caveats(self) == caveats(other))
    }

    /// Where it leads: the Location header of a redirect, or of something that was made.
    pub(crate) fn leads_to(&self) -> Option<&BString> {
        self.location.as_ref().filter(|_| matches!(self.status, 201 | 300..400))
    }
}

/// One line: what was asked, the status, the file and the handler, and what the error log says.
///
/// ```
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\n<Files *.key>\nRequire all denied\n</Files>\n";
/// let site = Site::builder(config).file("/srv/a.txt", "x").file("/srv/a.key", "x").build()?;
/// let run = site.start().expect("httpd would start");
/// assert_eq!(run.ask(&Request::get("/a.txt")).to_string(), "GET /a.txt: 200 /srv/a.txt by default-handler");
/// assert_eq!(run.ask(&Request::get("/a.key")).to_string(), "GET /a.key: 403 /srv/a.key (AH01630)");
/// # Ok::<(), routesim::vfs::Errno>(())
/// ```
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: ", self.method, self.url)?;
        match self.connection {
            Some(why) => write!(f, "no answer, {}", why.as_str())?,
            None => write!(f, "{}", self.status)?,
        }
        if let Some(location) = self.leads_to() {
            write!(f, " to {location}")?;
        } else if let Some(file) = &self.file {
            write!(f, " {file}")?;
        }
        if let Some(handler) = &self.handler {
            write!(f, " by {handler}")?;
        }
        if let Some(log) = self.log {
            write!(f, " ({log})")?;
        }
        if self.caveats.is_empty() { Ok(()) } else { f.write_str(", not certain") }
    }
}
