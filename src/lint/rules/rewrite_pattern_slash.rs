//! `rewrite-pattern-slash`

use crate::diagnostic::Severity;
use crate::lint::facts::Facts;
use crate::lint::rewriting::{Level, Rewrite, rewrites};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::observer::PatternKind;
use crate::search::points::rewritten;
use crate::search::solve::{Solved, Want};
use crate::site::{Fix, Safety};

pub(super) static RULE: Rule = Rule {
    name: "rewrite-pattern-slash",
    level: Severity::Error,
    group: "rewriting",
    finds: "A RewriteRule of the server or a virtual host whose pattern has no leading slash, or one of a directory whose pattern has it: neither can match.",
    why: "The server's rules see the whole path of the URL, which begins with a slash; those of a directory or an .htaccess file see what follows the directory, which doesn't.",
    help: "write `^/?`, which is right in both places",
    safe: Some(true),
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
</Directory>
RewriteEngine on
# finding
RewriteRule ^about$ /about.html
"##,
        files: &["/srv/www/about.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  Require all granted
  Options FollowSymLinks
  RewriteEngine on
  RewriteRule ^about$ /about.html
</Directory>
"##,
        files: &["/srv/www/about.html"],
    },
    find,
};

/// What a server's rule, and a directory's, may see.
const WHOLE: &str = r"(?-u)^/[^\x00\n]*$";
const BELOW: &str = r"(?-u)^(?:[^/\x00\n][^\x00\n]*)?$";

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let sources = facts.site.sources();
    let solver = &asked.ground.search.solver;
    let mut found = Vec::new();
    for rewrite in rewrites(facts).iter().filter(|rewrite| !rewrite.not) {
        let (domain, whole) = match &rewrite.level {
            Level::Server => (WHOLE, true),
            Level::Directory(_) => (BELOW, false),
            Level::Section => continue,
        };
        let icase = rewrite.has(&["nc", "nocase"]);
        let kind = PatternKind::Regex { icase };
        let solved = |pattern: &[u8]| solver.text(domain, &[Want::yes(kind, pattern)]);
        if solved(&rewrite.pattern) != Solved::Empty {
            continue;
        }
        let fits = |pattern: &Vec<u8>| matches!(solved(pattern), Solved::Found(_));
        let Some(pattern) = [false, true].iter().map(|all| loosened(&rewrite.pattern, whole, *all)).find(fits) else {
            continue;
        };
        let Some(edit) = Rewrite::with_text(&rewrite.line, sources, 0, &rewrite.pattern, &pattern) else { continue };
        let directory = match &rewrite.level {
            Level::Directory(directory) => Some(directory.as_slice()),
            _ => None,
        };
        let (_, old) = rewritten(&rewrite.pattern, directory, icase, true);
        let (of, new) = rewritten(&pattern, directory, icase, true);
        let Some(seen) = asked.turned(rewrite.span(), &old, (of, new), Some(&pattern), &edit) else { continue };
        let own = &rewrite.pattern;
        let message = match whole {
            true => {
                format!("`{own}` never matches: a rule of the server sees the whole path, which begins with a slash")
            }
            false => {
                format!(
                    "`{own}` never matches: a rule of a directory sees the path below it, which begins without a slash"
                )
            }
        };
        let fix = Fix { message: "let the slash be optional".into(), safety: Safety::Safe, edits: vec![edit] };
        found.push(Finding { fix: Some(fix), ..rule.seen(rewrite.span(), message, &seen) });
    }
    found
}

/// The pattern with an optional slash where it begins, and `all`: where an alternative does.
pub(super) fn loosened(pattern: &[u8], whole: bool, all: bool) -> Vec<u8> {
    let mut new: Vec<u8> = Vec::with_capacity(pattern.len() + 4);
    let (mut at, mut class, mut begins) = (0, false, false);
    while let Some(byte) = pattern.get(at) {
        new.push(*byte);
        at += 1;
        match byte {
            b'\\' => {
                new.extend(pattern.get(at));
                at += 1;
            }
            b']' => class = false,
            _ if class => {}
            b'[' => class = true,
            b'^' if whole => new.extend_from_slice(b"/?"),
            b'^' => {
                begins = true;
                continue;
            }
            b'(' | b'|' if begins || all && !whole => {
                if *byte == b'(' && pattern[at..].starts_with(b"?:") {
                    new.extend_from_slice(b"?:");
                    at += 2;
                }
                begins = true;
                continue;
            }
            b'/' if begins && !whole && !pattern.get(at).is_some_and(|next| b"?*+{".contains(next)) => new.push(b'?'),
            _ => {}
        }
        begins = false;
    }
    new
}

#[cfg(test)]
mod tests {
    use super::loosened;

    #[test]
    fn slashes_that_may_be_there() {
        for (pattern, whole, all, want) in [
            ("^about$", true, false, "^/?about$"),
            ("^$", true, false, "^/?$"),
            ("^(a|[^b])$|^c", true, false, "^/?(a|[^b])$|^/?c"),
            ("^/about$", false, false, "^/?about$"),
            ("^(?:/a|/b)$", false, false, "^(?:/?a|/b)$"),
            ("^(?:/a|/b)$", false, true, "^(?:/?a|/?b)$"),
            ("^/+a", false, false, "^/+a"),
        ] {
            assert_eq!(String::from_utf8(loosened(pattern.as_bytes(), whole, all)).as_deref(), Ok(want), "{pattern}");
        }
    }
}
