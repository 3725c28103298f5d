//! Directives in force that are not modelled: when they become caveats.

use super::request::Request;
use crate::source::Span;
use std::borrow::Cow;

/// A directive in force that is not modelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unmodelled {
    /// Its row's name; as it is written where no row has it.
    pub directive: Cow<'static, str>,
    /// Its module.
    pub module: &'static str,
    /// Its place.
    pub span: Span,
    /// Why it could change an answer.
    pub why: &'static str,
}

/// Directives in force that are not modelled become caveats.
#[inline]
pub(super) fn note(r: &mut Request<'_>) {
    if let Some(core) = r.per_dir.core.as_deref().filter(|core| !core.unmodelled.is_empty()) {
        say(r, &core.unmodelled);
    }
}

/// Modules that are asked for users and groups, and do nothing else: what is not known of them matters once they are asked.
const PROVIDERS: [&str; 3] = ["mod_authnz_ldap.c", "mod_authn_dbd.c", "mod_authz_dbd.c"];

/// Whether what is not known of a directive can matter to a request for a path.
fn matters(uri: &[u8], spot: &Unmodelled) -> bool {
    match spot.module {
        // managed domains answer what certificate authorities ask for
        "mod_md.c" if spot.directive != "MDRequireHttps" => uri.starts_with(b"/.well-known/acme-challenge/"),
        module => !PROVIDERS.contains(&module),
    }
}

/// Such a module is asked: its directives in force become caveats.
pub(crate) fn note_provider(r: &mut Request<'_>, module: &str) {
    let Some(core) = r.per_dir.core.as_deref() else { return };
    for spot in core.unmodelled.iter().filter(|spot| spot.module == module) {
        r.caveat(&spot.directive, spot.span, spot.why);
    }
}

#[cold]
fn say(r: &mut Request<'_>, unmodelled: &[Unmodelled]) {
    let strangers = r.engine.server.loaded.strangers();
    let mut told: Vec<&str> = Vec::new();
    for spot in unmodelled {
        if !matters(&r.uri, spot) {
            continue;
        }
        if strangers.iter().all(|m| m.name != spot.module) {
            r.caveat(&spot.directive, spot.span, spot.why);
        } else if !told.contains(&spot.module) {
            // what is not known of a module is said once
            told.push(spot.module);
            r.caveat(&spot.directive, spot.span, format!("{} is not modelled: {}", spot.module, spot.why));
        }
    }
}
