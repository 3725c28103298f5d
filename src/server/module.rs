//! What a module is made of: rows of directives, hooks, and where both may stand.
//!
//! The shape is httpd's own (`module` in include/http_config.h): a directive is one row of a table, and the
//! order of modules in a phase is data in the hook rows.

pub use crate::conf::row::Args;
pub(crate) use crate::conf::row::{Row, allowed};
pub(crate) use crate::phase::{Phase, Verdict};

use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::request::Request;
use crate::server::rule::Rule;
use bstr::BString;
use std::ops::Deref;

/// What a directive means to an answer.
///
/// ```
/// use routesim::directives::{self, Effect};
///
/// let effect = |name: &str| directives::all().find(|row| row.name() == name).map(|row| row.effect());
/// assert_eq!((effect("Alias"), effect("ErrorLog")), (Some(Effect::Modelled), Some(Effect::Inert)));
/// assert!(matches!(effect("AuthLDAPURL"), Some(Effect::Unmodelled(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does what it does in httpd.
    Modelled,
    /// It can't change an answer (`ErrorLog`).
    Inert,
    /// It could change an answer and is not modelled: a caveat, with the reason why it could.
    Unmodelled(&'static str),
}

/// How a directive takes part in answering a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Part {
    /// A setting: in force wherever its section is.
    #[default]
    Setting,
    /// It is held against each request that comes by: it applies, or it doesn't.
    Tried,
    /// A section that is: what is within is in force where it applies.
    Scope,
    /// It is carried out when httpd starts, whatever is asked.
    AtStart,
}

/// Carries out one directive: its arguments are split as its row says. The error is httpd's message.
pub(crate) type Set = fn(&mut Cmd<'_>, &[BString]) -> Result<(), String>;

/// One row of a module's table.
#[derive(Clone, Copy)]
pub(crate) struct Directive {
    /// What its reader goes by.
    pub row: Row,
    /// What it means to an answer.
    pub effect: Effect,
    /// How it takes part in answering.
    pub part: Part,
    /// What is asked of its place and arguments, before it is carried out.
    pub rules: &'static [Rule],
    /// What it does; `None` where it does nothing that matters here.
    pub set: Option<Set>,
}

impl Deref for Directive {
    type Target = Row;
    fn deref(&self) -> &Row {
        &self.row
    }
}

impl Directive {
    /// The row with rules.
    pub(crate) const fn must(self, rules: &'static [Rule]) -> Directive {
        Directive { rules, ..self }
    }

    /// The row of what is held against each request.
    pub(crate) const fn tried(self) -> Directive {
        Directive { part: Part::Tried, ..self }
    }

    /// The row of a section that is.
    pub(crate) const fn scope(self) -> Directive {
        Directive { part: Part::Scope, ..self }
    }

    /// The row of what httpd does when it starts.
    pub(crate) const fn at_start(self) -> Directive {
        Directive { part: Part::AtStart, ..self }
    }
}

/// When a hook runs among those of its phase, before the names in `after` and `before` are heeded (apr_hooks.h).
pub(crate) mod order {
    /// APR_HOOK_REALLY_FIRST
    pub(crate) const REALLY_FIRST: i32 = -10;
    /// APR_HOOK_FIRST
    pub(crate) const FIRST: i32 = 0;
    /// APR_HOOK_MIDDLE
    pub(crate) const MIDDLE: i32 = 10;
    /// APR_HOOK_LAST
    pub(crate) const LAST: i32 = 20;
    /// APR_HOOK_REALLY_LAST
    pub(crate) const REALLY_LAST: i32 = 30;
}

/// What a hook does.
pub(crate) type HookFn = fn(&mut Request<'_>) -> Verdict;

/// One row of what a module does in a phase: what an `ap_hook_*` call says.
#[derive(Clone, Copy)]
pub(crate) struct Hook {
    /// The phase.
    pub phase: Phase,
    /// One of [`order`].
    pub order: i32,
    /// Modules (source file names) whose hooks of this phase run earlier.
    pub after: &'static [&'static str],
    /// Modules whose hooks of this phase run later.
    pub before: &'static [&'static str],
    /// What it does; `None` where it does nothing that matters here.
    pub run: Option<HookFn>,
}

/// A module of httpd.
pub(crate) struct Module {
    /// Its source file (`mod_alias.c`), as `<IfModule>` and hook rows name it.
    pub name: &'static str,
    /// Its identifier (`alias_module`), as LoadModule and `<IfModule>` name it.
    pub identifier: &'static str,
    /// Its rows.
    pub directives: &'static [Directive],
    /// Its hooks, in the order in which it registers them.
    pub hooks: &'static [Hook],
    /// Registers what else it does.
    pub register: fn(&mut Functions),
    /// Whether its hooks know how to do without a line (`Request::without`), so that a request can be answered again without.
    pub does_without: bool,
}

impl Module {
    /// One that does nothing: what modules are made from.
    pub(crate) const NONE: Module =
        Module { name: "", identifier: "", directives: &[], hooks: &[], register: |_| {}, does_without: false };
}

/// A modelled directive's row.
pub(crate) const fn row(
    name: &'static str,
    args: Args,
    allowed: u32,
    effect: Effect,
    usage: &'static str,
    set: Set,
) -> Directive {
    Directive { row: Row { name, args, allowed, usage }, effect, part: Part::Setting, rules: &[], set: Some(set) }
}

/// The row of a directive that has nothing to set.
pub(crate) const fn plain(
    name: &'static str,
    args: Args,
    allowed: u32,
    effect: Effect,
    usage: &'static str,
) -> Directive {
    Directive { row: Row { name, args, allowed, usage }, effect, part: Part::Setting, rules: &[], set: None }
}

/// A hook's row.
pub(crate) const fn hook(phase: Phase, order: i32, run: HookFn) -> Hook {
    Hook { phase, order, after: &[], before: &[], run: Some(run) }
}
