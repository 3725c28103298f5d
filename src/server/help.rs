//! What to write instead, for errors that are made over and over. httpd's own messages say what is wrong; these say what to do.

use crate::conf::Node;
use crate::conf::args;
use bstr::ByteSlice;

/// Help for an error that `node` makes, if there is any.
pub(super) fn of(node: &Node, message: &str) -> Option<String> {
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
        return Some(format!(
            "what may stand in an .htaccess file is said by AllowOverride; `routesim directives {}` names its class",
            node.name
        ));
    }
    None
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
