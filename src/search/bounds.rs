//! What no request can do, shown by what is finite: the virtual hosts that can be come to, and the directories that walks
//! can pass.

use super::access::{self, Access};
use super::explore::Search;
use super::notes::Mark;
use super::points::Of;
use super::roots::lines;
use super::servers::reachable;
use super::walked::{Turns, Walked};
use crate::pattern::Flags;
use crate::site::Directive;
use crate::source::Span;
use crate::vfs::{Cred, resolve};
use bstr::ByteSlice;
use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// From how many files in all servers together on nothing is shown by them.
const MANY: usize = 400_000;

/// A virtual host, and sections in it.
type Around = (Option<Span>, Vec<Span>);

/// What holds of all requests.
#[derive(Default)]
pub(super) struct Bounds {
    /// Virtual hosts that no request can come to.
    closed: HashSet<Span>,
    /// What can become of sections on directories.
    turns: HashMap<Span, Turns>,
    /// What walks can pass, by server.
    walked: Vec<(usize, Walked)>,
    /// Whether access is a matter of the sections' settings alone.
    plain: bool,
    /// What access comes to, by the server and the sections around a line.
    access: RefCell<HashMap<Around, Rc<Vec<Option<Access>>>>>,
    /// What may set a variable.
    texts: OnceCell<Vec<u8>>,
    /// Whether links are followed nowhere, which rules of directories ask for (`hook_fixup` of mod_rewrite).
    unfollowed: bool,
    /// What paths of files begin with; none where that can't be told.
    pub files: Option<String>,
}

impl Bounds {
    /// Of a search that has ended.
    pub(super) fn of(search: &Search<'_>) -> Bounds {
        let server = search.run.server();
        let reached = reachable(server);
        let closed = server.servers.iter().zip(&reached).filter(|(_, reached)| !**reached);
        let closed = closed.filter_map(|(own, _)| own.span).collect();
        let open: Vec<usize> = (0..reached.len()).filter(|index| reached[*index]).collect();
        let few = open.len().saturating_mul(search.tree.len().max(search.points.len())) <= MANY;
        let whole = search.tree_whole && search.tree_finite && server.regex_defaults == Flags::NONE;
        let unfollowed = search.tree_whole && search.tree_finite && is_unfollowed(search);
        let mut bounds = Bounds { closed, unfollowed, ..Bounds::default() };
        if few && whole {
            bounds.walk(search, &open);
        }
        bounds
    }

    fn walk(&mut self, search: &Search<'_>, open: &[usize]) {
        let server = search.run.server();
        let directives: Vec<Directive<'_>> = search.site().directives().collect();
        let mut turns: HashMap<Span, Turns> = HashMap::new();
        let mut files: Vec<String> = Vec::new();
        let mut all: Vec<(usize, Walked)> = Vec::new();
        // what no server that can be come to has is never tried
        for own in &server.servers {
            turns.extend(own.sec_dir.iter().map(|section| (section.span, Turns::default())));
        }
        let lines = lines(&directives);
        for index in open {
            let (site, run, solver) = (search.site(), &search.run, &search.solver);
            let Some(walked) = Walked::new(site, run, &lines, &search.tree, solver, *index) else { return };
            for section in server.servers[*index].sec_dir.iter() {
                let own = search.points_of(section.span).find_map(|point| point.wants.get(point.own?));
                let own = own.filter(|(of, _)| *of == Of::File).map(|(_, want)| want);
                let new = walked.turns(section, own, solver);
                let known = turns.entry(section.span).or_default();
                *known = Turns { matches: known.matches || new.matches, misses: known.misses || new.misses };
            }
            files.extend(walked.roots().cloned());
            all.push((*index, walked));
        }
        // what was seen is the judge: one contradiction, and nothing holds
        let saw = |line: &Span, mark: Mark| search.seen.has(*line, mark);
        let wrong = |(line, turns): (&Span, &Turns)| {
            saw(line, Mark::Tried(true)) && !turns.matches || saw(line, Mark::Tried(false)) && !turns.misses
        };
        if turns.iter().any(wrong) {
            return;
        }
        files.sort();
        files.dedup();
        self.files = Some(format!("(?s-u)^(?:{})[^\\x00]*$", files.join("|")));
        self.turns = turns;
        self.walked = all;
        self.plain = access::is_plain(search, &directives);
    }

    /// What access comes to in the sections around a line, in each server that it is in; none where that can't be told.
    pub(super) fn access(
        &self,
        search: &Search<'_>,
        server: Option<Span>,
        around: &[Span],
    ) -> Option<Rc<Vec<Option<Access>>>> {
        if !self.plain || around.is_empty() {
            return None;
        }
        let key = (server, around.to_vec());
        if let Some(known) = self.access.borrow().get(&key) {
            return Some(known.clone());
        }
        let servers = self.walked.iter().filter_map(|(index, walked)| {
            let own = search.run.server().servers.get(*index)?;
            (server.is_none() || own.span == server).then(|| access::of(own, walked, around))
        });
        let found = Rc::new(servers.collect::<Vec<_>>());
        self.access.borrow_mut().insert(key, found.clone());
        Some(found)
    }

    /// Whether none of the variables that a `Require env` line names is ever set: its text is in no other line.
    pub(super) fn is_never_set(&self, search: &Search<'_>, require: &[u8]) -> bool {
        let mut words = require.fields().skip_while(|word| !word.eq_ignore_ascii_case(b"env")).skip(1).peekable();
        // httpd's own have these signs in their names, or are few
        let own = |name: &[u8]| {
            name.find_byteset(b"_-").is_some()
                || [&b"http"[..], b"h2", b"ssl", b"tls", b"nokeepalive", b"path", b"dav", b"tz"]
                    .iter()
                    .any(|known| name.to_ascii_lowercase().starts_with(known))
        };
        let texts = self.texts.get_or_init(|| texts(search));
        let never = |name: &[u8]| !own(name) && !texts.contains_str(name.to_ascii_lowercase());
        let made = [&b"e=$"[..], b"e=%", b"env=$", b"env=%"].iter().any(|made| texts.contains_str(made));
        !self.walked.is_empty() && words.peek().is_some() && !made && words.all(never)
    }

    /// Whether links are followed nowhere.
    pub(super) fn is_unfollowed(&self) -> bool {
        self.unfollowed
    }

    /// Whether no request can come to a virtual host.
    pub(super) fn is_closed(&self, server: Span) -> bool {
        self.closed.contains(&server)
    }

    /// What can become of a section on directories; none where that isn't known.
    pub(super) fn turns(&self, section: Span) -> Option<Turns> {
        self.turns.get(&section).copied()
    }
}

/// Whether the section on the root takes links from all directories, and no line gives them back.
fn is_unfollowed(search: &Search<'_>) -> bool {
    let gives = |words: &[u8]| {
        let words = words.to_ascii_lowercase();
        let all = words.fields().any(|word| word.trim_start_with(|c| c == '+') == b"all");
        all || words.contains_str("followsymlinks") || words.contains_str("symlinksifownermatch")
    };
    let mut taken = false;
    for directive in search.site().directives().filter(|d| d.name().eq_ignore_ascii_case(b"Options")) {
        let words = bstr::join(" ", directive.words());
        if gives(&words) {
            return false;
        }
        let at_root = directive.sections().len() == 1
            && directive.sections().iter().all(|section| {
                section.name.eq_ignore_ascii_case(b"Directory")
                    && section.words().iter().map(|w| w.as_slice()).eq([b"/"])
            });
        taken |= at_root && !words.contains(&b'+') && !words.contains(&b'-');
    }
    let mut files = search.tree.iter().filter(|entry| !entry.dir && search.is_htaccess(&entry.path));
    taken
        && !files.any(|entry| {
            resolve::read(search.site().vfs(), &Cred::root(), &entry.path).is_ok_and(|text| {
                text.lines().any(|line| line.to_ascii_lowercase().contains_str("options") && gives(line))
            })
        })
}

/// What may set a variable, in lower case: all lines but those that only ask for one, and all .htaccess files.
fn texts(search: &Search<'_>) -> Vec<u8> {
    let mut texts = Vec::new();
    for directive in search.site().directives() {
        if ![&b"require"[..], b"allow", b"deny"].iter().any(|name| directive.name().eq_ignore_ascii_case(name)) {
            texts.extend(directive.args().to_ascii_lowercase());
            texts.push(b'\n');
        }
    }
    for entry in search.tree.iter().filter(|entry| !entry.dir && search.is_htaccess(&entry.path)) {
        let text = resolve::read(search.site().vfs(), &Cred::root(), &entry.path).unwrap_or_default();
        texts.extend(text.to_ascii_lowercase());
    }
    texts
}
