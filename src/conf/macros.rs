//! Macros: what mod_macro (modules/core/mod_macro.c) does with a definition and a use, apart from reading lines.

use super::args::word;
use bstr::{BString, ByteSlice};

/// A macro's definition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Macro {
    /// Its name, in lower case.
    pub name: BString,
    /// Its parameters.
    pub arguments: Vec<BString>,
    /// Its lines, each with its end.
    pub contents: Vec<BString>,
    /// Where it is defined, in httpd's words.
    pub location: String,
}

/// A warning's code and text.
pub(super) type Warn<'a> = &'a mut dyn FnMut(&'static str, String);

/// MAX_STRING_LEN: a line with its values put in has to be shorter.
const MAX_LINE: usize = 8192;

const PREFIXES: &str = "$%@";

impl Macro {
    /// The macro as messages name it.
    pub(crate) fn place(&self) -> String {
        format!("macro '{}' ({})", self.name, self.location)
    }

    /// `check_macro_arguments`: parameters need names, all different; odd ones are warned of.
    pub(super) fn check_arguments(&self, warn: Warn) -> Result<(), String> {
        let place = self.place();
        for (i, name) in self.arguments.iter().enumerate() {
            if name.is_empty() {
                return Err(format!("{place}: empty argument #{} name", i + 1));
            }
            if !looks_like_an_argument(name) {
                warn(
                    "AH02796",
                    format!(
                        "{place} argument name '{name}' (#{}) without expected prefix, better prefix argument names \
                         with one of '{PREFIXES}'.",
                        i + 1
                    ),
                );
            }
            for (j, other) in self.arguments.iter().enumerate().skip(i + 1) {
                if name == other {
                    return Err(format!(
                        "argument name conflict in {place}: argument '{name}': #{} and #{}, change argument names!",
                        i + 1,
                        j + 1
                    ));
                }
                let shared = name.len().min(other.len());
                if shared > 0 && name[..shared] == other[..shared] {
                    warn(
                        "AH02797",
                        format!(
                            "{place}: argument name prefix conflict ({name} #{} and {other} #{}), be careful about \
                             your macro definition!",
                            i + 1,
                            j + 1
                        ),
                    );
                }
            }
        }
        Ok(())
    }

    /// `check_macro_contents`: parameters that are never used, and macros without lines, are warned of.
    pub(super) fn check_contents(&self, warn: Warn) -> Result<(), String> {
        let place = self.place();
        if self.contents.is_empty() {
            warn("AH02799", format!("{place}: empty contents!"));
            return Ok(());
        }
        let mut used = vec![false; self.arguments.len()];
        self.expand(&self.arguments, &mut used)?;
        for (i, name) in self.arguments.iter().enumerate() {
            if !used[i] {
                warn("AH02800", format!("{place}: argument '{name}' (#{}) never used", i + 1));
            }
        }
        Ok(())
    }

    /// The macro's lines with `values` in place of its parameters: `process_content`. `used` learns which were.
    pub(super) fn expand(&self, values: &[BString], used: &mut [bool]) -> Result<BString, String> {
        let mut out = BString::default();
        for (i, line) in self.contents.iter().enumerate() {
            let mut line = line.clone();
            line.truncate(MAX_LINE - 1);
            self.substitute(&mut line, values, used)
                .map_err(|e| format!("while processing line {} of {} {e}", i + 1, self.place()))?;
            out.extend_from_slice(&line);
        }
        Ok(out)
    }

    /// `substitute_macro_args`: from left to right, the longest name first where several begin at one place.
    fn substitute(&self, line: &mut BString, values: &[BString], used: &mut [bool]) -> Result<(), &'static str> {
        let mut at = 0;
        while let Some((which, found)) = self.next_name(&line[at..]) {
            let (Some(name), Some(value)) = (self.arguments.get(which), values.get(which)) else {
                break;
            };
            at += found;
            if name != value {
                let text = if name.starts_with(b"@") { quoted(value) } else { value.clone() };
                if line.len() - name.len() + text.len() >= MAX_LINE {
                    return Err("cannot substitute, buffer size too small");
                }
                line.splice(at..at + name.len(), text.iter().copied());
            }
            // httpd steps over the value's own length, quotes or not
            at = (at + value.len()).min(line.len());
            if let Some(u) = used.get_mut(which) {
                *u = true;
            }
        }
        Ok(())
    }

    /// `next_substitution`: which parameter comes first in `text`, and where.
    fn next_name(&self, text: &[u8]) -> Option<(usize, usize)> {
        let found = self.arguments.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let found = found.filter_map(|(i, name)| text.find(name).map(|at| (at, std::cmp::Reverse(name.len()), i)));
        found.min().map(|(at, _, i)| (i, at))
    }
}

/// A value in double quotes, for a parameter that begins with `@`.
fn quoted(value: &[u8]) -> BString {
    let mut out = BString::from("\"");
    for &byte in value {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
    out
}

/// Whether a name begins as a parameter's should.
pub(super) fn looks_like_an_argument(name: &[u8]) -> bool {
    name.first().is_none_or(|c| PREFIXES.as_bytes().contains(c))
}

/// A message for a name that looks like a parameter's.
pub(super) fn odd_name(place: &str) -> String {
    format!("{place} better prefix a macro name with any of '{PREFIXES}'")
}

/// Words of a line: `get_arguments`.
pub(super) fn arguments(line: &[u8]) -> Vec<BString> {
    let trim = |text| <[u8]>::trim_start_with(text, |c| c == ' ' || c == '\t');
    let mut rest = trim(line);
    let mut out = Vec::new();
    while !rest.is_empty() {
        out.push(word(&mut rest));
        rest = trim(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macro_of(arguments: &[&str], contents: &[&str]) -> Macro {
        Macro {
            name: "m".into(),
            arguments: arguments.iter().map(|a| BString::from(*a)).collect(),
            contents: contents.iter().map(|c| BString::from(*c)).collect(),
            location: "here".into(),
        }
    }

    #[test]
    fn values() {
        let cases: &[(&[&str], &[&str], &str, &str)] = &[
            (&["$a"], &["x"], "$a-$a $b\n", "x-x $b\n"),
            (&["$a", "$ab"], &["x", "y"], "$ab $a\n", "y x\n"),
            (&["@a"], &[r#"x "y" \z"#], "U @a\n", "U \"x \\\"y\\\" \\\\z\"\n"),
            (&["$a", "$b"], &["$b", "y"], "$a\n", "$b\n"),
            (&["$a"], &[""], "[$a$a]\n", "[]\n"),
            (&["%x", "word"], &["1", "2"], "%x word\n", "1 2\n"),
        ];
        for (names, values, line, want) in cases {
            let values: Vec<BString> = values.iter().map(|v| BString::from(*v)).collect();
            assert_eq!(macro_of(names, &[line]).expand(&values, &mut []).unwrap(), *want, "{line}");
        }
        let long = "y".repeat(9000);
        assert!(macro_of(&["$a"], &["$a\n"]).expand(&[long.into()], &mut []).is_err());
    }

    #[test]
    fn warnings() {
        let mut codes = Vec::new();
        let mut warn = |code, _| codes.push(code);
        let m = macro_of(&["$a", "$ab", "c"], &["$a\n"]);
        m.check_arguments(&mut warn).unwrap();
        m.check_contents(&mut warn).unwrap();
        macro_of(&[], &[]).check_contents(&mut warn).unwrap();
        assert_eq!(codes, ["AH02797", "AH02796", "AH02800", "AH02800", "AH02799"]);
        assert!(macro_of(&["$a", "$a"], &[]).check_arguments(&mut |_, _| {}).is_err());
    }
}
