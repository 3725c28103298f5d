//! What is told of rules and conditions: what httpd logs with `LogLevel rewrite:trace`, as steps.

use super::expand::{self, Context};
use super::rule::Went;
use super::settings::{self, Compare, FileTest, Test, flag};
use crate::outcome::step::{By, Change, Cond, CondTest, Detail, Field, Judgement, Order, Rewriting, Rule, Step, Then};
use crate::phase::Phase;
use crate::server::request::Request;
use crate::source::Span;
use bstr::{BString, ByteSlice};

const MODULE: By = By::Module("mod_rewrite.c");

/// The phase in which a list of rules runs.
pub(super) fn phase(ctx: &Context<'_>) -> Phase {
    if ctx.perdir.is_some() { Phase::Fixups } else { Phase::TranslateName }
}

/// A condition with the value that it tested.
pub(super) fn condition(r: &Request<'_>, ctx: &Context<'_>, cond: &settings::Cond, input: BString, held: bool) -> Step {
    let step = Step::new(phase(ctx), MODULE, Some(cond.span), Judgement::of(held));
    if !r.traced() {
        return step;
    }
    let test = match &cond.test {
        Test::Regex(regex) => CondTest::Pattern(regex.pattern().into()),
        Test::File(FileTest::Regular) => CondTest::File,
        Test::File(FileTest::NotEmpty) => CondTest::FileWithContent,
        Test::File(FileTest::Link) => CondTest::Link,
        Test::File(FileTest::Folder) => CondTest::Directory,
        Test::File(FileTest::Executable) => CondTest::Executable,
        Test::UrlAccess | Test::FileAccess => CondTest::Accessible,
        Test::Text(how, text) => CondTest::Text(order(*how), text.clone()),
        Test::Number(how, n) => CondTest::Number(order(*how), i64::from(*n)),
        Test::Expr(_) => CondTest::Expression,
    };
    let groups = if held && !cond.not { expand::groups(&ctx.cond) } else { Vec::new() };
    let cond_told = Cond { input, agrees: held != cond.not, negated: cond.not, or_next: cond.or_next, test, groups };
    step.with(Detail::RewriteCond(Box::new(cond_told)))
}

fn order(how: Compare) -> Order {
    match how {
        Compare::Less => Order::Less,
        Compare::LessEqual => Order::LessEqual,
        Compare::Equal => Order::Equal,
        Compare::Greater => Order::Greater,
        Compare::GreaterEqual => Order::GreaterEqual,
    }
}

/// An expression that could not be evaluated.
pub(super) fn failed(r: &Request<'_>, ctx: &Context<'_>, span: Span, message: &str) {
    r.tell(|| Step::new(phase(ctx), MODULE, Some(span), Judgement::Missed).with(Detail::Failed(message.into())));
}

/// A rule, with what its pattern was tried on, what it matched and produced.
pub(super) fn judgement(went: Went) -> Judgement {
    Judgement::of(!matches!(went, Went::HeldBack(_) | Went::NoMatch))
}

/// A rule that was tried.
pub(super) fn rule(r: &Request<'_>, ctx: &Context<'_>, rule: &settings::Rule, went: Went, subject: &BString) -> Step {
    let held_back = matches!(went, Went::HeldBack(_));
    let applied = !held_back && went != Went::NoMatch;
    let step = Step::new(phase(ctx), MODULE, Some(rule.span), judgement(went));
    let mut told = Rule {
        subject: subject.clone(),
        pattern: rule.regex.pattern().into(),
        matches: (went != Went::NoMatch) != rule.has(flag::NOT),
        negated: rule.has(flag::NOT),
        held_back,
        failed: match went {
            Went::HeldBack(at) => rule.conds.get(at).map(|c| c.span),
            _ => None,
        },
        groups: Vec::new(),
        status: None,
        then: Then::GoOn,
        skip: 0,
    };
    let mut changes = Vec::new();
    if applied {
        told.groups = expand::groups(&ctx.rule);
        if !rule.has(flag::NO_SUB) {
            changes.push(Change::to(Field::File, r.filename.clone().unwrap_or_default()));
            changes.extend(r.args.as_ref().map(|args| Change::to(Field::Query, args.clone())));
        } else if rule.has(flag::STATUS) {
            told.status = Some(rule.status);
        }
        changes.extend(ctx.set_env.iter().cloned());
        let after = [(flag::END, Then::End), (flag::LAST, Then::Last), (flag::NEXT, Then::Again)];
        told.then = after.iter().find(|(f, _)| rule.has(*f)).map_or(Then::GoOn, |(_, then)| *then);
        told.skip = u32::try_from(rule.skip).unwrap_or(0);
    }
    Step { changes, ..step.with(Detail::RewriteRule(Box::new(told))) }
}

/// What `[E=...]` does, its text filled in.
pub(super) fn environment(text: &[u8]) -> Change {
    match (text.strip_prefix(b"!"), text.split_once_str(":")) {
        (Some(name), _) => Change::env(name, None),
        (None, Some((name, value))) => Change::env(name, Some(value.into())),
        (None, None) => Change::env(text, Some(BString::default())),
    }
}

/// RewriteBase in the place of a directory.
pub(super) fn base(r: &Request<'_>, span: Span, directory: &BString, base: &BString) {
    r.tell(|| {
        Step::new(Phase::Fixups, MODULE, Some(span), Judgement::Matched)
            .with(Detail::RewriteBase(directory.clone(), base.clone()))
    });
}

/// Something that happened to the whole list.
pub(super) fn note(r: &Request<'_>, phase: Phase, judgement: Judgement, what: impl FnOnce() -> Rewriting) {
    r.tell(|| Step::new(phase, MODULE, None, judgement).with(Detail::Rewriting(what())));
}
