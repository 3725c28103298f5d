//! What a directive's setter works with: `cmd_parms` (include/http_config.h), and what core.c and util.c offer setters, with the
//! contexts that `ap_check_cmd_context` (server/core.c) guards.

use super::build::{Build, Draft, Scope};
use super::settings::{PerDir, PerServer, Slot, slot};
use super::unmodelled::Unmodelled;
use crate::conf::Node;
use crate::conf::args::before_closing;
use crate::diagnostic::{Diagnostic, Severity};
use crate::pattern::{Flags, Regex};
use crate::server::module::{Directive, allowed};
use crate::source::Span;
use crate::vfs::{Cred, Kind, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

/// Places in which a directive may be forbidden: `ap_check_cmd_context`'s bits.
pub(crate) mod forbid {
    /// NOT_IN_VIRTUALHOST
    pub(crate) const VIRTUALHOST: u32 = 1;
    /// NOT_IN_LIMIT
    pub(crate) const LIMIT: u32 = 2;
    /// NOT_IN_DIRECTORY
    pub(crate) const DIRECTORY: u32 = 4;
    /// NOT_IN_LOCATION
    pub(crate) const LOCATION: u32 = 8;
    /// NOT_IN_FILES
    pub(crate) const FILES: u32 = 16;
    /// NOT_IN_HTACCESS
    pub(crate) const HTACCESS: u32 = 32;
    /// NOT_IN_PROXY
    pub(crate) const PROXY: u32 = 64;
    /// NOT_IN_DIR_LOC_FILE
    pub(crate) const DIR_LOC_FILE: u32 = DIRECTORY | LOCATION | FILES;
    /// NOT_IN_DIR_CONTEXT
    pub(crate) const DIR_CONTEXT: u32 = LIMIT | DIR_LOC_FILE | PROXY;
    /// GLOBAL_ONLY
    pub(crate) const GLOBAL_ONLY: u32 = VIRTUALHOST | DIR_CONTEXT;
}

/// All methods: no `<Limit>` is around.
pub(crate) const ALL_METHODS: u64 = u64::MAX;

/// What a setter works with: httpd's `cmd_parms`.
pub(crate) struct Cmd<'b> {
    /// Everything being built.
    pub build: &'b mut Build,
    /// The server (0: the main one).
    pub server: usize,
    /// The section's settings.
    pub dir: &'b mut PerDir,
    /// The section's path; none at a server's own level.
    pub path: Option<BString>,
    /// What may stand here ([`allowed`]).
    pub overrides: u32,
    /// Options that may be set here.
    pub override_opts: u32,
    /// AllowOverrideList, in .htaccess.
    pub override_list: Option<Arc<Vec<BString>>>,
    /// Methods that the enclosing `<Limit>` leaves.
    pub limited: u64,
    /// The directive.
    pub node: &'b Node,
    /// Its row.
    pub row: &'static Directive,
    /// The sections around it, outermost first.
    pub parents: Vec<&'b Node>,
}

impl<'b> Cmd<'b> {
    /// The directive's place.
    pub(crate) fn span(&self) -> Span {
        self.node.span
    }

    /// The server's settings, in the making.
    pub(crate) fn server(&mut self) -> &mut Draft {
        &mut self.build.servers[self.server]
    }

    /// Whether this is in a `<VirtualHost>`.
    pub(crate) fn is_virtual(&self) -> bool {
        self.server > 0
    }

    /// A module's per-directory settings here, made where there are none.
    pub(crate) fn slot<T: super::settings::Settings>(
        &mut self,
        pick: impl FnOnce(&mut PerDir) -> &mut Slot<T>,
    ) -> &mut T {
        slot(pick(self.dir), self.path.as_ref().map(|p| p.as_bstr()))
    }

    /// A module's per-server settings here, made where there are none.
    pub(crate) fn server_slot<T: super::settings::Settings>(
        &mut self,
        pick: impl FnOnce(&mut PerServer) -> &mut Slot<T>,
    ) -> &mut T {
        slot(pick(&mut self.build.servers[self.server].settings), None)
    }

    /// A module's settings for the main server, made where there are none.
    pub(crate) fn main_server_slot<T: super::settings::Settings>(
        &mut self,
        pick: impl FnOnce(&mut PerServer) -> &mut Slot<T>,
    ) -> &mut T {
        slot(pick(&mut self.build.servers[0].settings), None)
    }

    /// A warning at this directive.
    pub(crate) fn warn(&mut self, code: &'static str, message: impl Into<String>) {
        let span = self.span();
        self.build.diagnostics.push(Diagnostic::warning(code, message, span));
    }

    /// A note at this directive.
    pub(crate) fn note(&mut self, code: &'static str, message: impl Into<String>) {
        let span = self.span();
        self.build.diagnostics.push(Diagnostic::note(code, message, span));
    }

    /// Notes that something of this directive is not modelled, for the requests that it is in force for.
    pub(crate) fn unmodelled(&mut self, directive: &'static str, module: &'static str, why: &'static str) {
        let span = self.span();
        let spot = Unmodelled { directive: directive.into(), module, span, why };
        slot(&mut self.dir.core, self.path.as_ref().map(|p| p.as_bstr())).unmodelled.push(spot);
    }

    /// The enclosing section of one of these names (lower case, without `<`), innermost first.
    pub(crate) fn parent(&self, names: &[&str]) -> Option<&'b Node> {
        self.parents.iter().rev().find(|p| names.iter().any(|n| p.name.eq_ignore_ascii_case(n.as_bytes()))).copied()
    }

    /// httpd's `ap_check_cmd_context`: refuses the directive in the places of `forbidden` ([`forbid`]).
    pub(crate) fn forbid(&self, forbidden: u32) -> Result<(), String> {
        let name = match self.row.name {
            n if n.starts_with('<') && !n.ends_with('>') => format!("{n}>"),
            n => n.to_string(),
        };
        if forbidden & forbid::VIRTUALHOST != 0 && self.is_virtual() {
            return Err(format!("{name} cannot occur within <VirtualHost> section"));
        }
        if forbidden & forbid::DIR_CONTEXT != 0 && self.limited != ALL_METHODS {
            return Err(format!("{name} cannot occur within <Limit> or <LimitExcept> section"));
        }
        if forbidden & forbid::HTACCESS != 0 && self.build.htaccess {
            return Err(format!("{name} cannot occur within htaccess files"));
        }
        if forbidden & forbid::DIR_LOC_FILE == forbid::DIR_LOC_FILE {
            if self.path.is_some() {
                return Err(format!("{name} cannot occur within directory context"));
            }
            if self.row.allowed & allowed::EXEC_ON_READ != 0 {
                return Ok(());
            }
        }
        let places: [(u32, &[&str]); 4] = [
            (forbid::DIRECTORY, &["directory", "directorymatch"]),
            (forbid::LOCATION, &["location", "locationmatch"]),
            (forbid::FILES, &["files", "filesmatch", "if", "elseif", "else"]),
            (forbid::PROXY, &["proxy", "proxymatch"]),
        ];
        for (bit, names) in places {
            if forbidden & bit != 0
                && let Some(found) = self.parent(names)
            {
                return Err(format!("{name} cannot occur within <{}> section", found.name));
            }
        }
        Ok(())
    }

    /// A section's argument, which it must have.
    pub(crate) fn section_argument(&self, raw: &BStr) -> Result<BString, String> {
        match before_closing(self.row.name, raw)? {
            [] => Err(format!("{}> directive requires additional arguments", self.row.name)),
            argument => Ok(argument.into()),
        }
    }

    /// Carries out what stands within the section: fresh settings for it.
    pub(crate) fn section(&mut self, path: &BStr, overrides: u32) -> PerDir {
        let mut settings = PerDir::default();
        slot(&mut settings.core, Some(path));
        self.children(&mut settings, Some(path.into()), overrides, self.limited, self.server);
        (self.build.loaded.functions.check_section)(self, &settings);
        settings
    }

    /// Carries out what stands within, on the settings around it (`<Limit>`, `<RequireAll>`); whether httpd would go on
    /// after it.
    pub(crate) fn within(&mut self, limited: u64) -> bool {
        let said = self.build.diagnostics.len();
        let mut dir = std::mem::take(self.dir);
        self.children(&mut dir, self.path.clone(), self.overrides, limited, self.server);
        *self.dir = dir;
        self.build.diagnostics.iter().skip(said).all(|d| d.severity != Severity::Error)
    }

    /// Carries out the section's directives on `dir`.
    pub(crate) fn children(
        &mut self,
        dir: &mut PerDir,
        path: Option<BString>,
        overrides: u32,
        limited: u64,
        server: usize,
    ) {
        let mut parents = self.parents.clone();
        parents.push(self.node);
        let scope = Scope {
            server,
            path,
            overrides,
            override_opts: self.override_opts,
            override_list: self.override_list.clone(),
            limited,
            parents,
        };
        self.build.walk(&self.node.children, dir, &scope);
    }

    /// A regular expression of the configuration.
    pub(crate) fn regex(&mut self, pattern: &[u8], flags: Flags) -> Result<Regex, String> {
        if let Some((typed, meant)) = lookalike(pattern) {
            let span = self.span();
            let d = Diagnostic::warning(
                "lookalike",
                format!("`{typed}` in the regular expression is a letter, no `{meant}`"),
                span,
            )
            .help(format!("it matches no path; type `{meant}` itself"));
            self.build.diagnostics.push(d);
        }
        match Regex::new(pattern, flags.with(self.build.regex_defaults)) {
            Ok(r) => Ok(r),
            Err(e) => {
                let note = format!("`{}`: {} (at offset {})", pattern.as_bstr(), e.message, e.offset);
                self.note("regex", note);
                Err("Regex could not be compiled".into())
            }
        }
    }

    /// A path made absolute under ServerRoot: `ap_server_root_relative`.
    pub(crate) fn server_root_relative(&self, path: &[u8]) -> BString {
        crate::filepath::merge(Some(self.build.server_root.as_bstr()), path).unwrap_or_else(|| path.into())
    }

    /// Refuses what is not on the machine, with httpd's message: a directory, or anything of that path. Where files may be
    /// elsewhere, that is a note.
    pub(crate) fn there(&mut self, path: &[u8], directory: bool, message: String) -> Result<(), String> {
        let found = resolve::stat(&*self.build.vfs, &Cred::root(), path);
        if found.is_ok_and(|stat| !directory || stat.kind == Kind::Directory) {
            return Ok(());
        }
        if self.build.lenient_paths {
            self.note("missing-file", message);
            return Ok(());
        }
        Err(message)
    }

    /// The number of a method, registered when it is new: `ap_method_number_of`, `ap_method_register`.
    pub(crate) fn method_number(&mut self, method: &[u8]) -> Result<u32, String> {
        if let Some(n) = super::method::number(method, &self.build.methods) {
            return Ok(n);
        }
        if self.build.htaccess {
            return Err(format!(
                "Could not register method '{}' for {} from .htaccess configuration",
                method.as_bstr(),
                self.row.name
            ));
        }
        if !super::method::has_room(&self.build.methods) {
            let message =
                format!("Maximum new request methods 62 reached while registering method {}.", method.as_bstr());
            self.warn("AH01610", message);
            return Ok(super::method::INVALID);
        }
        self.build.methods.push(method.into());
        Ok(super::method::BUILT_IN.len() as u32 + self.build.methods.len() as u32)
    }
}

/// A character that word processors put in the place of one that patterns are made of.
fn lookalike(pattern: &[u8]) -> Option<(char, char)> {
    let pairs = [
        ('\u{2c6}', '^'),
        ('\u{201c}', '"'),
        ('\u{201d}', '"'),
        ('\u{2018}', '\''),
        ('\u{2019}', '\''),
        ('\u{2013}', '-'),
    ];
    let text = pattern.to_str().ok()?;
    pairs.into_iter().find(|(typed, _)| text.contains(*typed))
}
