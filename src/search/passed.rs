//! Whether what was shown of URLs' paths holds for the texts that a line's pattern is really tried on: slashes may be left
//! doubled, and rules may have made other texts of them.

use super::place::PATH;
use crate::conf::args;
use crate::run::Run;
use crate::site::Directive;
use crate::source::Span;
use crate::version;

/// Any path, and any text.
const PATHS: &str = "(?s-u)^/.*$";
const TEXTS: &str = "(?s-u)^.*$";

/// What the rules of the servers do to the paths that come to a line.
#[derive(Default)]
pub(super) struct Passed {
    /// Whether slashes may be doubled.
    doubled: bool,
    /// Whether a rule hands another path on to all that comes after it.
    handed_on: bool,
    /// Whether rules may be gone through again.
    again: bool,
    /// The rules outside any section and their conditions, in order.
    rules: Vec<Rule>,
}

struct Rule {
    line: Span,
    /// The virtual host that it is in.
    server: Option<Span>,
    condition: bool,
    /// Whether it makes another text, and whether nothing comes after it.
    changes: bool,
    ends: bool,
}

impl Passed {
    /// Of a site's directives.
    pub(super) fn of(run: &Run, directives: &[Directive<'_>]) -> Passed {
        let mut passed =
            Passed { doubled: !run.server().loaded.version.has(&version::MERGED_SLASHES), ..Passed::default() };
        for directive in directives {
            let (name, words) = (directive.name().to_ascii_lowercase(), directive.words());
            match name.as_slice() {
                b"mergeslashes" => passed.doubled |= !words.iter().all(|word| word.eq_ignore_ascii_case(b"on")),
                b"rewritecond" | b"rewriterule" => {
                    let flags = words.get(2).map(|word| args::flags(word)).unwrap_or_default();
                    let has = |names: &[&str]| {
                        flags.iter().any(|flag| {
                            let flag = flag.split(|b| *b == b'=').next().unwrap_or_default();
                            names.iter().any(|name| flag == name.as_bytes())
                        })
                    };
                    let condition = name == b"rewritecond";
                    passed.handed_on |= has(&["pt", "passthrough"]);
                    passed.again |= has(&["n", "next", "c", "chain", "s", "skip"]);
                    if super::roots::is_open(directive) {
                        passed.rules.push(Rule {
                            line: directive.span(),
                            server: directive.virtual_host(),
                            condition,
                            changes: !condition && words.get(1).is_some_and(|output| output != "-"),
                            ends: has(&["l", "last", "end", "f", "forbidden", "g", "gone"]),
                        });
                    }
                }
                _ => {}
            }
        }
        passed
    }

    /// What the text may be that a line's pattern is tried on.
    pub(super) fn domain(&self, line: Option<Span>) -> &'static str {
        let rule = self.rules.iter().any(|rule| Some(rule.line) == line);
        match () {
            () if self.handed_on || rule && self.rules.iter().any(|rule| rule.changes) => TEXTS,
            () if self.doubled => PATHS,
            () => PATH,
        }
    }

    /// Whether what is shown of the path that comes in holds when a rule comes to its turn: those before it leave the path
    /// as it is, or are among `blockers` and end there.
    pub(super) fn is_as_asked(&self, line: Span, blockers: &[Span]) -> bool {
        let Some(own) = self.rules.iter().position(|rule| rule.line == line) else { return true };
        let server = self.rules[own].server;
        // the rules of the main server may be inherited, before or after
        let before = self.rules.iter().enumerate().filter(|(at, rule)| rule.server != server || *at < own);
        !self.again
            && before.map(|(_, rule)| rule).filter(|rule| !rule.condition).all(|rule| {
                match blockers.contains(&rule.line) {
                    true => rule.ends,
                    false => !rule.changes || rule.server != server && rule.server.is_some() && server.is_some(),
                }
            })
    }
}
