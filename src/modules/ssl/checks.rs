//! Checks of arguments whose directives do nothing here (modules/ssl/ssl_engine_config.c). Files and folders of
//! certificates are taken to exist.

use super::config::verify;
use crate::conf::args;
use crate::modules::ledger::checks::socache;
use crate::modules::ledger::providers::{self, Kind};
use crate::server::cmd::{Cmd, forbid};
use crate::server::core::atoi;
use bstr::{BString, ByteSlice};

type Done = Result<(), String>;

pub(super) fn not_negative(cmd: &mut Cmd<'_>, a: &[BString], what: &str) -> Done {
    if atoi(&a[0]) < 0 { Err(format!("{}: {what}", cmd.row.name)) } else { Ok(()) }
}

/// `ssl_cmd_SSLRenegBufferSize`
pub(super) fn reneg_buffer_size(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    if atoi(&a[0]) < 0 { Err(format!("Invalid size for SSLRenegBufferSize: {}", a[0])) } else { Ok(()) }
}

/// `ssl_cmd_verify_depth_parse`
pub(super) fn check_depth(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    not_negative(cmd, a, &format!("Invalid argument '{}'", a[0]))
}

pub(super) fn check_verify(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    verify(cmd, &a[0]).map(|_| ())
}

/// `ssl_cmd_SSLProxyCipherSuite`
pub(super) fn check_cipher_suite(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match a.get(1) {
        Some(_) if a[0] != "SSL" && a[0] != "TLSv1.3" => Err(format!("protocol '{}' not supported", a[0])),
        _ => Ok(()),
    }
}

/// `ssl_cmd_protocol_parse`
pub(super) fn check_protocol(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    const KNOWN: [&[u8]; 6] = [b"SSLv3", b"TLSv1", b"TLSv1.1", b"TLSv1.2", b"TLSv1.3", b"all"];
    let mut set = false;
    for word in args::split(&a[0]) {
        let sign = word.first().copied().filter(|b| matches!(b, b'+' | b'-'));
        let name = if sign.is_some() { &word[1..] } else { &word };
        if name.eq_ignore_ascii_case(b"SSLv2") && sign == Some(b'-') {
            continue;
        }
        if name.eq_ignore_ascii_case(b"SSLv2") {
            return Err("SSLProtocol: SSLv2 is no longer supported".into());
        }
        if name.eq_ignore_ascii_case(b"SSLv3") && sign != Some(b'-') {
            return Err("SSLv3 not supported by this version of OpenSSL".into());
        }
        if !KNOWN.iter().any(|k| k.eq_ignore_ascii_case(name)) {
            return Err(format!("{}: Illegal protocol '{}'", cmd.row.name, name.as_bstr()));
        }
        if sign.is_none() && set {
            let message = format!(
                "{}: Protocol '{}' overrides already set parameter(s). Check if a +/- prefix is missing.",
                cmd.row.name,
                name.as_bstr()
            );
            cmd.warn("AH02532", message);
        }
        set = set || sign != Some(b'-');
    }
    Ok(())
}

/// The first word one of `first`, the others all `other`.
fn words(cmd: &Cmd<'_>, a: &[BString], first: &[&str], other: &str) -> Done {
    let mut rest = a[0].as_slice();
    let mut word = args::word(&mut rest);
    let mut good = first.iter().any(|f| word.eq_ignore_ascii_case(f.as_bytes()));
    while good && !rest.is_empty() {
        word = args::word(&mut rest);
        good = word.eq_ignore_ascii_case(other.as_bytes());
    }
    if good { Ok(()) } else { Err(format!("{}: Invalid argument '{word}'", cmd.row.name)) }
}

/// `ssl_cmd_crlcheck_parse`
pub(super) fn crl_check(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    words(cmd, a, &["none", "leaf", "chain"], "no_crl_for_cert_ok")
}

/// `ssl_cmd_ocspcheck_parse`
pub(super) fn ocsp_enable(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    words(cmd, a, &["off", "leaf", "on"], "no_ocsp_for_cert_ok")
}

pub(super) fn pass_phrase_dialog(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let prefixed = |p: &str| a[0].strip_prefix(p.as_bytes()).is_some_and(|rest| !rest.is_empty());
    if a[0].eq_ignore_ascii_case(b"builtin") || prefixed("exec:") || prefixed("|") {
        Ok(())
    } else {
        Err("SSLPassPhraseDialog: Invalid argument".into())
    }
}

/// `ssl_cmd_SSLCryptoDevice`, with the engines that OpenSSL 3 has by itself.
pub(super) fn crypto_device(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    match a[0].eq_ignore_ascii_case(b"builtin") || a[0] == "dynamic" {
        true => Ok(()),
        false => Err(
            "SSLCryptoDevice: Invalid argument; must be one of: 'builtin' (none), 'dynamic' (Dynamic engine loading support)"
                .into(),
        ),
    }
}

/// `ssl_cmd_SSLCompression`
pub(super) fn compression(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match a[0].eq_ignore_ascii_case(b"on") {
        true => Err(
            "This version of OpenSSL does not have any compression methods available, cannot enable SSLCompression."
                .into(),
        ),
        false => Ok(()),
    }
}

/// What OpenSSL's SSL_CONF_cmd knows of a server's file.
const OPENSSL_COMMANDS: &[&str] = &[
    "Certificate",
    "ChainCAFile",
    "ChainCAPath",
    "CipherString",
    "Ciphersuites",
    "ClientCAFile",
    "ClientCAPath",
    "ClientSignatureAlgorithms",
    "Curves",
    "DHParameters",
    "ECDHParameters",
    "Groups",
    "MaxProtocol",
    "MinProtocol",
    "NumTickets",
    "Options",
    "PrivateKey",
    "Protocol",
    "RecordPadding",
    "RequestCAFile",
    "RequestCAPath",
    "ServerInfoFile",
    "SignatureAlgorithms",
    "VerifyCAFile",
    "VerifyCAPath",
    "VerifyCAStore",
    "VerifyMode",
];

/// `ssl_cmd_SSLOpenSSLConfCmd`
pub(super) fn openssl_command(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    match OPENSSL_COMMANDS.iter().any(|c| a[0].eq_ignore_ascii_case(c.as_bytes())) {
        true => Ok(()),
        false => Err(format!("'{}': invalid OpenSSL configuration command", a[0])),
    }
}

pub(super) fn fips(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)
}

pub(super) fn random_seed(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    if !a[0].eq_ignore_ascii_case(b"startup") && !a[0].eq_ignore_ascii_case(b"connect") {
        return Err(format!("SSLRandomSeed: invalid context: `{}'", a[0]));
    }
    match a.get(2) {
        Some(_) if a[1].eq_ignore_ascii_case(b"builtin") => {
            Err("SSLRandomSeed: byte specification not allowed for builtin seed source".into())
        }
        Some(bytes) if atoi(bytes) < 0 => Err("SSLRandomSeed: invalid number of bytes specified".into()),
        _ => Ok(()),
    }
}

/// The provider of a cache must be there.
fn cache(cmd: &Cmd<'_>, argument: &BString, what: &str, end: [&str; 2]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let (name, arguments) = socache::split(argument);
    let loaded = |p: &&providers::Provider| p.kind == Kind::Socache && cmd.build.loaded.has(p.module);
    let known: Vec<_> = providers::PROVIDERS.iter().filter(loaded).map(|p| p.name).collect();
    if known.iter().any(|k| name == *k) {
        return socache::create(name, arguments).map_err(|e| format!("{}: {e}", cmd.row.name));
    }
    Err(format!(
        "{}: '{name}' {what} cache not supported (known names: {}){} Maybe you need to load the appropriate socache module (mod_socache_{name}?){}",
        cmd.row.name,
        known.join(","),
        end[0],
        end[1]
    ))
}

/// `ssl_cmd_SSLSessionCache`
pub(super) fn session_cache(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    if a[0].eq_ignore_ascii_case(b"none") || a[0].eq_ignore_ascii_case(b"nonenotnull") {
        return Ok(());
    }
    cache(cmd, &a[0], "session", [".", "."])
}

/// `ssl_cmd_SSLStaplingCache`
pub(super) fn stapling_cache(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cache(cmd, &a[0], "stapling", ["", ""])
}

/// A directive of old: its help says what to write.
pub(super) fn gone(cmd: &mut Cmd<'_>, _: &[BString]) -> Done {
    Err(cmd.row.usage.into())
}
