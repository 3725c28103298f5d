//! `fallback-is-relative`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "fallback-is-relative",
    level: Severity::Error,
    group: "redirecting",
    finds: "A FallbackResource that does not begin with a slash.",
    why: "It is looked for below each URL that names no file, and then below itself, until httpd gives up: 500.",
    help: "write the whole path of the URL",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
# finding
FallbackResource index.html
"##,
        files: &["/srv/www/index.html", "/srv/www/a/b.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
FallbackResource /index.html
"##,
        files: &["/srv/www/index.html", "/srv/www/a/b.html"],
    },
    find,
};

const MISSING: [&str; 3] = ["zq-no-such/page/x", "zq-no-such/page", "zq-no-such"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for (line, _) in facts.anywhere(&["FallbackResource"]) {
        let words = line.words();
        let Some(target) = words.first() else { continue };
        if target.starts_with(b"/") || target.eq_ignore_ascii_case(b"disabled") || target.contains_str("://") {
            continue;
        }
        // pages of the directories that it is for
        let mut folders: Vec<_> = asked.about(line.span()).iter().map(|seen| seen.ask.clone()).collect();
        folders.extend(asked.doors(&line).take(2).map(|door| door.ask("/")));
        folders.extend(asked.pool.iter().map(|seen| seen.ask.clone()).filter(|ask| ask.weight().0 == 0).take(60));
        let asks = folders.into_iter().flat_map(|ask| {
            let at = ask.path.rfind('/').map_or(0, |at| at + 1);
            MISSING.map(|name| ask.at(format!("{}{name}", &ask.path[..at])))
        });
        let place = line.arg_span(sources, 0);
        let shown = asks.map(|ask| asked.ask(ask)).find_map(|seen| {
            let folder = &seen.ask.path[..seen.ask.path.find("zq-no-such")?];
            let edit = Edit::replace(place, format!("{folder}{target}"));
            let then = asked.changed(std::slice::from_ref(&edit))?.ask(&seen.ask.request());
            let harmed = seen.outcome.status >= 400 && then.status < 400;
            (harmed && differ(&seen.outcome, &then).is_some()).then_some((seen, edit))
        });
        let Some((seen, edit)) = shown else { continue };
        let message =
            format!("this is looked for below each URL: `{}` is answered {}", seen.ask.path, seen.outcome.status);
        let fix = Fix { message: "write the whole path".into(), safety: Safety::Unsafe, edits: vec![edit] };
        found.push(Finding { fix: Some(fix), ..rule.seen(line.span(), message, &seen) });
    }
    found
}
