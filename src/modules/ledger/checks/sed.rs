//! mod_sed's scripts: what `fcomp` and its helpers (modules/filters/sed0.c, regexp.c) find fault with.

use super::Done;
use crate::server::cmd::Cmd;
use bstr::{BStr, BString, ByteSlice};
use std::cmp::Ordering;

/// `OutputSed`, `InputSed`: `sed_add_expr`.
pub(crate) fn add(_: &mut Cmd<'_>, a: &[BString]) -> Done {
    let mut script = Script { line: a[0].as_bstr(), at: 0, depth: 0, remembered: false };
    script.compile().map_err(|e| format!("Failed to compile sed expression. {e}"))
}

/// A script of one line, as far as it has been read.
struct Script<'a> {
    line: &'a BStr,
    at: usize,
    depth: i32,
    /// Whether an empty regular expression stands for an earlier one.
    remembered: bool,
}

impl Script<'_> {
    /// The next byte; 0 at the end.
    fn peek(&self) -> u8 {
        self.line.get(self.at).copied().unwrap_or(0)
    }

    fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what}: {}", self.line)
    }

    fn skip(&mut self, bytes: &[u8]) {
        while self.peek() != 0 && bytes.contains(&self.peek()) {
            self.at += 1;
        }
    }

    fn compile(&mut self) -> Result<(), String> {
        if self.line.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1 {
            // a line that would go on is not read at all
            return Ok(());
        }
        loop {
            self.skip(b" \t;");
            if matches!(self.peek(), 0 | b'#') {
                return Ok(());
            }
            let first = self.address()?;
            let second = first && matches!(self.peek(), b',' | b';') && {
                self.at += 1;
                if !self.address()? {
                    return Err(self.wrong("command garbled"));
                }
                true
            };
            self.skip(b" \t");
            let mut command = self.next();
            while command == b'!' {
                command = self.next();
            }
            if command == b'{' {
                self.depth += 1;
                continue;
            }
            if self.command(command, first, second)? {
                return Ok(());
            }
            match self.next() {
                0 => return Ok(()),
                b';' => {}
                _ => return Err(self.wrong("command garbled")),
            }
        }
    }

    /// One command behind its addresses; whether nothing can follow it.
    fn command(&mut self, command: u8, first: bool, second: bool) -> Result<bool, String> {
        if matches!(command, b'}' | b':') && first {
            return Err(self.wrong("no addresses allowed"));
        }
        if matches!(command, b'=' | b'a' | b'i' | b'r' | b'q') && second {
            return Err(self.wrong("only one address allowed"));
        }
        match command {
            b'}' => {
                self.depth -= 1;
                if self.depth < 0 {
                    return Err("too many }'s".into());
                }
                return Ok(true);
            }
            b':' => {
                self.skip(b" ");
                self.label()?;
                return Ok(true);
            }
            b't' | b'b' => {
                self.skip(b" ");
                self.label()?;
            }
            b'a' | b'c' | b'i' => {
                if self.peek() == b'\\' {
                    self.at += 1;
                }
                if self.next() != b'\n' {
                    return Err(self.wrong("command garbled"));
                }
                self.at = self.line.len();
            }
            b'r' => self.file("command garbled")?,
            b'w' => self.file("Space missing before filename")?,
            b's' => self.substitution()?,
            b'y' => self.translation()?,
            b'=' | b'g' | b'G' | b'h' | b'H' | b'n' | b'N' | b'p' | b'P' | b'd' | b'D' | b'q' | b'l' | b'x' => {}
            _ => return Err(self.wrong("unrecognized command")),
        }
        Ok(false)
    }

    fn file(&mut self, wrong: &str) -> Result<(), String> {
        if self.next() != b' ' {
            return Err(self.wrong(wrong));
        }
        self.at = self.line.len();
        Ok(())
    }

    /// Up to the line's end; seven bytes at most.
    fn label(&mut self) -> Result<(), String> {
        if self.line.len().saturating_sub(self.at) > 7 {
            return Err(self.wrong("label too long"));
        }
        self.at = self.line.len();
        Ok(())
    }

    /// `address`; whether there is one.
    fn address(&mut self) -> Result<bool, String> {
        match self.peek() {
            b'$' => self.at += 1,
            b'/' => {
                self.at += 1;
                self.pattern(b'/')?;
            }
            b'\\' => {
                self.at += 1;
                let delimiter = self.next();
                self.pattern(delimiter)?;
            }
            b'0'..=b'9' => self.skip(b"0123456789"),
            _ => return Ok(false),
        }
        // an empty expression behind it stands for it
        self.remembered = true;
        Ok(true)
    }

    /// `s/pattern/text/flags`
    fn substitution(&mut self) -> Result<(), String> {
        let delimiter = self.next();
        let groups = self.pattern(delimiter)?;
        loop {
            match self.next() {
                b'\\' => {
                    if matches!(self.next(), digit @ b'1'..=b'9' if digit > groups + b'0') {
                        return Err(self.wrong("``\\digit'' out of range"));
                    }
                }
                byte if byte == delimiter => break,
                0 => return Err(self.wrong("ending delimiter missing on substitution")),
                _ => {}
            }
        }
        self.at += usize::from(self.peek() == b'g');
        let number = self.at;
        self.skip(b"0123456789");
        let number = self.line.get(number..self.at).unwrap_or_default();
        if number.to_str_lossy().parse().unwrap_or(0) > 512 {
            return Err(self.wrong("suffix too large"));
        }
        self.at += usize::from(self.peek() == b'p');
        self.at += usize::from(self.peek() == b'P');
        if self.peek() == b'w' {
            self.at += 1;
            self.file("Space missing before filename")?;
        }
        Ok(())
    }

    /// `y/these/those/`
    fn translation(&mut self) -> Result<(), String> {
        let delimiter = self.next();
        let mut lengths = [0; 2];
        for length in &mut lengths {
            loop {
                match self.next() {
                    0 => return Err(self.wrong("ending delimiter missing on string")),
                    byte if byte == delimiter => break,
                    b'\\' => self.at += 1,
                    _ => {}
                }
                *length += 1;
            }
        }
        match lengths[0].cmp(&lengths[1]) {
            Ordering::Equal => Ok(()),
            Ordering::Greater => Err(self.wrong("ending delimiter missing on string")),
            Ordering::Less => Err(self.wrong("transform strings not the same size")),
        }
    }

    /// `sed_compile`: a regular expression up to its delimiter; how many groups it has.
    fn pattern(&mut self, delimiter: u8) -> Result<u8, String> {
        let (mut groups, mut open) = (0, 0);
        if self.peek() == delimiter {
            self.at += 1;
            return match self.remembered {
                true => Ok(0),
                false => Err("first RE may not be null".into()),
            };
        }
        loop {
            match self.next() {
                byte if byte == delimiter => break,
                // the end of the line ends it; what is missing behind it is found then
                0 => {
                    self.at -= 1;
                    break;
                }
                b'\n' => return Err(self.wrong("Illegal or missing delimiter")),
                b'[' => {
                    self.at += usize::from(self.peek() == b'^');
                    // a bracket that closes at once is one of the set
                    let mut byte = self.next();
                    loop {
                        if matches!(byte, 0 | b'\n') {
                            return Err(self.wrong("[ ] imbalance"));
                        }
                        byte = self.next();
                        if byte == b']' {
                            break;
                        }
                    }
                }
                b'\\' => match self.next() {
                    b'(' => {
                        groups += 1;
                        open += 1;
                    }
                    b')' if open == 0 => return Err(self.wrong("\\( \\) imbalance")),
                    b')' => open -= 1,
                    _ => {}
                },
                _ => {}
            }
        }
        if open > 0 {
            return Err(self.wrong("\\( \\) imbalance"));
        }
        self.remembered = true;
        Ok(groups)
    }
}

#[cfg(test)]
mod tests {
    use super::Script;

    #[test]
    fn scripts() {
        for (text, error) in [
            ("s/a/b/g5", None),
            ("s,a,b,;d", None),
            ("$!d", None),
            ("{p;}", None),
            ("3,/x/d", None),
            ("a\\", None),
            ("10s", None),
            ("s", Some("first RE may not be null")),
            ("s/a", Some("ending delimiter missing on substitution: s/a")),
            ("s//b/", Some("first RE may not be null")),
            ("s/\\(a/b/", Some("\\( \\) imbalance: s/\\(a/b/")),
            ("s/[a/b/", Some("[ ] imbalance: s/[a/b/")),
            ("s/a/\\1/", Some("``\\digit'' out of range: s/a/\\1/")),
            ("s/a/b/600", Some("suffix too large: s/a/b/600")),
            ("y/abc/de/", Some("ending delimiter missing on string: y/abc/de/")),
            ("1,2q", Some("only one address allowed: 1,2q")),
            ("1,xp", Some("command garbled: 1,xp")),
            ("}", Some("too many }'s")),
            ("w", Some("Space missing before filename: w")),
            ("b labellong", Some("label too long: b labellong")),
            ("/a", Some("unrecognized command: /a")),
            ("default", Some("command garbled: default")),
        ] {
            let mut script = Script { line: text.into(), at: 0, depth: 0, remembered: false };
            assert_eq!(script.compile().err().as_deref(), error, "{text}");
        }
    }
}
