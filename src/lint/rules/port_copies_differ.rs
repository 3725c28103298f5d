//! `port-copies-differ`

use super::elsewhere::{Known, leaks, name_of, told};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, MAPPINGS, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "port-copies-differ",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "The virtual hosts of one site for two ports differ in access rules or mappings.",
    why: "One was copied from the other, and a later change was made in one of them only.",
    help: "keep the lines that both need in one place: an Include, a Macro, or sections outside of both",
    safe: None,
    bad: Example {
        config: r##"Listen 8080
<Directory /srv/www>
  Require all granted
</Directory>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
  <Location /admin>
    Require ip 192.0.2.0/28
  </Location>
</VirtualHost>
# finding
<VirtualHost *:8080>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/index.html", "/srv/www/admin/index.html"],
    },
    good: Example {
        config: r##"Listen 8080
<Directory /srv/www>
  Require all granted
</Directory>
<Location /admin>
  Require ip 192.0.2.0/28
</Location>
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
<VirtualHost *:8080>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/index.html", "/srv/www/admin/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let known = Known::all(facts, asked);
    let copy = |a: &Known, b: &Known| !a.ports.iter().any(|port| b.ports.contains(port)) && a.shares_a_name(b);
    let tls = |host: Span| known.iter().any(|known| known.host == host && known.tls);
    let mut found: Vec<Finding> = Vec::new();
    for leak in leaks(facts, asked, &known, |a, b| copy(a, b).then(String::new)) {
        // what is for encrypted connections only
        let on_purpose = tls(leak.other) && !tls(leak.host) && leak.lines.iter().all(|line| shuts(facts, *line));
        if on_purpose || found.iter().any(|finding| finding.line == leak.other) {
            continue;
        }
        let path = &leak.seen.ask.path;
        let message = format!("`{path}` is open here, and refused by the copy of `{}`", name_of(asked, leak.host));
        found.push(told(rule, leak.other, message, &leak.seen, &leak.lines, "this rule is missing here"));
    }
    for own in &known {
        for other in known.iter().filter(|other| other.host != own.host && copy(own, other)) {
            let (own, theirs) = match own.roots(other) {
                Some((a, b)) if a == b => (own.host, other.host),
                _ => continue,
            };
            if found.iter().any(|finding| finding.line == theirs) {
                continue;
            }
            let Some((seen, line)) = lacks(facts, asked, own, theirs) else { continue };
            let name = facts.site.sources().directive_name(line);
            let message = format!("`{}` is not found here, and is by the copy: it has a {name} more", seen.ask.path);
            found.push(rule.seen(theirs, message, &seen).related(line, "this line is missing here"));
        }
    }
    found
}

/// Whether a line refuses everybody, or all plain connections.
fn shuts(facts: &Facts<'_>, line: Span) -> bool {
    let text = facts.site.sources().text(line).to_ascii_lowercase();
    [&b"denied"[..], b"deny from all", b"ssl", b"redirect", b"rewriterule"].iter().any(|word| text.contains_str(word))
}

/// A request that the other host does not answer, for want of a line of this one.
fn lacks(facts: &Facts<'_>, asked: &Asked<'_>, own: Span, other: Span) -> Option<(Seen, Span)> {
    let door = asked.open_doors().find(|door| door.server == Some(other))?;
    let home = asked.open_doors().find(|door| door.server == Some(own))?;
    let at_home = |seen: &&Seen| (&seen.ask.host, seen.ask.port, seen.ask.tls) == (&home.host, home.port, home.tls);
    let plain = asked.pool.iter().filter(|seen| at_home(seen) && seen.ask.weight().0 == 0);
    let sources = facts.site.sources();
    plain.take(300).find_map(|seen| {
        asked.gives(&seen.ask, &seen.outcome)?;
        let there = asked.ask(door.moved(&seen.ask));
        if there.outcome.status != 404 || seen.ask.path.contains("/.well-known") {
            return None;
        }
        let within = |line: &Span| facts.directives.iter().any(|d| d.span() == *line && d.virtual_host() == Some(own));
        let lines = seen.outcome.decided_by.iter().map(|decision| decision.span);
        let mut lines = lines.filter(|line| {
            let name = sources.directive_name(*line).to_ascii_lowercase();
            (MAPPINGS.contains(&name.as_str()) || name == "allowoverride") && name != "documentroot" && within(line)
        });
        let line = lines.next()?;
        let without = asked.without(&[line])?.ask(&seen.ask.request());
        let same = (without.status, &without.file) == (there.outcome.status, &there.outcome.file);
        same.then_some((there, line))
    })
}
