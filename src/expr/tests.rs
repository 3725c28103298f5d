//! Whole expressions: what is refused and how, and what holds.

use super::*;
use crate::pattern::{GivenUp, Steps};
use crate::vfs::{Errno, Kind, Stat};
use std::net::IpAddr;
use std::sync::Arc;

/// A small request: a table of variables, headers and files.
#[derive(Default)]
struct Request {
    uncertain: Vec<String>,
    vary: String,
    steps: Steps,
    given_up: Vec<GivenUp>,
}

impl Request {
    fn entry(path: &[u8]) -> Option<Stat> {
        let (kind, mode, size) = match path {
            b"/file" => (Kind::Regular, 0o644, 5),
            b"/empty" => (Kind::Regular, 0o755, 0),
            b"/" | b"/dir" => (Kind::Directory, 0o755, 4096),
            b"/link" => (Kind::Symlink, 0o777, 5),
            _ => return None,
        };
        Some(Stat { mode, size, ..Stat::of(kind) })
    }
}

impl Context for Request {
    fn steps(&self) -> &Steps {
        &self.steps
    }

    fn given_up(&mut self, why: GivenUp) {
        self.given_up.push(why);
    }

    fn affords(&mut self, _: usize) -> bool {
        true
    }

    fn variable(&mut self, var: Var) -> BString {
        if var.is_uncertain() {
            self.uncertain(var.name());
        }
        match var {
            Var::RequestUri => "/a/b.html".into(),
            Var::QueryString => "x=1&y=22".into(),
            Var::RemoteAddr => "203.0.113.9".into(),
            Var::IsSubreq => "false".into(),
            _ => BString::default(),
        }
    }

    fn lookup(&mut self, table: Lookup, name: &[u8]) -> Option<BString> {
        let value = match (table, name.to_ascii_lowercase().as_slice()) {
            (Lookup::Req, b"host") => "example.com",
            (Lookup::Req, b"user-agent") => "curl/8",
            (Lookup::Note, b"both") => "note",
            (Lookup::ReqEnv, b"both" | b"env") => "env",
            (Lookup::SslVariable, b"protocol") => "TLSv1.3",
            _ => return None,
        };
        Some(value.into())
    }

    fn stat(&mut self, path: &[u8]) -> Option<Stat> {
        Request::entry(if path == b"/link" { b"/file" } else { path })
    }

    fn lstat(&mut self, path: &[u8]) -> Option<Stat> {
        Request::entry(path)
    }

    fn read(&mut self, path: &[u8]) -> Result<Arc<[u8]>, Errno> {
        match Request::entry(path).ok_or(Errno::NotFound)?.kind {
            Kind::Regular => Ok(Arc::from(&b"12\0ab"[..])),
            _ => Err(Errno::Io),
        }
    }

    fn uri_accessible(&mut self, uri: &[u8]) -> bool {
        uri == b"/a"
    }

    fn file_accessible(&mut self, path: &[u8]) -> bool {
        path == b"/file"
    }

    fn client_ip(&self) -> Option<IpAddr> {
        "203.0.113.9".parse().ok()
    }

    fn resolve(&mut self, host: &[u8]) -> Option<IpAddr> {
        (host == b"localhost").then(|| IpAddr::from([127, 0, 0, 1]))
    }

    fn uncertain(&mut self, what: &str) {
        self.uncertain.push(what.into());
    }

    fn vary(&mut self, headers: &BStr) {
        self.vary = headers.to_string();
    }
}

const ALL: Providers = Providers { ssl: true, proxy_hcheck: true };

fn holds(text: &str, flags: Flags) -> Result<bool, String> {
    let expr = Expr::parse(text.as_bytes(), flags, ALL).map_err(|e| e.message)?;
    expr.eval_bool(&mut Request::default()).map_err(|e| e.message)
}

fn string(text: &str) -> Result<String, String> {
    let expr = Expr::parse(text.as_bytes(), Flags::STRING, ALL).map_err(|e| e.message)?;
    expr.eval_string(&mut Request::default()).map(|s| s.to_string()).map_err(|e| e.message)
}

#[test]
fn conditions_hold_as_in_httpd() {
    for (text, want) in [
        ("true && ! false", true),
        ("not true or true", true),
        ("! true || true && false", false),
        ("! ( true || true ) && false", false),
        ("'a' . 'b' == 'ab'", true),
        ("'10' < '9'", true),
        ("10 -lt 9", false),
        ("'12abc' -eq 12", true),
        ("'' eq 0", true),
        ("%{REQUEST_URI} =~ m#^/(a)/(.*)# && $2 == 'b.html' && '$1' == 'a'", true),
        ("%{REQUEST_URI} =~ /HTML$/i", true),
        ("%{REQUEST_URI} !~ m|^/A|", true),
        ("'ab' =~ /(a)(x)?b/ && 'q' =~ /q/ && '$1$2' == 'a'", true),
        ("'ab' =~ /(a)/ && ! ('q' =~ /(z)/) && -z $1", true),
        ("'b' in {'a', 'b'}", true),
        ("'c' -in {'a', 'b'}", false),
        ("'a' in PeerExtList('1.2')", false),
        ("%{req:Host} == 'example.com' && %{HTTP_HOST} == http('host')", true),
        ("%{env:both} == 'note' && %{reqenv:both} == 'env' && -z %{osenv:both}", true),
        ("%{SSL_PROTOCOL} == 'TLSv1.3' && -z SSL('x')", true),
        ("%{HC_BODY} == ''", true),
        ("-d '/dir' && -e '/' && -f '/link' && -s '/file' && ! -s '/empty' && -L '/link' && -h '/link'", true),
        ("-x '/empty' && -x '/link' && ! -x '/file'", true),
        ("-F '/file' && -U '/a' && ! -A '/b'", true),
        ("%{filesize:/file} -eq 5 && filesize('/dir') -eq 0 && file('/file') == '12'", true),
        ("-R '203.0.113.0/24' && ! -R '10'", true),
        ("%{REMOTE_ADDR} -ipmatch '203.0'", true),
        ("'localhost' -ipmatch '127.0.0.0/8' && '127.1' -ipmatch '127.0.0.1'", true),
        ("'/a/b' -strmatch '/*' && ! ('/a/b' -fnmatch '/*') && '/A' -strcmatch '/a'", true),
        ("-T 'on' && ! -T 'Off' && -n 'x' && -z ''", true),
        ("toupper('a') . tolower('B') == 'Ab'", true),
        ("%{tolower:%{toupper:x}Y} == 'xy'", true),
        ("md5('a') != sha1('a')", true),
    ] {
        assert_eq!(holds(text, Flags::CONDITION), Ok(want), "{text}");
    }
    let ssl = Flags { ssl_expr_compat: true, ..Flags::CONDITION };
    assert_eq!(holds("'10' > '9' && 10 == '10' && ! (10 == '010')", ssl), Ok(true));
}

#[test]
fn strings_give_what_they_give_in_httpd() {
    for (text, want) in [
        ("", ""),
        ("/x'%{REQUEST_URI}\"$1\\%\\{", "/x'/a/b.html\"%{"),
        ("a%b$c}d", "a%b$c}d"),
        ("%{escape:a b}%{unescape:%20}", "a%20b "),
        ("a\\0b", "a"),
    ] {
        assert_eq!(string(text).as_deref(), Ok(want), "{text}");
    }
    let expr = Expr::parse(b"/to/$1", Flags::STRING, ALL).unwrap();
    let regex = crate::pattern::Regex::new(b"/from/(.*)", Default::default()).unwrap();
    let mut captures = crate::pattern::Captures::default();
    regex.captures(b"/from/here", &mut captures).unwrap();
    let mut backrefs = Backrefs::new(b"/from/here", &captures);
    assert_eq!(expr.eval_string_re(&mut Request::default(), &mut backrefs).unwrap(), "/to/here");
    assert_eq!(expr.literal(), None);
    assert_eq!(Expr::parse(b"/to", Flags::STRING, ALL).unwrap().literal(), Some(b"/to".as_bstr()));
}

#[test]
fn messages_are_those_of_httpd() {
    for (text, want) in [
        ("", "syntax error, unexpected $end"),
        ("%{REQUEST_URI}", "syntax error, unexpected $end"),
        ("true)", "syntax error, unexpected ')', expecting $end"),
        ("'a' == 'b", "Unterminated string or variable"),
        ("true & false", "syntax error, unexpected T_ERROR, expecting $end: Parse error near '&'"),
        ("& true", "Parse error near '&'"),
        ("%{FOO} == 'a'", "Variable 'FOO' does not exist"),
        ("foo('a') == 'a'", "Function 'foo' does not exist"),
        ("'a' in foo('a')", "List-returning function 'foo' does not exist"),
        ("-q 'a'", "Unary operator '-q' does not exist"),
        ("'a' -qq 'a'", "Binary operator '-qq' does not exist"),
        ("'a' =~ /(/", "Failed to compile regular expression"),
        ("%{FOO} =~ /(/", "Failed to compile regular expression: Variable 'FOO' does not exist"),
        ("'a' -ipmatch %{REMOTE_ADDR}", "-ipmatch requires subnet/netmask as constant argument"),
        ("-R '10/x'", "parsing of subnet/netmask failed"),
    ] {
        assert_eq!(holds(text, Flags::CONDITION), Err(want.into()), "{text}");
    }
    let htaccess = Flags { htaccess: true, ..Flags::CONDITION };
    assert_eq!(holds("-f '/file'", htaccess), Ok(true));
    assert_eq!(holds("-n file('/file')", htaccess), Err("file not available in restricted context".into()));
    let restricted = Flags { restricted: true, ..Flags::CONDITION };
    assert_eq!(holds("-f 'a'", restricted), Err("-f not available in restricted context".into()));
    assert_eq!(holds("FILE('a') == ''", restricted), Err("file not available in restricted context".into()));
    assert!(Expr::parse(b"%{tolower:'}", Flags::STRING, ALL).unwrap_err().fatal);
    assert!(Expr::parse(b"%{SSL_X}", Flags::STRING, Providers::default()).is_err());
    assert_eq!(holds("-n file('/no')", Flags::CONDITION), Err("Cannot open file /no".into()));
    assert_eq!(holds("-n file('/dir')", Flags::CONDITION), Err("Cannot read from file /dir".into()));
}

#[test]
fn depth_is_bounded() {
    let nested = |n: usize| format!("'x' == {}'x'{}", "tolower(".repeat(n), ")".repeat(n));
    assert_eq!(holds(&nested(18), Flags::CONDITION), Ok(true));
    assert_eq!(holds(&nested(19), Flags::CONDITION), Err("Recursion limit reached".into()));
    assert_eq!(holds(&nested(9000), Flags::CONDITION), Err("memory exhausted".into()));
    assert_eq!(holds(&format!("{}true", "!".repeat(9000)), Flags::CONDITION), Ok(true));
    assert_eq!(holds(&format!("{}true", "!".repeat(11000)), Flags::CONDITION), Err("memory exhausted".into()));
    let chain = format!("'{}' == 'x'", "%{IS_SUBREQ}".repeat(3000));
    assert_eq!(holds(&chain, Flags::CONDITION), Ok(false));
}

#[test]
fn what_the_answer_rests_on_is_told() {
    let mut request = Request::default();
    let expr = Expr::parse(
        b"%{TIME_HOUR} -ge 0 && -n %{HTTP_USER_AGENT} && -n req('X') . %{HTTP_HOST}",
        Flags::CONDITION,
        ALL,
    );
    assert_eq!(expr.unwrap().eval_bool(&mut request), Ok(true));
    assert_eq!((request.uncertain.join(","), request.vary.as_str()), ("TIME_HOUR".into(), "User-Agent, X"));
    let expr = Expr::parse(b"true || %{remote_user} == ''", Flags::CONDITION, ALL).unwrap();
    assert!(expr.mentions(Var::RemoteUser) && !expr.mentions(Var::RequestUri));
}
