//! The words for steps: why something happened, and what came of it. The only place where a step becomes a sentence.

use crate::limits;
use crate::outcome::NoAnswer;
use crate::outcome::step::{
    Authorization, Change, Cond, CondTest, Detail, Field, HeaderFate, HostChoice, Judgement, Order, Password,
    Rewriting, Rule, Step, Then, Winner,
};
use crate::phase::{Phase, Verdict};
use crate::source::SourceMap;
use bstr::{BString, ByteSlice};

/// Why a step went as it did, in a few words; `""` where the rule itself says it all.
pub(super) fn why(step: &Step, sources: &SourceMap) -> String {
    match step.judgement {
        Judgement::Shadowed(Winner::Rule(_)) => return "never reached: an earlier one matched".into(),
        Judgement::Shadowed(Winner::Module(winner)) => {
            return format!("never reached: {} translates before {}", module(winner), module(step.by.name()));
        }
        Judgement::Overridden(_) if step.phase == Phase::AccessChecker => {
            return "overridden: only the last section with any of these directives applies".into();
        }
        Judgement::Overridden(_) => return "overridden: only the last section with Require lines applies".into(),
        _ => {}
    }
    match &step.detail {
        Detail::Answered(verdict) => answer(*verdict),
        Detail::Host(choice, name) => host(*choice, name),
        Detail::Server(name) => name.to_string(),
        Detail::Attribute(name, value) => format!("{name} is {value:?}"),
        Detail::Htaccess(_) => step.rule.map(|text| sources.file(text.file).shown().to_string()).unwrap_or_default(),
        Detail::HtaccessUnread(path) => format!("{path}.htaccess is not read"),
        Detail::Require(required, _) => required.to_string(),
        Detail::Password(user, Password::Right) => format!("the password of `{user}` is right"),
        Detail::Password(user, Password::Wrong) => format!("the password of `{user}` is wrong"),
        Detail::Password(user, Password::NoUser) => format!("no user `{user}`"),
        Detail::Password(user, Password::Unchecked) => format!("`{user}` can't be checked"),
        Detail::Tls(true) => "the connection is TLS".into(),
        Detail::Tls(false) => "the connection is plain HTTP".into(),
        Detail::Variant(v) => format!(
            "variant {}: type {} language {} charset {} encoding {}",
            v.name, v.kind, v.language, v.charset, v.encoding
        ),
        Detail::Conditional(header, value, status) => format!("{header}: {value}{}", compared(header, value, *status)),
        Detail::Range(value, _) => format!("Range: {value}"),
        Detail::Subrequest(asked) => format!("{} {}", asked.kind, asked.what),
        Detail::RewriteCond(cond) => condition(cond),
        Detail::RewriteRule(rule) => {
            let verb = if rule.matches { "matches" } else { "does not match" };
            let held_back = if rule.held_back { ", but its conditions do not hold" } else { "" };
            format!("`{}` {verb} `{}`{held_back}", rule.subject, rule.pattern)
        }
        Detail::RewriteBase(directory, base) => format!("the URL of `{directory}` is `{base}`"),
        Detail::Failed(message) => format!("the expression could not be evaluated: {message}"),
        Detail::Rewriting(what) => rewriting(what),
        Detail::Cut => format!(
            "the trace ends here: it has {} steps at most, and is given up where they take too long to find",
            limits::TRACE
        ),
        Detail::Loop(found) => {
            format!("{} internal redirects, and the rules lead to yet another one", found.redirects)
        }
        Detail::Header(_, HeaderFate::Applied) => String::new(),
        Detail::Header(_, HeaderFate::Condition) => "its condition does not hold".into(),
        Detail::Header(_, HeaderFate::ErrorPage(status)) => {
            format!("httpd's own page for {status} has only the headers of `Header always`")
        }
        Detail::Nothing
        | Detail::Redirected(_)
        | Detail::NotProxied
        | Detail::Proxied(_)
        | Detail::Similar(_)
        | Detail::Allow
        | Detail::Deny
        | Detail::SslRequire => String::new(),
    }
}

/// What a step changed or said, in a few words; `""` when nothing.
pub(super) fn effect(step: &Step, sources: &SourceMap) -> String {
    match &step.detail {
        Detail::Proxied(url) => format!("proxied to {url}"),
        Detail::NotProxied => "not proxied".into(),
        Detail::Similar(n) => format!("{n} similar names"),
        Detail::Htaccess(Some(line)) => format!("read, by AllowOverride in {}", sources.place(*line)),
        Detail::Allow if step.matched() => "allows".into(),
        Detail::Deny if step.matched() => "denies".into(),
        Detail::Require(_, result) => authorization(*result).into(),
        Detail::Tls(_) | Detail::SslRequire if !step.matched() => "refuses".into(),
        Detail::Variant(_) if step.matched() => "chosen".into(),
        Detail::Conditional(_, _, 304) => "not modified: 304".into(),
        Detail::Conditional(_, _, 412) => "precondition failed: 412".into(),
        Detail::Range(_, 206) => "part of the body: 206".into(),
        Detail::Range(_, 416) => "no part of the body is in the range: 416".into(),
        Detail::Range(..) => "the whole body".into(),
        Detail::Subrequest(asked) if asked.status == 200 && !asked.exists => "no such file".into(),
        Detail::Subrequest(asked) => format!("status {}", asked.status),
        Detail::RewriteCond(cond) => groups(&cond.groups, '%').join(", "),
        Detail::RewriteRule(rule) if step.matched() => produced(rule, &step.changes).join(", "),
        _ => changes(step),
    }
}

/// The value of a header, where it can be known.
pub(super) fn header_value(change: &Change) -> String {
    match &change.to {
        Some(value) if value.contains(&0) => "(not known)".into(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// What of the request a step changed.
fn changes(step: &Step) -> String {
    match step.changes.as_slice() {
        [change] if step.phase == Phase::ErrorDocument && change.field == Field::Uri => {
            format!("internal redirect to {}", value(change))
        }
        [change] if step.phase == Phase::ErrorDocument => format!("redirect to {}", value(change)),
        all @ [Change { field: Field::Header(_), .. }, ..] => {
            let said = all.iter().map(|c| {
                let name = c.name.as_ref().map(|n| n.to_string()).unwrap_or_default();
                match &c.to {
                    Some(_) => format!("{name}: {}", header_value(c)),
                    None => format!("no {name}"),
                }
            });
            said.collect::<Vec<_>>().join(", ")
        }
        [change] if change.field == Field::Client => format!("the client is {}", value(change)),
        [change] if matches!(step.judgement, Judgement::Shadowed(_)) => {
            format!("would be {} {}", change.field.name(), value(change))
        }
        // what a rule leads to needs no name
        [change] if step.rule.is_some() || step.phase == Phase::InternalRedirect => value(change),
        all => all.iter().map(|c| format!("{} {}", c.field.name(), value(c))).collect::<Vec<_>>().join(", "),
    }
}

/// What a field is now.
pub(super) fn value(change: &Change) -> String {
    change.to.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// A module as people call it.
pub(super) fn module(file: &str) -> &str {
    file.strip_suffix(".c").unwrap_or(file)
}

#[cfg(feature = "cli")]
/// Who did something, as people call it; `""` for the core of httpd by itself.
pub(super) fn by(by: crate::outcome::step::By) -> &'static str {
    module(by.name())
}

fn answer(verdict: Verdict) -> String {
    match verdict {
        Verdict::Declined => "declined".into(),
        Verdict::Ok => "ok".into(),
        Verdict::Done => "done".into(),
        Verdict::Status(status) => format!("status {status}"),
    }
}

fn host(choice: HostChoice, name: &BString) -> String {
    match choice {
        HostChoice::ServerName => format!("{name} is its ServerName"),
        HostChoice::ServerAlias => format!("{name} matches its ServerAlias"),
        HostChoice::Address => format!("{name} is the address of its section"),
        HostChoice::First => format!("no name matches {name}: the first of its address answers"),
    }
}

fn authorization(result: Authorization) -> &'static str {
    match result {
        Authorization::Granted => "granted",
        Authorization::Denied => "denied",
        Authorization::Neutral => "neutral",
        Authorization::DeniedNoUser => "denied (no authenticated user yet)",
        Authorization::Failed => "error",
    }
}

/// What follows from a conditional request's header.
fn compared(header: &str, value: &[u8], status: u16) -> &'static str {
    match (header, status) {
        (_, 0) => ", no effect",
        ("If-None-Match", _) if value.starts_with(b"*") => ", and the file exists",
        ("If-None-Match", _) => ", and the tag matches",
        ("If-Match", _) => ", and the tag does not match",
        ("If-Modified-Since", _) => ", not modified since",
        _ => ", modified since",
    }
}

fn condition(cond: &Cond) -> String {
    let Cond { input, agrees, .. } = cond;
    let is = |what: &str| format!("`{input}` is {}{what}", if *agrees { "" } else { "not " });
    let does = |yes, no| if *agrees { yes } else { no };
    match &cond.test {
        CondTest::Pattern(pattern) => format!("`{input}` {} `{pattern}`", does("matches", "does not match")),
        CondTest::File => is("a file"),
        CondTest::FileWithContent => is("a file with content"),
        CondTest::Link => is("a symbolic link"),
        CondTest::Directory => is("a directory"),
        CondTest::Executable => is("executable"),
        CondTest::Accessible => is("accessible"),
        CondTest::Text(order, text) => {
            is(&format!("{}`{text}`", ordered(*order, ["before ", "before or ", "", "after ", "after or "])))
        }
        CondTest::Number(order, n) => {
            is(&format!("{}{n}", ordered(*order, ["less than ", "at most ", "the number ", "more than ", "at least "])))
        }
        CondTest::Expression => format!("the expression is {}", does("true", "false")),
    }
}

fn ordered(order: Order, words: [&'static str; 5]) -> &'static str {
    let [less, less_equal, equal, greater, greater_equal] = words;
    match order {
        Order::Less => less,
        Order::LessEqual => less_equal,
        Order::Equal => equal,
        Order::Greater => greater,
        Order::GreaterEqual => greater_equal,
    }
}

/// What a rule that applied made of the request.
fn produced(rule: &Rule, changes: &[Change]) -> Vec<String> {
    let mut said = Vec::new();
    let caught = groups(&rule.groups, '$');
    if !caught.is_empty() {
        said.push(caught.join(", "));
    }
    said.extend(rule.status.map(|status| format!("status {status}")));
    if changes.is_empty() && rule.status.is_none() {
        said.push("nothing changed".into());
    }
    said.extend(changes.iter().map(|change| match (change.field, &change.name) {
        (Field::Env, Some(name)) if change.to.is_none() => format!("environment without {name}"),
        (Field::Env, Some(name)) => format!("environment {name}=`{}`", value(change)),
        (Field::Query, _) => format!("query `{}`", value(change)),
        _ => format!("now `{}`", value(change)),
    }));
    match rule.then {
        Then::GoOn => {}
        Then::End => said.push("no more rules for this request".into()),
        Then::Last => said.push("no more rules in this pass".into()),
        Then::Again => said.push("from the first rule again".into()),
    }
    if rule.skip > 0 {
        said.push(format!("skips the next {}", rule.skip));
    }
    said
}

fn groups(groups: &[(usize, BString)], sign: char) -> Vec<String> {
    groups.iter().map(|(n, text)| format!("{sign}{n} `{}`", text.as_bstr())).collect()
}

fn rewriting(what: &Rewriting) -> String {
    match what {
        Rewriting::NoRules => "this virtual host has no rules of its own".into(),
        Rewriting::Ended => "an earlier rule ended rewriting with [END]".into(),
        Rewriting::NoPath => "the request target is not a URL path".into(),
        Rewriting::BareDirectory => "a directory's name without its slash is left to mod_dir".into(),
        Rewriting::Unchanged => "the result is the same as before: nothing to do".into(),
        Rewriting::PassedThrough => "passed on to the other modules as a URL".into(),
        Rewriting::FileSystemPath(path) => format!("`{path}` is a path of the file system: its first directory exists"),
        Rewriting::BelowRoot(path) => format!("below the document root: `{path}`"),
        Rewriting::Redirect(target) => format!("internal redirect to `{target}`"),
        Rewriting::MoreRounds => "and so on: further rounds are not shown".into(),
    }
}
/// Why there is no answer.
pub(crate) fn unanswered(why: NoAnswer) -> &'static str {
    match why {
        NoAnswer::Refused => "connection refused: no Listen takes this address and port",
        NoAnswer::TlsFailed => "TLS failed: the server speaks plain HTTP on this port",
    }
}
