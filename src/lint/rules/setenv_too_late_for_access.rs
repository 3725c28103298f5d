//! `setenv-too-late-for-access`

use super::denials::variables;
use crate::diagnostic::Severity;
use crate::lint::facts::{Facts, is_named};
use crate::lint::{Example, Finding, Rule};
use crate::search::compare::differ;
use crate::site::{Directive, Edit, Fix, Safety};
use bstr::ByteSlice;

pub(super) static RULE: Rule = Rule {
    name: "setenv-too-late-for-access",
    level: Severity::Warning,
    group: "access control",
    finds: "An access rule asks for a variable that SetEnv sets.",
    why: "SetEnv is carried out after access control: the variable is not there yet, and the rule never fits.",
    help: "set it with SetEnvIf",
    safe: Some(false),
    bad: Example {
        config: r##"DocumentRoot /srv/www
# finding
SetEnv OPEN yes
<Directory /srv/www>
  Require env OPEN
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
SetEnv OPEN yes
SetEnvIf Request_Method "GET" READ
<Directory /srv/www>
  Require env READ
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let asking: Vec<(&Directive<'_>, Vec<_>)> =
        all.iter().map(|d| (d, variables(d))).filter(|(_, names)| !names.is_empty()).collect();
    let mut found = Vec::new();
    for line in all.iter().filter(|d| is_named(d, &["SetEnv", "PassEnv", "RewriteRule"])) {
        let words = line.words();
        let set = match is_named(line, &["SetEnv", "PassEnv"]) {
            true => words.first().cloned(),
            false => in_folder(facts, line).then(|| words.get(2).and_then(|flags| variable(flags))).flatten(),
        };
        let Some(set) = set else { continue };
        let Some((asks, _)) = asking.iter().find(|(_, names)| names.contains(&set)) else { continue };
        let newlines = sources.text(line.span()).find_iter("\n").count();
        let text = format!("SetEnvIf Request_URI \".*\" {set}=1{}", "\n".repeat(newlines));
        let edits = vec![Edit::replace(line.span(), text)];
        let Some(early) = asked.changed(&edits) else { continue };
        let differs = |seen: &&crate::lint::facts::Seen| {
            let other = early.ask(&seen.ask.request());
            [403, 401, 200].contains(&seen.outcome.status)
                && other.status != seen.outcome.status
                && differ(&seen.outcome, &other).is_some()
        };
        let Some(seen) = asked.pool.iter().find(differs) else { continue };
        // another line sets it in time
        let early = |d: &&Directive<'_>| {
            d.name().to_ascii_lowercase().starts_with(b"setenvif")
                && d.words().iter().skip(1).any(|word| word.starts_with(set.as_slice()))
        };
        if all.iter().any(|d| early(&d)) {
            continue;
        }
        let message = format!("`{set}` is set after access control: the rule that asks for it never fits");
        let mut finding = rule.seen(line.span(), message, seen).related(asks.span(), "this asks for it");
        if is_named(line, &["SetEnv"]) {
            finding.fix = Some(Fix { message: "set it with SetEnvIf".into(), safety: Safety::Unsafe, edits });
        }
        found.push(finding);
    }
    found
}

/// Whether a rule is a folder's, which is carried out after access control.
fn in_folder(facts: &Facts<'_>, line: &Directive<'_>) -> bool {
    facts.site.is_htaccess(line.span().file) || line.directory().is_some()
}

/// The variable that the flags of a rule set.
fn variable(flags: &[u8]) -> Option<bstr::BString> {
    let flags = flags.trim_with(|c| c == '[' || c == ']');
    flags.split_str(",").find_map(|flag| {
        let (name, value) = flag.trim().split_once_str("=")?;
        let sets = name.eq_ignore_ascii_case(b"E") || name.eq_ignore_ascii_case(b"env");
        sets.then(|| value.split_once_str(":").map_or(value, |(name, _)| name).into())
    })
}
