//! Formats of logs: mod_log_config (modules/loggers/mod_log_config.c), and who watches it (mod_log_debug.c).

use super::Done;
use crate::pattern::after_nocase;
use crate::server::Loaded;
use crate::server::cmd::Cmd;
use bstr::{BString, ByteSlice};

/// What stands behind a `%`, by module (`log_pfn_register`).
const ITEMS: &[(&str, &[&str])] = &[
    (
        "log_config_module",
        &[
            "h", "a", "A", "l", "u", "t", "f", "b", "B", "i", "o", "n", "L", "e", "V", "v", "p", "P", "H", "m", "q",
            "X", "C", "k", "r", "D", "T", "U", "s", "R", "^ti", "^to",
        ],
    ),
    ("logio_module", &["I", "O", "S", "^FB"]),
    ("ssl_module", &["c", "x"]),
];

/// `LogFormat`: `log_format`.
pub(crate) fn format(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    parse(&cmd.build.loaded, &a[0])
}

/// `CustomLog`: `add_custom_log`.
pub(crate) fn custom(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if let Some(clause) = a.get(2) {
        if let Some(name) = after_nocase(clause, b"env=") {
            if matches!(name, b"" | b"!") {
                return Err("missing environment variable name".into());
            }
        } else if let Some(condition) = after_nocase(clause, b"expr=") {
            if condition.is_empty() {
                return Err("missing condition".into());
            }
            cmd.expr(condition, false)?;
        } else {
            return Err("error in condition clause".into());
        }
    }
    parse(&cmd.build.loaded, &a[1])
}

/// `parse_log_item`, to the end of the format.
fn parse(loaded: &Loaded, text: &[u8]) -> Done {
    let known = |item: &[u8]| {
        ITEMS.iter().any(|(module, items)| items.iter().any(|i| i.as_bytes() == item) && loaded.has(module))
    };
    let mut rest = text;
    while let Some(at) = rest.find_byte(b'%') {
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(b"%") {
            rest = behind;
            continue;
        }
        loop {
            match *rest {
                [] => return Err("Ran off end of LogFormat parsing args to some directive".into()),
                [b'!' | b'<' | b'>' | b',' | b'0'..=b'9', ..] => rest = &rest[1..],
                [b'{', ..] => rest = rest.split_once_str("}").map_or(&rest[rest.len()..], |(_, behind)| behind),
                [b'^', _, _, ..] if known(&rest[..3]) => {
                    rest = &rest[3..];
                    break;
                }
                [_, ..] if known(&rest[..1]) => {
                    rest = &rest[1..];
                    break;
                }
                [_, ..] => return Err(format!("Unrecognized LogFormat directive %{}", rest[..1].as_bstr())),
            }
        }
    }
    Ok(())
}

/// `LogMessage`: `cmd_log_message`.
pub(crate) fn message(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    const HOOKS: &[&str] = &[
        "log_transaction",
        "quick_handler",
        "handler",
        "translate_name",
        "map_to_storage",
        "check_authn",
        "check_access",
        "check_access_ex",
        "insert_filter",
        "check_authz",
        "type_checker",
        "fixups",
        "all",
        "*",
    ];
    let message = &a[0];
    cmd.expr(message, true).map_err(|e| format!("Could not parse message expression '{message}': {e}"))?;
    for arg in &a[1..] {
        let after = |with: &str| after_nocase(arg, with.as_bytes()).map(ByteSlice::as_bstr);
        if let Some(hook) = after("hook=") {
            if !HOOKS.iter().any(|h| hook.eq_ignore_ascii_case(h.as_bytes())) {
                return Err(format!("Invalid hook name: {hook}"));
            }
        } else if let Some(condition) = after("expr=") {
            cmd.expr(condition, false).map_err(|e| format!("Could not parse expression '{condition}': {e}"))?;
        } else {
            return Err(format!("Invalid argument {arg}"));
        }
    }
    Ok(())
}
