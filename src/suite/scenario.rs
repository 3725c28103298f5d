//! A scenario: a configuration, a tree of files and requests, in one YAML file.

use super::expect::Expectation;
use super::files::FileEntry;
use super::read;
#[cfg(feature = "disk")]
use super::real::RealSite;
use super::request::RequestSpec;
use super::tree::ScenarioFs;
use crate::diagnostic::Diagnostic;
use crate::expr::moment::Moment;
use crate::server::world::default_hosts;
use crate::source::{FileId, SourceMap, Span};
use crate::url::split_url;
use crate::version::Version;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// One scenario.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{RequestSpec, Scenario, run};
///
/// let text = "name: a note\nconfig: DocumentRoot /srv\nfiles: {/srv/note.txt: hello}\nrequests: [/note.txt]\n";
/// let mut scenario = Scenario::parse("note.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// scenario.requests.push(RequestSpec::short("DELETE /note.txt"));
/// let ran = run(&scenario).expect("its files can be laid out");
/// assert!(ran.answers.iter().map(|answered| answered.outcome.status).eq([200, 405]));
/// ```
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Where it was read from.
    pub path: PathBuf,
    /// What it shows, in a sentence.
    pub name: String,
    /// Why it is so.
    pub about: Option<String>,
    /// The httpd that answers.
    pub httpd: Version,
    /// The configuration.
    pub config: ConfigSource,
    /// The site of this machine that is asked instead, where it names one.
    #[cfg(feature = "disk")]
    pub site: Option<RealSite>,
    /// Where the scenario says so.
    pub config_at: Span,
    /// Modules to load, without `mod_`; the default set where none are given.
    pub modules: Option<Vec<String>>,
    /// As httpd's `-D`.
    pub defines: Vec<String>,
    /// The environment that httpd is started in: nothing else is in it. None: nothing is said of it.
    pub environment: Option<Vec<(String, String)>>,
    /// When the requests are made.
    pub time: Option<Moment>,
    /// The only host names there are, both ways.
    pub hosts: Vec<(IpAddr, String)>,
    /// The tree's files, in order.
    pub files: Vec<FileEntry>,
    /// What is asked.
    pub requests: Vec<RequestSpec>,
    /// Why nothing of it is asked.
    pub skip: Option<String>,
    /// By which its requests can be chosen, besides their own.
    pub tags: Vec<String>,
    /// That httpd refuses to start (`config_error`, held against that line of a replay); empty where it is to start.
    pub expect: Vec<Expectation>,
    /// The scenario's text in the source map.
    pub source: Option<FileId>,
    /// The source map that its places are in.
    pub sources: SourceMap,
}

/// Where a scenario's configuration stands.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{ConfigSource, Scenario};
///
/// let text = "name: x\nconfig: |\n  DocumentRoot /srv\n  Alias /a /b\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// assert_eq!(scenario.config.place(2), Some((4, 3)), "line 2 of the configuration is line 4 of the scenario");
/// assert_eq!(ConfigSource::File("/etc/apache2/apache2.conf".into()).place(2), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// In the scenario itself.
    Text {
        /// The configuration.
        text: String,
        /// The scenario's line on which the text's first line stands; 0 where its lines are not the scenario's.
        line: u32,
        /// The column at which its lines begin.
        column: u32,
    },
    /// In a file of this machine.
    File(PathBuf),
}

impl Default for ConfigSource {
    fn default() -> ConfigSource {
        ConfigSource::Text { text: String::new(), line: 0, column: 0 }
    }
}

impl ConfigSource {
    /// The place in the scenario of a line of the configuration, where it stands there line by line.
    pub fn place(&self, config_line: u32) -> Option<(u32, u32)> {
        match self {
            ConfigSource::Text { line, column, .. } if *line > 0 && config_line > 0 => {
                Some((line + config_line - 1, *column))
            }
            _ => None,
        }
    }
}

impl Default for Scenario {
    /// An empty configuration, an empty tree, no requests.
    fn default() -> Scenario {
        Scenario {
            path: PathBuf::new(),
            name: String::new(),
            about: None,
            httpd: Version::default(),
            config: ConfigSource::default(),
            #[cfg(feature = "disk")]
            site: None,
            config_at: Span::NONE,
            modules: None,
            defines: Vec::new(),
            environment: None,
            time: None,
            hosts: default_hosts(),
            files: Vec::new(),
            requests: Vec::new(),
            skip: None,
            tags: Vec::new(),
            expect: Vec::new(),
            source: None,
            sources: SourceMap::default(),
        }
    }
}

impl Scenario {
    /// Reads a scenario file of this machine.
    ///
    /// # Errors
    /// As [`Scenario::parse`]; and when the file can't be read or is not UTF-8.
    #[cfg(feature = "disk")]
    pub fn load(path: &Path, sources: &SourceMap) -> Result<Scenario, Vec<Diagnostic>> {
        Scenario::load_all(path, sources).and_then(|all| read::only(all, path))
    }

    /// The same for a file that may have several (`scenarios`).
    ///
    /// # Errors
    /// As [`Scenario::load`].
    #[cfg(feature = "disk")]
    pub fn load_all(path: &Path, sources: &SourceMap) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
        let failed = |why: String| {
            let message = format!("can't read `{}`: {why}", path.display());
            vec![Diagnostic::error("missing-file", message, Span::NONE)]
        };
        let bytes = crate::vfs::bounded::read(path).map_err(|e| failed(e.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| failed("not UTF-8".into()))?;
        Scenario::parse_all(path, &text, sources)
    }

    /// Reads a scenario from its text. `path` names it and is what other paths in it are relative to; the text is
    /// added to `sources`.
    ///
    /// # Errors
    /// Everything that is wrong with it: YAML that is none, unknown or missing keys, values of the wrong type.
    pub fn parse(path: &Path, text: &str, sources: &SourceMap) -> Result<Scenario, Vec<Diagnostic>> {
        Scenario::parse_all(path, text, sources).and_then(|all| read::only(all, path))
    }

    /// The same for a text that may have several (`scenarios`): each has what stands around them, too.
    ///
    /// ```
    /// use routesim::source::SourceMap;
    /// use routesim::suite::Scenario;
    ///
    /// let text = "name: redirects\nconfig: Redirect /a /b\nscenarios:\n- requests: [/a]\n- requests: [/b, /c]\n";
    /// let all = Scenario::parse_all("x.yaml".as_ref(), text, &SourceMap::default()).expect("there are two");
    /// assert_eq!(all.iter().map(|scenario| scenario.requests.len()).collect::<Vec<_>>(), [1, 2]);
    /// assert_eq!(all[0].config, all[1].config);
    /// ```
    ///
    /// # Errors
    /// As [`Scenario::parse`].
    pub fn parse_all(path: &Path, text: &str, sources: &SourceMap) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
        read::read(path, text, sources)
    }

    /// What is wrong where [`Scenario::config_text`] is an error.
    pub(crate) fn unread_config(&self, error: &std::io::Error) -> Diagnostic {
        let ConfigSource::File(path) = &self.config else {
            return Diagnostic::error("config-file", error.to_string(), self.config_at);
        };
        let message = format!("can't read the configuration `{}`: {error}", path.display());
        let found = Diagnostic::error("config-file", message, self.config_at);
        #[cfg(feature = "disk")]
        let found = found
            .help(super::from::missing(path, "`file` is a path on this machine, relative to the scenario's directory"));
        found
    }

    /// The configuration's text.
    ///
    /// # Errors
    /// When it stands in a file that can't be read.
    pub(crate) fn config_text(&self) -> std::io::Result<Vec<u8>> {
        match &self.config {
            ConfigSource::Text { text, .. } => Ok(text.clone().into_bytes()),
            #[cfg(feature = "disk")]
            ConfigSource::File(path) => crate::vfs::bounded::read(path),
            #[cfg(not(feature = "disk"))]
            ConfigSource::File(_) => Err(std::io::ErrorKind::Unsupported.into()),
        }
    }

    /// The tree that httpd sees; `config` is the configuration's text.
    ///
    /// # Errors
    /// Files that have no place in it, folders to copy that are not there.
    pub(crate) fn tree(&self, config: &[u8]) -> Result<ScenarioFs, Vec<Diagnostic>> {
        ScenarioFs::build(&self.files, &String::from_utf8_lossy(config))
    }

    /// What places call the configuration: its file, as the scenario names it, or `config`.
    pub(crate) fn config_name(&self) -> String {
        match &self.config {
            ConfigSource::Text { .. } => "config".into(),
            ConfigSource::File(path) => {
                let folder = self.path.parent().unwrap_or(Path::new(""));
                path.strip_prefix(folder).unwrap_or(path).display().to_string()
            }
        }
    }

    /// The ports that the requests use: each has its Listen.
    pub(crate) fn ports(&self) -> BTreeSet<u16> {
        let urls = self.requests.iter().map(|r| split_url(&r.url).port);
        urls.chain(self.requests.iter().map(|r| r.server().1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::FileKind;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(text: &str) -> Result<Scenario, Vec<String>> {
        let sources = SourceMap::default();
        Scenario::parse(Path::new("dir/s.yaml"), text, &sources).map_err(|problems| {
            let said = |d: &Diagnostic| {
                let (line, column) = sources.file(d.span.file).line_column(d.span.start);
                let help = d.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
                format!("{line}:{column}: {}{help}", d.message)
            };
            problems.iter().map(said).collect()
        })
    }

    #[test]
    fn everything() {
        let text = r#"
name: all of it
about: because
config: |

  DocumentRoot /srv/www
modules: [alias, php8.2]
defines: [A, 1.10]
files:
  /srv/www/a: text
  /srv/www/b/: {dir: true, mode: 0700}
  /srv/www/c: {symlink: ../x}
  /srv/www/d: {content: "", mode: "0600", owner: root, group: 7}
  /srv/site/: {from: ./public}
hosts: {10.0.0.1: a b}
requests:
  - POST /x
  - url: http://h/x
    server: "[::1]:81"
    tls: yes
    headers: {X: 0600, Y: ~, Z: yes}
    expect: {status: 403, handler: null, user: 007, wsgi: {process_group: ""}, decided_by: [Require], caveats: []}
"#;
        let s = parse(text).unwrap();
        assert_eq!(s.config.place(2), Some((6, 3)));
        assert_eq!(s.config_text().unwrap(), b"\nDocumentRoot /srv/www\n");
        assert_eq!(s.defines, ["A", "1.10"]);
        let kinds: Vec<&FileKind> = s.files.iter().map(|f| &f.kind).collect();
        let wanted = [
            &FileKind::Regular(Some("text".into()), None),
            &FileKind::Directory,
            &FileKind::Symlink("../x".into()),
            &FileKind::Regular(None, None),
            &FileKind::From("dir/./public".into()),
        ];
        assert_eq!(kinds, wanted);
        assert_eq!(
            (s.files[1].path.as_str(), s.files[1].mode, s.files[3].mode),
            ("/srv/www/b", Some(0o700), Some(0o600))
        );
        assert_eq!(s.hosts.iter().map(|h| h.1.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(s.ports().into_iter().collect::<Vec<_>>(), [80, 81]);
        let r = &s.requests[1];
        assert_eq!((r.tls, r.line, r.column), (Some(true), 18, 5));
        let headers: Vec<(&str, &str)> = r.headers.iter().map(|h| (h.0.as_str(), h.1.as_str())).collect();
        assert_eq!(headers, [("X", "0600"), ("Y", ""), ("Z", "yes")]);
        let values: Vec<&serde_json::Value> = r.expect.iter().map(|e| &e.value).collect();
        let wanted = [
            json!(403),
            json!(null),
            json!("007"),
            json!({"process_group": ""}),
            json!([{"directive": "Require"}]),
            json!([]),
        ];
        assert_eq!(values, wanted.iter().collect::<Vec<_>>());
        assert_eq!((r.expect[0].line, r.expect[0].column), (22, 22));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wanted) in [
            ("", "1:1: this scenario has no `name` (begin with `name: ` and a sentence on what it shows)"),
            ("- x", "1:1: a scenario must be a mapping, not a list"),
            ("name: x\nname: y", "2:1: key `name` stands twice (keep one of them)"),
            ("name: x\nconfg: y", "2:1: unknown key `confg` in a scenario (did you mean `config`?)"),
            ("name: x\nconfig: {file: }", "2:9: `config` is neither a text nor a `file`"),
            ("name: x\nrequests: /x", "2:11: `requests` must be a list, not a text"),
            ("name: x\nrequests: [{method: GET}]", "2:12: this request has no `url`"),
            (
                "name: x\nrequests: [GET /a b]",
                "2:12: this is no request (write `METHOD URL`, or a mapping with `url` for a URL with spaces)",
            ),
            ("name: x\nrequests: [{url: /, client: me}]", "2:29: `client` must be an IP address, not `me`"),
            (
                "name: x\nrequests: [{url: /, expect: {status: ok}}]",
                "2:38: `status` must be a status (100 to 599), not `ok`",
            ),
            (
                "name: x\nrequests: [{url: /, expect: {wsgi: {group: a}}}]",
                "2:37: unknown key `group` in `wsgi` (known keys: process_group, application_group, callable)",
            ),
            (
                "name: x\nrequests: [{url: /, expect: {access: denid}}]",
                "2:38: `denid` is no value of `access` (did you mean `denied`?)",
            ),
            ("name: x\nfiles: {srv: x}", "2:9: path `srv` is not absolute (write `/srv`)"),
            ("name: x\nfiles: {/a/../b: x}", "2:9: path `/a/../b` is not plain (leave out `.` and `..`)"),
            ("name: x\nfiles: {/a: {mode: 0888}}", "2:20: `mode` must be an octal mode, such as \"0644\", not `0888`"),
            ("name: x\nfiles: {/a: {symlink: b, content: c}}", "2:9: `/a` has both `symlink` and `content`"),
            (
                "name: x\nfiles: {/a/: text}",
                "2:14: a directory has no content (a path that ends in a slash is a directory)",
            ),
            (
                "name: x\nexpect: {config_eror: {line: 1}}",
                "2:10: unknown key `config_eror` in `expect` (did you mean `config_error`?)",
            ),
            ("name: x\nhosts: {me: you}", "2:9: `me` is no IP address (write `ADDRESS: NAME`)"),
        ] {
            assert_eq!(parse(text).unwrap_err(), [wanted], "{text}");
        }
    }

    #[test]
    fn all_problems_at_once() {
        assert_eq!(parse("about: [x]\nx: 1\nrequests: [{}, {url: [x]}]").unwrap_err().len(), 5);
    }

    proptest! {
        #[test]
        fn never_panics(text in r#"(name: x\n)?((files|[a-z]+): ?[|>\[{"'&*!0-9a-z/:,.~\n \]}-]{0,40}\n?){0,4}"#) {
            if let Ok(scenario) = parse(&text) {
                let _ = scenario.tree(&scenario.config_text().unwrap_or_default());
                scenario.requests.iter().for_each(|r| drop(r.head(0)));
            }
        }
    }
}
