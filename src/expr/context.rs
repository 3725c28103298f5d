//! What an evaluation asks of the request, and what the last pattern's groups caught.

use super::variable::Var;
use crate::outcome::observer::{Tried, Whence};
use crate::pattern::{Captures, GivenUp, Regex, Steps};
use crate::source::Span;
use crate::vfs::{Errno, Stat};
use bstr::{BStr, BString, ByteSlice};
use std::net::IpAddr;
use std::sync::Arc;

/// A table of names and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lookup {
    /// A request header (`r->headers_in`).
    Req,
    /// A response header (`r->headers_out`, then `r->err_headers_out`).
    Resp,
    /// `r->notes`
    Note,
    /// The request's environment (`r->subprocess_env`).
    ReqEnv,
    /// httpd's own environment.
    OsEnv,
    /// mod_ssl's `SSL(name)`: its variables and the few of the request that it knows (`ssl_var_lookup`).
    Ssl,
    /// `%{SSL_name}`, by the name behind `SSL_`: unset on a connection without TLS.
    SslVariable,
}

/// The request that an expression is evaluated for: httpd's `ap_expr_eval_ctx_t` (include/ap_expr.h).
///
/// Whatever is unset is `None` or empty; an expression can't tell the two apart.
pub(crate) trait Context {
    /// The value of a variable.
    fn variable(&mut self, var: Var) -> BString;

    /// The value of a name in a table.
    fn lookup(&mut self, table: Lookup, name: &[u8]) -> Option<BString>;

    /// What a path leads to, links followed (`apr_stat`): `-d`, `-e`, `-f`, `-s`, `filesize()`.
    fn stat(&mut self, path: &[u8]) -> Option<Stat>;

    /// What a path names, a link itself (`apr_stat` with `APR_FINFO_LINK`): `-L`, `-h`, `-x`.
    fn lstat(&mut self, path: &[u8]) -> Option<Stat>;

    /// A file's content, for `file()`; [`Errno::Io`] where it opens but can't be read (a folder).
    ///
    /// # Errors
    /// Why it can't be read.
    fn read(&mut self, path: &[u8]) -> Result<Arc<[u8]>, Errno>;

    /// `-U` and `-A` (`op_url_subr`): whether a subrequest for the URI ends below status 400. In a subrequest whose
    /// URI is that of its main request httpd asks none and says no.
    fn uri_accessible(&mut self, uri: &[u8]) -> bool;

    /// `-F` (`op_file_subr`): whether a subrequest for the file ends below status 300 and the file is there.
    fn file_accessible(&mut self, path: &[u8]) -> bool;

    /// The client's address (`r->useragent_addr`), for `-R`.
    fn client_ip(&self) -> Option<IpAddr>;

    /// The first address of a host name, for `-ipmatch` on something that is no number.
    fn resolve(&mut self, host: &[u8]) -> Option<IpAddr>;

    /// The values of a client certificate's extension (`PeerExtList`).
    fn peer_extensions(&mut self, _oid: &[u8]) -> Vec<BString> {
        self.uncertain("PeerExtList");
        Vec::new()
    }

    /// The steps that searches with regular expressions may take.
    fn steps(&self) -> &Steps;

    /// Called for each search with a regular expression; with whether it found something.
    fn searched(&mut self, _search: &Search<'_>, _found: bool) {}

    /// Whether somebody wants to know what is compared.
    fn observed(&self) -> bool {
        false
    }

    /// Called for each comparison with a text, wildcards or a network.
    fn tried(&self, _tried: &Tried<'_>) {}

    /// Called when a search was given up, which counts as no match.
    fn given_up(&mut self, why: GivenUp);

    /// Takes bytes for a value, before it is made; whether there are as many.
    fn affords(&mut self, bytes: usize) -> bool;

    /// Called when the answer rests on something that is not known here: the time, a look-up, a limit.
    fn uncertain(&mut self, _what: &str) {}

    /// Names the request headers that a condition asked for, to be merged into the response's `Vary`.
    fn vary(&mut self, _headers: &BStr) {}
}

/// A search with a regular expression.
#[derive(Clone, Copy)]
pub(crate) struct Search<'s> {
    /// The directive of the expression.
    pub at: Span,
    /// The regular expression.
    pub regex: &'s Regex,
    /// What is searched.
    pub text: &'s [u8],
    /// Where that comes from.
    pub whence: Whence<'s>,
}

/// What the groups of the last matching pattern caught: `$0` to `$9` (`re_source` and `re_pmatch` in httpd).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backrefs {
    source: Option<BString>,
    groups: [Option<(usize, usize)>; Backrefs::MAX],
}

impl Backrefs {
    /// How many groups are kept, the whole match included (`AP_MAX_REG_MATCH`).
    pub(crate) const MAX: usize = 10;

    /// The groups of a match on `source`.
    #[cfg(test)]
    pub(crate) fn new(source: &[u8], captures: &Captures) -> Backrefs {
        let mut backrefs = Backrefs::default();
        backrefs.set(source, captures);
        backrefs
    }

    /// Replaces them by those of another match.
    pub(crate) fn set(&mut self, source: &[u8], captures: &Captures) {
        let own = self.source.get_or_insert_default();
        own.clear();
        own.extend_from_slice(source);
        self.groups = [None; Backrefs::MAX];
        self.groups.iter_mut().zip(captures.groups()).for_each(|(own, group)| *own = *group);
    }

    /// Takes them for those of another text, where they are (`re_source` handed in by who keeps `re_pmatch`).
    pub(crate) fn onto(&mut self, source: &[u8]) {
        let own = self.source.get_or_insert_default();
        own.clear();
        own.extend_from_slice(source);
    }

    /// Forgets them: a pattern with groups did not match.
    pub(crate) fn clear(&mut self) {
        self.source = None;
    }

    /// The text that was matched, if any.
    pub(crate) fn source(&self) -> Option<&BStr> {
        self.source.as_ref().map(|s| s.as_bstr())
    }

    /// Where in the source the n-th group is, if it took part.
    pub(crate) fn group(&self, n: usize) -> Option<(usize, usize)> {
        self.source.as_ref().and(self.groups.get(n).copied().flatten())
    }

    /// The text of the n-th group, empty where there is none (`ap_expr_eval_re_backref`).
    pub(crate) fn get(&self, n: usize) -> &[u8] {
        let text = |source: &'_ BString, (start, end): (usize, usize)| start..end.min(source.len());
        match (&self.source, self.group(n)) {
            (Some(source), Some(span)) => source.get(text(source, span)).unwrap_or_default(),
            _ => &[],
        }
    }
}
