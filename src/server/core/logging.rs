//! What is written down, and how processes keep out of each other's way: LogLevel, ErrorLogFormat, Mutex (server/core.c,
//! server/log.c, server/util_mutex.c).

use crate::conf::args;
use crate::server::cmd::Cmd;
use bstr::{BString, ByteSlice};

type Done = Result<(), String>;

const LEVELS: &[&str] = &[
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace1", "trace2", "trace3", "trace4",
    "trace5", "trace6", "trace7", "trace8",
];

/// `ap_parse_log_level`
fn level(text: &[u8]) -> Result<(), &'static str> {
    match LEVELS.iter().any(|l| text.eq_ignore_ascii_case(l.as_bytes())) {
        true => Ok(()),
        false => {
            Err("Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/trace1/.../trace8")
        }
    }
}

/// `LogLevel [module:]level`: `set_loglevel`.
pub(super) fn log_level(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let Some((module, word)) = a[0].rsplit_once_str(":") else { return Ok(level(&a[0])?) };
    let (module, word) = (module.as_bstr(), word.as_bstr());
    if word.is_empty() {
        return Err(format!("Module specifier '{module}' must be followed by a log level keyword"));
    }
    level(word).map_err(|e| format!("{module}:{word}: {e}"))?;
    let name = module.to_str_lossy();
    let loaded = &cmd.build.loaded;
    match loaded.has(&name) || loaded.has(&format!("{name}_module")) {
        true => Ok(()),
        false if cmd.build.assume_modules => Ok(()),
        false => Err(format!("Cannot find module {module}")),
    }
}

/// `ErrorLogFormat [kind] format`: `set_errorlog_format`.
pub(super) fn error_log_format(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match a {
        [kind, format] if kind.eq_ignore_ascii_case(b"request") || kind.eq_ignore_ascii_case(b"connection") => {
            items(format, false)
        }
        [_, _] => Err("ErrorLogFormat type must be one of request, connection".into()),
        _ => items(&a[0], true),
    }
}

/// `parse_errorlog_string`
fn items(format: &[u8], main: bool) -> Done {
    let mut message = false;
    let mut rest = format;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            // what a backslash is before is itself, but for the end
            b'\\' => rest = rest.get(1..).unwrap_or_default(),
            b'%' => {
                let item = item(&mut rest)?;
                if item.message && !main {
                    return Err("%M cannot be used in once-per-request or once-per-connection formats".into());
                }
                message |= item.message;
                if main && item.required {
                    return Err("The '+' flag cannot be used in the main error log format".into());
                }
                if !main && item.level > 0 {
                    return Err(
                        "The loglevel cannot be used as a condition in once-per-request or once-per-connection formats"
                            .into(),
                    );
                }
                if item.level > 15 {
                    return Err("The specified loglevel modifier is out of range".into());
                }
            }
            _ => {}
        }
    }
    match main && !message {
        true => Err("main ErrorLogFormat must contain message format string '%M'".into()),
        false => Ok(()),
    }
}

/// What an item of the format says.
#[derive(Default)]
struct Item {
    message: bool,
    required: bool,
    level: u32,
}

/// `parse_errorlog_item`, behind its `%`.
fn item(rest: &mut &[u8]) -> Result<Item, String> {
    let mut item = Item::default();
    if let [b'%' | b' ', behind @ ..] = *rest {
        *rest = behind;
        return Ok(item);
    }
    while let Some((&byte, behind)) = rest.split_first() {
        *rest = behind;
        match byte {
            b'{' => *rest = behind.split_once_str("}").map_or(&behind[behind.len()..], |(_, after)| after),
            b'+' => item.required = true,
            b'-' => {}
            b'0'..=b'9' => item.level = item.level.saturating_mul(10).saturating_add(u32::from(byte - b'0')),
            b'M' => {
                item.message = true;
                return Ok(item);
            }
            b'A' | b'E' | b'F' | b'L' | b'P' | b'T' | b'V' | b'a' | b'e' | b'i' | b'k' | b'l' | b'm' | b'n' | b't'
            | b'v' => {
                return Ok(item);
            }
            _ => return Err(format!("Unrecognized error log format directive %{}", [byte].as_bstr())),
        }
    }
    Err("Ran off end of error log format parsing args to some directive".into())
}

const MECHANISMS: &str = "Mutex mechanisms are: 'none', 'default', 'flock:/path/to/file', 'fcntl:/path/to/file', \
     'file:/path/to/file', 'pthread', 'sysvsem', 'posixsem', 'sem'";

/// Kinds of mutexes, and who registers them (`ap_mutex_register`).
const MUTEXES: &[(&str, &str)] = &[
    ("mpm-accept", "core_module"),
    ("authdigest-client", "auth_digest_module"),
    ("authdigest-opaque", "auth_digest_module"),
    ("authn-socache", "authn_socache_module"),
    ("cache-socache", "cache_socache_module"),
    ("ldap-cache", "ldap_module"),
    ("lua-ivm-shm", "lua_module"),
    ("proxy", "proxy_module"),
    ("proxy-balancer-shm", "proxy_balancer_module"),
    ("rewrite-map", "rewrite_module"),
    ("ssl-cache", "ssl_module"),
    ("ssl-stapling", "ssl_module"),
    ("ssl-stapling-refresh", "ssl_module"),
    ("watchdog-callback", "watchdog_module"),
];

/// `Mutex mechanism [kind...] [OmitPID]`: `ap_set_mutex`.
pub(super) fn mutex(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let mut rest = a[0].as_slice();
    let first = args::word(&mut rest);
    if first.is_empty() {
        return Err(format!("Mutex requires at least a mechanism argument ({MECHANISMS})"));
    }
    let (mechanism, file) = first.split_once_str(":").unwrap_or((&first, b""));
    let mechanism = mechanism.to_ascii_lowercase();
    let none = matches!(mechanism.as_slice(), b"none" | b"no");
    match mechanism.as_slice() {
        _ if none => {}
        // a semaphore's name is no path, but is looked for as one
        b"posixsem" | b"sem" if !file.is_empty() => {
            cmd.there(file, true, format!("Invalid Mutex directory in argument {first}"))?;
        }
        b"default" | b"yes" | b"fcntl" | b"file" | b"flock" | b"posixsem" | b"sem" | b"sysvsem" | b"pthread" => {
            if !file.is_empty() {
                let path = cmd.server_root_relative(file);
                cmd.there(&path, true, format!("Invalid Mutex directory in argument {first}"))?;
            }
        }
        _ => return Err(format!("Invalid Mutex argument {first} ({MECHANISMS})")),
    }
    let mut kinds = args::split(rest);
    kinds.retain(|k| !k.eq_ignore_ascii_case(b"omitpid"));
    if kinds.is_empty() {
        kinds.push("default".into());
    }
    // the last comes first
    for kind in kinds.iter().rev() {
        let known = |(name, module): &(&str, &str)| kind == name && cmd.build.loaded.has(module);
        if kind != "default" && !MUTEXES.iter().any(known) && !cmd.build.assume_modules {
            return Err(format!("Mutex type {kind} is not valid"));
        }
        if none {
            return Err(format!("None is not allowed for mutex type {kind}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::items;

    #[test]
    fn error_log_formats() {
        for (format, main, error) in [
            ("[%t] [%l] %7F: %E: [client\\ %a] %M% ,\\ referer\\ %{Referer}i", true, None),
            ("%t", true, Some("main ErrorLogFormat must contain message format string '%M'")),
            ("%+M", true, Some("The '+' flag cannot be used in the main error log format")),
            ("%16M", true, Some("The specified loglevel modifier is out of range")),
            ("%M %Z", true, Some("Unrecognized error log format directive %Z")),
            ("%M %{x}", true, Some("Ran off end of error log format parsing args to some directive")),
            ("[%{uc}t] [R:%L]", false, None),
            ("%M", false, Some("%M cannot be used in once-per-request or once-per-connection formats")),
        ] {
            assert_eq!(items(format.as_bytes(), main).err().as_deref(), error, "{format}");
        }
    }
}
