//! What depends on the outside is no guess where a scenario says it.

use routesim::source::SourceMap;
use routesim::suite::Scenario;
use routesim::{Request, Site};
use std::path::Path;

const SCENARIO: &str = r#"
name: what a scenario says of the outside
modules: [ssl]
environment: {SITE: blue}
time: 2026-11-24 13:05:09
config: |
  DocumentRoot /srv/www
  <Directory /srv>
    Require all granted
  </Directory>
  <Location /${SITE}>
    Require expr "osenv('SITE') == 'blue' && osenv('OTHER') == ''"
  </Location>
  <Location /night>
    Require expr "%{TIME_HOUR} -ge 22"
  </Location>
  <Location /day>
    Require expr "%{TIME_WDAY} == 2 && %{TIME} == '20261124130509'"
  </Location>
  <VirtualHost *:443>
    SSLEngine on
    SSLCertificateFile /etc/ssl/sim.pem
    <Location /alice>
      Require expr "%{SSL_CLIENT_S_DN_CN} == 'alice' && %{SSL_PROTOCOL} == 'TLSv1.2'"
    </Location>
  </VirtualHost>
files: {/srv/www/blue: x, /srv/www/day: x, /srv/www/night: x, /srv/www/alice: x}
requests:
  - /blue
  - /night
  - /day
  - {url: https://localhost/alice, tls: true, ssl: {CLIENT_S_DN_CN: alice, SSL_PROTOCOL: TLSv1.2}}
  - {url: https://localhost/alice, tls: true, ssl: {CLIENT_S_DN_CN: bob, SSL_PROTOCOL: TLSv1.2}}
"#;

fn answers(text: &str) -> Vec<(u16, bool)> {
    let scenario = Scenario::parse(Path::new("outside.yaml"), text, &SourceMap::default()).expect("a scenario");
    let site = Site::of_scenario(&scenario).expect("a tree");
    let run = site.start().expect("httpd starts");
    let asks = scenario.requests.iter().enumerate().map(|(i, r)| Request::of(r, i));
    asks.map(|a| run.ask(&a)).map(|o| (o.status, o.caveats.is_empty())).collect()
}

#[test]
fn what_is_said_is_no_guess() {
    assert_eq!(answers(SCENARIO), [(200, true), (403, true), (200, true), (200, true), (403, true)]);
}

#[test]
fn what_is_not_said_is_a_caveat() {
    let without: Vec<&str> = SCENARIO.lines().filter(|l| !l.starts_with("time:")).collect();
    let answers = answers(&without.join("\n"));
    assert!(!answers[1].1 && !answers[2].1, "{answers:?}");
}

#[test]
fn a_time_that_is_none_is_an_error() {
    let text = SCENARIO.replace("13:05:09", "25:05:09");
    let wrong = Scenario::parse(Path::new("outside.yaml"), &text, &SourceMap::default()).expect_err("no such hour");
    assert!(wrong[0].message.contains("time"), "{}", wrong[0].message);
}
