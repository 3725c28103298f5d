//! `explain --environment`: what the program finds in its environment, each variable with the line that set it, and what
//! doesn't reach it.

use super::page::{Mark, Page};
use crate::outcome::step::{Field, Step};
use crate::outcome::{Outcome, Response};
use crate::reason::Case;
use crate::report::Explained;
use crate::report::paint::{Paint, Tone, clean};
use crate::server::script;
use crate::source::Span;
use bstr::{BStr, BString};
use std::collections::HashMap;

/// The page.
pub(crate) fn environment(explained: &Explained<'_>, paint: Paint) -> String {
    let case = &explained.case;
    let mut page = Page::new(case.sources, paint);
    page.text.push_str(&super::verdict(case.outcome, paint));
    page.text.push('\n');
    let response = case.outcome.response.as_deref();
    let Some((response, variables)) = response.and_then(|r| Some((r, r.env.as_deref()?))) else {
        page.gap();
        page.note(Tone::Plain, "no program ran");
        return page.text;
    };
    // the first of a name counts
    let lines: HashMap<&BString, Span> = response.env_lines.iter().rev().map(|(name, line)| (name, *line)).collect();
    let by = |name: &BString| lines.get(name).copied();
    let of_header = |name: &BString| name.starts_with(b"HTTP_") || name.starts_with(b"CONTENT_");
    let group = |name: &BString| if by(name).is_some() { 0 } else { 1 + usize::from(!of_header(name)) };
    for (number, title) in ["Set by the configuration", "From the request's headers", "Of the request and the server"]
        .into_iter()
        .enumerate()
    {
        let mut members: Vec<&(BString, Option<BString>)> =
            variables.iter().filter(|(name, _)| group(name) == number).collect();
        members.sort();
        if !members.is_empty() {
            page.heading(title, "", Tone::Plain, "");
        }
        for (name, value) in members {
            variable(&mut page, "", name, value.as_ref(), by(name));
        }
    }
    let kept: Vec<String> = headers(case, variables).chain(renamed(case, response)).collect();
    if !kept.is_empty() {
        page.heading("Not found by the program", "", Tone::Plain, "");
    }
    kept.iter().for_each(|line| page.note(Tone::Plain, line));
    page.text
}

/// A variable with its value, and the line that set it.
pub(super) fn variable(page: &mut Page<'_>, label: &str, name: &BString, value: Option<&BString>, line: Option<Span>) {
    let place = line.map(|line| clean(page.sources().place(line))).unwrap_or_default();
    let value = value.map_or_else(|| "(not known here)".to_string(), clean);
    page.source_line(Mark::Plain, 0, &format!("{label}{}={value}", clean(name)), &place);
}

/// Headers of the request that the program has no variable of, and why.
fn headers<'c>(case: &'c Case<'_>, variables: &'c [(BString, Option<BString>)]) -> impl Iterator<Item = String> + 'c {
    case.ask.headers.iter().filter_map(move |(name, _)| {
        let variable = script::header_variable(name);
        let has = variables.iter().any(|(n, _)| *n == variable);
        let why = why_not(name, case.outcome).filter(|_| !has)?;
        Some(format!("the header `{}`: {why}", clean(name)))
    })
}

/// Why a header is kept from programs.
fn why_not(name: &BStr, outcome: &Outcome) -> Option<&'static str> {
    let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
    match name {
        _ if is("Authorization") && outcome.wsgi.is_some() => {
            Some("httpd keeps credentials from programs, WSGIPassAuthorization On passes them on")
        }
        _ if is("Authorization") || is("Proxy-Authorization") => {
            Some("httpd keeps credentials from programs, CGIPassAuth On passes them on")
        }
        _ if is("Proxy") => Some("programs would take HTTP_PROXY for the proxy that they are to use"),
        _ if !script::has_variable(name) => Some("only names of letters, digits and hyphens become variables"),
        _ => None,
    }
}

/// Variables that rules set, and that the program finds by another name or not at all.
fn renamed<'c>(case: &'c Case<'_>, response: &'c Response) -> impl Iterator<Item = String> + 'c {
    let mut told: Vec<(&BString, Span)> = Vec::new();
    for step in Step::walk(case.steps).filter(|s| s.matched()) {
        let Some(line) = step.rule else { continue };
        let set = step.changes.iter().filter(|c| c.field == Field::Env && c.to.is_some());
        for name in set.filter_map(|c| c.name.as_ref()) {
            if !told.contains(&(name, line)) {
                told.push((name, line));
            }
        }
    }
    told.into_iter().filter_map(move |(name, line)| {
        let found: Vec<&BString> = response.env_lines.iter().filter(|(_, l)| *l == line).map(|(n, _)| n).collect();
        let place = case.sources.place(line);
        let redirected = found.iter().find(|n| is_renamed(n, name));
        match redirected {
            _ if found.contains(&name) => None,
            Some(other) => {
                let (name, other) = (clean(name), clean(other));
                Some(format!("`{name}` ({place}): after an internal redirect the program finds it as `{other}`"))
            }
            None => Some(format!("`{}` ({place}): the program does not find this value", clean(name))),
        }
    })
}

/// Whether a variable is another one after internal redirects.
fn is_renamed(variable: &BString, name: &[u8]) -> bool {
    let mut rest = variable.as_slice();
    while let Some(shorter) = rest.strip_prefix(b"REDIRECT_") {
        rest = shorter;
        if rest == name {
            return true;
        }
    }
    false
}
