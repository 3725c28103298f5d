//! `private-address-from-trusted-proxy`

use crate::address::IpSubnet;
use crate::diagnostic::Severity;
use crate::lint::edits::Trial;
use crate::lint::facts::{Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::site::{Directive, Edit};
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::net::IpAddr;

pub(super) static RULE: Rule = Rule {
    name: "private-address-from-trusted-proxy",
    level: Severity::Note,
    group: "access control",
    finds: "RemoteIPTrustedProxy names the proxy, and rules ask for private addresses.",
    why: "From such a proxy httpd takes no private address: a rule for an inner network never fits.",
    help: "write RemoteIPInternalProxy",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
RemoteIPHeader X-Forwarded-For
# finding
RemoteIPTrustedProxy 203.0.113.5
<Directory /srv/www>
  Require ip 10.0.0.0/8
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 203.0.113.5
<Directory /srv/www>
  Require ip 10.0.0.0/8
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// How many words of a list are read.
const LISTED: usize = 100;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let Some(header) = facts.named(&["RemoteIPHeader"]).next().and_then(|d| d.words().into_iter().next()) else {
        return Vec::new();
    };
    let private = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_private(),
        IpAddr::V6(ip) => ip.is_unique_local(),
    };
    let asks = facts.lines().filter(|d| is_named(d, &["Require", "Allow"]));
    let inner: Vec<IpAddr> = asks
        .flat_map(|d| d.words())
        .filter_map(|word| IpSubnet::read(&word).ok()?.first())
        .filter(private)
        .take(4)
        .collect();
    let mut found = Vec::new();
    for line in facts.named(&["RemoteIPTrustedProxy", "RemoteIPTrustedProxyList"]) {
        let list = is_named(line, &["RemoteIPTrustedProxyList"]);
        let words = if list { listed(facts, line) } else { line.words() };
        let Some(proxy) = words.iter().find_map(|word| IpSubnet::read(word).ok()?.first()) else { continue };
        if inner.is_empty() {
            continue;
        }
        let name = if list { "RemoteIPInternalProxyList" } else { "RemoteIPInternalProxy" };
        let text = format!("{name} {}", line.args().to_str_lossy());
        let Some(other) = asked.changed(&[Edit::replace(line.span(), text)]) else { continue };
        let refused = asked.pool.iter().filter(|seen| seen.outcome.status == 403).take(40);
        let seen = refused.flat_map(|seen| inner.iter().map(move |ip| (seen, ip))).find_map(|(seen, ip)| {
            let said =
                Ask { client: Some(proxy), ..seen.ask.clone() }.with_header(&header.to_str_lossy(), &ip.to_string());
            let got = asked.ask(said);
            let fits = got.outcome.status == 403 && asked.gives(&got.ask, &other.ask(&got.ask.request())).is_some();
            fits.then_some(got)
        });
        if let Some(seen) = seen {
            let message = "no private address is taken from this proxy: a rule for an inner network never fits";
            let finding = rule.seen(line.span(), message, &seen);
            let old = line.span().start + line.name().len() as u32;
            let edits = vec![Edit::replace(Span { end: old, ..line.span() }, name)];
            let gone = |then: &Outcome| asked.gives(&seen.ask, then).is_some();
            let meant = |other: &Seen, _: &Outcome| other.ask.client == Some(proxy);
            let message = format!("write {name}");
            let fix = Trial { message: &message, edits, gone: &gone, meant: &meant }.guess(facts, &finding);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// The proxies in the file that a line names.
fn listed(facts: &Facts<'_>, line: &Directive<'_>) -> Vec<BString> {
    let file = line.words().into_iter().next().filter(|file| file.starts_with(b"/"));
    let text = file.and_then(|file| resolve::read(facts.site.vfs(), &Cred::root(), &file).ok()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(b"#"));
    lines.flat_map(|line| line.fields()).map(BString::from).take(LISTED).collect()
}
