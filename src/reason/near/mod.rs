//! What nearly applied: lines that the reader probably meant to take effect, each with the one reason why it didn't.

mod afresh;
mod fit;
mod hidden;
mod hosts;
mod lines;
mod rules;

use super::Case;
use crate::conf::args;
use crate::outcome::step::Step;
use crate::source::Span;
use bstr::BString;

pub(crate) use fit::Fit;

/// A line that nearly applied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Near {
    /// Why it didn't.
    pub miss: Miss,
    /// The line, and those that kept it from applying.
    pub places: Vec<Span>,
}

/// Why a line that nearly applied does not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Miss {
    /// A RewriteRule whose pattern matches; these of its conditions don't hold, each with what would make it hold.
    Conditions(Vec<(Step, Option<Fit>)>),
    /// What its pattern or path was tried on, and what would make it fit.
    Pattern { subject: BString, fit: Fit },
    /// It fits, but something before it took the request.
    TooLate { by: Option<Span> },
    /// It fits, but a later section's lines replaced it.
    Replaced { by: Option<Span> },
    /// It refuses, and another line beside it grants: one is enough.
    Outvoted { by: Span },
    /// It asks for something, and a line that grants to all is in the same section: one is enough.
    NeedNotBe { by: Span },
    /// A later section has lines of its module, which starts afresh there.
    Afresh { module: &'static str, by: Span },
    /// What stands behind the first word of a line that takes one (`RewriteEngine on ...`).
    LeftOver { rest: BString },
    /// The .htaccess file that it stands in is not read; by default, or by the lines beside it.
    Unread { file: BString, lines: usize },
    /// Rewriting is off where it stands.
    EngineOff,
    /// It stands in an `<If>`, where mod_rewrite has no directory to work in.
    InIf,
    /// The virtual host does not inherit the main server's rules.
    NotInherited,
    /// Rules of a directory below replace it.
    Dropped { by: Span },
    /// It stands in a part that is not in force (`<IfModule>` and kin).
    NotInForce { condition: BString },
    /// It stands in another virtual host.
    OtherHost,
    /// Another virtual host has the name, on another address or port.
    HostElsewhere { name: BString, host: BString },
    /// A virtual host's name that is written with a port: the port is no part of a name.
    PortInName { name: BString },
}

impl Miss {
    /// The word for it that programs read.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Miss::Conditions(_) => "conditions",
            Miss::Pattern { fit, .. } => fit.code(),
            Miss::TooLate { .. } => "too-late",
            Miss::Replaced { .. } => "replaced",
            Miss::Outvoted { .. } => "outvoted",
            Miss::NeedNotBe { .. } => "granted-to-all",
            Miss::Afresh { .. } => "starts-afresh",
            Miss::LeftOver { .. } => "left-over",
            Miss::Unread { .. } => "htaccess-unread",
            Miss::EngineOff => "engine-off",
            Miss::InIf => "in-if",
            Miss::NotInherited => "not-inherited",
            Miss::Dropped { .. } => "dropped",
            Miss::NotInForce { .. } => "not-in-force",
            Miss::OtherHost => "other-host",
            Miss::HostElsewhere { .. } => "host-elsewhere",
            Miss::PortInName { .. } => "port-in-name",
        }
    }
}

/// The lines that nearly applied, the most telling first, each once.
pub(crate) fn nearly(case: &Case<'_>) -> Vec<Near> {
    let mut found = Vec::new();
    hidden::nearly(case, &mut found);
    rules::nearly(case, &mut found);
    afresh::nearly(case, &mut found);
    lines::nearly(case, &mut found);
    hosts::nearly(case, &mut found);
    let mut seen = std::collections::HashSet::new();
    found.retain(|near| !matches!(near.miss, Miss::Replaced { .. }) || !is_usual(case, near) && !is_same(case, near));
    found.sort_by_key(|near| matches!(near.miss, Miss::Replaced { .. }));
    found.retain(|near| near.places.first().is_none_or(|line| seen.insert(*line)));
    found
}

/// Whether what replaced it says the same.
fn is_same(case: &Case<'_>, near: &Near) -> bool {
    let words =
        |line: Span| args::words(&case.sources.text(line)).into_iter().map(|word| word.value).collect::<Vec<_>>();
    match (&near.miss, near.places.first()) {
        (Miss::Replaced { by: Some(by) }, Some(line)) => words(*by) == words(*line),
        _ => false,
    }
}

/// Whether it is what every configuration has: a Require of `<Directory />`, which sections below replace.
fn is_usual(case: &Case<'_>, near: &Near) -> bool {
    let Some(line) = near.places.first() else { return false };
    let of_root = |section: Span| case.sources.text(section).eq_ignore_ascii_case(b"<Directory />");
    case.sources.directive_name(*line).eq_ignore_ascii_case("Require") && case.section_of(*line).is_some_and(of_root)
}
