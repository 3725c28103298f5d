//! An .htaccess file alone.

use crate::diagnostic::{Diagnostic, Severity};
use crate::server::compile::{self, Input, Modules};
use crate::server::core::options;
use crate::server::htaccess::{self, Wanted};
use crate::server::module::allowed;
use crate::source::SourceMap;
use bstr::{BStr, BString};

/// What was found in an .htaccess file.
///
/// ```
/// use routesim::site::Site;
///
/// let checked = Site::builder("RewriteEngine on\nOptons None\n").check_htaccess();
/// assert_eq!(checked.sources.place(checked.diagnostics[0].span), "config:2");
/// ```
#[derive(Clone, Debug)]
pub struct Checked {
    /// The texts that places are in.
    pub sources: SourceMap,
    /// What was found, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads the text as an .htaccess file, everything allowed: what httpd would find when the first request comes by.
pub(super) fn check(input: Input) -> Checked {
    let (name, text) = (input.name.clone(), input.text.clone());
    let modules = if matches!(input.modules, Modules::Own | Modules::OwnElseDefault) {
        Modules::All
    } else {
        input.modules.clone()
    };
    let vfs = input.vfs.clone();
    let base = compile::compile(Input { text: BString::default(), modules, ..input });
    let Some(server) = base.server else { return Checked { sources: base.sources, diagnostics: base.diagnostics } };
    let everything = Wanted {
        overrides: allowed::OR_ALL,
        override_opts: options::ALL | options::SYM_OWNER | options::MULTI,
        override_list: None,
        beneath: 0,
        span: None,
    };
    let (_, _, mut diagnostics) = htaccess::read(&server, &vfs, name, &text, BStr::new("/"), &everything);
    if let Some(d) = diagnostics.iter_mut().find(|d| d.severity == Severity::Error) {
        d.first = true;
    }
    Checked { sources: server.sources.clone(), diagnostics }
}
