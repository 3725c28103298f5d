//! Versions of httpd, and what each of them changed: the only place that knows.
//!
//! A hook that answers otherwise since a version asks for the change by its name ([`Version::has`]). What a version
//! added to the configuration is a row of [`ADDED`], by which rows and arguments are left out before it.

use std::fmt;

/// A release of Apache httpd 2.4.
///
/// ```
/// use routesim::Version;
///
/// let version: Version = "2.4.58".parse().expect("it is known");
/// assert_eq!(version.to_string(), "2.4.58");
/// assert!("2.4.6".parse::<Version>().is_err() && "2.2.34".parse::<Version>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    patch: u8,
    /// As released: nothing of later versions was put into it.
    upstream: bool,
}

/// The version that is meant where none is named.
const REFERENCE: u8 = 71;
/// The oldest one that is known.
const OLDEST: u8 = 37;

impl Default for Version {
    fn default() -> Version {
        Version { patch: REFERENCE, upstream: true }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.4.{}", self.patch)
    }
}

impl std::str::FromStr for Version {
    type Err = String;

    /// `2.4.58`, or `2.4.58-upstream` for one without any later fix. The error says which there are.
    fn from_str(text: &str) -> Result<Version, String> {
        let (number, upstream) = match text.strip_suffix("-upstream") {
            Some(number) => (number, true),
            None => (text, false),
        };
        let patch = number.strip_prefix("2.4.").filter(|patch| patch.bytes().all(|b| b.is_ascii_digit()));
        match patch.and_then(|patch| patch.parse().ok()) {
            Some(patch @ OLDEST..=REFERENCE) => Ok(Version { patch, upstream: upstream || patch == REFERENCE }),
            _ => Err(format!("no httpd `{text}` is known: write 2.4.{OLDEST} to 2.4.{REFERENCE}")),
        }
    }
}

impl Version {
    /// Whether it is the one that is meant where none is named.
    pub(crate) fn is_default(self) -> bool {
        self == Version::default()
    }

    /// Its three numbers.
    pub(crate) fn numbers(self) -> [i64; 3] {
        [2, 4, self.patch.into()]
    }

    /// Whether it has a change.
    #[inline(always)]
    pub(crate) fn has(self, change: &Change) -> bool {
        self.patch >= change.since || self.patch < change.until
    }

    /// Whether a distribution's build of it may have a change all the same: distributions put fixes of security holes
    /// into the versions that they ship.
    pub(crate) fn may_have(self, change: &Change) -> bool {
        !self.has(change) && !self.upstream && !change.cve.is_empty()
    }

    /// The version that something of the configuration came with, where this one lacks it.
    pub(crate) fn lacks(self, kind: Kind, name: &[u8]) -> Option<Version> {
        if self.patch == REFERENCE {
            return None;
        }
        let is_named = |row: &&Added| row.kind == kind && row.name.as_bytes().eq_ignore_ascii_case(name);
        let row = ADDED.iter().find(is_named)?;
        (self.patch < row.since).then_some(Version { patch: row.since, upstream: true })
    }
}

/// A change of what httpd answers.
pub(crate) struct Change {
    /// The first release (2.4.x) that has it.
    since: u8,
    /// The first release that lost it, where older ones had it before.
    until: u8,
    /// The security hole that it closes, where it closes one.
    pub cve: &'static str,
}

const fn change(since: u8) -> Change {
    Change { since, until: 0, cve: "" }
}

const fn fix(since: u8, cve: &'static str) -> Change {
    Change { since, until: 0, cve }
}

/// What the releases before `until` did.
const fn lost(until: u8) -> Change {
    Change { since: u8::MAX, until, cve: "" }
}

/// What only the releases from `until` on lacked, and `since` has again.
const fn again(until: u8, since: u8, cve: &'static str) -> Change {
    Change { since, until, cve }
}

/// `//` in a path is one slash for all that look at it (MergeSlashes), not for `<Location>` alone.
pub(crate) const MERGED_SLASHES: Change = fix(39, "CVE-2019-0220");
/// A dot in a regular expression stands for a line's end too.
pub(crate) const DOT_IS_ANY: Change = fix(40, "CVE-2019-10098");

/// Paths are normalised before they are decoded, `ap_normalize_path`; before, they were decoded first, and their dot
/// segments and doubled slashes taken out after.
pub(crate) const NORMALIZE_FIRST: Change = change(49);
/// `.%2e` is a dot segment.
pub(crate) const ENCODED_DOT: Change = again(49, 50, "CVE-2021-41773");
/// A percent sign with no number behind is none (`%%32%65`).
pub(crate) const SOUND_ESCAPES: Change = again(49, 51, "CVE-2021-42013");
/// A question mark at the end of a substitution takes the query away, whatever else it holds; and a query with a blank or
/// a control character is refused (AH10410, AH10411).
pub(crate) const STRICT_QUERY: Change = fix(56, "CVE-2023-25690");
/// Such a query may go to a client: it is escaped there.
pub(crate) const ESCAPED_QUERY: Change = change(57);
/// A path that goes to a back-end as it is must not have such characters either.
pub(crate) const STRICT_PATH: Change = change(57);
/// `AllowEncodedSlashes NoDecode` leaves encoded slashes alone on their way to a back-end.
pub(crate) const SLASHES_ONCE: Change = change(57);
/// A back-end whose name is not found: 500, before 502.
pub(crate) const NAME_NOT_FOUND: Change = change(59);
/// Only the configuration's own content types name handlers.
pub(crate) const TRUSTED_TYPE: Change = fix(60, "CVE-2024-38476");
/// What DirectoryIndex or MultiViews found has a content type that names a handler, if one was named for it: 2.4.60 took no
/// such type for one, 2.4.61 looked at the directory's.
pub(crate) const INDEX_TYPE: Change = again(60, 61, "CVE-2024-39884");
/// The same: it is the found file's type that counts.
pub(crate) const OWN_INDEX_TYPE: Change = again(60, 62, "CVE-2024-40725");
/// `SetHandler "proxy:..."` brings the URL into its canonical form, and declines a scheme without a module.
pub(crate) const HANDLER_CANON: Change = fix(60, "CVE-2024-38473");
/// A substitution with a question mark from `%3F` is refused (AH10508) without UnsafeAllow3F.
pub(crate) const UNSAFE_3F: Change = fix(60, "CVE-2024-38474");
/// A substitution is a path of the file system only where the rule itself or DocumentRoot says so.
pub(crate) const PREFIX_STAT: Change = fix(60, "CVE-2024-38475");
/// A substitution without a slash in front, at a server's own level, gets one.
pub(crate) const ROOT_PREFIX: Change = fix(60, "CVE-2024-39573");
/// Doubled slashes in front of a substitution are one.
pub(crate) const LEADING_SLASHES: Change = change(62);
/// The question mark that is looked for is the one that begins the query.
pub(crate) const QUESTION_MARKS: Change = change(63);
/// Where a rule's prefix makes the doubled slash, it stays.
pub(crate) const PREFIX_SLASHES: Change = change(63);
/// The file that `SetHandler "proxy:fcgi:..."` is for is not encoded.
pub(crate) const PLAIN_FILE: Change = change(63);
/// The target of an internal redirect (Action, a program's Location) keeps the content type as one that names a handler.
pub(crate) const KEPT_TYPE: Change = change(63);
/// It doesn't any more.
pub(crate) const INDIRECT_TYPE: Change = fix(69, "CVE-2026-42356");
/// The content type of an answer is held to what a header may be, as other headers are.
pub(crate) const CHECKED_TYPE: Change = fix(64, "CVE-2024-42516");
/// A Transfer-Encoding that does not end with chunks is not sent.
pub(crate) const CHECKED_CODING: Change = fix(59, "CVE-2024-24795");
/// `Header` and `RequestHeader` lines on Content-Type: those on the request leave the answer's type alone, and what they set
/// names no handler.
pub(crate) const OWN_TYPE: Change = fix(64, "CVE-2024-43204");
/// Who says no name in the TLS handshake may ask only for virtual hosts with the same TLS settings.
pub(crate) const NAMELESS_HANDSHAKE: Change = fix(64, "CVE-2025-23048");
/// `RewriteCond expr` is what the expression says: in 2.4.64 it holds whatever that is.
pub(crate) const SOUND_CONDITIONS: Change = again(64, 65, "CVE-2025-54090");
/// What keeps a PUT from its file names the status; before, all of it was 403.
pub(crate) const STATUS_OF_PUT: Change = change(55);
/// A balancer's URL becomes its member's, in the form of that one's scheme, before the back-end is asked.
pub(crate) const MEMBERS_URL: Change = change(62);
/// `Request-Range` asked for ranges, as `Range` does.
pub(crate) const REQUEST_RANGE: Change = lost(63);
/// A directory's rule that needs mod_proxy is refused where it isn't loaded.
pub(crate) const PROXY_IS_NEEDED: Change = change(63);
/// An expression in an .htaccess file reads no files: that of RewriteCond.
pub(crate) const CONDITIONS_READ_NO_FILES: Change = fix(67, "CVE-2026-24072");
/// The same, of all others.
pub(crate) const EXPRESSIONS_READ_NO_FILES: Change = fix(68, "CVE-2026-44119");
/// The same, of SSLRequire.
pub(crate) const SSL_READS_NO_FILES: Change = fix(69, "CVE-2026-59797");
/// `/~.` and `/~..` name no user; before, a name was none for a dot behind its first letter (`/~x.`).
pub(crate) const DOTS_ARE_NO_USER: Change = fix(69, "CVE-2026-79768");
/// What mod_dav_fs keeps in `.DAV` directories is refused to all.
pub(crate) const STATE_IS_PRIVATE: Change = fix(69, "CVE-2026-58415");
/// A session's cookie is read again after an internal redirect, and for a subrequest.
pub(crate) const COOKIE_READ_AGAIN: Change = fix(69, "CVE-2026-47360");
/// Digest credentials are as RFC 7616 has them.
pub(crate) const STRICT_DIGEST: Change = change(69);
/// Lists of proxies belong to the virtual host that names them, and come before those of the main server.
pub(crate) const OWN_PROXIES: Change = change(71);
/// A variable whose name a program's environment can't have (`REQUEST-METHOD`) doesn't take that of another one.
pub(crate) const OWN_NAMES: Change = fix(66, "CVE-2025-65082");

/// httpd's own pages don't name the URL.
pub(crate) const PAGES_WITHOUT_URL: Change = change(40);
/// The page of 501 has one blank where it had two.
pub(crate) const PAGE_OF_501: Change = change(49);
/// Up to here httpd's own pages call themselves HTML 2.0, and it is not known which of the next ones no longer does.
pub(crate) const PAGES_OF_HTML_2_OR_4: Change = change(64);
/// httpd's own pages call themselves HTML 4.01.
pub(crate) const PAGES_OF_HTML_4: Change = change(67);

/// What a version can add to the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A directive.
    Directive,
    /// A module, by its identifier.
    Module,
    /// A flag of RewriteRule.
    RewriteFlag,
    /// A word of RewriteOptions.
    RewriteOption,
    /// A parameter of ProxyPass, ProxySet and BalancerMember.
    ProxyParameter,
}

struct Added {
    kind: Kind,
    name: &'static str,
    since: u8,
}

const fn added(kind: Kind, name: &'static str, since: u8) -> Added {
    Added { kind, name, since }
}

/// What versions added to the configuration, as their sources have it.
static ADDED: &[Added] = &[
    added(Kind::Module, "socache_redis_module", 39),
    added(Kind::Directive, "H2Padding", 39),
    added(Kind::Directive, "MergeSlashes", 39),
    added(Kind::Directive, "RedisConnPoolTTL", 39),
    added(Kind::Directive, "RedisTimeout", 39),
    added(Kind::Directive, "MDCertificateFile", 40),
    added(Kind::Directive, "MDCertificateKeyFile", 40),
    added(Kind::Directive, "MDCertificateProtocol", 40),
    added(Kind::Directive, "MDCertificateStatus", 40),
    added(Kind::Directive, "MDChallengeDns01", 40),
    added(Kind::Directive, "MDMessageCmd", 40),
    added(Kind::Directive, "MDRenewMode", 40),
    added(Kind::Directive, "MDServerStatus", 40),
    added(Kind::Directive, "MDWarnWindow", 40),
    added(Kind::Directive, "Proxy100Continue", 40),
    added(Kind::Directive, "SessionExpiryUpdateInterval", 41),
    added(Kind::Directive, "CookieHttpOnly", 42),
    added(Kind::Directive, "CookieSameSite", 42),
    added(Kind::Directive, "CookieSecure", 42),
    added(Kind::Directive, "MDActivationDelay", 42),
    added(Kind::Directive, "MDCertificateCheck", 42),
    added(Kind::Directive, "MDContactEmail", 42),
    added(Kind::Directive, "MDStapleOthers", 42),
    added(Kind::Directive, "MDStapling", 42),
    added(Kind::Directive, "MDStaplingKeepResponse", 42),
    added(Kind::Directive, "MDStaplingRenewWindow", 42),
    added(Kind::Directive, "FlushMaxPipelined", 47),
    added(Kind::Directive, "FlushMaxThreshold", 47),
    added(Kind::Directive, "H2OutputBuffering", 47),
    added(Kind::Directive, "ReadBufferSize", 47),
    added(Kind::Directive, "MDCACertificateFile", 48),
    added(Kind::Directive, "ProxyWebsocketFallbackToProxyHttp", 48),
    added(Kind::Directive, "<LuaHookPreTranslateName", 49),
    added(Kind::Directive, "LuaHookPreTranslateName", 49),
    added(Kind::Directive, "StrictHostCheck", 49),
    added(Kind::Directive, "CheckBasenameMatch", 50),
    added(Kind::Directive, "MDExternalAccountBinding", 52),
    added(Kind::Directive, "MDRetryDelay", 54),
    added(Kind::Directive, "MDRetryFailover", 54),
    added(Kind::Directive, "DAVLockDiscovery", 55),
    added(Kind::Directive, "H2StreamTimeout", 55),
    added(Kind::Directive, "MDStoreLocks", 55),
    added(Kind::Directive, "AliasPreservePath", 58),
    added(Kind::Directive, "DAVBasePath", 58),
    added(Kind::Directive, "DeflateAlterEtag", 58),
    added(Kind::Directive, "H2EarlyHint", 58),
    added(Kind::Directive, "H2MaxDataFrameLen", 58),
    added(Kind::Directive, "H2ProxyRequests", 58),
    added(Kind::Directive, "H2WebSockets", 58),
    added(Kind::Directive, "MDChallengeDns01Version", 58),
    added(Kind::Directive, "MDMatchNames", 58),
    added(Kind::Directive, "RedirectRelative", 58),
    added(Kind::Directive, "CGIScriptTimeout", 59),
    added(Kind::Directive, "MDCheckInterval", 60),
    added(Kind::Directive, "UNCList", 60),
    added(Kind::Directive, "H2MaxHeaderBlockLen", 64),
    added(Kind::Directive, "MDProfile", 64),
    added(Kind::Directive, "MDProfileMandatory", 64),
    added(Kind::Directive, "H2MaxStreamErrors", 66),
    added(Kind::Directive, "ListenTCPDeferAccept", 66),
    added(Kind::Directive, "MDInitialDelay", 66),
    added(Kind::Directive, "SSLVHostSNIPolicy", 66),
    added(Kind::Directive, "MDHttpProxyCACertificateFile", 71),
    added(Kind::ProxyParameter, "secret", 42),
    added(Kind::ProxyParameter, "mapping", 49),
    added(Kind::ProxyParameter, "addressttl", 59),
    added(Kind::RewriteFlag, "BCTLS", 57),
    added(Kind::RewriteFlag, "BNE", 57),
    added(Kind::RewriteFlag, "UnsafeAllow3F", 60),
    added(Kind::RewriteFlag, "UnsafePrefixStat", 60),
    added(Kind::RewriteFlag, "UNC", 62),
    added(Kind::RewriteOption, "UnsafePrefixStat", 60),
];
