//! MultiViews: the files beside the one asked for whose names begin with its name, in `read_types_multi` of
//! mod_negotiation.c.

use super::variant::Variant;
use super::{accept, type_map};
use crate::filepath;
use crate::server::core::options;
use crate::server::redirect::take_marks;
use crate::server::request::{ProxyReq, Request};
use crate::server::subrequest;
use crate::source::Span;
use crate::vfs::Kind;
use bstr::{BStr, BString, ByteSlice};

/// The variants there are, in the order of their names; none where nothing is open to choice.
///
/// # Errors
/// The status that the request ends with; the log has the reason.
pub(super) fn read<'a>(r: &mut Request<'a>) -> Result<Vec<Variant<'a>>, u16> {
    let Some(filename) = r.filename.clone().filter(|f| f.starts_with(b"/")) else { return Ok(Vec::new()) };
    if r.proxyreq != ProxyReq::None {
        return Ok(Vec::new());
    }
    let folder = filepath::dirname(&filename).to_owned();
    let prefix = filepath::basename(&filename).to_owned();
    let Ok(names) = r.engine.list(&folder) else {
        r.error("AH00686", format!("cannot read directory for multi: {folder}"));
        return Err(403);
    };
    let mut variants = Vec::new();
    let (mut any, mut map, mut refused) = (false, None, Vec::new());
    for name in names {
        if !name.strip_prefix(prefix.as_slice()).is_some_and(|rest| rest.starts_with(b".")) {
            continue;
        }
        let path = filepath::join(&folder, &name);
        if r.engine.lstat(&path).is_ok_and(|f| f.kind == Kind::Directory) {
            continue;
        }
        any = true;
        let mut sub = subrequest::lookup_dirent(r, name.as_bstr(), true);
        if sub.is_regular() && sub.handler.is_some() && sub.content_type.is_none() {
            sub.set_content_type(Some("application/x-httpd-cgi".into()), true);
        }
        let known = sub.mime_exceptions.as_ref().is_some_and(|e| follows(prefix.as_bstr(), &e.names));
        let content_type = sub.content_type.clone().filter(|_| sub.is_regular() && known && sub.status == 200);
        let Some(content_type) = content_type else {
            if matches!(sub.status, 401 | 403) {
                refused.extend(sub.decided.iter().copied());
            }
            r.doubt_of(sub.decided);
            take_marks(r, sub.log, Vec::new(), sub.caveats);
            continue;
        };
        if content_type == "application/x-type-map" || sub.handler.as_ref().is_some_and(|h| h == "type-map") {
            if map.is_some() {
                // the first in the folder's own order is read, which no name tells
                let span = options::deciders(&r.core().opt_lines, options::MULTI).pop().unwrap_or(Span::NONE);
                r.caveat(
                    "Options",
                    span,
                    format!("{filename} stands for several type maps, and which is read is chance"),
                );
                break;
            }
            map = sub.filename.clone();
            continue;
        }
        let mut variant = Variant {
            file_name: name,
            encoding: sub.content_encoding.clone().filter(|e| !e.is_empty()),
            languages: sub.content_languages.clone(),
            ..Variant::default()
        };
        variant.set_type(accept::item(&mut content_type.as_bytes()));
        variant.sub = Some(sub);
        variants.push(variant);
    }
    if let Some(map) = map {
        return type_map::read(r, &map);
    }
    if any && variants.is_empty() {
        take_marks(r, Vec::new(), refused, Vec::new());
        let why = "discovered file(s) matching request";
        r.error("AH00687", format!("Negotiation: {why}: {filename} (None could be negotiated)."));
        return Err(404);
    }
    variants.sort_by(|a, b| {
        let quality = b.source_quality.partial_cmp(&a.source_quality).unwrap_or(std::cmp::Ordering::Equal);
        quality.then_with(|| a.file_name.cmp(&b.file_name))
    });
    Ok(variants)
}

/// Whether the parts of a file's name that say nothing are parts of the name asked for, in this order.
fn follows(asked: &BStr, unknown: &[BString]) -> bool {
    let mut unknown = unknown.iter();
    let mut next = unknown.next();
    for part in asked.split(|b| *b == b'.') {
        if next.is_some_and(|n| n == part) {
            next = unknown.next();
        }
    }
    next.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_parts_stand_in_order() {
        for (asked, unknown, want) in [
            ("index", &["index"][..], true),
            ("index", &["index", "foo"], false),
            ("index.foo", &["index", "foo"], true),
            ("index.foo.html", &["index", "html"], true),
            ("foo.index", &["index", "foo"], false),
        ] {
            let unknown: Vec<BString> = unknown.iter().map(|u| (*u).into()).collect();
            assert_eq!(follows(asked.into(), &unknown), want, "{asked} {unknown:?}");
        }
    }
}
