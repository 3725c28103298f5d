//! Whether two sites are the same, as far as answers go: what was read comes to the same directives, but for those that have
//! no part in answers and those that only say again what the line before says.

use super::{Meaning, Mutant, meaning};
use crate::conf::Node;
use crate::run::Run;
use crate::site::Site;
use crate::source::FileId;
use std::collections::HashSet;
use std::iter::Peekable;

/// Directives that come to nothing where the line before says the same. (What reads the variable that it sets, or the groups of
/// the condition before, is none of them.)
const SAID_AGAIN: [&str; 30] = [
    "alias",
    "aliasmatch",
    "scriptalias",
    "scriptaliasmatch",
    "wsgiscriptalias",
    "redirect",
    "redirectmatch",
    "redirectpermanent",
    "redirecttemp",
    "require",
    "allow",
    "deny",
    "order",
    "satisfy",
    "options",
    "allowoverride",
    "directoryindex",
    "documentroot",
    "servername",
    "serveralias",
    "setenv",
    "unsetenv",
    "passenv",
    "sethandler",
    "forcetype",
    "addtype",
    "addhandler",
    "errordocument",
    "rewriteengine",
    "rewritebase",
];

/// What mutants of a site are held against.
pub(crate) struct Form {
    site: Site,
    /// The .htaccess files that can't be read as they are: what is wrong with them may be wrong elsewhere, too.
    broken: HashSet<String>,
}

/// Of a site, after a run of it has read its .htaccess files.
pub(crate) fn form(site: &Site, run: &Run) -> Form {
    Form { site: site.clone(), broken: run.htaccess_errors().into_iter().map(|(name, _)| name).collect() }
}

impl Form {
    /// Why a mutant can change no answer; none where it might.
    pub(crate) fn why_same(&self, mutant: &Mutant, after: &Site, run: &Run) -> Option<&'static str> {
        const SAME: &str = "httpd's configuration comes to the same";
        let file = self.site.sources().file(mutant.at.file);
        if !self.site.is_htaccess(mutant.at.file) {
            return (mutant.inert.is_some() || self.is_same(after)).then(|| mutant.inert.unwrap_or(SAME));
        }
        if self.broken.contains(&file.name) {
            return None;
        }
        let (_, texts) = crate::site::apply(self.site.sources(), &mutant.edits).ok()?.pop()?;
        let new: FileId = after.sources().add_once(&file.name, &texts);
        let old = after.sources().add_once(&file.name, &file.text);
        let same = same_nodes(&run.htaccess_nodes(old), &run.htaccess_nodes(new));
        (mutant.inert.is_some() || same).then(|| mutant.inert.unwrap_or(SAME))
    }

    fn is_same(&self, after: &Site) -> bool {
        let (one, other) = (self.site.loaded(), after.loaded());
        let (Some(a), Some(b)) = (&one.server, &other.server) else { return false };
        let modules = |loaded: &crate::server::Loaded| loaded.modules.iter().map(|m| m.identifier).collect::<Vec<_>>();
        same_nodes(&one.nodes, &other.nodes)
            && same_nodes(&one.executed, &other.executed)
            && modules(&a.loaded) == modules(&b.loaded)
            && a.state == b.state
            && one.server_root == other.server_root
    }
}

fn same_nodes(one: &[Node], other: &[Node]) -> bool {
    let (mut one, mut other) = (counting(one).peekable(), counting(other).peekable());
    loop {
        match (next(&mut one), next(&mut other)) {
            (None, None) => return true,
            (Some(a), Some(b)) if says_same(a, b) && same_nodes(&a.children, &b.children) => {}
            _ => return false,
        }
    }
}

/// The directives that may have a part in an answer.
fn counting(nodes: &[Node]) -> impl Iterator<Item = &Node> {
    nodes.iter().filter(|node| meaning(&small(node), node.section) != Meaning::Inert)
}

/// The next one, and past those that say it again.
fn next<'n>(nodes: &mut Peekable<impl Iterator<Item = &'n Node>>) -> Option<&'n Node> {
    let node = nodes.next()?;
    if !node.section && SAID_AGAIN.contains(&small(node).as_str()) {
        while nodes.next_if(|again| says_same(node, again)).is_some() {}
    }
    Some(node)
}

fn says_same(one: &Node, other: &Node) -> bool {
    one.section == other.section && one.name.eq_ignore_ascii_case(&other.name) && one.args == other.args
}

fn small(node: &Node) -> String {
    String::from_utf8_lossy(&node.name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::mutants;
    use super::*;

    /// The mutants of a configuration that come to the same, by line and kind.
    fn same(config: &str) -> Vec<String> {
        let site = Site::builder(config).build().expect("there are no files");
        let form = form(&site, &site.start().expect("httpd starts"));
        let is = |m: &Mutant| {
            let after = site.with(&m.edits).expect("no edits overlap");
            after.start().ok().and_then(|run| form.why_same(m, &after, &run)).is_some()
        };
        mutants(&site).iter().filter(|m| is(m)).map(|m| format!("{} {}", m.at.line, m.kind.word())).collect()
    }

    #[test]
    fn what_says_nothing_new_is_no_change() {
        assert_eq!(same("Redirect /a /b\nRedirect /a /b\n"), ["1 delete", "1 swap", "2 delete"]);
        assert_eq!(same("Redirect /a /b\nRedirect /a /c\n"), Vec::<String>::new());
        assert_eq!(same("ErrorLog /x\nRedirect /a /b\n"), ["1 delete"]);
        assert_eq!(same("<IfModule mod_none.c>\nRedirect /a /b\n</IfModule>\n"), ["2 delete"]);
        assert_eq!(same("Define A b\nRedirect /${A} /c\n"), Vec::<String>::new());
        // said again, a rule may find what it has made
        assert_eq!(same("RewriteRule a aa\nRewriteRule a aa\n"), ["1 swap"]);
        assert_eq!(same("Header add A b\nHeader add A b\n"), ["1 swap"]);
    }
}
