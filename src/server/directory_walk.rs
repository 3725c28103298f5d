//! `ap_directory_walk` (server/request.c): down the path, folder by folder, with the sections and .htaccess files
//! that speak of each, and the rules for symbolic links as they stand on the way.

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
    let core = r.core();
    let mut running = Running::of(core);
    let given_path_info = r.path_info.take();
    let no_path_info = given_path_info.as_ref().is_none_or(|p| p.is_empty());
    let mut save_path_info = None;
    // a folder takes the path_info for its own
    let mut whole: BString = match &given_path_info {
        Some(p) if r.is_dir() && !p.is_empty() => {
            match filepath::merge(Some(filename.as_bstr()), filepath::without_slashes_before(p)) {
                Some(path) => path,
                None => {
                    r.filename = Some(filename);
                    return Err(Verdict::Status(500));
                }
            }
        }
        _ => {
            save_path_info = given_path_info;
            filename
        }
    };

    // the folder of a file that is there: if no .htaccess file lies on the way to it, none is looked for again
    let folder_len = match r.finfo.map(|f| f.kind) {
        Some(Kind::Regular) => Some(filepath::dirname(&whole).len()),
        Some(Kind::Directory) if no_path_info => Some(whole.len()),
        _ => None,
    };
    let bare = folder_len.is_some_and(|len| super::htaccess::none_on_way(r, whole[..len].as_bstr()));
    let mut merged: Option<&'a Merged> = None;
    // what was walked is `whole[..at]`, what is left `whole[at..]`
    let mut at = 1;
    let server = r.server;
    // who watches is told of those that miss, too
    let sections = if r.watched() {
        server.sec_dir.all()
    } else if whole.ends_with(b"/") {
        server.sec_dir.of_path(&whole)
    } else {
        whole.push(b'/');
        let sections = server.sec_dir.of_path(&whole);
        whole.pop();
        sections
    };
    let mut next_section = 0;
    let mut components = 1;
    let mut this: Option<Stat>;
    loop {
        // a folder ends in a slash; at the end of the way that is put there for the while
        let temp_slash = components > 1 && whole.get(at - 1) != Some(&b'/');
        let at_end = at == whole.len();
        if temp_slash && at_end {
            whole.push(b'/');
        }
        let path = whole[..at + usize::from(temp_slash)].as_bstr();
        while let Some((_, section)) = sections.at(next_section) {
            if section.regex.is_some() || section.components > components {
                break;
            }
            next_section += 1;
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
                running.merge(&section.settings);
                merged = Some(r.engine.with_section(merged, section));
            }
        }
        if bare {
            // nothing to read, and nothing that AllowOverride hides
        } else if running.htaccess_wanted() {
            let wanted = super::htaccess::Wanted {
                overrides: running.overrides,
                override_opts: running.override_opts,
                override_list: running.override_list.clone(),
                span: running.allow_override.map(|a| a.span),
                beneath: running.override_beneath(),
            };
            match super::htaccess::find(r, path, &wanted) {
                Err(status) => {
                    // the walk stops where it is: what is left of the path stays in path_info
                    r.filename = Some(path.to_owned());
                    r.path_info = Some(if at_end { BString::default() } else { whole[at..].into() });
                    return Err(Verdict::Status(status));
                }
                Ok(Some((settings, text))) => {
                    running.merge(settings);
                    merged = Some(r.engine.onto(merged, settings));
                    r.engine.budget.name(text);
                }
                Ok(None) => {}
            }
        } else if let Some(span) = running.hides_htaccess()
            && super::htaccess::is_there(r, path)
        {
            told_hidden(r, span, path);
            r.decide(Phase::MapToStorage, span);
        }
        if temp_slash && at_end {
            whole.pop();
        }
        this = Some(Stat { mode: 0o755, ..Stat::of(Kind::Directory) });
        if at >= whole.len() {
            break;
        }
        // the next segment, with the slash before it
        let from = at + usize::from(whole.get(at) == Some(&b'/'));
        let end = from + filepath::first_segment(&whole[from..]);
        at = end;
        if from == end {
            break;
        }
        let path = whole[..at].as_bstr();
        // a file that is there, and links that may be followed: nothing to look at on the way
        if r.finfo.is_some() && running.opts & (options::SYM_OWNER | options::SYM_LINKS) == options::SYM_LINKS {
            components += 1;
            continue;
        }
        let mut info = match r.engine.lstat(path) {
            Ok(s) => s,
            Err(Errno::NotFound) => {
                this = None;
                break;
            }
            Err(Errno::Access) => {
                // without AllowOverride None, looking for .htaccess would have failed first
                r.decide_if(Phase::MapToStorage, running.hides_htaccess().filter(|_| !running.htaccess_wanted()));
                let message = format!(
                    "access to {} denied (filesystem path '{path}') because search permissions are missing on a component of the path",
                    r.uri
                );
                r.error("AH00035", message);
                return refuse(r, whole, at);
            }
            Err(errno) => {
                r.unread(path, errno, None);
                let message = format!("access to {} failed (filesystem path '{path}')", r.uri);
                r.error("AH00036", message);
                return refuse(r, whole, at);
            }
        };
        if info.kind == Kind::Symlink {
            let lines = || core.opt_lines.iter().chain(lines_of(merged));
            let target = resolve_symlink(r, path, info, running.opts);
            let spans = link_deciders(r, lines, path, info, target.is_some());
            spans.into_iter().for_each(|s| r.decide(Phase::MapToStorage, s));
            let Some(target) = target else {
                r.error("AH00037", format!("Symbolic link not allowed or link target not accessible: {path}"));
                return refuse(r, whole, at);
            };
            info = target;
        }
        this = Some(info);
        match info.kind {
            Kind::Directory => components += 1,
            Kind::Regular => break,
            _ => {
                r.error("AH00038", format!("Forbidden: {path} doesn't point to a file or directory"));
                return refuse(r, whole, at);
            }
        }
    }
    if r.finfo.is_none_or(|f| f.kind == Kind::Symlink) {
        r.finfo = this;
    }
    let (path, rest) = split(whole, at);
    r.path_info = Some(splice(rest, save_path_info));

    for (_, section) in (next_section..).map_while(|place| sections.at(place)) {
        let Some(regex) = &section.regex else { continue };
        let matched = captures::match_section(r, regex, section.span, &path, Origin::File);
        told(r, section, matched);
        if matched {
            merged = Some(r.engine.with_section(merged, section));
        }
    }
    let walked = Walked {
        walk: Walk::Directory,
        key: Some(entry_key),
        key_after: Some(walk_cache::key(if r.is_dir() { &path } else { filepath::dirname(&path) })),
        tested: server.index as u64,
        merged: merged.map_or(0, |m| m.id),
        found: Found { settings: merged, told: None },
        may_be_familiar,
    };
    r.filename = Some(path);
    Ok(walked)
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
