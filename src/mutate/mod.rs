//! Mutants: small changes of a configuration, each of which a suite is to notice. They are made from the texts as they are
//! written, by edits ([`Site::with`]); whether one changes anything is for others to find out.

mod access;
mod hints;
mod items;
mod lines;
mod notice;
mod order;
mod places;
mod regex;
mod rules;
mod same;
mod sought;
mod words;

pub(crate) use notice::{Candidates, Noticed, notices};
pub(crate) use same::{Form, form};
pub(crate) use sought::Sought;

use crate::directives::{self, Effect};
use crate::site::{Edit, Site};
use crate::source::{FileId, SourceMap, Span};
use bstr::{BString, ByteSlice};
use items::{Item, Items};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a mutant does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A directive is taken out.
    Delete,
    /// It says the opposite.
    Negate,
    /// It comes first or last of its kind.
    Move,
    /// It and the next of its kind change places.
    Swap,
    /// It applies to more.
    Loosen,
    /// It applies to less.
    Tighten,
    /// It says something else.
    Change,
}

impl Kind {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Delete => "delete",
            Kind::Negate => "negate",
            Kind::Move => "move",
            Kind::Swap => "swap",
            Kind::Loosen => "loosen",
            Kind::Tighten => "tighten",
            Kind::Change => "change",
        }
    }
}

/// A change of a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// What it does.
    pub kind: Kind,
    /// The directive.
    pub at: Span,
    /// The edits that make it.
    pub edits: Vec<Edit>,
    /// What stands in its place then, on its line; none where nothing does.
    pub becomes: Option<String>,
    /// The other line, of one that changes places with it.
    pub other: Option<Span>,
    /// The virtual host that it is in.
    pub host: Option<Span>,
    /// Why it can change no answer, where the line itself says so.
    pub inert: Option<&'static str>,
}

impl Mutant {
    /// What it takes the place of, and what that is then: one piece of the text.
    pub(crate) fn piece(&self, sources: &SourceMap) -> (Span, BString) {
        let start = self.edits.iter().map(|e| e.range.start).min().unwrap_or(self.at.start);
        let end = self.edits.iter().map(|e| e.range.end).max().unwrap_or(self.at.end);
        let piece = Span { start, end, ..self.at };
        let text = &sources.file(self.at.file).text;
        let mut new = BString::default();
        let mut at = start as usize;
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        edits.sort_by_key(|e| (e.range.start, e.range.end));
        for edit in edits {
            new.extend_from_slice(text.get(at..edit.range.start as usize).unwrap_or_default());
            new.extend_from_slice(&edit.text);
            at = edit.range.end as usize;
        }
        (piece, new)
    }
}

/// What a directive means to an answer, of all that are so called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It may be part of one.
    Modelled,
    /// It can be none.
    Inert,
    /// Nobody here knows.
    Unknown,
}

/// By a name in small letters, of a directive or a section.
pub(crate) fn meaning(name: &str, section: bool) -> Meaning {
    static KNOWN: LazyLock<HashMap<(String, bool), Meaning>> = LazyLock::new(|| {
        let mut known: HashMap<(String, bool), Meaning> = HashMap::new();
        for row in directives::all() {
            let new = match row.effect() {
                Effect::Modelled => Meaning::Modelled,
                Effect::Inert => Meaning::Inert,
                Effect::Unmodelled(_) => Meaning::Unknown,
            };
            let name = (row.name().to_ascii_lowercase(), row.is_section());
            // the most that one of them is
            known
                .entry(name)
                .and_modify(|old| {
                    if *old == Meaning::Inert || new == Meaning::Modelled {
                        *old = new;
                    }
                })
                .or_insert(new);
        }
        known
    });
    KNOWN.get(&(name.into(), section)).copied().unwrap_or(Meaning::Unknown)
}

/// The mutants of a site, in the order of its files and lines: of its configuration, of what that includes, and of the
/// .htaccess files that a run of it has read.
pub(crate) fn mutants(site: &Site) -> Vec<Mutant> {
    let mut all = Vec::new();
    for file in site.editable() {
        let items = Items::of(site.sources(), file);
        let parts = skipped(site, file);
        let is_skipped = |line: Span| {
            let before = parts.partition_point(|(first, _)| *first < line.line);
            before.checked_sub(1).is_some_and(|part| line.line < parts[part].1)
        };
        let mut found = Vec::new();
        for (number, item) in items.all.iter().enumerate() {
            let from = found.len();
            lines::deletions(&items, item, number, &mut found);
            let skipped = is_skipped(item.span);
            if !skipped && meaning(&item.name, item.section) == Meaning::Modelled {
                words::changes(&items, item, &mut found);
            }
            let is_host = |section: &&Item| section.name == "virtualhost";
            let host = [item].into_iter().chain(items.around(item)).find(is_host).map(|host| host.span);
            for mutant in &mut found[from..] {
                mutant.host = host;
                if skipped {
                    mutant.inert = Some("its condition does not hold, so that httpd does not read it");
                }
            }
        }
        order::changes(&items, is_skipped, &mut found);
        found.sort_by_key(|mutant| mutant.at.start);
        all.extend(found);
    }
    all
}

/// The parts of a file whose condition does not hold: by the lines of their tags, in order.
fn skipped(site: &Site, file: FileId) -> Vec<(u32, u32)> {
    let own = site.skipped().iter().filter(|part| part.section.file == file);
    let mut parts: Vec<(u32, u32)> = own.map(|part| (part.section.line, part.last)).collect();
    parts.sort_unstable();
    parts
}

/// A mutant of a line, by edits in it.
fn edited(items: &Items, item: &Item, kind: Kind, edits: Vec<Edit>) -> Mutant {
    let own: Vec<Edit> = edits
        .iter()
        .filter(|e| (item.span.start..=item.span.end).contains(&e.range.start) && e.range.end <= item.span.end)
        .map(|e| Edit { range: e.range.start - item.span.start..e.range.end - item.span.start, ..e.clone() })
        .collect();
    let mut line = BString::from(items.text.covered(item.span));
    for edit in own.iter().rev() {
        line.splice(edit.range.start as usize..edit.range.end as usize, edit.text.iter().copied());
    }
    let becomes = Some(line.to_str_lossy().into_owned());
    Mutant { kind, at: item.span, edits, becomes, other: None, host: None, inert: None }
}

/// The edit of a piece of a file.
fn replace(file: FileId, at: std::ops::Range<u32>, text: impl Into<BString>) -> Edit {
    Edit { file, range: at, text: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::apply;
    use proptest::prelude::*;

    fn said(config: &str) -> Vec<String> {
        let site = Site::builder(config).build().expect("there are no files");
        let line = |m: Mutant| {
            let (_, piece) = m.piece(site.sources());
            let becomes = m.becomes.unwrap_or_default();
            assert!(site.with(&m.edits).is_ok(), "edits overlap: {piece}");
            format!("{} {}: {becomes}", m.at.line, m.kind.word())
        };
        mutants(&site).into_iter().map(line).collect()
    }

    #[test]
    fn of_access() {
        assert_eq!(
            said("<Location /a>\nRequire ip 10.0.0.0/8 192.0.2.1\nOptions -Indexes\n</Location>\n"),
            [
                "1 delete: ",
                "1 loosen: <Location />",
                "1 tighten: <Location /a/>",
                "2 delete: ",
                "2 loosen: Require all granted",
                "2 tighten: Require ip 192.0.2.1",
                "2 tighten: Require ip 10.0.0.0/8",
                "2 loosen: Require ip 10.0.0.0/7 192.0.2.1",
                "2 tighten: Require ip 10.0.0.0/9 192.0.2.1",
                "2 loosen: Require ip 10.0.0.0/8 192.0.2.0/31",
                "3 delete: ",
                "3 negate: Options +Indexes",
            ]
        );
    }

    #[test]
    fn of_mappings_and_rules() {
        assert_eq!(
            said(
                "Redirect 301 /a /b\nRewriteEngine on\nRewriteCond %{HTTPS} off [NC,OR]\nRewriteRule ^/x /y [R=301,L]\n"
            ),
            [
                "1 delete: ",
                "1 loosen: Redirect 301 / /b",
                "1 tighten: Redirect 301 /a/ /b",
                "1 change: Redirect 301 /a /b-changed",
                "1 change: Redirect 302 /a /b",
                "2 delete: ",
                "2 negate: RewriteEngine Off",
                "3 delete: ",
                "3 negate: RewriteCond %{HTTPS} !off [NC,OR]",
                "3 tighten: RewriteCond %{HTTPS} ^off [NC,OR]",
                "3 tighten: RewriteCond %{HTTPS} off$ [NC,OR]",
                "3 tighten: RewriteCond %{HTTPS} off [OR]",
                "3 tighten: RewriteCond %{HTTPS} off [NC]",
                "4 delete: ",
                "4 negate: RewriteRule !^/x /y [R=301,L]",
                "4 loosen: RewriteRule /x /y [R=301,L]",
                "4 tighten: RewriteRule ^/x$ /y [R=301,L]",
                "4 change: RewriteRule ^/x /y-changed [R=301,L]",
                "4 change: RewriteRule ^/x /y [R=302,L]",
            ]
        );
    }

    #[test]
    fn of_order() {
        let only = |config: &str| {
            said(config).into_iter().filter(|m| m.contains(" swap") || m.contains(" move")).collect::<Vec<_>>()
        };
        assert_eq!(only("Alias /a /x\nAlias /b /y\n"), Vec::<String>::new(), "they can't both match");
        assert_eq!(only("Alias /a /x\nAlias /a/b /y\n"), ["1 swap: Alias /a/b /y"]);
        assert_eq!(
            only("RewriteRule a b\nRewriteCond x y\nRewriteRule c d\nRewriteRule e f\n"),
            [
                "1 swap: RewriteRule c d",
                "1 move: RewriteRule c d",
                "3 swap: RewriteRule e f",
                "4 move: RewriteRule c d"
            ]
        );
        assert_eq!(
            only("<Location /a>\nA b\n</Location>\n<LocationMatch a>\n</LocationMatch>\n"),
            ["1 swap: <LocationMatch a>"]
        );
        assert_eq!(only("<Directory /a>\n</Directory>\n<Directory /b/c>\n</Directory>\n"), Vec::<String>::new());
        assert_eq!(only("RewriteRule ^/a x [L]\nRewriteRule ^/b y [R=301,L]\n"), Vec::<String>::new());
        assert_eq!(only("RewriteRule ^/a x\nRewriteRule ^/b y [L]\n"), ["1 swap: RewriteRule ^/b y [L]"]);
        assert_eq!(only("AliasMatch ^/a/(.*) /x\nAlias /ab /y\n"), Vec::<String>::new());
        assert_eq!(only("Alias /a /x\nAlias /ab /y\n"), Vec::<String>::new());
        assert_eq!(only("AliasMatch ^/a /x\nAlias /ab /y\n"), ["1 swap: Alias /ab /y"]);
        assert_eq!(only("SetEnvIf A b c\nSetEnvIf c d e\n"), ["1 swap: SetEnvIf c d e"]);
        assert_eq!(only("SetEnvIf A b c\nSetEnvIf B d e\n"), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_has_mutants(text in "((</?)?(Location|Require|RewriteRule|RewriteCond|Redirect|Header|SetEnvIf|Files|Alias|Options|Order|If|Limit)[ \"'a-zé0-9/^$.*+|()\\[\\],!=>\\\\-]{0,20}(\\\\)?\n){0,8}") {
            let site = Site::builder(text).build().expect("there are no files");
            for mutant in mutants(&site) {
                mutant.piece(site.sources());
                prop_assert!(apply(site.sources(), &mutant.edits).is_ok(), "{mutant:?}");
            }
        }
    }

    #[test]
    fn what_can_change_nothing_is_known() {
        let site =
            Site::builder("ErrorLog x\n<IfModule mod_none.c>\nAlias /a /b\n</IfModule>\n").build().expect("none");
        let inert: Vec<(u32, bool)> = mutants(&site).iter().map(|m| (m.at.line, m.inert.is_some())).collect();
        assert_eq!(inert, [(1, true), (3, true)]);
    }
}
