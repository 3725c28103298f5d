//! Steps sorted into chapters: virtual host, URL to file, sections, access, handler; then what followed.

use super::page::{Mark, Page};
use super::{Connection, Explained, Level, Spans, access, host, or_none, section};
use crate::outcome::step::{By, Change, Detail, Field, Judgement, Step};
use crate::outcome::{Access, Decision, Outcome};
use crate::phase::Phase;
use crate::reason::is_source;
use crate::report::paint::{Tone, clean};
use crate::report::words;
use crate::source::Span;
use bstr::ByteSlice;

/// What a chapter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Which server answers.
    Host,
    /// Which file the URL means.
    Mapping,
    /// Which sections hold for it.
    Sections,
    /// Whether the client may.
    Access,
    /// Who answers.
    Handler,
}

impl About {
    pub(super) const ALL: [About; 5] = [About::Host, About::Mapping, About::Sections, About::Access, About::Handler];

    /// The chapter of a phase.
    pub(super) fn of(step: &Step) -> About {
        match step.phase {
            Phase::PostReadRequest | Phase::PreTranslateName | Phase::TranslateName => About::Mapping,
            Phase::MapToStorage => About::Sections,
            Phase::AccessChecker | Phase::AccessCheckerEx | Phase::CheckUserId | Phase::AuthChecker => About::Access,
            Phase::HeaderParser | Phase::TypeChecker | Phase::Fixups | Phase::Handler => About::Handler,
            _ => About::Host,
        }
    }

    fn title(self) -> &'static str {
        match self {
            About::Host => "Virtual host",
            About::Mapping => "URL to file",
            About::Sections => "Sections, in the order they are merged",
            About::Access => "Access",
            About::Handler => "Handler",
        }
    }

    /// httpd's word.
    fn phase(self) -> &'static str {
        match self {
            About::Host => "",
            About::Mapping => "translate_name",
            About::Sections => "map_to_storage",
            About::Access => "access_checker ... auth_checker",
            About::Handler => "type_checker, fixups, handler",
        }
    }
}

/// What the page has to tell besides the steps.
pub(super) struct Told<'a> {
    /// The answer.
    pub outcome: &'a Outcome,
    /// Where the connection comes in.
    pub connection: Connection<'a>,
    /// The lines that decided it.
    pub decided: Spans,
    /// The lines that were overridden.
    overridden: Spans,
    /// Whether internal redirects went on without end.
    pub is_loop: bool,
    /// How much is told.
    level: Level,
}

impl<'a> Told<'a> {
    /// From all that is known.
    pub(super) fn new(explained: &Explained<'a>, level: Level) -> Told<'a> {
        let outcome = explained.case.outcome;
        let mut overridden = Spans::new();
        explained.case.steps.iter().for_each(|s| overridden_in(s, &mut overridden));
        Told {
            outcome,
            connection: host::connection(explained.case.run.server(), explained.local()),
            decided: outcome.decided_by.iter().map(|d| d.span).collect(),
            overridden,
            is_loop: explained.case.is_loop(),
            level,
        }
    }

    /// Whether everything is told.
    pub(super) fn all(&self) -> bool {
        self.level == Level::All
    }

    /// What a step is to the answer.
    pub(super) fn mark(&self, step: &Step) -> Mark {
        match step.rule {
            _ if step.lost() => Mark::Lost,
            Some(line) if self.decided.contains(&line) => Mark::Decides,
            _ if step.matched() => Mark::Plain,
            _ => Mark::Missed,
        }
    }

    /// What a line is to the answer, apart from any step.
    pub(super) fn mark_of(&self, line: Span) -> Mark {
        if self.decided.contains(&line) { Mark::Decides } else { Mark::Plain }
    }

    /// What a line of a section is to the answer.
    fn mark_line(&self, section: Span, line: u32) -> Mark {
        let has = |spans: &Spans| spans.iter().any(|s| s.file == section.file && s.line == line);
        if has(&self.decided) {
            Mark::Decides
        } else if has(&self.overridden) {
            Mark::Lost
        } else {
            Mark::Plain
        }
    }

    /// The lines that decided in one of `phases`.
    fn deciders(&self, phases: &[Phase]) -> impl Iterator<Item = &'a Decision> {
        self.outcome.decided_by.iter().filter(move |d| phases.contains(&d.phase))
    }
}

fn overridden_in(step: &Step, spans: &mut Spans) {
    if let Judgement::Overridden(_) = step.judgement {
        spans.extend(step.rule);
    }
    step.children.iter().for_each(|c| overridden_in(c, spans));
}

/// The steps of one request, and the requests that followed from it.
pub(super) struct Chapters<'t> {
    pub steps: Vec<&'t Step>,
    pub followed: Vec<&'t Step>,
}

impl<'t> Chapters<'t> {
    /// Sorts steps.
    pub(super) fn of(steps: &'t [Step]) -> Chapters<'t> {
        let mut chapters = Chapters { steps: Vec::new(), followed: Vec::new() };
        for step in steps {
            if step.is_request() {
                chapters.followed.push(step);
            } else {
                chapters.steps.push(step);
                // a redirect that a hook begins comes after all that its request went through
                chapters.followed.extend(step.children.iter().filter(|c| c.is_request()));
            }
        }
        chapters
    }

    /// Writes all chapters.
    pub(super) fn write(&self, page: &mut Page<'_>, told: &Told<'_>) {
        for about in About::ALL {
            let steps: Vec<&Step> = self.steps.iter().copied().filter(|s| About::of(s) == about).collect();
            chapter(page, told, about, &steps, page.depth == 0 && self.followed.is_empty());
        }
        for step in &self.followed {
            follow(page, told, step);
        }
    }
}

fn follow(page: &mut Page<'_>, told: &Told<'_>, step: &Step) {
    let is_page = step.phase == Phase::ErrorDocument;
    let title = if is_page { "Error page" } else { "Internal redirect" };
    let effect = words::effect(step, page.sources());
    page.heading(title, &effect, Tone::Warn, "");
    if let Some(span) = step.rule {
        page.directive(told.mark(step), 0, span);
    }
    if page.depth >= 10 {
        return page.note(Tone::Dim, "and so on");
    }
    // an error page is an internal redirect: one heading is enough
    let children = match step.children.as_slice() {
        [only] if is_page && only.is_request() => &only.children,
        children => children,
    };
    page.depth += 1;
    Chapters::of(children).write(page, told);
    page.depth -= 1;
}

/// One chapter. `last` says that this request is the one that made the answer.
fn chapter(page: &mut Page<'_>, told: &Told<'_>, about: About, steps: &[&Step], last: bool) {
    let o = told.outcome;
    let (outcome, tone) = match about {
        About::Host if page.depth == 0 => (o.vhost.to_str_lossy().into_owned(), Tone::Plain),
        About::Mapping if last && o.file.is_some() => (or_none(&o.file), Tone::Plain),
        About::Access if last => (
            o.access.as_str().replace('-', " "),
            match o.access {
                Access::Granted => Tone::Good,
                Access::NotReached => Tone::Dim,
                _ => Tone::Bad,
            },
        ),
        About::Handler if last => (or_none(&o.handler), Tone::Plain),
        _ => (String::new(), Tone::Plain),
    };
    let body_at = page.text.len();
    page.heading(about.title(), &outcome, tone, about.phase());
    let heading = page.text.len();
    match about {
        About::Host => host::write(page, steps, told.level, (page.depth == 0).then_some(told.connection)),
        About::Mapping => mapping(page, told, steps),
        About::Sections => sections(page, told, steps),
        About::Access => access::write(page, told, steps, last),
        About::Handler => handler(page, told, steps),
    }
    if about == About::Handler && last {
        serving(page, o);
    }
    // a chapter without a word in it is left out, unless its heading says something
    let empty = page.text.len() == heading;
    let silent = match about {
        About::Mapping => true,
        About::Handler => o.handler.is_none() || !last,
        _ => outcome.is_empty(),
    };
    if empty && silent {
        page.text.truncate(body_at);
    }
}

fn mapping(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step]) {
    let mut missed = 0;
    for step in steps {
        if step.by == By::LocationWalk {
            // the same sections are merged again once the file is known
            if told.all() {
                page.note(Tone::Dim, &format!("sections that apply at {}", step.phase.name()));
                sections(page, told, &[step]);
            }
            continue;
        }
        missed += hook(page, told, step);
    }
    more(page, missed, "more rule");
}

/// `N more rules did not match`.
fn more(page: &mut Page<'_>, n: usize, what: &str) {
    if n > 0 {
        let s = if n == 1 { "" } else { "s" };
        page.note(Tone::Dim, &format!("{n} {what}{s} did not match (use --all to show)"));
    }
}

/// A hook with what it tried; gives how many misses were kept quiet.
fn hook(page: &mut Page<'_>, told: &Told<'_>, step: &Step) -> usize {
    if step.rule.is_some() {
        return rule(page, told, step, 0);
    }
    let effect = words::effect(&without_empty(step), page.sources());
    if told.all() && step.by != By::Core {
        let words = [words::why(step, page.sources()), effect.clone()];
        let words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
        page.note(Tone::Dim, &format!("{}: {}", words::by(step.by), words.join(", ")));
    }
    let mut quiet = 0;
    let before = page.text.len();
    for child in step.children.iter().filter(|c| !c.is_request()) {
        quiet += match child.phase {
            // what a program's environment takes (PATH_TRANSLATED) changes nothing
            Phase::Subrequest if step.phase == Phase::Handler && !told.all() => 0,
            Phase::Subrequest => subrequest(page, told, child),
            _ => rule(page, told, child, 0),
        };
    }
    let silent = page.text.len() == before;
    if let Some(span) = document_root(page, told, step) {
        page.directive(told.mark_of(span), 0, span);
        let file = step.changes.iter().find(|c| c.field == Field::File);
        page.arrow(0, &file.map(words::value).unwrap_or_default());
    } else if told.all() {
        return quiet;
    } else if step.lost() && silent {
        page.note(Tone::Dim, &format!("{}: {}", words::by(step.by), words::why(step, page.sources())));
    } else if !effect.is_empty() && !step.children.iter().any(|c| says(page, c)) {
        page.note(Tone::Plain, &format!("{}: {effect}", words::by(step.by)));
    }
    quiet
}

/// Whether a line that was tried says itself what it did.
fn says(page: &Page<'_>, step: &Step) -> bool {
    step.rule.is_some() && step.matched() && !words::effect(step, page.sources()).is_empty()
}

/// A hook's step without the fields that are empty now.
fn without_empty(step: &Step) -> Step {
    let mut changes = step.changes.clone();
    changes.retain(|c| c.to.as_ref().is_some_and(|to| !to.is_empty()));
    Step { changes, children: Vec::new(), ..step.clone() }
}

/// The DocumentRoot by which the core translated, where one decided.
fn document_root(page: &Page<'_>, told: &Told<'_>, step: &Step) -> Option<Span> {
    if step.by != By::Module("core.c") || step.phase != Phase::TranslateName {
        return None;
    }
    let mut deciders = told.deciders(&[Phase::TranslateName]).map(|d| d.span);
    deciders.find(|s| page.sources().directive_name(*s).eq_ignore_ascii_case("DocumentRoot"))
}

/// A directive that was tried; gives 1 when it missed and that is kept quiet.
fn rule(page: &mut Page<'_>, told: &Told<'_>, step: &Step, nested: usize) -> usize {
    let mark = told.mark(step);
    if mark == Mark::Missed && !told.all() {
        return 1;
    }
    match step.rule {
        Some(span) => page.directive(mark, nested, span),
        None if step.by != By::Core => page.note(Tone::Plain, words::by(step.by)),
        None => {}
    }
    let (why, effect) = (words::why(step, page.sources()), words::effect(step, page.sources()));
    let lost = mark == Mark::Lost;
    let tone = if lost || mark == Mark::Missed { Tone::Dim } else { Tone::Plain };
    if lost {
        // what it would have done comes after why it did not
        page.prose(nested, tone, &why);
        if !effect.is_empty() {
            page.prose(nested, tone, &effect);
        }
        return 0;
    }
    if leads(step) {
        page.arrow(nested, &effect);
    } else if !effect.is_empty() {
        page.prose(nested, tone, &effect);
    }
    if !why.is_empty() {
        page.prose(nested, tone, &why);
    }
    let quiet = step.children.iter().filter(|c| !c.is_request());
    quiet.map(|c| rule(page, told, c, (nested + 1).min(8))).sum()
}

/// Whether a step leads somewhere: to a file, to a URL.
fn leads(step: &Step) -> bool {
    let somewhere = |c: &Change| c.to.as_ref().is_some_and(|to| !to.is_empty());
    let leads = |c: &Change| matches!(c.field, Field::Uri | Field::File | Field::Location) && somewhere(c);
    matches!(step.detail, Detail::Proxied(_)) || step.changes.iter().any(leads)
}

/// A subrequest: what was asked and how it would have ended; its own way only when all is told.
fn subrequest(page: &mut Page<'_>, told: &Told<'_>, step: &Step) -> usize {
    let mark = if step.matched() { Mark::Plain } else { Mark::Missed };
    let asked = match &step.detail {
        Detail::Subrequest(asked) if asked.kind == "entry" => clean([b"entry ", asked.what.as_slice()].concat()),
        Detail::Subrequest(asked) => clean(&asked.what),
        _ => String::new(),
    };
    let effect = words::effect(step, page.sources());
    page.source_line(mark, 0, &format!("subrequest: {asked}"), &effect);
    if told.all() && page.depth < 10 {
        page.depth += 2;
        Chapters::of(&step.children).write(page, told);
        page.depth -= 2;
        page.gap();
    }
    0
}

/// Sections, numbered by nothing but their order: what each changed, and which of it is overridden later.
fn sections(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step]) {
    let mut missed = 0;
    let mut flat: Vec<&Step> = Vec::new();
    for step in steps {
        if step.rule.is_some() { flat.push(step) } else { flat.extend(step.children.iter()) }
    }
    for step in flat.iter().filter(|s| s.rule.is_none() && !s.is_request()) {
        missed += hook(page, told, step);
    }
    for step in flat {
        let Some(span) = step.rule else { continue };
        let (why, effect) = (words::why(step, page.sources()), words::effect(step, page.sources()));
        let is_htaccess = step.by == By::Htaccess;
        if is_htaccess && step.matched() {
            page.source_line(Mark::Plain, 0, &clean(&why), &clean(&effect));
            contents(page, told, span, section::whole(page.sources(), span.file));
            continue;
        }
        if !step.matched() && !told.all() && !is_htaccess {
            missed += usize::from(!step.lost());
            continue;
        }
        page.directive(told.mark(step), 0, span);
        if !why.is_empty() {
            page.prose(0, Tone::Dim, &why);
        }
        if step.matched() {
            contents(page, told, span, section::inner(page.sources(), span));
        }
        if !effect.is_empty() {
            page.prose(0, Tone::Plain, &effect);
        }
    }
    more(page, missed, "more section");
}

/// The directives in a section that matched.
fn contents(page: &mut Page<'_>, told: &Told<'_>, span: Span, inner: Vec<section::Inner>) {
    const SHOWN: usize = 12;
    let limit = if told.all() { usize::MAX } else { SHOWN };
    for line in inner.iter().take(limit) {
        let mark = told.mark_line(span, line.line);
        page.source_line(mark, 1 + line.nested.min(8), &clean(&line.text), &line.line.to_string());
    }
    if inner.len() > limit {
        page.prose(1, Tone::Dim, &format!("and {} more", inner.len() - limit));
    }
}

/// What was asked on the way to the handler, and the lines that made it the one.
fn handler(page: &mut Page<'_>, told: &Told<'_>, steps: &[&Step]) {
    let quiet: usize = steps.iter().map(|s| hook(page, told, s)).sum();
    for d in told.deciders(&[Phase::TypeChecker, Phase::Fixups, Phase::Handler]) {
        if page.depth == 0 && !steps.iter().any(|s| mentions(s, d.span)) {
            page.directive(Mark::Decides, 0, d.span);
        }
    }
    more(page, quiet, "more rule");
}

fn mentions(step: &Step, span: Span) -> bool {
    step.rule == Some(span) || step.children.iter().any(|c| mentions(c, span))
}

/// Who runs the request, in words.
fn serving(page: &mut Page<'_>, o: &Outcome) {
    if let Some(wsgi) = &o.wsgi {
        let group = if wsgi.process_group.is_empty() {
            "httpd's own processes (embedded)".to_string()
        } else {
            format!("the processes of group `{}`", wsgi.process_group)
        };
        let interpreter = if wsgi.application_group.is_empty() {
            "the first interpreter, `%{GLOBAL}`".to_string()
        } else {
            format!("the interpreter `{}`", wsgi.application_group)
        };
        page.note(Tone::Plain, &format!("runs `{}` in {group}, in {interpreter}", wsgi.callable));
    }
    if let Some(script) = &o.script_name {
        page.note(Tone::Plain, &format!("SCRIPT_NAME `{script}`, PATH_INFO `{}`", o.path_info));
    }
    if o.handler.as_ref().is_some_and(|h| h == "default-handler") && o.status < 300 {
        let source = o.file.as_ref().is_some_and(|f| is_source(f.as_bstr()));
        let so = if source { ": anyone can read its source" } else { "" };
        page.note(if source { Tone::Warn } else { Tone::Plain }, &format!("the file is sent as is{so}"));
    }
}
