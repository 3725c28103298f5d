//! Redirects, followed as a browser does it: each `Location` asked of the same site, within bounds (the fetch standard's
//! `HTTP-redirect fetch`).

mod cookies;
pub(crate) mod json;
mod location;

use crate::limits::REDIRECTS_FOLLOWED;
use crate::outcome::Outcome;
use crate::pattern::strcasecmp_match;
use crate::run::Run;
use crate::server::asked::Request;
use crate::url::{UrlParts, host_of, split_url};
use bstr::BString;
use cookies::Jar;
use std::net::IpAddr;

/// What a browser drops when a redirect makes a GET of its request.
const OF_A_BODY: [&str; 6] =
    ["Content-Length", "Content-Type", "Content-Encoding", "Content-Language", "Content-Location", "Transfer-Encoding"];

/// A request, and the redirects that were followed from it.
///
/// ```
/// use routesim::{Request, Site, Stopped};
///
/// let config = "Redirect 301 /old /new\nRedirect /new https://elsewhere.example/\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let followed = run.follow(&Request::get("http://localhost/old"));
/// let urls: Vec<&str> = followed.hops.iter().map(|hop| hop.request.url.as_str()).collect();
/// assert_eq!(urls, ["http://localhost/old", "http://localhost/new"]);
/// assert_eq!((followed.last().outcome.status, followed.stopped), (302, Some(Stopped::Elsewhere)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Followed {
    /// What was asked and answered, in order: one at least.
    pub hops: Vec<Hop>,
    /// Why the last answer's redirect was not followed; none where it is no redirect.
    pub stopped: Option<Stopped>,
}

/// One request on the way, and its answer.
///
/// ```
/// use routesim::{Request, Site};
///
/// let run = Site::builder("Redirect 303 /order /thanks\n").build()?.start().expect("httpd starts");
/// let mut ask = Request::get("http://localhost/order#done");
/// ask.method = "POST".into();
/// let hop = run.follow(&ask).hops.pop().expect("there are two");
/// assert_eq!((hop.request.method.as_str(), hop.request.url.as_str()), ("GET", "http://localhost/thanks#done"));
/// assert_eq!((hop.request.target.as_str(), hop.outcome.status), ("/thanks", 404));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hop {
    /// What was asked. Its URL has the fragment, which is not sent.
    pub request: Request,
    /// The answer.
    pub outcome: Outcome,
}

/// Why a redirect is not followed.
///
/// ```
/// use routesim::{Request, Site, Stopped};
///
/// let run = Site::builder("Redirect / http://localhost/\n").build()?.start().expect("httpd starts");
/// let stopped = run.follow(&Request::get("http://localhost/")).stopped;
/// assert_eq!((stopped, Stopped::Loop.as_str()), (Some(Stopped::Itself), "loop"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The Location is the URL that was asked.
    Itself,
    /// The Location was asked before, with the same method and cookies.
    Loop,
    /// It leads to a host that this site doesn't serve.
    Elsewhere,
    /// It is no http or https URL.
    NotHttp,
    /// As many were followed as a browser does.
    TooMany,
}

impl Stopped {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Stopped::Itself => "itself",
            Stopped::Loop => "loop",
            Stopped::Elsewhere => "elsewhere",
            Stopped::NotHttp => "not-http",
            Stopped::TooMany => "too-many",
        }
    }
}

impl Followed {
    /// The last request and its answer.
    pub fn last(&self) -> &Hop {
        &self.hops[self.hops.len() - 1]
    }
}

/// What a request is put by: its answer, and the cookies that it sets.
pub(crate) type Put<'p> = dyn FnMut(&Request) -> (Outcome, Vec<BString>) + 'p;

/// Asks, and follows redirects.
pub(crate) fn follow(run: &Run, request: &Request, put: &mut Put<'_>) -> Followed {
    let (mut asked, mut jar) = first(request);
    let mut hops: Vec<Hop> = Vec::new();
    loop {
        let (outcome, next) = turn(run, &asked, &mut jar, &hops, put);
        hops.push(Hop { request: asked, outcome });
        asked = match next {
            None => return Followed { hops, stopped: None },
            Some(Err(why)) => return Followed { hops, stopped: Some(why) },
            Some(Ok(_)) if hops.len() > REDIRECTS_FOLLOWED => {
                return Followed { hops, stopped: Some(Stopped::TooMany) };
            }
            Some(Ok(next)) => next,
        };
    }
}

/// Whether a request is answered with a redirect to itself.
pub(crate) fn leads_to_itself(run: &Run, request: &Request) -> bool {
    let (asked, mut jar) = first(request);
    let mut put = |request: &Request| run.ask_for_cookies(request);
    matches!(turn(run, &asked, &mut jar, &[], &mut put).1, Some(Err(Stopped::Itself)))
}

/// The first request, without a fragment, and the cookies that it has.
fn first(request: &Request) -> (Request, Jar) {
    let mut asked = request.clone();
    if let Some((target, _)) = request.target.split_once('#') {
        asked.target = target.into();
    }
    let jar = Jar::of(asked.headers.get("Cookie"), host(&asked));
    (asked, jar)
}

/// One request on the way: its answer, and what a browser asks next.
fn turn(
    run: &Run,
    asked: &Request,
    jar: &mut Jar,
    hops: &[Hop],
    put: &mut Put<'_>,
) -> (Outcome, Option<Result<Request, Stopped>>) {
    let (outcome, set) = put(asked);
    let parts = split_url(&asked.url);
    set.iter().for_each(|line| jar.set(line, host_of(parts.authority), path(&asked.target), parts.https));
    let next = next(run, asked, &outcome, jar, hops);
    (outcome, next)
}

/// What an answer makes a browser ask next; none where it is no redirect.
fn next(run: &Run, asked: &Request, outcome: &Outcome, jar: &Jar, hops: &[Hop]) -> Option<Result<Request, Stopped>> {
    let location = outcome.location.as_ref().filter(|_| matches!(outcome.status, 301 | 302 | 303 | 307 | 308))?;
    let Some(url) = location::resolve(&asked.url, location) else { return Some(Err(Stopped::NotHttp)) };
    let parts = split_url(&url);
    let mut hosts = hops.iter().map(|hop| &hop.request).chain([asked]).flat_map(hosts);
    let to = host_of(parts.authority);
    if !hosts.any(|host| is_same_site(to, &host)) && !is_served(run, to) {
        return Some(Err(Stopped::Elsewhere));
    }
    let next = redirected(run, asked, outcome.status, &url, jar);
    let is_same = |other: &Request| same(other, &next);
    if is_same(asked) {
        return Some(Err(Stopped::Itself));
    }
    Some(if hops.iter().any(|hop| is_same(&hop.request)) { Err(Stopped::Loop) } else { Ok(next) })
}

/// The request for a URL that one was redirected to.
fn redirected(run: &Run, asked: &Request, status: u16, url: &str, jar: &Jar) -> Request {
    let (from, to) = (split_url(&asked.url), split_url(url));
    let mut next = asked.clone();
    next.target = to.target.split('#').next().unwrap_or_default().into();
    next.url = url.into();
    let is_post = asked.method == "POST";
    if matches!(status, 301 | 302) && is_post || status == 303 && asked.method != "HEAD" {
        next.method = "GET".into();
        for name in OF_A_BODY {
            next.headers.unset(name);
        }
    }
    if (from.https, from.authority) != (to.https, to.authority) {
        connect(run, &mut next, to, from);
    }
    next.headers.unset("Cookie");
    if let Some(cookies) = jar.header(host_of(to.authority), path(&next.target), to.https) {
        next.headers.set("Cookie", cookies);
    }
    next
}

/// Points a request at another origin: what was meant for the one before is not sent.
fn connect(run: &Run, next: &mut Request, to: UrlParts<'_>, from: UrlParts<'_>) {
    (next.tls, next.sni) = (to.https, to.tls_name().filter(|_| to.https).map(str::to_string));
    next.headers.unset("Authorization");
    if from.authority != to.authority {
        next.headers.set("Host", to.authority.to_string());
    }
    let name = host_of(to.authority);
    let at_hand = run.is_listened(next.local, to.port) && host_of(from.authority) == name;
    if !at_hand && let Some((ip, _)) = run.default_local(name, to.port) {
        next.local = ip;
    }
    next.local_port = to.port;
}

/// Whether two requests are the same to the server.
fn same(a: &Request, b: &Request) -> bool {
    let origin = |r: &Request| (r.tls, r.local, r.local_port, r.headers.get("Host").map(|h| h.to_ascii_lowercase()));
    let cookies = |r: &Request| r.headers.get("Cookie").map(|c| c.to_vec());
    a.method == b.method && a.target == b.target && origin(a) == origin(b) && cookies(a) == cookies(b)
}

/// The hosts that a request names: its URL's, and its Host header's.
fn hosts(request: &Request) -> impl Iterator<Item = String> {
    let header = request.headers.get("Host").map(|h| host_of(&h.to_string()).to_string());
    [host(request).to_string()].into_iter().chain(header)
}

fn host(request: &Request) -> &str {
    host_of(split_url(&request.url).authority)
}

fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// Whether two names are one host, or one is below the other (`www.example.com` and `example.com`).
fn is_same_site(a: &str, b: &str) -> bool {
    let below = |a: &str, b: &str| {
        let rest = a.to_ascii_lowercase().strip_suffix(&b.to_ascii_lowercase()).map(|rest| rest.ends_with('.'));
        rest == Some(true) && b.contains('.')
    };
    a.eq_ignore_ascii_case(b) || below(a, b) || below(b, a)
}

/// Whether the configuration has a name for a host, or it is one of the site's addresses. A `ServerAlias *` names nothing.
fn is_served(run: &Run, host: &str) -> bool {
    let server = run.server();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let names = |n: &crate::server::vhost::Names| {
        let plain = n.names.iter().any(|(name, _)| name.eq_ignore_ascii_case(host.as_bytes()));
        let says = |name: &[u8]| name.iter().any(u8::is_ascii_alphanumeric);
        let wild = n.wild_names.iter().any(|(name, _)| says(name) && strcasecmp_match(host.as_bytes(), name));
        n.server_hostname.eq_ignore_ascii_case(host.as_bytes()) || plain || wild
    };
    let has = |ip: IpAddr| server.servers.iter().flat_map(|s| &s.addrs).any(|a| a.ip == Some(ip));
    server.names.iter().any(names) || address.is_ok_and(has)
}

impl Run {
    /// The answer, and those that a browser gets which follows the redirects: the same site's, at most 20, with the cookies
    /// that they set ([`Followed`]).
    pub fn follow(&self, request: &Request) -> Followed {
        follow(self, request, &mut |request| self.ask_for_cookies(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    /// The hops as `METHOD URL STATUS`, and why it ended.
    fn way(config: &str, ask: &Request) -> (Vec<String>, Option<Stopped>) {
        let config = format!("DocumentRoot /srv/www\n{config}");
        let modules =
            ["rewrite", "alias", "headers", "ssl", "authz_core", "auth_basic", "authn_core", "authn_file", "dir"];
        let site = Site::builder(config).modules(&modules).file("/srv/www/index.html", "x").build().unwrap();
        let followed = site.start().expect("httpd starts").follow(ask);
        let shown = |hop: &Hop| format!("{} {} {}", hop.request.method, hop.request.url, hop.outcome.status);
        (followed.hops.iter().map(shown).collect(), followed.stopped)
    }

    fn post(url: &str) -> Request {
        let mut ask = Request::get(url);
        ask.method = "POST".into();
        ask.headers.set("Content-Length", "5");
        ask
    }

    #[test]
    fn methods() {
        for (status, method) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
            let (hops, stopped) = way(&format!("Redirect {status} /a /b\n"), &post("http://h/a"));
            assert_eq!(hops, [format!("POST http://h/a {status}"), format!("{method} http://h/b 404")]);
            assert_eq!(stopped, None);
        }
        let put = |status| {
            let mut ask = post("http://h/a");
            ask.method = "PUT".into();
            way(&format!("Redirect {status} /a /b\n"), &ask).0[1].clone()
        };
        assert_eq!((put(302), put(303)), ("PUT http://h/b 405".into(), "GET http://h/b 404".into()));
        assert_eq!(way("Redirect 300 /a /b\n", &Request::get("http://h/a")).0.len(), 1, "no redirect to a browser");
    }

    #[test]
    fn where_it_goes_on_and_where_not() {
        let to = |location: &str, more: &str| {
            let (hops, stopped) =
                way(&format!("Redirect /a {location}\n{more}"), &Request::get("http://a.example/a#top"));
            (hops.get(1).map(|hop| hop.split(' ').nth(1).unwrap().to_string()), stopped)
        };
        assert_eq!(to("http://www.a.example/x", ""), (Some("http://www.a.example/x#top".into()), None));
        assert_eq!(to("http://A.example:80/x#own", ""), (Some("http://a.example/x#own".into()), None));
        assert_eq!(to("http://other.example/", ""), (None, Some(Stopped::Elsewhere)));
        let known = "<VirtualHost *:80>\nServerName x\n</VirtualHost>\n<VirtualHost *:80>\nServerName other.example\nRedirect /q /w\n</VirtualHost>\n";
        let known = format!(
            "{known}<VirtualHost *:80>\nServerName a.example\nRedirect /a http://other.example/q\n</VirtualHost>\n"
        );
        assert_eq!(way(&known, &Request::get("http://a.example/a")).0[2], "GET http://other.example/w 404");
        let any = "<VirtualHost *:80>\nServerAlias *\nRedirect /a http://other.example/\n</VirtualHost>\n";
        assert_eq!(way(any, &Request::get("http://a.example/a")).1, Some(Stopped::Elsewhere));
        assert_eq!(to("ftp://a.example/", ""), (None, Some(Stopped::NotHttp)));
    }

    #[test]
    fn loops() {
        let ask = Request::get("http://h/a");
        let (hops, stopped) = way("Redirect /a http://h/a/x\n", &ask);
        assert_eq!((hops.len(), stopped), (21, Some(Stopped::TooMany)), "it grows: /a/x/x");
        let (hops, stopped) = way("RedirectMatch ^/a$ http://h/a\n", &ask);
        assert_eq!((hops.len(), stopped), (1, Some(Stopped::Itself)));
        let (hops, stopped) = way("RedirectMatch ^/a$ http://h/b\nRedirectMatch ^/b$ http://h/a\n", &ask);
        assert_eq!((hops.len(), stopped), (2, Some(Stopped::Loop)));
    }

    /// A rule that asks for a cookie and sets it: with cookies there is one redirect, without it would be a loop.
    #[test]
    fn cookies_of_rules_and_headers() {
        let config = |set: &str| {
            format!(
                "RewriteEngine on\nRewriteCond %{{HTTP_COOKIE}} !seen=1\nRewriteRule ^/(.*)$ http://a.example/$1 [R=302,L{set}]\n"
            )
        };
        let ask = Request::get("http://a.example/");
        let end = |config: String| {
            let (hops, stopped) = way(&config, &ask);
            (hops.last().unwrap().rsplit(' ').next().unwrap().to_string(), stopped)
        };
        assert_eq!(end(config(",CO=seen:1:a.example")), ("200".into(), None));
        assert_eq!(end(config(",CO=;seen;1;.a.example;0;/")), ("200".into(), None));
        for not in [
            "",
            ",CO=seen:1:b.example",
            ",CO=seen:1:a.example:0:/x",
            ",CO=seen:1:a.example:0:/:secure",
            ",CO=seen:1:a.example:-1",
            ",CO=seen:2:a.example",
        ] {
            assert_eq!(end(config(not)).0, "302", "{not}");
        }
        let header = format!("{}Header always set Set-Cookie \"seen=1; Path=/\"\n", config(""));
        assert_eq!(end(header), ("200".into(), None));
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let mut ask = Request::get("http://a.example/a");
        ask.headers.set("Authorization", "Basic x");
        let site = Site::builder("Redirect /a /b\nRedirect /b http://www.a.example/c\n").build().unwrap();
        let hops = site.start().expect("httpd starts").follow(&ask).hops;
        let sent: Vec<bool> = hops.iter().map(|h| h.request.headers.get("Authorization").is_some()).collect();
        assert_eq!(sent, [true, true, false]);
        assert_eq!(hops[2].request.headers.get("Host").unwrap(), "www.a.example");
    }

    #[test]
    fn to_https() {
        let config = "Listen 80\nListen 443\n<VirtualHost *:80>\nRedirect / https://a.example/\n</VirtualHost>\n\
                      <VirtualHost *:443>\nSSLEngine on\nDocumentRoot /srv/www\n</VirtualHost>\n";
        let (hops, stopped) = way(config, &Request::get("http://a.example/"));
        assert_eq!((hops.last().unwrap().as_str(), stopped), ("GET https://a.example/ 200", None));
    }
}
