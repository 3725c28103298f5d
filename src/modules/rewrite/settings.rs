//! What the directives of mod_rewrite say, per server and per directory, and how it merges.

use super::map::Map;
use super::template::Template;
use crate::expr::Expr;
use crate::outcome::Decision;
use crate::pattern::Regex;
use crate::server::doubts::Alike;
use crate::server::index::{Beginning, Indexed};
use crate::server::module::Phase;
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BStr, BString};
use std::collections::BTreeMap;
use std::sync::Arc;

/// RewriteOptions, as bits.
pub(super) mod option {
    /// The rules of the place above follow one's own.
    pub(crate) const INHERIT: u32 = 1;
    /// They come first.
    pub(crate) const INHERIT_BEFORE: u32 = 2;
    /// Rules for a folder run for its name without a slash, too.
    pub(crate) const NO_SLASH: u32 = 4;
    /// Whatever was asked for is matched, not URL paths only.
    pub(crate) const ANY_URI: u32 = 8;
    /// RewriteBase holds for the places beneath.
    pub(crate) const MERGE_BASE: u32 = 16;
    /// The places beneath inherit.
    pub(crate) const INHERIT_DOWN: u32 = 32;
    /// They inherit, these rules first.
    pub(crate) const INHERIT_DOWN_BEFORE: u32 = 64;
    /// Nothing comes down from above.
    pub(crate) const IGNORE_INHERIT: u32 = 128;
    /// An Alias says nothing about the URL of what was rewritten.
    pub(crate) const IGNORE_CONTEXT_INFO: u32 = 256;
    /// URLs of this very server may lead anywhere in the file system.
    pub(crate) const LEGACY_PREFIX_DOCROOT: u32 = 512;
    /// A path whose first folder exists is a file path, wherever that folder's name comes from.
    pub(crate) const UNSAFE_PREFIX_STAT: u32 = 1024;
}

/// Flags of a rule, as bits; those with a value are fields of [`Rule`].
pub(super) mod flag {
    /// `R`
    pub(crate) const REDIRECT: u32 = 1;
    /// `L`
    pub(crate) const LAST: u32 = 1 << 1;
    /// `N`
    pub(crate) const NEXT: u32 = 1 << 2;
    /// `C`
    pub(crate) const CHAIN: u32 = 1 << 3;
    /// `NS`
    pub(crate) const NO_SUBREQ: u32 = 1 << 4;
    /// The pattern is negated.
    pub(crate) const NOT: u32 = 1 << 5;
    /// `P`
    pub(crate) const PROXY: u32 = 1 << 6;
    /// `PT`
    pub(crate) const PASS_THROUGH: u32 = 1 << 7;
    /// `QSA`
    pub(crate) const QS_APPEND: u32 = 1 << 8;
    /// `NC`
    pub(crate) const NO_CASE: u32 = 1 << 9;
    /// `NE`
    pub(crate) const NO_ESCAPE: u32 = 1 << 10;
    /// Nothing is substituted: `-`, or a status.
    pub(crate) const NO_SUB: u32 = 1 << 11;
    /// The rule answers with a status that is no redirect.
    pub(crate) const STATUS: u32 = 1 << 12;
    /// `B`
    pub(crate) const ESCAPE: u32 = 1 << 13;
    /// `DPI`
    pub(crate) const DISCARD_PATH: u32 = 1 << 14;
    /// `QSD`
    pub(crate) const QS_DISCARD: u32 = 1 << 15;
    /// `END`
    pub(crate) const END: u32 = 1 << 16;
    /// `BNP`
    pub(crate) const NO_PLUS: u32 = 1 << 17;
    /// `QSL`
    pub(crate) const QS_LAST: u32 = 1 << 18;
    /// The query is dropped, and none is read from the substitution.
    pub(crate) const QS_NONE: u32 = 1 << 19;
    /// `BCTLS`
    pub(crate) const ESCAPE_CTLS: u32 = 1 << 20;
    /// `UnsafePrefixStat`
    pub(crate) const UNSAFE_PREFIX_STAT: u32 = 1 << 21;
    /// `UnsafeAllow3F`
    pub(crate) const UNSAFE_ALLOW_3F: u32 = 1 << 22;
    /// `UNC`
    pub(crate) const UNC: u32 = 1 << 23;
}

/// What a condition compares by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `=`
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// What a condition asks of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileTest {
    /// `-f`
    Regular,
    /// `-s`
    NotEmpty,
    /// `-l`, `-L`, `-h`
    Link,
    /// `-d`
    Folder,
    /// `-x`
    Executable,
}

/// What a condition tests.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// A regular expression.
    Regex(Regex),
    /// Something of a file.
    File(FileTest),
    /// `-U`
    UrlAccess,
    /// `-F`
    FileAccess,
    /// Order as text.
    Text(Compare, BString),
    /// Order as numbers.
    Number(Compare, i32),
    /// `expr`
    Expr(Arc<Expr>),
}

/// A RewriteCond.
#[derive(Clone, Debug)]
pub(crate) struct Cond {
    /// Its place.
    pub span: Span,
    /// What is tested.
    pub input: Template,
    /// How.
    pub test: Test,
    /// Negated.
    pub not: bool,
    /// `NC`
    pub no_case: bool,
    /// `OR`
    pub or_next: bool,
    /// `NV`
    pub no_vary: bool,
}

/// A RewriteRule with its conditions.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its place.
    pub span: Span,
    /// The pattern.
    pub regex: Regex,
    /// The substitution.
    pub output: Template,
    /// Bits of [`flag`].
    pub flags: u32,
    /// `R`'s status.
    pub status: u16,
    /// `T`
    pub mimetype: Option<Template>,
    /// `H`
    pub handler: Option<Template>,
    /// `E`
    pub env: Vec<Template>,
    /// `CO`
    pub cookies: Vec<Template>,
    /// `S`
    pub skip: i32,
    /// `N`'s limit.
    pub max_rounds: i32,
    /// `B`'s characters.
    pub escapes: Option<BString>,
    /// `BNE`'s characters.
    pub no_escapes: Option<BString>,
    /// Its conditions.
    pub conds: Vec<Cond>,
    /// Whether what it does may hang on the environment: [`Rule::reads_environment`].
    pub reads_env: bool,
    /// Whether a condition that holds may matter: [`Rule::joins_conditions`].
    pub joins: bool,
}

impl Cond {
    /// Whether it fills `%N` when it holds.
    pub(crate) fn catches(&self) -> bool {
        !self.not && matches!(self.test, Test::Regex(_) | Test::Expr(_))
    }
}

/// What is no longer than this is not refused for its length, whatever LimitRequestLine says.
const SHORT: usize = 64;

impl Rule {
    /// Whether it has one of these flags.
    pub(crate) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }

    /// Whether all that it does, if it matches, is to set variables of the environment.
    pub(crate) fn only_sets_environment(&self) -> bool {
        const SILENT: u32 = flag::NO_SUB | flag::NO_CASE | flag::NOT | flag::NO_SUBREQ;
        self.flags & !SILENT == 0
            && self.has(flag::NO_SUB)
            && self.skip == 0
            && self.conds.is_empty()
            && self.mimetype.is_none()
            && self.handler.is_none()
    }

    /// The path that it leads to, if that is the same for every request and all that it does.
    pub(crate) fn leads_to(&self) -> Option<&BString> {
        let text = &self.output.text;
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-".contains(b);
        let is_path = text.starts_with(b"/") && !text.starts_with(b"//") && text.iter().all(is_plain);
        let alone = self.flags & !(flag::LAST | flag::NO_CASE) == 0 && self.skip == 0 && self.env.is_empty();
        let says_no_more = self.cookies.is_empty() && self.mimetype.is_none() && self.handler.is_none();
        (is_path && alone && says_no_more && text.len() <= SHORT).then_some(text)
    }

    /// The texts that it fills in, its conditions' aside.
    fn templates(&self) -> impl Iterator<Item = &Template> {
        [&self.mimetype, &self.handler].into_iter().flatten().chain([&self.output]).chain(&self.env)
    }

    /// Whether the condition of a number is joined to another by OR.
    pub(crate) fn is_joined(&self, i: usize) -> bool {
        let or_next = |i: usize| self.conds.get(i).is_some_and(|c| c.or_next);
        or_next(i) || i.checked_sub(1).is_some_and(or_next)
    }

    /// Whether what it does hangs on what its conditions caught (`%N`).
    pub(crate) fn reads_condition(&self) -> bool {
        self.templates().any(Template::reads_condition)
    }

    /// Whether more comes of its conditions than that all must hold: some are joined by OR, or what one caught is read.
    pub(crate) fn joins_conditions(&self) -> bool {
        let reads = |cond: &Cond| cond.or_next || cond.input.reads_condition();
        let any = !self.conds.is_empty();
        any && (self.conds.iter().any(reads) || self.reads_condition())
    }

    /// Whether what it does may hang on the environment.
    pub(crate) fn reads_environment(&self) -> bool {
        let condition = |cond: &Cond| {
            cond.input.reads_environment() || matches!(cond.test, Test::Expr(_) | Test::UrlAccess | Test::FileAccess)
        };
        self.templates().any(Template::reads_environment) || self.conds.iter().any(condition)
    }
}

/// A rule in a list, and the RewriteOptions line by which it was inherited.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The rule.
    pub rule: Arc<Rule>,
    /// Why it is here.
    pub inherited: Option<Span>,
}

/// RewriteOptions of a place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    bits: u32,
    said: Vec<(u32, Span)>,
}

impl Options {
    /// Adds what one line says.
    pub(crate) fn add(&mut self, bits: u32, span: Span) {
        self.bits |= bits;
        self.said.push((bits, span));
    }

    /// Whether one of these is set.
    pub(crate) fn has(&self, bits: u32) -> bool {
        self.bits & bits != 0
    }

    /// Whether one of these is set, for a request: the line that says so may have decided.
    pub(super) fn decides(&self, r: &Request<'_>, phase: Phase, bits: u32) -> bool {
        let without = r.engine.doubts.without();
        let Some((_, line)) = self.said.iter().find(|(b, line)| b & bits != 0 && Some(*line) != without) else {
            return false;
        };
        r.engine.doubt(Decision::new(phase, *line), Alike::Any);
        true
    }

    /// The line that set it.
    pub(crate) fn span(&self, bits: u32) -> Option<Span> {
        self.said.iter().find(|(b, _)| b & bits != 0).map(|(_, s)| *s)
    }

    fn merge(base: &Options, add: &Options) -> Options {
        if add.said.is_empty() { base.clone() } else { add.clone() }
    }
}

impl Beginning for Entry {
    fn beginning(&self) -> Vec<u8> {
        // a rule that is chained to others says more than whether it matches
        match self.rule.has(flag::NOT | flag::CHAIN) {
            true => Vec::new(),
            false => self.rule.regex.beginning().into(),
        }
    }
}

type Rules = Arc<Indexed<Entry>>;

/// Whether and in which order the rules above are inherited, and the line that says so.
enum Inherit {
    No,
    After(Option<Span>),
    Before(Option<Span>),
}

fn inherit(base: &Options, merged: &Options) -> Inherit {
    let down = |bits| base.has(bits) && !merged.has(option::IGNORE_INHERIT);
    if merged.has(option::INHERIT) {
        Inherit::After(merged.span(option::INHERIT))
    } else if down(option::INHERIT_DOWN) {
        Inherit::After(base.span(option::INHERIT_DOWN))
    } else if merged.has(option::INHERIT_BEFORE) {
        Inherit::Before(merged.span(option::INHERIT_BEFORE))
    } else if down(option::INHERIT_DOWN_BEFORE) {
        Inherit::Before(base.span(option::INHERIT_DOWN_BEFORE))
    } else {
        Inherit::No
    }
}

fn merge_rules(how: &Inherit, base: &Rules, add: &Rules) -> Rules {
    let (Inherit::After(why) | Inherit::Before(why)) = how else { return add.clone() };
    let inherited = base.iter().map(|e| Entry { rule: e.rule.clone(), inherited: why.or(e.inherited) });
    let rules: Vec<Entry> = match how {
        Inherit::Before(_) => inherited.chain(add.iter().cloned()).collect(),
        _ => add.iter().cloned().chain(inherited).collect(),
    };
    Arc::new(rules.into())
}

/// Settings per server: `rewrite_server_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    /// RewriteOptions.
    pub options: Options,
    /// RewriteMap, by name.
    pub maps: Arc<BTreeMap<BString, Arc<Map>>>,
    /// Conditions that wait for their rule.
    pub conds: Vec<Cond>,
    /// The rules.
    pub rules: Rules,
    /// Whose settings they are: a virtual host without directives of mod_rewrite has those of the main server, but no
    /// rule runs for it.
    pub server: usize,
}

impl Settings for Server {
    /// `config_server_merge`
    fn merge(base: &Server, add: &Server) -> Server {
        let options = Options::merge(&base.options, &add.options);
        let how = inherit(&base.options, &options);
        let overlay = |over: &BTreeMap<_, _>, under: &BTreeMap<_, _>| {
            let mut all = under.clone();
            all.extend(over.iter().map(|(k, v): (&BString, &Arc<Map>)| (k.clone(), v.clone())));
            Arc::new(all)
        };
        Server {
            maps: match how {
                Inherit::No => add.maps.clone(),
                Inherit::After(_) => overlay(&add.maps, &base.maps),
                Inherit::Before(_) => overlay(&base.maps, &add.maps),
            },
            conds: Vec::new(),
            rules: merge_rules(&how, &base.rules, &add.rules),
            server: add.server,
            options,
        }
    }
}

/// How many lines of mod_rewrite a place has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Lines {
    /// None.
    #[default]
    None,
    /// This one.
    One(Span),
    /// More.
    More,
}

/// Settings per directory: `rewrite_perdir_conf`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// RewriteEngine.
    pub state: Option<Set<bool>>,
    /// RewriteOptions.
    pub options: Options,
    /// Conditions that wait for their rule.
    pub conds: Vec<Cond>,
    /// The rules.
    pub rules: Rules,
    /// The section's path, with a slash at its end; none at a server's own level.
    pub directory: Option<BString>,
    /// RewriteBase.
    pub base: Option<(BString, Span)>,
    /// The RewriteOptions line (MergeBase) by which `base` is that of a place above.
    pub base_by: Option<Span>,
    /// Whether `base` counts as set when this merges onto another place.
    pub base_set: bool,
    /// The lines of this place.
    pub lines: Lines,
    /// Where a single line makes rules of its own for this place, and the rules above are not inherited: that line, and
    /// what would hold without it.
    pub hides: Option<(Span, Arc<Dir>)>,
}

impl Settings for Dir {
    /// `config_perdir_create`
    fn create(path: Option<&BStr>) -> Dir {
        let directory = path.map(|p| {
            let mut d = p.to_owned();
            if !d.ends_with(b"/") {
                d.push(b'/');
            }
            d
        });
        Dir { directory, ..Dir::default() }
    }

    /// `config_perdir_merge`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let options = Options::merge(&base.options, &add.options);
        let how = inherit(&base.options, &options);
        let (base_url, base_set) = match options.has(option::MERGE_BASE) {
            true if !add.base_set => (base.base.clone(), base.base_set),
            true => (add.base.clone(), true),
            false => (add.base.clone(), false),
        };
        let base_by = match base_url.is_some() && add.base.is_none() {
            true => options.span(option::MERGE_BASE),
            false => add.base_by,
        };
        let alone = match add.lines {
            Lines::One(line) if matches!(how, Inherit::No) && !base.rules.is_empty() => Some(line),
            _ => None,
        };
        Dir {
            lines: add.lines,
            hides: alone.map(|line| (line, Arc::new(base.clone()))),
            state: Set::merge(&base.state, &add.state),
            conds: Vec::new(),
            rules: merge_rules(&how, &base.rules, &add.rules),
            directory: add.directory.clone(),
            base: base_url,
            base_by,
            base_set,
            options,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_url_merges_only_when_told() {
        let base = Dir { base: Some(("/a".into(), Span::NONE)), base_set: true, ..Dir::create(Some("/x".into())) };
        let mut add = Dir::create(Some("/x/y/".into()));
        let merged = Dir::merge(&base, &add);
        assert_eq!((merged.base, merged.directory), (None, Some("/x/y/".into())));
        add.options.add(option::MERGE_BASE, Span::NONE);
        assert_eq!(Dir::merge(&base, &add).base, Some(("/a".into(), Span::NONE)));
    }
}
