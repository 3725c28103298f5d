//! One request, told whole: the verdict first, on one line, then the way there.
//!
//! [`render`] writes the page; `chapters` sorts an engine's steps into its chapters, `page` lays out lines.

mod access;
mod chapters;
mod environment;
mod headers;
mod host;
mod page;
mod rules;
mod section;
mod story;

pub use super::explained::Explained;
use super::paint::{Paint, Tone, clean};
use super::words;
use crate::outcome::step::Detail;
use crate::outcome::{Access, Outcome};
use crate::server::Compiled;
use crate::source::Span;
pub(crate) use environment::environment;
pub(crate) use headers::{fate, page as headers};
pub(crate) use rules::rules;

use chapters::{Chapters, Told};
use page::Page;
use std::collections::HashSet;
use std::net::IpAddr;

/// How much is told.
///
/// ```
/// use routesim::report::explain::{Explained, Level, render};
/// use routesim::report::paint::Paint;
/// use routesim::{Request, Site};
///
/// let site = Site::builder("Redirect /old /new\n").build()?;
/// let run = site.start().expect("httpd starts");
/// let ask = Request::get("/old");
/// let (outcome, steps) = run.explain(&ask);
/// let page = |level| render(&Explained::of(&site, &run, &ask, &outcome, &steps), level, Paint::default());
/// assert_eq!(page(Level::Brief), "302 Found  -> http://localhost/new\n");
/// assert!(page(Level::Story).len() < page(Level::All).len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// The verdict alone.
    Brief,
    /// What happened, and what was shadowed or overridden.
    #[default]
    Story,
    /// Everything that was tried.
    All,
}

/// Where a connection comes in.
#[derive(Clone, Copy)]
struct Connection<'a> {
    server: &'a Compiled,
    ip: IpAddr,
    port: u16,
}

/// The page.
pub fn render(explained: &Explained<'_>, level: Level, paint: Paint) -> String {
    let case = &explained.case;
    let o = case.outcome;
    let mut page = Page::new(case.sources, paint);
    page.text.push_str(&verdict(o, paint));
    page.text.push('\n');
    doubts(&mut page, o, level);
    if level == Level::Brief {
        return page.text;
    }
    let asked = format!(
        "{} {}   from {} to {}",
        clean(&o.method),
        paint.fit(&clean(&o.url), paint.columns()),
        case.ask.client,
        explained.local()
    );
    page.note(Tone::Dim, &asked);
    let told = Told::new(explained, level);
    let shown = story::why(&mut page, &told, explained);
    match level {
        Level::All => Chapters::of(case.steps).write(&mut page, &told),
        _ => story::way(&mut page, &told, explained, &shown),
    }
    if let Some(last) = case.steps.last().filter(|step| step.detail == Detail::Cut) {
        page.note(Tone::Warn, &words::why(last, case.sources));
    }
    log_line(&mut page, o);
    page.legend();
    page.text
}

/// Status, handler, file: what the client gets, on one line.
fn verdict(o: &Outcome, paint: Paint) -> String {
    if let Some(why) = o.connection {
        return format!("{}  {}", paint.tone(Tone::Bad, "no answer"), words::unanswered(why));
    }
    let status = format!("{} {}", o.status, super::reason(o.status));
    let mut line = paint.tone(Paint::of_status(o.status), status.trim_end());
    let mut add = |tone, text: &str| {
        line.push_str("  ");
        line.push_str(&paint.tone(tone, text));
    };
    if let Some(handler) = &o.handler {
        add(Tone::Head, &clean(handler));
    } else if o.status == 403 && o.access == Access::Denied {
        add(Tone::Head, "access denied");
    } else if o.access == Access::AuthRequired {
        add(Tone::Head, "authentication required");
    }
    if let Some(location) = o.leads_to() {
        add(Tone::Plain, &format!("-> {}", clean(location)));
    } else if let Some(file) = &o.file {
        add(Tone::Plain, &clean(file));
    }
    if o.leads_to().is_none() && !o.path_info.is_empty() {
        add(Tone::Dim, &format!("path_info {}", clean(&o.path_info)));
    }
    if let Some(code) = o.log {
        add(Tone::Dim, code);
    }
    line
}

/// Why the answer is not certain: said at once, at every level. Several lines of one kind are one reason.
fn doubts(page: &mut Page<'_>, o: &Outcome, level: Level) {
    let mut said: Vec<(&str, &str)> = Vec::new();
    for caveat in &o.caveats {
        let key = (caveat.directive.as_str(), caveat.why.as_str());
        if said.contains(&key) && level < Level::All {
            continue;
        }
        said.push(key);
        let same = o.caveats.iter().filter(|c| (c.directive.as_str(), c.why.as_str()) == key).count();
        let more = if same > 1 && level < Level::All { format!(" and {} more", same - 1) } else { String::new() };
        let place = match caveat.span.is_some() {
            true => format!(" ({}{more})", page.sources().place(caveat.span)),
            false => String::new(),
        };
        page.note(Tone::Warn, &format!("not certain: `{}`{place}: {}", caveat.directive, caveat.why));
    }
}

/// What to search for: the line that httpd writes to its error log.
fn log_line(page: &mut Page<'_>, o: &Outcome) {
    let Some(code) = o.log else { return };
    page.heading("Error log", "", Tone::Plain, "");
    let message = o.log_message.as_ref().map(clean).unwrap_or_default();
    let message = message.strip_prefix(code).map_or(message.as_str(), |m| m.trim_start_matches([':', ' ']));
    page.note(Tone::Plain, format!("{code}: {message}").trim_end_matches([':', ' ']));
}

/// The spans that a set of directives covers.
type Spans = HashSet<Span>;

/// `text`, or a word for its absence.
fn or_none(text: &Option<impl AsRef<[u8]>>) -> String {
    let text = text.as_ref().map(AsRef::as_ref).filter(|t| !t.is_empty());
    text.map_or_else(|| "none".into(), clean)
}
