//! ProxyPass, ProxyPassReverse, BalancerMember and ProxySet (mod_proxy.c).

use super::balancer::{self, is_balancer};
use super::worker::{self, Sort, Worker};
use super::{Alias, Mapping, Server, params, without_socket};
use crate::conf::args;
use crate::pattern::{self, Flags, begins_nocase};
use crate::server::cmd::{Cmd, forbid};
use crate::server::setting::Set;
use crate::version::Kind;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

type Done = Result<(), String>;

/// `key=value` pairs, the last of a name counting (apr_table_setn).
#[derive(Default)]
struct Params(Vec<(BString, BString)>);

impl Params {
    fn set(&mut self, key: &[u8], value: &[u8]) {
        match self.0.iter_mut().find(|(k, _)| k.eq_ignore_ascii_case(key)) {
            Some((_, v)) => *v = value.into(),
            None => self.0.push((key.into(), value.into())),
        }
    }
}

fn conf<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Server {
    cmd.server_slot(|s| &mut s.proxy)
}

/// `add_pass`
pub(super) fn pass(cmd: &mut Cmd<'_>, line: &[u8], is_match: bool) -> Done {
    cmd.forbid(forbid::DIRECTORY | forbid::FILES)?;
    let span = cmd.span();
    let mut fake = cmd.path.clone();
    let mut real: Option<BString> = None;
    let mut by_regex = is_match;
    let (mut nocanon, mut interpolate, mut noquery) = (false, false, false);
    let mut mapping = Mapping::Decoded;
    let mut given = Params::default();
    let mut rest = line;
    while !rest.is_empty() {
        let word = args::word(&mut rest);
        let Some(_) = &fake else {
            if word != "~" {
                fake = Some(word);
            } else if is_match {
                return Err("ProxyPassMatch invalid syntax ('~' usage).".into());
            } else {
                by_regex = true;
            }
            continue;
        };
        let Some(target) = &real else {
            real = Some(word);
            continue;
        };
        let lacks = |key: &[u8]| cmd.build.loaded.version.lacks(Kind::ProxyParameter, key).is_some();
        match word.to_ascii_lowercase().as_slice() {
            b"nocanon" => nocanon = true,
            b"interpolate" => interpolate = true,
            b"noquery" => noquery = true,
            _ => match word.split_once_str("=") {
                None if cmd.path.is_some() && target.starts_with(b"/") => {
                    return Err("ProxyPass|ProxyPassMatch can not have a path when defined in a location.".into());
                }
                None => {
                    let message =
                        "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'.";
                    return Err(message.into());
                }
                Some((key, value)) if key.eq_ignore_ascii_case(b"mapping") && !lacks(key) => {
                    mapping = match value.to_ascii_lowercase().as_slice() {
                        // as httpd, bit by bit: a servlet's mapping is an encoded one too
                        b"encoded" if mapping == Mapping::Servlet => Mapping::Servlet,
                        b"encoded" => Mapping::Encoded,
                        b"servlet" => Mapping::Servlet,
                        _ => return Err("unknown mapping".into()),
                    }
                }
                Some((key, value)) => given.set(key, value),
            },
        }
    }
    let (Some(fake), Some(url)) = (fake, real) else {
        return Err("ProxyPass|ProxyPassMatch needs a path when not defined in a location".into());
    };
    let Some(real) = without_socket(&url) else {
        return Err("ProxyPass|ProxyPassMatch uses an invalid \"unix:\" URL".into());
    };
    let in_section = cmd.path.is_some();
    by_regex |= in_section && pattern::is_fnmatch(&fake);
    let regex = match by_regex {
        true => Some(cmd.regex(&fake, Flags::default()).map_err(|_| "Regular expression could not be compiled.")?),
        false => None,
    };
    let alias = Alias { span, fake: fake.clone(), real: real.clone(), regex, nocanon, interpolate, noquery, mapping };
    cmd.build.acts_early |= mapping != Mapping::Decoded;
    let excludes = alias.excludes();
    if in_section {
        Set::put(&mut cmd.slot(|d| &mut d.proxy).alias, Arc::new(alias), span);
    } else {
        Arc::make_mut(&mut conf(cmd).aliases).push(alias);
    }
    if excludes {
        return Ok(());
    }
    define_target(cmd, &url, &real, &fake, by_regex, &given).map_err(|e| format!("ProxyPass {e}"))
}

/// The balancer or worker that a ProxyPass leads to, and its parameters.
fn define_target(cmd: &mut Cmd<'_>, url: &[u8], real: &[u8], fake: &[u8], by_regex: bool, given: &Params) -> Done {
    let span = cmd.span();
    let loaded = cmd.build.loaded.clone();
    if is_balancer(url, 9) {
        let alias = if by_regex { None } else { Some(fake) };
        let balancers = Arc::make_mut(&mut conf(cmd).balancers);
        let i = match balancer::find(balancers, url) {
            Some(i) => i,
            None => balancers.push(balancer::define(url, alias, span)?),
        };
        return given.0.iter().try_for_each(|(k, v)| params::balancer(&mut balancers[i], k, v, &loaded));
    }
    let workers = Arc::make_mut(&mut conf(cmd).workers);
    let sort = if by_regex { Sort::Match } else { Sort::Prefix };
    if let Some(i) = workers.find(real, sort) {
        let name = workers[i].name.clone();
        shared(cmd, "AH01146", &name, given);
        return Ok(());
    }
    let at = workers.push(Worker::define(url, by_regex, span)?);
    let Some(w) = workers.get_mut(at) else { return Ok(()) };
    w.status |= worker::status::IGNORE_ERRORS;
    given.0.iter().try_for_each(|(k, v)| params::worker(w, k, v, &loaded))
}

fn shared(cmd: &mut Cmd<'_>, code: &'static str, name: &BString, given: &Params) {
    for (key, value) in &given.0 {
        cmd.warn(code, format!("Ignoring parameter '{key}={value}' for worker '{name}' because of worker sharing"));
    }
}

/// `add_pass_reverse`
pub(super) fn reverse(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    cmd.forbid(forbid::DIRECTORY | forbid::FILES)?;
    let url = a.get(1).filter(|u| !u.eq_ignore_ascii_case(b"interpolate"));
    match (cmd.path.is_some(), url) {
        (false, None) => Err("ProxyPassReverse needs a path when not defined in a location".into()),
        (true, Some(_)) => Err("ProxyPassReverse can not have a path when defined in a location".into()),
        _ => Ok(()),
    }
}

/// `add_member`
pub(super) fn member(cmd: &mut Cmd<'_>, line: &[u8]) -> Done {
    cmd.forbid(forbid::HTACCESS)?;
    let mut path = cmd.path.clone();
    let mut name: Option<BString> = None;
    let mut given = Params::default();
    let mut rest = line;
    while !rest.is_empty() {
        let word = args::word(&mut rest);
        match word.split_once_str("=") {
            Some((key, value)) => given.set(key, value),
            None if path.is_none() => path = Some(word),
            None if name.is_none() => name = Some(word),
            None if cmd.path.is_some() => {
                return Err("BalancerMember can not have a balancer name when defined in a location".into());
            }
            None => return Err("Invalid BalancerMember parameter. Parameter must be in the form 'key=value'".into()),
        }
    }
    let Some(path) = path else {
        return Err("BalancerMember must define balancer name when outside <Proxy > section".into());
    };
    let Some(name) = name else { return Err("BalancerMember must define remote proxy server".into()) };
    let Some(real) = without_socket(&name) else { return Err("BalancerMember uses an invalid \"unix:\" URL".into()) };
    let path = path.to_ascii_lowercase();
    let span = cmd.span();
    let loaded = cmd.build.loaded.clone();
    let balancers = Arc::make_mut(&mut conf(cmd).balancers);
    let named = |e: String| format!("BalancerMember {e}");
    let i = match balancer::find(balancers, &path) {
        Some(i) => i,
        None => balancers.push(balancer::define(&path, Some(b"/"), span).map_err(named)?),
    };
    let members = &mut balancers[i].members;
    if let Some(i) = members.find(&real, Sort::Any) {
        let name = members[i].name.clone();
        shared(cmd, "AH01150", &name, &given);
        return Ok(());
    }
    let at = members.push(Worker::define(&name, false, span).map_err(named)?);
    let Some(w) = members.get_mut(at) else { return Ok(()) };
    given.0.iter().try_for_each(|(k, v)| params::worker(w, k, v, &loaded)).map_err(named)
}

/// What ProxySet and `<Proxy URL key=value>` set parameters of.
pub(super) enum Target {
    Balancer(usize),
    Worker(usize),
}

/// The balancer or worker of a name, made where there is none and `create` allows it.
pub(super) fn target(cmd: &mut Cmd<'_>, name: &[u8], sort: Sort, create: bool) -> Result<Option<Target>, String> {
    let span = cmd.span();
    let conf = conf(cmd);
    if is_balancer(name, 9) {
        let balancers = Arc::make_mut(&mut conf.balancers);
        if let Some(i) = balancer::find(balancers, name) {
            return Ok(Some(Target::Balancer(i)));
        }
        if !create {
            return Ok(None);
        }
        return Ok(Some(Target::Balancer(balancers.push(balancer::define(name, Some(b"/"), span)?))));
    }
    let workers = Arc::make_mut(&mut conf.workers);
    if let Some(i) = without_socket(name).and_then(|real| workers.find(&real, sort)) {
        return Ok(Some(Target::Worker(i)));
    }
    if !create {
        return Ok(None);
    }
    Ok(Some(Target::Worker(workers.push(Worker::define(name, sort == Sort::Match, span)?))))
}

/// Sets one parameter of a target.
pub(super) fn set_param(cmd: &mut Cmd<'_>, target: &Target, key: &[u8], value: &[u8]) -> Done {
    let loaded = cmd.build.loaded.clone();
    let conf = conf(cmd);
    match target {
        Target::Balancer(i) => match Arc::make_mut(&mut conf.balancers).get_mut(*i) {
            Some(b) => params::balancer(b, key, value, &loaded),
            None => Ok(()),
        },
        Target::Worker(i) => match Arc::make_mut(&mut conf.workers).get_mut(*i) {
            Some(w) => params::worker(w, key, value, &loaded),
            None => Ok(()),
        },
    }
}

/// `set_proxy_param`
pub(super) fn set(cmd: &mut Cmd<'_>, line: &[u8]) -> Done {
    cmd.forbid(forbid::HTACCESS)?;
    let mut rest = line;
    let section = cmd.parents.last().copied().filter(|p| begins_nocase(&p.name, b"proxy"));
    let (name, sort) = match section {
        None => (args::word(&mut rest), Sort::Any),
        Some(section) => {
            let mut words = section.args.as_slice();
            let mut name = args::word(&mut words);
            if let Some(end) = name.find_byte(b'>') {
                name.truncate(end);
            }
            (name, if begins_nocase(&section.name, b"proxymatch") { Sort::Match } else { Sort::Prefix })
        }
    };
    if !is_balancer(&name, 9) && without_socket(&name).is_none() {
        return Err("ProxySet uses an invalid \"unix:\" URL".into());
    }
    let found = target(cmd, &name, sort, section.is_some()).map_err(|e| format!("ProxySet {e}"))?;
    let Some(found) = found else {
        let kind = if is_balancer(&name, 9) { "Balancer" } else { "Worker" };
        return Err(format!("ProxySet can not find '{name}' {kind}."));
    };
    while !rest.is_empty() {
        let word = args::word(&mut rest);
        let Some((key, value)) = word.split_once_str("=") else {
            return Err("Invalid ProxySet parameter. Parameter must be in the form 'key=value'".into());
        };
        set_param(cmd, &found, key, value).map_err(|e| format!("ProxySet: {e} {word}; {name}"))?;
    }
    Ok(())
}
