//! `port-copies-differ`

use super::elsewhere::{Known, leaks, name_of, told};
use crate::diagnostic::Severity;
use crate::lint::edits::sections::dedented;
use crate::lint::edits::{Trial, at_end_of, outermost};
use crate::lint::facts::{Asked, Facts, MAPPINGS, Seen, is_named};
use crate::lint::rewriting::{Level, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ground::is_refusal;
use crate::site::Edit;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "port-copies-differ",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "The virtual hosts of one site for two ports differ in access rules or mappings.",
    why: "One was copied from the other, and a later change was made in one of them only.",
    help: "keep the lines that both need in one place: an Include, a Macro, or sections outside of both",
    safe: Some(false),
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
        let finding = told(rule, leak.other, message, &leak.seen, &leak.lines, "this rule is missing here");
        let fix = copied(facts, &finding, &leak.lines).and_then(|edits| {
            let meant = |_: &Seen, then: &Outcome| is_refusal(then);
            let message = "put its rules here, too";
            Trial { message, edits, gone: &is_refusal, meant: &meant }.guess(facts, &finding)
        });
        found.push(Finding { fix, ..finding });
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
            let finding = rule.seen(theirs, message, &seen).related(line, "this line is missing here");
            let home = asked.open_doors().find(|door| door.server == Some(own));
            let fix = copied(facts, &finding, &[line]).zip(home).and_then(|(edits, home)| {
                // what the copy gives to the same visitor
                let meant = |other: &Seen, _: &Outcome| {
                    let there = asked.ask(home.moved(&other.ask));
                    other.outcome.status == 404 && asked.gives(&there.ask, &there.outcome).is_some()
                };
                let gone = |then: &Outcome| then.status < 400;
                let message = "put the line here, too";
                Trial { message, edits, gone: &gone, meant: &meant }.guess(facts, &finding)
            });
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// Lines of the one host, with the sections around them, at the end of the other.
fn copied(facts: &Facts<'_>, finding: &Finding, lines: &[Span]) -> Option<Vec<Edit>> {
    let sources = facts.site.sources();
    let host = facts.directives.iter().find(|d| d.span() == finding.line)?;
    let mut texts: Vec<String> = Vec::new();
    for line in facts.directives.iter().filter(|d| lines.contains(&d.span()) && d.virtual_host().is_some()) {
        // a rule goes with its conditions
        if is_named(line, &["RewriteRule"]) {
            let all = rewrites(facts);
            let rule = all.iter().find(|rule| rule.span() == line.span() && rule.level == Level::Server)?;
            if !facts.within(host).any(|d| is_named(d, &["RewriteEngine"])) {
                texts.push("RewriteEngine On".into());
            }
            texts.extend(rule.conditions.iter().map(|condition| dedented(sources, condition.span())));
        }
        texts.push(dedented(sources, outermost(line, &facts.directives)));
    }
    texts.dedup();
    (!texts.is_empty()).then(|| at_end_of(sources, host, &texts.join("\n")).map(|edit| vec![edit])).flatten()
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
