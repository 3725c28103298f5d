//! What happens to a request, for programs that ask many of them: which lines were reached, how each went, and every
//! pattern with the text that it was tried on. Nothing is put into words, and nothing is kept: a request that is observed
//! costs little more than one that isn't.

use super::Decision;
use super::step::Judgement;
use crate::phase::Phase;
use crate::source::Span;
use bstr::BStr;

/// Is told of one request, in the order in which things happened. What a subrequest or an internal redirect does is told
/// where it does it. All functions do nothing unless they are written.
///
/// ```
/// use routesim::outcome::observer::{Line, Observer};
/// use routesim::source::Span;
///
/// /// The lines that were reached.
/// #[derive(Default)]
/// struct Reached(Vec<Span>);
///
/// impl Observer for Reached {
///     fn line(&mut self, line: Line) {
///         self.0.push(line.at);
///     }
/// }
/// ```
pub trait Observer {
    /// A directive or a section was reached, and how it went.
    fn line(&mut self, _line: Line) {}

    /// A pattern was tried.
    fn pattern(&mut self, _tried: &Tried<'_>) {}

    /// A directive decided: without it, the answer would be another one.
    fn decided(&mut self, _decision: &Decision) {}

    /// Whether the texts of patterns matter: where they don't, all of them are empty, and a pattern whose line is told next is
    /// left out. That costs less.
    fn wants_texts(&self) -> bool {
        true
    }

    /// More happened than there is room for: the rest of it is not told (what decided is).
    fn cut(&mut self) {}
}

/// A directive or a section that was reached.
///
/// ```
/// use routesim::outcome::observer::{Line, Observer};
/// use routesim::{Request, Site};
///
/// struct Lines(Vec<(u32, &'static str, &'static str)>);
/// impl Observer for Lines {
///     fn line(&mut self, line: Line) { self.0.push((line.at.line, line.phase.name(), line.judgement.word())) }
/// }
/// let mut lines = Lines(Vec::new());
/// let run = Site::builder("Redirect /a /x\nRedirect /b /x\n").build()?.start().expect("httpd starts");
/// run.observe(&Request::get("/b"), &mut lines);
/// assert_eq!(lines.0, [(1, "translate_name", "missed"), (2, "translate_name", "matched")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place.
    pub at: Span,
    /// Where on the way.
    pub phase: Phase,
    /// How it went.
    pub judgement: Judgement,
}

/// A pattern that was tried on a text.
///
/// ```
/// use routesim::outcome::observer::{Observer, Tried};
/// use routesim::{Request, Site};
///
/// struct Patterns(Vec<String>);
/// impl Observer for Patterns {
///     fn pattern(&mut self, tried: &Tried<'_>) { self.0.push(format!("{} on {}", tried.pattern, tried.subject)) }
/// }
/// let mut patterns = Patterns(Vec::new());
/// let run = Site::builder("RedirectMatch ^/(\\d+)$ /item/$1\n").build()?.start().expect("httpd starts");
/// run.observe(&Request::get("/x"), &mut patterns);
/// assert_eq!(patterns.0, ["^/(\\d+)$ on /x"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried<'t> {
    /// The place of its directive.
    pub line: Span,
    /// What kind of pattern it is.
    pub kind: PatternKind,
    /// The pattern.
    pub pattern: &'t BStr,
    /// The text that it was tried on.
    pub subject: &'t BStr,
    /// Where the text comes from.
    pub origin: Origin,
    /// The name of the header or variable that the text is from; the part of a file's path that was cut off before it.
    pub name: &'t BStr,
    /// Whether the pattern itself matched, a `!` before it aside.
    pub matched: bool,
}

pub use crate::pattern::PatternKind;

/// Where a text comes from that a pattern was tried on.
///
/// ```
/// use routesim::outcome::observer::{Observer, Origin, Tried};
/// use routesim::{Request, Site};
///
/// struct Origins(Vec<(Origin, String)>);
/// impl Observer for Origins {
///     fn pattern(&mut self, tried: &Tried<'_>) { self.0.push((tried.origin, tried.name.to_string())) }
/// }
/// let mut origins = Origins(Vec::new());
/// let run = Site::builder("SetEnvIf User-Agent ^curl tool\nAlias /a /b\n").build()?.start().expect("httpd starts");
/// run.observe(&Request::get("/x"), &mut origins);
/// assert_eq!(origins.0, [(Origin::Header, "User-Agent".into()), (Origin::Path, "".into())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The URL's path, decoded (`r->uri`).
    Path,
    /// The request target as sent (`r->unparsed_uri`).
    Target,
    /// The query.
    Query,
    /// The Host header, or the host of an absolute URL.
    Host,
    /// The client's address.
    Client,
    /// The client's name, looked up.
    ClientName,
    /// The method.
    Method,
    /// A request header.
    Header,
    /// A variable of the environment.
    Variable,
    /// The path of the file that the URL stands for, as far as it is known by then.
    File,
    /// The last part of that path.
    FileName,
    /// The URL that a request is passed on to.
    Proxied,
    /// Something else: a text put together of several, or of what the configuration says.
    #[default]
    Other,
}

/// Where a text comes from, with the name of the header or variable, or the part of a path that was cut off.
pub(crate) type Whence<'t> = (Origin, &'t [u8]);
