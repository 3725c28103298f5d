//! `ap_directory_walk` (server/request.c): down the path, folder by folder, with the sections and .htaccess files
//! that speak of each, and the rules for symbolic links as they stand on the way.

use super::request::Request;
use super::section::Section;
use super::setting::{self, Set};
use super::settings::Merged;
use super::walk_cache::{self, Walk, Walked};
use super::{filepath, names};
use crate::module::{Phase, Verdict};
use crate::modules::core::options::{self, OptLine};
use crate::outcome::Step;
use crate::pattern::{self, Captures};
use crate::source::Span;
use crate::vfs::{Errno, Kind, Stat, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

/// The options and overrides that hold at a point of the way: httpd's `core_opts_t`.
struct Running {
    opts: u32,
    add: u32,
    remove: u32,
    lines: Vec<OptLine>,
    overrides: u32,
    override_opts: u32,
    override_list: Option<Arc<Vec<BString>>>,
    override_set: Option<Set<u32>>,
}

impl Running {
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
        self.lines.extend_from_slice(&core.opt_lines);
        if core.overrides & crate::module::allowed::OR_UNSET == 0 {
            self.overrides = core.overrides;
            self.override_opts = core.override_opts;
            self.override_set = Set::merge(&self.override_set, &core.override_set);
        }
        if core.override_list.is_some() {
            self.override_list.clone_from(&core.override_list);
        }
    }

    fn override_span(&self) -> Option<Span> {
        self.override_set.as_ref().map(|s| s.span)
    }

    /// What AllowOverride would be without the line in force.
    fn override_beneath(&self) -> u32 {
        let beneath = self.override_set.as_ref().and_then(|s| s.under.as_ref());
        beneath.map_or(crate::module::allowed::OR_UNSET, |s| s.value)
    }

    /// The AllowOverride line without which .htaccess files would be looked for.
    fn hides_htaccess(&self) -> Option<Span> {
        setting::decisive(&self.override_set, &crate::module::allowed::OR_UNSET)
    }

    fn htaccess_wanted(&self) -> bool {
        self.overrides != 0 || self.override_list.as_ref().is_some_and(|l| !l.is_empty())
    }
}

/// Walks to the request's file: sets `filename`, `path_info`, `finfo` and the settings.
pub fn run(r: &mut Request<'_>) -> Verdict {
    let Some(filename) = r.filename.clone() else { return Verdict::Ok };
    // a relative name is taken from httpd's working directory
    let Some(filename) = filepath::merge(Some(b"/".as_bstr()), &filename) else { return Verdict::Ok };
    r.filename = Some(filename.clone());
    if r.finfo.is_none_or(|f| f.kind == Kind::Symlink) {
        r.finfo = r.engine.stat(&filename).ok().filter(|f| f.kind == Kind::Directory || !filename.ends_with(b"/"));
    }

    let may_be_familiar = r.is_regular() || r.is_dir() && r.path_info_str().is_empty();
    let mut entry_dir = filename.clone();
    if r.is_regular() {
        entry_dir = filepath::dirname(&entry_dir).into();
    } else if !entry_dir.ends_with(b"/") {
        entry_dir.push(b'/');
    }

    let core = r.core();
    let mut running = Running {
        opts: core.opts,
        add: core.opts_add,
        remove: core.opts_remove,
        lines: core.opt_lines.to_vec(),
        overrides: core.overrides,
        override_opts: core.override_opts,
        override_list: core.override_list.clone(),
        override_set: core.override_set.clone(),
    };
    let given_path_info = r.path_info.take();
    let mut save_path_info = None;
    // a folder takes the path_info for its own
    let mut rest: BString = match &given_path_info {
        Some(p) if r.is_dir() && !p.is_empty() => {
            match filepath::merge(Some(filename.as_bstr()), p.trim_start_with(|c| c == '/')) {
                Some(path) => path,
                None => return Verdict::Status(500),
            }
        }
        _ => {
            save_path_info = given_path_info;
            filename
        }
    };
    rest = rest[1..].into();

    let mut merged: Option<Arc<Merged>> = None;
    let mut path = BString::from("/");
    let server = r.server;
    let sections = &server.sec_dir;
    let mut next_section = 0;
    let mut components = 1;
    let mut this: Option<Stat>;
    loop {
        let temp_slash = components > 1 && !path.ends_with(b"/");
        if temp_slash {
            path.push(b'/');
        }
        while let Some(section) = sections.get(next_section) {
            if section.regex.is_some() || section.components > components {
                break;
            }
            next_section += 1;
            let matched = section.components == 0
                || section.components == components
                    && if section.is_fnmatch {
                        pattern::fnmatch(section.path.as_bstr(), path.as_bstr(), pattern::PATHNAME)
                    } else {
                        section.path == path
                    };
            told(r, section, matched);
            if matched {
                running.merge(&section.settings);
                merged = Some(onto(r, merged, &section.settings));
            }
        }
        if running.htaccess_wanted() {
            let wanted = super::htaccess::Wanted {
                overrides: running.overrides,
                override_opts: running.override_opts,
                override_list: running.override_list.clone(),
                span: running.override_span(),
                beneath: running.override_beneath(),
            };
            match super::htaccess::find(r, path.as_bstr(), &wanted) {
                Err(status) => {
                    r.filename = Some(path);
                    return Verdict::Status(status);
                }
                Ok(Some(settings)) => {
                    running.merge(&settings);
                    merged = Some(onto(r, merged, &settings));
                }
                Ok(None) => {}
            }
        } else if let Some(span) = running.hides_htaccess()
            && super::htaccess::is_there(r, path.as_bstr())
        {
            told_hidden(r, span, &path);
            r.decide(Phase::MapToStorage, span);
        }
        if temp_slash {
            path.pop();
        }
        this = Some(Stat { kind: Kind::Directory, mode: 0o755, uid: 0, gid: 0, size: 0 });
        if rest.is_empty() {
            break;
        }
        // the next segment, with the slash before it
        let from = usize::from(rest.first() == Some(&b'/'));
        let end = rest[from..].find_byte(b'/').map_or(rest.len(), |i| from + i);
        let segment: BString = rest[from..end].into();
        if components > 1 || path.len() > 1 {
            path.push(b'/');
        }
        path.extend_from_slice(&segment);
        rest = rest[end..].into();
        if segment.is_empty() {
            break;
        }
        // a file that is there, and links that may be followed: nothing to look at on the way
        if r.finfo.is_some() && running.opts & (options::SYM_OWNER | options::SYM_LINKS) == options::SYM_LINKS {
            components += 1;
            continue;
        }
        let mut info = match r.engine.lstat(&path) {
            Ok(s) => s,
            Err(Errno::NotFound) => {
                this = None;
                break;
            }
            Err(Errno::Access) => {
                // without AllowOverride None, looking for .htaccess would have failed first
                r.decide_if(Phase::MapToStorage, running.hides_htaccess().filter(|_| !running.htaccess_wanted()));
                let uri = r.uri.clone();
                r.error(
                    "AH00035",
                    format!(
                        "access to {uri} denied (filesystem path '{path}') because search permissions are missing on a component of the path"
                    ),
                );
                return refuse(r, path, rest, save_path_info);
            }
            Err(_) => {
                let uri = r.uri.clone();
                r.error("AH00036", format!("access to {uri} failed (filesystem path '{path}')"));
                return refuse(r, path, rest, save_path_info);
            }
        };
        if info.kind == Kind::Symlink {
            match resolve_symlink(r, &path, info, running.opts) {
                Some(target) => {
                    link_decided(r, &running, path.as_bstr(), info);
                    info = target;
                }
                None => {
                    r.error("AH00037", format!("Symbolic link not allowed or link target not accessible: {path}"));
                    refused_link_decided(r, &running, path.as_bstr(), info);
                    return refuse(r, path, rest, save_path_info);
                }
            }
        }
        this = Some(info);
        match info.kind {
            Kind::Directory => components += 1,
            Kind::Regular => break,
            _ => {
                r.error("AH00038", format!("Forbidden: {path} doesn't point to a file or directory"));
                return refuse(r, path, rest, save_path_info);
            }
        }
    }
    if r.finfo.is_none_or(|f| f.kind == Kind::Symlink) {
        r.finfo = this;
    }
    r.canonical_filename = Some(path.clone());
    r.path_info = Some(splice(rest, save_path_info));
    r.filename = Some(path.clone());

    for section in &sections[next_section..] {
        let Some(regex) = &section.regex else { continue };
        let mut caps = Captures::default();
        let matched = names::search(r, regex, section.span, &path, &mut caps);
        told(r, section, matched);
        if matched {
            names::set_captures(r, regex, &caps, &path);
            merged = Some(onto(r, merged, &section.settings));
        }
    }
    let walked = Walked {
        walk: Walk::Directory,
        key: Some(&entry_dir),
        key_after: Some(if r.is_dir() { &path } else { filepath::dirname(&path) }),
        tested: server.index as u64,
        merged: merged.as_ref().map_or(0, |m| m.id),
        may_be_familiar,
    };
    walk_cache::settle(r, &walked);
    if let Some(m) = merged {
        r.per_dir = r.engine.merge(&r.per_dir, &m);
    }
    Verdict::Ok
}

fn splice(rest: BString, saved: Option<BString>) -> BString {
    match saved {
        None => rest,
        Some(saved) if rest.is_empty() => saved,
        Some(saved) => filepath::join(&rest, &saved),
    }
}

fn refuse(r: &mut Request<'_>, path: BString, rest: BString, saved: Option<BString>) -> Verdict {
    r.filename = Some(path);
    // the saved path_info is not put back on an early end
    let _ = saved;
    r.path_info = Some(rest);
    Verdict::Status(403)
}

fn onto(r: &Request<'_>, merged: Option<Arc<Merged>>, add: &Arc<Merged>) -> Arc<Merged> {
    match merged {
        None => add.clone(),
        Some(m) => r.engine.merge(&m, add),
    }
}

fn told(r: &Request<'_>, section: &Section, matched: bool) {
    r.tell(|| Step { phase: "map_to_storage", span: Some(section.span), matched, ..Step::default() });
}

fn told_hidden(r: &Request<'_>, span: Span, path: &BString) {
    r.tell(|| Step {
        phase: "map_to_storage",
        module: "htaccess",
        span: Some(span),
        why: format!("{path}.htaccess is not read"),
        ..Step::default()
    });
}

/// `resolve_symlink`: where the link leads, if it may be followed.
pub fn resolve_symlink(r: &Request<'_>, path: &[u8], link: Stat, opts: u32) -> Option<Stat> {
    if opts & (options::SYM_OWNER | options::SYM_LINKS) == 0 {
        return None;
    }
    let target = r.engine.stat(path).ok()?;
    (opts & options::SYM_OWNER == 0 || target.uid == link.uid).then_some(target)
}

/// Names the Options lines without which a link that was followed would be refused.
fn link_decided(r: &mut Request<'_>, running: &Running, path: &BStr, link: Stat) {
    for line in &running.lines {
        let without = options::fold(running.lines.iter().filter(|l| l.span != line.span));
        if resolve_symlink(r, path, link, without).is_none() {
            r.decide(Phase::MapToStorage, line.span);
        }
    }
}

/// Names the Options lines without which a link that was refused would be followed.
fn refused_link_decided(r: &mut Request<'_>, running: &Running, path: &BStr, link: Stat) {
    for line in &running.lines {
        let without = options::fold(running.lines.iter().filter(|l| l.span != line.span));
        if resolve_symlink(r, path, link, without).is_some() {
            r.decide(Phase::MapToStorage, line.span);
        }
    }
}

impl super::engine::Engine {
    /// `stat` as httpd's children may.
    pub fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::stat(&*self.vfs, &self.server.cred, path)
    }

    /// `lstat` as httpd's children may.
    pub fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::lstat(&*self.vfs, &self.server.cred, path)
    }

    /// A file's content as httpd's children may read it.
    pub fn read(&self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        resolve::read(&*self.vfs, &self.server.cred, path)
    }
}
