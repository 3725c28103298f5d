//! Balancers: groups of back-ends that share requests (modules/proxy/proxy_util.c, mod_proxy_balancer.c).

use super::worker::{Worker, Workers, status};
use crate::named::{Name, Named};
use crate::pattern::begins_nocase;
use crate::server::Loaded;
use crate::server::request::Request;
use crate::server::uri;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;
use std::sync::Arc;

/// What a balancer's URL begins with.
pub(super) const PREFIX: &str = "balancer://";

/// A group of back-ends: httpd's `proxy_balancer`.
#[derive(Clone, Debug)]
pub(crate) struct Balancer {
    /// Where it is first named.
    pub span: Span,
    /// `balancer://name`
    pub name: BString,
    /// Its members.
    pub members: Workers,
    /// The cookie of `stickysession=`; empty for none.
    pub sticky: BString,
    /// The path parameter of `stickysession=`.
    pub sticky_path: BString,
    /// What stands in front of the route in a session's name; none for nothing.
    pub separator: Option<u8>,
    /// `nofailover=`
    pub no_failover: bool,
    /// `scolonpathdelim=`
    pub semicolon: bool,
    /// `lbmethod=`
    pub method: BString,
}

/// Whether a URL is a balancer's: `ap_proxy_valid_balancer_name` with `length` letters compared.
pub(super) fn is_balancer(url: &[u8], length: usize) -> bool {
    begins_nocase(url, &PREFIX.as_bytes()[..length])
}

/// Whether the module of an `lbmethod` is loaded.
pub(super) fn method_loaded(loaded: &Loaded, method: &[u8]) -> bool {
    method.to_str().is_ok_and(|m| loaded.has(&format!("lbmethod_{m}_module")))
}

/// A balancer's name without what follows it in a URL.
fn name_of(url: &[u8]) -> Option<BString> {
    let host = url.find(b":").filter(|c| url[*c..].starts_with(b"://") && url.len() > c + 3)? + 3;
    let end = url[host..].find_byte(b'/').map_or(url.len(), |i| host + i);
    Some(url[..end].to_ascii_lowercase().into())
}

impl Name for Balancer {
    fn name(&self) -> Cow<'_, BStr> {
        self.name.as_bstr().into()
    }
}

/// `ap_proxy_get_balancer`
pub(super) fn find(balancers: &Named<Balancer>, url: &[u8]) -> Option<usize> {
    balancers.find(&name_of(url)?)
}

/// `ap_proxy_define_balancer`: a new balancer; `alias` is the path that leads to it.
pub(super) fn define(url: &[u8], alias: Option<&[u8]>, span: Span) -> Result<Balancer, String> {
    let Some(name) = name_of(url) else { return Err(format!("Bad syntax for a balancer name ({})", url.as_bstr())) };
    if name.len() >= 96 {
        return Err(format!("balancer name ({name}) too long"));
    }
    if let Some(alias) = alias {
        let Some(parts) = uri::parse(alias) else { return Err(format!("unable to parse: {}", alias.as_bstr())) };
        if let Some(path) = parts.path.filter(|p| p.len() >= 64) {
            return Err(format!("balancer {name} front-end virtual-path ({path}) too long"));
        }
    }
    Ok(Balancer {
        span,
        name,
        members: Workers::default(),
        sticky: BString::default(),
        sticky_path: BString::default(),
        separator: Some(b'.'),
        no_failover: false,
        semicolon: false,
        method: "byrequests".into(),
    })
}

/// `merge_balancers`: one of both servers has the main server's members.
pub(super) fn merge(base: &Arc<Named<Balancer>>, add: &Arc<Named<Balancer>>) -> Arc<Named<Balancer>> {
    if add.is_empty() {
        return base.clone();
    }
    let mut own = (**add).clone();
    let mut all = Named::default();
    for b in base.iter() {
        let Some(same) = own.named(&b.name) else {
            all.push(b.clone());
            continue;
        };
        same.members.clone_from(&b.members);
        same.no_failover |= b.no_failover;
        same.semicolon |= b.semicolon;
        if same.sticky.is_empty() {
            same.sticky.clone_from(&b.sticky);
            same.sticky_path.clone_from(&b.sticky_path);
        }
        if same.separator == Some(b'.') {
            same.separator = b.separator;
        }
    }
    all.extend(own.iter().cloned());
    Arc::new(all)
}

/// The session that a request belongs to.
pub(crate) struct Session {
    /// The name by which it was found.
    sticky: BString,
    /// Its route.
    route: BString,
}

/// What choosing a member came to.
pub(crate) enum Choice<'b> {
    /// This one; `only` where no other could have been taken, `routed` where the session's route leads to it.
    Member { member: &'b Worker, only: bool, routed: bool, session: Option<Session> },
    /// None, with httpd's code and message.
    Nobody(&'static str, String),
}

impl Balancer {
    /// `proxy_balancer_pre_request`: the member that gets a request, on a server that just started.
    pub(crate) fn choose(&self, r: &Request<'_>, url: &[u8]) -> Choice<'_> {
        let session = self.session(r, url);
        if let Some(Session { route, .. }) = &session {
            if let Some(member) = self.by_route(route.as_bstr(), 1) {
                return Choice::Member { member, only: true, routed: true, session };
            }
            if self.no_failover && self.members.iter().any(|m| m.route == *route && !m.route.is_empty()) {
                let message = format!("{}: All workers are in error state for route ({route})", self.name);
                return Choice::Nobody("AH01167", message);
            }
        }
        let candidates = self.candidates();
        match candidates.first() {
            Some(first) => {
                let by_factor = |best: &'_ Worker, m: &'_ Worker| m.factor > best.factor;
                let member = candidates.iter().fold(*first, |best, m| if by_factor(best, m) { m } else { best });
                Choice::Member { member, only: candidates.len() == 1, routed: false, session }
            }
            None if self.members.is_empty() => {
                Choice::Nobody("AH01171", format!("{}: No workers in balancer", self.name))
            }
            None => Choice::Nobody("AH01170", format!("{}: All workers are in error state", self.name)),
        }
    }

    /// `ap_proxy_balancer_get_best_worker`, without taking the best: sets in order, spares for those that can't be used, then
    /// standbys.
    fn candidates(&self) -> Vec<&Worker> {
        let last = self.members.iter().map(|m| m.lbset).max().unwrap_or(0);
        for set in 0..=last {
            let (mut found, mut spares, mut standbys) = (Vec::new(), Vec::new(), Vec::new());
            let mut unusable = 0;
            for m in self.members.iter().filter(|m| m.lbset == set) {
                let has = |bit| m.status & bit != 0;
                let reserve = has(status::HOT_SPARE) || has(status::HOT_STANDBY);
                if has(status::DRAIN) || !m.usable() {
                    unusable += usize::from(!reserve);
                } else if has(status::HOT_SPARE) {
                    spares.push(m);
                } else if has(status::HOT_STANDBY) {
                    standbys.push(m);
                } else {
                    found.push(m);
                }
            }
            found.extend(spares.into_iter().take(unusable));
            if found.is_empty() {
                found = standbys;
            }
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// What the environment says of the member that was chosen.
    pub(crate) fn tell(&self, r: &mut Request<'_>, member: &Worker, routed: bool, session: Option<Session>) {
        if !routed && !self.sticky.is_empty() {
            r.env.set("BALANCER_ROUTE_CHANGED", "1");
        }
        r.env.set("BALANCER_NAME", self.name.clone());
        r.env.set("BALANCER_WORKER_NAME", member.name.clone());
        r.env.set("BALANCER_WORKER_ROUTE", member.route.clone());
        if let Some(Session { sticky, route }) = session {
            r.env.set("BALANCER_SESSION_STICKY", sticky);
            r.env.set("BALANCER_SESSION_ROUTE", route);
        }
    }

    /// `find_session_route`: the session that a request belongs to, and its route.
    fn session(&self, r: &Request<'_>, url: &[u8]) -> Option<Session> {
        if self.sticky.is_empty() {
            return None;
        }
        let in_path = path_parameter(url, &self.sticky_path, self.semicolon).map(|s| (&self.sticky_path, s));
        let of_cookie = || r.headers_in.get("Cookie").and_then(|c| cookie(c, &self.sticky)).map(|s| (&self.sticky, s));
        let (sticky, session) = in_path.or_else(of_cookie)?;
        let route: BString = match self.separator {
            None => session,
            Some(b) => session[session.find_byte(b)? + 1..].into(),
        };
        (!route.is_empty()).then(|| Session { sticky: sticky.clone(), route })
    }

    /// `find_route_worker`: standbys last; one that is out of service may name another.
    fn by_route(&self, route: &BStr, depth: usize) -> Option<&Worker> {
        for standby in [false, true] {
            let of_kind = |m: &&Worker| (m.status & status::HOT_STANDBY != 0) == standby;
            let named = self.members.iter().filter(of_kind).filter(|m| !m.route.is_empty() && m.route == route);
            for m in named {
                if m.usable() {
                    return Some(m);
                }
                if !m.redirect.is_empty()
                    && depth < self.members.len()
                    && let Some(other) = self.by_route(m.redirect.as_bstr(), depth + 1).filter(|o| o.usable())
                {
                    return Some(other);
                }
            }
        }
        None
    }
}

/// `get_path_param`
fn path_parameter(url: &[u8], name: &[u8], semicolon: bool) -> Option<BString> {
    let ends = |b: &u8| b"?&".contains(b) || semicolon && *b == b';';
    for i in url.find_iter(name) {
        if let Some(value) = url[i + name.len()..].strip_prefix(b"=").filter(|v| !v.is_empty()) {
            return value.split(ends).find(|v| !v.is_empty()).map(BString::from);
        }
    }
    None
}

/// `get_cookie_param`
fn cookie(cookies: &[u8], name: &[u8]) -> Option<BString> {
    for i in cookies.find_iter(name) {
        let begins = i == 0 || b";, \t".contains(&cookies[i - 1]);
        let after = cookies[i + name.len()..].trim_start();
        if let Some(value) = after.strip_prefix(b"=").filter(|v| begins && !v.is_empty()) {
            let end = value.find_byteset(b";,").unwrap_or(value.len());
            return Some(value[..end].into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_found_in_paths_and_cookies() {
        let path = |url: &str, semicolon| path_parameter(url.as_bytes(), b"sid", semicolon);
        assert_eq!(path("/a;sid=x.r1;y?b", true), Some("x.r1".into()));
        assert_eq!(path("/a;sid=x.r1;y?b", false), Some("x.r1;y".into()));
        assert_eq!(path("/a?q&sid=&sid=z", false), Some("sid=z".into()));
        assert_eq!(cookie(b"xsid=1; sid = 2.b; c", b"sid"), Some(" 2.b".into()));
        assert_eq!(cookie(b"xsid=1", b"sid"), None);
    }
}
