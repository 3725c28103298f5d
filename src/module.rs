//! What a module is made of: rows of directives, hooks, and where both may stand.
//!
//! The shape is httpd's own (`module` in include/http_config.h): a directive is one row of a table, and the
//! order of modules in a phase is data in the hook rows.

pub(crate) use crate::phase::{Phase, Verdict};

use crate::rule::Rule;
use crate::server::build::Cmd;
use crate::server::request::Request;
use bstr::BString;

/// How a directive takes its arguments: httpd's `enum cmd_how`.
///
/// ```
/// use routesim::directives::{self, Args};
///
/// let args = |name: &str| directives::all().find(|row| row.name() == name).map(|row| row.args());
/// assert_eq!((args("ServerName"), args("RewriteEngine")), (Some(Args::Take1), Some(Args::Flag)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Args {
    /// The rest of the line, unparsed.
    Raw,
    /// None.
    No,
    /// One.
    Take1,
    /// Two.
    Take2,
    /// Three.
    Take3,
    /// One or two.
    Take12,
    /// One or three.
    Take13,
    /// Two or three.
    Take23,
    /// One, two or three.
    Take123,
    /// One or more, the setter called for each.
    Iterate,
    /// One, then one or more, the setter called for each of the latter.
    Iterate2,
    /// `On` or `Off`.
    Flag,
    /// Any number, the setter called once.
    Argv,
}

/// Where a directive may stand: httpd's `req_override` bits (include/http_config.h).
pub(crate) mod allowed {
    /// .htaccess under `AllowOverride Limit`, and sections.
    pub(crate) const OR_LIMIT: u32 = 1;
    /// .htaccess under `AllowOverride Options`, and sections.
    pub(crate) const OR_OPTIONS: u32 = 2;
    /// Everywhere, .htaccess under `AllowOverride FileInfo` included.
    pub(crate) const OR_FILEINFO: u32 = 4;
    /// .htaccess under `AllowOverride AuthConfig`, and sections.
    pub(crate) const OR_AUTHCFG: u32 = 8;
    /// Everywhere, .htaccess under `AllowOverride Indexes` included.
    pub(crate) const OR_INDEXES: u32 = 16;
    /// `AllowOverride` was not said.
    pub(crate) const OR_UNSET: u32 = 32;
    /// Sections that hold per-directory settings.
    pub(crate) const ACCESS_CONF: u32 = 64;
    /// The server's own level and virtual hosts.
    pub(crate) const RSRC_CONF: u32 = 128;
    /// Carried out while the file is being read.
    pub(crate) const EXEC_ON_READ: u32 = 256;
    /// `AllowOverride Nonfatal=Override`.
    pub(crate) const NONFATAL_OVERRIDE: u32 = 512;
    /// `AllowOverride Nonfatal=Unknown`.
    pub(crate) const NONFATAL_UNKNOWN: u32 = 1024;
    /// `<Proxy>` sections.
    pub(crate) const PROXY_CONF: u32 = 2048;
    /// `AllowOverride Nonfatal=All`.
    pub(crate) const NONFATAL_ALL: u32 = NONFATAL_OVERRIDE | NONFATAL_UNKNOWN;
    /// Anywhere an override may stand.
    pub(crate) const OR_ALL: u32 = OR_LIMIT | OR_OPTIONS | OR_FILEINFO | OR_AUTHCFG | OR_INDEXES;
    /// Nowhere.
    pub(crate) const OR_NONE: u32 = 0;
}

/// What a directive means to an answer.
///
/// ```
/// use routesim::directives::{self, Effect};
///
/// let effect = |name: &str| directives::all().find(|row| row.name() == name).map(|row| row.effect());
/// assert_eq!((effect("Alias"), effect("ErrorLog")), (Some(Effect::Modelled), Some(Effect::Inert)));
/// assert!(matches!(effect("AuthLDAPURL"), Some(Effect::Blind(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does what it does in httpd.
    Modelled,
    /// It can't change an answer (`ErrorLog`).
    Inert,
    /// It could change an answer and is not modelled: a caveat, with the reason why it could.
    Blind(&'static str),
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
    /// Its name; a section's begins with `<`.
    pub name: &'static str,
    /// How it takes arguments.
    pub args: Args,
    /// Where it may stand ([`allowed`]).
    pub allowed: u32,
    /// What it means to an answer.
    pub effect: Effect,
    /// How it takes part in answering.
    pub part: Part,
    /// httpd's help, which its messages end in.
    pub usage: &'static str,
    /// What is asked of its place and arguments, before it is carried out.
    pub rules: &'static [Rule],
    /// What it does; `None` where it does nothing that matters here.
    pub set: Option<Set>,
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
    Directive { name, args, allowed, effect, part: Part::Setting, usage, rules: &[], set: Some(set) }
}

/// The row of a directive that has nothing to set.
pub(crate) const fn plain(
    name: &'static str,
    args: Args,
    allowed: u32,
    effect: Effect,
    usage: &'static str,
) -> Directive {
    Directive { name, args, allowed, effect, part: Part::Setting, usage, rules: &[], set: None }
}

/// A hook's row.
pub(crate) const fn hook(phase: Phase, order: i32, run: HookFn) -> Hook {
    Hook { phase, order, after: &[], before: &[], run: Some(run) }
}
