//! Shared object caches: what is looked up by name (`ap_lookup_provider`), and what each makes of its arguments (`create` in
//! modules/cache/mod_socache_*.c).

use super::Done;
use crate::modules::ledger::providers::{self, Kind};
use crate::server::cmd::Cmd;
use crate::server::rule::long;
use bstr::{BStr, BString, ByteSlice};

/// `name[:arguments]`.
pub(crate) fn split(text: &BString) -> (&BStr, Option<&BStr>) {
    match text.split_once_str(":") {
        Some((name, args)) => (name.as_bstr(), Some(args.as_bstr())),
        None => (text.as_bstr(), None),
    }
}

/// Whether a cache of that name is offered by a module that is loaded.
pub(crate) fn is_known(cmd: &Cmd<'_>, name: &BStr) -> bool {
    providers::find(Kind::Socache, &name.to_str_lossy()).is_some_and(|p| cmd.build.loaded.has(p.module))
}

/// What the cache says to its arguments.
pub(crate) fn create(name: &BStr, args: Option<&BStr>) -> Done {
    let args = args.filter(|a| !a.is_empty());
    match (name.to_str_lossy().as_ref(), args) {
        ("memcache" | "redis", None) => Err(format!("List of server names required to create {name} socache.")),
        ("shmcb" | "default", Some(args)) => size(args),
        _ => Ok(()),
    }
}

/// `socache_shmcb_create`: a file, and a size in parentheses.
fn size(args: &BStr) -> Done {
    let Some(open) = args.rfind_byte(b'(') else {
        return match args.last() {
            Some(b')') => Err("Invalid argument: no opening parenthesis".into()),
            _ => Ok(()),
        };
    };
    let Some(size) = args[open + 1..].strip_suffix(b")") else {
        return Err(
            "Invalid argument: no closing parenthesis or cache size missing after pathname with parenthesis".into()
        );
    };
    match long(size) {
        Some((size, rest)) if rest.is_empty() && size < 8192 => {
            Err("Invalid argument: size has to be >= 8192 bytes".into())
        }
        Some((size, rest)) if rest.is_empty() && size >= 0xFFFF_FFFF => {
            Err(format!("Invalid argument: size has to be < {} bytes on this platform", 0xFFFF_FFFF_u32))
        }
        Some((_, [])) => Ok(()),
        None => Err(format!("Invalid argument: size has to be < {} bytes on this platform", 0xFFFF_FFFF_u32)),
        _ => Err("Invalid argument: cache size not numerical".into()),
    }
}

fn unknown(name: &BStr) -> String {
    format!(
        "Unknown socache provider '{name}'. Maybe you need to load the appropriate socache module (mod_socache_{name}?)"
    )
}

/// `CacheSocache`: `set_cache_socache`.
pub(crate) fn of_cache(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (name, _) = split(&a[0]);
    if is_known(cmd, name) { Ok(()) } else { Err(unknown(name)) }
}

/// `AuthnCacheSOCache`: `authn_cache_socache`.
pub(crate) fn of_authn(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (name, args) = split(&a[0]);
    let said = if is_known(cmd, name) { create(name, args) } else { Err(unknown(a[0].as_bstr())) };
    said.map_err(|e| format!("{}: {e}", cmd.row.name))
}
