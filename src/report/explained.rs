//! What an explanation is made of.

use crate::outcome::{Outcome, Step};
use crate::reason::{self, Case, Cause, Near};
use crate::repair::{self, Suggestion};
use crate::run::Run;
use crate::server::asked::Request;
use crate::site::Site;
use std::cell::OnceCell;
use std::net::SocketAddr;

/// An answer with all that it is explained from: [`explain::render`](super::explain::render) makes a page of it,
/// [`json::explained`](super::json::explained) an object.
///
/// ```
/// use routesim::report::{Explained, json};
/// use routesim::{Request, Site};
///
/// let site = Site::builder("DocumentRoot /srv\nRedirect /old /new\n").build()?;
/// let run = site.start().expect("httpd starts");
/// let ask = Request::get("/none");
/// let (outcome, steps) = run.explain(&ask);
/// let explained = json::explained(&Explained::of(&site, &run, &ask, &outcome, &steps));
/// assert_eq!(explained["reason"][0]["message"], "no such file: /srv/none does not exist");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Explained<'a> {
    pub(super) case: Case<'a>,
    causes: OnceCell<Vec<Cause>>,
    near: OnceCell<Vec<Near>>,
    pub(super) suggestions: Vec<Suggestion>,
}

impl<'a> Explained<'a> {
    /// Of what `run`, a run of `site`, answered `ask`.
    pub fn of(
        site: &'a Site,
        run: &'a Run,
        ask: &'a Request,
        outcome: &'a Outcome,
        steps: &'a [Step],
    ) -> Explained<'a> {
        Explained::of_case(Case { site, run, ask, outcome, steps, sources: run.sources() })
    }

    /// The same of a case.
    pub(super) fn of_case(case: Case<'a>) -> Explained<'a> {
        Explained { case, causes: OnceCell::new(), near: OnceCell::new(), suggestions: Vec::new() }
    }

    /// The same with changes of the configuration that give a better answer: at most two, each tried on the engine.
    pub fn with_suggestions(self) -> Explained<'a> {
        let suggestions = repair::suggestions(&self.case, self.causes(), self.near());
        Explained { suggestions, ..self }
    }

    /// The reasons, looked for when they are first wanted.
    pub(super) fn causes(&self) -> &[Cause] {
        self.causes.get_or_init(|| reason::causes(&self.case))
    }

    /// What nearly applied, looked for when it is first wanted.
    pub(super) fn near(&self) -> &[Near] {
        self.near.get_or_init(|| reason::nearly(&self.case))
    }

    /// Where the connection comes in.
    pub(super) fn local(&self) -> SocketAddr {
        SocketAddr::new(self.case.ask.local, self.case.ask.local_port)
    }
}
