//! `limit-not-asked-in-lookups`

use super::access::rules;
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::ground::is_refusal;
use crate::search::shown::{How, Thing};
use crate::site::{Directive, Fix};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "limit-not-asked-in-lookups",
    level: Severity::Error,
    group: "access control",
    finds: "A Limit section for POST holds for an index file or a front controller alone.",
    why: "httpd looks such a file up with GET, whatever the request: a POST to the directory is not held to it.",
    help: "write the same Limit for the directory, in its Directory section",
    safe: Some(false),
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
        let finding = rule.seen(limit.span(), message, &seen);
        let fix = fix(facts, asked, &finding, limit);
        found.push(Finding { fix, ..finding });
    }
    found
}

/// The same section for the directory; none where that refuses other files of it.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, limit: &Directive<'_>) -> Option<Fix> {
    let sources = facts.site.sources();
    let (ask, outcome) = finding.witness.as_ref()?;
    let (own, _) = asked.gives(ask, outcome)?;
    let Thing::File(path) = &own else { return None };
    let folder = &path[..=path.rfind_byte(b'/')?];
    let pad = sources.file(limit.span().file).indent(limit.span().start).to_string();
    let rules = sources.text(whole(limit)).to_str().ok()?.replace(&format!("\n{pad}"), "\n");
    let header = format!("Directory {}", edits::quoted(folder.trim_end_with(|c| c == '/'))?);
    let text = edits::section(&header, &[&rules]);
    let edits = vec![edits::below(sources, edits::outermost(limit, &facts.directives), &text)];
    let other = asked.changed(&edits)?;
    let beside = asked.files.iter().filter(|file| file.path.starts_with(folder) && file.path != *path).take(PROGRAMS);
    let lost = |file: &crate::lint::facts::Shown| {
        let ask = Ask { method: ask.method.clone(), ..file.ask.clone() };
        let now = asked.ask(ask.clone());
        asked.gives(&ask, &now.outcome).is_some() && is_refusal(&other.ask(&ask.request()))
    };
    let trial = Trial {
        message: "write it for the directory, too",
        edits,
        gone: &|then| is_refusal(then),
        meant: &|seen, then| {
            is_refusal(then) && asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == own)
        },
    };
    if beside.into_iter().any(lost) { None } else { trial.guess(facts, finding) }
}
