//! `back-end-mounted-twice`

use super::access::{BY_URL, RULES};
use super::elsewhere::{Led, led_past, told};
use crate::diagnostic::Severity;
use crate::lint::edits::{self, Trial};
use crate::lint::facts::{Asked, Facts, Seen, is_named, whole};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::denial::{Denial, denial};
use crate::search::ground::is_refusal;
use crate::search::shown::Thing;
use crate::site::Fix;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "back-end-mounted-twice",
    level: Severity::Warning,
    group: "proxy",
    finds: "Two mappings lead to one back-end, and only one of them is guarded.",
    why: "Who is refused at the one URL asks for the other: the back-end gets the same request.",
    help: "guard the back-end's own URL: a Proxy section",
    safe: Some(true),
    bad: Example {
        config: r##"ProxyPass /shop/ http://127.0.0.1:9000/
# finding
ProxyPass /test/ http://127.0.0.1:9000/
<Location /shop/admin>
  Require all denied
</Location>
"##,
        files: &[],
    },
    good: Example {
        config: r##"ProxyPass /shop/ http://127.0.0.1:9000/
ProxyPass /test/ http://127.0.0.1:9000/
<Proxy http://127.0.0.1:9000/admin*>
  Require all denied
</Proxy>
"##,
        files: &[],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let passes: Vec<Span> = facts
        .named(&["ProxyPass", "ProxyPassMatch", "RewriteRule"])
        .filter(|d| is_named(d, &["ProxyPass", "ProxyPassMatch"]) || d.args().contains_str("://"))
        .map(|d| d.span())
        .collect();
    if passes.len() < 2 {
        return Vec::new();
    }
    let led = led_past(facts, asked, |_, lines| !lines.is_empty(), |denied| another(asked, denied, &passes));
    let told = led.iter().map(|led| {
        let (refused, path) = (&led.refused.ask.path, &led.seen.ask.path);
        let message = format!("`{refused}` is refused, and `{path}` leads to the same at the back-end");
        let finding = told(rule, led.by, message, &led.seen, &led.lines, "this rule guards the one URL only");
        Finding { fix: fix(facts, asked, &finding, led), ..finding }
    });
    told.collect()
}

/// The access rules of the Location that refuses, in a section for what it leads to at the back-end.
fn fix(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, led: &Led<'_>) -> Option<Fix> {
    let sources = facts.site.sources();
    let denied = denial(facts.site, &asked.ground.search.run, &led.refused.ask).ok()?;
    let Thing::Backend(url) = &denied.thing else { return None };
    let rule = facts.directives.iter().find(|d| led.lines.contains(&d.span()))?;
    let around =
        rule.sections().iter().find(|s| BY_URL.iter().any(|name| s.name.eq_ignore_ascii_case(name.as_bytes())))?;
    let section = facts.directives.iter().find(|d| d.span() == around.span).filter(|d| is_named(d, &["Location"]))?;
    let location = section.words().into_iter().next().filter(|url| url.starts_with(b"/"))?;
    // what of the URL is below the section is the same at the back-end
    let below = led.refused.ask.path.as_bytes().strip_prefix(location.as_slice())?;
    let prefix = url.strip_suffix(below)?;
    let bare = prefix.strip_prefix(b"proxy:").unwrap_or(prefix);
    let pattern = edits::escaped(bare.trim_end_with(|c| c == '/'));
    let pattern = Some(format!("\"^{pattern}([/?]|$)\"")).filter(|_| !pattern.contains(['"', '\n', '%']))?;
    let rules = facts.within(section).filter(|d| is_named(d, &RULES)).map(|d| sources.text(whole(d)));
    let rules: Vec<String> = rules.map(|text| text.to_str_lossy().into_owned()).collect();
    let rules: Vec<&str> = rules.iter().map(|text| text.as_str()).collect();
    let text = edits::section(&format!("ProxyMatch {pattern}"), &rules);
    let trial = Trial {
        message: "guard the back-end's own URL",
        edits: vec![edits::below(sources, edits::outermost(section, &facts.directives), &text)],
        gone: &|then| is_refusal(then),
        meant: &|seen, _| matches!(asked.gives(&seen.ask, &seen.outcome), Some((Thing::Backend(url), _)) if url.starts_with(prefix)),
    };
    trial.fix(facts, finding)
}

/// Another plain request that gets the same, by another mapping.
fn another(asked: &Asked<'_>, denied: &Denial, passes: &[Span]) -> Option<(Seen, Span)> {
    let Thing::Backend(url) = &denied.thing else { return None };
    let own: Vec<Span> = denied.meant.decided_by.iter().map(|decision| decision.span).collect();
    let home = asked.ask(denied.ask.clone());
    let by = |seen: &Seen| passes.iter().copied().find(|pass| seen.met.contains(pass));
    let first = by(&home).or_else(|| own.iter().copied().find(|line| passes.contains(line)));
    asked.ground.routes.to(url).into_iter().find_map(|way| {
        let mut asks: Vec<Ask> = vec![denied.ask.at(way.path.clone())];
        let doors = asked.ground.doors.iter().filter(|door| way.scope.takes(door)).take(8);
        asks.extend(doors.map(|door| Ask {
            method: denied.ask.method.clone(),
            client: denied.ask.client,
            ..way.ask(door)
        }));
        asks.into_iter().find_map(|ask| {
            let seen = asked.ask(ask);
            let same = asked.gives(&seen.ask, &seen.outcome).is_some_and(|(thing, _)| thing == denied.thing);
            let pass = by(&seen).filter(|pass| same && Some(*pass) != first)?;
            Some((seen, pass))
        })
    })
}
