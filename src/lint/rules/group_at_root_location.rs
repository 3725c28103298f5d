//! `group-at-root-location`

use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Edit, Fix, Safety};
use crate::source::Span;
use bstr::BString;

pub(super) static RULE: Rule = Rule {
    name: "group-at-root-location",
    level: Severity::Note,
    group: "mod_wsgi",
    finds: "`<Location />` holds what could stand in the server itself.",
    why: "A section for all URLs looks as if it were for some of them.",
    help: "move the line out of the section",
    safe: Some(true),
    bad: Example {
        config: r##"WSGIDaemonProcess shop
WSGIScriptAlias / /srv/shop/shop.wsgi
# finding
<Location />
  WSGIProcessGroup shop
</Location>
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    good: Example {
        config: r##"WSGIDaemonProcess shop
WSGIScriptAlias / /srv/shop/shop.wsgi
<Location /shop>
  WSGIProcessGroup shop
</Location>
"##,
        files: &["/srv/shop/shop.wsgi"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let mut found = Vec::new();
    for section in facts.named(&["Location"]).filter(|d| d.words() == ["/"] && d.parents().count() < 2) {
        let Some(group) = facts.within(section).find(|d| is_named(d, &["WSGIProcessGroup"])) else { continue };
        let at = section.span();
        let mut text: BString = sources.text(group.span());
        text.push(b'\n');
        let edits = vec![Edit::delete(group.span()), Edit::replace(Span { end: at.start, ..at }, text)];
        let Some(moved) = asked.changed(&edits) else { continue };
        // nothing may be answered otherwise
        let mut pool = asked.pool.iter();
        if pool.all(|seen| differ(&seen.outcome, &moved.ask(&seen.ask.request())).is_none()) {
            let message = "this section is for all URLs: WSGIProcessGroup can stand beside it";
            let fix = Fix { message: "move the line out".into(), safety: Safety::Safe, edits };
            found.push(Finding { fix: Some(fix), ..rule.at(at, message).related(group.span(), "this line") });
        }
    }
    found
}
