//! A site: a configuration over a file system, with all that it was made of. It can be asked, looked into, and had again
//! with other texts.

mod builder;
mod edit;
#[cfg(feature = "disk")]
mod envvars;
mod files;
mod htaccess;
mod machine;
#[cfg(feature = "disk")]
mod named;
#[cfg(feature = "disk")]
mod open;
#[cfg(feature = "cli")]
mod past;
#[cfg(feature = "disk")]
mod paths;
#[cfg(feature = "disk")]
mod stock;

pub use crate::server::compile::Modules;
pub use builder::SiteBuilder;
pub use edit::{Edit, Fix, Overlap, Safety, apply};
#[cfg(feature = "cli")]
pub(crate) use edit::{Rewritten, Text};
pub use htaccess::Checked;
#[cfg(feature = "disk")]
pub(crate) use open::SYSTEMS;
#[cfg(feature = "disk")]
pub use open::{OpenError, SiteOptions};
#[cfg(feature = "disk")]
pub use stock::STOCK;

use crate::conf::{Node, Skipped};
use crate::diagnostic::Diagnostic;
#[cfg(feature = "cli")]
use crate::diagnostic::Severity;
use crate::modules::known;
use crate::run::Run;
use crate::server::Compiled;
use crate::server::compile::{self, Input, Output};
use crate::server::engine::Programs;
use crate::source::{FileId, SourceMap, Span};
use crate::version::Version;
use crate::vfs::{Cred, resolve};
use bstr::{BStr, BString, ByteSlice};
use edit::Overlay;
use std::sync::Arc;

/// A configuration over a file system. Cheap to clone; clones are the same site.
///
/// A site is there even where httpd would refuse to start: then [`Site::start`] says why, and all else can still be asked.
///
/// ```
/// use routesim::site::Site;
/// use routesim::Request;
///
/// let site = Site::builder("DocumentRoot /srv/www\n").file("/srv/www/note.txt", "hello").build()?;
/// let outcome = site.start().expect("httpd would start").ask(&Request::get("/note.txt"));
/// assert_eq!((outcome.status, outcome.file.unwrap().as_slice()), (200, &b"/srv/www/note.txt"[..]));
/// # Ok::<(), routesim::vfs::Errno>(())
/// ```
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    input: Input,
    programs: Arc<dyn Programs>,
    loaded: Output,
    /// How many files were read for it; those behind are .htaccess files.
    files: usize,
    /// The compiled server, or the error at which httpd stops.
    started: Result<Arc<Compiled>, Diagnostic>,
}

impl Site {
    /// Begins a site with the text of its configuration.
    pub fn builder(config: impl Into<BString>) -> SiteBuilder {
        SiteBuilder::new(config.into())
    }

    /// The files that were found beside a scenario's configuration, by the paths where httpd looks for them.
    #[cfg(all(feature = "oracle", target_os = "linux"))]
    pub(crate) fn beside(&self) -> impl Iterator<Item = (&BStr, FileId)> {
        self.0.loaded.beside.iter().map(|(path, file)| (BStr::new(path), *file))
    }

    pub(crate) fn of(input: Input, programs: Arc<dyn Programs>) -> Site {
        let loaded = compile::compile(input.clone());
        let refused = || match loaded.first_error() {
            Some(error) => error.clone(),
            None => Diagnostic::error("refused", "httpd would refuse to start", Span::NONE),
        };
        let files = loaded.sources.files_from(0).len();
        let started = loaded.server.clone().ok_or_else(refused);
        Site(Arc::new(Inner { input, programs, loaded, files, started }))
    }

    /// The texts of the configuration and of its .htaccess files, as far as they were read.
    pub fn sources(&self) -> &SourceMap {
        &self.0.loaded.sources
    }

    /// What was found in the configuration, in order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0.loaded.diagnostics
    }

    /// The directives that take effect, in the order in which they were read. What httpd carries out while it reads
    /// (Include, Define, LoadModule, `<IfModule>`) is not among them, but for what it brings in.
    pub fn directives(&self) -> impl Iterator<Item = Directive<'_>> {
        Directive::of(&self.0.loaded.nodes)
    }

    /// The parts whose condition (`<IfModule>` and kin) does not hold.
    pub(crate) fn skipped(&self) -> &[Skipped] {
        &self.0.loaded.skipped
    }

    /// What reading it came to.
    #[cfg(feature = "cli")]
    pub(crate) fn loaded(&self) -> &Output {
        &self.0.loaded
    }

    /// The file system that it stands over.
    pub(crate) fn vfs(&self) -> &dyn crate::vfs::Vfs {
        &*self.0.input.vfs
    }

    /// Whether a text can be changed: the stock server's own is nobody's.
    pub(crate) fn is_own(&self, file: FileId) -> bool {
        #[cfg(feature = "disk")]
        let stock = stock::NAME;
        #[cfg(not(feature = "disk"))]
        let stock = "";
        self.sources().file(file).name != stock
    }

    /// The innermost directive at a place, where there is one.
    pub fn directive_at(&self, file: FileId, offset: u32) -> Option<Directive<'_>> {
        let covers = |d: &Directive<'_>| {
            let last = d.node.end.map_or(d.node.span.end, |end| end.end);
            d.node.span.file == file && (d.node.span.start..=last).contains(&offset)
        };
        self.directives().filter(covers).last()
    }

    /// The same site with other texts: of the configuration, of included files, of .htaccess files.
    ///
    /// # Errors
    /// Where two edits overlap.
    pub fn with(&self, edits: &[Edit]) -> Result<Site, Overlap> {
        let mut input = self.0.input.clone();
        let mut overlay = Overlay::over(input.vfs.clone());
        let mut beside = input.beside.clone().map(|b| Overlay::over(b.vfs));
        for (file, text) in apply(self.sources(), edits)? {
            let name = &self.sources().file(file).name;
            let is_beside = self.0.loaded.beside.iter().any(|(_, id)| *id == file);
            if *name == input.name {
                input.text = text;
            } else if let (Some(overlay), Some(beside)) = (&mut beside, input.beside.as_ref().filter(|_| is_beside)) {
                overlay.put(&beside.path(name), text);
            } else {
                overlay.put(name.as_bytes(), text);
            }
        }
        input.vfs = Arc::new(overlay);
        if let (Some(own), Some(overlay)) = (&mut input.beside, beside) {
            own.vfs = Arc::new(overlay);
        }
        Ok(Site::of(input, self.0.programs.clone()))
    }

    /// The same site with more files, empty ones, in folders that are there.
    #[cfg(feature = "cli")]
    pub(crate) fn with_files(&self, paths: &[BString]) -> Site {
        let mut input = self.0.input.clone();
        let mut overlay = Overlay::over(input.vfs.clone());
        paths.iter().for_each(|path| overlay.put(path, BString::default()));
        input.vfs = Arc::new(overlay);
        Site::of(input, self.0.programs.clone())
    }

    /// The same, with the folders that they are in.
    #[cfg(feature = "cli")]
    pub(crate) fn with_files_and_folders(&self, paths: &[BString]) -> Site {
        let mut input = self.0.input.clone();
        let mut overlay = Overlay::over(input.vfs.clone());
        for path in paths {
            overlay.make_folders(path);
            overlay.put(path, BString::default());
        }
        input.vfs = Arc::new(overlay);
        Site::of(input, self.0.programs.clone())
    }

    /// Edits that take directives out, and leave as many lines.
    #[cfg(feature = "cli")]
    pub(crate) fn blanks(&self, spans: &[Span]) -> Vec<Edit> {
        let known = spans.iter().filter(|span| span.is_some());
        known.map(|span| Edit::blank(&self.sources().file(span.file), *span)).collect()
    }

    /// The same site with whole files replaced, or taken away where there is no text. Each is named as its places name it, by
    /// its path on this machine, or by its path for httpd. The second is the first name that is none of these.
    #[cfg(feature = "cli")]
    pub(crate) fn with_texts(&self, texts: &[(String, Option<BString>)]) -> (Site, Option<String>) {
        let mut input = self.0.input.clone();
        let mut overlay = Overlay::over(input.vfs.clone());
        let files = self.sources().files_from(0);
        let absolute = |shown: &str| std::path::absolute(shown).ok().map(|path| path.display().to_string());
        let mut unknown = None;
        for (path, text) in texts {
            let read = files
                .iter()
                .find(|f| f.name == *path || f.shown() == path || absolute(f.shown()).as_ref() == Some(path));
            let name = read.map_or(path.as_str(), |file| file.name.as_str());
            match text {
                Some(text) if input.name == *name => input.text = text.clone(),
                Some(text) if name.starts_with('/') => overlay.put(name.as_bytes(), text.clone()),
                None if name.starts_with('/') => overlay.remove(name.as_bytes()),
                _ => unknown = unknown.or_else(|| Some(path.clone())),
            }
        }
        input.vfs = Arc::new(overlay);
        (Site::of(input, self.0.programs.clone()), unknown)
    }

    /// The files whose texts can be others ([`Site::with`]): of the configuration, of what it includes, and of the .htaccess
    /// files that were read so far. What a macro's use comes to is none.
    #[cfg(feature = "cli")]
    pub(crate) fn editable(&self) -> Vec<FileId> {
        let Inner { input, loaded, .. } = &*self.0;
        let is_there = |name: &str, text: &[u8]| {
            let there = resolve::read(&*input.vfs, &Cred::root(), name.as_bytes());
            there.is_ok_and(|there| *there == *text)
        };
        let files = loaded.sources.files_from(0).into_iter().enumerate();
        let files = files.map(|(number, file)| (FileId(number as u32), file));
        let can = |(id, file): &(FileId, Arc<crate::source::SourceFile>)| {
            file.name == input.name
                || loaded.beside.iter().any(|(_, other)| other == id)
                || is_there(&file.name, &file.text)
        };
        files.filter(can).map(|(id, _)| id).collect()
    }

    /// Whether a file is an .htaccess file.
    #[cfg(feature = "cli")]
    pub(crate) fn is_htaccess(&self, file: FileId) -> bool {
        file.0 as usize >= self.0.files
    }

    /// The same site, of another version of httpd.
    ///
    /// ```
    /// use routesim::Site;
    ///
    /// let site = Site::builder("MergeSlashes off\n").build()?;
    /// assert!(site.start().is_ok() && site.with_httpd("2.4.38".parse()?).start().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_httpd(&self, version: Version) -> Site {
        Site::of(Input { version, ..self.0.input.clone() }, self.0.programs.clone())
    }

    /// The same site where httpd would go on at what it stops at: such a line is left out, a file that is missing is empty,
    /// and modules whose directives are there are loaded. None where it is read so already.
    #[cfg(feature = "cli")]
    pub(crate) fn past_errors(&self) -> Option<Site> {
        if self.0.input.past_errors.is_some() {
            return None;
        }
        let mut input = self.0.input.clone();
        let modules = past::modules(&input, &self.0.loaded);
        input.past_errors = Some(std::mem::replace(&mut input.modules, modules));
        Some(Site::of(input, self.0.programs.clone()))
    }

    /// The same site as httpd reads it, where this is one past its errors.
    #[cfg(feature = "cli")]
    pub(crate) fn as_httpd_reads(&self) -> Option<Site> {
        let mut input = self.0.input.clone();
        input.modules = input.past_errors.take()?;
        Some(Site::of(input, self.0.programs.clone()))
    }

    /// How many errors there are: with one, httpd does not start.
    #[cfg(feature = "cli")]
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics().iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// A run of it, ready for requests.
    ///
    /// # Errors
    /// The error at which httpd would stop.
    pub fn start(&self) -> Result<Run, Box<Diagnostic>> {
        let Inner { input, programs, started, .. } = &*self.0;
        let server = started.clone().map_err(Box::new)?;
        Ok(Run::new(server, input.vfs.clone(), programs.clone()))
    }
}

/// The names of the modules that are known, as [`SiteBuilder::modules`] takes them.
pub fn module_names() -> impl Iterator<Item = &'static str> {
    known::KNOWN.iter().map(|module| module.name)
}

/// A directive of a configuration, or a section.
///
/// ```
/// use routesim::Site;
///
/// let site = Site::builder("<Directory /srv>\n  Require ip 192.0.2.1\n</Directory>\n").build()?;
/// let require = site.directives().find(|directive| directive.name() == "Require").expect("it is there");
/// assert_eq!((require.args(), site.sources().place(require.span())), ("ip 192.0.2.1".into(), "config:2".into()));
/// assert_eq!(site.sources().text(require.arg_span(site.sources(), 1)), "192.0.2.1");
/// assert_eq!(require.parents().map(|(name, _)| name.to_string()).collect::<Vec<_>>(), ["Directory"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Directive<'s> {
    node: &'s Node,
    parents: Vec<&'s Node>,
}

impl<'s> Directive<'s> {
    /// The directives of a tree, each section before what is in it.
    pub(crate) fn of(nodes: &'s [Node]) -> impl Iterator<Item = Directive<'s>> {
        let mut todo: Vec<Directive<'s>> =
            nodes.iter().rev().map(|node| Directive { node, parents: Vec::new() }).collect();
        std::iter::from_fn(move || {
            let next = todo.pop()?;
            let parents: Vec<&Node> = next.parents.iter().copied().chain([next.node]).collect();
            let children = next.node.children.iter().rev();
            todo.extend(children.map(|node| Directive { node, parents: parents.clone() }));
            Some(next)
        })
    }

    /// The virtual host that it is in.
    pub(crate) fn virtual_host(&self) -> Option<Span> {
        self.parents().find(|(name, _)| name.eq_ignore_ascii_case(b"VirtualHost")).map(|(_, span)| span)
    }

    /// The sections around it, the outermost first.
    pub(crate) fn sections(&self) -> &[&'s Node] {
        &self.parents
    }

    /// Its name as written; a section's without `<`.
    pub fn name(&self) -> &'s BStr {
        self.node.name.as_bstr()
    }

    /// What follows the name, with variables filled in.
    pub fn args(&self) -> &'s BStr {
        self.node.args.as_bstr()
    }

    /// Its words; a section's without the `>`.
    pub(crate) fn words(&self) -> Vec<BString> {
        self.node.words()
    }

    /// The directory of the innermost `<Directory>` around it, with its slash.
    pub(crate) fn directory(&self) -> Option<BString> {
        let section = self.parents.iter().rev().find(|section| section.name.eq_ignore_ascii_case(b"Directory"))?;
        let path = section.words().into_iter().next()?;
        Some([path.trim_end_with(|c| c == '/'), b"/"].concat().into())
    }

    /// Where it is.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// Where a section is closed.
    pub(crate) fn end(&self) -> Option<Span> {
        self.node.end
    }

    /// Whether it is a section.
    pub fn is_section(&self) -> bool {
        self.node.section
    }

    /// The place of its `n`th argument, from 0; the whole directive where that can't be told.
    pub fn arg_span(&self, sources: &SourceMap, n: usize) -> Span {
        self.node.arg_span(sources, n)
    }

    /// The sections around it by name and place, the outermost first.
    pub fn parents(&self) -> impl Iterator<Item = (&'s BStr, Span)> {
        self.parents.iter().map(|node| (node.name.as_bstr(), node.span))
    }
}
