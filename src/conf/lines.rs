//! The lines of a text as they are written, for those who change them.

use super::lexer::{Input, Limit};
use crate::source::{FileId, SourceMap, Span};

/// The places of a file's directives, opening and closing tags, in order, whatever httpd makes of them. Comments and empty
/// lines are none.
pub(crate) fn lines(sources: &SourceMap, file: FileId) -> Vec<Span> {
    let mut input = Input::new(sources, file);
    let mut found = Vec::new();
    while let Some(line) = input.line(Limit::Server) {
        if !line.text.is_empty() && !line.text.starts_with(b"#") && !line.too_long {
            found.push(line.span);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_something() {
        let sources = SourceMap::default();
        let file = sources.add("x", "# no \\\n more\n\n<Location /a>\n  Require \\\n    all denied\n</Location>\n");
        let texts: Vec<String> = lines(&sources, file).into_iter().map(|at| sources.text(at).to_string()).collect();
        assert_eq!(texts, ["<Location /a>", "Require \\\n    all denied", "</Location>"]);
    }
}
