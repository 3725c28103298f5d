//! mod_speling.c: what is not there may be misspelled.

use crate::outcome::step::{By, Change, Detail, Field, Judgement, Step};
use crate::server::cmd::Cmd;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::OR_OPTIONS;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::{ProxyReq, Request};
use crate::server::setting::{Set, decisive, value};
use crate::server::{method, settings, uri};
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_speling.c",
    identifier: "speling_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::LAST, check)];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("CheckSpelling", Args::Flag, OR_OPTIONS, Modelled, "whether or not to fix miscapitalized/misspelled requests", |c, a| set(c, a, |d| &mut d.enabled)).tried(),
    row("CheckCaseOnly", Args::Flag, OR_OPTIONS, Modelled, "whether or not to fix only miscapitalized requests", |c, a| set(c, a, |d| &mut d.case_only)),
    row("CheckBasenameMatch", Args::Flag, OR_OPTIONS, Modelled, "whether or not to fix files with the same base name", |c, a| set(c, a, |d| &mut d.basename)),
];

/// Settings per directory. httpd has no merge rule for them: the innermost section that sets any sets all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    enabled: Option<Set<bool>>,
    case_only: Option<Set<bool>>,
    basename: Option<Set<bool>>,
    /// The settings of the section around, which these are in place of.
    around: Option<Arc<Dir>>,
}

impl settings::Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { around: Some(Arc::new(Dir { around: None, ..base.clone() })), ..add.clone() }
    }
}

impl Dir {
    fn on(&self) -> bool {
        value(&self.enabled, false)
    }

    /// A line of these settings, which takes CheckSpelling away by being there alone.
    fn only_line(&self) -> Option<Span> {
        if self.enabled.is_some() { None } else { self.case_only.as_ref().or(self.basename.as_ref()).map(|s| s.span) }
    }
}

fn set(cmd: &mut Cmd<'_>, a: &[BString], pick: fn(&mut Dir) -> &mut Option<Set<bool>>) -> Result<(), String> {
    let span = cmd.span();
    let on = a[0].eq_ignore_ascii_case(b"on");
    Set::put(pick(cmd.slot(|d| &mut d.speling)), on, span);
    Ok(())
}

/// How far a name is from the one asked for, nearest first: httpd's `sp_reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Quality {
    Miscapitalized,
    Transposition,
    MissingChar,
    ExtraChar,
    SimpleTypo,
    VeryDifferent,
}

/// `spdist`
fn distance(asked: &[u8], there: &[u8]) -> Quality {
    let same = |a: &[u8], b: &[u8]| a.eq_ignore_ascii_case(b);
    let common = asked.iter().zip(there).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    match (&asked[common..], &there[common..]) {
        ([], []) => Quality::Miscapitalized,
        ([a, b, s @ ..], [c, d, t @ ..]) if same(&[*a, *b], &[*d, *c]) && same(s, t) => Quality::Transposition,
        ([_, s @ ..], [_, t @ ..]) if same(s, t) => Quality::SimpleTypo,
        ([_, s @ ..], t) if same(s, t) => Quality::ExtraChar,
        (s, [_, t @ ..]) if same(s, t) => Quality::MissingChar,
        _ => Quality::VeryDifferent,
    }
}

/// What a folder's names come to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    One(BString),
    Several(usize),
}

fn search(names: &[BString], asked: &[u8], case_only: bool, basename: bool) -> Found {
    let stem = |name: &[u8]| name.find_byte(b'.').unwrap_or(name.len());
    let mut found: Vec<(Quality, &BString)> = Vec::new();
    for name in names {
        let quality = match distance(asked, name) {
            Quality::Miscapitalized => Some(Quality::Miscapitalized),
            Quality::VeryDifferent => None,
            q => Some(q).filter(|_| !case_only),
        };
        let n = stem(asked);
        let same_stem = basename && n == stem(name) && asked[..n].eq_ignore_ascii_case(&name[..n]);
        if let Some(quality) = quality.or(same_stem.then_some(Quality::VeryDifferent)) {
            found.push((quality, name));
        }
    }
    found.sort_by_key(|(q, _)| *q);
    match found.as_slice() {
        [] => Found::Nothing,
        [(q, name), rest @ ..] if *q != Quality::VeryDifferent && rest.first().is_none_or(|(r, _)| r != q) => {
            Found::One((*name).clone())
        }
        several => Found::Several(several.len()),
    }
}

/// What is asked for, and the names beside it.
struct Asked {
    base: BString,
    name: BString,
    path_info: BString,
    names: Vec<BString>,
}

/// The folder of what is not there; none where the module has no business.
fn look(r: &Request<'_>) -> Option<Asked> {
    let unfit = r.method_number != method::GET || r.finfo.is_some() || r.proxyreq != ProxyReq::None || r.main.is_some();
    let filename = r.filename.as_ref().filter(|_| !unfit && r.uri != "/")?;
    let slash = filename.rfind_byte(b'/')?;
    let (folder, name) = (&filename[..slash], &filename[slash + 1..]);
    let path_info = r.path_info.clone().unwrap_or_default();
    let base = r.uri.strip_suffix([name, &path_info].concat().as_slice())?.into();
    let folder = if folder.is_empty() { b"/" } else { folder };
    let mut names = r.engine.list(folder).ok()?;
    // as readdir(3) does
    names.extend([".".into(), "..".into()]);
    Some(Asked { base, name: name.into(), path_info, names })
}

/// `check_speling`
fn check(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.speling.as_deref() else { return Verdict::Declined };
    let around = dir.around.as_ref().filter(|a| a.on());
    if !dir.on() && around.is_none() {
        return Verdict::Declined;
    }
    let Some(asked) = look(r) else { return Verdict::Declined };
    if asked.names.contains(&asked.name) {
        return if dir.on() { Verdict::Ok } else { Verdict::Declined };
    }
    let names_like = |case_only, basename| search(&asked.names, &asked.name, case_only, basename);
    let by = |d: &Dir| names_like(value(&d.case_only, false), value(&d.basename, true));
    if !dir.on() {
        if around.is_some_and(|a| by(a) != Found::Nothing) {
            r.decide_if(Phase::Fixups, dir.enabled.as_ref().map(|s| s.span).or_else(|| dir.only_line()));
        }
        return Verdict::Declined;
    }
    let found = by(dir);
    let (case_only, basename) = (value(&dir.case_only, false), value(&dir.basename, true));
    let otherwise = [
        (&dir.case_only, false, names_like(!case_only, basename)),
        (&dir.basename, true, names_like(case_only, !basename)),
    ];
    for (set, default, other) in otherwise {
        if other.answer() != found.answer() {
            r.decide_if(Phase::Fixups, decisive(set, &default));
        }
    }
    if found == Found::Nothing {
        return Verdict::Ok;
    }
    r.decide_if(Phase::Fixups, decisive(&dir.enabled, &false));
    let span = dir.enabled.as_ref().map(|s| s.span);
    let step = Step::new(Phase::Fixups, By::Module(MODULE.name), span, Judgement::Matched);
    let step = match &found {
        Found::One(name) => {
            let mut to = uri::escape_path(&[asked.base.as_slice(), name, &asked.path_info].concat(), true);
            if let Some((_, query)) = r.unparsed_uri.split_once_str("?") {
                to.push(b'?');
                to.extend_from_slice(query);
            }
            let location = r.locate(Phase::Fixups, &to);
            r.headers_out.set("Location", location);
            step.changing(Change::to(Field::Location, to))
        }
        Found::Several(n) => step.with(Detail::Similar(*n)),
        Found::Nothing => step,
    };
    r.tell(|| step);
    Verdict::Status(found.answer().0)
}

impl Found {
    /// The status, and where the client is sent.
    fn answer(&self) -> (u16, Option<&BString>) {
        match self {
            Found::Nothing => (0, None),
            Found::One(name) => (301, Some(name)),
            Found::Several(_) => (300, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mistake_is_forgiven() {
        for (asked, there, want) in [
            ("Index.html", "index.HTML", Quality::Miscapitalized),
            ("idnex.html", "index.html", Quality::Transposition),
            ("indx.html", "index.html", Quality::MissingChar),
            ("indeex.html", "index.html", Quality::ExtraChar),
            ("indax.html", "index.html", Quality::SimpleTypo),
            ("a", ".", Quality::SimpleTypo),
            ("index.htm", "about.html", Quality::VeryDifferent),
            ("index", "index.html", Quality::VeryDifferent),
        ] {
            assert_eq!(distance(asked.as_bytes(), there.as_bytes()), want, "{asked} {there}");
        }
    }
}
