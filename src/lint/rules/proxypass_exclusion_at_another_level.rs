//! `proxypass-exclusion-at-another-level`

use super::shadowed::seen;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, Seen};
use crate::lint::lines::Urls;
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "proxypass-exclusion-at-another-level",
    level: Severity::Warning,
    group: "proxy",
    finds: "A `ProxyPass URL !` of the server is to except a URL from a ProxyPass in a Location.",
    why: "The section's line is asked first, and the exclusion not at all.",
    help: "write a Location section for the URL behind the other one, with `ProxyPass !` in it",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
ProxyPass /shop/static !
<Location /shop>
  ProxyPass http://127.0.0.1:9000/shop
</Location>
"##,
        files: &["/srv/www/shop/static/a.css"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
ProxyPass /shop/static !
ProxyPass /shop http://127.0.0.1:9000/shop
"##,
        files: &["/srv/www/shop/static/a.css"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let mut found = Vec::new();
    let in_section = |d: &&crate::site::Directive<'_>| {
        d.sections().iter().any(|s| s.name.to_ascii_lowercase().starts_with(b"location"))
    };
    let passes: Vec<_> = facts.named(&["ProxyPass", "ProxyPassMatch"]).filter(in_section).collect();
    for line in facts.named(&["ProxyPass", "ProxyPassMatch"]).filter(|d| !in_section(d)) {
        let words = line.words();
        if passes.is_empty() || words.get(1).is_none_or(|word| *word != "!") {
            continue;
        }
        let Some(urls) = Urls::of(line) else { continue };
        let seen = seen(asked, line, &urls);
        let taken = |seen: &Seen, pass| {
            let proxied = seen.outcome.file.as_ref().is_some_and(|file| file.starts_with(b"proxy:"));
            proxied && seen.met.contains(&pass)
        };
        let by = |seen: &Seen| passes.iter().find(|pass| taken(seen, pass.span()));
        let Some((first, pass)) = seen.iter().find_map(|seen| Some((seen, by(seen)?))) else { continue };
        // an exclusion beside that one has the effect
        let Some(at) = pass.sections().iter().rev().find_map(|section| section.end) else { continue };
        let text = match &urls {
            Urls::Prefix(url) => format!("\n<Location \"{}\">\nProxyPass !\n</Location>", url.to_str_lossy()),
            Urls::Pattern(pattern) => {
                format!("\n<LocationMatch \"{}\">\nProxyPass !\n</LocationMatch>", pattern.to_str_lossy())
            }
        };
        let edits = vec![Edit { file: at.file, range: at.end..at.end, text: text.into() }];
        let Some(mended) = asked.changed(&edits) else { continue };
        if differ(&first.outcome, &mended.ask(&first.ask.request())).is_none() {
            continue;
        }
        let message = "this exclusion is not asked: a ProxyPass in a Location takes the URL before";
        let fix = Fix { message: "except it behind that section".into(), safety: Safety::Safe, edits };
        let finding = rule.seen(line.span(), message, first).related(pass.span(), "this one takes it");
        found.push(Finding { fix: Some(fix), ..finding });
    }
    found
}
