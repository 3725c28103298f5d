//! Where the paths of files can begin, whatever is asked: each line that makes one, in a form that leaves nothing out. None
//! where a line lets the request say it.

use super::climb::{Looked, Piece, above, pieces};
use super::solve::{Solved, Solver, Want};
use crate::conf::args;
use crate::outcome::observer::PatternKind;
use crate::site::Directive;
use crate::source::Span;
use bstr::{BString, ByteSlice};

const REGEX: PatternKind = PatternKind::Regex { icase: false };
/// What a URL's path may be, whether slashes are merged or not.
const PATHS: &str = "(?s-u)^/.*$";
/// Sections that say nothing of the request.
const OPEN: [&str; 6] = ["virtualhost", "ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective"];

/// A line that has to do with the paths of files.
pub(super) struct Line {
    name: String,
    words: Vec<BString>,
    server: Option<Span>,
    /// Whether it stands outside any section.
    open: bool,
}

/// Those of a site; they are read once for all virtual hosts.
pub(super) fn lines(directives: &[Directive<'_>]) -> Vec<Line> {
    const NAMES: [&str; 8] = [
        "alias",
        "scriptalias",
        "wsgiscriptalias",
        "aliasmatch",
        "scriptaliasmatch",
        "wsgiscriptaliasmatch",
        "rewriterule",
        "userdir",
    ];
    let of = |directive: &Directive<'_>| {
        let name = directive.name().to_str_lossy().to_ascii_lowercase();
        let known = NAMES.contains(&name.as_str()) || is_foreign(&name);
        known.then(|| Line {
            words: directive.words(),
            server: directive.virtual_host(),
            open: is_open(directive),
            name,
        })
    };
    directives.iter().filter_map(of).collect()
}

/// Whether a directive leads to files in a way of its own.
fn is_foreign(name: &str) -> bool {
    name.starts_with("virtual") && name != "virtualhost"
        || ["lua", "perl", "python"].iter().any(|other| name.starts_with(other))
}

/// The texts that a virtual host's files begin with: `/srv/www/` for all below a directory, `/srv/www` for what goes on in
/// any way.
pub(super) fn roots(
    lines: &[Line],
    server: Option<Span>,
    (document_root, homes): (&[u8], &[&BString]),
    solver: &Solver,
) -> Option<Vec<BString>> {
    // a virtual host's lines stand before those of the main server
    let mut own: Vec<&Line> = lines.iter().filter(|line| line.server.is_none() || line.server == server).collect();
    own.sort_by_key(|line| line.server.is_none());
    let is_left = |whole: &Want, before: &[Want]| match own.len() > MANY {
        true => !before.iter().any(|want| want.kind == PatternKind::Prefix && want.pattern == "/"),
        false => is_left(solver, whole, before),
    };
    let (mut found, mut before): (Vec<BString>, Vec<Want>) = (Vec::new(), Vec::new());
    let below = |path: &[u8]| BString::from([path.trim_end_with(|c| c == '/'), b"/"].concat());
    let mut rewritten: Vec<Made> = Vec::new();
    for Line { name, words, open: plain, .. } in &own {
        match (name.as_str(), words.as_slice()) {
            ("alias" | "scriptalias" | "wsgiscriptalias", [url, file, ..]) => {
                let whole = Want::yes(PatternKind::Prefix, url.clone());
                if is_left(&whole, &before) {
                    found.push(if url.ends_with(b"/") { file.clone() } else { below(file) });
                }
                before.extend(plain.then(|| Want { yes: false, ..whole }));
            }
            ("alias" | "scriptalias", [file]) => found.push(fixed(file)?),
            ("aliasmatch" | "scriptaliasmatch" | "wsgiscriptaliasmatch", [pattern, file, ..]) => {
                let whole = Want::yes(REGEX, pattern.clone());
                if is_left(&whole, &before) {
                    let (begins, levels) = made(solver, (pattern, false), file, name.starts_with("wsgi"))?;
                    found.push(climbed(begins, levels)?);
                }
                before.extend(plain.then(|| Want { yes: false, ..whole }));
            }
            ("rewriterule", [pattern, output, flags @ ..]) if *plain => {
                rewritten.extend(rule(solver, pattern, output, flags.first())?);
            }
            ("rewriterule", _) => {}
            ("userdir", [first, ..]) => match first.to_ascii_lowercase().as_slice() {
                b"disabled" | b"enabled" => {}
                _ => {
                    for word in words.iter().filter(|word| !word.contains_str("://")) {
                        let star = word.find_byte(b'*');
                        match (word.starts_with(b"/"), star) {
                            (true, Some(at)) => found.push(word[..at].into()),
                            (true, None) => found.push(below(word)),
                            (false, None) if !word.contains_str("..") && !word.contains(&b':') => {
                                found.extend(homes.iter().map(|home| below(&[home, b"/".as_slice(), word].concat())));
                            }
                            _ => return None,
                        }
                    }
                }
            },
            _ if is_foreign(name) => return None,
            _ => {}
        }
    }
    // a rule's path is one below the document root, or one of the machine
    for (path, levels) in rewritten {
        found.push(climbed([document_root, path.as_slice()].concat().into(), levels)?);
        found.push(climbed(path, levels)?);
    }
    let whole = Want::yes(PatternKind::Prefix, "/");
    if is_left(&whole, &before) {
        found.push(below(document_root));
    }
    found.sort();
    found.dedup();
    found.iter().all(|root| root.starts_with(b"/") && root != "/").then_some(found)
}

/// Whether no section around a line says anything of the request.
pub(super) fn is_open(line: &Directive<'_>) -> bool {
    line.parents().all(|(name, _)| OPEN.contains(&name.to_str_lossy().to_ascii_lowercase().as_str()))
}

/// How many patterns before one are heeded, and up to how many lines.
const BEFORE: usize = 32;
const MANY: usize = 64;

/// Whether a pattern matches something that those before it don't.
fn is_left(solver: &Solver, whole: &Want, before: &[Want]) -> bool {
    // a short pattern takes more than a long one
    let mut known: Vec<Want> = before.iter().filter(|want| solver.knows(want)).cloned().collect();
    known.sort_by_key(|want| want.pattern.len());
    known.truncate(BEFORE);
    solver.text(PATHS, &[std::slice::from_ref(whole), &known].concat()) != Solved::Empty
}

/// A path without anything that a request fills in.
fn fixed(path: &[u8]) -> Option<BString> {
    (path.starts_with(b"/") && path.find_byteset(b"$%").is_none() && !path.contains_str("..")).then(|| path.into())
}

/// What the paths of a line begin with, and how many dot segments may follow.
type Made = (BString, usize);

/// What is made of a match: its fixed beginning, and by how many levels what the groups add may climb.
fn made(solver: &Solver, (pattern, icase): (&[u8], bool), output: &[u8], goes_on: bool) -> Option<Made> {
    let pieces = pieces(output, goes_on);
    let Some(Piece::Text(before)) = pieces.first() else { return None };
    let before = fixed(before)?;
    let levels = match pieces.len() {
        1 => 0,
        _ => Looked::new(pattern, icase)?.climbs(solver, &pieces)?,
    };
    Some((before, levels))
}

/// The text that paths begin with which climb.
fn climbed(begins: BString, levels: usize) -> Option<BString> {
    if levels == 0 { Some(begins) } else { above(&begins, levels).map(BString::from) }
}

/// The beginnings of a rule's paths.
fn rule(solver: &Solver, pattern: &[u8], output: &[u8], flags: Option<&BString>) -> Option<Vec<Made>> {
    let flags = flags.map(|word| args::flags(word)).unwrap_or_default();
    let has = |names: &[&str]| flags.iter().any(|flag| names.iter().any(|name| flag == name));
    let path = output.split_once_str(b"?").map_or(output, |(path, _)| path);
    let at = path.find_byteset(b"$%").unwrap_or(path.len());
    if output == b"-" || has(&["p", "proxy"]) || path[..at].contains_str("://") {
        return Some(Vec::new());
    }
    match path.first() {
        // neither a URL nor a path: 400
        Some(byte) if !b"/$%".contains(byte) && at == path.len() => Some(Vec::new()),
        None => Some(Vec::new()),
        _ => {
            let (root, levels) = match path.strip_suffix(b"%{REQUEST_URI}") {
                Some(before) => (fixed(before)?, 0),
                None => made(solver, (pattern, has(&["nc", "nocase"])), path, false)?,
            };
            // what climbs is no URL that another line may be tried on
            let ends = has(&["l", "last", "end"]) && !has(&["pt", "passthrough", "n", "next", "c", "chain"]);
            (root != "/" && (levels == 0 || ends)).then(|| vec![(root, levels)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    #[test]
    fn texts_that_files_begin_with() {
        for (config, want) in [
            ("", Some(vec!["/w/"])),
            ("Alias /a /x\nAlias /b/ /y", Some(vec!["/w/", "/x/", "/y"])),
            ("Alias / /x/\nAlias /a /y", Some(vec!["/x/"])),
            ("<Location /q>\nAlias /z\n</Location>", Some(vec!["/w/", "/z"])),
            ("AliasMatch ^/(a|b)/(.*) /x/$2", Some(vec!["/w/", "/x/"])),
            // `/a../b`
            ("AliasMatch ^/a(.*) /x/$1", None),
            ("AliasMatch ^/a(.*) /x/y/$1", Some(vec!["/w/", "/x/"])),
            ("AliasMatch ^/a(.*) /x/y$1", Some(vec!["/w/", "/x/y"])),
            ("AliasMatch ^/a/(.*)b /x/$1", None),
            ("AliasMatch ^/a(/.*)?$ /x/y/$1", Some(vec!["/w/", "/x/y/"])),
            ("AliasMatch ^/([^/]+)/static/(.*) /x/$1/static/$2", Some(vec!["/w/", "/x/"])),
            ("AliasMatch ^/([^/]+)/static(.*) /x/y/$1/static/$2", Some(vec!["/w/", "/x/"])),
            ("AliasMatch ^/([a-z]+)(/.*)?$ /x/$1$2", Some(vec!["/w/", "/x/"])),
            ("AliasMatch ^/([a-z.]+)b(.*)$ /x/$1$2", None),
            ("AliasMatch ^/a(.*)$ /x/y/$1/../z", None),
            ("WSGIScriptAliasMatch ^/a /x/y/", Some(vec!["/w/", "/x/"])),
            ("WSGIScriptAliasMatch ^/a(/[^/]*)? /x/y/$1", None),
            ("WSGIScriptAliasMatch ^/a/([^/]+) /x/y/$1", Some(vec!["/w/", "/x/y/"])),
            ("RewriteEngine On\nRewriteRule ^/a(.*)$ /x/y/$1", None),
            ("RewriteEngine On\nRewriteRule ^/a(.*)$ /x/y/$1 [L]", Some(vec!["/w/", "/w/x/", "/x/"])),
            ("AliasMatch ^/[(]/(.*) /x/$1", Some(vec!["/w/", "/x/"])),
            // what the pattern doesn't have is empty
            ("AliasMatch ^/[(]/(.*) /x/$2", Some(vec!["/w/", "/x/"])),
            ("RewriteEngine On\nRewriteRule ^/a/(.*)$ /b/$1 [L]", Some(vec!["/b/", "/w/", "/w/b/"])),
            ("RewriteEngine On\nRewriteRule ^/a/(.*)$ /$1", None),
            ("RewriteEngine On\nRewriteRule ^/a/(.*)$ http://x.example/$1", Some(vec!["/w/"])),
            ("UserDir /home/*/web", Some(vec!["/home/", "/w/"])),
            ("UserDir web", Some(vec!["/home/u/web/", "/w/"])),
            ("UserDir *web", None),
            ("VirtualDocumentRoot /x/%0", None),
        ] {
            let site = Site::builder(config).build().expect("it is laid out");
            let directives: Vec<Directive<'_>> = site.directives().collect();
            let home = BString::from("/home/u");
            let found = roots(&lines(&directives), None, (b"/w", &[&home]), &Solver::default());
            assert_eq!(found, want.map(|all| all.into_iter().map(BString::from).collect()), "{config}");
        }
    }
}
