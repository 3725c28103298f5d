//! What is told of rules and conditions: what httpd logs with `LogLevel rewrite:trace`, as steps.

use super::expand::{self, Context};
use super::settings::{Compare, Cond, FileTest, Rule, Test, flag};
use crate::outcome::Step;
use crate::server::request::Request;
use crate::source::Span;
use bstr::{BString, ByteSlice};

const MODULE: &str = "mod_rewrite.c";

/// The phase in which a list of rules runs.
pub fn phase(ctx: &Context<'_>) -> &'static str {
    if ctx.perdir.is_some() { "fixups" } else { "translate_name" }
}

fn step(ctx: &Context<'_>, span: Span, matched: bool) -> Step {
    Step { phase: phase(ctx), module: MODULE, span: Some(span), matched, ..Step::default() }
}

/// A condition with the value that it tested.
pub fn condition(ctx: &Context<'_>, cond: &Cond, input: &BString, held: bool) -> Step {
    let not = if held != cond.not { "" } else { "not " };
    let is = |what: String| format!("`{input}` is {not}{what}");
    let does = |yes: &str, no: &str| if held != cond.not { yes.to_string() } else { no.to_string() };
    let why = match &cond.test {
        Test::Regex(regex) => format!("`{input}` {} `{}`", does("matches", "does not match"), regex.pattern()),
        Test::File(FileTest::Regular) => is("a file".into()),
        Test::File(FileTest::NotEmpty) => is("a file with content".into()),
        Test::File(FileTest::Link) => is("a symbolic link".into()),
        Test::File(FileTest::Folder) => is("a folder".into()),
        Test::File(FileTest::Executable) => is("executable".into()),
        Test::UrlAccess | Test::FileAccess => is("accessible".into()),
        Test::Text(how, text) => {
            is(format!("{}`{text}`", compare(*how, ["before ", "before or ", "", "after ", "after or "])))
        }
        Test::Number(how, n) => {
            is(format!("{}{n}", compare(*how, ["less than ", "at most ", "the number ", "more than ", "at least "])))
        }
        Test::Expr(_) => format!("the expression is {}", does("true", "false")),
    };
    let effect = if held && !cond.not { expand::groups(&ctx.cond, '%') } else { String::new() };
    Step { why, effect, ..step(ctx, cond.span, held) }
}

fn compare(how: Compare, words: [&'static str; 5]) -> &'static str {
    let [less, less_equal, equal, greater, greater_equal] = words;
    match how {
        Compare::Less => less,
        Compare::LessEqual => less_equal,
        Compare::Equal => equal,
        Compare::Greater => greater,
        Compare::GreaterEqual => greater_equal,
    }
}

/// An expression that could not be evaluated.
pub fn failed(r: &Request<'_>, span: Span, message: &str) {
    r.tell(|| Step {
        module: MODULE,
        span: Some(span),
        why: format!("the expression could not be evaluated: {message}"),
        ..Step::default()
    });
}

/// How a rule went.
pub struct Went<'t> {
    /// Whether its pattern agreed.
    pub pattern: bool,
    /// Whether it applied, its conditions included.
    pub applied: bool,
    /// What the pattern was tried on.
    pub subject: &'t BString,
}

/// A rule, with what it matched and produced.
pub fn rule(r: &Request<'_>, ctx: &Context<'_>, rule: &Rule, went: &Went<'_>) -> Step {
    let (subject, pattern) = (went.subject, rule.regex.pattern());
    let matches = went.pattern != rule.has(flag::NOT);
    let verb = if matches { "matches" } else { "does not match" };
    let conditions = if went.pattern && !went.applied { ", but its conditions do not hold" } else { "" };
    let mut effect = Vec::new();
    if went.applied {
        let groups = expand::groups(&ctx.rule, '$');
        if !groups.is_empty() {
            effect.push(groups);
        }
        if !rule.has(flag::NO_SUB) {
            effect.push(format!("now `{}`", r.filename.clone().unwrap_or_default()));
            effect.extend(r.args.as_ref().map(|a| format!("query `{a}`")));
        } else if rule.has(flag::STATUS) {
            effect.push(format!("status {}", rule.status));
        } else if ctx.said.is_empty() {
            effect.push("nothing changed".into());
        }
        effect.extend(ctx.said.iter().cloned());
        let after = [
            (flag::END, "no more rules for this request"),
            (flag::LAST, "no more rules in this pass"),
            (flag::NEXT, "from the first rule again"),
        ];
        effect.extend(after.iter().find(|(f, _)| rule.has(*f)).map(|(_, text)| text.to_string()));
        if rule.skip > 0 {
            effect.push(format!("skips the next {}", rule.skip));
        }
    }
    Step {
        why: format!("`{subject}` {verb} `{pattern}`{conditions}"),
        effect: effect.join(", "),
        ..step(ctx, rule.span, went.applied)
    }
}

/// What `[E=...]` did, its text filled in.
pub fn environment(text: &[u8]) -> String {
    match (text.strip_prefix(b"!"), text.split_once_str(":")) {
        (Some(name), _) => format!("environment without {}", name.as_bstr()),
        (None, Some((name, value))) => format!("environment {}=`{}`", name.as_bstr(), value.as_bstr()),
        (None, None) => format!("environment {}=``", text.as_bstr()),
    }
}

/// RewriteBase in the place of a folder.
pub fn base(r: &Request<'_>, span: Span, folder: &BString, base: &BString) {
    r.tell(|| Step {
        phase: "fixups",
        module: MODULE,
        span: Some(span),
        matched: true,
        why: format!("the URL of `{folder}` is `{base}`"),
        ..Step::default()
    });
}

/// Something that happened to the whole list.
pub fn note(r: &Request<'_>, ctx_phase: &'static str, matched: bool, why: impl FnOnce() -> String) {
    r.tell(|| Step { phase: ctx_phase, module: MODULE, matched, why: why(), ..Step::default() });
}
