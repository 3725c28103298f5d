//! Which files of a scenario are programs, and what stands in a file whose content is not given.

use super::files::Probe;
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

/// The stand-in for a WSGI application.
pub(crate) const WSGI_PROBE: &str = include_str!("programs/probe.wsgi");
/// The stand-in for a page of PHP's.
pub(super) const PHP_PROBE: &str = include_str!("programs/probe.php");
/// The stand-in for a CGI program.
pub(crate) const CGI_PROBE: &str = include_str!("programs/probe.cgi");

/// What runs when a file is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Program {
    /// Nothing: as CGI or WSGI it answers 500.
    #[default]
    None,
    /// A WSGI application named `application`.
    Wsgi,
    /// A CGI program.
    Cgi,
    /// A page for PHP.
    Php,
    /// A text of the scenario's own that begins with `#!`: a program, whatever runs it.
    Script,
}

impl Program {
    /// Whether it answers 200 when run as CGI.
    pub(crate) fn runs_as_cgi(self) -> bool {
        matches!(self, Program::Cgi | Program::Script)
    }

    /// Whether it answers 200 when mod_wsgi runs it and calls `application`.
    pub(crate) fn runs_as_wsgi(self) -> bool {
        matches!(self, Program::Wsgi | Program::Script)
    }

    /// What a given text is.
    pub(crate) fn of_text(text: &[u8]) -> Program {
        static APPLICATION: LazyLock<regex::bytes::Regex> = LazyLock::new(|| {
            let pattern = concat!(
                r"(?m)^(?:(?:async )?def application\b|class application\b|application\s*=[^=]",
                r"|from .* import (?:.*[ ,(])?application\b)",
            );
            regex::bytes::Regex::new(pattern).expect("the pattern is sound")
        });
        if text.starts_with(b"#!") {
            Program::Script
        } else if APPLICATION.is_match(text) {
            Program::Wsgi
        } else {
            Program::None
        }
    }
}

/// The scripts that the WSGI directives of a configuration name.
pub(super) fn wsgi_targets(config: &str) -> HashSet<&str> {
    static DIRECTIVE: LazyLock<Regex> = LazyLock::new(|| {
        let names = "ScriptAlias|ScriptAliasMatch|HandlerScript|ImportScript|DispatchScript|AuthUserScript|\
                     AccessScript|AuthGroupScript";
        let pattern = format!(r#"(?im)^\s*WSGI(?:{names})\s+.*?(/\S+?)["']?\s*(?:\s[a-z-]+=\S+)*$"#);
        Regex::new(&pattern).expect("the pattern is sound")
    });
    DIRECTIVE.captures_iter(config).filter_map(|c| c.get(1)).map(|m| m.as_str()).collect()
}

/// Whether a name is that of a CGI program.
pub(super) fn is_cgi_name(path: &str) -> bool {
    [".cgi", ".pl", ".sh"].iter().any(|end| path.ends_with(end))
}

/// What stands in the file at `path` whose content is not given, and what it runs as.
pub(super) fn implied(path: &str, mode: Option<u32>, probe: Option<Probe>, wsgi: &HashSet<&str>) -> (String, Program) {
    let executable = mode.is_some_and(|m| matches!(m & 0o777, 0o755 | 0o555));
    if path.ends_with("/.htaccess") {
        ("#\n".into(), Program::None)
    } else if probe == Some(Probe::Wsgi) || path.ends_with(".wsgi") || path.ends_with(".py") || wsgi.contains(path) {
        (WSGI_PROBE.into(), Program::Wsgi)
    } else if probe == Some(Probe::Cgi) || is_cgi_name(path) || executable {
        (CGI_PROBE.into(), Program::Cgi)
    } else if probe == Some(Probe::Php) {
        (PHP_PROBE.into(), Program::Php)
    } else {
        (format!("file:{path}\n"), Program::None)
    }
}
