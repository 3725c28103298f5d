//! Health checks of back-ends (modules/proxy/mod_proxy_hcheck.c).

use super::Done;
use crate::conf::args;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::rule::time;
use bstr::{BString, ByteSlice};

/// `ProxyHCExpr name {expression}`: `set_hc_condition`.
pub(crate) fn condition(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let mut rest = a[0].as_slice();
    let name = args::word(&mut rest);
    if name.is_empty() {
        return Err(format!("Missing expression name for {}", cmd.row.name));
    }
    if name.len() > 15 {
        return Err("Expression name limited to 15 characters".into());
    }
    let expression = braced(&mut rest);
    if expression.is_empty() {
        return Err(format!("Missing expression for {}", cmd.row.name));
    }
    cmd.expr(&expression, false).map_err(|e| format!("Could not parse expression \"{expression}\": {e}"))?;
    match rest.is_empty() {
        true => Ok(()),
        false => Err("error: extra parameter(s)".into()),
    }
}

/// `ap_getword_conf2`: a word, which braces may hold together.
fn braced(line: &mut &[u8]) -> BString {
    let text = args::skip_space(line);
    let Some(inner) = text.strip_prefix(b"{") else { return args::word(line) };
    let mut depth = 1;
    let end = inner.iter().position(|b| {
        depth += i32::from(*b == b'{') - i32::from(*b == b'}');
        depth == 0
    });
    let end = end.unwrap_or(inner.len());
    *line = args::skip_space(inner.get(end + 1..).unwrap_or_default());
    inner[..end].trim().into()
}

/// `ProxyHCTemplate name key=value...`: `set_hc_template`.
pub(crate) fn template(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let mut words = args::split(&a[0]).into_iter();
    let Some(name) = words.next().filter(|n| !n.is_empty()) else {
        return Err(format!("Missing template name for {}", cmd.row.name));
    };
    for word in words {
        let Some((key, value)) = word.split_once_str("=") else {
            return Err("Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'".into());
        };
        parameter(key, value)
            .map_err(|e| format!("ProxyHCTemplate: {e} {}={}; {name}", key.as_bstr(), value.as_bstr()))?;
    }
    Ok(())
}

/// `set_worker_hc_param`, but for names of other templates and expressions.
fn parameter(key: &[u8], value: &[u8]) -> Done {
    match key.to_ascii_lowercase().as_slice() {
        b"hctemplate" | b"hcexpr" => Ok(()),
        b"hcmethod" => match value.to_ascii_lowercase().as_slice() {
            b"none" | b"tcp" | b"options" | b"head" | b"get" | b"cping" | b"options11" | b"head11" | b"get11" => Ok(()),
            _ => Err("Unknown method".into()),
        },
        b"hcinterval" => match time(value) {
            None => Err("Unparse-able hcinterval setting".into()),
            Some(time) if time < 100_000 => Err("Interval must be a positive value greater than 100ms".into()),
            Some(_) => Ok(()),
        },
        b"hcpasses" if atoi(value) < 0 => Err("Passes must be a positive value".into()),
        b"hcfails" if atoi(value) < 0 => Err("Fails must be a positive value".into()),
        b"hcuri" if value.len() >= 1024 => Err("Health check uri length must be < 1024 characters".into()),
        b"hcpasses" | b"hcfails" | b"hcuri" => Ok(()),
        _ => Err("unknown Worker hcheck parameter".into()),
    }
}
