//! `not-inherited-by-virtual-hosts`

use super::elsewhere::name_of;
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, above, at_end_of, below};
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::lines::Urls;
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix};
use crate::source::Span;

pub(super) static RULE: Rule = Rule {
    name: "not-inherited-by-virtual-hosts",
    level: Severity::Warning,
    group: "virtual hosts",
    finds: "A RewriteRule or AllowEncodedSlashes of the main server does not act, as requests end in virtual hosts.",
    why: "Unlike most of the main server's lines, these do not hold in virtual hosts by themselves.",
    help: "put the line into each virtual host, or for rewrite rules `RewriteEngine On` and `RewriteOptions Inherit`",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine On
# finding
RewriteRule ^/private - [F]
<VirtualHost *:80>
  ServerName www.example.com
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    good: Example {
        config: r##"<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine On
RewriteRule ^/private - [F]
<VirtualHost *:80>
  ServerName www.example.com
  RewriteEngine On
  RewriteOptions Inherit
  DocumentRoot /srv/www
</VirtualHost>
"##,
        files: &["/srv/www/private/a.txt"],
    },
    find,
};

/// How many virtual hosts are asked for each line.
const HOSTS: usize = 12;
/// How many URLs are tried for each line.
const URLS: usize = 4;
/// Methods that rules of the main server are often about.
const METHODS: [&str; 2] = ["GET", "TRACE"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let hosts: Vec<&Directive<'_>> = facts.named(&["VirtualHost"]).collect();
    let mut found = Vec::new();
    if hosts.is_empty() {
        return found;
    }
    let main = |d: &&Directive<'_>| d.sections().is_empty() && facts.site.is_own(d.span().file);
    for line in facts.named(&["RewriteRule", "AllowEncodedSlashes"]).filter(main) {
        let urls: Vec<String> = match Urls::of(line) {
            _ if is_named(line, &["AllowEncodedSlashes"]) => vec!["/a%2Fb".into()],
            Some(urls) => urls.some(asked),
            None => continue,
        };
        let search = &asked.ground.search;
        let conditions = search.points_of(line.span()).take(2).flat_map(|point| search.asks_for(point));
        let mut all: Vec<String> = urls.into_iter().take(1).chain(conditions.map(|ask| ask.path)).collect();
        all.dedup();
        if let Some((seen, host)) = all.iter().take(URLS).find_map(|url| unheeded(facts, asked, line, url, &hosts)) {
            let name = name_of(asked, host);
            let message = format!("this line does not act in `{name}`: virtual hosts do not inherit it");
            let finding = rule.seen(line.span(), message, &seen).related(host, "requests end here");
            let fix = inherited(facts, &finding, line, &hosts);
            found.push(Finding { fix, ..finding });
        }
    }
    found
}

/// The line for virtual hosts, too: rules by InheritDown, or in each host that says nothing of them; another line there.
fn inherited(facts: &Facts<'_>, finding: &Finding, line: &Directive<'_>, hosts: &[&Directive<'_>]) -> Option<Fix> {
    let sources = facts.site.sources();
    let outcome = &finding.witness.as_ref()?.1;
    let gone = |then: &Outcome| differ(outcome, then).is_some();
    // what a rule refuses is meant to be refused; a URL that leads nowhere by one is not
    let meant = |_: &Seen, then: &Outcome| matches!(then.status, 401 | 403 | 410);
    let try_it =
        |message: &str, edits: Vec<Edit>| Trial { message, edits, gone: &gone, meant: &meant }.guess(facts, finding);
    let silent = |names: &[&str], text: &str| -> Vec<Edit> {
        let own = hosts.iter().filter(|host| !facts.within(host).any(|d| is_named(d, names)));
        own.filter_map(|host| at_end_of(sources, host, text)).collect()
    };
    if !is_named(line, &["RewriteRule"]) {
        let text = sources.text(line.span()).to_string();
        return try_it("put the line into each virtual host", silent(&["AllowEncodedSlashes"], &text));
    }
    let down = "RewriteOptions InheritDown";
    let engine = facts.named(&["RewriteEngine"]).find(|d| d.sections().is_empty() && d.span().file == line.span().file);
    let edit = engine.map_or_else(|| above(sources, line.span(), down), |engine| below(sources, engine.span(), down));
    try_it("let virtual hosts inherit the rules", vec![edit]).or_else(|| {
        let edits = silent(&["RewriteEngine", "RewriteOptions"], "RewriteEngine On\nRewriteOptions Inherit");
        try_it("let each virtual host inherit the rules", edits)
    })
}

/// The ports that the configuration speaks of.
fn ports(facts: &Facts<'_>, asked: &Asked<'_>) -> Vec<u16> {
    let server = asked.ground.search.run.server();
    let mut found: Vec<u16> = server.servers.iter().flat_map(|s| &s.addrs).map(|address| address.port).collect();
    if found.contains(&0) || facts.named(&["Listen"]).next().is_some() {
        found.extend(asked.open_doors().map(|door| door.port));
    }
    found
}

/// A line at the end of a section.
fn inserted(section: &Directive<'_>, text: &str) -> Option<Edit> {
    let close = section.end()?;
    Some(Edit { file: close.file, range: close.start..close.start, text: text.into() })
}

/// A request to a virtual host that the line would act on, were it there, where no request reaches the main server.
fn unheeded(
    facts: &Facts<'_>,
    asked: &Asked<'_>,
    line: &Directive<'_>,
    url: &str,
    hosts: &[&Directive<'_>],
) -> Option<(Seen, Span)> {
    let rewrites = is_named(line, &["RewriteRule"]);
    let acts = |ask: Ask| {
        let seen = asked.ask(ask);
        seen.met.contains(&line.span()) || !rewrites && asked.needs(&seen.ask, &seen.outcome, &[line.span()])
    };
    // where requests reach the main server, the line is for those
    let known = ports(facts, asked);
    let mut reached = asked.open_doors().filter(|door| door.server.is_none() && known.contains(&door.port));
    if reached.any(|door| METHODS.iter().any(|m| acts(Ask { method: (*m).into(), ..door.ask(url) }))) {
        return None;
    }
    let settles = |host: &&Directive<'_>| {
        facts.within(host).any(|d| is_named(d, &["RewriteEngine", "RewriteOptions", "AllowEncodedSlashes"]))
    };
    let door = |host: &Directive<'_>| asked.open_doors().find(|door| door.server == Some(host.span()));
    // those that don't speak of it first; where all that do inherit nothing either, it acts nowhere
    let silent: Vec<&&Directive<'_>> = hosts.iter().filter(|host| !settles(host)).collect();
    let inherited = || hosts.iter().filter_map(|host| door(host)).any(|door| acts(door.ask(url)));
    let candidates: Vec<&&Directive<'_>> = match silent.is_empty() {
        false => silent,
        true if rewrites && !inherited() => hosts.iter().collect(),
        true => return None,
    };
    candidates.into_iter().take(HOSTS).find_map(|host| {
        let text = match rewrites {
            true => "RewriteEngine On\nRewriteOptions Inherit\n".to_string(),
            false => format!("{}\n", facts.site.sources().text(line.span())),
        };
        let edits = [inserted(host, &text)?];
        let door = door(host)?;
        METHODS.iter().find_map(|method| {
            let seen = asked.ask(Ask { method: (*method).into(), ..door.ask(url) });
            let then = asked.changed(&edits)?.ask(&seen.ask.request());
            let acts = !seen.met.contains(&line.span()) && differ(&seen.outcome, &then).is_some();
            acts.then_some((seen, host.span()))
        })
    })
}
