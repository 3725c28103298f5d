//! mod_wsgi
use crate::module::Module;
use crate::server::settings::Settings;
/// The module.
pub static MODULE: Module = Module { name: "mod_wsgi.c", identifier: "wsgi_module", directives: &[], hooks: &[] };
/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub struct Dir {}
impl Settings for Dir {}
/// Settings per server.
#[derive(Clone, Debug, Default)]
pub struct Server {}
impl Settings for Server {}
