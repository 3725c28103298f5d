//! mod_remoteip.c: the client's address as trusted proxies tell it.

use crate::address::IpSubnet;
use crate::conf::args;
use crate::outcome::step::{By, Judgement, Step};
use crate::server::cmd::Cmd;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings;
use crate::source::Span;
use crate::version;
use crate::vfs::{Cred, resolve};
use bstr::{BStr, BString, ByteSlice};
use std::net::IpAddr;
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_remoteip.c",
    identifier: "remoteip_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::PostReadRequest, order::FIRST, modify)];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("RemoteIPHeader", Args::Take1, RSRC_CONF, Modelled, "Specifies a request header to trust as the client IP, e.g. X-Forwarded-For", |c, a| header(c, a, |s| &mut s.header)),
    row("RemoteIPProxiesHeader", Args::Take1, RSRC_CONF, Modelled, "Specifies a request header to record proxy IP's, e.g. X-Forwarded-By; if not given then do not record", |c, a| header(c, a, |s| &mut s.proxies_header)),
    row("RemoteIPTrustedProxy", Args::Iterate, RSRC_CONF, Modelled, "Specifies one or more proxies which are trusted to present IP headers", |c, a| proxy(c, &a[0], false)).tried(),
    row("RemoteIPInternalProxy", Args::Iterate, RSRC_CONF, Modelled, "Specifies one or more internal (transparent) proxies which are trusted to present IP headers", |c, a| proxy(c, &a[0], true)).tried(),
    row("RemoteIPTrustedProxyList", Args::Take1, RSRC_CONF, Modelled, "The filename to read the list of trusted proxies, see the RemoteIPTrustedProxy directive", |c, a| list(c, &a[0], false)).tried(),
    row("RemoteIPInternalProxyList", Args::Take1, RSRC_CONF, Modelled, "The filename to read the list of internal proxies, see the RemoteIPInternalProxy directive", |c, a| list(c, &a[0], true)).tried(),
    row("RemoteIPProxyProtocol", Args::Flag, RSRC_CONF, Modelled, "Enable PROXY protocol handling ('on', 'off')", proxy_protocol),
    row("RemoteIPProxyProtocolExceptions", Args::Argv, RSRC_CONF, Modelled, "Disable PROXY protocol handling for this list of networks in CIDR format", exceptions),
];

/// A proxy that is trusted: httpd's `remoteip_proxymatch_t`.
#[derive(Clone, Debug, PartialEq)]
struct Proxy {
    subnet: IpSubnet,
    internal: bool,
    span: Span,
}

/// Settings per server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    header: Option<Set<BString>>,
    proxies_header: Option<Set<BString>>,
    proxies: Option<Arc<Vec<Proxy>>>,
    /// Whether a virtual host's proxies come before those of the main server, not in their place.
    merges: bool,
    /// How many of the proxies were read from lists ahead of all other lines.
    ahead: usize,
    proxy_protocol: Option<Set<bool>>,
}

impl settings::Settings for Server {
    /// `merge_remoteip_server_config`
    fn merge(base: &Server, add: &Server) -> Server {
        Server {
            header: Set::merge(&base.header, &add.header),
            proxies_header: Set::merge(&base.proxies_header, &add.proxies_header),
            proxies: match (&add.proxies, &base.proxies) {
                (Some(own), Some(main)) if base.merges => Some(Arc::new([own.as_slice(), main.as_slice()].concat())),
                (own, main) => own.as_ref().or(main.as_ref()).cloned(),
            },
            merges: base.merges,
            ahead: 0,
            proxy_protocol: Set::merge(&base.proxy_protocol, &add.proxy_protocol),
        }
    }
}

fn header(cmd: &mut Cmd<'_>, a: &[BString], pick: fn(&mut Server) -> &mut Option<Set<BString>>) -> Result<(), String> {
    let span = cmd.span();
    Set::put(pick(cmd.server_slot(|s| &mut s.remoteip)), a[0].clone(), span);
    Ok(())
}

/// `proxies_set`
fn proxy(cmd: &mut Cmd<'_>, word: &BString, internal: bool) -> Result<(), String> {
    let span = cmd.span();
    let name = cmd.row.name;
    let (host, mask) = match word.split_once_str("/") {
        Some((host, mask)) => (host.as_bstr(), Some(mask)),
        None => (word.as_bstr(), None),
    };
    let looks_like_ip = host.contains(&b':') || host.iter().all(|b| *b == b'.' || b.is_ascii_digit());
    let failed = |why: &str| format!("RemoteIP: Error parsing IP {word} ({why} error) for {name}");
    let subnets = if looks_like_ip {
        let why = |e: crate::address::BadAddress| failed(e.detail().unwrap_or("Invalid argument"));
        vec![IpSubnet::parse(host, mask).map_err(why)?]
    } else if let Some(mask) = mask {
        let mask = mask.as_bstr();
        return Err(format!("RemoteIP: Error parsing IP {word} the subnet /{mask} is invalid for {name}"));
    } else {
        let addresses = cmd.build.resolve(host);
        if addresses.is_empty() {
            if cmd.build.has_no_address(host) {
                return Err(failed("Name or service not known"));
            }
            cmd.note("host-name", format!("`{host}` would have to be looked up: it is taken to have no address"));
        }
        addresses.iter().filter_map(|ip| IpSubnet::parse(ip.to_string().as_bytes(), None).ok()).collect()
    };
    let found = subnets.into_iter().map(|subnet| Proxy { subnet, internal, span });
    let own = cmd.build.loaded.version.has(&version::OWN_PROXIES);
    let is_list = name.ends_with("List");
    // lists were read before there were virtual hosts
    let conf = match is_list && !own {
        true => cmd.main_server_slot(|s| &mut s.remoteip),
        false => cmd.server_slot(|s| &mut s.remoteip),
    };
    conf.merges = own;
    let proxies = Arc::make_mut(conf.proxies.get_or_insert_default());
    if is_list && !own {
        let before = proxies.len();
        proxies.splice(conf.ahead..conf.ahead, found);
        conf.ahead += proxies.len() - before;
    } else {
        proxies.extend(found);
    }
    Ok(())
}

/// `proxylist_read`
fn list(cmd: &mut Cmd<'_>, file: &BString, internal: bool) -> Result<(), String> {
    let path = cmd.server_root_relative(file);
    let text = resolve::read(&*cmd.build.vfs, &Cred::root(), &path)
        .map_err(|e| format!("{}: Could not open file {path}: {e}", cmd.row.name))?;
    for (i, line) in text.lines().enumerate() {
        for word in args::split(line).into_iter().take_while(|w| !w.starts_with(b"#")) {
            proxy(cmd, &word, internal).map_err(|e| format!("{e} at line {} of {path}", i + 1))?;
        }
    }
    Ok(())
}

/// `remoteip_enable_proxy_protocol`
fn proxy_protocol(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let on = a[0].eq_ignore_ascii_case(b"on");
    Set::put(&mut cmd.server_slot(|s| &mut s.remoteip).proxy_protocol, on, span);
    Ok(())
}

/// `remoteip_disable_networks`
fn exceptions(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a.is_empty() {
        return Err(format!("{} requires an argument", cmd.row.name));
    }
    for word in a {
        let (ip, mask) = match word.split_once_str("/") {
            Some((ip, mask)) => (ip.as_bstr(), Some(mask)),
            None => (word.as_bstr(), None),
        };
        IpSubnet::parse(ip, mask).map_err(|e| match e.detail() {
            None => format!("ip address '{ip}' appears to be invalid"),
            Some(why) => format!("ip address '{ip}' appears to be invalid: {why}"),
        })?;
    }
    Ok(())
}

/// Addresses that an external proxy's word is not taken for.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.octets()[0] & 0xe0 != 0x20,
    }
}

/// What the header came to.
struct Found {
    ip: IpAddr,
    /// What is left of the header.
    rest: Option<BString>,
    /// Proxies that are not internal.
    told: Vec<String>,
}

/// The loop of `remoteip_modify_request`: from the last proxy back to one that is not trusted, or to the client.
fn follow(r: &Request<'_>, header: &BStr, proxies: Option<&[&Proxy]>) -> Option<Found> {
    let mut rest = Some(BString::from(header));
    let mut internal = proxies.is_some();
    let mut found: Option<IpAddr> = None;
    let mut told = Vec::new();
    while let Some(text) = rest.take() {
        let ip = found.unwrap_or(r.useragent_ip);
        let trusted = proxies.map(|list| list.iter().find(|p| p.subnet.contains(ip)));
        if let Some(Some(p)) = trusted {
            internal &= p.internal;
        }
        let comma = text.rfind_byte(b',');
        let last = text[comma.map_or(0, |i| i + 1)..].trim_with(|c| c == ' ').as_bstr();
        let next = address(r, last).filter(|ip| internal || !is_private(*ip));
        let Some(next) = next.filter(|_| trusted != Some(None)) else {
            rest = Some(text);
            break;
        };
        rest = comma.map(|i| text[..i].into());
        if !internal {
            told.push(ip.to_string());
        }
        found = Some(next);
    }
    found.map(|ip| Found { ip, rest, told })
}

/// `remoteip_modify_request`
fn modify(r: &mut Request<'_>) -> Verdict {
    let Some(conf) = r.server.settings.remoteip.as_deref() else { return Verdict::Declined };
    if let Some(set) = conf.proxy_protocol.as_ref().filter(|s| s.value) {
        let why = "connections must begin with a PROXY line, which says who the client is";
        r.caveat("RemoteIPProxyProtocol", set.span, why);
    }
    let Some(header) = &conf.header else { return Verdict::Declined };
    let Some(text) = r.headers_in.get(&header.value).map(BString::from) else { return Verdict::Ok };
    let all: Option<Vec<&Proxy>> = conf.proxies.as_ref().map(|p| p.iter().collect());
    let found = follow(r, text.as_bstr(), all.as_deref());
    if r.is_initial() {
        without_each_line(r, header, conf, &text);
    }
    let Some(found) = found else { return Verdict::Ok };
    r.tell(|| {
        let line = Some(header.span);
        Step::new(Phase::PostReadRequest, By::Module(MODULE.name), line, Judgement::Matched).changing(found.ip.into())
    });
    match found.rest {
        Some(rest) => r.headers_in.set(header.value.clone(), rest),
        None => drop(r.headers_in.unset(&header.value)),
    }
    if !found.told.is_empty() {
        let told = found.told.join(", ");
        r.notes.set("remoteip-proxy-ip-list", told.clone());
        if let Some(name) = &conf.proxies_header {
            r.headers_in.set(name.value.clone(), told);
        }
    }
    r.useragent_ip = found.ip;
    Verdict::Ok
}

/// Who the client would be, were it not for one line or another.
fn without_each_line(r: &mut Request<'_>, header: &Set<BString>, conf: &Server, text: &BString) {
    let own = r.useragent_ip;
    let mut lines = vec![(header.span, own)];
    for p in conf.proxies.iter().flat_map(|p| p.iter()) {
        if lines.iter().any(|(span, _)| *span == p.span) {
            continue;
        }
        let others: Vec<&Proxy> =
            conf.proxies.iter().flat_map(|p| p.iter()).filter(|other| other.span != p.span).collect();
        let others = (!others.is_empty()).then_some(others);
        let ip = follow(r, text.as_bstr(), others.as_deref()).map_or(own, |f| f.ip);
        lines.push((p.span, ip));
    }
    r.useragent_otherwise = lines;
}

/// The address that a header names, IPv4 within IPv6 taken out; host names are looked up.
fn address(r: &Request<'_>, host: &BStr) -> Option<IpAddr> {
    if host.is_empty() {
        return None;
    }
    crate::address::addresses(&r.engine.server.hosts, host).first().map(|ip| ip.to_canonical())
}
