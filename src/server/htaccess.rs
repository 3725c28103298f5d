//! .htaccess files: `ap_parse_htaccess` (server/config.c). Each is read once for what may stand in it.

use super::build::{Build, Scope};
use super::cmd::ALL_METHODS;
use super::request::Request;
use super::settings::{Merged, PerDir};
use super::{Compiled, Server, compile};
use crate::conf;
use crate::diagnostic::{Diagnostic, Severity};
use crate::filepath;
use crate::outcome::step::{By, Detail, Judgement, Step};
use crate::server::module::Phase;
use crate::server::module::allowed::{OR_ALL, OR_UNSET};
use crate::source::{FileId, Span};
use crate::vfs::{Errno, Vfs};
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

/// What may stand in an .htaccess file, and who says so.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// AllowOverride.
    pub overrides: u32,
    /// AllowOverride Options=...
    pub override_opts: u32,
    /// AllowOverrideList.
    pub override_list: Option<Arc<Vec<BString>>>,
    /// The AllowOverride in force.
    pub span: Option<Span>,
    /// What would be in force without that line.
    pub beneath: u32,
}

impl Wanted {
    /// Whether the same may stand there.
    fn same_rules(&self, other: &Wanted) -> bool {
        self.overrides == other.overrides
            && self.override_opts == other.override_opts
            && self.override_list == other.override_list
    }
}

/// What a folder's file came to for a server, with what may stand in it.
pub(super) struct Known {
    server: usize,
    wanted: Wanted,
    pub(super) found: Htaccess,
}

/// An .htaccess file that said something was read because of an AllowOverride line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// The line.
    pub span: Span,
    /// Without it the file would be read all the same, and its directives refused.
    pub refused_without: bool,
    /// Without it the file would not be read.
    pub unread_without: bool,
}

/// What reading a folder's .htaccess file came to.
#[derive(Clone)]
pub(crate) enum Htaccess {
    /// There is none.
    None,
    /// Its settings (where the engine keeps them), and where it begins.
    Settings(usize, Span),
    /// It can't be read.
    Unreadable(BString, Errno),
    /// It has an error.
    Error(BString, Box<Diagnostic>, Option<&'static str>),
}

/// The settings of the folder's .htaccess file and where it begins, if it has one. The error is the status that ends the request.
pub(crate) fn find<'a>(r: &mut Request<'a>, dir: &BStr, wanted: &Wanted) -> Result<Option<(&'a Merged, Span)>, u16> {
    let known = r.engine.htaccess.borrow().get(dir).and_then(|all| {
        all.iter().find(|k| k.server == r.server.index && k.wanted.same_rules(wanted)).map(|k| k.found.clone())
    });
    let found = match known {
        Some(found) => found,
        None => {
            let found = look(r, dir, wanted);
            let known = Known { server: r.server.index, wanted: wanted.clone(), found: found.clone() };
            r.engine.htaccess.borrow_mut().entry(dir.into()).or_default().push(known);
            found
        }
    };
    match found {
        Htaccess::None => Ok(None),
        Htaccess::Settings(at, text) => {
            let Some(settings) = r.engine.kept(at) else { return Ok(None) };
            r.tell(|| {
                Step::new(Phase::MapToStorage, By::Htaccess, Some(text), Judgement::Matched)
                    .with(Detail::Htaccess(wanted.span))
            });
            if let Some(span) = wanted.span
                && !settings.is_empty()
            {
                let refused_without = wanted.beneath & OR_UNSET != 0;
                r.htaccess_read.push(Read { span, refused_without, unread_without: wanted.beneath == 0 });
            }
            Ok(Some((settings, text)))
        }
        // httpd may read it, by its owner and mode
        Htaccess::Unreadable(file, Errno::Hidden) => {
            r.unread(&file, Errno::Hidden, wanted.span);
            Ok(None)
        }
        Htaccess::Unreadable(file, errno) => {
            r.unread(&file, errno, wanted.span);
            r.notes.set("error-notes", "Server unable to read htaccess file, denying access to be safe");
            r.error(
                "AH00529",
                format!(
                    "{file} pcfg_openfile: unable to check htaccess file, ensure it is readable and that '{dir}' is executable"
                ),
            );
            r.decide_if(Phase::MapToStorage, wanted.span);
            Err(403)
        }
        Htaccess::Error(file, d, code) => {
            let message = format!("{file}: {}", d.message);
            match code {
                Some(code) => r.error_by(code, message, Some(d.span)),
                None => r.error_by("", message, Some(d.span)),
            }
            r.decide_if(Phase::MapToStorage, wanted.span);
            r.decide(Phase::MapToStorage, d.span);
            Err(500)
        }
    }
}

/// Whether no .htaccess file can be met on the way to a folder that there is, nor in it.
pub(crate) fn none_on_way(r: &Request<'_>, folder: &BStr) -> bool {
    let server = r.server.index;
    if let Some(known) = r.engine.bare_ways.borrow().get(server).and_then(|known| known.get(folder)) {
        return *known;
    }
    let missing = |path: &[u8]| matches!(r.engine.stat(path), Err(Errno::NotFound | Errno::NotDirectory));
    let above = folder.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(i, _)| folder[..=i].as_bytes());
    let bare =
        above.chain([folder.as_bytes()]).all(|dir| names(r.server).all(|name| missing(&filepath::join(dir, name))));
    let mut ways = r.engine.bare_ways.borrow_mut();
    if ways.len() <= server {
        ways.resize_with(server + 1, Default::default);
    }
    ways[server].insert(folder.into(), bare);
    bare
}

/// AccessFileName: how .htaccess files are called.
pub(crate) fn names(server: &Server) -> impl Iterator<Item = &[u8]> {
    let set = server.core().access_name.as_ref();
    let default = set.is_none().then_some(b".htaccess".as_slice());
    set.into_iter().flat_map(|s| s.value.iter().map(|n| n.as_slice())).chain(default)
}

/// Whether a folder has an .htaccess file, whatever may stand in it.
pub(crate) fn is_there(r: &Request<'_>, dir: &BStr) -> bool {
    if let Some(there) = r.engine.htaccess_there.borrow().get(dir) {
        return *there;
    }
    // a folder of that name is no missing file
    let is = |name: &[u8]| r.engine.stat(&filepath::join(dir, name)).is_ok_and(|s| s.is_file() || s.is_dir());
    let there = names(r.server).any(is);
    r.engine.htaccess_there.borrow_mut().insert(dir.into(), there);
    there
}

fn look(r: &Request<'_>, dir: &BStr, wanted: &Wanted) -> Htaccess {
    for name in names(r.server) {
        let path = filepath::join(dir, name);
        match r.engine.read(&path) {
            Err(Errno::NotFound | Errno::NotDirectory) => {}
            Err(errno) => return Htaccess::Unreadable(path, errno),
            Ok(text) => return parse(r, dir, path, &text, wanted),
        }
    }
    Htaccess::None
}

fn parse(r: &Request<'_>, dir: &BStr, path: BString, text: &[u8], wanted: &Wanted) -> Htaccess {
    let (file, settings, diagnostics) = read(&r.engine.server, &r.engine.vfs, path.to_string(), text, dir, wanted);
    let stops = |d: &Diagnostic| d.severity == Severity::Error && !r.engine.server.past_errors;
    match diagnostics.into_iter().find(stops) {
        Some(d) => Htaccess::Error(path, Box::new(d), None),
        None => Htaccess::Settings(r.engine.keep(Merged::new(settings)), Span { file, line: 1, start: 0, end: 0 }),
    }
}

/// Reads the text of an .htaccess file of the folder `dir`: the file, its settings, and what is wrong with it. httpd stops at
/// the first error that reading finds, else at the first that carrying out finds.
pub(crate) fn read(
    server: &Compiled,
    vfs: &Arc<dyn Vfs>,
    name: String,
    text: &[u8],
    dir: &BStr,
    wanted: &Wanted,
) -> (FileId, PerDir, Vec<Diagnostic>) {
    let file = server.sources.add_once(&name, text);
    let list = wanted.override_list.as_ref().map(|l| l.to_vec());
    let tree = tree(server, vfs, file, wanted.overrides, list);
    let mut build = Build {
        diagnostics: tree.diagnostics,
        server_root: server.server_root.clone(),
        cred: server.cred.clone(),
        methods: server.methods.clone(),
        htaccess: true,
        aliases: server.aliases.clone(),
        lenient_paths: true,
        assume_modules: server.assume_modules,
        past_errors: server.past_errors,
        regex_defaults: server.regex_defaults,
        ..Build::new(server.world.clone(), server.sources.clone(), server.loaded.clone(), vfs.clone())
    };
    let scope = Scope {
        server: 0,
        path: Some(dir.into()),
        overrides: wanted.overrides,
        override_opts: wanted.override_opts,
        override_list: wanted.override_list.clone(),
        limited: ALL_METHODS,
        parents: Vec::new(),
    };
    let mut settings = PerDir::default();
    build.walk(&tree.nodes, &mut settings, &scope);
    (file, settings, build.diagnostics.all())
}

/// The lines of an .htaccess file that was read, whatever may stand in it.
pub(crate) fn nodes(server: &Compiled, vfs: &Arc<dyn Vfs>, file: FileId) -> Vec<conf::Node> {
    tree(server, vfs, file, OR_ALL, None).nodes
}

fn tree(
    server: &Compiled,
    vfs: &Arc<dyn Vfs>,
    file: FileId,
    overrides: u32,
    override_list: Option<Vec<BString>>,
) -> conf::Tree {
    let (state, env) = (server.state.clone(), server.env.clone());
    let options = conf::Options { state, env, overrides, override_list, known: Default::default(), complete: false };
    let files = compile::VfsFiles { vfs: &**vfs, beside: None };
    let mut know = compile::Known { loaded: server.loaded.clone(), either: Vec::new() };
    conf::read_htaccess(&server.sources, file, &files, &mut know, &options)
}

/// Whether a text is the name of an .htaccess file, for tools.
pub(crate) fn is_name(path: &[u8]) -> bool {
    path.ends_with(b".htaccess")
}
