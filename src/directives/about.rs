//! What directives do, in sentences, and where their manuals are.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The sentences of each directive, by its name in lower case.
static ABOUT: LazyLock<HashMap<String, &str>> =
    LazyLock::new(|| entries().map(|(name, sentences)| (name.to_ascii_lowercase(), sentences)).collect());

/// Names with their sentences, in the order of the file.
fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("about.txt").lines().filter_map(|line| line.split_once('\t'))
}

/// What a directive does.
pub(super) fn sentences(name: &str) -> Option<&'static str> {
    ABOUT.get(&name.to_ascii_lowercase()).copied()
}

/// The page that has a directive, where it is not its module's own.
const ELSEWHERE: &[(&str, &str)] = &[
    ("AsyncRequestWorkerFactor", "event"),
    ("CoreDumpDirectory", "mpm_common"),
    ("DAVLockDiscovery", "mod_dav_fs"),
    ("MaxConnectionsPerChild", "mpm_common"),
    ("MaxMemFree", "mpm_common"),
    ("MaxRequestsPerChild", "mpm_common"),
    ("MaxSpareServers", "prefork"),
    ("MinSpareServers", "prefork"),
    ("PidFile", "mpm_common"),
    ("ScoreBoardFile", "mpm_common"),
    ("ScriptLog", "mod_cgi"),
    ("ScriptLogBuffer", "mod_cgi"),
    ("ScriptLogLength", "mod_cgi"),
    ("ThreadStackSize", "mpm_common"),
];

/// Directives of mod_wsgi that its manual has no page for.
const WITHOUT_PAGE: &[&str] =
    &["WSGIGroupAuthoritative", "WSGINewRelicConfigFile", "WSGINewRelicEnvironment", "WSGIVerboseDebugging"];

/// The address of a directive's manual, of the module with that source file.
pub(super) fn manual(module: &str, name: &str) -> String {
    let page = match module {
        "mod_wsgi.c" if WITHOUT_PAGE.contains(&name) => {
            return "https://modwsgi.readthedocs.io/en/master/configuration.html".into();
        }
        "mod_wsgi.c" => {
            return format!("https://modwsgi.readthedocs.io/en/master/configuration-directives/{name}.html");
        }
        "mod_php.c" => return "https://www.php.net/manual/en/configuration.changes.php".into(),
        "http_core.c" => "core",
        "util_ldap.c" => "mod_ldap",
        "event.c" | "prefork.c" | "worker.c" => "mpm_common",
        own => own.trim_end_matches(".c"),
    };
    let page = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == name).map_or(page, |(_, page)| page);
    format!("https://httpd.apache.org/docs/2.4/mod/{page}.html#{}", name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directives::all;
    use std::collections::HashSet;

    #[test]
    fn all_directives_have_sentences() {
        let without: Vec<&str> = all().filter(|row| row.about().is_none()).map(|row| row.name()).collect();
        assert!(without.is_empty(), "{without:?}");
    }

    #[test]
    fn sentences_are_one_or_two_and_short() {
        let mut seen = HashSet::new();
        let known: HashSet<&str> = all().map(|row| row.name()).collect();
        for (name, text) in entries() {
            assert!(known.contains(name), "no directive `{name}`");
            assert!(seen.insert(name), "`{name}` is there twice");
            let ends =
                text.match_indices(['.', ':']).filter(|(at, end)| *end == "." && is_end(&text[at + 1..])).count();
            assert!((1..=2).contains(&ends) && text.ends_with('.'), "{name}: {ends} sentences");
            assert!(text.chars().count() <= 220, "{name}: {} characters", text.chars().count());
        }
    }

    /// Whether a sentence ends before this.
    fn is_end(rest: &str) -> bool {
        rest.is_empty() || rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|c: char| !c.is_lowercase()))
    }

    /// Words written as directives are: they are directives, or values of some.
    #[test]
    fn sentences_name_directives_that_exist() {
        const VALUES: &[&str] = &[
            "AuthConfig",
            "ExecCGI",
            "FollowSymLinks",
            "IncludesNOEXEC",
            "MultiViews",
            "NoDecode",
            "StdEnvVars",
            "SSLv3",
        ];
        let known: HashSet<&str> = all().map(|row| row.name()).collect();
        for (name, text) in entries() {
            for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
                let inner = word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
                let header = ["FastCGI", "WebDAV", "WebSocket"].contains(&word);
                let is_name = word.starts_with(|c: char| c.is_uppercase()) && inner && !header;
                assert!(!is_name || known.contains(word) || VALUES.contains(&word), "{name}: `{word}`");
            }
        }
    }

    #[test]
    fn manuals() {
        let page = |name: &str| all().find(|row| row.name() == name).map(|row| row.manual()).unwrap_or_default();
        assert_eq!(page("Alias"), "https://httpd.apache.org/docs/2.4/mod/mod_alias.html#alias");
        assert_eq!(page("KeepAlive"), "https://httpd.apache.org/docs/2.4/mod/core.html#keepalive");
        assert_eq!(page("Listen"), "https://httpd.apache.org/docs/2.4/mod/mpm_common.html#listen");
        assert_eq!(
            page("WSGIScriptAlias"),
            "https://modwsgi.readthedocs.io/en/master/configuration-directives/WSGIScriptAlias.html"
        );
        let known: HashSet<&str> = all().map(|row| row.name()).collect();
        assert!(ELSEWHERE.iter().map(|(name, _)| name).chain(WITHOUT_PAGE).all(|name| known.contains(name)));
    }
}
