//! From lines to a tree: `ap_build_config`, `ap_build_config_sub` and `ap_build_cont_config` (server/config.c).

use super::args::cut;
use super::lexer::{Input, Limit, Line};
use super::{Files, Knowledge, LoadedModule, Node, Options, Skipped, State, Tree};
use crate::conf::row::allowed;
use crate::diagnostic::{Diagnostic, Findings, Severity};
use crate::limits::{CONFIG_BYTES, DIRECTIVES, INCLUDE_ENTRIES};
use crate::source::{FileId, SourceMap, Span};
use crate::suggest::distance;
use bstr::{BString, ByteSlice};
use std::collections::HashMap;

/// Sections within sections, at most: httpd has no such limit but its stack.
pub(super) const MAX_NESTING: usize = 500;

/// What is read as a whole, files and macros.
pub(super) struct Reader<'a> {
    pub sources: &'a SourceMap,
    pub files: &'a dyn Files,
    pub know: &'a mut dyn Knowledge,
    pub options: &'a Options,
    pub htaccess: bool,
    pub state: State,
    pub diagnostics: Findings,
    pub executed: Vec<Node>,
    pub loaded: Vec<LoadedModule>,
    /// Files by name: one that is included twice is one file.
    pub included: HashMap<BString, FileId>,
    /// Those that were found beside the configuration, by the paths where httpd looks for them.
    pub beside: Vec<(BString, FileId)>,
    /// The parts whose condition does not hold.
    pub skipped: Vec<Skipped>,
    /// The Include lines that are being carried out.
    pub including: Vec<Span>,
    /// Bytes that may still be read; none once something was refused for good.
    pub budget: usize,
    /// Directives that may still be read.
    directives: usize,
    /// Entries of directories that may still be looked through.
    pub room: usize,
}

/// One file being read, with the sections that are open.
pub(super) struct Build {
    pub input: Input,
    /// What may stand here, and by name.
    pub overrides: u32,
    pub override_list: Option<Vec<BString>>,
    nodes: Vec<Node>,
    open: Vec<Node>,
    levels: Vec<Level>,
}

/// A conditional section (`<IfModule>`) whose condition holds: it leaves no node, and within it httpd counts sections
/// anew.
struct Level {
    /// How many sections were open when it began.
    base: usize,
    /// Its name as the tables have it.
    name: &'static str,
    span: Span,
}

impl Build {
    /// Where the next node belongs.
    fn siblings(&mut self) -> &mut Vec<Node> {
        match self.open.last_mut() {
            Some(section) => &mut section.children,
            None => &mut self.nodes,
        }
    }

    /// Adds nodes where reading stands.
    pub(super) fn append(&mut self, nodes: Vec<Node>) {
        self.siblings().extend(nodes);
    }

    /// Begins a conditional section.
    pub(super) fn enter(&mut self, name: &'static str, span: Span) {
        self.levels.push(Level { base: self.open.len(), name, span });
    }

    fn base(&self) -> usize {
        self.levels.last().map_or(0, |l| l.base)
    }

    /// Closes the innermost section.
    fn close(&mut self, end: Option<Span>) {
        if let Some(mut node) = self.open.pop() {
            node.end = end;
            self.siblings().push(node);
        }
    }

    fn close_to(&mut self, depth: usize, end: Option<Span>) {
        while self.open.len() > depth {
            self.close(end.filter(|_| self.open.len() == depth + 1));
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        sources: &'a SourceMap,
        files: &'a dyn Files,
        know: &'a mut dyn Knowledge,
        options: &'a Options,
        htaccess: bool,
    ) -> Reader<'a> {
        Reader {
            sources,
            files,
            know,
            options,
            htaccess,
            state: options.state.clone(),
            diagnostics: Findings::default(),
            executed: Vec::new(),
            loaded: Vec::new(),
            included: HashMap::new(),
            beside: Vec::new(),
            skipped: Vec::new(),
            including: Vec::new(),
            budget: CONFIG_BYTES,
            directives: DIRECTIVES,
            room: INCLUDE_ENTRIES,
        }
    }

    /// Reads a file and what it includes.
    pub(super) fn whole(mut self, file: FileId) -> Tree {
        let nodes = match self.spend_file(file, Span { file, line: 1, start: 0, end: 0 }) {
            true => self.file(file, self.options.overrides, self.options.override_list.clone()),
            false => Vec::new(),
        };
        if let Some(first) = self.diagnostics.iter_mut().find(|d| d.severity == Severity::Error) {
            first.first = true;
        }
        Tree {
            nodes,
            executed: self.executed,
            diagnostics: self.diagnostics,
            loaded: self.loaded,
            state: self.state,
            included: self.included,
            beside: self.beside,
            skipped: self.skipped,
        }
    }

    /// `ap_build_config`: the nodes of one file.
    pub(super) fn file(&mut self, file: FileId, overrides: u32, override_list: Option<Vec<BString>>) -> Vec<Node> {
        let input = Input::new(self.sources, file);
        let mut build =
            Build { input, overrides, override_list, nodes: Vec::new(), open: Vec::new(), levels: Vec::new() };
        while let Some(line) = self.next_line(&mut build) {
            self.line(&mut build, line);
        }
        self.finish(&mut build);
        build.nodes
    }

    /// The next line that isn't too long.
    pub(super) fn next_line(&mut self, build: &mut Build) -> Option<Line> {
        let limit = if self.htaccess { Limit::Htaccess } else { Limit::Server };
        while self.directives > 0 {
            let line = build.input.line(limit)?;
            if !line.too_long {
                return Some(line);
            }
            let (name, number) = (build.input.name(), line.span.line);
            self.error("long-line", format!("Error reading {name} at line {number}: Line too long"), line.span);
        }
        None
    }

    /// Takes a directive from those that may still be read; behind the last, nothing is read any more.
    fn count(&mut self, span: Span) {
        self.directives -= 1;
        if self.directives == 0 {
            self.budget = 0;
            let d = Diagnostic::error("too-large", format!("it has more than {DIRECTIVES} directives"), span);
            self.report(d.help("what stands behind is not read: split the configuration, or leave something out"));
        }
    }

    /// `ap_build_config_sub`, and before it the end of a conditional section as `ap_build_cont_config` looks for it.
    fn line(&mut self, build: &mut Build, line: Line) {
        let Line { text, span, .. } = line;
        if let Some(level) = build.levels.last()
            && level.base == build.open.len()
            && is_end_of(&text, level.name)
        {
            build.levels.pop();
            return;
        }
        if text.is_empty() || text.starts_with(b"#") {
            return;
        }
        let text = self.resolve(text, span);
        let (mut name, mut args) = cut(&text);
        if name.is_empty() {
            return;
        }
        self.count(span);
        let closing = name.get(1) == Some(&b'/');
        if !closing {
            if name.ends_with(b">") {
                name.pop();
            }
            if name.starts_with(b"<") && args.is_empty() {
                args = b">".as_bstr();
            }
        }
        let row = self.know.directive(&name);
        let section = name.starts_with(b"<");
        let shown = if section { BString::from(&name[1..]) } else { name.clone() };
        let node = Node { name: shown, section, args: args.into(), span, children: Vec::new(), end: None };
        match row {
            Some(row) if row.allowed & allowed::EXEC_ON_READ != 0 => self.execute(build, row, node),
            _ if section && closing => self.close(build, &name, span),
            _ if section => self.open(build, node),
            _ => build.siblings().push(node),
        }
    }

    fn open(&mut self, build: &mut Build, node: Node) {
        if build.open.len() < MAX_NESTING {
            build.open.push(node);
        } else {
            let message = format!("more than {MAX_NESTING} sections are open");
            self.error("deep-nesting", message, node.span);
        }
    }

    /// A closing tag, which `name` is (`</Directory>`).
    fn close(&mut self, build: &mut Build, name: &[u8], span: Span) {
        let base = build.base();
        let tag = &name[2..];
        let Some(parent) = build.open.last().filter(|_| build.open.len() > base) else {
            let message = format!("{} without matching <{} section", name.as_bstr(), tag.as_bstr());
            let mut d = Diagnostic::error("unmatched-close", message, span);
            if let Some(level) = build.levels.last() {
                let opened = &level.name[1..];
                if tag.trim_end_with(|c| c == '>').eq_ignore_ascii_case(opened.as_bytes()) {
                    d = d.help(format!("write `</{opened}>`, and nothing else on the line"));
                    build.levels.pop();
                } else {
                    d = d.related(level.span, "this section is still open");
                }
            }
            return self.report(d);
        };
        let expected = self.canonical(parent);
        let opened = parent.span;
        let Some(tag) = tag.strip_suffix(b">") else {
            let message = format!("{}> directive missing closing '>'", name.as_bstr());
            self.error("unclosed-tag", message, span);
            if tag.eq_ignore_ascii_case(&expected) {
                build.close(Some(span));
            }
            return;
        };
        if tag.eq_ignore_ascii_case(&expected) {
            return build.close(Some(span));
        }
        let message = format!("Expected </{expected}> but saw </{}>", tag.as_bstr());
        let mut d = Diagnostic::error("mismatched-close", message, span)
            .related(opened, format!("`<{expected}>` is still open"));
        // go on as if the sections in between were closed, or as if the tag were spelled right, or weren't there
        if let Some(outer) = build.open[base..].iter().rposition(|n| n.name.eq_ignore_ascii_case(tag)) {
            build.close_to(base + outer, Some(span));
        } else if build.levels.last().is_some_and(|l| l.name.as_bytes()[1..].eq_ignore_ascii_case(tag)) {
            build.close_to(base, None);
            build.levels.pop();
        } else if similar(tag, &expected) {
            d = d.help(format!("did you mean `</{expected}>`?"));
            build.close(Some(span));
        }
        self.report(d);
    }

    /// The end of a file.
    fn finish(&mut self, build: &mut Build) {
        // what a conditional section still holds open at the end of the file is no error to httpd
        let counted = build.levels.first().map_or(build.open.len(), |l| l.base);
        for node in &build.open[..counted] {
            let message = format!("<{}> was not closed.", self.canonical(node));
            let d = Diagnostic::error("unclosed-section", message, node.span);
            self.report(d.help(format!("add `</{}>`", node.name)));
        }
        let names = build.open[counted..].iter().map(|n| (self.canonical(n), n.span));
        let levels = build.levels.iter().map(|l| (BString::from(&l.name[1..]), l.span));
        let mut quiet: Vec<(BString, Span)> = names.chain(levels).collect();
        quiet.sort_by_key(|(_, span)| (span.line, span.start));
        for (name, span) in quiet {
            let d = Diagnostic::note("unclosed-section", format!("`<{name}>` is not closed"), span);
            self.report(d.help(format!("httpd doesn't mind here; add `</{name}>` all the same")));
        }
        build.close_to(0, None);
    }

    /// A section's name as its row has it, else as written.
    fn canonical(&self, node: &Node) -> BString {
        match self.know.directive(&node.key()) {
            Some(row) => row.name.trim_start_matches('<').into(),
            None => node.name.clone(),
        }
    }

    /// The line with its `${}` replaced.
    fn resolve(&mut self, text: BString, span: Span) -> BString {
        if !text.contains(&b'$') {
            return text;
        }
        let mut missing: Vec<BString> = Vec::new();
        let resolved = self.state.resolve(&text, &self.options.env, |name| missing.push(name.into()));
        if resolved.is_none() {
            let d =
                Diagnostic::error("too-large", "the values of the variables in this line are too long together", span);
            self.report(d.help("do variables hold one another, many times over?"));
        }
        let text = resolved.unwrap_or(text);
        for name in missing.iter().filter(|n| !n.contains(&b':')) {
            let message = format!("Config variable ${{{name}}} is not defined");
            self.report(Diagnostic::warning("AH00111", message, span));
        }
        text
    }

    pub(super) fn error(&mut self, code: &'static str, message: String, span: Span) {
        self.report(Diagnostic::error(code, message, span));
    }

    /// Adds a finding; one in an included file points back to the Include.
    pub(super) fn report(&mut self, mut d: Diagnostic) {
        if d.related.is_none() {
            d.related = self.including.last().map(|span| (*span, "included here".into()));
        }
        self.diagnostics.push(d);
    }
}

/// Whether a whole line is the closing tag of the section `name` (`<IfModule`).
fn is_end_of(line: &[u8], name: &str) -> bool {
    let inner = line.strip_prefix(b"</").and_then(|t| t.strip_suffix(b">"));
    inner.is_some_and(|t| t.eq_ignore_ascii_case(&name.as_bytes()[1..]))
}

/// Whether one name is probably the other, misspelled.
pub(super) fn similar(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (a.to_ascii_lowercase().to_str_lossy().to_string(), b.to_ascii_lowercase().to_str_lossy().to_string());
    distance(&a, &b) <= (b.len() / 3).min(3)
}
