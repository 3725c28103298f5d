//! `ap_directory_walk` (server/request.c): down the path, folder by folder, with the sections and .htaccess files
//! that speak of each, and the rules for symbolic links as they stand on the way.

use super::index::Candidates;
use super::request::Request;
use super::section::Section;
use super::setting::Set;
use super::settings::Merged;
use super::walk_cache::{self, Familiar, Found, Walk, Walked};
use crate::filepath;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::pattern;
use crate::server::captures;
use crate::server::core::Dir;
use crate::server::core::options::{self, OptLine};
use crate::server::module::allowed::OR_UNSET;
use crate::server::module::{Phase, Verdict};
use crate::source::Span;
use crate::vfs::{Errno, Kind, Stat};
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

/// The options and overrides that hold at a point of the way: httpd's `core_opts_t`.
struct Running {
    opts: u32,
    add: u32,
    remove: u32,
    overrides: u32,
    override_opts: u32,
    override_list: Option<Arc<Vec<BString>>>,
    allow_override: Option<AllowOverride>,
}

/// The AllowOverride line in force, and what would be without it.
#[derive(Clone, Copy)]
struct AllowOverride {
    span: Span,
    value: u32,
    beneath: Option<u32>,
}

impl AllowOverride {
    fn of(set: &Set<u32>) -> AllowOverride {
        AllowOverride { span: set.span, value: set.value, beneath: set.under.as_ref().map(|s| s.value) }
    }
}

impl Running {
    fn of(core: &Dir) -> Running {
        Running {
            opts: core.opts,
            add: core.opts_add,
            remove: core.opts_remove,
            overrides: core.overrides,
            override_opts: core.override_opts,
            override_list: core.override_list.clone(),
            allow_override: core.override_set.as_ref().map(AllowOverride::of),
        }
    }

    fn merge(&mut self, settings: &Merged) {
        let Some(core) = &settings.core else { return };
        if core.opts & options::UNSET != 0 {
            self.add = (self.add & !core.opts_remove) | core.opts_add;
            self.remove = (self.remove & !core.opts_add) | core.opts_remove;
            self.opts = (self.opts & !self.remove) | self.add;
        } else {
            self.opts = core.opts;
            self.add = core.opts_add;
            self.remove = core.opts_remove;
        }
        if core.overrides & OR_UNSET == 0 {
            self.overrides = core.overrides;
            self.override_opts = core.override_opts;
            if let Some(set) = &core.override_set {
                let line = AllowOverride::of(set);
                let beneath = line.beneath.or(self.allow_override.map(|a| a.value));
                self.allow_override = Some(AllowOverride { beneath, ..line });
            }
        }
        if core.override_list.is_some() {
            self.override_list.clone_from(&core.override_list);
        }
    }

    /// What AllowOverride would be without the line in force.
    fn override_beneath(&self) -> u32 {
        self.allow_override.and_then(|a| a.beneath).unwrap_or(OR_UNSET)
    }

    /// The AllowOverride line without which .htaccess files would be looked for.
    fn hides_htaccess(&self) -> Option<Span> {
        self.allow_override.filter(|a| a.beneath.unwrap_or(OR_UNSET) != a.value).map(|a| a.span)
    }

    fn htaccess_wanted(&self) -> bool {
        self.overrides != 0 || self.override_list.as_ref().is_some_and(|l| !l.is_empty())
    }
}

/// Walks to the request's file: sets `filename`, `path_info`, `finfo` and the settings.
pub(crate) fn run(r: &mut Request<'_>) -> Verdict {
    let Some(filename) = r.filename.take() else { return Verdict::Ok };
    // a relative name is taken from httpd's working directory
    let Some(filename) = filepath::tidy(filename) else { return Verdict::Ok };
    if r.finfo.is_none_or(|f| f.kind == Kind::Symlink) {
        r.finfo = r.engine.stat(&filename).ok().filter(|f| f.kind == Kind::Directory || !filename.ends_with(b"/"));
    }

    let may_be_familiar = r.is_regular() || r.is_dir() && r.path_info_str().is_empty();
    let entry_key = if r.is_regular() {
        walk_cache::key(filepath::dirname(&filename))
    } else if filename.ends_with(b"/") {
        walk_cache::key(&filename)
    } else {
        walk_cache::folder_key(&filename)
    };
    match walk_cache::familiar(r, Walk::Directory, entry_key, r.server.index as u64).filter(|_| may_be_familiar) {
        Some(familiar) => again(r, filename, entry_key, familiar),
        None => match told_walk(r, filename, entry_key, may_be_familiar) {
            Ok(walked) => {
                let settings = walked.found.settings;
                if walk_cache::settle(r, walked) {
                    settings.iter().for_each(|s| r.merge(s));
                }
                Verdict::Ok
            }
            Err(verdict) => verdict,
        },
    }
}

/// Takes the result of an earlier walk over the same folder. That is not the same as a walk: a section that matched for
/// the folder, or for another file in it, holds for this one too, and one that would match for this one doesn't.
fn again<'a>(r: &mut Request<'a>, filename: BString, key: u64, familiar: Familiar<'a>) -> Verdict {
    for step in familiar.found.told.iter().flat_map(|t| t.iter()) {
        r.tell(|| step.clone());
    }
    r.path_info.get_or_insert_default();
    r.filename = Some(filename.clone());
    let settings = familiar.found.settings.filter(|_| !familiar.has_result);
    let walked = Walked {
        walk: Walk::Directory,
        key: Some(key),
        key_after: None,
        tested: r.server.index as u64,
        merged: familiar.merged,
        found: familiar.found,
        may_be_familiar: true,
    };
    walk_cache::settle(r, walked);
    settings.iter().for_each(|s| r.merge(s));
    let core = r.core();
    if !familiar.same_start || core.allows(options::SYM_LINKS) {
        return Verdict::Ok;
    }
    let Some(link) = r.engine.lstat(&filename).ok().filter(|f| f.kind == Kind::Symlink) else { return Verdict::Ok };
    let followed = resolve_symlink(r, &filename, link, core.opts).is_some();
    let spans = link_deciders(r, || core.opt_lines.iter(), filename.as_bstr(), link, followed);
    spans.into_iter().for_each(|s| r.decide(Phase::MapToStorage, s));
    if followed {
        return Verdict::Ok;
    }
    r.error("AH00032", format!("Symbolic link not allowed or link target not accessible: {filename}"));
    Verdict::Status(403)
}

/// Walks, and keeps what is told of it.
fn told_walk<'a>(
    r: &mut Request<'a>,
    filename: BString,
    key: u64,
    may_be_familiar: bool,
) -> Result<Walked<'a>, Verdict> {
    let mut told = None;
    r.engine.open();
    let walked = walk(r, filename, key, may_be_familiar);
    r.engine.close(|steps| {
        told = Some(steps.into());
        None
    });
    walked.map(|w| Walked { found: Found { told, ..w.found }, ..w })
}

fn walk<'a>(
    r: &mut Request<'a>,
    filename: BString,
    entry_key: u64,
    may_be_familiar: bool,
) -> Result<Walked<'a>, Verdict> {
    let no_path_info = r.path_info_str().is_empty();
    let (mut whole, save_path_info) = beginning(r, filename)?;
    // the folder of a file that is there: if no .htaccess file lies on the way to it, none is looked for again
    let folder_len = match r.finfo.map(|f| f.kind) {
        Some(Kind::Regular) => Some(filepath::dirname(&whole).len()),
        Some(Kind::Directory) if no_path_info => Some(whole.len()),
        _ => None,
    };
    let bare = folder_len.is_some_and(|len| super::htaccess::none_on_way(r, whole[..len].as_bstr()));
    let core = r.core();
    let sections = sections(r, &mut whole);
    let mut way = Way { core, running: Running::of(core), sections, next_section: 0, bare, merged: None };
    let folder = Stat { mode: 0o755, ..Stat::of(Kind::Directory) };
    // what was walked is `whole[..at]`, what is left `whole[at..]`
    let mut at = 1;
    let mut components = 1;
    let end = loop {
        // a folder ends in a slash; at the end of the way that is put there for the while
        let temp_slash = components > 1 && whole.get(at - 1) != Some(&b'/');
        let at_end = at == whole.len();
        if temp_slash && at_end {
            whole.push(b'/');
        }
        let path = whole[..at + usize::from(temp_slash)].as_bstr();
        way.sections_of(r, path, components);
        if let Err(status) = way.htaccess_in(r, path) {
            // the walk stops where it is: what is left of the path stays in path_info
            r.filename = Some(path.to_owned());
            r.path_info = Some(if at_end { BString::default() } else { whole[at..].into() });
            return Err(Verdict::Status(status));
        }
        if temp_slash && at_end {
            whole.pop();
        }
        if at >= whole.len() {
            break Some(folder);
        }
        // the next segment, with the slash before it
        let from = at + usize::from(whole.get(at) == Some(&b'/'));
        at = from + filepath::first_segment(&whole[from..]);
        if at == from {
            break Some(folder);
        }
        // a file that is there, and links that may be followed: nothing to look at on the way
        if r.finfo.is_some() && way.running.opts & (options::SYM_OWNER | options::SYM_LINKS) == options::SYM_LINKS {
            components += 1;
            continue;
        }
        match way.look(r, whole[..at].as_bstr()) {
            Ahead::Folder => components += 1,
            Ahead::End(info) => break info,
            Ahead::Refused => return refuse(r, whole, at),
        }
    };
    if r.finfo.is_none_or(|f| f.kind == Kind::Symlink) {
        r.finfo = end;
    }
    let (path, rest) = split(whole, at);
    r.path_info = Some(splice(rest, save_path_info));
    way.patterns(r, &path);
    let walked = Walked {
        walk: Walk::Directory,
        key: Some(entry_key),
        key_after: Some(walk_cache::key(if r.is_dir() { &path } else { filepath::dirname(&path) })),
        tested: r.server.index as u64,
        merged: way.merged.map_or(0, |m| m.id),
        found: Found { settings: way.merged, told: None },
        may_be_familiar,
    };
    r.filename = Some(path);
    Ok(walked)
}

/// The path to walk, and the path_info that is put back behind what is left of it. A folder takes the path_info for its own.
fn beginning(r: &mut Request<'_>, filename: BString) -> Result<(BString, Option<BString>), Verdict> {
    match r.path_info.take() {
        Some(p) if r.is_dir() && !p.is_empty() => {
            match filepath::merge(Some(filename.as_bstr()), filepath::without_slashes_before(&p)) {
                Some(path) => Ok((path, None)),
                None => {
                    r.filename = Some(filename);
                    Err(Verdict::Status(500))
                }
            }
        }
        saved => Ok((filename, saved)),
    }
}

/// The sections to try: who watches is told of those that miss, too.
fn sections<'a>(r: &Request<'a>, whole: &mut BString) -> Candidates<'a, Arc<Section>> {
    let all = &r.server.sec_dir;
    if r.watched() {
        return all.all();
    }
    if whole.ends_with(b"/") {
        return all.of_path(whole);
    }
    whole.push(b'/');
    let sections = all.of_path(whole);
    whole.pop();
    sections
}

/// What lies ahead on the way.
enum Ahead {
    /// A folder: the walk goes on.
    Folder,
    /// The walk ends here: at a file, or where there is nothing.
    End(Option<Stat>),
    /// httpd may not go there, which has been said.
    Refused,
}

/// What a walk has come to so far.
struct Way<'a> {
    /// The settings that it began with.
    core: &'a Dir,
    running: Running,
    sections: Candidates<'a, Arc<Section>>,
    next_section: usize,
    /// Whether no .htaccess file lies on it.
    bare: bool,
    merged: Option<&'a Merged>,
}

impl<'a> Way<'a> {
    /// Tries the sections that may speak of a folder.
    fn sections_of(&mut self, r: &mut Request<'a>, path: &BStr, components: usize) {
        while let Some((_, section)) = self.sections.at(self.next_section) {
            if section.regex.is_some() || section.components > components {
                break;
            }
            self.next_section += 1;
            let matched = section.components == 0
                || section.components == components
                    && if section.is_fnmatch {
                        pattern::fnmatch(section.path.as_bstr(), path, pattern::PATHNAME)
                    } else {
                        section.path == path
                    };
            let kind = if section.is_fnmatch { PatternKind::Wildcards } else { PatternKind::Text };
            r.engine.pattern_of_told(|| {
                captures::tried(section.span, kind, &section.path, path, (Origin::File, b""), matched)
            });
            told(r, section, matched);
            if matched {
                self.running.merge(&section.settings);
                self.merged = Some(r.engine.with_section(self.merged, section));
            }
        }
    }

    /// Reads the .htaccess file of a folder, where one is wanted. The error is the status with which the walk ends.
    fn htaccess_in(&mut self, r: &mut Request<'a>, path: &BStr) -> Result<(), u16> {
        let running = &self.running;
        if self.bare {
            // nothing to read, and nothing that AllowOverride hides
            return Ok(());
        }
        if running.htaccess_wanted() {
            let wanted = super::htaccess::Wanted {
                overrides: running.overrides,
                override_opts: running.override_opts,
                override_list: running.override_list.clone(),
                span: running.allow_override.map(|a| a.span),
                beneath: running.override_beneath(),
            };
            if let Some((settings, text)) = super::htaccess::find(r, path, &wanted)? {
                self.running.merge(settings);
                self.merged = Some(r.engine.onto(self.merged, settings));
                r.engine.budget.name(text);
            }
        } else if let Some(span) = running.hides_htaccess()
            && super::htaccess::is_there(r, path)
        {
            told_hidden(r, span, path);
            r.decide(Phase::MapToStorage, span);
        }
        Ok(())
    }

    /// Looks at what is at the end of a path, as far as httpd's children may.
    fn look(&self, r: &mut Request<'a>, path: &BStr) -> Ahead {
        let mut info = match r.engine.lstat(path) {
            Ok(s) => s,
            Err(Errno::NotFound) => return Ahead::End(None),
            Err(Errno::Access) => {
                // without AllowOverride None, looking for .htaccess would have failed first
                let hides = self.running.hides_htaccess().filter(|_| !self.running.htaccess_wanted());
                r.decide_if(Phase::MapToStorage, hides);
                let message = format!(
                    "access to {} denied (filesystem path '{path}') because search permissions are missing on a component of the path",
                    r.uri
                );
                r.error("AH00035", message);
                return Ahead::Refused;
            }
            Err(errno) => {
                r.unread(path, errno, None);
                let message = format!("access to {} failed (filesystem path '{path}')", r.uri);
                r.error("AH00036", message);
                return Ahead::Refused;
            }
        };
        if info.kind == Kind::Symlink {
            let Some(target) = self.follow(r, path, info) else {
                r.error("AH00037", format!("Symbolic link not allowed or link target not accessible: {path}"));
                return Ahead::Refused;
            };
            info = target;
        }
        match info.kind {
            Kind::Directory => Ahead::Folder,
            Kind::Regular => Ahead::End(Some(info)),
            _ => {
                r.error("AH00038", format!("Forbidden: {path} doesn't point to a file or directory"));
                Ahead::Refused
            }
        }
    }

    /// Where a link leads, if it may be followed. The Options lines that say so are named.
    fn follow(&self, r: &mut Request<'a>, path: &BStr, link: Stat) -> Option<Stat> {
        let lines = || self.core.opt_lines.iter().chain(lines_of(self.merged));
        let target = resolve_symlink(r, path, link, self.running.opts);
        let spans = link_deciders(r, lines, path, link, target.is_some());
        spans.into_iter().for_each(|s| r.decide(Phase::MapToStorage, s));
        target
    }

    /// Tries the sections with regular expressions, once the path is known.
    fn patterns(&mut self, r: &mut Request<'a>, path: &BString) {
        for (_, section) in (self.next_section..).map_while(|place| self.sections.at(place)) {
            let Some(regex) = &section.regex else { continue };
            let matched = captures::match_section(r, regex, section.span, path, Origin::File);
            told(r, section, matched);
            if matched {
                self.merged = Some(r.engine.with_section(self.merged, section));
            }
        }
    }
}

/// A path, and what follows it.
fn split(mut whole: BString, at: usize) -> (BString, BString) {
    let rest = whole[at..].into();
    whole.truncate(at);
    (whole, rest)
}

fn splice(rest: BString, saved: Option<BString>) -> BString {
    match saved {
        None => rest,
        Some(saved) if rest.is_empty() => saved,
        Some(saved) => filepath::join(&rest, &saved),
    }
}

fn refuse<'a>(r: &mut Request<'a>, whole: BString, at: usize) -> Result<Walked<'a>, Verdict> {
    // a path_info from before is not put back on an early end
    let (path, rest) = split(whole, at);
    r.filename = Some(path);
    r.path_info = Some(rest);
    Err(Verdict::Status(403))
}

fn told(r: &Request<'_>, section: &Section, matched: bool) {
    r.tell_line(Phase::MapToStorage, By::Core, section.span, Judgement::of(matched));
}

fn told_hidden(r: &Request<'_>, span: Span, path: &BStr) {
    r.tell(|| {
        Step::new(Phase::MapToStorage, By::Htaccess, Some(span), Judgement::Skipped)
            .with(Detail::HtaccessUnread(path.into()))
    });
}

/// `resolve_symlink`: where the link leads, if it may be followed.
pub(crate) fn resolve_symlink(r: &Request<'_>, path: &[u8], link: Stat, opts: u32) -> Option<Stat> {
    if opts & (options::SYM_OWNER | options::SYM_LINKS) == 0 {
        return None;
    }
    let target = r.engine.stat(path).ok()?;
    (opts & options::SYM_OWNER == 0 || target.uid == link.uid).then_some(target)
}

/// The Options lines that merged settings come from.
fn lines_of(merged: Option<&Merged>) -> impl Iterator<Item = &OptLine> + Clone {
    merged.into_iter().filter_map(|m| m.core.as_ref()).flat_map(|c| c.opt_lines.iter())
}

/// The Options lines without which it would not be so that a link is followed (or is not).
fn link_deciders<'l, I: Iterator<Item = &'l OptLine> + Clone>(
    r: &Request<'_>,
    lines: impl Fn() -> I,
    path: &BStr,
    link: Stat,
    followed: bool,
) -> Vec<Span> {
    let without = |span: Span| options::fold(lines().filter(|l| l.span != span));
    let decides = |span: &Span| resolve_symlink(r, path, link, without(*span)).is_some() != followed;
    lines().map(|l| l.span).filter(decides).collect()
}
