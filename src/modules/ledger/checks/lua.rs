//! mod_lua (modules/lua/mod_lua.c).

use super::Done;
use crate::conf::args;
use crate::server::cmd::Cmd;
use bstr::BString;

/// `<LuaHook...>`: `register_named_block_function_hook`, a function's name and when it runs.
pub(crate) fn block(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    match args::split(args::before_closing(cmd.row.name, &a[0])?).get(1) {
        Some(when) if !when.is_empty() && !is_time(when) => {
            Err(format!("{}> 2nd argument must be 'early' or 'late'", cmd.row.name))
        }
        _ => Ok(()),
    }
}

fn is_time(word: &BString) -> bool {
    word.eq_ignore_ascii_case(b"early") || word.eq_ignore_ascii_case(b"late")
}

/// The row of the byte code that a `<LuaHook...>` leaves; nobody writes it.
pub(crate) fn byte_code(_: &mut Cmd<'_>, _: &[BString]) -> Done {
    Err("Lua_____ByteCodeHack is what a Lua block leaves, no directive: httpd crashes".into())
}
