//! `remoteip-trusts-everybody`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::ground::is_refusal;
use crate::search::vary::Vary;
use crate::site::Directive;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "remoteip-trusts-everybody",
    level: Severity::Error,
    group: "access control",
    finds: "RemoteIPHeader is taken from everybody, and access hangs on the address.",
    why: "The client's address is then what the client says: a rule for an inner network lets in whoever names an address of it.",
    help: "write `RemoteIPInternalProxy` with the addresses of the proxies",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
RemoteIPHeader X-Forwarded-For
<Directory /srv/www>
  Require ip 198.51.100.0/24
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 10.0.0.5
<Directory /srv/www>
  Require ip 198.51.100.0/24
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// How many refused requests are asked with the header.
const REQUESTS: usize = 60;
/// How many addresses are said.
const ADDRESSES: usize = 12;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    for line in facts.named(&["RemoteIPHeader"]) {
        let Some(header) = line.words().into_iter().next().map(|word| word.to_string()) else { continue };
        let Some(seen) = let_in(facts, asked, &header) else { continue };
        // the line of proxies that the visitor is among, or else that there is none
        let request = seen.ask.request();
        let refused =
            |line: &&Directive<'_>| asked.without(&[line.span()]).is_some_and(|other| is_refusal(&other.ask(&request)));
        if !refused(&line) {
            continue;
        }
        let same = |d: &&Directive<'_>| {
            is_named(
                d,
                &[
                    "RemoteIPInternalProxy",
                    "RemoteIPTrustedProxy",
                    "RemoteIPInternalProxyList",
                    "RemoteIPTrustedProxyList",
                ],
            ) && (d.virtual_host().is_none() || d.virtual_host() == line.virtual_host())
        };
        let proxies: Vec<&Directive<'_>> = facts.directives.iter().filter(same).collect();
        // one that covers everybody
        let covers = proxies.iter().copied().find(|proxies| others_do(asked, &seen, proxies));
        let (blamed, why) = match covers.or(proxies.first().copied()) {
            Some(proxies) => (proxies, "these proxies cover everybody"),
            None => (line, "no proxy is named, and everybody is trusted"),
        };
        let said = seen.ask.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&header));
        let said = said.map_or("", |(_, value)| value);
        let message = format!("{why}: who sends `{header}: {said}` has that address");
        let mut finding = rule.seen(blamed.span(), message, &seen);
        if blamed.span() != line.span() {
            finding = finding.related(line.span(), "the header that they are believed");
        }
        found.push(finding);
    }
    found
}

/// Whether a line of proxies is the one that lets the visitor say who he is: with another one in its place he is refused.
fn others_do(asked: &Asked<'_>, seen: &Seen, proxies: &Directive<'_>) -> bool {
    let other = crate::site::Edit::replace(proxies.span(), "RemoteIPInternalProxy 203.0.113.254");
    asked.changed(&[other]).is_some_and(|run| is_refusal(&run.ask(&seen.ask.request())))
}

/// A request that is let in for an address that it says.
fn let_in(facts: &Facts<'_>, asked: &Asked<'_>, header: &str) -> Option<Seen> {
    let said = asked
        .ground
        .search
        .varied
        .iter()
        .filter(|vary| matches!(vary, Vary::Header(name, _) if name.eq_ignore_ascii_case(header)))
        .take(ADDRESSES)
        .cloned();
    let said: Vec<Vary> = said.chain(by_conditions(facts, header)).collect();
    let plain = |seen: &&Seen| {
        matches!(seen.outcome.status, 401 | 403)
            && !seen.ask.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(header))
    };
    asked.pool.iter().filter(plain).take(REQUESTS).find_map(|seen| {
        said.iter().find_map(|vary| {
            let got = asked.ask(vary.of(&seen.ask));
            asked.gives(&got.ask, &got.outcome).map(|_| got)
        })
    })
}

/// Addresses that conditions of rules are about.
fn by_conditions(facts: &Facts<'_>, header: &str) -> Vec<Vary> {
    let conditions = facts.lines().filter(|d| is_named(d, &["RewriteCond"]));
    let addresses = conditions.filter_map(|d| {
        let words = d.words();
        let about = words.first()?.to_ascii_uppercase().contains_str("REMOTE_ADDR");
        let text = words.get(1).filter(|_| about)?.to_string();
        let text = text.trim_start_matches(['!', '^', '=']).replace('\\', "");
        let mut parts: Vec<u8> =
            text.split('.').map_while(|part| part.trim_end_matches('$').parse().ok()).take(4).collect();
        parts.resize(if parts.is_empty() { 0 } else { 4 }, 7);
        let [a, b, c, d] = parts.try_into().ok()?;
        Some(Vary::Header(header.into(), std::net::Ipv4Addr::new(a, b, c, d).to_string()))
    });
    addresses.take(ADDRESSES).collect()
}
