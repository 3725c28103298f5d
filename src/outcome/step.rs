//! What happened on the way to an answer, as values. Words for people are made of them in `report/words.rs`, and nowhere
//! else.
//!
//! A step has steps within it. In the examples, `all` gives them all: it is the function of [`Step`]'s example.

pub use super::detail::*;
use crate::phase::Phase;
use crate::source::Span;
use bstr::BString;
use std::net::IpAddr;

/// A step of the way to an answer: one shape for what matched and what did not.
///
/// ```
/// use routesim::outcome::Step;
/// use routesim::{Request, Site};
///
/// /// The steps and all that are within them.
/// fn all(steps: &[Step]) -> Vec<&Step> {
///     steps.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect()
/// }
/// let run = Site::builder("Alias /img /srv/img\nAlias /img/old /srv/old\n").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/img/old/a.png"));
/// let lost: Vec<_> = all(&steps).into_iter().filter(|step| step.lost()).filter_map(|step| step.rule).collect();
/// assert_eq!((lost.len(), run.sources().place(lost[0]).as_str()), (1, "config:2"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Where on the way it happened.
    pub phase: Phase,
    /// Who did it.
    pub by: By,
    /// The directive or section that was tried.
    pub rule: Option<Span>,
    /// How it went.
    pub judgement: Judgement,
    /// What was looked at.
    pub detail: Detail,
    /// What it changed of the request (for what was shadowed: what it would have changed).
    pub changes: Vec<Change>,
    /// What happened within.
    pub children: Vec<Step>,
}

/// Who did something.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{By, Judgement};
/// use routesim::{Request, Site};
///
/// let run = Site::builder("Redirect /old /new\n").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/old"));
/// let by = all(&steps).into_iter().find(|step| step.judgement == Judgement::Ended(302)).map(|step| step.by);
/// assert_eq!((by, by.map(By::name)), (Some(By::Module("mod_alias.c")), Some("mod_alias.c")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// The core of httpd, by itself.
    #[default]
    Core,
    /// The walk through `<Location>` and `<If>` sections.
    LocationWalk,
    /// What reads .htaccess files.
    Htaccess,
    /// A module, by its source file (`mod_alias.c`).
    Module(&'static str),
}

impl By {
    /// The name that the trace has for it; `""` for the core.
    pub fn name(self) -> &'static str {
        match self {
            By::Core => "",
            By::LocationWalk => "location_walk",
            By::Htaccess => "htaccess",
            By::Module(file) => file,
        }
    }
}

/// How a rule, a section or a hook went.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Judgement;
/// use routesim::{Request, Site};
///
/// let config = "<Location /a>\nRequire all denied\n</Location>\n<Location /a/b>\nRequire all granted\n</Location>";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/a/b/"));
/// let overridden = all(&steps).into_iter().find_map(|step| match step.judgement {
///     Judgement::Overridden(by) => Some((step.rule?.line, by?.line)),
///     _ => None,
/// });
/// assert_eq!(overridden, Some((2, 5)), "the `Require` of line 2 gives way to that of line 5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Judgement {
    /// It applies (a hook: it did not decline).
    Matched,
    /// It doesn't.
    #[default]
    Missed,
    /// It would, but something before it took the request.
    Shadowed(Winner),
    /// It would, but a later section's lines count alone: the first of those.
    Overridden(Option<Span>),
    /// It wasn't tried.
    Skipped,
    /// It ended the request with this status.
    Ended(u16),
}

impl Judgement {
    /// [`Judgement::Matched`] or [`Judgement::Missed`].
    pub fn of(matched: bool) -> Judgement {
        if matched { Judgement::Matched } else { Judgement::Missed }
    }

    /// The word that the trace has for it.
    pub fn word(self) -> &'static str {
        match self {
            Judgement::Matched => "matched",
            Judgement::Missed => "missed",
            Judgement::Shadowed(_) => "shadowed",
            Judgement::Overridden(_) => "overridden",
            Judgement::Skipped => "skipped",
            Judgement::Ended(_) => "ended",
        }
    }
}

/// What took the request before a rule that would have matched.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Judgement, Winner};
/// use routesim::{Request, Site};
///
/// let config = "Redirect /app /new\nProxyPass /app http://127.0.0.1:8000\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/app/x"));
/// // mod_proxy comes before mod_alias, wherever the lines are
/// let shadowed = Judgement::Shadowed(Winner::Module("mod_proxy.c"));
/// assert!(all(&steps).iter().any(|step| step.judgement == shadowed && step.by.name() == "mod_alias.c"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winner {
    /// An earlier rule of the same module.
    Rule(Span),
    /// A module that comes earlier in the phase.
    Module(&'static str),
}

/// A field of the request that a step changed.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Field;
/// use routesim::{Request, Site};
///
/// let site = Site::builder("Alias /x /srv/x\nAddHandler cgi-script .pl\n").file("/srv/x/a.pl", "").build()?;
/// let (_, steps) = site.start().expect("httpd starts").explain(&Request::get("/x/a.pl"));
/// let handler = all(&steps).into_iter().find(|step| step.changes.iter().any(|c| c.field == Field::Handler));
/// assert_eq!(handler.map(|step| step.by.name()), Some("mod_mime.c"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `r->uri`
    Uri,
    /// `r->args`
    Query,
    /// `r->filename`
    File,
    /// `r->path_info`
    PathInfo,
    /// `r->handler`
    Handler,
    /// `r->content_type`
    Type,
    /// `r->user`
    User,
    /// The Location header.
    Location,
    /// A variable of the environment.
    Env,
    /// The client's address (`r->useragent_ip`).
    Client,
    /// A response header, in one of the two tables of them.
    Header(HeaderTable),
}

impl Field {
    /// The name that the trace has for it.
    pub fn name(self) -> &'static str {
        match self {
            Field::Uri => "uri",
            Field::Query => "query",
            Field::File => "file",
            Field::PathInfo => "path_info",
            Field::Handler => "handler",
            Field::Type => "type",
            Field::User => "user",
            Field::Location => "location",
            Field::Env => "env",
            Field::Client => "client",
            Field::Header(_) => "header",
        }
    }
}

/// A table of response headers.
///
/// ```
/// use routesim::outcome::step::HeaderTable;
///
/// assert_eq!(HeaderTable::Always.name(), "always");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderTable {
    /// `r->headers_out`: lost where httpd's own page takes the answer's place.
    OnSuccess,
    /// `r->err_headers_out`: sent with every answer.
    Always,
}

impl HeaderTable {
    /// The word that `Header` has for it.
    pub fn name(self) -> &'static str {
        match self {
            HeaderTable::OnSuccess => "onsuccess",
            HeaderTable::Always => "always",
        }
    }
}

/// What became of a `Header` line.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Detail, HeaderFate};
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\nHeader set X-Frame-Options DENY\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts").with_response();
/// let (_, steps) = run.explain(&Request::get("/none"));
/// let lost = Detail::Header("X-Frame-Options".into(), HeaderFate::ErrorPage(404));
/// assert!(all(&steps).iter().any(|step| step.detail == lost), "the page for 404 has none of it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFate {
    /// It was carried out.
    Applied,
    /// Its condition does not hold.
    Condition,
    /// httpd answers with a page of its own for this status, which has only the headers of `always`.
    ErrorPage(u16),
}

/// One change of the request.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Change;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\nRewriteEngine on\nRewriteRule ^/t - [E=tool:curl]\n";
/// let run = Site::builder(config).file("/srv/a", "").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/t"));
/// let changes: Vec<&Change> = all(&steps).into_iter().flat_map(|step| &step.changes).collect();
/// assert!(changes.contains(&&Change::env("tool", Some("curl".into()))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub field: Field,
    /// Which one, where there are several (a variable's name).
    pub name: Option<BString>,
    /// What it was before, where that is known.
    pub from: Option<BString>,
    /// What it is now; none: it is gone.
    pub to: Option<BString>,
}

impl Change {
    /// `field` has a value now.
    pub fn to(field: Field, value: impl Into<BString>) -> Change {
        Change { field, name: None, from: None, to: Some(value.into()) }
    }

    /// A variable of the environment has a value now, or is gone.
    pub fn env(name: impl Into<BString>, to: Option<BString>) -> Change {
        Change { field: Field::Env, name: Some(name.into()), from: None, to }
    }
}

impl Step {
    /// A step by `by` that concerns `rule`.
    pub fn new(phase: Phase, by: By, rule: Option<Span>, judgement: Judgement) -> Step {
        Step { phase, by, rule, judgement, ..Step::default() }
    }

    /// The same with more to it, which is only put together where it is kept.
    pub fn when(self, kept: bool, more: impl FnOnce(Step) -> Step) -> Step {
        if kept { more(self) } else { self }
    }

    /// The same with what was looked at.
    pub fn with(self, detail: Detail) -> Step {
        Step { detail, ..self }
    }

    /// The same with one more change.
    pub fn changing(mut self, change: Change) -> Step {
        self.changes.push(change);
        self
    }

    /// Cuts each of its texts to `most` bytes; how many bytes they have in all.
    pub(crate) fn shorten(&mut self, most: usize) -> usize {
        let mut bytes = 0;
        let mut cut = |text: &mut BString| {
            if text.len() > most {
                text.truncate(most);
                text.extend_from_slice("…".as_bytes());
            }
            bytes += text.len();
        };
        self.detail.each_text(&mut cut);
        for change in &mut self.changes {
            [&mut change.name, &mut change.from, &mut change.to].into_iter().flatten().for_each(&mut cut);
        }
        bytes
    }

    /// The steps and all that are within them, in the order in which they happened.
    pub fn walk(steps: &[Step]) -> impl Iterator<Item = &Step> {
        let mut todo: Vec<&Step> = steps.iter().rev().collect();
        std::iter::from_fn(move || {
            let next = todo.pop()?;
            todo.extend(next.children.iter().rev());
            Some(next)
        })
    }

    /// Whether it applied.
    pub fn matched(&self) -> bool {
        matches!(self.judgement, Judgement::Matched | Judgement::Ended(_))
    }

    /// Whether a rule fits in vain: something before or after it counts instead.
    pub fn lost(&self) -> bool {
        matches!(self.judgement, Judgement::Shadowed(_) | Judgement::Overridden(_))
    }

    /// Whether it is a request of its own, as a redirect or an error page begins.
    pub fn is_request(&self) -> bool {
        matches!(self.phase, Phase::InternalRedirect | Phase::ErrorDocument)
    }
}

/// A client's address as a change.
impl From<IpAddr> for Change {
    fn from(ip: IpAddr) -> Change {
        Change::to(Field::Client, ip.to_string())
    }
}
