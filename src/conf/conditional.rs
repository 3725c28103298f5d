//! Conditional sections: `start_cond_section` and its tests (server/core.c), and `ap_soak_end_container`
//! (server/config.c), which skips those whose condition doesn't hold.

use super::Skipped;
use super::args::{before_closing, cut, word};
use super::read::{Build, MAX_NESTING, Reader, similar};
use super::version;
use crate::conf::row::Row;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use bstr::{BString, ByteSlice};

impl Reader<'_> {
    /// `<IfModule>`, `<IfDefine>`, `<IfFile>`, `<IfDirective>` or `<IfSection>`.
    pub(super) fn condition(&mut self, build: &mut Build, row: Row, raw: &[u8], span: Span) {
        match self.test(row.name, raw) {
            Ok(holds) => self.begin(build, row, holds, span),
            Err(message) => {
                self.error("syntax", message, span);
                self.skip(build, row.name, span, true);
            }
        }
    }

    /// `<IfVersion>`.
    pub(super) fn if_version(&mut self, build: &mut Build, row: Row, args: &[BString], span: Span) {
        match version::holds(args, self.know.version()) {
            Ok(holds) => self.begin(build, row, holds, span),
            Err(message) => {
                self.error("syntax", message, span);
                self.skip(build, row.name, span, true);
            }
        }
    }

    fn begin(&mut self, build: &mut Build, row: Row, holds: bool, span: Span) {
        if holds {
            build.enter(row.name, span);
        } else {
            let last = self.skip(build, row.name, span, false);
            self.skipped.push(Skipped { section: span, last });
        }
    }

    /// Whether a condition holds.
    fn test(&self, name: &str, raw: &[u8]) -> Result<bool, String> {
        let text = before_closing(name, raw)?;
        let (not, mut rest) = text.strip_prefix(b"!").map_or((false, text), |rest| (true, rest));
        let subject = word(&mut rest);
        if subject.is_empty() {
            return Err(format!("{name}> directive requires additional arguments"));
        }
        let holds = match name {
            "<IfModule" => self.know.module_loaded(&subject),
            "<IfDefine" => self.state.is_defined(&subject),
            "<IfFile" => {
                let path = self.state.server_root_relative(&subject);
                path.is_some_and(|p| self.files.kind(&p, true).is_some())
            }
            "<IfDirective" => self.know.directive(&subject).is_some(),
            _ => self.know.directive(&[b"<", subject.as_bytes()].concat()).is_some(),
        };
        Ok(holds != not)
    }

    /// Skips the rest of the section `name` (`<IfModule`), sections within it included. With `quiet` what is wrong in
    /// it isn't reported. Gives its last line.
    pub(super) fn skip(&mut self, build: &mut Build, name: &str, span: Span, quiet: bool) -> u32 {
        let mut open: Vec<BString> = vec![name[1..].into()];
        let mut last = span.line;
        while let Some(line) = self.next_line(build) {
            last = line.span.line;
            let (mut first, args) = cut(&line.text);
            if !first.starts_with(b"<") {
                continue;
            }
            if first.get(1) != Some(&b'/') {
                if args.is_empty() && first.ends_with(b">") {
                    first.pop();
                }
                open.push(first.get(1..).unwrap_or_default().into());
                continue;
            }
            // httpd takes the last letter for the `>` without looking
            first.pop();
            let tag = first.get(2..).unwrap_or_default();
            let Some(expected) = open.last() else { return last };
            if tag.eq_ignore_ascii_case(expected) {
                open.pop();
            } else {
                if !quiet {
                    let message = format!("Expected </{expected}> but saw {first}>");
                    let d = Diagnostic::error("mismatched-close", message, span);
                    self.report(d.related(line.span, "in a part that is skipped"));
                }
                match open.iter().rev().take(MAX_NESTING).position(|n| n.eq_ignore_ascii_case(tag)) {
                    Some(inner) => open.truncate(open.len() - 1 - inner),
                    None if similar(tag, expected) => open.truncate(open.len() - 1),
                    None => {}
                }
            }
            if open.is_empty() {
                return last;
            }
        }
        if let (Some(innermost), false) = (open.last(), quiet) {
            let message = format!("Expected </{innermost}> before end of configuration");
            self.error("unclosed-section", message, span);
        }
        last
    }
}
