//! What a search left undecided, and what it showed to be out of reach.

use super::ask::Ask;
use super::bounds::Bounds;
use super::compare::differ;
use super::explore::Search;
use super::notes::Mark;
use super::points::{Of, Point};
use super::space::Clients;
use crate::directives::{self, Effect};
use crate::pattern::Flags;
use crate::run::Run;
use crate::site::Directive;
use crate::source::Span;
use bstr::ByteSlice;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// A line of which not all is known.
pub(crate) struct Open {
    pub line: Span,
    pub why: String,
}

/// A line that no request reaches, or that never decides.
pub(crate) struct Dead {
    pub line: Span,
    /// Whether a request reached it.
    pub reached: bool,
    /// The lines that stand in its way, where that was shown.
    pub blocked_by: Vec<Span>,
    /// Whether that is shown, or only was not found otherwise.
    pub proved: bool,
    /// Whether it would answer otherwise than they do.
    pub would_differ: Option<bool>,
    /// A request that it is about.
    pub ask: Option<Ask>,
}

impl Search<'_> {
    fn saw(&self, line: Span, mark: Mark) -> bool {
        self.seen.has(line, mark)
    }

    /// The lines that block a line wherever requests come in; none where that is not shown.
    pub(crate) fn blocked_by(&self, line: Span) -> Option<Vec<Span>> {
        let points = self.by_line.get(&line)?;
        if let Some(rule) = self.ended_before(points) {
            return Some(vec![rule]);
        }
        let mut blockers: Vec<Span> = Vec::new();
        for point in points {
            let proofs = self.proofs.get(point)?;
            // each way in, and nothing but paths
            let doors: HashSet<usize> = proofs.iter().map(|(door, _)| *door).collect();
            let fits = self.fitting(*point);
            if fits.is_empty() || fits.iter().any(|door| !doors.contains(door)) {
                return None;
            }
            for (_, lines) in proofs {
                if lines.iter().any(|line| !self.is_plain(*line)) || !self.passed.is_as_asked(line, lines) {
                    return None;
                }
                blockers.extend(lines);
            }
        }
        self.in_order(&mut blockers);
        blockers.dedup();
        Some(blockers)
    }

    /// The rule of the same section after which none is tried.
    fn ended_before(&self, points: &[usize]) -> Option<Span> {
        let rule = points.first().and_then(|point| self.points[*point].behind)?;
        let sources = self.run.sources();
        // rules of another section may come before them, and skip some
        let inherits = |line: Span| {
            sources.directive_name(line).eq_ignore_ascii_case("RewriteOptions")
                && sources.text(line).to_ascii_lowercase().contains_str("inherit")
        };
        let own = self.run.server().regex_defaults == Flags::NONE
            && points.iter().all(|point| self.points[*point].behind.is_some());
        (own && !self.by_line.keys().any(|line| inherits(*line))).then_some(rule)
    }

    /// Whether no connection is TLS, so that a condition on that goes one way only.
    fn is_insecure(&self, line: Span) -> bool {
        let own = self.by_line.get(&line).into_iter().flatten().any(|point| self.points[*point].secure);
        own && !self.run.server().servers.iter().any(|server| server.tls)
    }

    /// Whether the condition that it is an alternative to always holds.
    fn is_settled_before(&self, points: &[usize]) -> bool {
        let settled = |before: Span| {
            self.is_insecure(before) && self.saw(before, Mark::Went(true)) && !self.saw(before, Mark::Went(false))
        };
        let conditions: Vec<&Point> = points.iter().map(|point| &self.points[*point]).collect();
        !conditions.is_empty() && conditions.iter().all(|point| point.or_secure.is_some_and(settled))
    }

    /// Puts lines in order, by the names of their files.
    fn in_order(&self, lines: &mut [Span]) {
        let sources = self.run.sources();
        lines.sort_by_cached_key(|span| (sources.file(span.file).name.clone(), span.start));
    }

    /// Whether a line takes all that its pattern matches.
    fn is_plain(&self, line: Span) -> bool {
        let points = self.by_line.get(&line).map(Vec::as_slice).unwrap_or_default();
        !points.is_empty()
            && points.iter().all(|p| {
                let point = &self.points[*p];
                let conditional = point.wants.iter().any(|(of, _)| *of != Of::Path);
                !conditional && point.methods.is_empty() && !point.under_if
            })
    }

    /// What is undecided: each pattern of which only one turn was seen, where the other was not shown to be impossible.
    pub(crate) fn open(&self) -> Vec<Open> {
        let mut found = Vec::new();
        let bounds = Bounds::of(self);
        let mut lines: Vec<Span> = self.by_line.keys().copied().collect();
        self.in_order(&mut lines);
        for line in lines {
            let points = &self.by_line[&line];
            if !points.iter().any(|p| self.points[*p].tried) {
                continue;
            }
            let yes =
                self.saw(line, Mark::Tried(true)) || self.saw(line, Mark::Went(true)) || self.saw(line, Mark::Decided);
            let no = self.saw(line, Mark::Tried(false)) || self.saw(line, Mark::Went(false));
            if !yes
                && self.blocked_by(line).is_none()
                && !self.is_held(points)
                && !self.is_apart(points, &bounds)
                && !self.is_unfollowed(line, points, &bounds)
                && (no || !self.is_settled_before(points))
                && (no || !self.is_kept_from(line, points, &bounds))
            {
                let why = match no {
                    true => "no request was found for which its pattern matches",
                    false => "no request was found that reaches it",
                };
                found.push(Open { line, why: why.into() });
            } else if yes && !no && !self.always(line, points, &bounds) {
                found.push(Open { line, why: "no request was found for which its pattern does not match".into() });
            }
        }
        // expressions, and what else goes one way or the other without a pattern
        let went = |line: &Span| self.saw(*line, Mark::Went(true)) || self.saw(*line, Mark::Went(false));
        let mut judged: Vec<Span> = self.seen.lines().iter().copied().filter(went).collect();
        self.in_order(&mut judged);
        judged.dedup();
        let sources = self.run.sources();
        for line in judged {
            let name = sources.directive_name(line).to_ascii_lowercase();
            let expression = ["if", "elseif", "setenvifexpr"].contains(&name.as_str());
            let text = sources.text(line).to_ascii_lowercase();
            let require = name == "require"
                && [&b" env "[..], b" expr ", b" host ", b" method "].iter().any(|w| text.contains_str(w));
            let rest = name == "rewritecond";
            let never_set = name == "require"
                && !self.saw(line, Mark::Went(true))
                && bounds.is_never_set(self, &sources.text(line));
            let both = self.saw(line, Mark::Went(true)) && self.saw(line, Mark::Went(false));
            let settled = rest && self.is_insecure(line);
            if (expression || require || rest)
                && !both
                && !never_set
                && !settled
                && !found.iter().any(|o| o.line == line)
            {
                found.push(Open { line, why: "it went only one way in all requests".into() });
            }
        }
        for (line, why) in &self.caveats {
            found.push(Open { line: *line, why: why.clone() });
        }
        if !self.tree_whole {
            found.push(Open { line: Span::NONE, why: "the tree has more files than are looked at".into() });
        }
        let sources = self.run.sources();
        let place = |line: Span| if line.is_some() { sources.file(line.file).name.clone() } else { String::new() };
        found.sort_by_cached_key(|open| (place(open.line), open.line.start, open.why.clone()));
        found.dedup_by(|a, b| a.line == b.line && a.why == b.why);
        found
    }

    /// Whether it is about what the terms of the search leave no choice of.
    fn is_held(&self, points: &[usize]) -> bool {
        let client = matches!(self.terms().clients, Clients::Outside);
        client && points.iter().all(|p| self.points[*p].wants.iter().any(|(of, _)| *of == Of::Client))
    }

    /// Whether it is a rewrite rule or condition of a directory, where links are followed nowhere.
    fn is_unfollowed(&self, line: Span, points: &[usize], bounds: &Bounds) -> bool {
        let name = self.run.sources().directive_name(line).to_ascii_lowercase();
        let in_directory = |point: &usize| {
            let point = &self.points[*point];
            let section = |span: &Span| self.run.sources().directive_name(*span).to_ascii_lowercase();
            self.site.is_htaccess(line.file)
                || point.sections.iter().any(|span| ["directory", "directorymatch"].contains(&section(span).as_str()))
        };
        bounds.is_unfollowed()
            && ["rewriterule", "rewritecond"].contains(&name.as_str())
            && points.iter().all(in_directory)
    }

    /// Whether a section around it, or its virtual host, is for requests that there can't be.
    fn is_apart(&self, points: &[usize], bounds: &Bounds) -> bool {
        let points = || points.iter().map(|p| &self.points[*p]);
        let never = |section: &Span| bounds.turns(*section).is_some_and(|turns| !turns.matches);
        points().all(|point| point.server.is_some_and(|server| bounds.is_closed(server)))
            || points().flat_map(|point| &point.sections).any(never)
    }

    /// Whether access never comes to a line: others decide before it, or replace it; or nobody is let in who could come to it.
    fn is_kept_from(&self, line: Span, points: &[usize], bounds: &Bounds) -> bool {
        const AROUND: [&str; 9] =
            ["directory", "directorymatch", "files", "filesmatch", "location", "locationmatch", "if", "elseif", "else"];
        let sources = self.run.sources();
        let name = |span: Span| sources.directive_name(span).to_ascii_lowercase();
        let own = name(line);
        let after = match own.as_str() {
            "require" | "allow" | "deny" => false,
            "rewriterule" | "rewritecond" => true,
            _ => return false,
        };
        !points.is_empty()
            && points.iter().map(|p| &self.points[*p]).all(|point| {
                let sections = point.sections.iter().copied();
                let around: Vec<Span> = sections.filter(|span| AROUND.contains(&name(*span).as_str())).collect();
                let known = bounds.access(self, point.server, &around);
                known.is_some_and(|all| {
                    all.iter().all(|access| match access {
                        Some(access) if after => !access.grants,
                        Some(access) => !access.may_ask(line),
                        None => false,
                    })
                })
            })
    }

    /// Whether its pattern matches whatever is asked.
    fn always(&self, line: Span, points: &[usize], bounds: &Bounds) -> bool {
        if let Some(turns) = bounds.turns(line) {
            return !turns.misses;
        }
        // a condition's point is that of its rule, too
        let mut own = points.iter().filter(|p| self.points[**p].own.is_some()).peekable();
        own.peek().is_some() && own.all(|p| self.never_fails(*p, bounds))
    }

    /// Lines that no request reached, or that decided nothing, in order.
    pub(crate) fn dead(&self) -> Vec<Dead> {
        static MODELLED: LazyLock<HashSet<String>> = LazyLock::new(|| {
            let all = directives::all().filter(|row| row.effect() == Effect::Modelled);
            all.map(|row| row.name().to_ascii_lowercase()).collect()
        });
        let mut found = Vec::new();
        let bounds = Bounds::of(self);
        // many lines are blocked by the same ones
        let mut without: HashMap<Vec<Span>, Option<Run>> = HashMap::new();
        for directive in self.site().directives() {
            let name = directive.name().to_str_lossy().to_ascii_lowercase();
            if directive.is_section() || !MODELLED.contains(&name) || AT_START.contains(&name.as_str()) {
                continue;
            }
            let line = directive.span();
            let decided = self.saw(line, Mark::Decided);
            if decided {
                continue;
            }
            let reached = self.is_reached(&directive);
            let blocked = if reached { None } else { self.blocked_by(line) };
            let ask = self
                .by_line
                .get(&line)
                .and_then(|points| points.iter().find_map(|p| self.made.get(p)?.first()))
                .cloned();
            let never =
                |points: &Vec<usize>| self.is_apart(points, &bounds) || self.is_kept_from(line, points, &bounds);
            let apart = !reached && self.by_line.get(&line).is_some_and(never);
            let proved = blocked.is_some() || apart;
            let blocked_by = blocked.unwrap_or_default();
            // whether, without the lines that block it, its request is answered otherwise
            let would_differ = ask.as_ref().filter(|_| !blocked_by.is_empty()).and_then(|ask| {
                if without.len() >= SITES {
                    without.clear();
                }
                let other = without.entry(blocked_by.clone()).or_insert_with(|| self.without(&blocked_by)).as_ref()?;
                let request = ask.request();
                Some(differ(&self.run.ask(&request), &other.ask(&request)).is_some())
            });
            found.push(Dead { line, reached, blocked_by, proved, would_differ, ask });
        }
        found
    }

    fn is_reached(&self, directive: &Directive<'_>) -> bool {
        let line = directive.span();
        let own = [Mark::Tried(true), Mark::Tried(false), Mark::Went(true), Mark::Went(false)];
        if own.iter().any(|mark| self.saw(line, *mark)) {
            return true;
        }
        // a setting is in force where the sections around it apply
        let tried = self.by_line.get(&line).is_some_and(|points| points.iter().any(|p| self.points[*p].tried));
        !tried
            && directive.parents().all(|(name, section)| {
                let counted = ["location", "locationmatch", "directory", "directorymatch", "files", "filesmatch", "if"];
                let name = name.to_str_lossy().to_ascii_lowercase();
                !counted.contains(&name.as_str())
                    || self.saw(section, Mark::Tried(true))
                    || self.saw(section, Mark::Went(true))
            })
    }

    /// The site without some lines; none where httpd would not start.
    fn without(&self, lines: &[Span]) -> Option<Run> {
        self.site().with(&self.site().blanks(lines)).ok()?.start().ok()
    }
}

/// How many sites without some lines are kept.
const SITES: usize = 64;

/// What is carried out when httpd starts, or never changes an answer by itself.
const AT_START: [&str; 14] = [
    "listen",
    "user",
    "group",
    "serverroot",
    "loadfile",
    "loadmodule",
    "defaultruntimedir",
    "typesconfig",
    "include",
    "includeoptional",
    "define",
    "undefine",
    "servername",
    "wsgidaemonprocess",
];
