//! Rewrite rules and their conditions that say something else.

use super::Kind;
use super::words::{Making, WORDS};
use bstr::{BString, ByteSlice};

impl Making<'_> {
    pub(super) fn rule(&mut self) {
        self.negate(0);
        self.pattern(0);
        self.target(1);
        self.flags(2);
    }

    pub(super) fn condition(&mut self) {
        if self.item.says(0, "expr") {
            return self.flags(2);
        }
        self.negate(1);
        let pattern = self.item.word(1);
        let bare = pattern.strip_prefix(b"!").unwrap_or(pattern);
        // a test of another kind than of a pattern (`-f`, `=text`, `>1`)
        if !bare.starts_with(b"-") && !bare.starts_with(b"=") && !bare.starts_with(b"<") && !bare.starts_with(b">") {
            self.pattern(1);
        }
        self.flags(2);
    }

    fn negate(&mut self, n: usize) {
        let Some(word) = self.at(n).cloned() else { return };
        match word.value.starts_with(b"!") {
            true => self.set(Kind::Negate, word.at.start..word.at.start + 1, ""),
            false => self.set(Kind::Negate, word.at.start..word.at.start, "!"),
        }
    }

    /// Each flag of a rule or condition left out, and a redirect's status another one.
    fn flags(&mut self, n: usize) {
        let Some(word) = self.at(n).cloned() else { return };
        let text = BString::from(self.items.slice(&word.at));
        let Some(inner) = text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]")) else { return };
        let flags: Vec<&[u8]> = inner.split(|b| *b == b',').collect();
        // a comma may be in quotes
        if text.contains(&b'"') || text.contains(&b'\'') {
            return;
        }
        for (number, flag) in flags.iter().enumerate().take(WORDS) {
            let name = flag.trim().to_ascii_lowercase();
            if self.is_idle(&name, &flags) {
                continue;
            }
            let kind = match name.as_slice() {
                b"nc" | b"nocase" => Kind::Tighten,
                b"or" | b"ornext" => Kind::Tighten,
                _ => Kind::Change,
            };
            let status = name.strip_prefix(b"r=").or_else(|| name.strip_prefix(b"redirect="));
            let other = status.and_then(|status| match status {
                b"301" | b"permanent" => Some(&b"R=302"[..]),
                b"302" | b"temp" | b"303" => Some(b"R=301"),
                b"307" => Some(b"R=308"),
                b"308" => Some(b"R=307"),
                _ => None,
            });
            let rest: Vec<&[u8]> = match other {
                Some(other) => flags.iter().enumerate().map(|(i, f)| if i == number { other } else { f }).collect(),
                None => flags.iter().enumerate().filter(|(i, _)| *i != number).map(|(_, f)| *f).collect(),
            };
            if rest.is_empty() {
                // with the space before the brackets
                let start = self.at(n - 1).map_or(word.whole.start, |before| before.whole.end);
                self.set(kind, start..word.whole.end, "");
            } else {
                self.set(kind, word.at.clone(), [b"[", rest.join(&b","[..]).as_slice(), b"]"].concat());
            }
        }
    }

    /// Whether a rule is the same without a flag, by what else it says.
    fn is_idle(&self, flag: &[u8], all: &[&[u8]]) -> bool {
        let has = |names: &[&str]| {
            all.iter().any(|flag| names.iter().any(|name| flag.trim().eq_ignore_ascii_case(name.as_bytes())))
        };
        match flag {
            b"l" | b"last" => {
                let later = self.items.all.iter().rev().take_while(|other| other.span.start > self.item.span.start);
                let mut later = later.filter(|other| other.parent == self.item.parent);
                has(&["f", "forbidden", "g", "gone", "end"]) || !later.any(|other| other.name == "rewriterule")
            }
            // what has no letters has no letters of either case
            b"nc" | b"nocase" => {
                let n = usize::from(self.item.name == "rewritecond");
                !self.item.word(n).iter().any(u8::is_ascii_alphabetic)
            }
            // the query stays where the new URL has none
            b"qsa" | b"qsappend" => !self.item.word(1).contains(&b'?') && !self.item.word(1).contains(&b'%'),
            _ => false,
        }
    }
}
