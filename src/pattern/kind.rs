//! The kinds of patterns.

/// A kind of pattern.
///
/// ```
/// use routesim::outcome::observer::{Observer, PatternKind, Tried};
/// use routesim::{Request, Site};
///
/// struct Kinds(Vec<PatternKind>);
/// impl Observer for Kinds {
///     fn pattern(&mut self, tried: &Tried<'_>) { self.0.push(tried.kind) }
/// }
/// let mut kinds = Kinds(Vec::new());
/// let run = Site::builder("Alias /img /srv/img\nAliasMatch ^/a /srv/a\n").build()?.start().expect("httpd starts");
/// run.observe(&Request::get("/abc"), &mut kinds);
/// assert_eq!(kinds.0, [PatternKind::Prefix, PatternKind::Regex { icase: false }]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PatternKind {
    /// A regular expression.
    Regex {
        /// Whether letters match in either case.
        icase: bool,
    },
    /// A URL path that the text must be, or be below.
    Prefix,
    /// A pattern with wildcards, none of which matches a slash (`FNM_PATHNAME`).
    Wildcards,
    /// A pattern with wildcards that match slashes too.
    AnyWildcards,
    /// A text that the other must be.
    Text,
    /// A name that the other must be, in either case of letters (ServerName, ServerAlias).
    Name,
    /// A name with wildcards, in either case of letters (ServerAlias).
    NameWildcards,
    /// A network that the address must be in.
    Network,
    /// A domain that the name must be, or be below.
    Domain,
    /// A text that must be somewhere within the other.
    Within {
        /// Whether letters match in either case.
        icase: bool,
    },
}
