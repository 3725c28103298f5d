//! Directives that httpd carries out while it reads: `execute_now` (server/config.c), and those of core.c, mod_so.c
//! and mod_macro.c that are of this kind.

use super::args;
use super::read::{Build, Reader};
use super::{FileKind, Files, LoadedModule, Loading, Node, Options, include};
use crate::conf::row::{Row, allowed};
use crate::diagnostic::Diagnostic;
use crate::filepath;
use crate::limits::{CONFIG_BYTES, LINE_COST};
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

/// AP_MAX_INCLUDE_DEPTH
const MAX_INCLUDE_DEPTH: usize = 128;

impl<'a> Reader<'a> {
    /// Carries out `node`, if it may stand here.
    pub(super) fn execute(&mut self, build: &mut Build, row: Row, node: Node) {
        let span = node.span;
        let listed = build
            .override_list
            .as_ref()
            .is_some_and(|l| l.iter().any(|name| name.eq_ignore_ascii_case(row.name.as_bytes())));
        if build.overrides & row.allowed == 0 && !listed {
            if build.overrides & allowed::NONFATAL_OVERRIDE != 0 {
                let message = format!("{} in .htaccess forbidden by AllowOverride", row.name);
                return self.report(Diagnostic::warning("AH02295", message, span));
            }
            return self.refuse(build, row, format!("{} not allowed here", row.name), span);
        }
        let calls = match args::calls(row.name, row.args, &node.args, row.usage) {
            Ok(calls) => calls,
            Err(message) => return self.refuse(build, row, message, span),
        };
        for call in calls {
            let first = call.first().map(|w| w.as_bytes()).unwrap_or_default();
            let second = call.get(1).map(|w| w.as_bytes());
            let result = match row.name {
                "<IfModule" | "<IfDefine" | "<IfFile" | "<IfDirective" | "<IfSection" => {
                    self.condition(build, row, first, span);
                    Ok(())
                }
                "<IfVersion" => {
                    self.if_version(build, row, &call, span);
                    Ok(())
                }
                "Define" => self.define(row, first, |state, name| state.define(name, second)),
                "UnDefine" => self.define(row, first, |state, name| state.undefine(name)),
                "ServerRoot" => self.server_root(first, span),
                "DefaultRuntimeDir" => self.runtime_dir(first, span),
                "Include" | "IncludeOptional" => self.include(build, first, row.name == "IncludeOptional", span),
                "LoadModule" => self.load_module(first, second.unwrap_or_default(), span),
                "LoadFile" => Ok(()),
                "<Macro" => self.define_macro(build, first, span),
                "Use" => self.use_macro(build, first, span),
                "UndefMacro" => self.undefine_macro(first),
                "MacroIgnoreEmptyArgs" => {
                    self.state.ignore_empty_args = true;
                    Ok(())
                }
                "MacroIgnoreBadNesting" => {
                    self.state.ignore_bad_nesting = true;
                    Ok(())
                }
                _ => {
                    if node.section {
                        self.skip_block(build, &node.name);
                    }
                    return self.executed.push(node);
                }
            };
            if let Err(message) = result {
                return self.error("syntax", message, span);
            }
        }
    }

    /// An error before a directive is looked at; a section is skipped then.
    fn refuse(&mut self, build: &mut Build, row: Row, message: String, span: Span) {
        self.error("syntax", message, span);
        if row.name.starts_with('<') {
            let _ = self.skip(build, row.name, span, true);
        }
    }

    /// A section of another language, up to its closing tag (mod_lua).
    fn skip_block(&mut self, build: &mut Build, name: &[u8]) {
        let end = [b"</", name, b">"].concat();
        while let Some(line) = self.next_line(build) {
            if line.text.eq_ignore_ascii_case(&end) {
                return;
            }
        }
    }

    /// Define and UnDefine.
    fn define(&mut self, row: Row, name: &[u8], change: impl FnOnce(&mut super::State, &[u8])) -> Result<(), String> {
        if self.htaccess {
            return Err(format!("{} cannot occur within htaccess files", row.name));
        }
        if name.contains(&b':') {
            return Err("Variable name must not contain ':'".into());
        }
        change(&mut self.state, name);
        Ok(())
    }

    fn server_root(&mut self, path: &[u8], span: Span) -> Result<(), String> {
        let wrong = "ServerRoot must be a valid directory";
        let path = filepath::merge(Some(b"/".as_bstr()), path).ok_or(wrong)?;
        self.directory(&path, wrong, span)?;
        self.state.server_root = path;
        Ok(())
    }

    fn runtime_dir(&mut self, path: &[u8], span: Span) -> Result<(), String> {
        let wrong = "DefaultRuntimeDir must be a valid directory, absolute or relative to ServerRoot";
        let path = self.state.server_root_relative(path).ok_or(wrong)?;
        self.directory(&path, wrong, span)?;
        self.state.runtime_dir = Some(path);
        Ok(())
    }

    /// Refuses what is no folder. That there is nothing is the machine's fault, not the configuration's.
    fn directory(&mut self, path: &[u8], wrong: &str, span: Span) -> Result<(), String> {
        match self.files.kind(path, true) {
            Some(FileKind::Dir) => Ok(()),
            Some(_) => Err(wrong.into()),
            None if self.options.complete => Err(wrong.into()),
            None => {
                let message = format!("`{}` does not exist", path.as_bstr());
                self.report(Diagnostic::note("missing-directory", message, span));
                Ok(())
            }
        }
    }

    /// Include and IncludeOptional: `include_config` (server/core.c).
    fn include(&mut self, build: &mut Build, name: &[u8], optional: bool, span: Span) -> Result<(), String> {
        if self.including.len() >= MAX_INCLUDE_DEPTH {
            self.budget = 0;
            return Err(format!(
                "Exceeded maximum include depth of {MAX_INCLUDE_DEPTH}, There appears to be a recursion."
            ));
        }
        let path = self.state.server_root_relative(name);
        let path = path.ok_or_else(|| format!("Invalid Include path {}", name.as_bstr()))?;
        if self.budget == 0 {
            // that has been said
            return Ok(());
        }
        let (paths, error) = include::expand(self.files, &path, optional, &mut self.room);
        let (files, paths, error) = match self.beside(name).filter(|_| !paths.iter().any(|p| self.is_there(p))) {
            Some((beside, found)) => (beside, found, None),
            None => (self.files, paths, error),
        };
        for path in paths {
            if self.budget == 0 {
                break;
            }
            let nodes = self.include_file(files, path, span)?;
            build.append(nodes);
        }
        error.map_or(Ok(()), Err)
    }

    fn is_there(&self, path: &[u8]) -> bool {
        self.files.kind(path, true).is_some()
    }

    /// The files beside the configuration that a relative Include names, where there are any.
    fn beside(&mut self, name: &[u8]) -> Option<(&'a dyn Files, Vec<BString>)> {
        let beside = self.files.beside().filter(|_| !name.starts_with(b"/"))?;
        let path = filepath::merge(Some(b"/".as_bstr()), name)?;
        let (found, _) = include::expand(beside, &path, true, &mut self.room);
        (!found.is_empty()).then_some((beside, found))
    }

    /// One file of an Include: `ap_process_resource_config` (server/config.c).
    fn include_file(&mut self, files: &dyn Files, path: BString, span: Span) -> Result<Vec<Node>, String> {
        let Some(id) = self.text_of(files, path, span)? else { return Ok(Vec::new()) };
        self.including.push(span);
        // whoever includes it, a file is read as the server's configuration
        let nodes = self.file(id, Options::default().overrides, None);
        self.including.pop();
        Ok(nodes)
    }

    /// A file's text, unless it is more than may still be read.
    fn text_of(&mut self, files: &dyn Files, path: BString, span: Span) -> Result<Option<FileId>, String> {
        let name = files.name(&path);
        let known = self.included.get(&name).or_else(|| self.options.known.get(&name)).copied();
        let id = match known {
            Some(id) => id,
            None => {
                let text = files.read(&path);
                let text = text.map_err(|e| format!("Could not open configuration file {path}: {e}"))?;
                self.sources.add(name.to_str_lossy(), text)
            }
        };
        let id = self.spend_file(id, span).then_some(id);
        if let Some(id) = id {
            if name != path {
                self.beside.extend(self.state.server_root_relative(&path[1..]).map(|path| (path, id)));
            }
            self.included.insert(name, id);
        }
        Ok(id)
    }

    /// Takes a file from what may still be read, as [`Reader::spend`].
    pub(super) fn spend_file(&mut self, file: FileId, span: Span) -> bool {
        let file = self.sources.file(file);
        self.spend(file.text.len() + LINE_COST * file.lines(), span)
    }

    /// Takes the size of a text from what may still be read; `false` when nothing more may be.
    pub(super) fn spend(&mut self, size: usize, span: Span) -> bool {
        // a text costs something even when it is empty
        let size = size + 64;
        if self.budget >= size {
            self.budget -= size;
            return true;
        }
        if std::mem::take(&mut self.budget) > 0 {
            let d = Diagnostic::error("too-large", "the configuration is too large to read", span);
            let most = crate::limits::bytes(CONFIG_BYTES as u64);
            self.report(d.help(format!("{most} are read: is a file included, or a macro used, again and again?")));
        }
        false
    }

    fn load_module(&mut self, identifier: &[u8], file: &[u8], span: Span) -> Result<(), String> {
        let path = self.state.server_root_relative(file);
        let path = path.ok_or_else(|| format!("Invalid LoadModule path {}", file.as_bstr()))?;
        let loading = self.know.load_module(identifier, &path)?;
        if loading == Loading::Stranger && self.options.complete && self.is_gone(&path) {
            let file = file.as_bstr();
            // a bare name is looked for among the system's libraries last
            let last = if file.contains(&b'/') { path.as_bstr() } else { file };
            return Err(format!(
                "Cannot load {file} into server: {last}: cannot open shared object file: No such file or directory"
            ));
        }
        match loading {
            Loading::Loaded | Loading::Stranger => {
                self.loaded.push(LoadedModule { identifier: identifier.into(), path, span })
            }
            Loading::Already => {
                let message = format!("module {} is already loaded, skipping", identifier.as_bstr());
                self.report(Diagnostic::warning("AH01574", message, span));
            }
        }
        Ok(())
    }

    /// Whether a folder is there without this file in it.
    fn is_gone(&self, path: &[u8]) -> bool {
        let folder = path.rfind_byte(b'/').map_or(&path[..0], |end| &path[..end]);
        self.files.kind(path, true).is_none() && self.files.kind(folder, true) == Some(FileKind::Dir)
    }
}
