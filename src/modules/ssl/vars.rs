//! `ssl_var_lookup` (modules/ssl/ssl_engine_vars.c): what is known of a connection that only a simulation has. Its
//! client is one of today, without a certificate, where the request says nothing else.

use crate::server::functions::TlsVariable as Value;
use crate::server::request::Request;
use bstr::{BStr, ByteSlice};

/// Those that `SSLOptions +StdEnvVars` sets, by the names behind `SSL_`: `ssl_hook_Fixup_vars`
/// (modules/ssl/ssl_engine_kernel.c), and the common names of the server's certificate and of who signed it.
pub(super) const STANDARD: [&str; 29] = [
    "SERVER_S_DN_CN",
    "SERVER_I_DN_CN",
    "VERSION_INTERFACE",
    "VERSION_LIBRARY",
    "PROTOCOL",
    "SECURE_RENEG",
    "COMPRESS_METHOD",
    "CIPHER",
    "CIPHER_EXPORT",
    "CIPHER_USEKEYSIZE",
    "CIPHER_ALGKEYSIZE",
    "CLIENT_VERIFY",
    "CLIENT_M_SERIAL",
    "CLIENT_V_START",
    "CLIENT_V_END",
    "CLIENT_V_REMAIN",
    "CLIENT_S_DN",
    "CLIENT_I_DN",
    "CLIENT_CERT_RFC4523_CEA",
    "SERVER_M_VERSION",
    "SERVER_M_SERIAL",
    "SERVER_V_START",
    "SERVER_V_END",
    "SERVER_S_DN",
    "SERVER_I_DN",
    "SERVER_A_KEY",
    "SERVER_A_SIG",
    "SESSION_ID",
    "SESSION_RESUMED",
];

/// A variable of a TLS connection, by the name behind `SSL_`.
pub(crate) fn lookup(r: &Request<'_>, name: &BStr) -> Value {
    let known = |v: &str| Value::Known(v.into());
    if let Some((_, given)) = r.connection.ssl.iter().find(|(n, _)| n.as_bytes() == name.as_bytes()) {
        return known(given);
    }
    match name.as_bytes() {
        b"TLS_SNI" => r.connection.sni.clone().map_or(Value::Unset, Value::Known),
        b"CLIENT_VERIFY" => known("NONE"),
        b"CIPHER_EXPORT" => known("false"),
        b"CIPHER_USEKEYSIZE" | b"CIPHER_ALGKEYSIZE" => known("256"),
        b"COMPRESS_METHOD" => known("NULL"),
        b"SESSION_RESUMED" => known("Initial"),
        b"SECURE_RENEG" => known("true"),
        b"VERSION_INTERFACE" => known(&format!("mod_ssl/{}", r.engine.server.loaded.version)),
        b"PROTOCOL" => Value::Likely("TLSv1.3".into()),
        b"CIPHER" => Value::Likely("TLS_AES_256_GCM_SHA384".into()),
        b"SESSION_ID" | b"VERSION_LIBRARY" | b"VERSION_LIBRARY_INTERFACE" | b"CLIENTHELLO_VERSION" => Value::Unknown,
        n if n.starts_with(b"SERVER_") || n.starts_with(b"CLIENTHELLO_") => Value::Unknown,
        _ => Value::Unset,
    }
}
