//! One rule: `apply_rewrite_rule` (mod_rewrite.c).

use super::condition::Conds;
use super::expand::{Context, Mark, expand, expand_marked};
use super::settings::{Rule, flag};
use super::{FORCED_HANDLER, FORCED_TYPE, condition, cookie, trace, url};
use crate::outcome::observer::Origin;
use crate::pattern::Captures;
use crate::server::captures;
use crate::server::request::Request;
use crate::source::Span;
use crate::version;
use bstr::{BString, ByteSlice};

/// How a rule went: httpd's `rule_return_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// It did not match.
    NoMatch,
    /// It matched, but the condition of this number kept it from applying.
    HeldBack(usize),
    /// It matched and substituted.
    Match,
    /// It matched; there is nothing to substitute.
    NoSub,
    /// It matched, and the request is refused.
    Refused,
}

/// What the pattern is tried on: the file name, with the path_info behind and the folder cut off in front.
pub(super) fn subject(r: &Request<'_>, perdir: Option<&BString>) -> BString {
    let name = r.filename.as_ref().map_or(&b""[..], |f| f.as_slice());
    let Some(dir) = perdir else { return name.into() };
    let path_info = r.path_info_str();
    if r.is_proxied() {
        return [name, path_info].concat().into();
    }
    match name.strip_prefix(dir.as_slice()) {
        Some(rest) => [rest, path_info].concat().into(),
        None => {
            // the folder may end within the path_info
            let whole = [name, path_info].concat();
            whole.strip_prefix(dir.as_slice()).map(BString::from).unwrap_or_else(|| whole.into())
        }
    }
}

/// Called for a rule that applies, before it changes anything.
pub(super) type OnMatch<'m> = &'m mut dyn FnMut(&mut Request<'_>, &mut Context<'_>);

/// Applies a rule under conditions: its own, and those that are carried to it.
#[inline]
pub(super) fn apply(
    r: &mut Request<'_>,
    ctx: &mut Context<'_>,
    rule: &Rule,
    conds: Conds<'_>,
    on_match: OnMatch<'_>,
) -> Went {
    if !r.watched() {
        return try_rule(r, ctx, rule, conds, on_match);
    }
    apply_watched(r, ctx, rule, conds, on_match)
}

/// The same, for who watches.
#[cold]
fn apply_watched(
    r: &mut Request<'_>,
    ctx: &mut Context<'_>,
    rule: &Rule,
    conds: Conds<'_>,
    on_match: OnMatch<'_>,
) -> Went {
    ctx.set_env.clear();
    if !r.traced() {
        let went = try_rule(r, ctx, rule, conds, on_match);
        r.engine.reach(Some(rule.span), trace::phase(ctx), trace::judgement(went));
        return went;
    }
    let before = ctx.uri.clone();
    r.engine.open();
    let went = try_rule(r, ctx, rule, conds, on_match);
    r.engine.close(|_| Some(trace::rule(r, ctx, rule, went, &before)));
    went
}

fn try_rule(r: &mut Request<'_>, ctx: &mut Context<'_>, rule: &Rule, conds: Conds<'_>, on_match: OnMatch<'_>) -> Went {
    let mut caps = Captures::default();
    let whence = match ctx.perdir {
        Some(directory) => (Origin::File, directory.as_slice()),
        None => (Origin::Path, &b""[..]),
    };
    let found = captures::search_told(r, &rule.regex, rule.span, &ctx.uri, whence, &mut caps);
    if found == rule.has(flag::NOT) {
        return Went::NoMatch;
    }
    ctx.vary.clear();
    ctx.vary_this.get_mut().clear();
    ctx.cond.clear();
    ctx.stands.clear();
    ctx.unfilled = None;
    if found {
        ctx.rule.set(&ctx.uri, &caps);
    } else {
        ctx.rule.clear();
    }
    if let Some(at) = condition::failing(r, ctx, conds, 0) {
        return Went::HeldBack(at);
    }
    on_match(r, ctx);
    let went = carry_out(r, ctx, rule);
    if !ctx.vary.is_empty() {
        r.headers_out.merge("Vary", BString::from(bstr::join(", ", &ctx.vary)));
    }
    r.engine.budget.name(rule.span);
    went
}

fn carry_out(r: &mut Request<'_>, ctx: &mut Context<'_>, rule: &Rule) -> Went {
    let mut new = BString::default();
    if !rule.has(flag::NO_SUB) {
        let (text, mark) = expand_marked(r, ctx, &rule.output, rule);
        if !rule.has(flag::UNSAFE_ALLOW_3F) && is_unsafe(r, &text, mark) && r.has(&version::UNSAFE_3F) {
            r.error_by("AH10508", "Unsafe URL with %3f URL rewritten without UnsafeAllow3F", Some(rule.span));
            r.status = 403;
            return Went::Refused;
        }
        new = text;
    }
    for template in &rule.env {
        set_env(r, ctx, template, rule.span);
    }
    for template in &rule.cookies {
        cookie::set(r, ctx, template);
    }
    if rule.has(flag::NO_SUB) {
        force_type_handler(r, ctx, rule);
        if rule.has(flag::STATUS) {
            r.status = rule.status;
        }
        return Went::NoSub;
    }
    substitute(r, ctx, rule, new);
    Went::Match
}

/// Whether a question mark of the request's begins the query.
fn is_unsafe(r: &Request<'_>, text: &[u8], mark: Mark) -> bool {
    if r.engine.server.loaded.version.has(&version::QUESTION_MARKS) {
        return mark == Mark::Unsafe;
    }
    text.contains(&b'?') && r.unparsed_uri.to_ascii_lowercase().contains_str("%3f")
}

/// What becomes of the substitution's result.
fn substitute(r: &mut Request<'_>, ctx: &mut Context<'_>, rule: &Rule, mut new: BString) {
    let mut prefixed = false;
    let proxied = ctx.perdir.is_some() && r.is_proxied();
    if !proxied && !new.starts_with(b"/") && url::scheme(&new).is_none() {
        let prefix = match ctx.perdir {
            Some(dir) => Some(dir.as_slice()),
            None if !rule.has(flag::PROXY | flag::REDIRECT) && r.has(&version::ROOT_PREFIX) => Some(b"/".as_slice()),
            None => None,
        };
        if let Some(prefix) = prefix {
            new = [prefix, &new].concat().into();
            prefixed = r.engine.server.loaded.version.has(&version::PREFIX_SLASHES);
        }
    }
    r.filename = Some(new);
    r.rewrite.qualified = false;
    if ctx.perdir.is_some() && rule.has(flag::DISCARD_PATH) {
        r.path_info = None;
    }
    url::split_query(r, rule);
    if rule.has(flag::PROXY) {
        url::qualify(r);
        let target = [b"proxy:".as_slice(), r.filename.as_deref().map_or(&b""[..], |f| f)].concat();
        r.filename = Some(target.into());
        return;
    }
    if rule.has(flag::REDIRECT) {
        url::qualify(r);
        r.status = rule.status;
        return;
    }
    url::reduce(r);
    if r.filename.as_ref().is_some_and(|f| url::scheme(f).is_some()) {
        r.status = rule.status;
        return;
    }
    // doubled slashes in front are one, unless the rule itself says two
    if !rule.has(flag::UNC)
        && !prefixed
        && !rule.output.text.starts_with(b"//")
        && r.filename.as_ref().is_some_and(|f| f.starts_with(b"//"))
        && r.has(&version::LEADING_SLASHES)
        && let Some(filename) = &mut r.filename
    {
        let slashes = filename.iter().take_while(|b| **b == b'/').count();
        filename.drain(..slashes.saturating_sub(1));
    }
    force_type_handler(r, ctx, rule);
}

/// `[E=name:value]` and `[E=!name]`: `do_expand_env`.
fn set_env(r: &mut Request<'_>, ctx: &mut Context<'_>, template: &super::template::Template, span: Span) {
    let text = expand(r, ctx, template, None);
    if r.traced() {
        ctx.set_env.push(trace::environment(&text));
    }
    let (name, value) = match (text.strip_prefix(b"!"), text.split_once_str(":")) {
        (Some(name), _) => (name, None),
        (None, Some((name, value))) => (name, Some(value.into())),
        (None, None) => (text.as_slice(), Some(BString::default())),
    };
    r.change_env(trace::phase(ctx), name.as_bstr(), value, span);
}

/// `[T=...]` and `[H=...]`, remembered for the end of the phases.
#[inline]
fn force_type_handler(r: &mut Request<'_>, ctx: &Context<'_>, rule: &Rule) {
    if rule.mimetype.is_some() || rule.handler.is_some() {
        remember_type_handler(r, ctx, rule);
    }
}

fn remember_type_handler(r: &mut Request<'_>, ctx: &Context<'_>, rule: &Rule) {
    if let Some(template) = &rule.mimetype {
        let value = expand(r, ctx, template, Some(rule)).to_ascii_lowercase();
        if !value.is_empty() {
            r.notes.set(FORCED_TYPE, value);
            r.rewrite.type_span = Some(rule.span);
        }
    }
    if let Some(template) = &rule.handler {
        let value = expand(r, ctx, template, Some(rule)).to_ascii_lowercase();
        if !value.is_empty() {
            r.notes.set(FORCED_HANDLER, value);
            r.rewrite.handler_span = Some(rule.span);
        }
    }
}
