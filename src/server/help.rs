//! What to write instead, for errors that are made over and over. httpd's own messages say what is wrong; these say what to do.

use super::Loaded;
use crate::conf::Node;
use crate::conf::args;
use crate::version::{Kind, Version};
use bstr::ByteSlice;

/// Help for an error that `node` makes, if there is any.
pub(super) fn of(node: &Node, message: &str, loaded: &Loaded) -> Option<String> {
    let version = loaded.version;
    if let Some(newer) = newer_argument(message, version) {
        return Some(newer);
    }
    let words = args::words(&node.args);
    if words.iter().any(|word| word.value.starts_with(b"#")) {
        return Some(
            "a comment must have a line of its own: behind a directive, `#` and what follows are arguments".into(),
        );
    }
    let first = words.first().map(|word| word.value.to_str_lossy().into_owned()).unwrap_or_default();
    if message.contains("URL must be absolute") {
        let target = words.iter().map(|word| &word.value).find(|word| !word.starts_with(b"/") && !word.contains(&b'='));
        return target.map(|target| format!("the target needs its scheme: `http://{target}`"));
    }
    if message.contains("bad flag delimiters") {
        return Some("flags are the last argument, in square brackets and without spaces: `[R=301,L]`".into());
    }
    if message.starts_with("Illegal option") {
        return Some("an option is one of Indexes, Includes, IncludesNOEXEC, FollowSymLinks, SymLinksIfOwnerMatch, ExecCGI, MultiViews, All and None".into());
    }
    if message.starts_with("Either all Options must start with") {
        return Some(
            "`Options +A -B` changes what is in force, `Options A B` replaces it: write one or the other".into(),
        );
    }
    if message.starts_with("Unknown Authz provider") {
        let near = crate::suggest::closest(&first, PROVIDERS);
        return near.filter(|near| *near != first).map(|near| format!("did you mean `Require {near}`?"));
    }
    if message.ends_with("not allowed here") {
        let (_, row) = loaded.rows(&node.name, node.section).first()?;
        return Some(match row.class() {
            Some("any class") => "in an .htaccess file it needs an AllowOverride that allows anything".into(),
            Some(class) => format!("in an .htaccess file it needs `AllowOverride {class}`, or All"),
            None => format!("it is for: {}", row.context().join(", ")),
        });
    }
    None
}

/// What a message says of something that came with a later version.
pub(super) fn newer(name: &str, since: Version, version: Version) -> String {
    format!("`{name}` came with httpd {since}; this is {version}")
}

/// A flag, option or parameter that came later.
fn newer_argument(message: &str, version: Version) -> Option<String> {
    let kinds =
        [("RewriteRule: unknown flag '", Kind::RewriteFlag), ("RewriteOptions: unknown option '", Kind::RewriteOption)];
    let (kind, name) = kinds.iter().find_map(|(begin, kind)| Some((*kind, message.strip_prefix(begin)?)))?;
    let name = name.trim_end_matches('\'');
    Some(newer(name, version.lacks(kind, name.as_bytes())?, version))
}

/// The names that Require takes most.
const PROVIDERS: [&str; 13] = [
    "all",
    "env",
    "expr",
    "group",
    "host",
    "ip",
    "local",
    "method",
    "user",
    "valid-user",
    "file-owner",
    "file-group",
    "forward-dns",
];
