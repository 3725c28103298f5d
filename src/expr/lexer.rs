//! Text to tokens: httpd's server/util_expr_scan.l, state by state.

use super::function::c_string;
use super::token::{Terminal, Token};
use crate::limits;
use bstr::{BString, ByteSlice};

const UNTERMINATED: &str = "Unterminated string or variable";

/// The scanner has no rule for what it sees: httpd prints this and its process exits, whatever it was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jammed;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Initial,
    Str,
    Var,
    VarArg,
}

/// The scanner: give it a text and ask for the next token again and again; after the last one it says `$end`.
pub(super) struct Lexer<'a> {
    input: &'a [u8],
    at: usize,
    state: State,
    outer: Vec<State>,
    quote: Option<u8>,
    part: BString,
    string_result: bool,
    at_start: bool,
}

impl<'a> Lexer<'a> {
    /// A scanner at the start of `input`; `string_result` says that the whole text is one string.
    pub(super) fn new(input: &'a [u8], string_result: bool) -> Lexer<'a> {
        Lexer {
            input,
            at: 0,
            state: State::Initial,
            outer: Vec::new(),
            quote: None,
            part: BString::default(),
            string_result,
            at_start: true,
        }
    }

    /// The next token.
    ///
    /// # Errors
    /// [`Jammed`] where the scanner has no rule.
    pub(super) fn next(&mut self) -> Result<Token, Jammed> {
        if self.at_start {
            self.at_start = false;
            if self.string_result {
                self.state = State::Str;
                return Ok(Terminal::ExprString.into());
            }
            return Ok(Terminal::ExprBool.into());
        }
        match self.state {
            State::Initial => Ok(self.initial()),
            State::Var => Ok(self.variable()),
            State::Str | State::VarArg => self.string(),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, kind: Terminal, length: usize) -> Token {
        self.at += length;
        kind.into()
    }

    fn take_text(&mut self, kind: Terminal, skip: usize, length: usize) -> Token {
        let text = BString::from(self.rest().get(skip..length).unwrap_or_default());
        self.at += length;
        Token { kind, text }
    }

    fn bad(&mut self, message: impl Into<BString>) -> Token {
        Token { kind: Terminal::Bad, text: message.into() }
    }

    fn push(&mut self, state: State) {
        self.outer.push(self.state);
        self.state = state;
    }

    fn pop(&mut self) {
        self.state = self.outer.pop().unwrap_or(State::Initial);
    }

    /// Outside strings and variables.
    fn initial(&mut self) -> Token {
        use Terminal as T;
        while let [b' ' | b'\t' | b'\n', ..] = self.rest() {
            self.at += 1;
        }
        let rest = self.rest();
        match rest {
            [] => T::End.into(),
            [quote @ (b'"' | b'\''), ..] => {
                self.quote = Some(*quote);
                self.part.clear();
                self.state = State::Str;
                self.take(T::StrBegin, 1)
            }
            [b'%', b'{', ..] => {
                self.push(State::Var);
                self.take(T::VarBegin, 2)
            }
            [b'$', b'0'..=b'9', ..] => self.take_text(T::Backref, 1, 2),
            [b'/', ..] => self.regex(1),
            [b'm', delimiter, ..] if b"/#$%^,;:_?|^-!.'\"".contains(delimiter) && name_length(rest) <= 2 => {
                self.regex(2)
            }
            [b'=', b'~', ..] => self.take(T::OpReg, 2),
            [b'=', b'=', ..] => self.take(T::OpStrEq, 2),
            [b'=', ..] => self.take(T::OpStrEq, 1),
            [b'!', b'=', ..] => self.take(T::OpStrNe, 2),
            [b'!', b'~', ..] => self.take(T::OpNre, 2),
            [b'!', ..] => self.take(T::OpNot, 1),
            [b'<', b'=', ..] => self.take(T::OpStrLe, 2),
            [b'<', ..] => self.take(T::OpStrLt, 1),
            [b'>', b'=', ..] => self.take(T::OpStrGe, 2),
            [b'>', ..] => self.take(T::OpStrGt, 1),
            [b'&', b'&', ..] => self.take(T::OpAnd, 2),
            [b'|', b'|', ..] => self.take(T::OpOr, 2),
            [b'.', ..] => self.take(T::OpConcat, 1),
            [b'(', ..] => self.take(T::ParenOpen, 1),
            [b')', ..] => self.take(T::ParenClose, 1),
            [b'{', ..] => self.take(T::BraceOpen, 1),
            [b'}', ..] => self.take(T::BraceClose, 1),
            [b',', ..] => self.take(T::Comma, 1),
            [b':', ..] => self.take(T::Colon, 1),
            [b'-', b'0'..=b'9', ..] => self.take_text(T::Digit, 0, 1 + digits(&rest[1..])),
            [b'0'..=b'9', ..] => self.take_text(T::Digit, 0, digits(rest)),
            [b'-', b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => self.dashed(),
            [b'a'..=b'z' | b'A'..=b'Z', ..] => self.word(),
            [other, ..] => {
                let message = [b"Parse error near '", &[*other][..], b"'"].concat();
                self.bad(message)
            }
        }
    }

    /// An operator that begins with a dash.
    fn dashed(&mut self) -> Token {
        use Terminal as T;
        let length = 1 + self.rest()[1..].iter().take_while(|c| is_name(**c)).count();
        let kind = match &self.rest()[..length] {
            b"-in" => T::OpIn,
            b"-eq" => T::OpEq,
            b"-ne" => T::OpNe,
            b"-ge" => T::OpGe,
            b"-le" => T::OpLe,
            b"-gt" => T::OpGt,
            b"-lt" => T::OpLt,
            [_, _] => return self.take_text(T::OpUnary, 1, length),
            _ => return self.take_text(T::OpBinary, 1, length),
        };
        self.take(kind, length)
    }

    /// A keyword or a name.
    fn word(&mut self) -> Token {
        use Terminal as T;
        let length = name_length(self.rest());
        let kind = match &self.rest()[..length] {
            b"and" => T::OpAnd,
            b"or" => T::OpOr,
            b"not" => T::OpNot,
            b"lt" => T::OpLt,
            b"le" => T::OpLe,
            b"gt" => T::OpGt,
            b"ge" => T::OpGe,
            b"ne" => T::OpNe,
            b"eq" => T::OpEq,
            b"in" => T::OpIn,
            b"true" => T::True,
            b"false" => T::False,
            _ => return self.take_text(T::Id, 0, length),
        };
        self.take(kind, length)
    }

    /// A pattern between delimiters, of which `skip` bytes are the opening.
    fn regex(&mut self, skip: usize) -> Token {
        let rest = self.rest();
        let delimiter = rest[skip - 1];
        let body = &rest[skip..];
        let length = body.find_byte(delimiter);
        if length.unwrap_or(body.len()) >= limits::EXPR_STRING {
            return self.bad("Regexp too long");
        }
        let Some(length) = length else {
            self.at = self.input.len();
            return Terminal::End.into();
        };
        let text = BString::from(&body[..length]);
        self.at += skip + length + 1;
        if self.rest().first() == Some(&b'i') {
            self.at += 1;
            return Token { kind: Terminal::RegexI, text };
        }
        Token { kind: Terminal::Regex, text }
    }

    /// Between `%{` and `}` or `:`.
    fn variable(&mut self) -> Token {
        let rest = self.rest();
        match rest {
            [] | [b'\n', ..] => self.bad(UNTERMINATED),
            [b'}', ..] => {
                self.pop();
                self.take(Terminal::VarEnd, 1)
            }
            [b':', ..] => {
                self.state = State::VarArg;
                self.take(Terminal::Colon, 1)
            }
            [b'a'..=b'z' | b'A'..=b'Z', ..] => self.take_text(Terminal::Id, 0, name_length(rest)),
            [other, ..] => {
                let message = [b"Invalid character in variable name '", &[*other][..], b"'"].concat();
                self.bad(message)
            }
        }
    }

    /// What of the string was read so far, as a token; what follows is scanned again.
    fn flush(&mut self) -> Token {
        Token { kind: Terminal::String, text: c_string(std::mem::take(&mut self.part)) }
    }

    /// In a string, or in the argument of `%{name:`.
    fn string(&mut self) -> Result<Token, Jammed> {
        let in_string = self.state == State::Str;
        loop {
            let rest = self.rest();
            let (bytes, length): (&[u8], usize) = match rest {
                [] if in_string && self.string_result => {
                    self.state = State::Initial;
                    return Ok(self.flush());
                }
                [] | [b'\n', ..] => return Ok(self.bad(UNTERMINATED)),
                [quote @ (b'"' | b'\''), ..] if in_string => {
                    if self.quote == Some(*quote) {
                        if !self.part.is_empty() {
                            return Ok(self.flush());
                        }
                        self.state = State::Initial;
                        return Ok(self.take(Terminal::StrEnd, 1));
                    }
                    (&rest[..1], 1)
                }
                [b'"' | b'\'', ..] => return Err(Jammed),
                [b'$', b'0'..=b'9', ..] => {
                    if !self.part.is_empty() {
                        return Ok(self.flush());
                    }
                    return Ok(self.take_text(Terminal::Backref, 1, 2));
                }
                [b'%', b'{', ..] => {
                    if !self.part.is_empty() {
                        return Ok(self.flush());
                    }
                    self.push(State::Var);
                    return Ok(self.take(Terminal::VarBegin, 2));
                }
                [b'}', ..] if !in_string => {
                    if !self.part.is_empty() {
                        return Ok(self.flush());
                    }
                    self.pop();
                    return Ok(self.take(Terminal::VarEnd, 1));
                }
                [b'%' | b'$' | b'}', ..] => (&rest[..1], 1),
                [b'\\', b'0'..=b'9', ..] => match octal(&rest[1..]) {
                    Err(message) => return Ok(self.bad(message)),
                    Ok((byte, length)) => {
                        if let Some(bad) = self.append(&[byte]) {
                            return Ok(bad);
                        }
                        self.at += 1 + length;
                        continue;
                    }
                },
                [b'\\', b'n', ..] => (b"\n", 2),
                [b'\\', b'r', ..] => (b"\r", 2),
                [b'\\', b't', ..] => (b"\t", 2),
                [b'\\', b'b', ..] => (b"\x08", 2),
                [b'\\', b'f', ..] => (b"\x0c", 2),
                [b'\\', _, ..] => (&rest[1..2], 2),
                [b'\\'] => return Err(Jammed),
                _ => {
                    let length = rest.find_byteset(b"\\\n\"'%}$").unwrap_or(rest.len());
                    (&rest[..length], length)
                }
            };
            if let Some(bad) = self.append(bytes) {
                return Ok(bad);
            }
            self.at += length;
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Option<Token> {
        if self.part.len() + bytes.len() >= limits::EXPR_STRING {
            return Some(self.bad("String too long"));
        }
        self.part.extend_from_slice(bytes);
        None
    }
}

fn is_name(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_'
}

/// The length of the name at the start of a text that begins with a letter.
fn name_length(text: &[u8]) -> usize {
    text.iter().take_while(|c| is_name(**c)).count()
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|c| c.is_ascii_digit()).count()
}

/// The byte that one to three octal digits say; more digits, or other ones, are an error.
fn octal(text: &[u8]) -> Result<(u8, usize), &'static str> {
    let length = digits(text);
    let octal = text.iter().take_while(|c| matches!(c, b'0'..=b'7')).count().min(3);
    if length > octal {
        return Err("Bad escape sequence");
    }
    let value = text[..octal].iter().fold(0u32, |n, c| n * 8 + u32::from(c - b'0'));
    u8::try_from(value).map(|byte| (byte, octal)).map_err(|_| "Escape sequence out of bound")
}

#[cfg(test)]
mod tests {
    use super::super::token::NAMES;
    use super::*;

    fn tokens(text: &str, string_result: bool) -> String {
        let mut lexer = Lexer::new(text.as_bytes(), string_result);
        let mut out = Vec::new();
        loop {
            match lexer.next() {
                Err(Jammed) => return out.join(" ") + " jammed",
                Ok(t) => {
                    let name = NAMES[t.kind as usize].trim_start_matches("T_");
                    out.push(if t.text.is_empty() { name.into() } else { format!("{name}<{}>", t.text) });
                    if matches!(t.kind, Terminal::End | Terminal::Bad) {
                        return out[1..].join(" ");
                    }
                }
            }
        }
    }

    #[test]
    fn tokens_are_those_of_the_scanner() {
        for (text, want) in [
            (
                "%{A:b$1c} -in {'x','y'}",
                "VAR_BEGIN ID<A> ':' STRING<b> REGEX_BACKREF<1> STRING<c> VAR_END OP_IN \
                 '{' STR_BEGIN STRING<x> STR_END ',' STR_BEGIN STRING<y> STR_END '}' $end",
            ),
            ("m:a: m_x and md5 m#i#i /j/k", "REGEX<a> ID<m_x> OP_AND ID<md5> REGEX_I<i> REGEX<j> ID<k> $end"),
            (
                "-f -fx -eq -eqx -1 -12.3",
                "OP_UNARY<f> OP_BINARY<fx> OP_EQ OP_BINARY<eqx> DIGIT<-1> DIGIT<-12> OP_CONCAT DIGIT<3> $end",
            ),
            (r#""a\101\"'b%c}d""#, r#"STR_BEGIN STRING<aA"'b%c}d> STR_END $end"#),
            (r"'\18'", "STR_BEGIN ERROR<Bad escape sequence>"),
            (r"'\1234'", "STR_BEGIN ERROR<Bad escape sequence>"),
            (r"'\400'", "STR_BEGIN ERROR<Escape sequence out of bound>"),
            ("'abc", "STR_BEGIN ERROR<Unterminated string or variable>"),
            ("%{A B}", "VAR_BEGIN ID<A> ERROR<Invalid character in variable name ' '>"),
            ("a & b", "ID<a> ERROR<Parse error near '&'>"),
            ("x =~ m#abc", "ID<x> OP_REG $end"),
            ("'%{a:\"}'", "EXPR_BOOL STR_BEGIN VAR_BEGIN ID<a> ':' jammed"),
        ] {
            assert_eq!(tokens(text, false), want, "{text}");
        }
        assert_eq!(tokens("a'%{B}", true), "STRING<a'> VAR_BEGIN ID<B> VAR_END STRING $end");
        assert_eq!(tokens("a\\", true), "EXPR_STRING jammed");
    }
}
