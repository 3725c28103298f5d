//! What the core's plain directives set (server/core.c).

use super::{CanonicalName, ErrorDocument, Signature, Text, Trace, options};
use crate::conf::args;
use crate::filepath;
use crate::pattern::{self, Flags};
use crate::server::cmd::{Cmd, forbid};
use crate::server::module::allowed::*;
use crate::server::request::PathInfo;
use crate::server::setting::Set;
use crate::server::status;
use crate::server::{uri, vhost};
use crate::vfs::{Kind, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

type Done = Result<(), String>;

fn is(word: &[u8], name: &str) -> bool {
    word.eq_ignore_ascii_case(name.as_bytes())
}

/// A number as C's `atoi` reads it.
pub(crate) fn atoi(text: &[u8]) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let n = digits
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .fold(0i64, |n, b| n.saturating_mul(10).saturating_add(i64::from(b - b'0')));
    if negative { -n } else { n }
}

pub(super) fn document_root(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let path = cmd.server_root_relative(&a[0]);
    let there =
        resolve::stat(&*cmd.build.vfs, &crate::vfs::Cred::root(), &path).is_ok_and(|s| s.kind == Kind::Directory);
    let span = cmd.span();
    if !there {
        if cmd.is_virtual() {
            cmd.warn("AH00112", format!("DocumentRoot [{path}] does not exist"));
        } else if cmd.build.lenient_paths {
            cmd.note("document-root", format!("DocumentRoot `{path}` is not there; httpd would not start"));
        } else {
            return Err(format!("DocumentRoot '{path}' is not a directory, or is not readable"));
        }
    }
    Set::put(&mut cmd.server_slot(|s| &mut s.core).document_root, path, span);
    Ok(())
}

/// CoreDumpDirectory: `ap_mpm_set_coredumpdir`.
pub(super) fn core_dump_directory(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let path = cmd.server_root_relative(&a[0]);
    cmd.there(&path, false, format!("CoreDumpDirectory {path} does not exist"))?;
    cmd.there(&path, true, format!("CoreDumpDirectory {path} is not a directory"))
}

pub(super) fn access_file_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let span = cmd.span();
    let names = Arc::new(args::split(&a[0]));
    Set::put(&mut cmd.server_slot(|s| &mut s.core).access_name, names, span);
    Ok(())
}

/// `set_regex_default_options`
pub(super) fn regex_default_options(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::VIRTUALHOST | forbid::DIR_CONTEXT)?;
    const NONE: Flags = Flags { no_dotall: true, no_dollar_endonly: true, ..Flags::NONE };
    let mut flags = cmd.build.regex_defaults;
    for word in args::split(&a[0]) {
        if is(&word, "none") {
            flags = NONE;
            continue;
        }
        let (on, name) = match word.first() {
            Some(b'+') => (Some(true), &word[1..]),
            Some(b'-') => (Some(false), &word[1..]),
            _ => (None, &word[..]),
        };
        if on.is_none() {
            flags = NONE;
        }
        let on = on.unwrap_or(true);
        match name {
            n if is(n, "ICASE") => flags.icase = on,
            n if is(n, "DOTALL") => flags.no_dotall = !on,
            n if is(n, "DOLLAR_ENDONLY") => flags.no_dollar_endonly = !on,
            // EXTENDED is a bit of value 0, which httpd takes for no option at all
            n => return Err(format!("{}: option '{}' unknown", cmd.row.name, n.as_bstr())),
        }
    }
    cmd.build.regex_defaults = flags;
    Ok(())
}

/// `set_add_default_charset`: `Off` sends types as they are, `On` names Latin-1.
pub(super) fn default_charset(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match &a[0] {
        w if is(w, "off") => None,
        w if is(w, "on") => Some("iso-8859-1".into()),
        name => Some(name.clone()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).default_charset, value, span);
    Ok(())
}

/// `set_signature_flag`
pub(super) fn signature(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match &a[0] {
        w if is(w, "on") => Signature::On,
        w if is(w, "email") => Signature::Email,
        _ => Signature::Off,
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).signature, value, span);
    Ok(())
}

pub(super) fn server_admin(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.server_slot(|s| &mut s.core).admin, a[0].clone(), span);
    Ok(())
}

pub(super) fn content_digest(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).content_digest, is(&a[0], "on"), span);
    Ok(())
}

pub(super) fn accept_path_info(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match &a[0] {
        w if is(w, "on") => PathInfo::Accept,
        w if is(w, "off") => PathInfo::Reject,
        w if is(w, "default") => PathInfo::Default,
        _ => return Err("AcceptPathInfo must be set to on, off or default".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).accept_path_info, value, span);
    Ok(())
}

pub(super) fn error_document(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let status = atoi(&a[0]);
    if !status::is_known(status) {
        return Err(format!("Unsupported HTTP response code {}", a[0]));
    }
    let text = &a[1];
    let path = !text.contains(&b' ') && text.starts_with(b"/");
    let url = !text.contains(&b' ') && !path && uri::is_url(text);
    if status == 401 && url {
        cmd.warn("AH00113", "cannot use a full URL in a 401 ErrorDocument directive --- ignoring!");
        return Ok(());
    }
    let document = if is(text, "default") {
        ErrorDocument::Default
    } else {
        // a text is told from a path by a quote in front
        let source: BString = if path || url { text.clone() } else { [b"\"", text.as_slice()].concat().into() };
        let expr = cmd.expr(&source, true).map_err(|e| format!("Cannot parse expression in ErrorDocument: {e}"))?;
        ErrorDocument::Text(Arc::new(expr))
    };
    let span = cmd.span();
    Arc::make_mut(&mut cmd.slot(|d| &mut d.core).error_documents).insert(status as u16, (document, span));
    Ok(())
}

pub(super) fn allow_override(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if cmd.forbid(forbid::LOCATION | forbid::FILES).is_err() {
        cmd.warn("AH00114", "useless use of AllowOverride here: it works in <Directory> only");
    }
    cmd.forbid(forbid::HTACCESS)?;
    let span = cmd.span();
    let core = cmd.slot(|d| &mut d.core);
    core.overrides = OR_NONE;
    for word in args::split(&a[0]) {
        let (name, value) = match word.find_byte(b'=') {
            Some(i) => (word[..i].as_bstr(), Some(word[i + 1..].as_bstr())),
            None => (word.as_bstr(), None),
        };
        match name {
            n if is(n, "Limit") => core.overrides |= OR_LIMIT,
            n if is(n, "Options") => {
                core.overrides |= OR_OPTIONS;
                core.override_opts = value.map_or(Ok(options::ALL), |v| options::allowed(v))?;
            }
            n if is(n, "FileInfo") => core.overrides |= OR_FILEINFO,
            n if is(n, "AuthConfig") => core.overrides |= OR_AUTHCFG,
            n if is(n, "Indexes") => core.overrides |= OR_INDEXES,
            n if is(n, "Nonfatal") => match value {
                None => return Err(format!("=Override, =Unknown or =All expected after {name}")),
                Some(v) if is(v, "Override") => core.overrides |= NONFATAL_OVERRIDE,
                Some(v) if is(v, "Unknown") => core.overrides |= NONFATAL_UNKNOWN,
                Some(v) if is(v, "All") => core.overrides |= NONFATAL_ALL,
                Some(_) => {}
            },
            n if is(n, "None") => core.overrides = OR_NONE,
            n if is(n, "All") => core.overrides = OR_ALL,
            _ => return Err(format!("Illegal override option {name}")),
        }
        core.overrides &= !OR_UNSET;
    }
    Set::put(&mut core.override_set, core.overrides, span);
    Ok(())
}

pub(super) fn allow_override_list(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if cmd.forbid(forbid::LOCATION | forbid::FILES).is_err() {
        cmd.warn("AH00115", "useless use of AllowOverrideList here: it works in <Directory> only");
    }
    cmd.forbid(forbid::HTACCESS)?;
    let mut list = Vec::new();
    for word in a {
        if is(word, "None") {
            if a.len() != 1 {
                return Err("'None' not allowed with other directives in AllowOverrideList".into());
            }
            break;
        }
        let section = word.starts_with(b"<");
        let rows = cmd.build.loaded.clone();
        match rows.rows(word.strip_prefix(b"<").unwrap_or(word), section).first() {
            None => cmd.warn("AH00116", format!("discarding unrecognized directive `{word}` in AllowOverrideList")),
            Some((_, row)) if row.allowed & (OR_ALL | ACCESS_CONF) == 0 => {
                cmd.warn("AH02304", format!("discarding directive `{word}` not allowed in AllowOverrideList"));
            }
            Some(_) => list.push(word.clone()),
        }
    }
    cmd.slot(|d| &mut d.core).override_list = Some(Arc::new(list));
    Ok(())
}

pub(super) fn server_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let text = &a[0];
    if pattern::is_fnmatch(text) {
        return Err(format!("Invalid ServerName \"{text}\" use ServerAlias to set multiple server names."));
    }
    let (scheme, rest) = match text.find("://") {
        Some(i) => (text[..i].to_ascii_lowercase().into(), text[i + 3..].as_bstr()),
        None => (BString::default(), text.as_bstr()),
    };
    let (host, port) = match rest.find_byte(b':') {
        None => (rest, 0),
        Some(i) => {
            let port = atoi(&rest[i + 1..]);
            if !(1..65536).contains(&port) {
                return Err(format!("The port number \"{text}\" is outside the appropriate range (i.e., 1..65535)."));
            }
            (rest[..i].as_bstr(), port as u16)
        }
    };
    let span = Some(cmd.span());
    let host = host.to_owned();
    cmd.server().name = Some(vhost::ServerName { host, port, scheme, span });
    Ok(())
}

pub(super) fn server_alias(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if !cmd.is_virtual() {
        return Err("ServerAlias only used in <VirtualHost>".into());
    }
    let span = cmd.span();
    for name in args::split(&a[0]) {
        if pattern::is_matchexp(&name) {
            cmd.server().wild_names.push((name, span));
        } else {
            cmd.server().names.push((name, span));
        }
    }
    Ok(())
}

pub(super) fn server_path(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let span = cmd.span();
    cmd.server().path = Some((a[0].clone(), span));
    Ok(())
}

pub(super) fn use_canonical_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match &a[0] {
        w if is(w, "on") => CanonicalName::On,
        w if is(w, "off") => CanonicalName::Off,
        w if is(w, "dns") => CanonicalName::Dns,
        _ => return Err("parameter must be 'on', 'off', or 'dns'".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).use_canonical_name, value, span);
    Ok(())
}

pub(super) fn use_canonical_physical_port(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match &a[0] {
        w if is(w, "on") => true,
        w if is(w, "off") => false,
        _ => return Err("parameter must be 'on' or 'off'".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).use_canonical_phys_port, value, span);
    Ok(())
}

pub(super) fn hostname_lookups(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match a[0].to_ascii_lowercase().as_slice() {
        b"on" | b"double" => true,
        b"off" => false,
        _ => return Err("parameter must be 'on', 'off', or 'double'".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).hostname_lookups, value, span);
    Ok(())
}

pub(super) fn qualify_redirect_url(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).qualify_redirect_url, is(&a[0], "on"), span);
    Ok(())
}

pub(super) fn name_virtual_host(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    if !cmd.build.diagnostics.iter().any(|d| d.code == "AH00548") {
        cmd.warn("AH00548", "NameVirtualHost has no effect and will be removed in the next release");
    }
    Ok(())
}

pub(super) fn force_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).mime_type, a[0].to_ascii_lowercase().into(), span);
    Ok(())
}

pub(super) fn set_handler(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let expr = cmd.expr(&a[0], true).map_err(|e| format!("Can't parse expression : {e}"))?;
    let span = cmd.span();
    let text = Text { source: a[0].clone(), expr: Arc::new(expr) };
    Set::put(&mut cmd.slot(|d| &mut d.core).handler, text, span);
    Ok(())
}

pub(super) fn allow_encoded_slashes(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (allow, decode) = match &a[0] {
        w if is(w, "on") => (true, true),
        w if is(w, "off") => (false, false),
        w if is(w, "nodecode") => (true, false),
        _ => return Err("AllowEncodedSlashes must be On, Off, or NoDecode".into()),
    };
    let span = cmd.span();
    let core = cmd.slot(|d| &mut d.core);
    core.allow_encoded_slashes = allow;
    core.decode_encoded_slashes = decode;
    core.encoded_slashes_span = Some(span);
    Ok(())
}

pub(super) fn limit_internal_recursion(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    let redirects = atoi(&a[0]);
    if redirects <= 0 {
        return Err("The recursion limit must be greater than zero.".into());
    }
    if redirects < 4 {
        cmd.warn("AH00119", "limiting internal redirects to very low numbers may cause normal requests to fail");
    }
    let mut subrequests = redirects;
    if let Some(second) = a.get(1) {
        subrequests = atoi(second);
        if subrequests <= 0 {
            return Err("The recursion limit must be greater than zero.".into());
        }
        if subrequests < 4 {
            cmd.warn("AH00120", "limiting the subrequest depth to a very low level may cause normal requests to fail");
        }
    }
    let core = cmd.server_slot(|s| &mut s.core);
    core.redirect_limit = redirects.min(1000) as u32;
    core.subrequest_limit = subrequests.min(1000) as u32;
    core.limit_recursion_span = Some(span);
    Ok(())
}

pub(super) fn trace_enable(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let value = match &a[0] {
        w if is(w, "on") => Trace::On,
        w if is(w, "off") => Trace::Off,
        w if is(w, "extended") => Trace::Extended,
        _ => return Err("TraceEnable must be one of 'on', 'off', or 'extended'".into()),
    };
    let span = cmd.span();
    Set::put(&mut cmd.server_slot(|s| &mut s.core).trace_enable, value, span);
    Ok(())
}

pub(super) fn merge_slashes(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::DIR_LOC_FILE)?;
    let span = cmd.span();
    let on = is(&a[0], "on");
    let core = cmd.server_slot(|s| &mut s.core);
    Set::put(&mut core.merge_slashes, on, span);
    Ok(())
}

pub(super) fn http_protocol_options(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    let core = cmd.server_slot(|s| &mut s.core);
    let (slot, value, both) = match &a[0] {
        w if is(w, "allow0.9") => (&mut core.http09, true, "'Allow0.9' and 'Require1.0'"),
        w if is(w, "require1.0") => (&mut core.http09, false, "'Allow0.9' and 'Require1.0'"),
        w if is(w, "strict") => (&mut core.unsafe_protocol, false, "'Strict' and 'Unsafe'"),
        w if is(w, "unsafe") => (&mut core.unsafe_protocol, true, "'Strict' and 'Unsafe'"),
        w if is(w, "registeredmethods") => {
            (&mut core.registered_methods, true, "'RegisteredMethods' and 'LenientMethods'")
        }
        w if is(w, "lenientmethods") => {
            (&mut core.registered_methods, false, "'RegisteredMethods' and 'LenientMethods'")
        }
        _ => {
            return Err("HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), 'RegisteredMethods' or \
                'LenientMethods' (default), and 'Require1.0' or 'Allow0.9' (default)"
                .into());
        }
    };
    if slot.as_ref().is_some_and(|s| s.value != value) {
        return Err(format!("HttpProtocolOptions {both} are mutually exclusive"));
    }
    Set::put(slot, value, span);
    Ok(())
}

pub(super) fn strict_host_check(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.server_slot(|s| &mut s.core).strict_host_check, is(&a[0], "on"), span);
    Ok(())
}

fn limit(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<usize, String> {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    match atoi(&a[0]) {
        n if n >= 0 => Ok(n as usize),
        _ => Err(format!("{} \"{}\" must be a non-negative integer", cmd.row.name, a[0])),
    }
}

pub(super) fn limit_request_line(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (n, span) = (limit(cmd, a)?, cmd.span());
    Set::put(&mut cmd.server_slot(|s| &mut s.core).limit_request_line, n, span);
    Ok(())
}

pub(super) fn limit_request_field_size(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (n, span) = (limit(cmd, a)?, cmd.span());
    Set::put(&mut cmd.server_slot(|s| &mut s.core).limit_request_field_size, n, span);
    Ok(())
}

pub(super) fn limit_request_fields(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (n, span) = (limit(cmd, a)?, cmd.span());
    Set::put(&mut cmd.server_slot(|s| &mut s.core).limit_request_fields, n, span);
    Ok(())
}

pub(super) fn limit_request_body(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    let size = a[0].to_str().ok().and_then(|s| s.trim_start().parse::<i64>().ok()).and_then(|n| u64::try_from(n).ok());
    let size = size.ok_or("LimitRequestBody requires a non-negative integer.")?;
    Set::put(&mut cmd.slot(|d| &mut d.core).limit_request_body, size, span);
    Ok(())
}

pub(super) fn cgi_pass_auth(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).cgi_pass_auth, is(&a[0], "on"), span);
    Ok(())
}

/// `set_cgi_var`: REQUEST_URI is the only variable that has rules.
pub(super) fn cgi_var(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).current_uri, is(&a[1], "current-uri"), span);
    Ok(())
}

pub(super) fn set_output_filter(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.core).output_filters, a[0].clone(), span);
    Ok(())
}

/// A number of ranges (overlaps, reversals) that is not too many.
fn range_limit(cmd: &Cmd<'_>, word: &[u8]) -> Result<i64, String> {
    match word {
        w if is(w, "none") => Ok(0),
        w if is(w, "default") => Ok(-2),
        w if is(w, "unlimited") => Ok(-3),
        w if atoi(w) > 0 => Ok(atoi(w)),
        _ => Err(format!("{} requires 'none', 'default', 'unlimited' or a positive integer", cmd.row.name)),
    }
}

pub(super) fn max_ranges(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (span, limit) = (cmd.span(), range_limit(cmd, &a[0])?);
    Set::put(&mut cmd.slot(|d| &mut d.core).max_ranges, limit, span);
    Ok(())
}

pub(super) fn max_overlaps(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (span, limit) = (cmd.span(), range_limit(cmd, &a[0])?);
    Set::put(&mut cmd.slot(|d| &mut d.core).max_overlaps, limit, span);
    Ok(())
}

pub(super) fn max_reversals(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (span, limit) = (cmd.span(), range_limit(cmd, &a[0])?);
    Set::put(&mut cmd.slot(|d| &mut d.core).max_reversals, limit, span);
    Ok(())
}

pub(super) fn register_http_method(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    cmd.method_number(&a[0]).map(|_| ())
}

pub(super) fn port(_: &mut Cmd<'_>, _: &[BString]) -> Done {
    Err("Port was replaced with Listen in Apache 2.0".into())
}

pub(super) fn default_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    if !is(&a[0], "none") {
        cmd.warn("AH00117", "ignoring deprecated use of DefaultType");
    }
    Ok(())
}

pub(super) fn error(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    Err(if a[0].is_empty() { "The Error directive was used with no message.".into() } else { a[0].to_string() })
}

pub(super) fn server_root(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.build.server_root = filepath::merge(Some(BStr::new("/")), &a[0]).unwrap_or_default();
    Ok(())
}
