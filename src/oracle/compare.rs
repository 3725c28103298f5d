//! What of an httpd's answer can be held against an outcome, and where the two differ.

use super::answer::{Answer, Reply};
use super::environment;
use crate::server::response::is_left_out;
use serde_json::{Value, json};

/// One key of an outcome on which the two don't agree.
///
/// ```
/// use routesim::oracle::{Difference, Reply, Verdict};
///
/// let difference = Difference { key: "config_error.line", httpd: 7.into(), routesim: 6.into() };
/// let reply = Reply::ConfigError { file: Some("config".into()), line: Some(7), message: "...".into() };
/// let verdict = Verdict::Refused(vec![difference], reply);
/// assert_eq!((verdict.compared(), verdict.differing()), (1, 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The key: `status`, `wsgi.process_group`, `config_error.line`.
    pub key: &'static str,
    /// What httpd says.
    pub httpd: Value,
    /// What routesim says.
    pub routesim: Value,
}

/// The codes by which the error log says why a request ended with a status. Others (notices, marks of subrequests that
/// failed while the request went on) don't count.
const WHY: &[(u16, &[&str])] = &[
    (400, &["AH10244", "AH02429", "AH00566", "AH00569", "AH03448", "AH02416", "AH02417", "AH02418", "AH02420"]),
    (
        401,
        &["AH01614", "AH01615", "AH01617", "AH01618", "AH01620", "AH01631", "AH01781", "AH01797", "AH01807", "AH01808"],
    ),
    (
        403,
        &[
            "AH00035", "AH00036", "AH00037", "AH00132", "AH00529", "AH00670", "AH01228", "AH01265", "AH01276",
            "AH01630", "AH01631", "AH01797", "AH02809", "AH02812", "AH02813", "AH02219", "AH02229", "AH10410",
            "AH10411", "AH10508",
        ],
    ),
    (404, &["AH00026", "AH00135", "AH00687", "AH01264", "AH02811"]),
    (405, &["AH01623"]),
    (406, &["AH00690"]),
    (500, &["AH00027", "AH00124", "AH00125", "AH00529"]),
];
/// Those that say that access was denied.
const DENIED: &[&str] = &["AH01630", "AH01797"];
/// Content types that stand in for a handler, where none is set.
const BY_TYPE: &[&str] = &[
    "application/x-httpd-php",
    "application/x-httpd-php-source",
    "application/x-httpd-cgi",
    "application/x-type-map",
    "httpd/send-as-is",
    "text/x-server-parsed-html",
    "application/x-httpd-imap",
];

/// What an answer says for certain, by the keys of an outcome.
pub(super) fn certain(answer: &Answer, method: &str) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    let Some(status) = answer.status else {
        let refused = answer.error.as_ref().is_some_and(|error| error.starts_with("Connection refused"));
        return if refused { vec![("connection", json!("refused"))] } else { all };
    };
    let mut say = |key: &'static str, value: Value| all.push((key, value));
    let inner = answer.inner.as_ref();
    let inner_file = inner.map(|i| i.file.as_str()).filter(|f| !f.is_empty());
    let log_file = answer.file.as_deref();
    let file = inner_file.or(log_file);
    let by_type = inner.map(|i| i.handler.as_str()).filter(|h| BY_TYPE.contains(h));
    let handler = answer.handler.as_deref().or(by_type);
    let codes: Vec<&str> = answer.codes().collect();
    if let (Some(file), Some(handler)) = (file.filter(|f| f.starts_with("proxy:")), handler)
        && (status >= 300 || codes.contains(&"AH00898"))
        && !(status == 403 && codes.iter().any(|c| DENIED.contains(c)))
    {
        // where an ErrorDocument failed too, the header tells of the first request and the log of the last
        if inner_file.is_some_and(|f| Some(f) != log_file) {
            return all;
        }
        // the rest is the back-end's own doing, unless it is one that is known
        if answer.fpm {
            say("status", json!(status));
        }
        say("handler", json!(handler));
        if !file.contains('[') {
            say("file", json!(file));
        }
        return all;
    }
    if answer.log.iter().any(|l| l.code == "AH00898" && names_no_address(&l.text)) {
        // an ErrorDocument stands for a back-end that there is none of here
        return all;
    }
    say("status", json!(status));
    if let Some(location) = &answer.location {
        say("location", json!(location));
    }
    if let Some(vhost) = &answer.vhost {
        say("vhost", json!(vhost));
    }
    let plain = !matches!(method, "OPTIONS" | "TRACE");
    let served = log_file.is_some() || inner_file.is_some();
    let silent = matches!(status, 204 | 206) && handler.is_none();
    if (200..300).contains(&status) && plain && served && !silent {
        // a rule may ask for a success ([R=200]): a page of httpd's own, which no handler made
        if !answer.log.iter().any(|l| l.text.contains("forcing responsecode 2")) {
            say("handler", json!(handler.unwrap_or("default-handler")));
            say("access", json!("granted"));
        }
        say("file", json!(file));
        say("path_info", json!(inner.map_or("", |i| &i.path_info)));
        if let Some(inner) = inner.filter(|i| !i.file.is_empty()) {
            say("user", json!(Some(&inner.user).filter(|u| !u.is_empty())));
        }
    } else if matches!(status, 401 | 403 | 404) && plain && inner_file.is_some() && inner_file == log_file {
        say("file", json!(file));
    }
    if let Some(probe) = &answer.probe {
        let text = |key: &str| json!(probe.get(key).and_then(Value::as_str).unwrap_or(""));
        if probe["probe"] == "wsgi" {
            say("wsgi.process_group", text("mod_wsgi.process_group"));
            say("wsgi.application_group", text("mod_wsgi.application_group"));
        }
        if probe["probe"] == "wsgi" || probe["probe"] == "cgi" {
            say("script_name", text("SCRIPT_NAME"));
        }
    }
    let reasons = WHY.iter().find(|w| w.0 == status).map_or(&[][..], |w| w.1);
    let mut why: Vec<&str> = codes.iter().copied().filter(|c| reasons.contains(c)).collect();
    // said once by a request that is not the last, it may be an ErrorDocument's subrequest that said it
    let own = inner_file == log_file || why.len() > 1;
    why.sort_unstable();
    why.dedup();
    // with Satisfy Any a refusal is noted and the request goes on: another line is the last then
    let last = answer.log.iter().rfind(|l| l.level == "error");
    let last = last.is_none_or(|l| status != 403 || why.contains(&l.code.as_str()));
    // and a rule's refusal is told as news only
    let by_rule = status == 403 && answer.log.iter().any(|l| l.text.contains("forcing responsecode 403"));
    if let ([code], true) = (&why[..], own && last && !by_rule) {
        say("log", json!(code));
        if status == 403 && DENIED.contains(code) {
            say("access", json!("denied"));
        }
    }
    if status == 401 {
        say("access", json!("auth-required"));
    }
    all
}

/// Whether a line says that a back-end's name has no address, where a name it may well be.
fn names_no_address(line: &str) -> bool {
    let name = line.split_once("DNS lookup failure for: ").and_then(|(_, rest)| rest.split(' ').next());
    name.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.'))
}

/// Where an outcome (as JSON) is not what httpd answered.
pub(super) fn differences(answer: &Answer, method: &str, outcome: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    for (key, httpd) in certain(answer, method) {
        let got = key.split('.').fold(outcome, |v, k| v.get(k).unwrap_or(&Value::Null));
        let routesim = match key {
            "file" => same_file(&httpd, got),
            "script_name" | "path_info" if got.is_null() => json!(""),
            k if k.starts_with("wsgi.") && got.is_null() => json!(""),
            _ => got.clone(),
        };
        if httpd != routesim {
            found.push(Difference { key, httpd, routesim });
        }
    }
    found.extend(headers(answer, outcome));
    found.extend(environment::difference(answer, outcome));
    let denied = outcome["log"].as_str().filter(|c| DENIED.contains(c));
    if let (Some(403), None, Some(code)) = (answer.status, answer.codes().next(), denied)
        && !found.iter().any(|d| d.key == "status")
        && !answer.file.as_deref().is_some_and(|f| f.starts_with("proxy:"))
    {
        found.push(Difference { key: "log", httpd: Value::Null, routesim: json!(code) });
    }
    found
}

/// Where the headers are not those that httpd sent, if the outcome has any: the first that differs. A value that can't be known
/// may be any; what a program or back-end sends is its own doing.
fn headers(answer: &Answer, outcome: &Value) -> Option<Difference> {
    let mut both = paired(answer, outcome)?;
    let (name, value) = match both.unmatched.first() {
        Some((name, value)) => (*name, value),
        None => {
            let (name, value) = both.left.first()?;
            return Some(Difference { key: "headers", httpd: json!([name, value]), routesim: Value::Null });
        }
    };
    let lower = name.to_ascii_lowercase();
    both.left.retain(|(n, _)| *n == lower);
    let httpd = both.left.first().map_or(Value::Null, |(_, v)| json!([lower, v]));
    Some(Difference { key: "headers", httpd, routesim: json!([lower, value]) })
}

/// The headers that httpd sent, as an outcome has them: names as routesim writes them where it has them, `null` for a value
/// that it can't know. None where the outcome has no headers, or a program or back-end sent them.
pub(super) fn sent(answer: &Answer, outcome: &Value) -> Option<Value> {
    let both = paired(answer, outcome)?;
    let matched = both.matched.into_iter().map(|(_, name, value)| json!([name, value]));
    Some(matched.chain(both.left.into_iter().map(|(name, value)| json!([name, value]))).collect())
}

/// The headers of an answer and of an outcome, side by side.
struct Paired<'a> {
    /// Those of the outcome that httpd sent, too: place in the outcome, name and value, none where that can't be known.
    matched: Vec<(usize, &'a str, Option<&'a str>)>,
    /// Those of the outcome that httpd didn't send so.
    unmatched: Vec<(&'a str, Option<&'a str>)>,
    /// The others that httpd sent, names in lower case.
    left: Vec<(&'a str, &'a str)>,
}

fn paired<'a>(answer: &'a Answer, outcome: &'a Value) -> Option<Paired<'a>> {
    let told = outcome["headers"].as_array().filter(|_| answer.status.is_some())?;
    let file = answer.inner.as_ref().map(|i| &i.file).filter(|f| !f.is_empty()).or(answer.file.as_ref());
    let foreign = answer.probe.is_some()
        || file.is_some_and(|f| f.starts_with("proxy:"))
        || outcome["handler"].as_str().is_some_and(|h| h.ends_with("-script") || h.ends_with("php"));
    if foreign {
        return None;
    }
    let sent = answer.headers.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let left = sent.filter(|(n, _)| !is_left_out(n.as_bytes())).collect();
    let mut both = Paired { matched: Vec::new(), unmatched: Vec::new(), left };
    let ours = told.iter().map(|h| (h[0].as_str().unwrap_or_default(), h[1].as_str())).enumerate();
    // those that are known are matched first
    let (known, any): (Vec<_>, Vec<_>) = ours.partition(|(_, (_, value))| value.is_some());
    for (place, (name, value)) in known.into_iter().chain(any) {
        let fits = |(n, v): &(&str, &str)| n.eq_ignore_ascii_case(name) && value.is_none_or(|value| value == *v);
        match both.left.iter().position(fits) {
            Some(at) => {
                both.left.remove(at);
                both.matched.push((place, name, value));
            }
            None => both.unmatched.push((name, value)),
        }
    }
    both.matched.sort_unstable();
    Some(both)
}

/// A slash at the end makes no other file.
fn same_file(httpd: &Value, got: &Value) -> Value {
    let plain = |v: &Value| v.as_str().map(|f| f.trim_end_matches('/').to_string());
    if plain(httpd).is_some() && plain(httpd) == plain(got) { httpd.clone() } else { got.clone() }
}

/// Whether httpd's refusal (or its start) is what routesim says: `error` is the `config_error` line, where there is one.
pub(super) fn refusal(reply: &Reply, error: Option<&Value>) -> Vec<Difference> {
    let got = error.map_or(Value::Null, |e| e["config_error"].clone());
    let (key, httpd, routesim) = match reply {
        Reply::ConfigError { line: Some(line), .. } if !got.is_null() => {
            ("config_error.line", json!(line), got["line"].clone())
        }
        Reply::ConfigError { line: None, .. } if !got.is_null() => return Vec::new(),
        Reply::ConfigError { line, message, .. } => ("config_error", json!({"line": line, "message": message}), got),
        Reply::Answers { .. } => ("config_error", Value::Null, got),
        Reply::MachineError(_) | Reply::Failed(_) | Reply::Contained => return Vec::new(),
    };
    if httpd == routesim { Vec::new() } else { vec![Difference { key, httpd, routesim }] }
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Inner, LogLine};
    use super::*;

    fn answer(status: u16, file: &str, code: &str) -> Answer {
        let log = LogLine { level: "error".into(), code: code.into(), text: String::new() };
        Answer {
            status: Some(status),
            vhost: Some("localhost".into()),
            file: Some(file.into()),
            inner: Some(Inner { file: file.into(), ..Inner::default() }),
            log: if code.is_empty() { vec![] } else { vec![log] },
            ..Answer::default()
        }
    }

    #[test]
    fn what_counts() {
        let outcome = |status: u16, log: Value| {
            json!({"status": status, "vhost": "localhost", "file": "/w/a", "handler": "default-handler", "path_info": "",
                   "access": if status == 200 { "granted" } else { "denied" }, "user": null, "log": log})
        };
        let keys = |a: &Answer, o: &Value| differences(a, "GET", o).iter().map(|d| d.key).collect::<Vec<_>>();
        assert_eq!(keys(&answer(200, "/w/a/", ""), &outcome(200, Value::Null)), [""; 0]);
        assert_eq!(keys(&answer(200, "/w/b", ""), &outcome(200, Value::Null)), ["file"]);
        assert_eq!(keys(&answer(403, "/w/a", "AH01630"), &outcome(403, json!("AH01630"))), [""; 0]);
        assert_eq!(keys(&answer(403, "/w/a", "AH01630"), &outcome(403, json!("AH01797"))), ["log"]);
        assert_eq!(keys(&answer(403, "/w/a", ""), &outcome(403, json!("AH01797"))), ["log"]);
        assert_eq!(keys(&answer(404, "/w/a", "AH00128"), &outcome(404, Value::Null)), [""; 0]);
        assert_eq!(keys(&Answer::default(), &outcome(404, Value::Null)), [""; 0]);
        let mut with_header = answer(200, "/w/a", "");
        with_header.headers = vec![("date".into(), "now".into()), ("etag".into(), "\"x\"".into())];
        let told = |headers: Value| {
            let mut o = outcome(200, Value::Null);
            o["headers"] = headers;
            o
        };
        assert_eq!(keys(&with_header, &told(json!([["ETag", null]]))), [""; 0]);
        assert_eq!(keys(&with_header, &told(json!([["ETag", "\"y\""]]))), ["headers"]);
        assert_eq!(keys(&with_header, &told(json!([]))), ["headers"]);
        assert_eq!(keys(&with_header, &told(json!([["ETag", null], ["X", "1"]]))), ["headers"]);
        let proxied = Answer { handler: Some("proxy-server".into()), ..answer(503, "proxy:http://b/", "") };
        assert_eq!(
            keys(&proxied, &json!({"status": 200, "handler": "proxy-server", "file": "proxy:http://b/"})),
            [""; 0]
        );
    }
}
