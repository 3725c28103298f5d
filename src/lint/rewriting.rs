//! What the rules about mod_rewrite have in common: its rules with their conditions, wherever they are, and changes of them.

use super::facts::{Asked, Facts, Seen, is_named};
use crate::conf::args;
use crate::outcome::Outcome;
use crate::run::Run;
use crate::search::ask::Ask;
use crate::search::compare::differ;
use crate::search::points::{Of, Point};
use crate::search::solve::Want;
use crate::site::{Directive, Edit};
use crate::source::{SourceMap, Span};
use bstr::{BString, ByteSlice};
use std::rc::Rc;

/// Where a rule is, which says what its pattern is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The main server or a virtual host: the URL's path.
    Server,
    /// A directory, with its slash: what of the file's path is below it.
    Directory(BString),
    /// Another section: a Location, or a Directory with a pattern.
    Section,
}

/// A rule with its conditions.
pub(crate) struct Rewrite<'f> {
    pub line: Directive<'f>,
    pub conditions: Vec<Directive<'f>>,
    pub level: Level,
    /// The pattern without its `!`, and whether it has one.
    pub pattern: BString,
    pub not: bool,
    pub output: BString,
    /// In lower case, with their values.
    pub flags: Vec<BString>,
}

/// All rules, those of .htaccess files last.
pub(crate) fn rewrites<'f>(facts: &'f Facts<'_>) -> Vec<Rewrite<'f>> {
    let mut found = Vec::new();
    of_texts(facts.directives.iter().cloned(), None, &mut found);
    for text in &facts.htaccess {
        of_texts(text.directives(), Some(&text.directory), &mut found);
    }
    found
}

fn of_texts<'f>(
    directives: impl Iterator<Item = Directive<'f>>,
    directory: Option<&BString>,
    found: &mut Vec<Rewrite<'f>>,
) {
    let mut conditions: Vec<Directive<'f>> = Vec::new();
    for line in directives {
        if is_named(&line, &["RewriteCond"]) {
            conditions.push(line);
            continue;
        }
        if !is_named(&line, &["RewriteRule"]) {
            continue;
        }
        let around = |d: &Directive<'_>| d.parents().last().map(|(_, span)| span);
        let own = around(&line);
        let conditions: Vec<Directive<'f>> = conditions.drain(..).filter(|c| around(c) == own).collect();
        let words = line.words();
        let [pattern, output, ..] = words.as_slice() else { continue };
        let (not, pattern) = match pattern.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, pattern.as_slice()),
        };
        let level = level(&line, directory);
        let flags = words.get(2).map(|word| args::flags(word)).unwrap_or_default();
        let (pattern, output) = (pattern.into(), output.clone());
        found.push(Rewrite { conditions, level, pattern, not, output, flags, line });
    }
}

/// Where a directive of the configuration, or of an .htaccess file, is.
pub(crate) fn level(line: &Directive<'_>, htaccess: Option<&BString>) -> Level {
    let mut level = htaccess.map_or(Level::Server, |directory| Level::Directory(directory.clone()));
    for section in line.sections() {
        let name = section.name.to_ascii_lowercase();
        match name.as_slice() {
            b"directory" => {
                let words = section.words();
                let plain = words.first().filter(|path| path.find_byteset(b"*?[").is_none() && **path != "~");
                level = match plain {
                    Some(path) => Level::Directory([path.trim_end_with(|c| c == '/'), b"/"].concat().into()),
                    None => Level::Section,
                };
            }
            b"directorymatch" | b"location" | b"locationmatch" | b"proxy" | b"proxymatch" => level = Level::Section,
            b"files" | b"filesmatch" | b"if" | b"elseif" | b"else" if level == Level::Server => level = Level::Section,
            _ => {}
        }
    }
    level
}

impl Rewrite<'_> {
    /// Whether it has a flag, by any of its names.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|flag| {
            let name = flag.split_str("=").next().unwrap_or_default();
            names.iter().any(|own| name == own.as_bytes())
        })
    }

    /// The value of a flag.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&[u8]> {
        self.flags.iter().find_map(|flag| {
            let (name, value) = flag.split_once_str("=").unwrap_or((flag, b""));
            names.iter().any(|own| name == own.as_bytes()).then_some(value)
        })
    }

    pub(crate) fn span(&self) -> Span {
        self.line.span()
    }

    /// Whether it answers with a redirect.
    pub(crate) fn redirects(&self) -> bool {
        let scheme = self.output.find(b"://").is_some_and(|at| self.output[..at].iter().all(u8::is_ascii_alphabetic));
        let status = self.value(&["r", "redirect"]);
        scheme && !self.has(&["p", "proxy"]) || status.is_some_and(|s| !s.starts_with(b"4") && !s.starts_with(b"5"))
    }

    /// Whether it refuses.
    pub(crate) fn refuses(&self) -> bool {
        self.has(&["f", "forbidden", "g", "gone"])
            || self.value(&["r", "redirect"]).is_some_and(|s| s.starts_with(b"4") || s.starts_with(b"5"))
    }

    /// Whether it makes another path, for httpd itself to serve.
    pub(crate) fn is_local(&self) -> bool {
        self.output != "-" && !self.redirects() && !self.refuses() && !self.has(&["p", "proxy"])
    }

    /// The rule with one more flag.
    pub(crate) fn with_flag(&self, sources: &SourceMap, flag: &str) -> Edit {
        let words = self.line.words();
        if words.len() < 3 {
            let end = self.line.span().end;
            return Edit::replace(Span { start: end, end, ..self.line.span() }, format!(" [{flag}]"));
        }
        let place = self.line.arg_span(sources, 2);
        let text = sources.text(place);
        let behind = text.find_byte(b']').map_or(text.len(), |at| at) as u32;
        let at = Span { start: place.start + behind, end: place.start + behind, ..place };
        Edit::replace(at, if text.contains_str("[]") { flag.to_string() } else { format!(",{flag}") })
    }

    /// The rule without a flag, by any of its names; none where its text can't be taken apart.
    pub(crate) fn without_flag(&self, sources: &SourceMap, names: &[&str]) -> Option<Edit> {
        let place = self.line.arg_span(sources, 2);
        let text = sources.text(place);
        let inner = text.trim_with(|c| c == '"').strip_prefix(b"[")?.strip_suffix(b"]")?;
        let is_own = |flag: &[u8]| names.iter().any(|name| flag.trim().eq_ignore_ascii_case(name.as_bytes()));
        let kept: Vec<&[u8]> = inner.split_str(",").filter(|flag| !is_own(flag)).collect();
        let kept = if kept.is_empty() { b"R".to_vec() } else { bstr::join(",", kept) };
        let at = Span { start: place.start + text.find(inner)? as u32, ..place };
        Some(Edit::replace(Span { end: at.start + inner.len() as u32, ..at }, kept))
    }

    /// Rules by their place, a section or an .htaccess file: those of one are one cause.
    pub(crate) fn by_place<'r, 'f>(rules: impl Iterator<Item = &'r Rewrite<'f>>) -> Vec<Vec<&'r Rewrite<'f>>>
    where
        'f: 'r,
    {
        let mut places: Vec<(_, Vec<&Rewrite<'f>>)> = Vec::new();
        for rewrite in rules {
            let place = (rewrite.span().file, rewrite.line.parents().last().map(|(_, span)| span));
            match places.iter_mut().find(|(known, _)| *known == place) {
                Some((_, own)) => own.push(rewrite),
                None => places.push((place, vec![rewrite])),
            }
        }
        places.into_iter().map(|(_, own)| own).collect()
    }

    /// Of rules of one place, those that do harm which is gone once all have their edits: each with its own, and what `harm`
    /// shows by the site where all are made.
    pub(crate) fn harmful<'r, 'f, T>(
        asked: &Asked<'_>,
        rules: impl IntoIterator<Item = &'r Rewrite<'f>>,
        edit: impl Fn(&Rewrite<'f>) -> Option<Edit>,
        harm: impl Fn(&Rewrite<'f>, &Run) -> Option<T>,
    ) -> Vec<(&'r Rewrite<'f>, Edit, T)>
    where
        'f: 'r,
    {
        let rules = rules.into_iter().filter_map(|rewrite| Some((rewrite, edit(rewrite)?)));
        let rules: Vec<(&Rewrite<'f>, Edit)> = rules.collect();
        let edits: Vec<Edit> = rules.iter().map(|(_, edit)| edit.clone()).collect();
        let Some(other) = asked.changed(&edits).filter(|_| !edits.is_empty()) else { return Vec::new() };
        rules.into_iter().filter_map(|(rewrite, edit)| Some((rewrite, edit, harm(rewrite, &other)?))).collect()
    }

    /// An argument with another text in a part of it; none where its place can't be told.
    pub(crate) fn with_text(
        line: &Directive<'_>,
        sources: &SourceMap,
        n: usize,
        old: &[u8],
        new: &[u8],
    ) -> Option<Edit> {
        let place = line.arg_span(sources, n);
        if place == line.span() {
            return None;
        }
        let text = sources.text(place);
        let at = text.find(old)? as u32;
        let at = Span { start: place.start + at, end: place.start + at + old.len() as u32, ..place };
        Some(Edit::replace(at, new))
    }
}

impl Asked<'_> {
    /// Those of the requests that were asked which met a line, and some that ask for it, the plainest first.
    pub(crate) fn about(&self, line: Span) -> Rc<Vec<Seen>> {
        if let Some(known) = self.about.borrow().get(&line) {
            return known.clone();
        }
        let mut found: Vec<Seen> = self.met(line).take(ABOUT).cloned().collect();
        let search = &self.ground.search;
        let mut asks: Vec<Ask> = search.points_of(line).take(3).flat_map(|point| search.asks_for(point)).collect();
        asks.sort_by_key(|ask| (ask.weight(), ask.clone()));
        asks.retain(|ask| found.iter().all(|seen| seen.ask != *ask));
        asks.dedup();
        found.extend(asks.into_iter().take(ABOUT).map(|ask| self.ask(ask)));
        found.sort_by_cached_key(|seen| (seen.ask.weight(), seen.ask.clone()));
        let found = Rc::new(found);
        self.about.borrow_mut().insert(line, found.clone());
        found
    }

    /// A request that asks what a line asks, with `new` in the place of `old`, and that an edit makes the site answer otherwise.
    pub(crate) fn turned(
        &self,
        line: Span,
        old: &Want,
        new: (Of, Want),
        pattern: Option<&[u8]>,
        edit: &Edit,
    ) -> Option<Seen> {
        let search = &self.ground.search;
        let meant = search.points_of(line).take(6).map(|point| {
            let wants =
                point.wants.iter().map(|(of, want)| match want.kind == old.kind && want.pattern == old.pattern {
                    true => new.clone(),
                    false => (of.clone(), want.clone()),
                });
            let image =
                point.image.as_ref().map(|(was, output)| (pattern.map_or(was.clone(), Into::into), output.clone()));
            Point { wants: wants.collect(), image, ..point.clone() }
        });
        // a rule of a directory asks for a file, too: where the URL says more, any file may do
        let by_url = |point: Point| {
            let asks = |of: &Of| matches!(of, Of::File | Of::Name);
            let both = new.0 == Of::Path && point.wants.iter().any(|(of, _)| asks(of));
            let wants = point.wants.iter().filter(|(of, _)| !asks(of)).cloned().collect();
            let url = both.then(|| Point { wants, image: None, ..point.clone() });
            [Some(point), url].into_iter().flatten()
        };
        let meant = meant.flat_map(by_url);
        let asks: Vec<Ask> = meant.flat_map(|point| search.asks_for(&point)).take(6 * ABOUT).collect();
        if asks.is_empty() {
            return None;
        }
        let other = self.changed(std::slice::from_ref(edit))?;
        let mut seen = asks.into_iter().map(|ask| self.ask(ask));
        seen.find(|seen| {
            let changed = || differ(&seen.outcome, &other.ask(&seen.ask.request())).is_some();
            seen.outcome.connection.is_none() && changed()
        })
    }

    /// Whether another site answers otherwise only where this one's answer is as `harmed` says.
    pub(crate) fn changes_only(&self, other: &Run, harmed: impl Fn(&Outcome) -> bool) -> bool {
        let step = (self.pool.len() / COMPARED).max(1);
        self.pool
            .iter()
            .step_by(step)
            .all(|seen| harmed(&seen.outcome) || differ(&seen.outcome, &other.ask(&seen.ask.request())).is_none())
    }
}

/// How many requests about a line are looked at.
const ABOUT: usize = 24;
/// How many requests show what a fix changes.
const COMPARED: usize = 800;

/// How many groups of a pattern can be named by number.
pub(crate) fn groups(pattern: &str) -> usize {
    let (mut count, mut class) = (0, false);
    let mut rest = pattern.bytes().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\\' => _ = rest.next(),
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class && rest.peek() != Some(&b'?') => count += 1,
            _ => {}
        }
    }
    count
}
