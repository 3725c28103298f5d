//! What a configuration needs of the machine: files and directories that are not there stop httpd, at its test or at its
//! start.

use super::{Directive, Site};
use crate::conf::args;
use crate::diagnostic::{Diagnostic, Stage};
use crate::source::Span;
use crate::vfs::{Cred, Errno, Kind, Stat, resolve};
use bstr::{BString, ByteSlice};

impl Site {
    /// What is missing on the machine: module files, certificates and keys, directories of logs, the main server's
    /// DocumentRoot, users, and a Listen. In the order in which httpd would stop. What routesim may not look at is passed
    /// over. A configuration without a LoadModule and without a Listen is taken for a part of one, and needs nothing.
    ///
    /// ```
    /// use routesim::Site;
    /// use routesim::diagnostic::Stage;
    ///
    /// let site = Site::builder("Listen 80\nErrorLog /var/log/none/error.log\n").build()?;
    /// let missing = site.machine();
    /// assert_eq!((missing[0].code, missing[0].machine), ("AH02291", Some(Stage::ConfigTest)));
    /// # Ok::<(), routesim::vfs::Errno>(())
    /// ```
    pub fn machine(&self) -> Vec<Diagnostic> {
        let loaded = &self.0.loaded;
        if loaded.modules.is_empty() && loaded.listens == 0 {
            return Vec::new();
        }
        let mut found: Vec<Diagnostic> = loaded.modules.iter().filter_map(|m| self.module(&m.path, m.span)).collect();
        let directives: Vec<Directive<'_>> = self.directives().collect();
        found.extend(directives.iter().filter_map(|d| self.read(d)));
        found.extend(self.logs(&directives));
        if loaded.listens == 0 {
            let message = "no listening sockets available, shutting down";
            let help = "add a line such as `Listen 80`; `httpd -t` says `Syntax OK` without it";
            found.push(missing("AH00015", message, Span::NONE, Stage::Start).help(help));
        }
        found
    }

    fn module(&self, path: &[u8], span: Span) -> Option<Diagnostic> {
        let name = path.as_bstr();
        let message = || format!("Cannot load {name} into server: {name}: cannot open shared object file");
        self.gone(path).then(|| missing("syntax", message(), span, Stage::ConfigTest))
    }

    /// What httpd looks for while it reads a directive.
    fn read(&self, directive: &Directive<'_>) -> Option<Diagnostic> {
        let words = args::words(directive.args());
        let word = words.first().map(|word| &word.value)?;
        let span = directive.span();
        let name = directive.name().to_string();
        let stopped = |code, message: String| Some(missing(code, message, span, Stage::ConfigTest));
        match name.to_ascii_lowercase().as_str() {
            "sslcertificatefile"
            | "sslcertificatekeyfile"
            | "sslcertificatechainfile"
            | "sslcacertificatefile"
            | "sslcarevocationfile" => {
                let path = self.absolute(word);
                let empty = self.stat(&path).is_ok_and(|stat| stat.size == 0 && stat.is_file());
                // a key may be one of a token, or of an engine
                let is_file = !word.starts_with(b"pkcs11:") && !word.starts_with(b"engine:");
                if is_file && (empty || self.gone(&path)) {
                    return stopped("AH00526", format!("{name}: file '{path}' does not exist or is empty"));
                }
            }
            "sslcacertificatepath" | "sslcarevocationpath" => {
                let path = self.absolute(word);
                if self.gone(&path) {
                    return stopped("AH00526", format!("{name}: directory '{path}' does not exist"));
                }
            }
            "documentroot" if !within_host(directive) => {
                let path = self.absolute(word);
                let other = self.stat(&path).is_ok_and(|stat| stat.kind != Kind::Directory);
                if other || self.gone(&path) {
                    let message = format!("DocumentRoot '{path}' is not a directory, or is not readable");
                    return stopped("AH00526", message);
                }
            }
            "user" if self.users().is_some_and(|users| users.uid(word).is_none()) => {
                return stopped("AH00543", format!("bad user name {word}"));
            }
            "group" if self.users().is_some_and(|users| users.gid(word).is_none()) => {
                return stopped("AH00544", format!("bad group name {word}"));
            }
            _ => {}
        }
        None
    }

    /// The directories of logs, which httpd looks for once all is read.
    fn logs(&self, directives: &[Directive<'_>]) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut errors = false;
        for directive in directives {
            let words = args::words(directive.args());
            let Some(file) = words.first().map(|word| &word.value) else { continue };
            let name = directive.name().to_ascii_lowercase();
            let is_error = name == b"errorlog";
            if !is_error && name != b"customlog" && name != b"transferlog" {
                continue;
            }
            errors |= is_error && !within_host(directive);
            let provider = file.starts_with(b"syslog") || !file.contains(&b'/') && words.len() > 1 && is_error;
            if file.starts_with(b"|") || is_error && provider {
                continue;
            }
            // as httpd names it
            let place = |span: Span| format!("{}:{}", self.sources().file(span.file).name, span.line);
            let (code, what) = match (is_error, directive.virtual_host()) {
                (true, None) => ("AH02291", "main error log".to_string()),
                (true, Some(host)) => ("AH02292", format!("error log of vhost defined at {}", place(host))),
                (false, _) => {
                    let place = place(directive.span());
                    ("AH02297", format!("log file '{}' defined at {place}", self.absolute(file)))
                }
            };
            found.extend(self.no_directory(file, code, &what, directive.span()));
        }
        if !errors {
            // where httpd is built to write to
            found.extend(self.no_directory(b"logs/error_log", "AH02291", "main error log", Span::NONE));
        }
        // error logs come first
        found.sort_by_key(|d| d.code == "AH02297");
        found
    }

    fn no_directory(&self, file: &[u8], code: &'static str, what: &str, span: Span) -> Option<Diagnostic> {
        let path = self.absolute(file);
        let directory = path[..path.rfind_byte(b'/')? + 1].as_bstr();
        let gone = self.gone(directory.trim_end_with(|c| c == '/'));
        let message = || format!("Cannot access directory '{directory}' for {what}");
        (gone && directory != "/").then(|| missing(code, message(), span, Stage::ConfigTest))
    }

    fn absolute(&self, path: &[u8]) -> BString {
        match path.starts_with(b"/") {
            true => path.into(),
            false => [self.0.loaded.server_root.as_slice(), b"/", path].concat().into(),
        }
    }

    fn stat(&self, path: &[u8]) -> Result<Stat, Errno> {
        resolve::stat(&*self.0.input.vfs, &Cred::root(), path)
    }

    /// Whether nothing is there. (What may not be looked at may be there.)
    fn gone(&self, path: &[u8]) -> bool {
        matches!(self.stat(path), Err(Errno::NotFound | Errno::NotDirectory))
    }

    /// The users that the machine knows, where it says.
    fn users(&self) -> Option<&crate::vfs::Users> {
        let known = self.stat(b"/etc/passwd").is_ok_and(|stat| stat.is_file());
        self.0.loaded.server.as_ref().filter(|_| known).map(|server| &server.users)
    }
}

fn missing(code: &'static str, message: impl Into<String>, span: Span, stage: Stage) -> Diagnostic {
    Diagnostic { machine: Some(stage), ..Diagnostic::error(code, message, span) }
}

fn within_host(directive: &Directive<'_>) -> bool {
    directive.virtual_host().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What httpd said of each, with its files made up.
    #[test]
    fn as_httpd_says() {
        for (line, said) in [
            ("ErrorLog /no/x.log", "AH02291 Cannot access directory '/no/' for main error log"),
            (
                "<VirtualHost *:80>\nErrorLog /no/v.log\n</VirtualHost>",
                "AH02292 Cannot access directory '/no/' for error log of vhost defined at config:4",
            ),
            (
                "CustomLog /no/a.log \"%h\"",
                "AH02297 Cannot access directory '/no/' for log file '/no/a.log' defined at config:4",
            ),
            ("SSLCertificateFile /no/c.pem", "AH00526 SSLCertificateFile: file '/no/c.pem' does not exist or is empty"),
            ("SSLCACertificatePath /no", "AH00526 SSLCACertificatePath: directory '/no' does not exist"),
            (
                "LoadModule jk_module /no/mod_jk.so",
                "syntax Cannot load /no/mod_jk.so into server: /no/mod_jk.so: cannot open shared object file",
            ),
            ("DocumentRoot /no", "AH00526 DocumentRoot '/no' is not a directory, or is not readable"),
            ("User nosuch", "AH00543 bad user name nosuch"),
            ("Group nosuch", "AH00544 bad group name nosuch"),
            ("<VirtualHost *:80>\nDocumentRoot /no\n</VirtualHost>", ""),
            ("CustomLog \"|/bin/cat\" \"%h\"", ""),
            ("SSLCertificateFile /etc/mime.types", ""),
        ] {
            let config = format!("Listen 80\nServerName x\nErrorLog /var/log/e\n{line}\n");
            let config = if line.starts_with("Error") { config.replace("ErrorLog /var/log/e\n", "\n") } else { config };
            let site = Site::builder(config).modules(&["ssl"]).lenient(true).file("/var/log/x", "").build().unwrap();
            let found: Vec<String> = site.machine().iter().map(|d| format!("{} {}", d.code, d.message)).collect();
            assert_eq!(found.join("\n"), said, "{line}");
        }
        let none = Site::builder("LoadModule ssl_module /etc/mime.types\nErrorLog syslog\n").build().unwrap();
        let found = none.machine();
        assert_eq!((found.len(), found[0].code, found[0].machine), (1, "AH00015", Some(Stage::Start)));
        assert!(Site::builder("Alias /a /b\n").build().unwrap().machine().is_empty(), "a part of one");
    }
}
