//! `alias-lets-dots-through`

use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::escaped;
use crate::search::climbing::{Climb, is_url, line};
use crate::search::image::Image;
use crate::search::shown::Thing;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::{BString, ByteSlice};

pub(super) static RULE: Rule = Rule {
    name: "alias-lets-dots-through",
    level: Severity::Error,
    group: "exposure",
    finds: "A group of an AliasMatch, ScriptAliasMatch, WSGIScriptAliasMatch or RewriteRule can begin with dots in the middle of a URL's segment, and stands behind a slash in the path.",
    why: "`/static../x` has no dot segment, and the path made of it has one, which leads out of the directory.",
    help: "put the slash into the pattern: `^/static/(.*)$`, or `^/static(?:/(.*))?$`",
    safe: Some(false),
    bad: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
# finding
AliasMatch "^/static(.*)$" /srv/static/$1
"##,
        files: &["/srv/static/app.css", "/srv/data/orders.csv"],
    },
    good: Example {
        config: r##"<Directory /srv>
  Require all granted
</Directory>
AliasMatch "^/static/(.*)$" /srv/static/$1
AliasMatch "^/media(/.*)?$" /srv/static/$1
AliasMatch "^/img(.*)$" /srv/static$1
"##,
        files: &["/srv/static/app.css", "/srv/data/orders.csv"],
    },
    find,
};

/// How many files outside are tried.
const FILES: usize = 400;

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let names = ["AliasMatch", "ScriptAliasMatch", "WSGIScriptAliasMatch", "RewriteRule"];
    let mut found = Vec::new();
    for directive in facts.named(&names) {
        // a directory's rules make URLs, which are read again
        if is_named(directive, &["RewriteRule"]) && directive.directory().is_some() {
            continue;
        }
        let Some(out) = Out::of(asked, directive) else { continue };
        let Some(seen) = out.got(asked) else { continue };
        let file = seen.outcome.file.as_ref().map(|file| file.to_str_lossy().into_owned()).unwrap_or_default();
        let message = format!("`{}` leads out of `{}`, to `{file}`", seen.ask.path, out.folder);
        let fix = out.mended(asked, &seen);
        found.push(Finding { fix, ..rule.seen(directive.span(), message, &seen) });
    }
    found
}

/// A line by which a directory can be left.
struct Out<'l, 's> {
    directive: &'l Directive<'s>,
    image: Image,
    climb: Climb,
    /// The directory, with its slash.
    folder: BString,
}

impl<'l, 's> Out<'l, 's> {
    fn of(asked: &Asked<'_>, directive: &'l Directive<'s>) -> Option<Out<'l, 's>> {
        let (pattern, output, icase) = line(directive)?;
        let climb = Climb::new(&asked.ground.search.solver, &pattern, &output, icase)?;
        let fixed = &output[..output.find_byteset(b"$%")?];
        let folder = fixed[..=fixed.rfind_byte(b'/')?].into();
        Some(Out { directive, image: Image::new(&pattern, &output)?, climb, folder })
    }

    /// A request that gets a file outside which nothing else leads to.
    fn got(&self, asked: &Asked<'_>) -> Option<Seen> {
        let door = asked.doors(self.directive).next()?;
        let server = self.directive.virtual_host();
        let without = asked.without(&[self.directive.span()])?;
        let outside = asked.ground.tree.iter().filter(|entry| !entry.dir && !entry.path.starts_with(&self.folder));
        for entry in outside.take(FILES) {
            let urls = asked.ground.search.maps.to(&entry.path);
            let urls = urls.filter(|(own, _)| own.server.is_none() || own.server == server).map(|(_, url)| url);
            let targets = urls.chain([entry.path.to_vec()]);
            let paths = targets.flat_map(|target| self.climb.of(&target));
            for text in paths.filter_map(|path| self.image.leading_to(&path)).filter(|text| is_url(text)) {
                let seen = asked.ask(door.ask(&escaped(&text)));
                let Some((thing, _)) = asked.gives(&seen.ask, &seen.outcome) else { continue };
                let own = seen.outcome.file.as_ref() == Some(&entry.path) && seen.met.contains(&self.directive.span());
                if !own {
                    continue;
                }
                // another URL of the file
                let ways = asked.ground.routes.to(&entry.path);
                let else_had = ways.iter().any(|way| {
                    asked.ground.doors.iter().filter(|door| way.scope.takes(door)).any(|door| {
                        let ask = way.ask(door);
                        asked.gives(&ask, &without.ask(&ask.request())).is_some_and(|(other, _)| other == thing)
                    })
                });
                if !else_had {
                    return Some(seen);
                }
            }
        }
        None
    }

    /// The slash put into the pattern: what leads out does no more, and what is inside is had as before.
    fn mended(&self, asked: &Asked<'_>, seen: &Seen) -> Option<Fix> {
        let place = self.directive.arg_span(asked.ground.search.run.sources(), 0);
        let text = asked.ground.search.run.sources().text(place);
        let door = asked.doors(self.directive).next()?;
        let inside = asked.ground.tree.iter().filter(|entry| !entry.dir && entry.path.starts_with(&self.folder));
        let inside = inside.take(8).filter_map(|entry| {
            let path = [&self.folder[..], b"/", &entry.path[self.folder.len()..]].concat();
            let seen = asked.ask(door.ask(&escaped(&self.image.leading_to(&path)?)));
            asked.gives(&seen.ask, &seen.outcome).is_some().then_some(seen)
        });
        let inside: Vec<Seen> = inside.collect();
        let groups = [("(.*)", "(?:/(.*))?"), ("(.+)", "/(.+)")];
        groups.into_iter().find_map(|(group, with)| {
            let at = text.find(group)?;
            let start = place.start + at as u32;
            let edits = vec![Edit::replace(Span { start, end: start + group.len() as u32, ..place }, with)];
            let mended = asked.changed(&edits)?;
            let gets = |seen: &Seen| asked.gives(&seen.ask, &mended.ask(&seen.ask.request()));
            let is = |thing: Option<Thing>, seen: &Seen| {
                thing == asked.gives(&seen.ask, &seen.outcome).map(|(thing, _)| thing)
            };
            let stays = inside.iter().all(|seen| is(gets(seen).map(|(thing, _)| thing), seen));
            (gets(seen).is_none() && stays).then(|| Fix {
                message: "put the slash into the pattern".into(),
                safety: Safety::Unsafe,
                edits,
            })
        })
    }
}
