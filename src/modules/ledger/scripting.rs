//! Programs inside the server: Lua.

use super::{checked, module, row};
use crate::module::Args::{Raw, Take1, Take2, Take3, Take23, Take123};
use crate::module::Effect::{Blind, Inert};
use crate::module::allowed::{EXEC_ON_READ, OR_ALL, RSRC_CONF};
use crate::module::{Directive, Module};
use crate::server::build::Cmd;
use bstr::BString;

// Where Lua looks for modules and how long it keeps a script changes no answer, what a hook does can.
#[rustfmt::skip]
const LUA: &[Directive] = &[
    row("LuaRoot", Take1, OR_ALL, Inert,
        "Specify the base path for resolving relative paths for mod_lua directives"),
    row("LuaPackagePath", Take1, OR_ALL, Inert, "Add a directory to lua's package.path"),
    row("LuaPackageCPath", Take1, OR_ALL, Inert, "Add a directory to lua's package.cpath"),
    row("LuaAuthzProvider", Take3, RSRC_CONF | EXEC_ON_READ, Blind("a Lua function decides on a Require"),
        "Provide an authorization provider"),
    row("LuaHookPreTranslateName", Take2, OR_ALL, Blind("a Lua function may change the translation of the path"),
        "Provide a hook for the pre_translate name phase of request processing"),
    row("<LuaHookPreTranslateName", Raw, OR_ALL | EXEC_ON_READ,
        Blind("a Lua function may change the translation of the path"),
        "Provide a hook for the pre_translate name phase of request processing"),
    row("LuaHookTranslateName", Take23, OR_ALL, Blind("a Lua function may change the translation of the path"),
        "Provide a hook for the translate name phase of request processing"),
    row("<LuaHookTranslateName", Raw, OR_ALL | EXEC_ON_READ,
        Blind("a Lua function may change the translation of the path"),
        "Provide a hook for the translate name phase of request processing"),
    row("LuaHookFixups", Take2, OR_ALL, Blind("a Lua function may change the fixups"),
        "Provide a hook for the fixups phase of request processing"),
    row("<LuaHookFixups", Raw, OR_ALL | EXEC_ON_READ, Blind("a Lua function may change the fixups"),
        "Provide a inline hook for the fixups phase of request processing"),
    row("LuaHookMapToStorage", Take2, OR_ALL, Blind("a Lua function may change the way to the file"),
        "Provide a hook for the map_to_storage phase of request processing"),
    row("<LuaHookMapToStorage", Raw, OR_ALL | EXEC_ON_READ, Blind("a Lua function may change the way to the file"),
        "Provide a hook for the map_to_storage phase of request processing"),
    row("LuaHookCheckUserID", Take23, OR_ALL, Blind("a Lua function may change who the user is"),
        "Provide a hook for the check_user_id phase of request processing"),
    row("<LuaHookCheckUserID", Raw, OR_ALL | EXEC_ON_READ, Blind("a Lua function may change who the user is"),
        "Provide a hook for the check_user_id phase of request processing"),
    row("LuaHookTypeChecker", Take2, OR_ALL, Blind("a Lua function may change the type and the handler"),
        "Provide a hook for the type_checker phase of request processing"),
    row("<LuaHookTypeChecker", Raw, OR_ALL | EXEC_ON_READ,
        Blind("a Lua function may change the type and the handler"),
        "Provide a hook for the type_checker phase of request processing"),
    row("LuaHookAccessChecker", Take23, OR_ALL, Blind("a Lua function may change access"),
        "Provide a hook for the access_checker phase of request processing"),
    row("<LuaHookAccessChecker", Raw, OR_ALL | EXEC_ON_READ, Blind("a Lua function may change access"),
        "Provide a hook for the access_checker phase of request processing"),
    row("LuaHookAuthChecker", Take23, OR_ALL, Blind("a Lua function may change access"),
        "Provide a hook for the auth_checker phase of request processing"),
    row("<LuaHookAuthChecker", Raw, OR_ALL | EXEC_ON_READ, Blind("a Lua function may change access"),
        "Provide a hook for the auth_checker phase of request processing"),
    checked(row("LuaHookInsertFilter", Take2, OR_ALL, Inert,
        "Provide a hook for the insert_filter phase of request processing"), not_implemented),
    row("LuaHookLog", Take2, OR_ALL, Inert, "Provide a hook for the logging phase of request processing"),
    row("LuaScope", Take123, OR_ALL, Inert, "One of once, request, conn, server -- default is once"),
    row("LuaInherit", Take1, OR_ALL, Inert,
        "Controls how Lua scripts in parent contexts are merged with the current  context: \
        none|parent-last|parent-first (default: parent-first) "),
    row("LuaCodeCache", Take1, OR_ALL, Inert,
        "Controls the behavior of the in-memory code cache  context: stat|forever|never (default: stat) "),
    row("LuaQuickHandler", Take2, OR_ALL, Blind("a Lua function may answer"),
        "Provide a hook for the quick handler of request processing"),
    row("<LuaQuickHandler", Raw, OR_ALL | EXEC_ON_READ, Blind("a Lua function may answer"),
        "Provide a hook for the quick handler of request processing"),
    row("Lua_____ByteCodeHack", Raw, OR_ALL, Inert, "(internal) Byte code handler"),
    row("LuaMapHandler", Take23, OR_ALL, Blind("a Lua function may answer"), "Maps a path to a lua handler"),
    row("LuaOutputFilter", Take3, OR_ALL, Blind("a Lua filter that fails ends the request with 500"),
        "Registers a Lua function as an output filter"),
    row("LuaInputFilter", Take3, OR_ALL, Blind("a Lua filter that fails ends the request with 500"),
        "Registers a Lua function as an input filter"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[module("mod_lua.c", "lua_module", LUA)];

/// LuaHookInsertFilter: `register_insert_filter_hook` (modules/lua/mod_lua.c).
fn not_implemented(_: &mut Cmd<'_>, _: &[BString]) -> Result<(), String> {
    Err("LuaHookInsertFilter not yet implemented".into())
}
