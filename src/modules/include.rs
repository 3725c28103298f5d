//! mod_include.c, as far as it chooses who serves: a page with server-side includes is the default handler's.

use crate::server::cmd::Cmd;
use crate::server::core::options;
use crate::server::filters::INCLUDES as FILTER;
use crate::server::functions::{Functions, Includes, Time};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::Request;
use crate::server::setting::{Set, value};
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_include.c",
    identifier: "include_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.includes = Includes { leaves_alone, is_one_piece_later, time, keeps_tag, heeds_conditions };
}

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::LAST, fixup)];

static DIRECTIVES: &[Directive] = &[
    row("XBitHack", Args::Take1, OR_OPTIONS, Modelled, "Off, On, or Full", xbithack),
    plain("SSIErrorMsg", Args::Take1, OR_ALL, Inert, "a string"),
    plain("SSITimeFormat", Args::Take1, OR_ALL, Inert, "a strftime(3) formatted string"),
    row("SSIStartTag", Args::Take1, RSRC_CONF, Inert, "SSI Start String Tag", tag),
    row("SSIEndTag", Args::Take1, RSRC_CONF, Inert, "SSI End String Tag", tag),
    plain("SSIUndefinedEcho", Args::Take1, OR_ALL, Inert, "String to be displayed if an echoed variable is undefined"),
    plain("SSILegacyExprParser", Args::Flag, OR_LIMIT, Inert, LEGACY),
    row("SSILastModified", Args::Flag, OR_LIMIT, Modelled, MODIFIED, |cmd, a| flag(cmd, a, |d| &mut d.last_modified)),
    row("SSIEtag", Args::Flag, OR_LIMIT, Modelled, ETAG, |cmd, a| flag(cmd, a, |d| &mut d.etag)),
];

const LEGACY: &str = "Whether to use the legacy expression parser compatible with <= 2.2.x. Limited to 'on' or 'off'";
const MODIFIED: &str =
    "Whether to set the last modified header or respect an existing header. Limited to 'on' or 'off'";
const ETAG: &str = "Whether to allow the generation of ETags within the server. Existing ETags will be preserved. \
                    Limited to 'on' or 'off'";

/// How a directive in a page begins, where SSIStartTag doesn't say otherwise.
const TAG: &[u8] = b"<!--#";

/// What a file's bits for running it mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum XBitHack {
    Off,
    On,
    Full,
}

/// Settings per directory, as far as they matter here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    xbithack: Option<Set<XBitHack>>,
    last_modified: Option<Set<bool>>,
    etag: Option<Set<bool>>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            xbithack: Set::merge(&base.xbithack, &add.xbithack),
            last_modified: Set::merge(&base.last_modified, &add.last_modified),
            etag: Set::merge(&base.etag, &add.etag),
        }
    }
}

fn xbithack(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let value = match a[0].to_ascii_lowercase().as_slice() {
        b"off" => XBitHack::Off,
        b"on" => XBitHack::On,
        b"full" => XBitHack::Full,
        _ => return Err("XBitHack must be set to Off, On, or Full".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.include).xbithack, value, span);
    Ok(())
}

fn flag(cmd: &mut Cmd<'_>, a: &[BString], field: fn(&mut Dir) -> &mut Option<Set<bool>>) -> Result<(), String> {
    let on = a[0].eq_ignore_ascii_case(b"on");
    let span = cmd.span();
    Set::put(field(cmd.slot(|d| &mut d.include)), on, span);
    Ok(())
}

/// Whether `filter` is this one and leaves the page as it is: it is not allowed to touch it, or finds nothing to do
/// before it has to pass on what it has.
fn leaves_alone(r: &Request<'_>, filter: &[u8]) -> bool {
    const AT_ONCE: usize = 8000;
    if !filter.eq_ignore_ascii_case(FILTER.as_bytes()) {
        return false;
    }
    let path = r.filename.as_ref().map_or(&b""[..], |f| f.as_slice());
    let plain = |page: &[u8]| page.len() < AT_ONCE && !page.contains_str(TAG);
    !r.core().allows(options::INCLUDES) || r.read(path).is_ok_and(|page| plain(&page))
}

/// Whether a second filter of this name passes the page on in one piece: `send_parsed_content` sends what stands before a
/// directive at once, and a second filter drops a piece in which there is nothing. What is included is a piece of its own.
fn is_one_piece_later(r: &Request<'_>) -> bool {
    let path = r.filename.as_ref().map_or(&b""[..], |f| f.as_slice());
    r.read(path).is_ok_and(|page| begins_with_its_last_tag(&page))
}

/// Whether nothing is sent before a page's last directive: those before it are `set`, one right after the other.
fn begins_with_its_last_tag(page: &[u8]) -> bool {
    let mut rest = page;
    while let Some(directive) = rest.strip_prefix(TAG) {
        let name = directive.trim_ascii_start().to_ascii_lowercase();
        let Some(next) = directive.find(TAG) else {
            return !name.starts_with(b"include") && !name.starts_with(b"exec");
        };
        if !name.starts_with(b"set") || !directive[..next].ends_with(b"-->") {
            return false;
        }
        rest = &directive[next..];
    }
    false
}

/// What becomes of Last-Modified where the filter is.
fn time(r: &Request<'_>) -> Time {
    match r.per_dir.include.as_ref().is_some_and(|d| value(&d.last_modified, false)) {
        true => Time::Kept,
        false if heeds_conditions(r) => Time::OfFile,
        false => Time::Lost,
    }
}

/// Whether a page with the filter has a tag all the same (SSIEtag).
fn keeps_tag(r: &Request<'_>) -> bool {
    r.per_dir.include.as_ref().is_some_and(|d| value(&d.etag, false))
}

/// Whether a page with the filter answers to conditions all the same: `includes_setup`.
fn heeds_conditions(r: &Request<'_>) -> bool {
    let full = r.per_dir.include.as_ref().is_some_and(|d| value(&d.xbithack, XBitHack::Off) == XBitHack::Full);
    full && r.finfo.is_some_and(|f| f.mode & 0o010 != 0)
}

fn tag(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a[0].iter().any(|b| crate::conf::args::is_space(*b)) {
        return Err(format!("{} may not contain any whitespaces", cmd.row.name));
    }
    Ok(())
}

/// `include_fixup`: the filter that it adds makes another page, of another length.
fn fixup(r: &mut Request<'_>) -> Verdict {
    if r.handler.as_ref().is_some_and(|h| h == "server-parsed") {
        if r.content_type.as_ref().is_none_or(|t| t.is_empty()) {
            r.set_content_type(Some("text/html".into()), true);
        }
        r.handler = Some("default-handler".into());
        let span = r.handler_span.unwrap_or(Span::NONE);
        r.output_filters.push((FILTER.into(), span));
        return Verdict::Declined;
    }
    let Some(set) = r.per_dir.include.as_ref().and_then(|d| d.xbithack.clone()) else { return Verdict::Declined };
    let html = r.content_type.as_ref().is_some_and(|t| t.starts_with(b"text/html"));
    if set.value != XBitHack::Off && html && r.finfo.is_some_and(|f| f.mode & 0o100 != 0) {
        r.output_filters.push((FILTER.into(), set.span));
    }
    Verdict::Declined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_begin_with_their_last_tag() {
        for (page, begins) in [
            ("<!--#echo var=\"A\" --> x", true),
            ("<!--#set var=\"a\" value=\"b\" --><!--#echo var=\"a\" -->", true),
            ("<!--#echo var=\"A\" --><!--#echo var=\"A\" -->", false),
            ("<!--#set var=\"a\" value=\"b\" --> <!--#echo var=\"a\" -->", false),
            ("<!--#include virtual=\"/x\" -->", false),
            ("x <!--#echo var=\"A\" -->", false),
            ("x", false),
        ] {
            assert_eq!(begins_with_its_last_tag(page.as_bytes()), begins, "{page}");
        }
    }
}
