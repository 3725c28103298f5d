//! `back-end-mounted-twice`

use super::elsewhere::{led_past, told};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::search::denial::Denial;
use crate::search::shown::Thing;
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "back-end-mounted-twice",
    level: Severity::Warning,
    group: "proxy",
    finds: "Two mappings lead to one back-end, and only one of them is guarded.",
    why: "Who is refused at the one URL asks for the other: the back-end gets the same request.",
    help: "guard the back-end's own URL: a Proxy section",
    safe: None,
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
        told(rule, led.by, message, &led.seen, &led.lines, "this rule guards the one URL only")
    });
    told.collect()
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
