//! Subrequests: `ap_sub_req_lookup_uri`, `_file` and `_dirent` (server/request.c). They run up to the handler; their
//! status says how it went.

use super::budget::Limit;
use super::redirect::blank;
use super::request::Request;
use super::{process, uri};
use crate::filepath;
use crate::limits;
use crate::outcome::step::{Asked, By, Detail, Judgement, Step};
use crate::server::core::options;
use crate::server::module::{Phase, Verdict};
use crate::source::Span;
use crate::vfs::{Kind, Stat};
use bstr::{BStr, BString, ByteSlice};

/// `ap_is_recursion_limit_exceeded`: logs AH00124 or AH00125 when redirects or subrequests nest too deeply. They nest less
/// deeply here where LimitInternalRecursion allows for a great deal.
pub(crate) fn too_deep(r: &mut Request<'_>) -> bool {
    let core = r.server.core();
    let limit = |set: u32| if set > 0 { set } else { limits::RECURSION };
    let (redirect_limit, subrequest_limit) = (limit(core.redirect_limit), limit(core.subrequest_limit));
    let span = core.limit_recursion_span;
    let (mut redirects, mut subrequests) = (0, 0);
    let (mut prev, mut main) = (r.prev.clone(), r.main.clone());
    while prev.is_some() || main.is_some() {
        if let Some(p) = prev.take() {
            redirects += 1;
            if redirects >= redirect_limit {
                r.error_by("AH00124", exceeded(redirect_limit, "internal redirects"), span);
                return true;
            }
            prev = p.prev.clone();
            main = p.main.clone();
        }
        if prev.is_none()
            && let Some(m) = main.take()
        {
            subrequests += 1;
            if subrequests >= subrequest_limit {
                r.error_by("AH00125", exceeded(subrequest_limit, "subrequest nesting levels"), span);
                return true;
            }
            prev = m.prev.clone();
            main = m.main.clone();
        }
    }
    let deep = redirects + subrequests >= limits::NESTING;
    if deep {
        r.engine.budget.reach(Limit::Nesting);
        r.engine.budget.name(span.unwrap_or(Span::NONE));
    }
    deep
}

fn exceeded(limit: u32, what: &str) -> String {
    format!(
        "Request exceeded the limit of {limit} {what} due to probable configuration error. Use 'LimitInternalRecursion' to increase the limit if necessary. Use 'LogLevel debug' to get a backtrace."
    )
}

/// Whether a request may make another, as far as what it costs goes: one for `uri`.
pub(crate) fn is_affordable(r: &Request<'_>, uri: &[u8]) -> bool {
    const FEW: u64 = 64;
    let values = r.env.size() + r.headers_in.size() + r.notes.size() + uri.len();
    r.engine.budget.take_request(FEW + r.engine.server.size, values)
}

fn make<'a>(r: &Request<'a>) -> Request<'a> {
    let mut sub = blank(r);
    sub.method = super::method::name(b"GET");
    sub.method_number = super::method::GET;
    sub.header_only = false;
    sub.protocol = "INCLUDED".into();
    sub.env = r.env.clone();
    sub.env_changes = r.env_changes.clone();
    sub.main = Some(r.ancestor());
    (r.functions().carry_session)(r, &mut sub.notes);
    sub.allowed = r.allowed;
    sub
}

fn finish(r: &mut Request<'_>, sub: &mut Request<'_>, kind: &'static str) {
    if too_deep(r) || !is_affordable(r, &sub.unparsed_uri) {
        sub.status = 500;
        return;
    }
    r.engine.open();
    let asked = if sub.uri.is_empty() { sub.filename.clone().unwrap_or_default() } else { sub.uri.clone() };
    let verdict = process::run(sub);
    match verdict {
        Verdict::Status(status) => sub.status = status,
        Verdict::Done => sub.status = 500,
        _ => {}
    }
    r.engine.close(|_| {
        let asked = Asked { kind, what: asked, status: sub.status, exists: sub.finfo.is_some() };
        let judgement = Judgement::of(sub.status == 200);
        Some(Step::new(Phase::Subrequest, By::Core, None, judgement).with(Detail::Subrequest(asked)))
    });
}

/// `ap_sub_req_lookup_uri` with GET.
pub(crate) fn lookup_uri<'a>(r: &mut Request<'a>, new_uri: &[u8]) -> Request<'a> {
    method_uri(r, b"GET", new_uri)
}

/// `ap_sub_req_method_uri`.
pub(crate) fn method_uri<'a>(r: &mut Request<'a>, method: &[u8], new_uri: &[u8]) -> Request<'a> {
    let mut sub = make(r);
    sub.method = super::method::name(method);
    sub.method_number = super::method::number(method, &r.engine.server.methods).unwrap_or(super::method::INVALID);
    if new_uri.first() == Some(&b'/') {
        sub.parse_uri(new_uri);
    } else {
        let dir = uri::escape_path(filepath::dirname(&r.uri), true);
        sub.parse_uri(&filepath::join(&dir, new_uri));
    }
    sub.hostname = r.hostname.clone();
    finish(r, &mut sub, "uri");
    sub
}

fn look(r: &Request<'_>, sub: &Request<'_>, path: &[u8]) -> Option<Stat> {
    let found = if sub.core().opts & options::SYM_LINKS != 0 { r.engine.stat(path) } else { r.engine.lstat(path) };
    found.ok()
}

/// `ap_sub_req_lookup_file`: a file by name, relative to the folder of this one.
pub(crate) fn lookup_file<'a>(r: &mut Request<'a>, new_file: &[u8]) -> Request<'a> {
    let mut sub = make(r);
    let filename = r.filename.clone().unwrap_or_default();
    let dir = filepath::dirname(&filename).to_owned();
    let Some(path) = filepath::merge(Some(dir.as_bstr()), new_file) else {
        sub.status = 403;
        return sub;
    };
    let beside = path.strip_prefix(dir.as_slice()).filter(|n| !n.is_empty() && !n.contains(&b'/'));
    if let Some(name) = beside {
        sub.finfo = look(r, &sub, &path);
        if r.uri.is_empty() {
            sub.parse_uri(new_file);
            sub.uri = BString::default();
            sub.parsed_uri.has_path = false;
        } else {
            let uri = filepath::join(filepath::dirname(&r.uri), name);
            sub.parse_uri(&uri);
            sub.uri = uri;
        }
    } else {
        sub.parse_uri(new_file);
        sub.uri = BString::default();
        sub.parsed_uri.has_path = false;
    }
    sub.hostname = r.hostname.clone();
    sub.filename = Some(path);
    finish(r, &mut sub, "file");
    sub
}

/// `ap_sub_req_lookup_dirent`: an entry of this one's folder. `merge_args` keeps the path_info and the query.
pub(crate) fn lookup_dirent<'a>(r: &mut Request<'a>, name: &BStr, merge_args: bool) -> Request<'a> {
    let mut sub = make(r);
    let path_info = r.path_info.clone().unwrap_or_default();
    let mut uri;
    if path_info.is_empty() {
        uri = uri::escape_path(&filepath::join(filepath::dirname(&r.uri), name), true);
    } else {
        let stem = &r.uri[..find_path_info(&r.uri, &path_info)];
        uri = filepath::join(filepath::dirname(stem), name);
        if merge_args {
            uri = filepath::join(&uri, path_info.strip_prefix(b"/").unwrap_or(&path_info));
            sub.path_info = Some(path_info.clone());
        }
        uri = uri::escape_path(&uri, true);
    }
    let filename = r.filename.clone().unwrap_or_default();
    let mut path = filepath::join(filepath::dirname(&filename), name);
    sub.finfo = look(r, &sub, &path);
    if sub.finfo.is_some_and(|f| f.kind == Kind::Symlink) {
        let link = sub.finfo.unwrap_or(Stat::of(Kind::Symlink));
        match super::directory_walk::resolve_symlink(r, &path, link, sub.core().opts) {
            Some(target) => sub.finfo = Some(target),
            None => {
                sub.status = 403;
                return sub;
            }
        }
    }
    if sub.finfo.is_some_and(|f| f.kind == Kind::Directory) {
        path.push(b'/');
        if sub.path_info.as_ref().is_none_or(|p| p.is_empty()) {
            uri.push(b'/');
        }
    }
    match &r.args {
        Some(args) if merge_args && !args.is_empty() => {
            uri.push(b'?');
            uri.extend_from_slice(args);
            sub.parse_uri(&uri);
        }
        _ => sub.parse_uri(&uri),
    }
    sub.hostname = r.hostname.clone();
    sub.filename = Some(path);
    finish(r, &mut sub, "entry");
    sub
}

/// `ap_find_path_info`: where in the URI the path_info begins.
pub(crate) fn find_path_info(uri: &[u8], path_info: &[u8]) -> usize {
    let (mut lu, mut lp) = (uri.len(), path_info.len());
    while lu > 0 && lp > 0 {
        lu -= 1;
        lp -= 1;
        if uri[lu] != path_info[lp] {
            break;
        }
        if path_info[lp] == b'/' {
            while lu > 0 && uri[lu - 1] == b'/' {
                lu -= 1;
            }
        }
    }
    // the C loop steps back once more when the path_info is used up
    if lp == 0 && lu > 0 {
        lu -= 1;
    }
    while uri.get(lu).is_some_and(|b| *b != b'/') {
        lu += 1;
    }
    lu
}
