//! Which scenarios may be run where nothing contains them: those that run and load nothing of their own.
//!
//! Everything here is a list of what is allowed. Directives: those that are known to start nothing, and a few whose
//! arguments are looked at. Modules: those that run nothing by themselves; one that runs what a handler names is left
//! out unless the scenario speaks of it, so that no arrangement of rules can come to it. Texts: those of our own
//! stand-ins, and those that no interpreter takes for a program.

use super::job::{Content, File, Job};
use super::wrapper::regex;
use crate::modules::quiet::is_quiet;
use crate::suite::{CGI_PROBE, WSGI_PROBE};
use bstr::{BStr, BString, ByteSlice};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// Modules that run no program, load no code and open no connection unless a directive that isn't allowed tells them.
#[rustfmt::skip]
const MODULES: &[&str] = &[
    "access_compat", "actions", "alias", "allowmethods", "asis", "auth_basic", "auth_digest", "authn_anon",
    "authn_core", "authn_file", "authz_core", "authz_groupfile", "authz_host", "authz_owner", "authz_user",
    "autoindex", "brotli", "buffer", "charset_lite", "data", "deflate", "dialup", "dir", "dumpio", "env",
    "expires", "filter", "headers", "imagemap", "info", "log_config", "log_debug", "logio", "macro", "mime",
    "mpm_event", "mpm_prefork", "mpm_worker", "negotiation", "ratelimit", "remoteip", "reqtimeout", "request",
    "rewrite", "sed", "session", "session_cookie", "setenvif", "slotmem_plain", "slotmem_shm", "socache_shmcb",
    "speling", "ssl", "status", "substitute", "unique_id", "unixd", "userdir", "usertrack", "version",
    "vhost_alias", "watchdog", "wsgi",
];

/// Modules that run or reach what a handler, a filter or a URL names, and how a scenario speaks of them.
static RUNNERS: LazyLock<[(&str, Regex); 4]> = LazyLock::new(|| {
    [
        (
            "cgi",
            regex(r"(?im)cgi-script|x-httpd-cgi|mod_cgi|cgid?_module|^\s*(?:Virtual)?Script\w|^\s*CGI\w*ScriptTimeout"),
        ),
        (
            "include",
            regex(r"(?im)filter\w*\s.*\bincludes|server-parsed|^\s*(?:XBitHack|SSI\w)|mod_include|include_module"),
        ),
        ("php", regex(r"(?im)x-httpd-php|application/x-php|^\s*php|mod_php|php\w*_module|php-script")),
        ("proxy", regex(r"(?im)^\s*<?/?(?:Proxy|Balancer|NoProxy)|proxy[:_-]|mod_proxy|balancer:")),
    ]
});

/// How a scenario speaks of mod_wsgi, which runs stand-ins too.
static WSGI: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)wsgi"));

/// What follows an .htaccess file, for mod_wsgi never to take it for a program: nothing to httpd, and an error to Python
/// whatever stands before it.
const NO_PROGRAM: &[u8] = b"\n<IfModule !core.c>\n</IfModule>\n";

/// Makes `job` one that runs nothing but httpd and our own stand-ins.
///
/// # Errors
/// What of it might run or load something else, in words.
pub(super) fn restrict(job: &mut Job) -> Result<(), String> {
    if let Some((name, _)) = job.environment.iter().find(|(name, _)| !name.starts_with("APACHE_")) {
        return Err(format!("the environment variable `{name}`"));
    }
    check(job.config.as_bstr(), "the configuration")?;
    for (path, text) in htaccess(&job.files) {
        check(text.as_bstr(), &path.to_str_lossy())?;
    }
    let texts: Vec<BString> =
        std::iter::once(job.config.clone()).chain(htaccess(&job.files).map(|(_, text)| text.clone())).collect();
    for (runner, speaks) in &*RUNNERS {
        if texts.iter().any(|text| speaks.is_match(text)) {
            return Err(format!("mod_{runner}"));
        }
        job.modules.retain(|m| !m.0.starts_with(runner));
    }
    if texts.iter().any(|text| WSGI.is_match(text)) {
        without_programs(&mut job.files)?;
    } else {
        job.modules.retain(|m| m.0 != "wsgi");
    }
    match job.modules.iter().find(|m| !MODULES.contains(&&*m.0)) {
        Some((name, ..)) => Err(format!("mod_{name}")),
        None => Ok(()),
    }
}

/// The files of that name: more configuration.
fn htaccess(files: &[File]) -> impl Iterator<Item = (&BString, &BString)> {
    files.iter().filter(|f| is_htaccess(f)).filter_map(|f| match &f.content {
        Content::Regular(text) => Some((&f.path, text)),
        _ => None,
    })
}

fn is_htaccess(file: &File) -> bool {
    file.path.ends_with(b"/.htaccess")
}

/// Whether all directives of a text are such that start nothing.
fn check(text: &BStr, file: &str) -> Result<(), String> {
    let odd = |why: &str| Err(format!("{why} in {file}"));
    if text.contains(&0) {
        return odd("a NUL byte");
    }
    let mut lines = text.lines().enumerate();
    while let Some((number, first)) = lines.next() {
        let mut line = first.to_vec();
        while line.ends_with(b"\\") {
            line.pop();
            if line.ends_with(b"\\") {
                return odd("a line that ends in two backslashes");
            }
            line.extend_from_slice(lines.next().map_or(b"".as_slice(), |l| l.1));
        }
        if let Some(directive) = loud(line.trim().as_bstr()) {
            return Err(format!("`{directive}` ({file}, line {})", number + 1));
        }
    }
    Ok(())
}

/// The directive of a line, unless it is known to start nothing.
fn loud(line: &BStr) -> Option<String> {
    if line.is_empty() || line.starts_with(b"#") {
        return None;
    }
    let line = line.strip_prefix(b"<").map_or(line, |l| l.strip_prefix(b"/").unwrap_or(l).as_bstr());
    let end = line.find_byteset(b" \t\x0b\x0c\r>").unwrap_or(line.len());
    let (name, arguments) = (line[..end].to_str_lossy(), line[end..].trim());
    let allowed = match &*name.to_ascii_lowercase() {
        "customlog" | "errorlog" | "globallog" | "transferlog" => LOG.is_match(arguments),
        // what they name is run by modules that are left out
        "addhandler" | "addtype" | "forcetype" | "sethandler" => true,
        "rewriterule" => !FETCHED.is_match(arguments),
        "wsgidaemonprocess" => DAEMON.is_match(arguments),
        other => is_quiet(other),
    };
    (!allowed).then(|| name.into_owned())
}

/// A log at a path that is rewritten to be the run's own.
static LOG: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"^"?(?:/var/log/)?[A-Za-z0-9_-][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*(?:"?\s[^\n]*|"?)$"#));
/// A rule whose flags have the answer fetched.
static FETCHED: LazyLock<Regex> = LazyLock::new(|| regex(r#"(?i)(?:^|[\[,\s"])(?:P|proxy)(?:[\],\s"=]|$)"#));
/// A daemon that reads Python's own files alone.
static DAEMON: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r#"(?i)^(?:"[\w.-]+"|[\w.-]+)(?:\s+(?:processes|threads|display-name|user|group|umask|maximum-requests"#,
        r#"|[a-z-]+-timeout|listen-backlog|cpu-priority)=[\w.%{}-]+)*$"#
    ))
});

/// Sees that no text is a program but our own.
fn without_programs(files: &mut [File]) -> Result<(), String> {
    for file in files {
        let is_htaccess = is_htaccess(file);
        let Content::Regular(text) = &mut file.content else { continue };
        if is_htaccess {
            text.extend_from_slice(NO_PROGRAM);
        } else if !is_data(text, &file.path) {
            return Err(format!("the text of `{}`, which might be a program", file.path));
        }
    }
    Ok(())
}

/// Whether a text is one of our own, or one that can be no program of Python's: it begins as none can, or has nothing
/// but words that do nothing.
fn is_data(text: &[u8], path: &[u8]) -> bool {
    static BEGINNING: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?:<|[\w.@-]+:\$)"));
    static WORDS: LazyLock<Regex> = LazyLock::new(|| regex(r"^[A-Za-z0-9 ,.:;!?/\n-]*$"));
    static IMPORT: LazyLock<Regex> = LazyLock::new(|| regex(r"import"));
    let own = text == WSGI_PROBE.as_bytes() || text == CGI_PROBE.as_bytes() || text == [b"file:", path, b"\n"].concat();
    own || BEGINNING.is_match(text) || WORDS.is_match(text) && !IMPORT.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::super::job::Way;
    use super::*;

    fn job(config: &str, files: &[(&str, &str)]) -> Job {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).into(),
            content: Content::Regular((*text).into()),
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: None,
        };
        let module = |name: &str| (name.to_string(), format!("{name}_module"), "/m.so".into());
        Job {
            way: Way::Scratch,
            program: "/usr/sbin/apache2".into(),
            fpm: None,
            modules: ["alias", "cgi", "include", "php8.2", "proxy", "proxy_http", "wsgi"].map(module).into(),
            missing: Vec::new(),
            config: config.into(),
            defines: Vec::new(),
            environment: Vec::new(),
            files: files.iter().map(file).collect(),
            hosts: Vec::new(),
            asks: Vec::new(),
            own_ports: false,
            scratch: None,
        }
    }

    #[test]
    fn what_starts_nothing_is_run() {
        for config in [
            "DocumentRoot /srv/www\n<Directory /srv/www>\n  Require all granted\n</Directory>\n# CustomLog |x\n",
            "CustomLog \"/var/log/a.log\" combined\nErrorLog error.log\n",
            "RewriteEngine On\nRewriteRule ^/p(.*)$ /P/$1 \\\n  [L,QSA]\nFallbackResource /index.php\n",
        ] {
            let mut job =
                job(config, &[("/srv/www/x.sh", "#!/bin/sh\n"), ("/srv/www/.htaccess", "Options +Indexes\n")]);
            assert_eq!(restrict(&mut job), Ok(()), "{config}");
            let left: Vec<&str> = job.modules.iter().map(|m| &*m.0).collect();
            assert_eq!(left, ["alias"], "{config}");
        }
    }

    #[test]
    fn stand_ins_are_run_and_programs_are_not() {
        let config = "WSGIScriptAlias / /srv/app.wsgi\nWSGIDaemonProcess a processes=1 threads=2\n";
        let plain = ("/srv/a.html", "<p>import os</p>");
        let mut ours = job(config, &[("/srv/app.wsgi", WSGI_PROBE), plain, ("/srv/.htaccess", "Options = f()")]);
        assert_eq!(restrict(&mut ours), Ok(()));
        let Content::Regular(text) = &ours.files[2].content else { panic!("it is a file") };
        assert!(text.ends_with(NO_PROGRAM));
        for text in ["import os\n", "x = 1\n", "def application(e, s):\n", "import", "@f\nclass A: pass\n", "a\\\n"] {
            let mut theirs = job(config, &[("/srv/a.txt", text)]);
            assert!(restrict(&mut theirs).is_err(), "{text}");
        }
    }

    #[test]
    fn what_might_start_something_is_refused() {
        for config in [
            "CustomLog \"|/bin/sh\" combined",
            "CustomLog ${X} combined",
            "CustomLog /home/me/.profile combined",
            "CustomLog /var/log/../x combined",
            "Custom\\\nLog |x",
            "ErrorLog \"|x\"",
            "RewriteMap m prg:/srv/x",
            "LoadModule x_module /srv/x.so",
            "LoadFile /srv/x.so",
            "ScriptAlias /x /usr/bin",
            "AddHandler cgi-script .x",
            "SetHandler application/x-httpd-php",
            "AddOutputFilter INCLUDES .html",
            "RewriteRule ^ http://x/ [L,P]",
            "ProxyPass / http://x/",
            "<Proxy *>\n</Proxy>",
            "ExtFilterDefine x cmd=/bin/sh",
            "SSLPassPhraseDialog exec:/bin/sh",
            "Include /srv/x.conf",
            "Use X",
            "${X} |y",
            "\"CustomLog\" |y",
            "Unheard of",
            "WSGIDaemonProcess x python-home=/srv",
            "WSGIPythonHome /srv",
            "<If \"true\">\n  LuaMapHandler / /srv/x.lua\n</If>",
            "PidFile /tmp/x",
        ] {
            assert!(restrict(&mut job(config, &[])).is_err(), "{config}");
            assert!(restrict(&mut job("", &[("/srv/.htaccess", config)])).is_err(), "{config}");
        }
        let mut preloads = job("", &[]);
        preloads.environment.push(("LD_PRELOAD".into(), "/srv/x.so".into()));
        assert!(restrict(&mut preloads).is_err());
        let mut loads = job("", &[]);
        loads.modules.push(("lua".into(), "lua_module".into(), "/m.so".into()));
        assert!(restrict(&mut loads).is_err());
    }
}
