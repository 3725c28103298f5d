//! PHP-FPM with its defaults, as a FastCGI back-end over the same file system: which script it runs
//! (`init_request_info` in sapi/fpm/fpm/fpm_main.c of PHP 8.2, with cgi.fix_pathinfo=1), and whether it does
//! (security.limit_extensions=.php .phar).

use crate::pattern::begins_nocase;
use crate::server::request::Request;
use crate::server::table::Table;
use crate::server::uri::{self, Slashes};
use crate::vfs::{Errno, Kind, R};
use bstr::{BStr, BString, ByteSlice};

/// What the names of scripts end with.
const EXTENSIONS: [&str; 2] = [".php", ".phar"];

/// What httpd puts before the script.
const PREFIXES: [&str; 2] = ["proxy:fcgi://", "proxy:balancer://"];

/// The variables that it looks at.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    script_filename: Option<BString>,
    script_name: Option<BString>,
    path_info: Option<BString>,
    path_translated: Option<BString>,
    redirect_url: Option<BString>,
    document_root: Option<BString>,
}

impl Params {
    /// Those of an environment.
    pub(super) fn of(env: &Table) -> Params {
        // letter case counts there
        let get = |name: &str| env.named(name.as_bytes()).find(|(n, _)| *n == name).map(|(_, v)| v.to_owned());
        Params {
            script_filename: get("SCRIPT_FILENAME"),
            script_name: get("SCRIPT_NAME"),
            path_info: get("PATH_INFO"),
            path_translated: get("PATH_TRANSLATED"),
            redirect_url: get("REDIRECT_URL"),
            document_root: get("DOCUMENT_ROOT"),
        }
    }

    /// The same with another value of one.
    pub(super) fn with(&self, name: &[u8], value: Option<BString>) -> Params {
        let mut params = self.clone();
        let slot = match name {
            b"SCRIPT_FILENAME" => &mut params.script_filename,
            b"SCRIPT_NAME" => &mut params.script_name,
            b"PATH_INFO" => &mut params.path_info,
            b"PATH_TRANSLATED" => &mut params.path_translated,
            b"REDIRECT_URL" => &mut params.redirect_url,
            b"DOCUMENT_ROOT" => &mut params.document_root,
            _ => return params,
        };
        *slot = value;
        params
    }
}

/// What it makes of a request.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// The status: 200 where it runs the script, whatever that answers.
    pub status: u16,
    /// Why it doesn't.
    pub refusal: Option<String>,
    /// SCRIPT_FILENAME as the script finds it; the file that was looked for, where there is none.
    pub script: Option<BString>,
    /// SCRIPT_NAME as the script finds it.
    pub script_name: Option<BString>,
    /// PATH_INFO as the script finds it.
    pub path_info: Option<BString>,
    /// PATH_TRANSLATED as the script finds it.
    pub path_translated: Option<BString>,
    /// The values that httpd sent of those that the script finds with other ones, by the names that they have then.
    pub originals: Vec<(&'static str, BString)>,
}

impl Found {
    /// The variables that the script finds with other values than httpd sent, or doesn't find.
    pub(super) fn environment(&self) -> Vec<(&'static str, Option<BString>)> {
        let own = [
            ("SCRIPT_FILENAME", &self.script),
            ("SCRIPT_NAME", &self.script_name),
            ("PATH_INFO", &self.path_info),
            ("PATH_TRANSLATED", &self.path_translated),
        ];
        let own = own.into_iter().map(|(name, value)| (name, value.clone()));
        own.chain(self.originals.iter().map(|(name, value)| (*name, Some(value.clone())))).collect()
    }

    /// Whether it is the same but for what httpd sent.
    pub(super) fn is_like(&self, other: &Found) -> bool {
        Found { originals: Vec::new(), ..self.clone() } == Found { originals: Vec::new(), ..other.clone() }
    }

    /// Keeps a value of httpd's.
    fn keep(&mut self, name: &'static str, value: Option<&BString>) {
        self.originals.extend(value.map(|value| (name, value.clone())));
    }
}

/// Looks for the script.
pub(super) fn find(r: &Request<'_>, params: &Params) -> Found {
    let mut found = Found {
        status: 200,
        script: params.script_filename.clone().or_else(|| params.path_translated.clone()),
        script_name: params.script_name.clone(),
        path_info: params.path_info.clone(),
        path_translated: params.path_translated.clone(),
        ..Found::default()
    };
    let Some(mut script) = found.script.clone() else { return refused(found, 404, UNKNOWN) };
    let path = params.script_filename.as_ref().and_then(|file| without_url(file.as_bstr()));
    let by_url = path.is_some();
    if let Some(path) = path {
        script = path.into();
    } else if let (Some(file), Some(url)) = (&params.path_translated, &params.redirect_url)
        && *file != script
    {
        // an Action's way of naming the script, which is not httpd's here
        script = file.clone();
        found.script_name = Some(url.clone());
    }
    found.script = Some(script.clone());
    let there = |path: &[u8]| path.first() == Some(&b'/') && r.engine.stat(path).is_ok();
    if script.ends_with(b"/") || !there(&script) {
        let Some(length) = base_script(r, &script) else { return refused(found, 404, UNKNOWN) };
        take_path_info(&mut found, params, &script, length, by_url);
        if !by_url {
            found.keep("ORIG_SCRIPT_FILENAME", params.script_filename.as_ref());
        } else {
            found.keep("ORIG_SCRIPT_FILENAME", Some(&script));
        }
        script.truncate(length);
        found.script = Some(script.clone());
    } else if !by_url && params.redirect_url.is_some() {
        if params.script_filename.as_ref().is_some_and(|file| *file != script) {
            found.keep("ORIG_SCRIPT_FILENAME", params.script_filename.as_ref());
        }
        found.keep("ORIG_PATH_INFO", params.path_info.as_ref());
        found.keep("ORIG_PATH_TRANSLATED", params.path_translated.as_ref());
        found.path_info = None;
        found.path_translated = None;
    }
    if found.script_name != params.script_name {
        found.keep("ORIG_SCRIPT_NAME", params.script_name.as_ref());
    }
    if script.split(|b| *b == b'/').any(|name| name == b"..") {
        return refused(found, 404, UNKNOWN);
    }
    if !EXTENSIONS.iter().any(|end| script.len() > end.len() && script.ends_with(end.as_bytes())) {
        let why = format!("Access to the script '{script}' has been denied (see security.limit_extensions)");
        return refused(found, 403, &why);
    }
    match opened(r, &script) {
        Ok(()) => found,
        Err(errno) => {
            let status = if errno == Errno::Access { 403 } else { 404 };
            refused(found, status, &format!("Unable to open primary script: {script} ({errno})"))
        }
    }
}

const UNKNOWN: &str = "Primary script unknown";

fn refused(found: Found, status: u16, why: &str) -> Found {
    Found { status, refusal: Some(why.into()), ..found }
}

/// The path in a URL that httpd names the script by, without a query.
fn without_url(file: &BStr) -> Option<&[u8]> {
    let prefix = PREFIXES.iter().find(|p| begins_nocase(file, p.as_bytes()))?;
    let rest = &file[prefix.len()..];
    let path = &rest[rest.find_byte(b'/')?..];
    Some(&path[..path.find_byte(b'?').unwrap_or(path.len())])
}

/// How much of a path is a regular file, where something follows.
fn base_script(r: &Request<'_>, path: &[u8]) -> Option<usize> {
    let mut end = path.len();
    while let Some(slash) = path[..end].rfind_byte(b'/').or_else(|| path[..end].rfind_byte(b'\\')) {
        end = slash;
        let base = &path[..end];
        if base.first() == Some(&b'/') && r.engine.stat(base).is_ok_and(|s| s.kind == Kind::Regular) {
            return Some(end);
        }
    }
    None
}

/// What follows the script becomes PATH_INFO, and is taken off SCRIPT_NAME.
fn take_path_info(found: &mut Found, params: &Params, path: &[u8], length: usize, by_url: bool) {
    let rest = &path[length..];
    let given = params.path_info.as_ref();
    let path_info = match given {
        _ if by_url => (given.map(|p| p.as_slice()) != Some(rest)).then_some(rest),
        Some(given) if given.len() > rest.len() => Some(&given[given.len() - rest.len()..]),
        _ => None,
    };
    if let Some(path_info) = path_info {
        if let Some(given) = given {
            found.keep("ORIG_PATH_INFO", Some(given));
            let head = if by_url { given.len() } else { given.len() - path_info.len() };
            found.script_name = Some(given[..head].into());
        } else if let Some(name) = &mut found.script_name {
            // httpd's path is decoded, the URL is not
            let mut decoded = BString::from(path_info);
            let _ = uri::unescape(&mut decoded, Slashes::Decode, false);
            if name.len() > decoded.len() && name.ends_with(&decoded) {
                let own = name.len() - decoded.len();
                name.truncate(own);
            }
        }
        found.path_info = Some(path_info.into());
    }
    let root = params.document_root.clone().unwrap_or_default();
    let root = root.strip_suffix(b"/").unwrap_or(&root);
    let path_info = found.path_info.as_deref().map_or(&b""[..], |p| p.as_slice());
    let translated = Some([root, path_info].concat().into());
    found.keep("ORIG_PATH_TRANSLATED", params.path_translated.as_ref());
    found.path_translated = translated;
}

/// `php_fopen_primary_script`
fn opened(r: &Request<'_>, path: &[u8]) -> Result<(), Errno> {
    r.engine.access(path, R)?;
    match r.engine.stat(path)?.kind {
        Kind::Regular => Ok(()),
        _ => Err(Errno::NotFound),
    }
}
