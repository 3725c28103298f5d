//! `mapping-behind-proxy`

use super::shadowed::{seen, takes};
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen, is_named, same_line};
use crate::lint::lines::Urls;
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "mapping-behind-proxy",
    level: Severity::Warning,
    group: "shadowed lines",
    finds: "An Alias, a Redirect or a mount whose URLs all go to a back-end.",
    why: "mod_proxy is asked before mod_alias and mod_wsgi, whatever the order of the lines.",
    help: "write `ProxyPass URL !` above the general line; if that is in a Location section, write `ProxyPass !` in one behind it",
    safe: Some(true),
    bad: Example {
        config: r##"<Directory /srv/static>
  Require all granted
</Directory>
# finding
Alias /static /srv/static
ProxyPass / http://127.0.0.1:9000/
"##,
        files: &["/srv/static/a.css"],
    },
    good: Example {
        config: r##"<Directory /srv/static>
  Require all granted
</Directory>
Alias /static /srv/static
ProxyPass /static !
ProxyPass / http://127.0.0.1:9000/
"##,
        files: &["/srv/static/a.css"],
    },
    find,
};

const LINES: [&str; 10] = [
    "Alias",
    "AliasMatch",
    "ScriptAlias",
    "ScriptAliasMatch",
    "Redirect",
    "RedirectMatch",
    "RedirectPermanent",
    "RedirectTemp",
    "WSGIScriptAlias",
    "WSGIScriptAliasMatch",
];
/// URLs that every installation has, whether anybody asks for them or not.
const USUAL: [&[u8]; 4] = [b"/icons", b"/error", b"/manual", b"/cgi-bin"];

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let passes: Vec<&Directive<'_>> = facts.named(&["ProxyPass", "ProxyPassMatch", "RewriteRule"]).collect();
    let mut found = Vec::new();
    if passes.is_empty() {
        return found;
    }
    let at_server = |d: &&Directive<'_>| d.sections().iter().all(|s| s.name.eq_ignore_ascii_case(b"VirtualHost"));
    for line in facts.named(&LINES).filter(at_server) {
        let Some(urls) = Urls::of(line) else { continue };
        let seen = seen(asked, line, &urls);
        let proxied = |seen: &Seen| seen.outcome.file.as_ref().is_some_and(|file| file.starts_with(b"proxy:"));
        if seen.is_empty() || !seen.iter().all(proxied) {
            continue;
        }
        let taker = passes.iter().find(|pass| {
            let host = pass.virtual_host();
            (host.is_none() || host == line.virtual_host()) && takes(&seen, pass.span())
        });
        let Some(taker) = taker else { continue };
        // without that one, this line would have them
        if !seen.iter().all(|seen| would_have(asked, seen, line.span(), taker.span())) {
            continue;
        }
        let message = "this line is never used: mod_proxy is asked first, and sends its URLs to a back-end";
        let mut finding = rule.seen(line.span(), message, &seen[0]).related(taker.span(), "this one takes them");
        finding.fix = exception(asked, &urls, taker, &seen[0]);
        if let Urls::Prefix(url) = &urls
            && USUAL.contains(&url.trim_end_with(|c| c == '/').as_bytes())
        {
            finding.level = Severity::Note;
        }
        found.push(finding);
    }
    found
}

fn would_have(asked: &Asked<'_>, seen: &Seen, line: Span, taker: Span) -> bool {
    let Some(other) = asked.without(&[taker]) else { return false };
    let then = Asked::seen(&other, seen.ask.clone());
    let decides = then.outcome.decided_by.iter().map(|decision| decision.span);
    let has = then.met.iter().copied().chain(decides).any(|own| same_line(own, line));
    has && differ(&seen.outcome, &then.outcome).is_some()
}

/// The line that excepts the URLs from a ProxyPass.
fn exception(asked: &Asked<'_>, urls: &Urls, taker: &Directive<'_>, seen: &Seen) -> Option<Fix> {
    let Urls::Prefix(url) = urls else { return None };
    let at_server = taker.sections().iter().all(|s| s.name.eq_ignore_ascii_case(b"VirtualHost"));
    if !at_server || is_named(taker, &["RewriteRule"]) {
        return None;
    }
    let at = taker.span();
    let text = format!("ProxyPass \"{}\" !\n", url.to_str().ok()?);
    let edits = vec![Edit { file: at.file, range: at.start..at.start, text: text.into() }];
    let then = asked.changed(&edits)?.ask(&seen.ask.request());
    let mended = differ(&seen.outcome, &then).is_some();
    mended.then(|| Fix { message: "except its URLs from that one".into(), safety: Safety::Safe, edits })
}
