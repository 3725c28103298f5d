//! What a step looked at, by what it is of: a virtual host, a `Require` line, a rewrite rule, a redirect, ...
//!
//! In the examples, `all` gives the steps and all that are within them: it is the function of [`Step`](super::Step)'s example.

use super::step::HeaderFate;
use crate::phase::Verdict;
use crate::source::Span;
use bstr::BString;
use std::fmt;

/// What a step looked at: whatever its words need beyond the rule itself.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\n<Directory /srv>\nAllowOverride FileInfo\n</Directory>\n";
/// let site = Site::builder(config).file("/srv/.htaccess", "Redirect /old /new\n").build()?;
/// let (_, steps) = site.start().expect("httpd starts").explain(&Request::get("/old"));
/// let allowed_by = all(&steps).into_iter().find_map(|step| match step.detail {
///     Detail::Htaccess(line) => line,
///     _ => None,
/// });
/// assert_eq!(allowed_by.map(|line| site.sources().place(line)).as_deref(), Some("config:3"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Detail {
    /// The rule says it all.
    #[default]
    Nothing,
    /// What a module's hook answered.
    Answered(Verdict),
    /// Which virtual host was chosen by which name.
    Host(HostChoice, BString),
    /// The server that a request came to.
    Server(BString),
    /// A request header or attribute of the request that a pattern was tried on, with its value (mod_setenvif).
    Attribute(BString, BString),
    /// A ProxyPass that says `!`.
    NotProxied,
    /// Where a ProxyPass leads.
    Proxied(BString),
    /// How many names are like the one asked for (mod_speling).
    Similar(usize),
    /// An .htaccess file that was read, by this AllowOverride line.
    Htaccess(Option<Span>),
    /// A directory whose .htaccess file is not read.
    HtaccessUnread(BString),
    /// An `Allow`: whether it lets this client in.
    Allow,
    /// A `Deny`.
    Deny,
    /// A `Require` line or a group of them, and its result.
    Require(Required, Authorization),
    /// A user's password, or why it could not be checked.
    Password(BString, Password),
    /// Whether the connection is TLS (SSLRequireSSL).
    Tls(bool),
    /// A condition of mod_ssl's (SSLRequire).
    SslRequire,
    /// One of several variants of a file (mod_negotiation).
    Variant(Variant),
    /// A conditional request's header, its value, and the status that it makes (0: none).
    Conditional(&'static str, BString, u16),
    /// A Range header, and the status that it makes.
    Range(BString, u16),
    /// A request within the request.
    Subrequest(Asked),
    /// A RewriteCond.
    RewriteCond(Box<Cond>),
    /// A RewriteRule.
    RewriteRule(Box<Rule>),
    /// A directory, and its URL by RewriteBase.
    RewriteBase(BString, BString),
    /// An expression that could not be evaluated, and why.
    Failed(String),
    /// Something about a whole list of rewrite rules.
    Rewriting(Rewriting),
    /// What an internal redirect is made by, and what it passes on.
    Redirected(Box<Redirected>),
    /// There are as many internal redirects as there may be.
    Loop(Box<Loop>),
    /// A line about a response header (none: httpd's own page took an answer's place), and what became of it.
    Header(BString, HeaderFate),
    /// The trace ends here: there was no room for more steps.
    Cut,
}

impl Detail {
    pub(super) fn each_text(&mut self, with: &mut dyn FnMut(&mut BString)) {
        match self {
            Detail::Host(_, text)
            | Detail::Server(text)
            | Detail::Proxied(text)
            | Detail::HtaccessUnread(text)
            | Detail::Password(text, _)
            | Detail::Conditional(_, text, _)
            | Detail::Range(text, _)
            | Detail::Header(text, _)
            | Detail::Subrequest(Asked { what: text, .. })
            | Detail::Variant(Variant { name: text, .. })
            | Detail::Rewriting(
                Rewriting::FileSystemPath(text) | Rewriting::BelowRoot(text) | Rewriting::Redirect(text),
            ) => {
                with(text);
            }
            Detail::Attribute(one, other)
            | Detail::Require(Required::Line(_, one, other), _)
            | Detail::RewriteBase(one, other) => [one, other].into_iter().for_each(with),
            Detail::RewriteCond(cond) => {
                with(&mut cond.input);
                if let CondTest::Pattern(text) | CondTest::Text(_, text) = &mut cond.test {
                    with(text);
                }
                cond.groups.iter_mut().for_each(|(_, text)| with(text));
            }
            Detail::Redirected(redirected) => {
                redirected.variables.iter_mut().flat_map(|v| [&mut v.name, &mut v.value]).for_each(with);
            }
            Detail::RewriteRule(rule) => {
                [&mut rule.subject, &mut rule.pattern].into_iter().for_each(&mut *with);
                rule.groups.iter_mut().for_each(|(_, text)| with(text));
            }
            Detail::Nothing
            | Detail::Answered(_)
            | Detail::NotProxied
            | Detail::Similar(_)
            | Detail::Htaccess(_)
            | Detail::Allow
            | Detail::Deny
            | Detail::Require(Required::Group(..), _)
            | Detail::Tls(_)
            | Detail::SslRequire
            | Detail::Failed(_)
            | Detail::Rewriting(_)
            | Detail::Loop(_)
            | Detail::Cut => {}
        }
    }
}

/// How a virtual host came to be chosen among those of an address.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Detail, HostChoice};
/// use routesim::{Request, Site};
///
/// let hosts = ["ServerName a.example\nServerAlias *.a.example", "ServerName b.example"];
/// let config = hosts.map(|host| format!("<VirtualHost *:80>\n{host}\n</VirtualHost>\n")).concat();
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// for (host, choice) in [("www.a.example", HostChoice::ServerAlias), ("other.example", HostChoice::First)] {
///     let (_, steps) = run.explain(&Request::get(&format!("http://{host}/")));
///     assert!(all(&steps).iter().any(|step| step.detail == Detail::Host(choice, host.into())));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostChoice {
    /// The name is its ServerName.
    ServerName,
    /// One of its ServerAliases matches.
    ServerAlias,
    /// The name is an address of its section.
    Address,
    /// Nothing matches: the first of the address answers.
    First,
}

/// A `Require` line, or a group of lines.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Detail, Required};
/// use routesim::{Request, Site};
///
/// let config = "<Location />\nRequire ip 192.0.2.0/24\n</Location>\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/"));
/// let line = Required::Line(false, "ip".into(), "192.0.2.0/24".into());
/// assert_eq!(line.to_string(), "Require ip 192.0.2.0/24");
/// assert!(all(&steps).iter().any(|step| matches!(&step.detail, Detail::Require(tried, _) if *tried == line)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Required {
    /// `Require not ip 192.0.2.1`: whether it has a `not`, the provider, its arguments.
    Line(bool, BString, BString),
    /// `<RequireAll>`: its name without `Require`, and whether AuthMerging made it.
    Group(&'static str, bool),
}

/// As httpd's messages name it.
impl fmt::Display for Required {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Required::Line(not, provider, args) => {
                write!(f, "Require {}{provider} {args}", if *not { "not " } else { "" })
            }
            Required::Group(word, true) => write!(f, "AuthMerging {word}"),
            Required::Group(word, false) => write!(f, "<Require{word}>"),
        }
    }
}

/// What came of a `Require`.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Authorization, Detail, Required};
/// use routesim::{Request, Site};
///
/// let config = "<Location />\nAuthType Basic\nAuthName x\nAuthUserFile /users\nRequire user bob\n</Location>\n";
/// let run = Site::builder(config).file("/users", "bob:x\n").build()?.start().expect("httpd starts");
/// let (outcome, steps) = run.explain(&Request::get("/"));
/// let result = all(&steps).into_iter().find_map(|step| match &step.detail {
///     Detail::Require(Required::Line(..), result) => Some(*result),
///     _ => None,
/// });
/// assert_eq!((outcome.status, result), (401, Some(Authorization::DeniedNoUser)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Let in.
    Granted,
    /// Refused.
    Denied,
    /// It says nothing.
    Neutral,
    /// Refused as long as nobody has logged in.
    DeniedNoUser,
    /// It can't be said.
    Failed,
}

/// What came of a password.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Detail, Password};
/// use routesim::suite::RequestSpec;
/// use routesim::{Request, Site};
///
/// let config = "<Location />\nAuthType Basic\nAuthName x\nAuthUserFile /users\nRequire valid-user\n</Location>\n";
/// let site = Site::builder(config).file("/users", "bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n").build()?;
/// let ask = Request::of(&RequestSpec { user: Some("bob:passw0rd".into()), ..RequestSpec::short("/") }, 0);
/// let (_, steps) = site.start().expect("httpd starts").explain(&ask);
/// let wrong = Detail::Password("bob".into(), Password::Wrong);
/// assert!(all(&steps).iter().any(|step| step.detail == wrong));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Password {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong,
    /// There is no such user.
    NoUser,
    /// It can't be checked.
    Unchecked,
}

/// A variant with its qualities, and whether it was chosen.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\nAddLanguage de .de\nAddLanguage en .en\nOptions MultiViews\n";
/// let site = Site::builder(config).file("/srv/doc.html.de", "").file("/srv/doc.html.en", "").build()?;
/// let mut ask = Request::get("/doc");
/// ask.headers.set("Accept-Language", "en, de;q=0.5");
/// let (_, steps) = site.start().expect("httpd starts").explain(&ask);
/// let other = |step: &Step| matches!(&step.detail, Detail::Variant(v) if v.name == "doc.html.de");
/// assert!(all(&steps).iter().any(|step| other(step) && !step.matched()), "it is in English");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The file's name.
    pub name: BString,
    /// The type's quality, the server's own included.
    pub kind: f32,
    /// The language's.
    pub language: f32,
    /// The charset's.
    pub charset: f32,
    /// The encoding's.
    pub encoding: f32,
}

/// What a subrequest asked for, and what came.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\nDirectoryIndex index.php index.html\n";
/// let run = Site::builder(config).file("/srv/index.html", "").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/"));
/// let asked = all(&steps).into_iter().filter_map(|step| match &step.detail {
///     Detail::Subrequest(asked) => Some((asked.what.to_string(), asked.exists)),
///     _ => None,
/// });
/// assert_eq!(asked.collect::<Vec<_>>(), [("/index.php".into(), false), ("/index.html".into(), true)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// By what: `uri`, `file` or `entry`.
    pub kind: &'static str,
    /// For what.
    pub what: BString,
    /// The status that it would have.
    pub status: u16,
    /// Whether there is such a file.
    pub exists: bool,
}

/// A RewriteCond that was tried.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "RewriteEngine on\nRewriteCond %{HTTP_HOST} ^(.+)\\.example$\nRewriteRule ^ https://%1.test/ [R]\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("http://www.example/"));
/// assert!(all(&steps).iter().any(|step| match &step.detail {
///     Detail::RewriteCond(cond) => cond.input == "www.example" && cond.groups == [(1, "www".into())],
///     _ => false,
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cond {
    /// What it was tried on.
    pub input: BString,
    /// Whether the test itself held, a `!` aside.
    pub agrees: bool,
    /// Whether it has a `!`.
    pub negated: bool,
    /// Whether it is joined to the next one by `[OR]`.
    pub or_next: bool,
    /// The test.
    pub test: CondTest,
    /// What its groups caught, by number.
    pub groups: Vec<(usize, BString)>,
}

/// What a RewriteCond tests.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{CondTest, Detail};
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\nRewriteEngine on\nRewriteCond /srv%{REQUEST_URI} !-f\nRewriteRule ^ /index.php";
/// let run = Site::builder(config).file("/srv/a.css", "").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/a.css"));
/// let kept = all(&steps).into_iter().find(|step| match &step.detail {
///     Detail::RewriteCond(cond) => cond.test == CondTest::File && cond.agrees && cond.input == "/srv/a.css",
///     _ => false,
/// });
/// assert_eq!(kept.map(|step| step.matched()), Some(false), "there is such a file, and `!-f` wants none");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CondTest {
    /// A pattern.
    Pattern(BString),
    /// A regular file (-f).
    File,
    /// A regular file with content (-s).
    FileWithContent,
    /// A symbolic link (-l, -h, -L).
    Link,
    /// A directory (-d).
    Directory,
    /// An executable (-x).
    Executable,
    /// What a subrequest may reach (-U, -F).
    Accessible,
    /// How a text compares with another.
    Text(Order, BString),
    /// How a number compares with another.
    Number(Order, i64),
    /// An expression.
    Expression,
}

/// How two values are compared.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{CondTest, Detail, Order};
/// use routesim::{Request, Site};
///
/// let config = "RewriteEngine on\nRewriteCond %{SERVER_PORT} -gt1023\nRewriteRule ^ - [F]\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (outcome, steps) = run.explain(&Request::get("http://localhost:8080/"));
/// let above = CondTest::Number(Order::Greater, 1023);
/// assert!(all(&steps).iter().any(|step| matches!(&step.detail, Detail::RewriteCond(cond) if cond.test == above)));
/// assert_eq!(outcome.status, 403);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `<`, `-lt`
    Less,
    /// `<=`, `-le`
    LessEqual,
    /// `=`, `-eq`
    Equal,
    /// `>`, `-gt`
    Greater,
    /// `>=`, `-ge`
    GreaterEqual,
}

/// A RewriteRule that was tried.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "RewriteEngine on\nRewriteCond %{HTTPS} on\nRewriteRule ^/shop/(\\d+)$ /item.php?id=$1\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/shop/7"));
/// // the pattern matches, but the condition does not
/// assert!(all(&steps).iter().any(|step| match &step.detail {
///     Detail::RewriteRule(rule) => rule.subject == "/shop/7" && rule.matches && rule.held_back,
///     _ => false,
/// }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What its pattern was tried on.
    pub subject: BString,
    /// The pattern.
    pub pattern: BString,
    /// Whether the pattern itself matched, a `!` aside.
    pub matches: bool,
    /// Whether it has a `!`.
    pub negated: bool,
    /// Whether its conditions kept it from applying.
    pub held_back: bool,
    /// The condition that did: the last one of those that are joined by `[OR]`, none of which held. The steps within this
    /// one tell of all that were tried.
    pub failed: Option<Span>,
    /// What its groups caught, by number.
    pub groups: Vec<(usize, BString)>,
    /// The status that it sets without a substitution.
    pub status: Option<u16>,
    /// What comes after it.
    pub then: Then,
    /// How many rules it skips.
    pub skip: u32,
}

/// What comes after a rule.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Detail, Then};
/// use routesim::{Request, Site};
///
/// let config = "RewriteEngine on\nRewriteRule ^/a /b\nRewriteRule ^/b /c [L]\nRewriteRule ^/c /d\n";
/// let run = Site::builder(config).build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/a"));
/// let then = all(&steps).into_iter().filter_map(|step| match &step.detail {
///     Detail::RewriteRule(rule) => Some(rule.then),
///     _ => None,
/// });
/// assert_eq!(then.collect::<Vec<_>>(), [Then::GoOn, Then::Last], "the third rule is not tried");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// The next rule.
    #[default]
    GoOn,
    /// No rule any more for this request (`[END]`).
    End,
    /// No rule any more in this pass (`[L]`).
    Last,
    /// The first rule again (`[N]`).
    Again,
}

/// Something about a whole list of rewrite rules.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::{Detail, Rewriting};
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\n<Directory /srv>\nRewriteEngine on\nRewriteRule ^old/(.*) /new/$1\n</Directory>";
/// let run = Site::builder(config).file("/srv/new/a", "").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/old/a"));
/// let redirect = Detail::Rewriting(Rewriting::Redirect("/new/a".into()));
/// assert!(all(&steps).iter().any(|step| step.detail == redirect));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewriting {
    /// The virtual host has none of its own.
    NoRules,
    /// An earlier rule said `[END]`.
    Ended,
    /// What was asked for is no URL path.
    NoPath,
    /// A directory's own name, without its slash, is mod_dir's.
    BareDirectory,
    /// What came out is what it was.
    Unchanged,
    /// Passed on to the other modules as a URL (`[PT]`).
    PassedThrough,
    /// What came out is a path of the file system, whose first directory exists.
    FileSystemPath(BString),
    /// What came out is below the document root.
    BelowRoot(BString),
    /// An internal redirect to this.
    Redirect(BString),
    /// Further rounds of `[N]` are not in the trace.
    MoreRounds,
}

/// An internal redirect.
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\n<Directory /srv>\nRewriteEngine on\nRewriteRule ^a$ b [E=tool:curl]\n</Directory>\n";
/// let run = Site::builder(config).file("/srv/b", "").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/a"));
/// let redirected = all(&steps).into_iter().find_map(|step| match &step.detail {
///     Detail::Redirected(redirected) => Some(redirected.clone()),
///     _ => None,
/// });
/// let redirected = redirected.expect("there is a redirect");
/// assert_eq!(redirected.rule.map(|line| line.line), Some(4));
/// let variable = &redirected.variables[0];
/// assert_eq!((variable.name.to_string(), variable.value.to_string()), ("REDIRECT_tool".into(), "curl".into()));
/// assert_eq!(variable.by.line, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// The RewriteRule that it is made by; none where another module made it.
    pub rule: Option<Span>,
    /// The variables that directives set, as the new request has them.
    pub variables: Vec<Passed>,
}

/// A variable of the environment that an internal redirect passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Its new name: `REDIRECT_` and the old one.
    pub name: BString,
    /// Its value.
    pub value: BString,
    /// The directive that set it.
    pub by: Span,
}

/// Internal redirects that don't come to an end: the request is refused with 500 (AH00124).
///
/// ```
/// # use routesim::outcome::Step;
/// # fn all(s: &[Step]) -> Vec<&Step> { s.iter().flat_map(|s| [vec![s], all(&s.children)].concat()).collect() }
/// use routesim::outcome::step::Detail;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\n<Directory /srv>\nRewriteEngine on\nRewriteRule (.*) x/$1\n</Directory>\n";
/// let run = Site::builder(config).file("/srv/b", "").build()?.start().expect("httpd starts");
/// let (outcome, steps) = run.explain(&Request::get("/a"));
/// let found = all(&steps).into_iter().find_map(|step| match &step.detail {
///     Detail::Loop(found) => Some((found.redirects, found.rules.iter().map(|line| line.line).collect::<Vec<_>>())),
///     _ => None,
/// });
/// assert_eq!((outcome.status, found), (500, Some((10, vec![4]))), "the rule matches its own result");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// How many redirects there were.
    pub redirects: u32,
    /// The rules that made them, each once, the last one first. If it is a single one, it matches its own result.
    pub rules: Vec<Span>,
}
