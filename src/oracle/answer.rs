//! What a real httpd answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What became of a job.
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
    /// The error log's lines.
    pub log: Vec<LogLine>,
    /// What a stand-in program told.
    pub probe: Option<Value>,
}

/// The last request's own view: REQUEST_FILENAME and its kin, empty where unset.
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
    /// The codes of the lines from `info` upwards, in order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.log.iter().filter(|l| l.is_news() && !l.code.is_empty()).map(|l| l.code.as_str())
    }
}
