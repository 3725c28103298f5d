//! Text to tree: how httpd reads its configuration (server/config.c, server/util.c) before any directive takes effect.
//!
//! Reading is a phase of its own. Lines become a tree of directives; those that httpd carries out while reading
//! (Include, Define, `<IfModule>`, LoadModule, Macro, ...) are carried out here and leave no node behind. What the
//! others mean is none of this module's business: it knows neither their places nor their arguments.
//!
//! httpd stops at the first error. Here reading goes on, so that every error is reported; the first one is marked.

pub(crate) mod args;
mod conditional;
mod define_macro;
mod execute;
mod include;
mod lexer;
#[cfg(feature = "cli")]
pub(crate) mod lines;
pub(crate) mod macros;
#[cfg(test)]
mod print;
mod read;
pub(crate) mod row;
mod state;
mod version;

pub(crate) use state::State;

use crate::conf::row::{Row, allowed};
use crate::diagnostic::Findings;
use crate::source::{FileId, SourceMap, Span};
use crate::version::Version;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;

/// One directive, or a section with what is in it: httpd's `ap_directive_t`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its name as written; a section's without the `<`.
    pub name: BString,
    /// Whether it is a section.
    pub section: bool,
    /// What follows the name, `${}` replaced; for a section with its `>`, as its setter gets it.
    pub args: BString,
    /// Where it stands: the whole logical line.
    pub span: Span,
    /// A section's directives.
    pub children: Vec<Node>,
    /// Where a section is closed.
    pub end: Option<Span>,
}

impl Node {
    /// The name with a section's `<`, as httpd's tables have it.
    pub(crate) fn key(&self) -> BString {
        let mut key = BString::from(if self.section { "<" } else { "" });
        key.extend_from_slice(&self.name);
        key
    }

    /// Its words; a section's without the `>`.
    pub(crate) fn words(&self) -> Vec<BString> {
        args::split(if self.section { self.args.trim_end_with(|c| c == '>' || c == ' ') } else { &self.args })
    }

    /// Where the `n`th argument (from 0) stands; the whole directive where that can't be told, as after a `${}`.
    pub(crate) fn arg_span(&self, sources: &SourceMap, n: usize) -> Span {
        let text = sources.text(self.span);
        let all = args::words(&self.args);
        let Some(word) = all.get(n) else { return self.span };
        let place = |line: &[u8], before: u32, word: &args::Word| {
            let end = line[..word.end].trim_end_with(|c| self.section && c == '>').len().max(word.start);
            let start = self.span.start + before;
            Span { start: start + word.start as u32, end: start + end as u32, ..self.span }
        };
        if text.ends_with(&self.args) {
            return place(&self.args, (text.len() - self.args.len()) as u32, word);
        }
        // of a line that goes on, the same with blanks in the place of its ends
        let line = text.replace("\\\r\n", "   ").replace("\\\n", "  ");
        let before = line.find_byteset(b" \t").unwrap_or(line.len());
        let words = args::words(&line[before..]);
        let same = words.get(n).filter(|own| own.value == word.value && words.len() == all.len());
        same.map_or(self.span, |own| place(&line[before..], before as u32, own))
    }
}

/// What reading a configuration gives.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The directives, in order.
    pub nodes: Vec<Node>,
    /// Directives of modules that httpd carries out while reading, on the main server, before all of `nodes`
    /// (RemoteIPTrustedProxyList, mod_lua's hooks), in order.
    pub executed: Vec<Node>,
    /// What was found wrong, in the order met; the first error is the one at which httpd stops.
    pub diagnostics: Findings,
    /// What LoadModule named, in order.
    pub loaded: Vec<LoadedModule>,
    /// Names, macros and ServerRoot at the end.
    pub state: State,
    /// The included ones by their names.
    pub included: HashMap<BString, FileId>,
    /// Those that were found beside the configuration, by the paths where httpd looks for them.
    pub beside: Vec<(BString, FileId)>,
    /// The parts whose condition does not hold, in order.
    pub skipped: Vec<Skipped>,
}

/// A conditional section whose condition does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Where it begins.
    pub section: Span,
    /// The line of its closing tag.
    pub last: u32,
}

/// What a LoadModule line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadedModule {
    /// The module's identifier.
    pub identifier: BString,
    /// Its file, absolute.
    pub path: BString,
    /// The line.
    pub span: Span,
}

/// What there is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A link that is not followed, or something else.
    Other,
}

/// The file system, as far as reading a configuration needs it. Paths are absolute.
pub(crate) trait Files {
    /// A file's content. The error is the system's (`No such file or directory`).
    fn read(&self, path: &[u8]) -> Result<Vec<u8>, String>;
    /// A folder's names, in any order. The error is the system's.
    fn list(&self, path: &[u8]) -> Result<Vec<BString>, String>;
    /// What is there, if anything; a link's target (`stat`) if `follow`, else the link itself (`lstat`).
    fn kind(&self, path: &[u8], follow: bool) -> Option<FileKind>;
    /// What places call the file at a path.
    fn name(&self, path: &[u8]) -> BString {
        path.into()
    }
    /// Where relative Includes are looked up that are not here: there, their paths begin at the root.
    fn beside(&self) -> Option<&dyn Files> {
        None
    }
}

/// No files at all.
impl Files for () {
    fn read(&self, _: &[u8]) -> Result<Vec<u8>, String> {
        Err("No such file or directory".into())
    }
    fn list(&self, _: &[u8]) -> Result<Vec<BString>, String> {
        Err("No such file or directory".into())
    }
    fn kind(&self, _: &[u8], _: bool) -> Option<FileKind> {
        None
    }
}

/// What LoadModule came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loading {
    /// The module is loaded now.
    Loaded,
    /// So is this one, of which nothing is known.
    Stranger,
    /// It was loaded before: httpd's warning AH01574.
    Already,
}

/// What is known about modules and directives at the moment; LoadModule changes it.
pub(crate) trait Knowledge {
    /// The row of a directive, of the module loaded last if several have it. `name` begins with `<` for a section, and
    /// may be written in any letter case.
    fn directive(&self, name: &[u8]) -> Option<Row>;
    /// The httpd that reads.
    fn version(&self) -> Version {
        Version::default()
    }
    /// Whether a module is loaded, by identifier or source file name.
    fn module_loaded(&self, name: &[u8]) -> bool;
    /// Loads a module. The error is httpd's message.
    fn load_module(&mut self, identifier: &[u8], path: &[u8]) -> Result<Loading, String>;
}

/// How to read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// ServerRoot, names that are defined (-D), and for an .htaccess file what the server's configuration left.
    pub state: State,
    /// The environment, for `${NAME}`.
    pub env: HashMap<BString, BString>,
    /// What may stand here ([`allowed`]): for an .htaccess file what AllowOverride says.
    pub overrides: u32,
    /// AllowOverrideList, for an .htaccess file.
    pub override_list: Option<Vec<BString>>,
    /// Files that need not be read anew when they are included, by their names.
    pub known: HashMap<BString, FileId>,
    /// Whether there are no files but those that can be looked at.
    pub complete: bool,
}

impl Default for Options {
    fn default() -> Options {
        let overrides = (allowed::RSRC_CONF | allowed::OR_ALL) & !(allowed::OR_AUTHCFG | allowed::OR_LIMIT);
        Options {
            state: State::default(),
            env: HashMap::new(),
            overrides,
            override_list: None,
            known: HashMap::new(),
            complete: false,
        }
    }
}

/// Reads a server's configuration and all that it includes: `ap_process_resource_config` (server/config.c).
pub(crate) fn read(
    sources: &SourceMap,
    file: FileId,
    files: &dyn Files,
    know: &mut dyn Knowledge,
    options: &Options,
) -> Tree {
    read::Reader::new(sources, files, know, options, false).whole(file)
}

/// Reads an .htaccess file: the first half of `ap_parse_htaccess` (server/config.c).
pub(crate) fn read_htaccess(
    sources: &SourceMap,
    file: FileId,
    files: &dyn Files,
    know: &mut dyn Knowledge,
    options: &Options,
) -> Tree {
    read::Reader::new(sources, files, know, options, true).whole(file)
}

#[cfg(test)]
mod tests;
