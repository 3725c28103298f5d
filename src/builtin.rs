//! The built-in scenarios: the files of `scenarios/`, by the name of their file.

/// A scenario that comes with the program.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::{builtin, suite};
///
/// let found = builtin::find("alias-order").expect("there is one");
/// assert!(found.title().starts_with("the first Alias that fits wins"));
/// let parsed = suite::Scenario::parse("alias-order.yaml".as_ref(), found.text, &SourceMap::default());
/// let ran = suite::run(&parsed.expect("it is a scenario")).expect("its files can be laid out");
/// assert!(ran.answers.iter().all(|answered| answered.mismatches.is_empty()));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! builtin {
    ($($name:literal,)*) => {
        &[$(Builtin { name: $name, text: include_str!(concat!("../scenarios/", $name, ".yaml")) },)*]
    };
}

/// The scenario that is taken where none is given.
pub const DEFAULT: &str = "web2py";

/// All of them: the web2py family first, then one lesson each, from the URL to the handler.
pub static BUILTIN: &[Builtin] = builtin![
    "web2py",
    "web2py-as-published",
    "web2py-https",
    "web2py-https-mended",
    "web2py-working-2.2",
    "web2py-working-2.4",
    "default-vhost",
    "server-alias-order",
    "encoded-slashes",
    "redirect-before-alias",
    "alias-order",
    "alias-slashes",
    "static-over-wsgi",
    "directory-shortest-first",
    "files-nested",
    "location-undoes-directory",
    "location-order",
    "if-comes-last",
    "htaccess-allow-override",
    "symlinks",
    "path-info",
    "auth-merging",
    "require-beside-order",
    "order-allow-deny",
    "satisfy-any",
    "limit-methods",
    "directory-index",
    "fallback-resource",
    "error-document",
    "handlers",
    "script-source",
    "wsgi-groups",
    "wsgi-group-of-a-host",
    "rewrite/drupal",
    "rewrite/h5bp",
    "rewrite/joomla",
    "rewrite/laravel",
    "rewrite/mediawiki",
    "rewrite/nextcloud",
    "rewrite/symfony",
    "rewrite/wordpress",
    "modules/actions",
    "modules/allowmethods",
    "modules/asis",
    "modules/auth-basic",
    "modules/auth-digest",
    "modules/authz-owner",
    "modules/autoindex",
    "modules/cgi",
    "modules/conditional-sections",
    "modules/dav",
    "modules/headers",
    "modules/imagemap",
    "modules/include",
    "modules/macro",
    "modules/mime",
    "modules/negotiation",
    "modules/php",
    "modules/preconditions",
    "modules/protocol",
    "modules/provider-aliases",
    "modules/proxy-encoding",
    "modules/proxy-forward",
    "modules/proxy-handler",
    "modules/proxy-pass",
    "modules/proxy-tunnels",
    "modules/ranges",
    "modules/remoteip",
    "modules/require-kinds",
    "modules/rewrite-queries",
    "modules/rewrite",
    "modules/setenvif",
    "modules/speling",
    "modules/status-info",
    "modules/tls-access",
    "modules/tls-names",
    "modules/types-by-content",
    "modules/userdir",
    "modules/vhost-alias",
    "modules/wsgi-daemons",
    "modules/wsgi-refusals",
    "modules/wsgi-scripts",
    "modules/wsgi-targets",
    "modules/wsgi-variables",
];

impl Builtin {
    /// What it shows: its `name`, without parsing the whole.
    pub fn title(&self) -> &'static str {
        self.text.lines().find_map(|l| l.strip_prefix("name: ")).unwrap_or_default()
    }
}

/// The one of that name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|b| b.name == name)
}

#[cfg(all(test, feature = "disk"))]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_built_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let files = crate::suite::paths::below(&folder, crate::suite::paths::is_scenario).unwrap();
        let name = |file: &std::path::PathBuf| {
            file.strip_prefix(&folder).unwrap().with_extension("").to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = files.iter().map(name).filter(|name| !name.starts_with("regressions/")).collect();
        names.sort();
        let mut built: Vec<&str> = BUILTIN.iter().map(|b| b.name).collect();
        built.sort_unstable();
        assert_eq!(names, built);
        assert!(BUILTIN.iter().all(|b| !b.title().is_empty()));
    }
}
