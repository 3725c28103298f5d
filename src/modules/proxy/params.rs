//! `key=value` parameters of back-ends and balancers: `set_worker_param` and `set_balancer_param` (mod_proxy.c),
//! `set_worker_hc_param` (mod_proxy_hcheck.c).

use super::balancer::{Balancer, method_loaded};
use super::worker::{Worker, status};
use crate::server::Loaded;
use crate::server::core::atoi;
use crate::version::Kind;
use bstr::{BString, ByteSlice};

type Done = Result<(), String>;

fn check(good: bool, message: impl Into<String>) -> Done {
    if good { Ok(()) } else { Err(message.into()) }
}

fn switch(value: &[u8], message: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_slice() {
        b"on" => Ok(true),
        b"off" => Ok(false),
        _ => Err(message.into()),
    }
}

/// `ap_timeout_parameter_parse`, in microseconds; `unit` is meant where none is written.
fn interval(value: &[u8], unit: &'static [u8]) -> Option<i64> {
    let text = value.trim_start();
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let digits = text[sign..].iter().take_while(|b| b.is_ascii_digit()).count();
    let number = if digits == 0 { 0 } else { atoi(text) };
    let rest = if digits == 0 { value } else { &text[sign + digits..] };
    let factor = match if rest.is_empty() { unit } else { rest } {
        [b's', ..] => 1_000_000,
        [b'h', ..] => 3_600_000_000,
        [b'm', b's', ..] => 1000,
        [b'm', b'i', ..] => 60_000_000,
        _ => return None,
    };
    if number < 0 { None } else { number.checked_mul(factor) }
}

/// A name that has to fit into so many bytes with the NUL at its end.
fn name(value: &[u8], size: usize, what: &str) -> Result<BString, String> {
    check(value.len() < size, format!("{what} length must be < {size} characters"))?;
    Ok(value.into())
}

/// Sets a parameter of a back-end. The error is httpd's message.
pub(super) fn worker(w: &mut Worker, key: &[u8], value: &[u8], loaded: &Loaded) -> Done {
    let number = atoi(value);
    if loaded.version.lacks(Kind::ProxyParameter, key).is_some() {
        return Err("unknown Worker parameter".into());
    }
    match key.to_ascii_lowercase().as_slice() {
        b"loadfactor" => {
            let digits = value.trim_start();
            let end = digits.iter().position(|b| !b.is_ascii_digit() && *b != b'.').unwrap_or(digits.len());
            let factor: f64 = digits[..end].to_str().ok().and_then(|t| t.parse().ok()).unwrap_or(0.0);
            check((1.0..=100.0).contains(&factor), "LoadFactor must be a number between 1..100")?;
            w.factor = (factor * 100.0) as i64;
        }
        b"retry" => check(number >= 0, "Retry must be a positive value")?,
        b"ttl" => check(number >= 1, "TTL must be at least one second")?,
        b"min" => check(number >= 0, "Min must be a positive number")?,
        b"max" => check(number >= 0, "Max must be a positive number")?,
        b"smax" => check(number >= 0, "Smax must be a positive number")?,
        b"acquire" => {
            let t = interval(value, b"ms").ok_or("Acquire timeout has wrong format")?;
            check(t >= 1000, "Acquire must be at least one millisecond")?;
        }
        b"timeout" => check(number >= 1, "Timeout must be at least one second")?,
        b"iobuffersize" => {
            check(number == 0 || number >= 512, "IOBufferSize must be >= 512 bytes, or 0 for system default.")?;
        }
        b"receivebuffersize" => {
            check(number == 0 || number >= 512, "ReceiveBufferSize must be >= 512 bytes, or 0 for system default.")?;
        }
        b"keepalive" => drop(switch(value, "KeepAlive must be On|Off")?),
        b"disablereuse" => drop(switch(value, "DisableReuse must be On|Off")?),
        b"enablereuse" => drop(switch(value, "EnableReuse must be On|Off")?),
        b"addressttl" => {
            let seconds = interval(value, b"s").filter(|t| t % 1_000_000 == 0 && t / 1_000_000 <= i64::from(i32::MAX));
            check(
                value == b"-1" || seconds.is_some(),
                "AddressTTL must be -1 or a number of seconds not exceeding (2147483647)",
            )?;
        }
        b"route" => w.route = name(value, 64, "Route")?,
        b"redirect" => w.redirect = name(value, 64, "Redirect")?,
        b"status" => set_status(w, value)?,
        b"flushpackets" => {
            let known = [&b"on"[..], b"off", b"auto"].iter().any(|v| value.eq_ignore_ascii_case(v));
            check(known, "flushpackets must be on|off|auto")?;
        }
        b"flushwait" => {
            let message = "flushwait must be <= 1000, or 0 for system default of 10 millseconds.";
            check((0..=1000).contains(&number), message)?;
        }
        b"ping" => {
            let t = interval(value, b"s").ok_or("Ping/Pong timeout has wrong format")?;
            check(t >= 1000, "Ping/Pong timeout must be at least one millisecond")?;
        }
        b"lbset" => {
            check((0..=99).contains(&number), "lbset must be between 0 and 99")?;
            w.lbset = number;
        }
        b"connectiontimeout" => {
            let t = interval(value, b"s").ok_or("Connectiontimeout has wrong format")?;
            check(t >= 1000, "Connectiontimeout must be at least one millisecond.")?;
        }
        b"flusher" => drop(name(value, 16, "flusher name")?),
        b"upgrade" => {
            let word = if value.eq_ignore_ascii_case(b"any") { b"*" } else { value };
            w.upgrade = name(word, 16, "upgrade protocol")?;
        }
        b"responsefieldsize" => {
            check(number >= 0, "ResponseFieldSize must be greater than 0 bytes, or 0 for system default.")?;
        }
        b"secret" => drop(name(value, 64, "Secret")?),
        other if loaded.has("proxy_hcheck_module") => health(other, value)?,
        _ => return Err("unknown Worker parameter".into()),
    }
    Ok(())
}

fn set_status(w: &mut Worker, value: &[u8]) -> Done {
    let mut on = true;
    let mut letters = value.iter();
    while let Some(letter) = letters.next() {
        let bit = match letter {
            b'+' | b'-' => {
                on = *letter == b'+';
                letters.next().and_then(|l| status::of(*l))
            }
            _ => status::of(*letter),
        };
        let bit = bit.ok_or("Unknown status parameter option")?;
        if on {
            w.status |= bit;
        } else {
            w.status &= !bit;
        }
    }
    Ok(())
}

/// Health checks: templates and conditions are taken to be defined.
fn health(key: &[u8], value: &[u8]) -> Done {
    match key {
        b"hctemplate" | b"hcexpr" => Ok(()),
        b"hcmethod" => {
            let known = |names: &[&str]| names.iter().any(|n| value.eq_ignore_ascii_case(n.as_bytes()));
            if known(&["CPING", "PROVIDER"]) {
                return Err(format!("Health check method {} not (yet) implemented", value.as_bstr()));
            }
            check(known(&["NONE", "TCP", "OPTIONS", "HEAD", "GET", "OPTIONS11", "HEAD11", "GET11"]), "Unknown method")
        }
        b"hcinterval" => {
            let t = interval(value, b"s").ok_or("Unparse-able hcinterval setting")?;
            check(t >= 100_000, "Interval must be a positive value greater than 100ms")
        }
        b"hcpasses" => check(atoi(value) >= 0, "Passes must be a positive value"),
        b"hcfails" => check(atoi(value) >= 0, "Fails must be a positive value"),
        b"hcuri" => name(value, 64, "Health check uri").map(drop),
        _ => Err("unknown Worker hcheck parameter".into()),
    }
}

/// Sets a parameter of a balancer. The error is httpd's message.
pub(super) fn balancer(b: &mut Balancer, key: &[u8], value: &[u8], loaded: &Loaded) -> Done {
    let number = atoi(value);
    match key.to_ascii_lowercase().as_slice() {
        b"stickysession" => {
            // what doesn't fit is cut off
            let value = &value[..value.len().min(63)];
            let bar = value.find_byte(b'|');
            b.sticky = value[..bar.unwrap_or(value.len())].into();
            b.sticky_path = bar.map_or(value, |i| &value[i + 1..]).into();
        }
        b"stickysessionsep" => {
            b.separator = match value {
                [one] => Some(*one),
                _ if value.eq_ignore_ascii_case(b"off") => None,
                _ => return Err("stickysessionsep must be a single character or Off".into()),
            }
        }
        b"nofailover" => b.no_failover = switch(value, "failover must be On|Off")?,
        b"timeout" => check(number >= 1, "timeout must be at least one second")?,
        b"maxattempts" => check(number >= 0, "maximum number of attempts must be a positive number")?,
        b"lbmethod" => {
            check(value.len() < 16 && method_loaded(loaded, value), "unknown lbmethod")?;
            b.method = value.into();
        }
        b"scolonpathdelim" => b.semicolon = switch(value, "scolonpathdelim must be On|Off")?,
        b"failonstatus" => {
            let codes = value.split(|c| b", ".contains(c)).filter(|c| !c.is_empty());
            let good = codes.map(atoi).all(|c| (100..600).contains(&c));
            check(good, "failonstatus must be one or more HTTP response codes")?;
        }
        b"failontimeout" => drop(switch(value, "failontimeout must be On|Off")?),
        b"nonce" => check(value.len() < 37 || value.eq_ignore_ascii_case(b"none"), "Provided nonce is too large")?,
        b"growth" => check((1..=100).contains(&number), "growth must be between 1 and 100")?,
        b"forcerecovery" => drop(switch(value, "forcerecovery must be On|Off")?),
        _ => return Err("unknown Balancer parameter".into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_units() {
        for (text, want) in [
            ("5", Some(5_000_000)),
            ("250ms", Some(250_000)),
            ("2mi", Some(120_000_000)),
            ("1h", Some(3_600_000_000)),
            ("5x", None),
            ("m", None),
            ("-1", None),
        ] {
            assert_eq!(interval(text.as_bytes(), b"s"), want, "{text}");
        }
    }
}
