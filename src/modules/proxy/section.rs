//! `<Proxy>` and `<ProxyMatch>`: settings for what is proxied to some place (mod_proxy.c).

use super::canon;
use super::pass;
use super::worker::Sort;
use crate::conf::args;
use crate::outcome::observer::{Origin, PatternKind};
use crate::outcome::step::{By, Judgement, Step};
use crate::pattern::{self, Flags, FnmatchFlags, begins_nocase};
use crate::server::captures;
use crate::server::cmd::{Cmd, forbid};
use crate::server::module::allowed::{ACCESS_CONF, OR_ALL, PROXY_CONF};
use crate::server::module::{Phase, Verdict};
use crate::server::request::Request;
use crate::server::section::{Kind, Section};
use crate::server::settings::Merged;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

pub(super) fn proxy(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    section(cmd, &a[0], false)
}

pub(super) fn proxy_match(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    section(cmd, &a[0], true)
}

/// `proxysection`
fn section(cmd: &mut Cmd<'_>, raw: &[u8], is_match: bool) -> Result<(), String> {
    cmd.forbid(forbid::DIR_CONTEXT)?;
    let name = cmd.row.name;
    let mut rest = args::before_closing(name, raw)?;
    let mut path = args::word(&mut rest);
    if begins_nocase(&path, b"proxy:") {
        path.drain(..6);
    }
    let regex = if is_match { Some(cmd.regex(&path, Flags::default())?) } else { None };
    let settings = cmd.section(path.as_bstr(), OR_ALL | ACCESS_CONF | PROXY_CONF);
    let section = Section::new(cmd.span(), Kind::Proxy, path.clone(), regex, Merged::new(settings));
    let is_fnmatch = section.is_fnmatch;
    Arc::make_mut(&mut cmd.server_slot(|s| &mut s.proxy).sections).push(Arc::new(section));
    if rest.is_empty() {
        return Ok(());
    }
    if is_match {
        return Err("Multiple <ProxyMatch> arguments not (yet) supported.".into());
    }
    if is_fnmatch {
        return Err(format!("{name}> arguments are not supported for wildchar url."));
    }
    if !path.contains(&b':') {
        return Err(format!("{name}> arguments are not supported for non url."));
    }
    if super::without_socket(&path).is_none() {
        return Err("<Proxy/ProxyMatch > uses an invalid \"unix:\" URL".into());
    }
    let target = pass::target(cmd, &path, Sort::Prefix, true).map_err(|e| format!("{name} {e}"))?;
    let Some(target) = target else { return Err(format!("{name}> arguments are supported only for workers.")) };
    while !rest.is_empty() {
        let word = args::word(&mut rest);
        let Some((key, value)) = word.split_once_str("=") else {
            return Err("Invalid Proxy parameter. Parameter must be in the form 'key=value'".into());
        };
        pass::set_param(cmd, &target, key, value).map_err(|e| format!("{name} {e} {word}; {path}"))?;
    }
    Ok(())
}

/// `proxy_map_location`: what is proxied is no file.
pub(super) fn map_location(r: &mut Request<'_>) -> Verdict {
    let Some(url) = canon::proxied_url(r) else { return Verdict::Declined };
    walk(r, &url);
    Verdict::Ok
}

/// `proxy_walk`: merges the sections that match the URL.
fn walk(r: &mut Request<'_>, url: &BString) {
    let conf = super::of(&r.server.settings);
    for section in conf.sections.iter() {
        let matched = matches(r, section, url);
        r.tell(|| {
            let judgement = Judgement::of(matched);
            Step::new(Phase::MapToStorage, By::Module("mod_proxy.c"), Some(section.span), judgement)
        });
        if matched {
            r.merge(&section.settings);
            r.per_dir_id = r.engine.new_pointer();
        }
    }
}

fn matches(r: &mut Request<'_>, section: &Section, url: &BString) -> bool {
    if let Some(regex) = &section.regex {
        return captures::match_section(r, regex, section.span, url, Origin::Proxied);
    }
    if section.is_fnmatch {
        let matched = pattern::fnmatch(&section.path, url, FnmatchFlags::default());
        let whence = (Origin::Proxied, &b""[..]);
        r.engine
            .pattern(|| captures::tried(section.span, PatternKind::AnyWildcards, &section.path, url, whence, matched));
        return matched;
    }
    url.starts_with(&section.path)
}
