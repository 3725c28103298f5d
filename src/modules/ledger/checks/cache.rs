//! mod_cache, mod_cache_disk (modules/cache).

use super::Done;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::uri::is_url;
use bstr::BString;

/// `CacheEnable type [url]`: `add_cache_enable`.
pub(crate) fn enable(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let kind = &a[0];
    if kind.starts_with(b"/") {
        return Err(format!("provider ({kind}) starts with a '/'.  Are url and provider switched?"));
    }
    let Some(url) = a.get(1).or(cmd.path.as_ref()) else {
        return Err(format!("CacheEnable provider ({kind}) is missing an URL."));
    };
    if cmd.path.as_ref().is_some_and(|path| !url.starts_with(path)) {
        return Err("When in a Location, CacheEnable must specify a path or an URL below that location.".into());
    }
    Ok(())
}

/// `CacheDisable url | on`: `add_cache_disable`.
pub(crate) fn disable(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if cmd.path.is_some() {
        return match a[0].eq_ignore_ascii_case(b"on") {
            true => Ok(()),
            false => Err("CacheDisable must be followed by the word 'on' when in a Location.".into()),
        };
    }
    match a[0].starts_with(b"/") || a[0].contains(&b':') {
        true => Ok(()),
        false => Err("CacheDisable must specify a path or an URL.".into()),
    }
}

/// `CacheKeyBaseURL`: `set_cache_key_base_url`.
pub(crate) fn key_base(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match is_url(&a[0]) || a[0].starts_with(b"//") {
        true => Ok(()),
        false => Err(format!("URL '{}' must contain at least one of a scheme, a hostname or a port.", a[0])),
    }
}

/// `CacheDirLevels`, `CacheDirLength`: 20 at most together, each 2 where it is not said.
pub(crate) fn directories(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let name = cmd.row.name;
    let number = atoi(&a[0]);
    if number < 1 {
        return Err(format!("{name} value must be an integer greater than 0"));
    }
    let server = cmd.server;
    let here = cmd.build.servers[server].cache_directories.get_or_insert([2, 2]);
    let (this, other) = if name.eq_ignore_ascii_case("CacheDirLevels") { (0, 1) } else { (1, 0) };
    if number.saturating_mul(here[other]) > 20 {
        return Err("CacheDirLevels*CacheDirLength value must not be higher than 20".into());
    }
    here[this] = number;
    Ok(())
}
