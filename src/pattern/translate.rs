//! A pattern written anew for another engine.
//!
//! The reader takes a pattern as PCRE2 does (bytes, built-in tables, httpd's options) and spells out every byte and
//! every class, so that neither Unicode nor a difference of syntax can slip in. What it isn't sure of it refuses.
//!
//! For the `regex` crate it lets through only what provably means the same there: no look-around, no back references,
//! nothing possessive or atomic. `fancy-regex` gets these too. Loops over what may be empty go to PCRE2 alone.

use super::Flags;
use super::byteset::ByteSet;
use super::cost::{Cost, Known};
use super::part::Part;

/// A pattern for another engine.
pub(super) struct Translation {
    pub text: String,
    pub groups: usize,
    /// Named groups as they come; a name may stand twice.
    pub names: Vec<(usize, String)>,
    pub known: Known,
}

/// Whom a pattern is written for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `regex::bytes`: nothing but what means exactly the same.
    Regex,
    /// `fancy_regex` with `BytesMode::Ascii`.
    #[cfg(any(test, not(feature = "pcre2")))]
    Fancy,
}

/// Translates `pattern`.
///
/// It is not the judge of errors: a pattern that PCRE2 refuses may be translated or not.
///
/// # Errors
/// The place near which the pattern has something that can't be said for sure.
pub(super) fn translate(pattern: &[u8], flags: Flags, dialect: Dialect) -> Result<Translation, usize> {
    let mut reader = Reader {
        rest: pattern,
        flags,
        dialect,
        out: String::new(),
        groups: 0,
        open: Vec::new(),
        names: Vec::new(),
        nodes: 0,
        size: 0,
    };
    if dialect == Dialect::Regex {
        reader.out.push_str("(?-u)");
    }
    let whole = reader.alternation(0).filter(|_| reader.rest.is_empty());
    let Some(whole) = whole else {
        return Err(pattern.len() - reader.rest.len());
    };
    // PCRE2 takes a step or two for each element on a way, and starts anew at each byte unless anchored; if it doesn't
    // see that a pattern is, it still gives up there soon
    let elements = 2.0 * f64::from(reader.nodes) + 2.0;
    let start = if whole.anchored { Cost::ONE } else { Cost::LINEAR };
    let ways = whole.cost.times(start).times(Cost { factor: elements, power: 0 });
    let cost = ways.or(Cost { factor: elements, power: 1 });
    Ok(Translation {
        text: reader.out,
        groups: reader.groups,
        names: reader.names,
        known: Known { cost, size: reader.size },
    })
}

/// The groups that only an engine that backtracks knows.
const LOOKS: [&str; 5] = ["?=", "?!", "?<=", "?<!", "?>"];
/// How deep groups may nest here: PCRE2 allows more.
const MAX_DEPTH: u32 = 40;
/// The highest count of a quantifier that is taken here: PCRE2 allows more, the engines' programs grow with it.
const MAX_COUNT: u32 = 100;

struct Quantifier {
    min: u32,
    max: Option<u32>,
    text: String,
}

/// The place in a pattern, and what has been written so far.
pub(super) struct Reader<'a> {
    pub rest: &'a [u8],
    pub flags: Flags,
    dialect: Dialect,
    out: String,
    groups: usize,
    /// The capturing groups around.
    open: Vec<usize>,
    names: Vec<(usize, String)>,
    nodes: u32,
    size: u64,
}

impl Reader<'_> {
    pub(super) fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    pub(super) fn eat(&mut self, prefix: &[u8]) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Goes on for an engine that backtracks only.
    fn fancy(&self) -> Option<()> {
        (self.dialect != Dialect::Regex).then_some(())
    }

    fn alternation(&mut self, depth: u32) -> Option<Part> {
        let mut whole = self.sequence(depth)?;
        while self.eat(b"|") {
            self.out.push('|');
            whole = whole.or(self.sequence(depth)?);
        }
        Some(whole)
    }

    fn sequence(&mut self, depth: u32) -> Option<Part> {
        let mut whole = Part::EMPTY;
        while !matches!(self.rest.first(), None | Some(b'|' | b')')) {
            whole = whole.then(self.repetition(depth)?);
        }
        Some(whole)
    }

    fn repetition(&mut self, depth: u32) -> Option<Part> {
        self.nodes = self.nodes.saturating_add(1);
        let before = self.size;
        self.size = self.size.saturating_add(1);
        let start = self.out.len();
        let part = self.atom(depth)?;
        if is_literal_brace(self.rest)? || !matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{')) {
            return Some(part);
        }
        let quantifier = self.quantifier()?;
        // each engine has its own way to leave a loop over what may be empty
        let sure = !part.assertion && quantifier.max != Some(0) && (!part.nullable || quantifier.max == Some(1));
        if !sure {
            return None;
        }
        let times = u64::from(quantifier.max.unwrap_or(quantifier.min).max(1));
        self.size = before.saturating_add((self.size - before).saturating_mul(times));
        self.out.push_str(&quantifier.text);
        if self.eat(b"?") {
            self.out.push('?');
        } else if self.eat(b"+") {
            self.fancy()?;
            self.out.insert_str(start, "(?>");
            self.out.push(')');
        }
        Some(part.repeated(quantifier.min, quantifier.max))
    }

    fn quantifier(&mut self) -> Option<Quantifier> {
        let (min, max, text) = match self.next()? {
            b'*' => (0, None, "*".to_owned()),
            b'+' => (1, None, "+".to_owned()),
            b'?' => (0, Some(1), "?".to_owned()),
            b'{' => {
                let (min, max) = self.counts()?;
                (min, max, format!("{{{min},{}}}", max.map_or(String::new(), |max| max.to_string())))
            }
            _ => return None,
        };
        Some(Quantifier { min, max, text })
    }

    /// Reads `n}`, `n,}` or `n,m}`.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let min = self.number()?;
        let max = match (self.eat(b","), self.rest.first()) {
            (false, _) => Some(min),
            (true, Some(b'}')) => None,
            (true, _) => Some(self.number()?),
        };
        let sound = self.eat(b"}") && min.max(max.unwrap_or(min)) <= MAX_COUNT && max.is_none_or(|max| max >= min);
        sound.then_some((min, max))
    }

    fn number(&mut self) -> Option<u32> {
        let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (text, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    fn atom(&mut self, depth: u32) -> Option<Part> {
        if is_literal_brace(self.rest)? {
            self.next();
            return self.set(ByteSet::one(b'{'));
        }
        match self.next()? {
            b'(' => self.group(depth),
            b'[' => {
                let set = self.class()?;
                self.set(set)
            }
            b'.' if self.flags.no_dotall => self.set(ByteSet::one(b'\n').negated()),
            b'.' => self.set(ByteSet::of(|_| true)),
            b'^' => self.caret(),
            b'$' => self.dollar(),
            b'\\' => self.escaped_atom(),
            b'*' | b'+' | b'?' | b'{' => None,
            byte => self.literal(byte),
        }
    }

    fn caret(&mut self) -> Option<Part> {
        if !self.flags.multiline {
            return self.assertion("\\A", Part::START);
        }
        self.fancy()?;
        // not behind a line feed that ends the subject
        self.assertion("(?:\\A|(?<=\\x0a)(?!\\z))", Part::ASSERTION)
    }

    fn dollar(&mut self) -> Option<Part> {
        if self.flags.multiline {
            self.fancy()?;
            self.assertion("(?=\\x0a|\\z)", Part::ASSERTION)
        } else if self.flags.no_dollar_endonly {
            self.before_last_line_feed()
        } else {
            self.assertion("\\z", Part::ASSERTION)
        }
    }

    fn before_last_line_feed(&mut self) -> Option<Part> {
        self.fancy()?;
        self.assertion("(?=\\x0a?\\z)", Part::ASSERTION)
    }

    fn escaped_atom(&mut self) -> Option<Part> {
        match *self.rest.first()? {
            b'A' => {
                self.next();
                self.assertion("\\A", Part::START)
            }
            b'z' => {
                self.next();
                self.assertion("\\z", Part::ASSERTION)
            }
            b'Z' => {
                self.next();
                self.before_last_line_feed()
            }
            letter @ (b'b' | b'B') => {
                self.next();
                self.assertion(if letter == b'b' { "\\b" } else { "\\B" }, Part::ASSERTION)
            }
            b'N' if self.rest.get(1) != Some(&b'{') => {
                self.next();
                self.set(ByteSet::one(b'\n').negated())
            }
            b'1'..=b'9' => self.back_reference(),
            _ => {
                let set = self.escape()?;
                self.set(set)
            }
        }
    }

    /// Reads `\1` to `\9`, if the group is there and complete.
    fn back_reference(&mut self) -> Option<Part> {
        self.fancy()?;
        let group = usize::try_from(self.number()?).ok()?;
        // in either case, `fancy-regex` compares valid UTF-8 only
        if group > 9 || group > self.groups || self.open.contains(&group) || self.flags.icase {
            return None;
        }
        self.out.push_str(&format!("(?:\\{group})"));
        Some(Part::BACK_REFERENCE)
    }

    fn assertion(&mut self, text: &str, part: Part) -> Option<Part> {
        self.out.push_str(text);
        Some(part)
    }

    fn literal(&mut self, byte: u8) -> Option<Part> {
        let set = self.folded(ByteSet::one(byte));
        self.set(set)
    }

    fn set(&mut self, set: ByteSet) -> Option<Part> {
        if set.is_empty() {
            return None;
        }
        set.write(&mut self.out);
        Some(Part::BYTE)
    }

    fn group(&mut self, depth: u32) -> Option<Part> {
        if depth >= MAX_DEPTH || self.rest.first() == Some(&b'*') {
            return None;
        }
        let outer = self.flags;
        let around = self.open.len();
        let mut look = None;
        if self.eat(b"?:") {
            self.out.push_str("(?:");
        } else if let Some(open) = LOOKS.into_iter().find(|open| self.eat(open.as_bytes())) {
            self.fancy()?;
            self.out.push('(');
            self.out.push_str(open);
            look = Some(open);
        } else if matches!(self.rest, [b'?', b'i' | b's' | b'm' | b'-', ..]) {
            self.next();
            if self.inline_flags()? {
                // to the end of the group around
                return Some(Part::ASSERTION);
            }
            self.out.push_str("(?:");
        } else {
            self.groups += 1;
            self.open.push(self.groups);
            if self.rest.first() == Some(&b'?') {
                let name = self.name()?;
                self.names.push((self.groups, name));
            }
            self.out.push('(');
        }
        let inner = self.alternation(depth + 1)?;
        self.flags = outer;
        self.open.truncate(around);
        if !self.eat(b")") {
            return None;
        }
        self.out.push(')');
        match look {
            None => Some(Part { assertion: false, ..inner }),
            Some("?>") => Some(Part { cost: Cost::ENDLESS, assertion: false, ..inner }),
            // looking behind is sure for a fixed width only
            Some("?<=" | "?<!") if inner.width.is_none() => None,
            Some(_) => Some(Part::LOOK),
        }
    }

    /// Reads the letters of `(?i-s)` or `(?i-s:`; true for the first kind, which has no body.
    fn inline_flags(&mut self) -> Option<bool> {
        let mut on = true;
        loop {
            match self.next()? {
                b'i' => self.flags.icase = on,
                b's' => self.flags.no_dotall = !on,
                b'm' => self.flags.multiline = on,
                b'-' if on => on = false,
                b')' => return Some(true),
                b':' => return Some(false),
                _ => return None,
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        let close = if self.eat(b"?'") {
            b'\''
        } else if self.eat(b"?<") || self.eat(b"?P<") {
            b'>'
        } else {
            return None;
        };
        let length = self.rest.iter().take_while(|&&b| b.is_ascii_alphanumeric() || b == b'_').count();
        let (name, rest) = self.rest.split_at_checked(length)?;
        let starts_well = name.first().is_some_and(|b| !b.is_ascii_digit());
        self.rest = rest;
        if !starts_well || length > 32 || !self.eat(&[close]) {
            return None;
        }
        String::from_utf8(name.to_vec()).ok()
    }
}

/// Whether `rest` starts with a brace that is a literal; `None` if that is not sure.
fn is_literal_brace(rest: &[u8]) -> Option<bool> {
    let Some(inner) = rest.strip_prefix(b"{") else {
        return Some(false);
    };
    let digits = inner.iter().take_while(|b| b.is_ascii_digit()).count();
    match inner.get(digits..).unwrap_or_default() {
        [b'}' | b',', ..] if digits > 0 => Some(false),
        [b' ' | b'\t' | b',', ..] => None,
        _ => Some(true),
    }
}
