//! Lines that say something else: the opposite, more, less, or another thing.

use super::items::{Item, Items, Word};
use super::{Kind, Mutant, edited, places, regex, replace};
use crate::directives::{self, Args};
use crate::site::Edit;
use bstr::BString;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How many words of a list are left out, one after the other.
pub(super) const WORDS: usize = 12;

/// The mutants of one line that are being made.
pub(super) struct Making<'m> {
    pub items: &'m Items,
    pub item: &'m Item,
    pub found: &'m mut Vec<Mutant>,
}

/// Adds the mutants in which a line says something else.
pub(super) fn changes(items: &Items, item: &Item, found: &mut Vec<Mutant>) {
    let mut making = Making { items, item, found };
    if item.words.is_empty() {
        making.group();
        return;
    }
    match item.name.as_str() {
        _ if item.section => making.section(),
        "require" => making.require(),
        "allow" | "deny" => making.allow(),
        "order" => making.order(),
        "satisfy" => making.either(0, &[("all", "any")]),
        "options" => making.options(),
        "allowoverride" => making.allow_override(),
        "acceptpathinfo" => making.either(0, &[("on", "off"), ("default", "on")]),
        "alias" | "scriptalias" | "wsgiscriptalias" => making.mapping(false),
        "aliasmatch" | "scriptaliasmatch" | "wsgiscriptaliasmatch" => making.mapping(true),
        "proxypass" => making.mapping(false),
        "proxypassmatch" => making.mapping(true),
        "redirect" | "redirectpermanent" | "redirecttemp" => making.redirect(false),
        "redirectmatch" => making.redirect(true),
        "rewriterule" => making.rule(),
        "rewritecond" => making.condition(),
        "setenvif" | "setenvifnocase" => making.pattern(1),
        "browsermatch" | "browsermatchnocase" => making.pattern(0),
        "header" | "requestheader" => making.header(),
        "errordocument" => making.target(1),
        "remoteipinternalproxy" | "remoteiptrustedproxy" => making.networks(0),
        name => {
            let args = args(name);
            making.usual(args);
        }
    }
}

/// How a directive takes its arguments.
fn args(name: &str) -> Option<Args> {
    static KNOWN: LazyLock<HashMap<String, Args>> = LazyLock::new(|| {
        let plain = directives::all().filter(|row| !row.is_section());
        plain.map(|row| (row.name().to_ascii_lowercase(), row.args())).collect()
    });
    KNOWN.get(name).copied()
}

impl Making<'_> {
    pub(super) fn put(&mut self, kind: Kind, edits: Vec<Edit>) {
        let mutant = edited(self.items, self.item, kind, edits);
        // what two rules come to is one mutant
        if !self.found.iter().rev().take_while(|m| m.at == mutant.at).any(|m| m.edits == mutant.edits) {
            self.found.push(mutant);
        }
    }

    pub(super) fn set(&mut self, kind: Kind, at: std::ops::Range<u32>, text: impl Into<BString>) {
        let edit = replace(self.items.file, at, text);
        self.put(kind, vec![edit]);
    }

    pub(super) fn at(&self, n: usize) -> Option<&Word> {
        self.item.words.get(n)
    }

    /// Words that turn into one another; the text keeps the case of neither.
    pub(super) fn either(&mut self, n: usize, pairs: &[(&str, &str)]) {
        let Some(at) = self.at(n).map(|word| word.at.clone()) else { return };
        for (one, other) in pairs {
            if self.item.says(n, one) {
                self.set(Kind::Negate, at.clone(), *other);
            } else if self.item.says(n, other) {
                self.set(Kind::Negate, at.clone(), *one);
            }
        }
    }

    /// Other values of a word.
    pub(super) fn values(&mut self, n: usize, change: impl Fn(&[u8]) -> Vec<(Kind, BString)>) {
        let Some(word) = self.at(n).cloned() else { return };
        for (kind, text) in change(self.items.slice(&word.at)) {
            self.set(kind, word.at.clone(), text);
        }
    }

    pub(super) fn pattern(&mut self, n: usize) {
        self.values(n, |text| {
            let not = usize::from(text.starts_with(b"!"));
            let with = |(kind, new): (Kind, BString)| {
                let kind = match kind {
                    Kind::Loosen if not > 0 => Kind::Tighten,
                    Kind::Tighten if not > 0 => Kind::Loosen,
                    kind => kind,
                };
                (kind, BString::from([&text[..not], &new].concat()))
            };
            regex::changes(&text[not..]).into_iter().map(with).collect()
        });
    }

    pub(super) fn target(&mut self, n: usize) {
        self.values(n, |text| places::target(text).map(|new| (Kind::Change, new)).into_iter().collect());
    }

    /// Each word of a list left out, from the `n`th on, where more than one is left.
    pub(super) fn less(&mut self, n: usize, kind: Kind) {
        let last = self.item.words.len();
        if last < n + 2 {
            return;
        }
        for number in (n..last).take(WORDS) {
            let (own, before) = (&self.item.words[number].whole, number.checked_sub(1));
            // with the space on one side of it
            let at = match self.item.words.get(number + 1) {
                Some(next) => own.start..next.whole.start,
                None => before.map_or(own.start, |b| self.item.words[b].whole.end)..own.end,
            };
            self.set(kind, at, "");
        }
    }

    /// The whole list of arguments, another one.
    pub(super) fn all(&mut self, kind: Kind, text: &str) {
        let at = self.item.args.clone();
        self.set(kind, at, text);
    }

    fn networks(&mut self, from: usize) {
        for n in from..self.item.words.len().min(from + WORDS) {
            self.values(n, places::network);
        }
    }

    /// A URL's path or a pattern, and where it leads; in a `<Location>` only the latter.
    fn mapping(&mut self, is_regex: bool) {
        if self.item.words.len() < 2 {
            return self.target(0);
        }
        match is_regex {
            true => self.pattern(0),
            false => self.values(0, places::url_path),
        }
        self.target(1);
    }

    fn redirect(&mut self, is_regex: bool) {
        let status = self.item.word(0);
        let is_status = !status.starts_with(b"/") && !status.contains(&b'^') && {
            let words = ["permanent", "temp", "seeother", "gone"];
            status.iter().all(u8::is_ascii_digit)
                || words.iter().any(|word| status.eq_ignore_ascii_case(word.as_bytes()))
        };
        let first = usize::from(is_status && self.item.name.ends_with(['t', 'h']));
        let in_location = self.items.within(self.item).is_some_and(|section| section.name.starts_with("location"));
        if !in_location || self.item.words.len() > first + 1 {
            match is_regex {
                true => self.pattern(first),
                false => self.values(first, places::url_path),
            }
            self.target(first + 1);
        } else {
            self.target(first);
        }
        if first == 1 {
            self.either_status(0);
        }
    }

    /// A permanent redirect is a temporary one, and the other way round.
    fn either_status(&mut self, n: usize) {
        self.values(n, |text| {
            let pairs = [("permanent", "temp"), ("301", "302"), ("308", "307"), ("303", "302")];
            let other = pairs.iter().find_map(|(one, other)| match text {
                _ if text.eq_ignore_ascii_case(one.as_bytes()) => Some(*other),
                _ if text.eq_ignore_ascii_case(other.as_bytes()) => Some(*one),
                _ => None,
            });
            other.map(|other| (Kind::Change, other.into())).into_iter().collect()
        });
    }

    fn header(&mut self) {
        let first = usize::from(self.item.says(0, "always") || self.item.says(0, "onsuccess"));
        let takes_value =
            ["set", "setifempty", "append", "merge", "add"].iter().any(|word| self.item.says(first, word));
        let last = self.item.words.len() - 1;
        let condition = self.item.word(last);
        if let Some(name) = condition.strip_prefix(b"env=") {
            let Some(at) = self.at(last).map(|word| word.at.start + 4) else { return };
            match name.starts_with(b"!") {
                true => self.set(Kind::Negate, at..at + 1, ""),
                false => self.set(Kind::Negate, at..at, "!"),
            }
        }
        if takes_value && let Some(word) = self.at(first + 2).cloned() {
            let value = BString::from(self.items.slice(&word.at));
            if !value.is_empty() {
                self.set(Kind::Change, word.at.clone(), [value.as_slice(), b"-changed"].concat());
            }
        }
    }

    /// A directive of which nothing is known but how it takes its arguments.
    fn usual(&mut self, args: Option<Args>) {
        match args {
            Some(Args::Flag) => {
                let Some(at) = self.at(0).map(|word| word.at.clone()) else { return };
                if self.item.says(0, "on") {
                    self.set(Kind::Negate, at, "Off");
                } else if self.item.says(0, "off") {
                    self.set(Kind::Negate, at, "On");
                }
            }
            Some(Args::Iterate) => {
                self.less(0, if self.item.name == "serveralias" { Kind::Tighten } else { Kind::Change })
            }
            Some(Args::Iterate2) => self.less(1, Kind::Tighten),
            _ => {}
        }
    }

    fn section(&mut self) {
        let tilde = self.item.says(0, "~");
        match self.item.name.as_str() {
            "directory" | "location" | "files" if tilde => self.pattern(1),
            "directorymatch" | "locationmatch" | "filesmatch" | "proxymatch" => self.pattern(0),
            "location" => self.values(0, places::url_path),
            "directory" => self.values(0, places::directory),
            "files" => self.values(0, places::file_name),
            "if" | "elseif" => self.expression(),
            "limit" => {
                self.rename("LimitExcept", Kind::Negate);
                self.less(0, Kind::Tighten);
            }
            "limitexcept" => {
                self.rename("Limit", Kind::Negate);
                self.less(0, Kind::Loosen);
            }
            _ => self.group(),
        }
    }

    fn expression(&mut self) {
        let [word] = self.item.words.as_slice() else { return };
        let (at, quoted) = (word.at.clone(), word.at != word.whole);
        if quoted {
            let text = [b"!(", self.items.slice(&at), b")"].concat();
            self.set(Kind::Negate, at, text);
        }
    }

    fn group(&mut self) {
        match self.item.name.as_str() {
            "requireall" => self.rename("RequireAny", Kind::Loosen),
            "requireany" => self.rename("RequireAll", Kind::Tighten),
            "requirenone" => self.rename("RequireAny", Kind::Negate),
            _ => {}
        }
    }

    /// A section of another name: its two tags.
    fn rename(&mut self, name: &str, kind: Kind) {
        let (file, length) = (self.items.file, self.item.name.len() as u32);
        let Some(close) = self.item.close.filter(|_| self.item.section) else { return };
        let (open, end) = (self.item.span.start + 1, close.start + 2);
        let edits = vec![replace(file, open..open + length, name), replace(file, end..end + length, name)];
        self.put(kind, edits);
    }
}
