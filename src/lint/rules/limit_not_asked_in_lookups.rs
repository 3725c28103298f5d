//! `limit-not-asked-in-lookups`

use super::access::rules;
use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::shown::{How, Thing};

pub(super) static RULE: Rule = Rule {
    name: "limit-not-asked-in-lookups",
    level: Severity::Error,
    group: "access control",
    finds: "A Limit section for POST holds for an index file or a front controller alone.",
    why: "httpd looks such a file up with GET, whatever the request: a POST to the directory is not held to it.",
    help: "write the same Limit for the directory, in its Directory section",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AddHandler cgi-script .cgi
DirectoryIndex index.cgi
<Directory /srv/www/import>
  Options +ExecCGI
</Directory>
<Location /import/index.cgi>
  # finding
  <Limit POST>
    Require ip 192.0.2.0/24
  </Limit>
</Location>
"##,
        files: &["/srv/www/import/index.cgi (0755)"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
AddHandler cgi-script .cgi
DirectoryIndex index.cgi
<Directory /srv/www/import>
  Options +ExecCGI
</Directory>
<Location /import>
  <Limit POST>
    Require ip 192.0.2.0/24
  </Limit>
</Location>
"##,
        files: &["/srv/www/import/index.cgi (0755)"],
    },
    find,
};

/// How many programs are asked for.
const PROGRAMS: usize = 200;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let run = &asked.ground.search.run;
    let mut found = Vec::new();
    for limit in facts.named(&["Limit", "LimitExcept"]) {
        let (own, words) = (rules(facts, limit), limit.words());
        let except = limit.name().len() > 5;
        let has = |method: &str| words.iter().any(|word| word.eq_ignore_ascii_case(method.as_bytes()));
        let methods: Vec<&str> = ["POST", "PUT", "DELETE"].into_iter().filter(|method| has(method) != except).collect();
        // what GET is held to is asked in look-ups too
        let Some(method) = methods.first().filter(|_| !own.is_empty() && has("GET") == except) else { continue };
        let Some(other) = asked.without(&own) else { continue };
        let programs =
            asked.ground.got.iter().flat_map(|(thing, all)| all.iter().map(move |(ask, how)| (thing, ask, how)));
        let programs = programs.filter(|(_, ask, how)| **how == How::Program && ask.method == "GET").take(PROGRAMS);
        let post = |ask: &Ask| Ask { method: (*method).into(), ..ask.clone() };
        // by its own URL too, where it was had by another one
        let own = |thing: &Thing| match thing {
            Thing::File(path) => asked.ground.routes.to(path).into_iter().map(|way| way.path).take(3).collect(),
            _ => Vec::new(),
        };
        let refused: Vec<_> = programs
            .flat_map(|(thing, ask, _)| {
                let direct = own(thing).into_iter().map(|path| (thing, post(&ask.at(path))));
                [(thing, post(ask))].into_iter().chain(direct).collect::<Vec<_>>()
            })
            .filter(|(_, ask)| {
                matches!(run.ask(&ask.request()).status, 401 | 403) && other.ask(&ask.request()).status == 200
            })
            .collect();
        let past = refused.iter().find_map(|(thing, ask)| {
            let folder = &ask.path[..=ask.path.rfind('/').unwrap_or(0)];
            let bare = ask.path.rsplit_once('.').map_or(ask.path.as_str(), |(bare, _)| bare);
            let known = asked.ground.got.get(thing).into_iter().flatten().map(|(ask, _)| ask.path.as_str());
            let paths = [folder.to_string(), bare.to_string(), format!("{folder}zq-no-such-name")];
            let mut asks =
                known.map(String::from).chain(paths).filter(|path| *path != ask.path).map(|path| ask.at(path));
            asks.find_map(|other| {
                let got = asked.ask(other);
                let same =
                    asked.gives(&got.ask, &got.outcome).is_some_and(|(own, how)| own == **thing && how == How::Program);
                same.then_some((got, ask.path.clone()))
            })
        });
        let Some((seen, direct)) = past else { continue };
        let message = format!(
            "{method} to `{direct}` is refused, and to `{}`, for which httpd looks it up with GET, it is run",
            seen.ask.path
        );
        found.push(rule.seen(limit.span(), message, &seen));
    }
    found
}
