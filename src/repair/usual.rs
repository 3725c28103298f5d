//! Lines that are often missing, whatever is wanted: switches and what they may say.

use super::change::{Change, Place};
use super::ground::{Ground, above, each, quoted};
use crate::filepath;
use bstr::ByteSlice;

/// Switches of a server.
const SERVER: [&str; 22] = [
    "AllowEncodedSlashes On",
    "AllowEncodedSlashes NoDecode",
    "AllowEncodedSlashes Off",
    "MergeSlashes Off",
    "MergeSlashes On",
    "UseCanonicalName On",
    "UseCanonicalName Off",
    "RewriteEngine On",
    "RewriteEngine Off",
    "RewriteOptions Inherit",
    "RewriteOptions InheritBefore",
    "RewriteOptions AllowNoSlash",
    "RewriteOptions LegacyPrefixDocRoot",
    "AcceptPathInfo On",
    "CheckSpelling On",
    "UserDir public_html",
    "UserDir disabled",
    "SSLEngine On",
    "SSLEngine Off",
    "ProxyRequests Off",
    "ProxyPreserveHost On",
    "AddDefaultCharset Off",
];

/// Switches of a directory.
const DIRECTORY: [&str; 44] = [
    "AcceptPathInfo On",
    "AcceptPathInfo Off",
    "AcceptPathInfo Default",
    "AllowOverride None",
    "AllowOverride FileInfo",
    "AllowOverride AuthConfig",
    "AllowOverride Limit",
    "AllowOverride Indexes",
    "AllowOverride Options",
    "AllowOverride All",
    "Options +FollowSymLinks",
    "Options +SymLinksIfOwnerMatch",
    "Options +Indexes",
    "Options +ExecCGI",
    "Options +MultiViews",
    "Options +Includes",
    "Options -MultiViews",
    "Options -Indexes",
    "Options -ExecCGI",
    "Options -FollowSymLinks -SymLinksIfOwnerMatch",
    "DirectorySlash On",
    "DirectorySlash Off",
    "DirectoryCheckHandler On",
    "DirectoryIndexRedirect Off",
    "DirectoryIndex disabled",
    "FallbackResource disabled",
    "RewriteEngine On",
    "RewriteEngine Off",
    "RewriteBase /",
    "RewriteOptions Inherit",
    "RewriteOptions InheritBefore",
    "RewriteOptions IgnoreInherit",
    "RewriteOptions AllowNoSlash",
    "RewriteOptions AllowAnyURI",
    "AuthMerging And",
    "AuthMerging Or",
    "AuthMerging Off",
    "Satisfy Any",
    "Satisfy All",
    "SetHandler None",
    "SetHandler default-handler",
    "ForceLanguagePriority Prefer Fallback",
    "MultiviewsMatch Any",
    "WSGIApplicationGroup %{GLOBAL}",
];

/// How many names of a directory are tried as its index.
const NAMES: usize = 6;

/// Switches where they could be.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let texts = |lines: &[&str]| lines.iter().map(|line| line.to_string()).collect::<Vec<_>>();
    let mut inner = ground.applied();
    inner.extend(ground.directories().into_iter().take(1));
    let mut found = extensions(ground, &inner);
    found.extend(indexes(ground, &inner));
    found.extend(each(&texts(&SERVER), &ground.ends()));
    found.extend(each(&texts(&DIRECTORY), &inner));
    found
}

/// What the extensions of a wanted file could mean, where another name was asked for.
fn extensions(ground: &Ground<'_>, inner: &[Place]) -> Vec<Change> {
    let Some(wanted) = ground.goal.text("file").map(|file| filepath::basename(file.as_bytes())) else {
        return Vec::new();
    };
    let mut texts = Vec::new();
    for part in wanted.split(|b| *b == b'.').skip(1).take(3) {
        let Some(part) = part.to_str().ok().filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric()))
        else {
            continue;
        };
        if part.len() == 2 {
            texts.push(format!("AddLanguage {part} .{part}"));
        }
        texts.push(format!("AddType text/html .{part}"));
        texts.push(format!("AddEncoding x-{part} .{part}"));
        texts.push(format!("AddCharset UTF-8 .{part}"));
    }
    let more: Vec<String> = texts.iter().map(|text| format!("{text}\nOptions +MultiViews")).collect();
    let mut found = each(&texts, inner);
    found.extend(each(&texts, &ground.ends()));
    found.extend(each(&more, inner));
    found
}

/// Names that are there, as the index of their directory and for what is not there.
fn indexes(ground: &Ground<'_>, inner: &[Place]) -> Vec<Change> {
    let mut names: Vec<String> = Vec::new();
    let mut urls: Vec<String> = Vec::new();
    let root = |line| crate::conf::args::split(&ground.case.sources.text(line)).into_iter().nth(1);
    let roots: Vec<bstr::BString> =
        super::wanted::roots(ground).into_iter().filter_map(|(line, _)| root(line)).collect();
    for file in ground.case.files().iter().take(4) {
        let own = filepath::without_slashes_after(file);
        for directory in [own].into_iter().chain(above(own)).take(6) {
            let is_index = |name: &&bstr::BString| name.split(|b| *b == b'.').next().is_some_and(|s| s == b"index");
            let there: Vec<bstr::BString> = ground.case.list(directory).into_iter().filter(|n| is_index(&n)).collect();
            names.extend(there.iter().filter_map(|name| quoted(name)));
            for root in &roots {
                let below = directory.strip_prefix(filepath::without_slashes_after(root));
                let url =
                    |name: &bstr::BString| quoted(&[below?, b"/", name].concat()).filter(|url| url.starts_with('/'));
                urls.extend(there.iter().filter_map(url));
            }
        }
    }
    for list in [&mut names, &mut urls] {
        let mut seen = std::collections::HashSet::new();
        list.retain(|name| seen.insert(name.clone()));
        list.truncate(NAMES);
    }
    let mut texts: Vec<String> = names.iter().map(|name| format!("DirectoryIndex {name}")).collect();
    texts.extend(urls.iter().map(|url| format!("FallbackResource {url}")));
    let mut found = each(&texts, inner);
    found.extend(each(&texts, &ground.ends()));
    found
}
