//! What is found out or kept about a document or a visitor.

use super::checks::session;
use super::{module, row};
use crate::module::Args::{Flag, Take1};
use crate::module::Effect::Inert;
use crate::module::allowed::{ACCESS_CONF, OR_FILEINFO, RSRC_CONF};
use crate::module::{Directive, Module};
use crate::rule::Rule::{Arg, By};
use crate::rule::Test::OneOf;

// The name that identd tells is logged, not trusted.
#[rustfmt::skip]
const IDENT: &[Directive] = &[
    row("IdentityCheck", Flag, ACCESS_CONF | RSRC_CONF, Inert, "Enable identd (RFC 1413) user lookups - SLOW"),
    row("IdentityCheckTimeout", Take1, ACCESS_CONF | RSRC_CONF, Inert,
        "Identity check (RFC 1413) timeout duration (sec)"),
];

#[rustfmt::skip]
const USERTRACK: &[Directive] = &[
    row("CookieExpires", Take1, OR_FILEINFO, Inert, "an expiry date code").must(&[By(session::expires)]),
    row("CookieDomain", Take1, OR_FILEINFO, Inert, "domain to which this cookie applies")
        .must(&[By(session::domain)]),
    row("CookieStyle", Take1, OR_FILEINFO, Inert, "'Netscape', 'Cookie' (RFC2109), or 'Cookie2' (RFC2965)")
        .must(&[
            Arg(0, OneOf(&["Netscape", "Cookie", "RFC2109", "Cookie2", "RFC2965"]), "Invalid {name} keyword: '{}'"),
        ]),
    row("CookieTracking", Flag, OR_FILEINFO, Inert, "whether or not to enable cookies"),
    row("CookieName", Take1, OR_FILEINFO, Inert, "name of the tracking cookie"),
    row("CookieSameSite", Take1, OR_FILEINFO, Inert, "SameSite setting")
        .must(&[Arg(0, OneOf(&["Strict", "Lax", "None"]), "CookieSameSite accepts 'Strict', 'Lax', or 'None'")]),
    row("CookieSecure", Flag, OR_FILEINFO, Inert, "is cookie secure"),
    row("CookieHttpOnly", Flag, OR_FILEINFO, Inert, "is cookie http only"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_ident.c", "ident_module", IDENT),
    module("mod_unique_id.c", "unique_id_module", &[]),
    module("mod_usertrack.c", "usertrack_module", USERTRACK),
];
