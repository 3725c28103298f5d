//! Settings of mod_ssl, as far as access and the choice of a virtual host see them (SSLSrvConfigRec, SSLDirConfigRec
//! in modules/ssl/ssl_private.h; modules/ssl/ssl_engine_config.c).

use super::checks::{check_cipher_suite, check_depth, check_protocol};
use crate::conf::args;
use crate::expr::{Expr, Flags};
use crate::server::cmd::{Cmd, forbid};
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::source::Span;
use crate::version;
use bstr::BString;
use std::sync::Arc;

type Done = Result<(), String>;

/// SSLVHostSNIPolicy: what the virtual hosts of the handshake and of the Host header must have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SniPolicy {
    /// They are one.
    Strict,
    /// All settings of TLS.
    Secure,
    /// What clients' certificates are asked.
    AuthOnly,
    /// Nothing.
    Insecure,
}

/// Settings per server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// SSLEngine.
    pub engine: Option<Set<bool>>,
    /// SSLStrictSNIVHostCheck.
    pub strict_sni: Option<Set<bool>>,
    /// SSLVHostSNIPolicy.
    pub sni_policy: Option<Set<SniPolicy>>,
    /// SSLCertificateFile.
    pub cert_files: Vec<BString>,
    pub(super) key_files: Vec<BString>,
    pub(super) ca_names: Vec<BString>,
    pub(super) ca_path: Vec<BString>,
    pub(super) ca_file: Vec<BString>,
    protocol: Option<BString>,
    ciphers: Option<BString>,
    tls13_ciphers: Option<BString>,
    /// SSLVerifyClient.
    pub verify_client: Option<Set<Verify>>,
    verify_depth: Option<i64>,
}

fn over<T: Clone>(base: &[T], add: &[T]) -> Vec<T> {
    if add.is_empty() { base.to_vec() } else { add.to_vec() }
}

impl Settings for Server {
    /// `ssl_config_server_merge`
    fn merge(base: &Server, add: &Server) -> Server {
        Server {
            engine: Set::merge(&base.engine, &add.engine),
            strict_sni: Set::merge(&base.strict_sni, &add.strict_sni),
            sni_policy: Set::merge(&base.sni_policy, &add.sni_policy),
            cert_files: over(&base.cert_files, &add.cert_files),
            key_files: over(&base.key_files, &add.key_files),
            ca_names: over(&base.ca_names, &add.ca_names),
            ca_path: over(&base.ca_path, &add.ca_path),
            ca_file: over(&base.ca_file, &add.ca_file),
            protocol: add.protocol.clone().or_else(|| base.protocol.clone()),
            ciphers: add.ciphers.clone().or_else(|| base.ciphers.clone()),
            tls13_ciphers: add.tls13_ciphers.clone().or_else(|| base.tls13_ciphers.clone()),
            verify_client: Set::merge(&base.verify_client, &add.verify_client),
            verify_depth: add.verify_depth.or(base.verify_depth),
        }
    }
}

impl Server {
    fn verify(&self) -> Option<Verify> {
        self.verify_client.as_ref().map(|s| s.value)
    }

    /// Whether a request for `other` may come over a handshake for this one.
    pub(crate) fn compatible(&self, other: &Server, policy: SniPolicy) -> bool {
        let auth = || {
            self.verify() == other.verify()
                && self.verify_depth == other.verify_depth
                && (&self.ca_path, &self.ca_file, &self.ca_names) == (&other.ca_path, &other.ca_file, &other.ca_names)
        };
        let keys = || {
            (&self.cert_files, &self.key_files) == (&other.cert_files, &other.key_files)
                && (&self.protocol, &self.ciphers, &self.tls13_ciphers)
                    == (&other.protocol, &other.ciphers, &other.tls13_ciphers)
        };
        match policy {
            SniPolicy::Strict => false,
            SniPolicy::Secure => auth() && keys(),
            SniPolicy::AuthOnly => auth(),
            SniPolicy::Insecure => true,
        }
    }
}

/// SSLVerifyClient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// No certificate is asked for.
    None,
    /// One may be shown.
    Optional,
    /// One must be shown.
    Require,
    /// One may be shown, whoever signed it.
    OptionalNoCa,
}

/// SSLOptions, as far as they decide.
pub(super) mod option {
    /// FakeBasicAuth
    pub(crate) const FAKE_BASIC_AUTH: u8 = 1;
    /// StrictRequire
    pub(crate) const STRICT_REQUIRE: u8 = 2;
    /// StdEnvVars
    pub(crate) const STD_ENV_VARS: u8 = 4;
    /// ExportCertData
    pub(crate) const EXPORT_CERT_DATA: u8 = 8;
    /// The others.
    pub(crate) const OTHER: u8 = 16;
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// SSLRequireSSL: its lines.
    pub require_ssl: Vec<Span>,
    /// SSLRequire: its conditions.
    pub require: Vec<(Span, Arc<Expr>)>,
    options: u8,
    options_add: u8,
    options_del: u8,
    options_absolute: bool,
    /// The last SSLOptions.
    pub options_span: Option<Span>,
    /// SSLUserName.
    pub user_name: Option<BString>,
    /// SSLVerifyClient.
    pub verify_client: Option<Set<Verify>>,
    /// SSLProxyEngine.
    pub proxy_engine: Option<Set<bool>>,
}

impl Settings for Dir {
    /// `ssl_config_perdir_merge`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let (options, options_add, options_del) = if add.options_absolute {
            (add.options, add.options_add, add.options_del)
        } else {
            let plus = base.options_add & !add.options_del | add.options_add;
            let minus = base.options_del & !add.options_add | add.options_del;
            (base.options & !minus | plus, plus, minus)
        };
        Dir {
            require_ssl: [base.require_ssl.as_slice(), &add.require_ssl].concat(),
            require: [base.require.as_slice(), &add.require].concat(),
            options,
            options_add,
            options_del,
            options_absolute: base.options_absolute || add.options_absolute,
            options_span: add.options_span.or(base.options_span),
            proxy_engine: Set::merge(&base.proxy_engine, &add.proxy_engine),
            user_name: add.user_name.clone().or_else(|| base.user_name.clone()),
            verify_client: Set::merge(&base.verify_client, &add.verify_client),
        }
    }
}

impl Dir {
    /// Whether one of `option` is in force, without the line at `skip`.
    pub(crate) fn has(&self, option: u8, skip: Option<Span>) -> bool {
        self.options & option != 0 && (skip.is_none() || self.options_span != skip)
    }

    /// The places of the settings that decide access.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> {
        self.require_ssl
            .iter()
            .copied()
            .chain(self.require.iter().map(|r| r.0))
            .chain(self.options_span)
            .chain(self.verify_client.as_ref().map(|v| v.span))
    }
}

fn server<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Server {
    cmd.server_slot(|s| &mut s.ssl)
}

pub(super) fn engine(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let on = match a[0].to_ascii_lowercase().as_slice() {
        b"on" => true,
        b"off" => false,
        b"optional" => {
            cmd.note("AH10510", "'SSLEngine optional' is no longer supported");
            return Ok(());
        }
        _ => return Err("Argument must be On or Off".into()),
    };
    let span = cmd.span();
    Set::put(&mut server(cmd).engine, on, span);
    Ok(())
}

pub(super) fn proxy_engine(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.ssl).proxy_engine, a[0].eq_ignore_ascii_case(b"on"), span);
    Ok(())
}

pub(super) fn strict_sni(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut server(cmd).strict_sni, on, span);
    Ok(())
}

pub(super) fn sni_policy(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let policy = match a[0].to_ascii_lowercase().as_slice() {
        b"strict" => SniPolicy::Strict,
        b"secure" => SniPolicy::Secure,
        b"authonly" => SniPolicy::AuthOnly,
        b"insecure" => SniPolicy::Insecure,
        _ => return Err(format!("Invalid SSLVhostSNIPolicy argument '{}'", a[0])),
    };
    let span = cmd.span();
    Set::put(&mut server(cmd).sni_policy, policy, span);
    Ok(())
}

pub(super) fn file(cmd: &mut Cmd<'_>, a: &[BString], pick: fn(&mut Server) -> &mut Vec<BString>) -> Done {
    let path = cmd.server_root_relative(&a[0]);
    pick(server(cmd)).push(path);
    Ok(())
}

pub(super) fn ca(cmd: &mut Cmd<'_>, a: &[BString], pick: fn(&mut Server) -> &mut Vec<BString>) -> Done {
    if cmd.path.is_some() {
        return Err("Your SSL library does not have support for per-directory CA".into());
    }
    let path = cmd.server_root_relative(&a[0]);
    *pick(server(cmd)) = vec![path];
    Ok(())
}

pub(super) fn protocol(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    check_protocol(cmd, a)?;
    server(cmd).protocol = Some(a[0].clone());
    Ok(())
}

/// `ssl_cmd_SSLCipherSuite`
pub(super) fn cipher_suite(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    check_cipher_suite(cmd, a)?;
    let tls13 = a.len() > 1 && a[0] == "TLSv1.3";
    let value = a.last().cloned();
    if cmd.path.is_some() {
        let refused = tls13.then_some("TLSv1.3 ciphers cannot be set inside a directory context");
        return refused.map_or(Ok(()), |m| Err(m.into()));
    }
    let server = server(cmd);
    *(if tls13 { &mut server.tls13_ciphers } else { &mut server.ciphers }) = value;
    Ok(())
}

/// `ssl_cmd_verify_parse`
pub(super) fn verify(cmd: &Cmd<'_>, word: &BString) -> Result<Verify, String> {
    match word.to_ascii_lowercase().as_slice() {
        b"none" | b"off" => Ok(Verify::None),
        b"optional" => Ok(Verify::Optional),
        b"require" | b"on" => Ok(Verify::Require),
        b"optional_no_ca" => Ok(Verify::OptionalNoCa),
        _ => Err(format!("{}: Invalid argument '{word}'", cmd.row.name)),
    }
}

pub(super) fn verify_client(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let (value, span) = (verify(cmd, &a[0])?, cmd.span());
    match cmd.path {
        Some(_) => Set::put(&mut cmd.slot(|d| &mut d.ssl).verify_client, value, span),
        None => Set::put(&mut server(cmd).verify_client, value, span),
    }
    Ok(())
}

pub(super) fn verify_depth(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    check_depth(cmd, a)?;
    if cmd.path.is_none() {
        server(cmd).verify_depth = Some(crate::server::core::atoi(&a[0]));
    }
    Ok(())
}

pub(super) fn user_name(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.slot(|d| &mut d.ssl).user_name = Some(a[0].clone());
    Ok(())
}

pub(super) fn require_ssl(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    let span = cmd.span();
    cmd.slot(|d| &mut d.ssl).require_ssl.push(span);
    Ok(())
}

/// `ssl_cmd_SSLRequire`
pub(super) fn require(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let flags = Flags { ssl_expr_compat: true, ..Flags::CONDITION };
    let expr = cmd.expr_since(&a[0], flags, &version::SSL_READS_NO_FILES).map_err(|e| format!("SSLRequire: {e}"))?;
    let line = (cmd.span(), Arc::new(expr));
    cmd.slot(|d| &mut d.ssl).require.push(line);
    Ok(())
}

/// `ssl_cmd_SSLOptions`
pub(super) fn options(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let span = cmd.span();
    let dir = cmd.slot(|d| &mut d.ssl);
    dir.options_span = Some(span);
    let mut first = true;
    for word in args::split(&a[0]) {
        let sign = word.first().copied().filter(|b| matches!(b, b'+' | b'-'));
        let name = if sign.is_some() { &word[1..] } else { &word };
        if sign.is_none() && std::mem::take(&mut first) {
            dir.options = 0;
            dir.options_absolute = true;
        }
        let bit = match name {
            b"FakeBasicAuth" => option::FAKE_BASIC_AUTH,
            b"StrictRequire" => option::STRICT_REQUIRE,
            b"StdEnvVars" => option::STD_ENV_VARS,
            b"ExportCertData" => option::EXPORT_CERT_DATA,
            b"OptRenegotiate" | b"LegacyDNStringFormat" => option::OTHER,
            _ => return Err(format!("SSLOptions: Illegal option '{}'", bstr::BStr::new(name))),
        };
        match sign {
            Some(b'-') => {
                dir.options_add &= !bit;
                dir.options_del |= bit;
                dir.options &= !bit;
            }
            Some(_) => {
                dir.options_add |= bit;
                dir.options_del &= !bit;
                dir.options |= bit;
            }
            None => (dir.options, dir.options_add, dir.options_del) = (bit, bit, 0),
        }
    }
    Ok(())
}
