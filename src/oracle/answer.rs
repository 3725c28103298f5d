//! What a real httpd answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of a job.
///
/// ```
/// use routesim::oracle::{Reply, Verdict, recorded};
/// use routesim::source::SourceMap;
/// use routesim::suite::Scenario;
///
/// let text = "name: x\nconfig: Alais /a /b\nrequests: [/a]\n";
/// let scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// let message = "Invalid command 'Alais'".into();
/// let reply = Reply::ConfigError { file: Some("config".into()), line: Some(1), message };
/// let (text, changed) = recorded(text, &scenario, &Verdict::Refused(Vec::new(), reply))?;
/// assert!(changed == 1 && text.contains("config_error"), "{text}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// An answer for each request, and what httpd said when it started.
    Answers {
        /// In request order.
        answers: Vec<Answer>,
        /// What httpd warned of at its start.
        warnings: Vec<String>,
    },
    /// httpd refused the configuration.
    ConfigError {
        /// The file that it names; `config` for the scenario's own text.
        file: Option<String>,
        /// The line that it names.
        line: Option<u32>,
        /// What it said.
        message: String,
    },
    /// httpd could not start for what this machine lacks.
    MachineError(String),
    /// There was no question: a run would be contained here.
    Contained,
    /// The question could not be put.
    Failed(String),
}

/// The answer to one request, with what httpd noted about it. Bytes that are no UTF-8 are U+FFFD.
///
/// ```
/// use routesim::oracle::{Answer, LogLine};
///
/// let line = |level: &str, code: &str| LogLine { level: level.into(), code: code.into(), text: "...".into() };
/// let log = vec![line("debug", "AH01626"), line("error", "AH01630")];
/// let answer = Answer { status: Some(403), log, ..Answer::default() };
/// assert!(answer.codes().eq(["AH01630"]), "the codes of what an admin sees at the level info");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The status; none where the connection brought nothing.
    pub status: Option<u16>,
    /// Why there is no status.
    pub error: Option<String>,
    /// The Location header.
    pub location: Option<String>,
    /// The server's name, by the access log.
    pub vhost: Option<String>,
    /// The file name, by the access log.
    pub file: Option<String>,
    /// The handler, by the access log.
    pub handler: Option<String>,
    /// What a header that httpd computed told of the last request; none where it could not be set.
    pub inner: Option<Inner>,
    /// The response's headers, names in lower case, but for what tells of the last request.
    pub headers: Vec<(String, String)>,
    /// The error log's lines.
    pub log: Vec<LogLine>,
    /// What a stand-in program told.
    pub probe: Option<Value>,
    /// Whether a PHP-FPM answered for httpd.
    pub fpm: bool,
}

/// The last request's own view: REQUEST_FILENAME and its kin, empty where unset.
///
/// ```
/// use routesim::oracle::{Answer, Inner};
///
/// let inner = Inner { file: "/srv/app.cgi".into(), path_info: "/cart".into(), ..Inner::default() };
/// let answer = Answer { status: Some(200), inner: Some(inner), ..Answer::default() };
/// assert_eq!(answer.inner.map(|inner| (inner.path_info, inner.user)), Some(("/cart".into(), "".into())));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Inner {
    /// `%{REQUEST_FILENAME}`
    pub file: String,
    /// `%{HANDLER}`
    pub handler: String,
    /// `%{PATH_INFO}`
    pub path_info: String,
    /// `%{REMOTE_USER}`
    pub user: String,
}

/// A line of httpd's error log.
///
/// ```
/// use routesim::oracle::LogLine;
///
/// let text = "client denied by server configuration: /srv/a.key";
/// let line = LogLine { level: "error".into(), code: "AH01630".into(), text: text.into() };
/// assert!(line.is_news());
/// assert!(!LogLine { level: "trace3".into(), ..line }.is_news());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// `error`, `info`, `trace3`
    pub level: String,
    /// `AH01630`; empty where there is none.
    pub code: String,
    /// The line.
    pub text: String,
}

impl LogLine {
    /// Whether people who run httpd would see it at the level `info`.
    pub fn is_news(&self) -> bool {
        matches!(self.level.as_str(), "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info")
    }
}

impl Answer {
    /// Whether the last request went to a FastCGI back-end that was reached.
    pub(super) fn asked_fastcgi(&self) -> bool {
        let file = self.inner.as_ref().map(|i| &i.file).filter(|f| !f.is_empty()).or(self.file.as_ref());
        file.is_some_and(|f| f.starts_with("proxy:fcgi:"))
            && self.codes().all(|code| code != "AH00898" && code != "AH01079")
    }

    /// The codes of the lines from `info` upwards, in order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.log.iter().filter(|l| l.is_news() && !l.code.is_empty()).map(|l| l.code.as_str())
    }
}
