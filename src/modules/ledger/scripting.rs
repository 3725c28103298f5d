//! Programs inside the server: Lua.

use super::checks::{bodies, lua};
use super::{handlers, handling, module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::{Raw, Take1, Take2, Take3, Take23, Take123};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{EXEC_ON_READ, OR_ALL, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::{Exactly, Never, OneOf, Pattern};

// Where Lua looks for modules and how long it keeps a script changes no answer, what a hook does can.
#[rustfmt::skip]
const LUA: &[Directive] = &[
    row("LuaRoot", Take1, OR_ALL, Inert,
        "Specify the base path for resolving relative paths for mod_lua directives"),
    row("LuaPackagePath", Take1, OR_ALL, Inert, "Add a directory to lua's package.path"),
    row("LuaPackageCPath", Take1, OR_ALL, Inert, "Add a directory to lua's package.cpath"),
    row("LuaAuthzProvider", Take3, RSRC_CONF | EXEC_ON_READ, Unmodelled("a Lua function decides on a Require"),
        "Provide an authorization provider")
        .must(&[NotIn(forbid::GLOBAL_ONLY)]),
    row("LuaHookPreTranslateName", Take2, OR_ALL, Unmodelled("a Lua function may change the translation of the path"),
        "Provide a hook for the pre_translate name phase of request processing"),
    row("<LuaHookPreTranslateName", Raw, OR_ALL | EXEC_ON_READ,
        Unmodelled("a Lua function may change the translation of the path"),
        "Provide a hook for the pre_translate name phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookTranslateName", Take23, OR_ALL, Unmodelled("a Lua function may change the translation of the path"),
        "Provide a hook for the translate name phase of request processing")
        .must(&[
            NotIn(forbid::DIRECTORY | forbid::FILES | forbid::HTACCESS),
            Arg(2, OneOf(&["early", "late"]), "Third argument must be 'early' or 'late'"),
        ]),
    row("<LuaHookTranslateName", Raw, OR_ALL | EXEC_ON_READ,
        Unmodelled("a Lua function may change the translation of the path"),
        "Provide a hook for the translate name phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookFixups", Take2, OR_ALL, Unmodelled("a Lua function may change the fixups"),
        "Provide a hook for the fixups phase of request processing"),
    row("<LuaHookFixups", Raw, OR_ALL | EXEC_ON_READ, Unmodelled("a Lua function may change the fixups"),
        "Provide a inline hook for the fixups phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookMapToStorage", Take2, OR_ALL, Unmodelled("a Lua function may change the way to the file"),
        "Provide a hook for the map_to_storage phase of request processing"),
    row("<LuaHookMapToStorage", Raw, OR_ALL | EXEC_ON_READ, Unmodelled("a Lua function may change the way to the file"),
        "Provide a hook for the map_to_storage phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookCheckUserID", Take23, OR_ALL, Unmodelled("a Lua function may change who the user is"),
        "Provide a hook for the check_user_id phase of request processing"),
    row("<LuaHookCheckUserID", Raw, OR_ALL | EXEC_ON_READ, Unmodelled("a Lua function may change who the user is"),
        "Provide a hook for the check_user_id phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookTypeChecker", Take2, OR_ALL, Unmodelled("a Lua function may change the type and the handler"),
        "Provide a hook for the type_checker phase of request processing"),
    row("<LuaHookTypeChecker", Raw, OR_ALL | EXEC_ON_READ,
        Unmodelled("a Lua function may change the type and the handler"),
        "Provide a hook for the type_checker phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookAccessChecker", Take23, OR_ALL, Unmodelled("a Lua function may change access"),
        "Provide a hook for the access_checker phase of request processing")
        .must(&[Arg(2, OneOf(&["early", "late"]), "Third argument must be 'early' or 'late'")]),
    row("<LuaHookAccessChecker", Raw, OR_ALL | EXEC_ON_READ, Unmodelled("a Lua function may change access"),
        "Provide a hook for the access_checker phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookAuthChecker", Take23, OR_ALL, Unmodelled("a Lua function may change access"),
        "Provide a hook for the auth_checker phase of request processing")
        .must(&[Arg(2, OneOf(&["early", "late"]), "Third argument must be 'early' or 'late'")]),
    row("<LuaHookAuthChecker", Raw, OR_ALL | EXEC_ON_READ, Unmodelled("a Lua function may change access"),
        "Provide a hook for the auth_checker phase of request processing")
        .must(&[By(lua::block)]),
    row("LuaHookInsertFilter", Take2, OR_ALL, Inert,
        "Provide a hook for the insert_filter phase of request processing")
        .must(&[Arg(0, Never, "LuaHookInsertFilter not yet implemented")]),
    row("LuaHookLog", Take2, OR_ALL, Inert, "Provide a hook for the logging phase of request processing"),
    row("LuaScope", Take123, OR_ALL, Inert, "One of once, request, conn, server -- default is once")
        .must(&[
            Arg(0, Exactly(&["once", "request", "conn", "thread", "server"]), "Invalid value for LuaScope, '{}', acceptable values are: 'once', 'request', 'conn', 'thread', 'server'"),
        ]),
    row("LuaInherit", Take1, OR_ALL, Inert,
        "Controls how Lua scripts in parent contexts are merged with the current  context: \
        none|parent-last|parent-first (default: parent-first) ")
        .must(&[
            Arg(0, OneOf(&["none", "parent-first", "parent-last"]), "LuaInherit type of '{}' not recognized, valid options are 'none', 'parent-first', and 'parent-last'"),
        ]),
    row("LuaCodeCache", Take1, OR_ALL, Inert,
        "Controls the behavior of the in-memory code cache  context: stat|forever|never (default: stat) ")
        .must(&[
            Arg(0, OneOf(&["never", "stat", "forever"]), "LuaCodeCache type of '{}' not recognized, valid options are 'never', 'stat', and 'forever'"),
        ]),
    row("LuaQuickHandler", Take2, OR_ALL, Unmodelled("a Lua function may answer"),
        "Provide a hook for the quick handler of request processing")
        .must(&[NotIn(forbid::DIRECTORY | forbid::FILES | forbid::HTACCESS)]),
    row("<LuaQuickHandler", Raw, OR_ALL | EXEC_ON_READ, Unmodelled("a Lua function may answer"),
        "Provide a hook for the quick handler of request processing")
        .must(&[By(lua::block)]),
    row("Lua_____ByteCodeHack", Raw, OR_ALL, Inert, "(internal) Byte code handler").must(&[By(lua::byte_code)]),
    row("LuaMapHandler", Take23, OR_ALL, Unmodelled("a Lua function may answer"), "Maps a path to a lua handler")
        .must(&[
            NotIn(forbid::DIRECTORY | forbid::FILES | forbid::HTACCESS),
            Arg(0, Pattern, "Invalid regex pattern!"),
        ]),
    row("LuaOutputFilter", Take3, OR_ALL, Unmodelled("a Lua filter that fails ends the request with 500"),
        "Registers a Lua function as an output filter")
        .must(&[NotIn(forbid::DIRECTORY | forbid::FILES | forbid::HTACCESS), By(bodies::lua_output)]),
    row("LuaInputFilter", Take3, OR_ALL, Unmodelled("a Lua filter that fails ends the request with 500"),
        "Registers a Lua function as an input filter")
        .must(&[NotIn(forbid::DIRECTORY | forbid::FILES | forbid::HTACCESS)]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[handling(module("mod_lua.c", "lua_module", LUA), handlers::LUA)];
