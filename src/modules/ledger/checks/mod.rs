//! What httpd's setters ask of arguments, where it takes more than a row's rules can say.

pub(super) mod auth;
pub(super) mod bodies;
pub(super) mod cache;
pub(super) mod ldap;
pub(crate) mod log;
pub(super) mod lua;
pub(super) mod md;
pub(super) mod proxy;
pub(super) mod reqtimeout;
pub(super) mod sed;
pub(super) mod server;
pub(crate) mod session;
pub(crate) mod socache;

/// What a check says: httpd's message, where something is wrong.
type Done = Result<(), String>;
