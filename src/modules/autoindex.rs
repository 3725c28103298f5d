//! mod_autoindex.c, as far as the decision to list a folder.

use super::core::options;
use crate::module::{Hook, Module, Phase, Verdict, hook, order};
use crate::server::method;
use crate::server::request::Request;
use crate::server::settings::Settings;

/// The module.
pub static MODULE: Module =
    Module { name: "mod_autoindex.c", identifier: "autoindex_module", directives: &[], hooks: HOOKS };

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handle)];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub struct Dir {}

impl Settings for Dir {}

/// `handle_autoindex`
fn handle(r: &mut Request<'_>) -> Verdict {
    if r.handler.as_ref().is_none_or(|h| h != super::dir::DIR_MAGIC_TYPE) {
        return Verdict::Declined;
    }
    super::core::allow_methods(r, &[method::GET, method::OPTIONS]);
    if r.method_number != method::GET && r.method_number != method::POST {
        return Verdict::Declined;
    }
    let core = r.core();
    for span in options::deciders(&core.opt_lines, options::INDEXES) {
        r.decide(Phase::Handler, span);
    }
    if core.allows(options::INDEXES) {
        r.served_by = Some(super::dir::DIR_MAGIC_TYPE.into());
        return Verdict::Ok;
    }
    let (file, names) = (r.filename_str(), r.notes.get("dir-index-names").map(|n| n.to_string()));
    r.error(
        "AH01276",
        format!(
            "Cannot serve directory {file}: No matching DirectoryIndex ({}) found, and server-generated directory index forbidden by Options directive",
            names.unwrap_or_else(|| "none".into())
        ),
    );
    Verdict::Status(403)
}
