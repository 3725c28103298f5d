//! What mod_authz_core keeps: `Require` lines and their containers, as they are read and merged.

use super::super::authz::{self, Parsed, Provider};
use crate::conf::args;
use crate::diagnostic::Diagnostic;
use crate::outcome::step::Required;
use crate::server::cmd::Cmd;
use crate::server::module::allowed::OR_AUTHCFG;
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::{PerDir, Settings};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// How a section combines what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logic {
    /// All must pass.
    And,
    /// One must pass.
    Or,
}

/// A `Require` line or a container of them: httpd's `authz_section_conf`.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// Where it stands; a merge and a section's own top stand nowhere.
    pub span: Option<Span>,
    /// The methods that it speaks of.
    pub limited: u64,
    /// `not`, or a container that is negated.
    pub negate: bool,
    merged: bool,
    /// How what is in it is combined.
    pub logic: Logic,
    /// What it is.
    pub kind: Kind,
}

/// A line, or a container of them.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Require { provider: &'static Provider, name: BString, args: BString, parsed: Parsed },
    Sections(Vec<Section>),
}

impl Section {
    fn container(logic: Logic, negate: bool, span: Option<Span>) -> Section {
        Section { span, limited: 0, negate, merged: false, logic, kind: Kind::Sections(Vec::new()) }
    }

    fn children(&self) -> &[Section] {
        match &self.kind {
            Kind::Sections(children) => children,
            Kind::Require { .. } => &[],
        }
    }

    fn push(&mut self, child: Section) {
        self.limited |= child.limited;
        if let Kind::Sections(children) = &mut self.kind {
            children.push(child);
        }
    }

    /// How httpd's messages name it.
    fn name(&self) -> String {
        self.told().to_string()
    }

    /// As the trace has it.
    pub(super) fn told(&self) -> Required {
        match (&self.kind, self.logic, self.negate) {
            (Kind::Require { name, args, .. }, _, not) => Required::Line(not, name.clone(), args.clone()),
            (_, Logic::And, true) => Required::Group("NotAll", self.merged),
            (_, Logic::And, false) => Required::Group("All", self.merged),
            (_, Logic::Or, true) => Required::Group("None", self.merged),
            (_, Logic::Or, false) => Required::Group("Any", self.merged),
        }
    }

    /// The section without the line at `skip`; nothing when that leaves nothing.
    fn without(&self, skip: Span) -> Option<Section> {
        if self.span == Some(skip) && matches!(self.kind, Kind::Require { .. }) {
            return None;
        }
        let Kind::Sections(children) = &self.kind else { return Some(self.clone()) };
        let mut left = Section { kind: Kind::Sections(Vec::new()), limited: 0, ..self.clone() };
        children.iter().filter_map(|c| c.without(skip)).for_each(|c| left.push(c));
        (!left.children().is_empty()).then_some(left)
    }

    fn has(&self, line: Span) -> bool {
        match &self.kind {
            Kind::Require { .. } => self.span == Some(line),
            Kind::Sections(children) => children.iter().any(|c| c.has(line)),
        }
    }

    /// Whether nothing but `all` stands in it: it says the same of each request.
    fn asks_nothing(&self) -> bool {
        match &self.kind {
            Kind::Require { parsed, .. } => matches!(parsed, Parsed::All(_)),
            Kind::Sections(children) => children.iter().all(Section::asks_nothing),
        }
    }

    /// Its lines.
    pub(super) fn lines(&self, into: &mut Vec<Span>) {
        match &self.kind {
            Kind::Require { .. } => into.extend(self.span),
            Kind::Sections(children) => children.iter().for_each(|c| c.lines(into)),
        }
    }
}

/// `AuthMerging`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Merging {
    #[default]
    Unset,
    Off,
    With(Logic, Span),
}

/// One section's own lines, kept for counterfactuals.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    pub own: Option<Arc<Section>>,
    merging: Merging,
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    pub(super) section: Option<Arc<Section>>,
    pub(super) merging: Merging,
    pub(super) forbidden_on_fail: Option<Set<bool>>,
    layers: Vec<Layer>,
    /// Containers that are open while the configuration is read.
    open: Vec<Section>,
}

impl Settings for Dir {
    /// `merge_authz_core_dir_config`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let (section, merging) = merge(&base.section, base.merging, &add.section, add.merging);
        let layers = base.own_layers().chain(add.own_layers()).collect();
        let forbidden_on_fail = Set::merge(&base.forbidden_on_fail, &add.forbidden_on_fail);
        Dir { section, merging, forbidden_on_fail, layers, open: Vec::new() }
    }
}

impl Dir {
    /// The sections that it was merged of.
    pub(super) fn own_layers(&self) -> impl Iterator<Item = Layer> + '_ {
        let own = self.layers.is_empty().then(|| Layer { own: self.section.clone(), merging: self.merging });
        self.layers.iter().cloned().chain(own)
    }

    /// What the merge would be without one line.
    pub(super) fn without(&self, skip: Span) -> Option<Arc<Section>> {
        let mut section = None;
        let mut merging = Merging::Unset;
        for layer in self.own_layers() {
            let own = layer.own.and_then(|s| if s.has(skip) { s.without(skip).map(Arc::new) } else { Some(s) });
            let how =
                if matches!(layer.merging, Merging::With(_, s) if s == skip) { Merging::Unset } else { layer.merging };
            (section, merging) = merge(&section, merging, &own, how);
        }
        section
    }
}

type Merge = (Option<Arc<Section>>, Merging);

fn merge(base: &Option<Arc<Section>>, base_merging: Merging, add: &Option<Arc<Section>>, merging: Merging) -> Merge {
    if merging == Merging::Unset && add.is_none() && base.is_some() {
        return (base.clone(), base_merging);
    }
    let logic = match merging {
        Merging::With(logic, _) => logic,
        Merging::Off | Merging::Unset => return (add.clone(), merging),
    };
    let section = match (base, add) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (Some(base), Some(add)) => {
            let mut both = Section { merged: true, ..Section::container(logic, false, None) };
            both.push((**base).clone());
            both.push((**add).clone());
            Some(Arc::new(both))
        }
    };
    (section, merging)
}

/// `add_authz_provider`
pub(super) fn require(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let mut rest = a[0].as_slice();
    let mut name = args::word(&mut rest);
    let mut negate = false;
    if name.eq_ignore_ascii_case(b"not") {
        name = args::word(&mut rest);
        negate = true;
    }
    let args: BString = rest.into();
    let foreign = || Some(&authz::FOREIGN).filter(|_| !cmd.build.loaded.strangers().is_empty());
    let Some(provider) = authz::find(&name, cmd.build).or_else(foreign) else {
        return Err(format!("Unknown Authz provider: {name}"));
    };
    let parsed = provider.read(cmd, name.as_bstr(), args.as_bstr())?;
    let (limited, span) = (cmd.limited, cmd.span());
    let line = Section {
        span: Some(span),
        limited,
        negate,
        merged: false,
        logic: Logic::And,
        kind: Kind::Require { provider, name, args, parsed },
    };
    if let Some(why) = provider.unmodelled {
        cmd.unmodelled("Require", provider.module, why);
    }
    add(cmd.slot(|d| &mut d.authz_core), line, "Require")
}

/// Puts a line or container into the innermost container that is open.
fn add(dir: &mut Dir, child: Section, name: &str) -> Result<(), String> {
    let into = match dir.open.last_mut() {
        Some(open) => open,
        None => Arc::make_mut(dir.section.get_or_insert_with(|| Arc::new(Section::container(Logic::Or, false, None)))),
    };
    if child.negate && into.logic == Logic::Or {
        let what = if name == "Require" { format!("negative {name}") } else { child.name() };
        return Err(format!("{what} directive has no effect in {} directive", into.name()));
    }
    // containers of one kind within another are one
    if !child.negate && child.logic == into.logic && matches!(child.kind, Kind::Sections(_)) {
        for grandchild in child.children() {
            into.push(grandchild.clone());
        }
        into.limited |= child.limited;
    } else {
        into.push(child);
    }
    Ok(())
}

/// `add_authz_section`
fn container(cmd: &mut Cmd<'_>, a: &[BString], logic: Logic, negate: bool) -> Result<(), String> {
    if !args::before_closing(cmd.row.name, &a[0])?.is_empty() {
        return Err(format!("{}> directive doesn't take additional arguments", cmd.row.name));
    }
    let span = cmd.span();
    cmd.slot(|d| &mut d.authz_core).open.push(Section::container(logic, negate, Some(span)));
    let overrides = std::mem::replace(&mut cmd.overrides, OR_AUTHCFG);
    let limited = cmd.limited & !(1 << 63);
    let sound = cmd.within(limited);
    cmd.overrides = overrides;
    let dir = cmd.slot(|d| &mut d.authz_core);
    let Some(section) = dir.open.pop() else { return Ok(()) };
    if section.children().is_empty() {
        // httpd stopped at a line within
        if !sound {
            return Ok(());
        }
        return Err(format!("{} directive contains no authorization directives", section.name()));
    }
    add(dir, section, "")
}

pub(super) fn require_all(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    container(cmd, a, Logic::And, false)
}
pub(super) fn require_any(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    container(cmd, a, Logic::Or, false)
}
pub(super) fn require_none(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    container(cmd, a, Logic::Or, true)
}

pub(super) fn auth_merging(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let merging = match a[0].to_ascii_lowercase().as_slice() {
        b"off" => Merging::Off,
        b"and" => Merging::With(Logic::And, span),
        b"or" => Merging::With(Logic::Or, span),
        _ => return Err("AuthMerging must be one of: Off | And | Or".into()),
    };
    cmd.slot(|d| &mut d.authz_core).merging = merging;
    Ok(())
}

pub(super) fn forbidden_on_failure(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.authz_core).forbidden_on_fail, on, span);
    Ok(())
}

/// `authz_core_check_config`, for a section that has been read: its error comes last of all.
pub(crate) fn check_section(cmd: &mut Cmd<'_>, settings: &PerDir) {
    let Some(message) = settings.authz_core.as_deref().filter(|_| !cmd.build.htaccess).and_then(only_negative) else {
        return;
    };
    let place = cmd.span();
    let help = "add a line that lets in, such as `Require all granted`";
    let error = Diagnostic::error("AH01624", message, Span::NONE).related(place, "in this section").help(help);
    cmd.build.late.insert(0, error);
}

/// `authz_core_check_section`: httpd refuses to start when a section holds nothing but negative lines.
fn only_negative(dir: &Dir) -> Option<String> {
    fn check(section: &Section, top: bool) -> Option<String> {
        for child in section.children() {
            if !child.children().is_empty()
                && let Some(found) = check(child, false)
            {
                return Some(found);
            }
        }
        let positive = |c: &Section| {
            // De Morgan: the lines of a negated container of the other kind count each for itself
            if c.negate && !c.children().is_empty() && c.logic != section.logic {
                c.children().iter().any(|g| g.negate)
            } else {
                !c.negate
            }
        };
        if section.children().iter().any(positive) {
            return None;
        }
        let name = if top { "<Directory>, <Location>, or similar".into() } else { section.name() };
        Some(format!("{name} directive contains only negative authorization directives"))
    }
    check(dir.section.as_deref()?, true)
}

/// The lines in force, and those that say how they are merged.
pub(super) fn lines(r: &Request<'_>, lines: &mut Vec<Span>) {
    let Some(dir) = &r.per_dir.authz_core else { return };
    for layer in dir.own_layers() {
        if let Some(own) = &layer.own {
            own.lines(lines);
        }
        if let Merging::With(_, span) = layer.merging {
            lines.push(span);
        }
    }
}

/// Whether settings ask for more of a request than its method: for more than `all`.
pub(super) fn ask_more(settings: &PerDir) -> bool {
    let Some(dir) = &settings.authz_core else { return false };
    !dir.layers.iter().filter_map(|l| l.own.as_ref()).chain(&dir.section).all(|own| own.asks_nothing())
}
