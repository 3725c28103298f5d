//! Containers: `dirsection`, `urlsection`, `filesection`, `ifsection`, `ap_limit_section`, `virtualhost_section`
//! (server/core.c).

use crate::conf::args;
use crate::expr::{self, Expr};
use crate::filepath;
use crate::pattern::{Flags, Regex};
use crate::server::cmd::{Cmd, forbid};
use crate::server::module::allowed::{ACCESS_CONF, OR_ALL};
use crate::server::section::{Kind, Section};
use crate::server::settings::{Merged, PerDir};
use crate::server::{method, vhost};
use crate::version::{self, Change};
use bstr::{BStr, BString, ByteSlice};
use std::sync::Arc;

/// What a container's argument selects.
struct Selected {
    path: BString,
    regex: Option<Regex>,
    more: bool,
}

/// Reads `path`, `~ regex` or, in the Match form, `regex`.
fn select(cmd: &mut Cmd<'_>, raw: &BStr, is_match: bool) -> Result<Selected, String> {
    let argument = cmd.section_argument(raw)?;
    let mut rest = argument.as_slice();
    let mut path = args::word(&mut rest);
    let mut regex = None;
    if !is_match && path == "~" {
        path = args::word(&mut rest);
        regex = Some(cmd.regex(&path, Flags::default())?);
    } else if is_match {
        regex = Some(cmd.regex(&path, Flags::default())?);
    }
    Ok(Selected { path, regex, more: !rest.is_empty() })
}

fn no_more(cmd: &Cmd<'_>, more: bool) -> Result<(), String> {
    match more {
        false => Ok(()),
        true => Err(format!("Multiple {}> arguments not (yet) supported.", cmd.row.name)),
    }
}

fn directory_section(cmd: &mut Cmd<'_>, raw: &[BString], is_match: bool) -> Result<(), String> {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let mut s = select(cmd, raw[0].as_bstr(), is_match)?;
    if s.regex.is_none() && s.path != "/" {
        // a relative path is under the folder that httpd was started in, which is the root
        let Some(mut path) = filepath::merge(Some(BStr::new("/")), &s.path) else {
            return Err(format!("<Directory \"{}\"> path is invalid.", s.path));
        };
        if !path.ends_with(b"/") {
            path.push(b'/');
        }
        s.path = path;
    }
    let settings = cmd.section(s.path.as_bstr(), OR_ALL | ACCESS_CONF);
    let section = Section::new(cmd.span(), Kind::Directory, s.path, s.regex, Merged::new(settings));
    cmd.server_slot(|d| &mut d.core).sec_dir.push(Arc::new(section));
    no_more(cmd, s.more)
}

/// `<Directory>`
pub(super) fn directory(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    directory_section(cmd, raw, false)
}

/// `<DirectoryMatch>`
pub(super) fn directory_match(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    directory_section(cmd, raw, true)
}

fn location_section(cmd: &mut Cmd<'_>, raw: &[BString], is_match: bool) -> Result<(), String> {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let s = select(cmd, raw[0].as_bstr(), is_match)?;
    let settings = cmd.section(s.path.as_bstr(), OR_ALL | ACCESS_CONF);
    let section = Section::new(cmd.span(), Kind::Location, s.path, s.regex, Merged::new(settings));
    cmd.server_slot(|d| &mut d.core).sec_url.push(Arc::new(section));
    no_more(cmd, s.more)
}

/// `<Location>`
pub(super) fn location(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    location_section(cmd, raw, false)
}

/// `<LocationMatch>`
pub(super) fn location_match(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    location_section(cmd, raw, true)
}

/// What may stand in a section within: everything, but in .htaccess files only what may stand there.
fn overrides_within(cmd: &Cmd<'_>) -> u32 {
    if cmd.path.is_none() { OR_ALL | ACCESS_CONF } else { cmd.overrides }
}

fn files_section(cmd: &mut Cmd<'_>, raw: &[BString], is_match: bool) -> Result<(), String> {
    cmd.forbid(forbid::LOCATION | forbid::LIMIT)?;
    let mut s = select(cmd, raw[0].as_bstr(), is_match)?;
    if s.regex.is_none() {
        s.path = filepath::merge(Some(BStr::new("")), &s.path)
            .ok_or_else(|| format!("<Files \"{}\"> is invalid.", s.path))?;
    }
    let settings = cmd.section(s.path.as_bstr(), overrides_within(cmd));
    let section = Section::new(cmd.span(), Kind::Files, s.path, s.regex, Merged::new(settings));
    Arc::make_mut(&mut cmd.slot(|d| &mut d.core).sec_file).push(Arc::new(section));
    no_more(cmd, s.more)
}

/// `<Files>`
pub(super) fn files(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    files_section(cmd, raw, false)
}

/// `<FilesMatch>`
pub(super) fn files_match(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    files_section(cmd, raw, true)
}

fn condition_section(cmd: &mut Cmd<'_>, raw: &[BString], kind: Kind) -> Result<(), String> {
    cmd.forbid(forbid::LIMIT)?;
    let argument = args::before_closing(cmd.row.name, &raw[0])?.as_bstr();
    let mut rest = argument.as_bytes();
    let mut condition = None;
    if kind == Kind::Else {
        if !argument.is_empty() {
            return Err("<Else> does not take an argument".into());
        }
    } else {
        if argument.is_empty() {
            return Err(format!("{}> directive requires additional arguments", cmd.row.name));
        }
        let text = args::word(&mut rest);
        let parsed = cmd.expr(&text, false).map_err(|e| format!("Cannot parse condition clause: {e}"))?;
        condition = Some(parsed);
    }
    let overrides = overrides_within(cmd);
    let settings = cmd.section(BStr::new("*If"), overrides);
    let mut section = Section::new(cmd.span(), kind, "*If".into(), None, Merged::new(settings));
    section.is_fnmatch = false;
    section.condition = condition;
    let list = &mut cmd.slot(|d| &mut d.core).sec_if;
    // `<Else>` and `<ElseIf>` follow an `<If>` or `<ElseIf>`
    if kind != Kind::If {
        let name = if kind == Kind::Else { "Else" } else { "ElseIf" };
        match list.last() {
            None => {
                return Err("<Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope".into());
            }
            Some(last) if last.kind == Kind::Else => {
                return Err(format!("<{name}> section not allowed after <Else> section"));
            }
            Some(_) => {}
        }
    }
    Arc::make_mut(list).push(Arc::new(section));
    match rest.is_empty() {
        true => Ok(()),
        false => Err(format!("Multiple {}> arguments not supported.", cmd.row.name)),
    }
}

/// `<If>`
pub(super) fn if_(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    condition_section(cmd, raw, Kind::If)
}

/// `<ElseIf>`
pub(super) fn else_if(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    condition_section(cmd, raw, Kind::ElseIf)
}

/// `<Else>`
pub(super) fn else_(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    condition_section(cmd, raw, Kind::Else)
}

fn limit_section(cmd: &mut Cmd<'_>, raw: &[BString], except: bool) -> Result<(), String> {
    let argument = cmd.section_argument(raw[0].as_bstr())?;
    let mut methods = 0u64;
    for word in args::split(&argument) {
        let number = cmd.method_number(&word)?;
        if number == method::TRACE && !except {
            return Err("TRACE cannot be controlled by <Limit>, see TraceEnable".into());
        }
        methods |= method::bit(number);
    }
    if except {
        methods = !methods;
    }
    let before = cmd.limited;
    if before & methods == 0 {
        return Err(format!("{}> directive excludes all methods", cmd.row.name));
    }
    if before & methods == before {
        return Err(format!("{}> directive specifies methods already excluded", cmd.row.name));
    }
    cmd.within(before & methods);
    Ok(())
}

/// `<Limit>`
pub(super) fn limit(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    limit_section(cmd, raw, false)
}

/// `<LimitExcept>`
pub(super) fn limit_except(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    limit_section(cmd, raw, true)
}

/// `<VirtualHost>`
pub(super) fn virtual_host(cmd: &mut Cmd<'_>, raw: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::GLOBAL_ONLY)?;
    let argument = cmd.section_argument(raw[0].as_bstr())?;
    let main_port = cmd.build.servers[0].name.as_ref().map_or(0, |n| n.port);
    let mut addrs = Vec::new();
    for word in args::split(&argument) {
        addrs.extend(addresses(cmd, &word, main_port)?);
    }
    let span = cmd.span();
    cmd.build.servers.push(crate::server::build::Draft { span: Some(span), addrs, ..Default::default() });
    let server = cmd.build.servers.len() - 1;
    let mut defaults = PerDir::default();
    cmd.children(&mut defaults, None, cmd.overrides, cmd.limited, server);
    cmd.build.servers[server].defaults = defaults;
    Ok(())
}

/// `get_addresses` (server/vhost.c): one word of `<VirtualHost>`.
fn addresses(cmd: &mut Cmd<'_>, word: &BString, default_port: u16) -> Result<Vec<vhost::Address>, String> {
    let mut text = word.as_bstr();
    let mut wild_port = false;
    if text.ends_with(b":*") {
        wild_port = true;
        text = text[..text.len() - 2].as_bstr();
    } else if text == "*" {
        wild_port = true;
    }
    let Some((host, mut port)) = vhost::parse_address(text) else {
        return Err("The address or port is invalid".into());
    };
    let Some(host) = host else { return Err("Missing address for VirtualHost".into()) };
    if port == 0 && !wild_port {
        port = default_port;
    }
    if host == "*" || host.eq_ignore_ascii_case(b"_default_") {
        return Ok(vec![vhost::Address { ip: None, port, virthost: host.into() }]);
    }
    let ips = cmd.build.resolve(host);
    if ips.is_empty() {
        cmd.warn("AH00547", format!("could not resolve host name {host} -- ignoring!"));
    }
    let any = |ip: std::net::IpAddr| (!ip.is_unspecified()).then_some(ip);
    Ok(ips.into_iter().map(|ip| vhost::Address { ip: any(ip), port, virthost: host.into() }).collect())
}

impl crate::server::build::Build {
    /// The addresses of a host: a numeric one, or a name of the run's hosts.
    pub(crate) fn resolve(&self, host: &[u8]) -> Vec<std::net::IpAddr> {
        crate::address::addresses(&self.hosts, host)
    }

    /// Whether a host has no address: it is not among the names that there are, or no name at all.
    pub(crate) fn has_no_address(&self, host: &[u8]) -> bool {
        self.resolve(host).is_empty() && (self.hosts_complete || !crate::address::is_host_name(host))
    }
}

impl Cmd<'_> {
    /// An expression of the configuration; `string` for one whose value is a text.
    pub(crate) fn expr(&mut self, text: &[u8], string: bool) -> Result<Expr, String> {
        let flags = expr::Flags { string_result: string, ..Default::default() };
        self.expr_since(text, flags, &version::EXPRESSIONS_READ_NO_FILES)
    }

    /// The same, where another release than for most is the first that lets .htaccess files read no files.
    pub(crate) fn expr_since(&mut self, text: &[u8], flags: expr::Flags, change: &Change) -> Result<Expr, String> {
        let version = self.build.loaded.version;
        let regex = self.build.regex_defaults;
        let parse = |htaccess, loaded: &crate::server::Loaded| {
            Expr::parse(text, expr::Flags { htaccess, regex, ..flags }, loaded.expr_providers())
        };
        let htaccess = self.build.htaccess;
        let barred = htaccess && version.has(change);
        let expr = parse(barred, &self.build.loaded).map_err(|e| e.to_string())?;
        if htaccess && !barred && version.may_have(change) && parse(true, &self.build.loaded).is_err() {
            self.unmodelled(
                self.row.name,
                "core.c",
                "distributions put into older versions what forbids expressions in .htaccess files to read files",
            );
        }
        Ok(expr.at(self.span()))
    }
}
