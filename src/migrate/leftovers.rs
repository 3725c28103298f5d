//! Other directives of 2.2 that 2.4 refuses or ignores, and what is written instead.

use crate::site::{Directive, Site};
use crate::source::{FileId, Span};
use bstr::{BString, ByteSlice};

/// What becomes of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum New {
    /// It goes, for this reason.
    Gone(&'static str),
    /// Another one takes its place.
    Line(String),
    /// It stays, for this reason.
    Stays(&'static str),
}

/// Directives without a successor.
const GONE: [(&[&str], &str); 6] = [
    (&["NameVirtualHost"], "virtual hosts of one address are always told apart by name"),
    (&["DefaultType"], "2.4 gives no type to a file that has none"),
    (&["LockFile", "RewriteLock"], "2.4 makes its locks itself, where DefaultRuntimeDir says"),
    (&["RewriteLog"], "what it wrote goes to the error log"),
    (
        &[
            "AuthzDBMAuthoritative",
            "AuthzDefaultAuthoritative",
            "AuthzGroupFileAuthoritative",
            "AuthzOwnerAuthoritative",
            "AuthzUserAuthoritative",
            "AuthzLDAPAuthoritative",
            "AuthzDBDAuthoritative",
        ],
        "2.4 asks all Require lines, whatever module they are of",
    ),
    (
        &[
            "MCacheSize",
            "MCacheMaxObjectCount",
            "MCacheMinObjectSize",
            "MCacheMaxObjectSize",
            "MCacheRemovalAlgorithm",
            "MCacheMaxStreamingBuffer",
        ],
        "2.4 has no mod_mem_cache",
    ),
];

/// Directives that have another name.
const RENAMED: [(&str, &str); 2] =
    [("MaxClients", "MaxRequestWorkers"), ("MaxRequestsPerChild", "MaxConnectionsPerChild")];

/// Modules that are gone, and those that have another name.
const MODULES: [(&str, Option<(&str, &str)>); 5] = [
    ("authn_alias_module", None),
    ("authn_default_module", None),
    ("authz_default_module", None),
    ("mem_cache_module", None),
    ("disk_cache_module", Some(("cache_disk_module", "mod_cache_disk.so"))),
];

/// What becomes of a directive that 2.4 has no longer, or ignores.
pub(super) fn of(line: &Directive<'_>, all: &[Directive<'_>]) -> Option<New> {
    let is = |name: &str| line.name().eq_ignore_ascii_case(name.as_bytes());
    let words = line.words();
    let first = words.first().map(|word| word.to_str_lossy().into_owned()).unwrap_or_default();
    if is("DefaultType") && first.eq_ignore_ascii_case("none") {
        return None;
    }
    if let Some((_, why)) = GONE.iter().find(|(names, _)| names.iter().any(|name| is(name))) {
        return Some(New::Gone(why));
    }
    if let Some((_, new)) = RENAMED.iter().find(|(old, _)| is(old)) {
        return Some(New::Line(format!("{new} {}", line.args().to_str_lossy())));
    }
    if is("Options") {
        return options(&words);
    }
    if is("AcceptMutex") {
        return Some(mutex(&first, "mpm-accept", all));
    }
    if is("SSLMutex") {
        return Some(mutex(&first, "ssl-cache", all));
    }
    if is("RewriteLogLevel") {
        let beside =
            |d: &&Directive<'_>| d.name().eq_ignore_ascii_case(b"LogLevel") && d.virtual_host() == line.virtual_host();
        return Some(match first.parse::<u8>() {
            Ok(0) => New::Gone("nothing was to be logged"),
            Ok(_) if all.iter().any(|d| beside(&d)) => {
                New::Stays("there is a LogLevel beside it: add `rewrite:traceN` to that line")
            }
            Ok(level) => New::Line(format!("LogLevel rewrite:trace{}", level.min(8))),
            Err(_) => New::Stays("its level is no number"),
        });
    }
    if is("SSLCertificateChainFile") {
        return Some(New::Stays(
            "since 2.4.8 the chain belongs into the file of SSLCertificateFile, behind the certificate",
        ));
    }
    if is("SSLCARevocationFile") || is("SSLCARevocationPath") {
        let checks = all.iter().any(|d| d.name().eq_ignore_ascii_case(b"SSLCARevocationCheck"));
        return (!checks)
            .then_some(New::Stays("2.4 looks at it only with `SSLCARevocationCheck chain`, which 2.2 did by itself"));
    }
    None
}

/// Options with and without signs in one line, which 2.4 refuses: in 2.2 the first without one made a new list, and those
/// behind it were added to that or taken away (core.c, `set_options`).
fn options(words: &[BString]) -> Option<New> {
    let signed = |word: &BString| word.starts_with(b"+") || word.starts_with(b"-");
    if words.iter().all(signed) || !words.iter().any(signed) {
        return None;
    }
    let all = words.iter().any(|word| word.eq_ignore_ascii_case(b"All"));
    if words.first().is_some_and(signed) || all {
        return Some(New::Stays("httpd 2.4 takes words with a sign or words without one, not both"));
    }
    let mut list: Vec<String> = Vec::new();
    for word in words {
        let text = word.to_str_lossy();
        let name = text.trim_start_matches(['+', '-']);
        list.retain(|known| !known.eq_ignore_ascii_case(name));
        if !text.starts_with('-') && !name.eq_ignore_ascii_case("None") {
            list.push(name.into());
        }
    }
    let list = if list.is_empty() { "None".to_string() } else { list.join(" ") };
    Some(New::Line(format!("Options {list}")))
}

/// Mutex, for what a directive of 2.2 was about.
fn mutex(kind: &str, what: &str, all: &[Directive<'_>]) -> New {
    let (kind, path) = kind.split_once(':').unwrap_or((kind, ""));
    let kind = kind.to_ascii_lowercase();
    let lock =
        all.iter().find(|d| d.name().eq_ignore_ascii_case(b"LockFile")).and_then(|d| d.words().into_iter().next());
    let directory = |path: &str| path.rsplit_once('/').map(|(directory, _)| directory.to_string());
    let path = directory(path).or_else(|| directory(&lock.unwrap_or_default().to_str_lossy()));
    match kind.as_str() {
        "default" | "yes" => New::Gone("2.4 chooses by itself"),
        "none" | "no" => New::Line(format!("Mutex none {what}")),
        "fcntl" | "flock" | "file" => match path.filter(|path| !path.is_empty()) {
            Some(path) => New::Line(format!("Mutex {kind}:{path} {what}")),
            None => New::Line(format!("Mutex {kind} {what}")),
        },
        "sem" | "posixsem" | "sysvsem" | "pthread" => New::Line(format!("Mutex {kind} {what}")),
        _ => New::Stays("2.4 has no such mutex"),
    }
}

/// LoadModule lines of modules that are gone or have another name, wherever they are in the texts.
pub(super) fn modules(site: &Site) -> Vec<(Span, New)> {
    let mut found = Vec::new();
    for id in site.editable() {
        let file = site.sources().file(id);
        for number in 1..=file.lines() as u32 {
            let line = file.line(number);
            let words: Vec<&[u8]> = line.fields_with(|c| c == ' ' || c == '\t').collect();
            let [name, module, path] = words.as_slice() else { continue };
            if !name.eq_ignore_ascii_case(b"LoadModule") {
                continue;
            }
            let Some((_, new)) = MODULES.iter().find(|(old, _)| old.as_bytes() == *module) else { continue };
            let new = match new {
                None => New::Gone("2.4 has no such module: what it did is done by others"),
                Some((name, file)) => {
                    let path = path.to_str_lossy();
                    let directory =
                        path.rsplit_once('/').map(|(directory, _)| format!("{directory}/")).unwrap_or_default();
                    New::Line(format!("LoadModule {name} {directory}{file}"))
                }
            };
            found.push((of_line(id, number, file.line_start(number), line), new));
        }
    }
    found
}

fn of_line(file: FileId, line: u32, start: u32, text: &[u8]) -> Span {
    let before = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let end = start + text.trim_end().len() as u32;
    Span { file, line, start: start + before as u32, end }
}

/// The text of a line's successor, its own indentation kept.
pub(super) fn text(new: &New) -> Option<BString> {
    match new {
        New::Gone(_) => Some("".into()),
        New::Line(line) => Some(line.as_str().into()),
        New::Stays(_) => None,
    }
}
