//! mod_md: `md_conf_check_location` and kin (modules/md/mod_md_config.c).

use super::Done;
use crate::conf::args;
use crate::pattern::after_nocase;
use crate::server::cmd::{Cmd, forbid};
use crate::server::rule::long;
use crate::server::uri::is_url;
use bstr::{BString, ByteSlice};

const SECTION: &str = "<MDomainSet";

fn within_section(cmd: &Cmd<'_>) -> bool {
    cmd.parent(&["mdomainset", "mdomain"]).is_some()
}

/// `MD_LOC_ALL`: anywhere but in a directory.
pub(crate) fn anywhere(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    if within_section(cmd) { Ok(()) } else { cmd.forbid(forbid::DIRECTORY | forbid::LOCATION) }
}

/// `MD_LOC_NOT_MD`: not in the section of a managed domain.
pub(crate) fn outside(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    if within_section(cmd) {
        return Err(format!("{} is not allowed inside an '{SECTION}' context", cmd.row.name));
    }
    cmd.forbid(forbid::DIRECTORY | forbid::LOCATION)
}

/// `MD_LOC_MD`: only in the section of a managed domain.
pub(crate) fn inside(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    if within_section(cmd) {
        return Ok(());
    }
    Err(format!("{} is only valid inside a '{SECTION}' context, not here", cmd.row.name))
}

fn is_transitive(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"auto") || word.eq_ignore_ascii_case(b"manual")
}

/// `MDomain`: `md_config_set_names`.
pub(crate) fn names(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    if a.iter().all(|name| is_transitive(name)) {
        return Err("needs at least one domain name".into());
    }
    Ok(())
}

/// `MDMember`: `md_config_sec_add_members`.
pub(crate) fn members(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    match (inside(cmd, a), a) {
        (Err(_), [one]) if is_transitive(one) => Ok(()),
        (Err(_), [_]) => Err("unknown value, use \"auto|manual\"".into()),
        (said, _) => said,
    }
}

/// `<MDomainSet`: `md_config_sec_start`.
pub(crate) fn section(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let names = args::before_closing(SECTION, &a[0])?;
    if names.is_empty() {
        return Err(format!("{SECTION} > section must specify a unique domain name"));
    }
    // the first word is a name, whatever it is
    if args::split(names).is_empty() {
        return Err("needs at least one domain name".into());
    }
    cmd.within(cmd.limited);
    Ok(())
}

/// `MDCertificateAuthority`: names that are known, and URLs (`md_get_ca_url_from_name`).
pub(crate) fn authorities(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    const KNOWN: &[&str] = &["LetsEncrypt", "LetsEncrypt-Test", "Buypass", "Buypass-Test"];
    for name in a {
        if KNOWN.iter().any(|k| name.eq_ignore_ascii_case(k.as_bytes())) {
            continue;
        }
        url(name).map_err(|why| {
            format!(
                "The CA name '{name}' is not known and it is not a URL either ({why}). Known CA names are: {}.",
                KNOWN.join(" ")
            )
        })?;
    }
    Ok(())
}

/// `md_util_abs_uri_check`: what is wrong with a URL.
fn url(text: &[u8]) -> Result<(), &'static str> {
    let Some((scheme, rest)) = text.split_once_str(":").filter(|_| is_url(text)) else {
        return Err("missing uri scheme");
    };
    if !scheme[0].is_ascii_alphabetic() {
        return Err("not an uri");
    }
    if rest.is_empty() {
        return Err("missing uri identifier");
    }
    if scheme == b"mailto" {
        return address(rest);
    }
    if !scheme.starts_with(b"http") {
        return Ok(());
    }
    let host = rest.strip_prefix(b"//").ok_or("missing hostname")?;
    let host = host.split(|b| matches!(b, b'/' | b'?' | b'#')).next().unwrap_or_default();
    let host = host.rsplit(|b| *b == b'@').next().unwrap_or_default();
    let (host, port) = host.rsplit_once_str(":").map_or((host, None), |(host, port)| (host, Some(port)));
    if !host.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')) {
        return Err("invalid hostname");
    }
    match port.map(|port| (long(port), port)) {
        Some((Some((1..=65353, [])), [b'0'..=b'9', ..])) | None => Ok(()),
        Some((None | Some((65536.., _)), _)) => Err("not an uri"),
        Some(_) => Err("invalid port"),
    }
}

/// An address of mail, behind its scheme.
fn address(text: &[u8]) -> Result<(), &'static str> {
    let at = text.find_byte(b'@').ok_or("missing @")?;
    match () {
        () if text[at + 1..].contains(&b'@') => Err("duplicate @"),
        () if at == 0 => Err("missing local part"),
        () if at + 1 == text.len() => Err("missing hostname"),
        () if text.contains_str("..") => Err("double period"),
        () => Ok(()),
    }
}

/// `MDHttpProxy`: `md_util_abs_http_uri_check`.
pub(crate) fn http_proxy(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    url(&a[0])?;
    let scheme = a[0].split(|b| *b == b':').next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https") {
        return Ok(());
    }
    Err("uri scheme must be http or https".into())
}

/// `MDPortMap`: `set_port_map`.
pub(crate) fn port_map(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    for map in a {
        let named = [("http:", 80), ("https:", 443)].into_iter().find(|(with, _)| map.starts_with(with.as_bytes()));
        let (outer, rest) = match named {
            Some((with, port)) => (port, &map[with.len() - 1..]),
            None => long(map).ok_or("unable to parse first port number")?,
        };
        let Some(inner) = rest.strip_prefix(b":") else {
            return Err("no ':' after first port number".into());
        };
        if !inner.starts_with(b"-") {
            let (port, _) = long(inner).ok_or("unable to parse second port number")?;
            if !(1..=65535).contains(&port) {
                return Err("invalid number for port map, must be in ]0,65535]".into());
            }
        }
        if outer != 80 && outer != 443 {
            return Err("mapped port number must be 80 or 443".into());
        }
    }
    Ok(())
}

/// `MDPrivateKeys`: `md_config_set_pkeys`.
pub(crate) fn keys(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    if a.is_empty() {
        return Err("needs to specify the private key type".into());
    }
    let (mut rsa, mut curves): (bool, Vec<&BString>) = (false, Vec::new());
    let mut words = a.iter().peekable();
    while let Some(word) = words.next() {
        let digits = after_nocase(word, b"rsa");
        let bits = match digits {
            _ if word.eq_ignore_ascii_case(b"default") => {
                if a.len() > 1 {
                    return Err("'Default' allows no other parameter".into());
                }
                continue;
            }
            Some([]) => words.next_if(|w| w.first().is_some_and(u8::is_ascii_digit)).map_or(&b"2048"[..], |w| w),
            Some(bits @ [b'0'..=b'9', ..]) => bits,
            _ => {
                if curves.iter().any(|c| c.eq_ignore_ascii_case(word)) {
                    return Err(format!("two keys of type '{word}' are not possible."));
                }
                curves.push(word);
                continue;
            }
        };
        match long(bits).map(|(bits, _)| bits) {
            Some(bits) if bits < 2048 => {
                return Err("must be 2048 or higher in order to be considered safe.".into());
            }
            _ if rsa => return Err("two keys of type 'RSA' are not possible.".into()),
            _ => rsa = true,
        }
    }
    Ok(())
}

/// `md_duration_parse`: seconds, or what `unit` says where the text has none.
fn duration(text: &[u8], unit: &'static str) -> Option<i64> {
    let (number, rest) = long(text)?;
    let unit = match rest {
        [] => unit.as_bytes(),
        // a text without a number
        _ if rest.len() == text.len() => return None,
        _ => rest,
    };
    let lower = unit.to_ascii_lowercase();
    Some(match lower.as_slice() {
        [b'd', ..] => number.saturating_mul(86_400_000_000),
        [b'h', ..] => number.saturating_mul(3_600_000_000),
        [b's', ..] => number.saturating_mul(1_000_000),
        [b'm', b's', ..] => number.saturating_mul(1_000),
        [b'm', b'i', ..] => number.saturating_mul(60_000_000),
        _ => return None,
    })
}

fn duration_of_at_least(text: &[u8], unit: &'static str, least: i64, message: &str) -> Done {
    match duration(text, unit) {
        None => Err("unrecognized duration format".into()),
        Some(time) if time < least => Err(message.into()),
        Some(_) => Ok(()),
    }
}

/// `MDCheckInterval`: a second at least.
pub(crate) fn check_interval(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    duration_of_at_least(&a[0], "s", 1_000_000, "check interval cannot be less than one second")
}

/// `MDInitialDelay`: not negative.
pub(crate) fn initial_delay(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    duration_of_at_least(&a[0], "s", 0, "initial delay must not be negative")
}

/// `MDRetryDelay`: more than nothing.
pub(crate) fn retry_delay(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    duration_of_at_least(&a[0], "s", 1, "minimum delay must be greater than 0")
}

/// `MDActivationDelay`: any.
pub(crate) fn activation_delay(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    duration_of_at_least(&a[0], "d", i64::MIN, "")
}

/// `MDStoreLocks`: on, off, or how long one waits.
pub(crate) fn store_locks(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let word = a[0].eq_ignore_ascii_case(b"on") || a[0].eq_ignore_ascii_case(b"off");
    if word || duration(&a[0], "s").is_some() {
        return Ok(());
    }
    Err("neither 'on', 'off' or a duration specified".into())
}

/// `md_timeslice_parse`: a duration or a percentage; `all`: what is said of the whole of it.
fn slice(cmd: &Cmd<'_>, text: &[u8], all: Option<&str>) -> Done {
    let name = cmd.row.name;
    if duration(text, "d").is_some() {
        return Ok(());
    }
    match (long(text), all) {
        (Some((percent, [b'%', ..])), _) if percent < 0 => Err(format!("{name} percent must be less than 100")),
        (Some((percent, [b'%', ..])), Some(all)) if percent >= 100 => Err(format!("{name} {all}")),
        (Some((_, [b'%', ..])), _) => Ok(()),
        _ => Err(format!("{name} has unrecognized format")),
    }
}

/// `MDRenewWindow`, `MDWarnWindow`: less than the whole life.
pub(crate) fn window(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    slice(cmd, &a[0], Some("a length of 100% or more is not allowed."))
}

/// `MDStaplingRenewWindow`: the same, in its own words.
pub(crate) fn stapling_window(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    slice(cmd, &a[0], Some("with a length of 100% or more is not allowed."))
}

/// `MDStaplingKeepResponse`: any length.
pub(crate) fn keep_response(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    slice(cmd, &a[0], None)
}

/// `MDExternalAccountBinding`: `md_config_set_eab`, a key and its value, or a file of both.
pub(crate) fn account_binding(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let [file] = a else { return Ok(()) };
    if file.eq_ignore_ascii_case(b"none") {
        return Ok(());
    }
    let path = cmd.server_root_relative(file);
    cmd.there(&path, false, format!("{}: file not found: {path}", cmd.row.name))
}
