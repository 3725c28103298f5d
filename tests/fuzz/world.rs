//! What is asked: a configuration as a tree, files, requests; and how they are written as a scenario.

use serde_json::json;
use std::fmt::Write;

/// A directive, or a section with what is in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Lines that stand or fall together.
    Lines(String),
    /// `<open>` ... `</name>`
    Section(String, Vec<Node>),
}

/// A request.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Request {
    /// The URL.
    pub url: String,
    /// The request target, where it is not the URL's.
    pub target: Option<String>,
    /// The method, where it is not GET.
    pub method: Option<&'static str>,
    /// The client's address.
    pub client: Option<&'static str>,
    /// The server's address.
    pub server: Option<&'static str>,
    /// Credentials.
    pub user: Option<&'static str>,
    /// A header.
    pub header: Option<(&'static str, &'static str)>,
    /// Whether the connection is TLS.
    pub tls: bool,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct World {
    /// The version of httpd, where it is not the usual one.
    pub httpd: Option<String>,
    /// The configuration.
    pub config: Vec<Node>,
    /// .htaccess files: folder and content.
    pub htaccess: Vec<(String, Vec<Node>)>,
    /// Files: path and YAML value.
    pub files: Vec<(String, String)>,
    /// What is asked.
    pub requests: Vec<Request>,
}

impl Node {
    fn write(&self, out: &mut String, indent: usize) {
        match self {
            Node::Lines(lines) => {
                for line in lines.lines() {
                    let _ = writeln!(out, "{:indent$}{line}", "");
                }
            }
            Node::Section(open, inner) => {
                let name = open.split_whitespace().next().unwrap_or("");
                let _ = writeln!(out, "{:indent$}<{open}>", "");
                for node in inner {
                    node.write(out, indent + 2);
                }
                let _ = writeln!(out, "{:indent$}</{name}>", "");
            }
        }
    }
}

fn block(nodes: &[Node], indent: usize) -> String {
    let mut out = String::new();
    for node in nodes {
        node.write(&mut out, indent);
    }
    if out.is_empty() {
        let _ = writeln!(out, "{:indent$}#", "");
    }
    out
}

impl World {
    /// The scenario.
    pub fn yaml(&self, name: &str) -> String {
        let mut out = format!("name: {name}\n");
        if let Some(version) = &self.httpd {
            let _ = writeln!(out, "httpd: {version}");
        }
        let _ = write!(out, "config: |\n{}", block(&self.config, 2));
        if !self.files.is_empty() || !self.htaccess.is_empty() {
            out.push_str("files:\n");
        }
        for (path, value) in &self.files {
            let _ = writeln!(out, "  {}: {value}", json!(path));
        }
        for (folder, nodes) in &self.htaccess {
            let _ = write!(out, "  {folder}/.htaccess: |\n{}", block(nodes, 4));
        }
        out.push_str("requests:\n");
        for r in &self.requests {
            let _ = write!(out, "  - url: {}", json!(r.url));
            if let Some(target) = &r.target {
                let _ = write!(out, "\n    target: {}", json!(target));
            }
            for (key, value) in [("method", r.method), ("client", r.client), ("server", r.server), ("user", r.user)] {
                if let Some(value) = value {
                    let _ = write!(out, "\n    {key}: {}", json!(value));
                }
            }
            if r.tls {
                out.push_str("\n    tls: true");
            }
            if let Some((name, value)) = r.header {
                let _ = write!(out, "\n    headers: {{{}: {}}}", json!(name), json!(value));
            }
            out.push('\n');
        }
        out
    }
}
