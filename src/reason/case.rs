//! What reasons are read from: the steps, the lines of the configuration, and the files.

use super::{Case, MOST_READ, TextLine, files, lines_of, path_of};
use crate::outcome::Step;
use crate::outcome::step::{By, Detail, Field, Judgement};
use crate::phase::Phase;
use crate::site::Directive;
use crate::source::{FileId, Span};
use crate::vfs::{Cred, Errno, Stat, resolve};
use bstr::{BStr, BString, ByteSlice};

impl<'a> Case<'a> {
    /// All steps, in order.
    pub(crate) fn walk(&self) -> impl Iterator<Item = &'a Step> {
        Step::walk(self.steps)
    }

    /// The steps of requests of their own: those of subrequests are left out.
    pub(crate) fn own(&self) -> Vec<&'a Step> {
        self.own_but(|_| false)
    }

    /// The same without what `is_out` takes, and what is within that.
    fn own_but(&self, is_out: impl Fn(&Step) -> bool) -> Vec<&'a Step> {
        let mut own = Vec::new();
        let mut todo: Vec<&Step> = self.steps.iter().rev().collect();
        while let Some(step) = todo.pop() {
            if is_out(step) {
                continue;
            }
            own.push(step);
            if !matches!(step.detail, Detail::Subrequest(_)) {
                todo.extend(step.children.iter().rev());
            }
        }
        own
    }

    /// The file of the answer, where it is one of the file system.
    pub(crate) fn file(&self) -> Option<&'a BStr> {
        self.outcome.file.as_ref().map(|f| f.as_bstr()).filter(|f| f.starts_with(b"/"))
    }

    /// What is at a path for whoever may look everywhere.
    pub(crate) fn lstat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::lstat(self.site.vfs(), &Cred::root(), path)
    }

    /// What a path leads to, for whoever may look everywhere.
    pub(crate) fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::stat(self.site.vfs(), &Cred::root(), path)
    }

    /// The paths of the URLs that were asked for on the way: the client's, and those of internal redirects.
    pub(crate) fn paths(&self) -> Vec<BString> {
        let mut paths = vec![path_of(&self.ask.target)];
        let redirects = self.walk().filter(|step| step.is_request());
        let to = redirects.flat_map(|s| &s.changes).filter(|c| c.field == Field::Uri).filter_map(|c| c.to.clone());
        paths.extend(to.map(|uri| path_of(&uri)));
        let mut seen = std::collections::HashSet::new();
        paths.retain(|path| path.starts_with(b"/") && seen.insert(path.clone()));
        paths
    }

    /// The files that URLs were mapped to on the way.
    pub(crate) fn files(&self) -> Vec<BString> {
        let mut files: Vec<BString> = Vec::new();
        let mut translated = false;
        // what lost would have led elsewhere
        for step in self.own_but(Step::lost) {
            if step.is_request() {
                translated = false;
            }
            for to in step.changes.iter().filter(|c| c.field == Field::File).filter_map(|c| c.to.as_ref()) {
                // before the file, mod_rewrite has the path of the URL there
                if std::mem::replace(&mut translated, step.phase == Phase::TranslateName) && translated {
                    files.pop();
                }
                files.push(to.clone());
            }
        }
        files.retain(|file| file.starts_with(b"/"));
        files.extend(self.file().map(ToOwned::to_owned));
        let mut seen = std::collections::HashSet::new();
        files.retain(|file| seen.insert(file.clone()) && !self.is_below_file(file.as_bstr()));
        files
    }

    /// Whether a path goes on behind a file: what is behind it is path info.
    pub(crate) fn is_below_file(&self, path: &BStr) -> bool {
        let above = files::ancestors(path).take_while(|part| *part != path);
        above.last().is_some_and(|part| self.stat(part).is_ok_and(|s| s.is_file()))
    }

    /// The lines of the configuration with this name.
    pub(crate) fn lines(&self, name: &'a str) -> impl Iterator<Item = Directive<'a>> {
        self.site.directives().filter(move |d| d.name().eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The lines of some names that are in force, with a rank for the section: the main server's first, then the virtual
    /// host's, then those of the sections and .htaccess files that applied, in order.
    pub(crate) fn in_force(&self, is_wanted: &dyn Fn(&[u8]) -> bool) -> Vec<(usize, Span)> {
        let is_section = |s: &&Step| {
            matches!(s.detail, Detail::Htaccess(_)) || s.rule.is_some_and(|r| self.sources.text(r).starts_with(b"<"))
        };
        let applied: Vec<&Step> = self.own().into_iter().filter(|s| s.matched()).filter(is_section).collect();
        let host = self.host_section();
        let rank = |section: Span| applied.iter().rposition(|s| s.rule == Some(section)).map(|at| at + 2);
        let mut lines: Vec<(usize, Span)> = Vec::new();
        for line in self.site.directives().filter(|d| is_wanted(d.name())) {
            let of_host = line.virtual_host();
            if of_host.is_some() && of_host != host {
                continue;
            }
            let inner = line.parents().last().map(|(_, section)| section).filter(|s| Some(*s) != of_host);
            let rank = inner.map_or(Some(usize::from(of_host.is_some())), rank);
            lines.extend(rank.map(|rank| (rank, line.span())));
        }
        for (at, step) in applied.iter().enumerate().filter(|(_, s)| matches!(s.detail, Detail::Htaccess(_))) {
            let Some(file) = step.rule.map(|rule| rule.file) else { continue };
            let own = self.htaccess_lines(file).into_iter().filter(|line| is_wanted(&line.name));
            lines.extend(own.map(|line| (at + 2, line.span)));
        }
        lines.sort_by_key(|(rank, _)| *rank);
        lines
    }

    /// Whether internal redirects went on without end.
    pub(crate) fn is_loop(&self) -> bool {
        self.logs(&["AH00124", "AH00125"])
    }

    /// The lines with this name that decided.
    pub(crate) fn deciders(&self, names: &'a [&'a str]) -> Vec<Span> {
        let named = |span: &Span| {
            let name = self.sources.directive_name(*span);
            names.iter().any(|n| n.eq_ignore_ascii_case(&name))
        };
        self.outcome.decided_by.iter().map(|d| d.span).filter(named).collect()
    }

    /// The lines that decided in a phase.
    pub(crate) fn decided_in(&self, phases: &[Phase]) -> Vec<Span> {
        self.outcome.decided_by.iter().filter(|d| phases.contains(&d.phase)).map(|d| d.span).collect()
    }

    /// The virtual host that answers, where it is none of the main server's own.
    pub(crate) fn host_section(&self) -> Option<Span> {
        let is_host = |span: &Span| self.sources.directive_name(*span).eq_ignore_ascii_case("VirtualHost");
        self.walk().filter(|s| s.phase == Phase::Vhost).filter_map(|s| s.rule).filter(is_host).last()
    }

    /// A file's text, for whoever may look everywhere.
    pub(crate) fn read(&self, path: &[u8]) -> Option<BString> {
        let stat = self.stat(path).ok().filter(Stat::is_file)?;
        (stat.size <= MOST_READ)
            .then(|| resolve::read(self.site.vfs(), &Cred::root(), path).ok())
            .flatten()
            .map(|text| text.to_vec().into())
    }

    /// The names in a directory, for whoever may look everywhere.
    pub(crate) fn list(&self, path: &[u8]) -> Vec<BString> {
        resolve::list(self.site.vfs(), &Cred::root(), path).unwrap_or_default()
    }

    /// The configuration's main text, and where it ends.
    pub(crate) fn main_file(&self) -> Option<(FileId, u32)> {
        let file = self.site.directives().next()?.span().file;
        Some((file, self.sources.file(file).text.len() as u32))
    }

    /// The lines of a section, or of the main server, as they were read.
    pub(crate) fn lines_in(&self, section: Option<Span>) -> Vec<TextLine> {
        let there = |d: &Directive<'_>| d.parents().last().map(|(_, span)| span) == section;
        let line = |d: Directive<'_>| TextLine {
            name: d.name().to_ascii_lowercase().into(),
            args: d.args().into(),
            span: d.span(),
            within: None,
            depth: 0,
        };
        self.site.directives().filter(there).map(line).collect()
    }

    /// The lines of an .htaccess file that was read.
    pub(crate) fn htaccess_lines(&self, file: FileId) -> Vec<TextLine> {
        let source = self.sources.file(file);
        lines_of(self.sources, file, 1..=source.lines() as u32)
    }

    /// Whether the answer says that it was refused by this line of the log.
    pub(crate) fn logs(&self, codes: &[&str]) -> bool {
        self.outcome.log.is_some_and(|code| codes.contains(&code))
    }

    /// The section that a line stands in: the innermost one around it.
    pub(crate) fn section_of(&self, line: Span) -> Option<Span> {
        let mut around = self.site.directives().filter(|d| d.span() == line);
        around.next().and_then(|d| d.parents().last().map(|(_, span)| span))
    }

    /// The `<Directory>` and similar sections that applied, in order.
    pub(crate) fn sections(&self) -> Vec<Span> {
        let applied = |step: &&Step| {
            step.phase == Phase::MapToStorage && step.by == By::Core && step.judgement == Judgement::Matched
        };
        self.walk().filter(applied).filter_map(|s| s.rule).collect()
    }
}
