//! Lines about access, and about what may be said elsewhere, that say something else.

use super::Kind;
use super::places;
use super::words::{Making, WORDS};
use bstr::BString;

impl Making<'_> {
    pub(super) fn require(&mut self) {
        let not = usize::from(self.item.says(0, "not"));
        // what is required not to be is required of all the more, the less it is
        let (loosen, tighten) = match not {
            0 => (Kind::Loosen, Kind::Tighten),
            _ => (Kind::Tighten, Kind::Loosen),
        };
        let turned = |changes: Vec<(Kind, BString)>| -> Vec<(Kind, BString)> {
            let turn = |kind| if kind == Kind::Loosen { loosen } else { tighten };
            changes.into_iter().map(|(kind, text)| (turn(kind), text)).collect()
        };
        if self.item.says(not, "all") {
            return self.either(not + 1, &[("granted", "denied")]);
        }
        if not == 1 {
            let at = self.item.words[0].whole.start..self.at(1).map_or(self.item.args.end, |word| word.whole.start);
            self.set(Kind::Negate, at, "");
        } else {
            if self.items.within(self.item).is_some_and(|group| group.name == "requireall") {
                let at = self.item.args.start..self.item.args.start;
                self.set(Kind::Negate, at, "not ");
            }
            self.all(Kind::Loosen, "all granted");
        }
        if self.item.says(not, "valid-user") || self.item.says(not, "expr") {
            return;
        }
        self.less(not + 1, tighten);
        for n in not + 1..self.item.words.len().min(not + 1 + WORDS) {
            if self.item.says(not, "ip") {
                self.values(n, |text| turned(places::network(text)));
            } else if self.item.says(not, "host") {
                self.values(n, |text| turned(places::host(text)));
            }
        }
        if (self.item.says(not, "user") || self.item.says(not, "group")) && not == 0 {
            self.all(Kind::Loosen, "valid-user");
        }
    }

    pub(super) fn allow(&mut self) {
        let allows = self.item.name == "allow";
        let at = self.item.span.start..self.item.span.start + self.item.name.len() as u32;
        self.set(Kind::Negate, at, if allows { "Deny" } else { "Allow" });
        let (more, less) = if allows { (Kind::Loosen, Kind::Tighten) } else { (Kind::Tighten, Kind::Loosen) };
        if !self.item.says(1, "all") {
            self.all(more, "from all");
        }
        self.less(1, less);
        for n in 1..self.item.words.len().min(1 + WORDS) {
            let change = |text: &[u8]| match places::network(text) {
                found if found.is_empty() && !text.contains(&b'=') && !text.eq_ignore_ascii_case(b"all") => {
                    places::host(text)
                }
                found => found,
            };
            self.values(n, |text| {
                change(text).into_iter().map(|(k, t)| (if k == Kind::Loosen { more } else { less }, t)).collect()
            });
        }
    }

    pub(super) fn order(&mut self) {
        let said: BString = self.items.slice(&self.item.args).to_ascii_lowercase().into();
        match said.as_slice() {
            b"deny,allow" => self.all(Kind::Negate, "allow,deny"),
            b"allow,deny" => self.all(Kind::Negate, "deny,allow"),
            _ => {}
        }
    }

    pub(super) fn options(&mut self) {
        for n in 0..self.item.words.len().min(WORDS) {
            let Some(word) = self.at(n).cloned() else { return };
            let sign = word.at.start..word.at.start + 1;
            match self.item.word(n).first() {
                Some(b'+') => self.set(Kind::Negate, sign, "-"),
                Some(b'-') => self.set(Kind::Negate, sign, "+"),
                _ => {}
            }
        }
        self.either(0, &[("none", "all")]);
        self.less(0, Kind::Change);
    }

    pub(super) fn allow_override(&mut self) {
        if self.item.says(0, "none") {
            self.all(Kind::Loosen, "All");
        } else {
            self.all(Kind::Tighten, "None");
            self.less(0, Kind::Tighten);
        }
    }
}
