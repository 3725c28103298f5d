//! What modules do where the engine asks for it by name: httpd's optional functions (`APR_RETRIEVE_OPTIONAL_FN`), and its hooks
//! outside of a request's phases. Each module that is loaded registers its own (`Module::register`); what none registered does
//! nothing.

use super::build::Build;
use super::cmd::Cmd;
use super::listen::Listen;
use super::request::Request;
use super::settings::{PerDir, PerServer};
use super::table::Table;
use super::{Compiled, Connection, module};
use crate::source::Span;
use bstr::{BStr, BString};

/// What is checked once the whole configuration is read.
pub(crate) type Check = fn(&mut Build);
/// Lines that may decide.
pub(crate) type Lines = fn(&Request<'_>, &mut Vec<Span>);

/// The functions in force.
#[derive(Clone)]
pub(crate) struct Functions {
    /// `ap_hook_check_config` and `ap_hook_post_config`: what is checked once the whole configuration is read, by order.
    pub check_config: Vec<(i32, Check)>,
    /// The same, of a section that was read (`authz_core_check_config`).
    pub check_section: fn(&mut Cmd<'_>, &PerDir),
    /// `ap_satisfies`
    pub satisfies: fn(&mut Request<'_>) -> Satisfy,
    /// The lines that may decide on access.
    pub access_lines: Vec<Lines>,
    /// Whether settings ask for more of a request than its method, to decide on access.
    pub access_asks: Vec<fn(&PerDir) -> bool>,
    /// Names the lines that decided on access.
    pub name_access: fn(&mut Request<'_>, module::Verdict),
    /// The lines that may decide on who the user is.
    pub user_lines: Vec<Lines>,
    /// Names the lines that decided on who the user is.
    pub name_user: fn(&mut Request<'_>, module::Verdict),
    /// `ap_auth_type`
    pub auth_type: fn(&mut Request<'_>) -> Option<BString>,
    /// mod_ssl's.
    pub tls: Tls,
    /// mod_session's: what goes on to a request that takes this one's place.
    pub carry_session: fn(&Request<'_>, &mut Table),
    /// `session_output_filter`
    pub save_session: fn(&mut Request<'_>),
    /// `expires_filter`
    pub expires: fn(&mut Request<'_>),
    /// mod_headers'.
    pub headers: Headers,
    /// mod_filter's: the output filters that take part in an answer, and the lines that say so.
    pub filters: fn(&Request<'_>) -> Vec<(BString, Span)>,
    /// mod_include's.
    pub includes: Includes,
}

/// Satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Satisfy {
    /// Nothing was said.
    NotSpecified,
    /// Both kinds of checks must pass.
    All,
    /// One of them must.
    Any,
}

/// What mod_ssl does.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Whether a server speaks TLS.
    pub speaks: fn(&PerServer) -> bool,
    /// Has a server of an https port speak TLS where nothing else is said.
    pub by_default: fn(&mut PerServer, &Listen),
    /// `ssl_is_https`
    pub is_https: fn(&Request<'_>) -> bool,
    /// The server whose settings the handshake uses.
    pub handshake: fn(&Compiled, &Connection) -> usize,
    /// `ssl_engine_set`: whether TLS to back-ends is allowed; the line that says so is named.
    pub to_backends: fn(&mut Request<'_>) -> bool,
    /// `ssl_var_lookup`
    pub variable: fn(&Request<'_>, &BStr) -> TlsVariable,
}

/// What a variable of mod_ssl is here.
pub(crate) enum TlsVariable {
    /// This.
    Known(BString),
    /// This, for most clients.
    Likely(BString),
    /// Unset.
    Unset,
    /// Nobody knows.
    Unknown,
}

/// What mod_headers does.
#[derive(Clone)]
pub(crate) struct Headers {
    /// Carries out its lines, those for errors alone where it is one (`ap_headers_output_filter`, `ap_headers_error_filter`).
    pub respond: fn(&mut Request<'_>, bool),
    /// Whether there are any lines.
    pub any: fn(&Request<'_>) -> bool,
    /// Whether a line may change more of an answer that went well than its headers.
    pub may_matter: fn(&Request<'_>) -> bool,
    /// The first line that does something to one of these headers before the body is sent.
    pub line: fn(&Request<'_>, &[&str]) -> Option<Span>,
    /// Tells of the lines that do nothing, as a page of httpd's own takes the answer's place.
    pub tell_lost: fn(&mut Request<'_>),
}

/// What mod_include does.
#[derive(Clone)]
pub(crate) struct Includes {
    /// Whether this filter is its own and leaves the page as it is.
    pub leaves_alone: fn(&Request<'_>, &[u8]) -> bool,
    /// Whether a second filter of its name passes the page on in one piece.
    pub is_one_piece_later: fn(&Request<'_>) -> bool,
    /// What becomes of Last-Modified.
    pub time: fn(&Request<'_>) -> Time,
    /// Whether a page has a tag all the same.
    pub keeps_tag: fn(&Request<'_>) -> bool,
    /// Whether a page answers to conditions all the same.
    pub heeds_conditions: fn(&Request<'_>) -> bool,
}

/// What becomes of Last-Modified where the filter for server-side includes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// It is not sent: what a page is made of may have changed at any time.
    Lost,
    /// One that was set stays, else it is the file's (SSILastModified).
    Kept,
    /// It is the file's: XBitHack full, for a file that its group may run.
    OfFile,
}

impl Default for Functions {
    fn default() -> Functions {
        Functions {
            check_config: Vec::new(),
            check_section: |_, _| {},
            satisfies: |_| Satisfy::NotSpecified,
            access_lines: Vec::new(),
            access_asks: Vec::new(),
            name_access: |_, _| {},
            user_lines: Vec::new(),
            name_user: |_, _| {},
            auth_type: |_| None,
            tls: Tls {
                speaks: |_| false,
                by_default: |_, _| {},
                is_https: |_| false,
                handshake: |_, connection| connection.base_server,
                to_backends: |_| false,
                variable: |_, _| TlsVariable::Unset,
            },
            carry_session: |_, _| {},
            save_session: |_| {},
            expires: |_| {},
            headers: Headers {
                respond: |_, _| {},
                any: |_| false,
                may_matter: |_| false,
                line: |_, _| None,
                tell_lost: |_| {},
            },
            filters: |_| Vec::new(),
            includes: Includes {
                leaves_alone: |_, _| false,
                is_one_piece_later: |_| false,
                time: |_| Time::Lost,
                keeps_tag: |_| false,
                heeds_conditions: |_| false,
            },
        }
    }
}
