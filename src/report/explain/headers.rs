//! Why each response header has its value: the lines that set, changed and lost it, in order.

use super::Level;
use super::page::Page;
use crate::outcome::Outcome;
use crate::outcome::step::{Change, Detail, Field, HeaderFate, Step};
use crate::report::explained::Explained;
use crate::report::paint::{Paint, Tone, clean};
use crate::report::words;
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// Something that happened to a header.
struct Event<'s> {
    name: BString,
    step: &'s Step,
    change: Option<&'s Change>,
}

/// The page of `explain --headers`: the headers that the client gets, then those that it does not.
pub(crate) fn page(explained: &Explained<'_>, paint: Paint) -> String {
    let case = &explained.case;
    let mut events = Vec::new();
    collect(case.steps, &mut events);
    let mut top = Page::new(case.sources, paint);
    top.text.push_str(&super::verdict(case.outcome, paint));
    top.text.push('\n');
    super::doubts(&mut top, case.outcome, Level::Story);
    if sends_more(case.outcome) {
        top.note(Tone::Dim, "what the program or back-end sends besides is not known here");
    }
    let mut page = format!("{}\n", top.text);
    let sent = case.outcome.response.as_deref().map_or(&[][..], |r| &r.headers);
    let mut of: HashMap<Vec<u8>, Vec<&Event<'_>>> = HashMap::new();
    for event in &events {
        of.entry(event.name.to_ascii_lowercase()).or_default().push(event);
    }
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    for (name, value) in sent {
        let value = value.as_ref().map_or_else(|| paint.tone(Tone::Key, "(not known)"), |v| clean(v).to_string());
        let _ = writeln!(page, "{}: {value}", clean(name));
        // what happened to a header that is sent several times is told once
        let own = name.to_ascii_lowercase();
        if let Some(events) = of.get(&own).filter(|_| !seen.contains(&own)) {
            tell(&mut page, events, case.sources, true);
        }
        seen.insert(own);
    }
    let is_lost = |event: &&Event<'_>| seen.insert(event.name.to_ascii_lowercase());
    let lost: Vec<&BString> = events.iter().filter(is_lost).map(|event| &event.name).collect();
    if !lost.is_empty() {
        let _ = writeln!(page, "\n{}", paint.tone(Tone::Key, "not sent:"));
    }
    for name in lost {
        let _ = writeln!(page, "{}", clean(name));
        if let Some(events) = of.get(&name.to_ascii_lowercase()) {
            tell(&mut page, events, case.sources, false);
        }
    }
    page
}

/// What happened to one header: the line, in which words, and what to write instead of a line that is lost.
pub(crate) fn fate(explained: &Explained<'_>, name: &str) -> Vec<(Option<Span>, String, Option<String>)> {
    let mut events = Vec::new();
    collect(explained.case.steps, &mut events);
    let of_name = events.iter().filter(|event| event.name.eq_ignore_ascii_case(name.as_bytes()));
    of_name.map(|event| (event.step.rule, what(event), help(event, explained.case.sources))).collect()
}

/// Whether a program or back-end answers, which sends headers of its own.
fn sends_more(outcome: &Outcome) -> bool {
    let response = outcome.response.as_deref();
    let untyped = response.is_some_and(|r| r.content_type.is_none());
    let ran = response.is_some_and(|r| r.env.is_some()) || outcome.wsgi.is_some() || outcome.backend.is_some();
    untyped && ran && outcome.connection.is_none()
}

fn collect<'s>(steps: &'s [Step], events: &mut Vec<Event<'s>>) {
    for step in steps {
        collect(&step.children, events);
        let changed = |field: Field| matches!(field, Field::Header(_));
        let mut told = false;
        for change in step.changes.iter().filter(|c| changed(c.field)) {
            let name = change.name.clone().unwrap_or_default();
            events.push(Event { name, step, change: Some(change) });
            told = true;
        }
        if let Detail::Header(name, _) = &step.detail
            && !told
            && !name.is_empty()
        {
            events.push(Event { name: name.clone(), step, change: None });
        }
        // the type of the answer is told where its header comes from
        if step.children.is_empty()
            && let Some(change) = step.changes.iter().find(|c| c.field == Field::Type)
        {
            events.retain(|e| e.change.is_none_or(|c| c.field != Field::Type));
            events.push(Event { name: "Content-Type".into(), step, change: Some(change) });
        }
    }
}

/// What happened to one header, a line each. A line that was lost needs no help where the header is sent all the same.
fn tell(page: &mut String, events: &[&Event<'_>], sources: &SourceMap, sent: bool) {
    for event in events {
        let what = what(event);
        let line = match event.step.rule {
            Some(span) => format!("{}  {}", clean(sources.place(span)), clean(text(sources, span))),
            None if event.step.by.name().is_empty() => "httpd".into(),
            None => event.step.by.name().to_string(),
        };
        let _ = writeln!(page, "    {line}: {what}");
        if let Some(help) = help(event, sources).filter(|_| !sent) {
            let _ = writeln!(page, "      help: write `{}`", clean(help));
        }
    }
}

fn what(event: &Event<'_>) -> String {
    if let Detail::Header(_, fate) = &event.step.detail {
        match fate {
            HeaderFate::ErrorPage(status) => {
                return format!("lost, httpd's own page for {status} keeps only `Header always` headers");
            }
            HeaderFate::Condition => return "left out, its condition does not hold".into(),
            HeaderFate::Applied if event.change.is_none() => return "changes nothing".into(),
            HeaderFate::Applied => {}
        }
    }
    match event.change {
        Some(Change { to: None, .. }) => "removes it".into(),
        Some(change @ Change { from: None, .. }) => format!("sets it to `{}`", clean(words::header_value(change))),
        Some(change) => format!("makes it `{}`", clean(words::header_value(change))),
        None => "changes nothing".into(),
    }
}

/// The line that reaches error pages too, for one that was lost.
fn help(event: &Event<'_>, sources: &SourceMap) -> Option<String> {
    let Detail::Header(name, HeaderFate::ErrorPage(_)) = &event.step.detail else { return None };
    let span = event.step.rule.filter(|_| !name.is_empty())?;
    let text = text(sources, span);
    let rest = text.split_once(char::is_whitespace)?.1.trim_start();
    let word = rest.split_whitespace().next()?;
    if ["unset", "note", "echo"].iter().any(|action| word.eq_ignore_ascii_case(action)) {
        return None;
    }
    let rest = if word.eq_ignore_ascii_case("onsuccess") { rest[word.len()..].trim_start() } else { rest };
    Some(format!("Header always {rest}"))
}

/// A directive as it is written.
fn text(sources: &SourceMap, span: Span) -> String {
    let file = sources.file(span.file);
    let bytes = file.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    bytes.trim().to_str_lossy().into_owned()
}
