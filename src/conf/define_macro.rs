//! `<Macro>`, Use and UndefMacro (modules/core/mod_macro.c): the part that reads lines.

use super::args::{before_closing, word};
use super::lexer::Limit;
use super::macros::{self, Macro};
use super::read::{Build, Reader};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use bstr::{BString, ByteSlice};
use std::sync::Arc;

impl Reader<'_> {
    /// `macro_section`: defines a macro from the lines that follow.
    pub(super) fn define_macro(&mut self, build: &mut Build, raw: &[u8], span: Span) -> Result<(), String> {
        let head = self.macro_head(build, raw, span);
        let mut lines = Vec::new();
        let read = self.macro_lines(build, head.as_ref().ok(), &mut lines);
        let mut definition = head?;
        let place = definition.place();
        read.map_err(|e| format!("{place}\n\tcontents error: {e}"))?;
        definition.contents = lines;
        let mut warnings = Vec::new();
        let checked = definition.check_contents(&mut |code, message| warnings.push((code, message)));
        self.warn(warnings, span);
        checked.map_err(|e| format!("{place}\n\tcontents checking error: {e}"))?;
        let macros = Arc::make_mut(self.state.macros.get_or_insert_default());
        macros.insert(definition.name.clone(), Arc::new(definition));
        Ok(())
    }

    /// The name and the parameters.
    fn macro_head(&mut self, build: &Build, raw: &[u8], span: Span) -> Result<Macro, String> {
        let known = self.state.macros.get_or_insert_default();
        let mut rest = before_closing("<Macro", raw)?;
        let end = rest.len();
        if end == 0 {
            return Err("<Macro macro definition: empty name".into());
        }
        let name = BString::from(word(&mut rest).to_ascii_lowercase());
        let old = known.get(&name).map(|m| m.location.clone());
        self.warn_if_non_blank("non blank chars found after <Macro closing '>'", &raw[end + 1..], build, span);
        if name.is_empty() {
            return Err("<Macro macro definition: name not found".into());
        }
        let place = format!("line {} of \"{}\"", build.input.line_number(), build.input.name());
        if let Some(old) = old {
            let message = format!("macro '{name}' multiply defined: {old}, redefined on {place}");
            self.warn(vec![("AH02802", message)], span);
        }
        let arguments = macros::arguments(rest);
        let definition = Macro { name, arguments, contents: Vec::new(), location: format!("defined on {place}") };
        let mut warnings = Vec::new();
        if macros::looks_like_an_argument(&definition.name) {
            warnings.push(("AH02803", macros::odd_name(&definition.place())));
        }
        let checked = definition.check_arguments(&mut |code, message| warnings.push((code, message)));
        self.warn(warnings, span);
        checked.map(|()| definition)
    }

    /// `get_lines_till_end_token`: the macro's lines, without comments, up to its `</Macro>`. Nothing is warned of in
    /// a macro whose head is wrong.
    fn macro_lines(
        &mut self,
        build: &mut Build,
        definition: Option<&Macro>,
        lines: &mut Vec<BString>,
    ) -> Result<(), String> {
        let start = build.input.line_number();
        let (mut macros, mut sections) = (1, 1);
        while let Some(line) = build.input.line(Limit::Macro) {
            if line.too_long {
                break;
            }
            if line.text.starts_with(b"#") {
                continue;
            }
            let mut rest = line.text.as_bytes();
            let first = word(&mut rest);
            if first.starts_with(b"</") {
                sections -= 1;
                if let Some(definition) = definition.filter(|_| sections < 0) {
                    let number = i64::from(build.input.line_number()) - i64::from(start);
                    let message = format!("bad (negative) nesting on line {number} of {}", definition.place());
                    self.warn_of_nesting("AH02793", message, line.span);
                }
            } else if first.starts_with(b"<") {
                sections += 1;
            }
            if first.eq_ignore_ascii_case(b"</Macro>") {
                if definition.is_some() {
                    let after = line.text.rfind_byte(b'>').map_or(0, |at| at + 1);
                    let what = "non blank chars found after directive closing";
                    self.warn_if_non_blank(what, &line.text[after..], build, line.span);
                }
                macros -= 1;
                if macros == 0 {
                    if let Some(definition) = definition.filter(|_| sections != 0) {
                        let message = format!("bad cumulated nesting ({sections:+}) in {}", definition.place());
                        self.warn_of_nesting("AH02795", message, line.span);
                    }
                    return Ok(());
                }
            } else if first.eq_ignore_ascii_case(b"<Macro") {
                macros += 1;
            }
            let mut text = line.text;
            text.push(b'\n');
            lines.push(text);
        }
        Err("expected token not found: </Macro>".into())
    }

    /// `use_macro`: has the macro's lines read next.
    pub(super) fn use_macro(&mut self, build: &mut Build, raw: &[u8], span: Span) -> Result<(), String> {
        let known = self.state.macros.as_ref().ok_or("no macro defined before Use")?;
        let mut rest = raw;
        let name = BString::from(word(&mut rest).to_ascii_lowercase());
        if name.is_empty() {
            return Err("no macro name specified with Use".into());
        }
        let found = known.get(&name).ok_or_else(|| format!("macro '{name}' undefined"))?.clone();
        let outer = build.input.name();
        if outer.contains(&format!("macro '{name}'")) {
            return Err(format!("recursive use of macro '{name}' is invalid"));
        }
        let values = macros::arguments(rest);
        let (given, wanted) = (values.len(), found.arguments.len());
        let place = found.place();
        if given != wanted {
            return Err(format!("{place} used with {given} arguments instead of {wanted}"));
        }
        let place = format!("{place} used on line {} of \"{outer}\"", build.input.line_number());
        for (i, _) in values.iter().enumerate().filter(|(_, v)| v.is_empty() && !self.state.ignore_empty_args) {
            let message = format!("{place}: empty argument #{}", i + 1);
            self.diagnostics.push(Diagnostic::warning("AH02798", message, span));
        }
        let text = found.expand(&values, &mut []);
        let text = text.map_err(|e| format!("{place} error while substituting: {e}"))?;
        if self.spend(text.len() + place.len(), span) {
            let id = self.sources.add(place, text);
            build.input.push(self.sources, id);
        }
        Ok(())
    }

    /// `undef_macro`.
    pub(super) fn undefine_macro(&mut self, name: &[u8]) -> Result<(), String> {
        let known = self.state.macros.as_mut().ok_or("no macro defined before UndefMacro")?;
        let name = BString::from(name.to_ascii_lowercase());
        Arc::make_mut(known).remove(&name).map(|_| ()).ok_or_else(|| format!("cannot remove undefined macro '{name}'"))
    }

    /// `warn_if_non_blank`: of what follows a `>`, unless it's a comment.
    fn warn_if_non_blank(&mut self, what: &str, rest: &[u8], build: &Build, span: Span) {
        let blank = rest.trim_start_with(|c| c == ' ' || c == '\t');
        if !blank.is_empty() && !blank.starts_with(b"#") {
            let (line, name) = (build.input.line_number(), build.input.name());
            let message = format!("{what} on line {line} of {name}: {}", rest.as_bstr());
            self.warn(vec![("AH02989", message)], span);
        }
    }

    fn warn_of_nesting(&mut self, code: &'static str, message: String, span: Span) {
        if !self.state.ignore_bad_nesting {
            self.warn(vec![(code, message)], span);
        }
    }

    fn warn(&mut self, warnings: Vec<(&'static str, String)>, span: Span) {
        for (code, message) in warnings {
            self.report(Diagnostic::warning(code, message, span));
        }
    }
}
