//! `[CO=name:value:domain:...]`: `add_cookie` (mod_rewrite.c).

use super::expand::{Context, expand};
use super::template::Template;
use crate::server::request::Request;
use bstr::ByteSlice;

/// `do_expand_cookie` for one of a rule's cookies: a `Set-Cookie` line, unless there is one of that name.
///
/// The time when it ends is left out, as nobody knows the time of the request; one that has ended already ends in 1970. A
/// subrequest's cookies are left out too.
pub(super) fn set(r: &mut Request<'_>, ctx: &mut Context<'_>, template: &Template) {
    if r.engine.is_supposing() || r.main.is_some() {
        return;
    }
    let text = expand(r, ctx, template, None);
    // `;` separates instead of `:` where it is the first character
    let (separator, text) = text.strip_prefix(b";").map_or((b':', text.as_slice()), |rest| (b';', rest));
    let mut parts = text.split(|b| *b == separator).filter(|part| !part.is_empty());
    let (Some(name), Some(value), Some(domain)) = (parts.next(), parts.next(), parts.next()) else { return };
    let [minutes, path, secure, http_only, same_site] = [(); 5].map(|()| parts.next());
    let is_set = |line: &[u8]| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"="));
    if r.err_headers_out.named(b"Set-Cookie").any(|(_, line)| is_set(line)) {
        return;
    }
    let is = |word: Option<&[u8]>, name: &[u8]| {
        word.is_some_and(|w| w == b"1" || w.eq_ignore_ascii_case(b"true") || w.eq_ignore_ascii_case(name))
    };
    let mut cookie = [name, b"=", value, b"; path=", path.unwrap_or(b"/"), b"; domain=", domain].concat();
    if minutes.is_some_and(|m| crate::modules::core::atoi(m) < 0) {
        cookie.extend_from_slice(b"; expires=Thu, 01-Jan-1970 00:00:00 GMT");
    }
    // httpd puts these together in one call, which ends where the first is missing
    if is(secure, b"secure") {
        cookie.extend_from_slice(b"; secure");
        if is(http_only, b"httponly") {
            cookie.extend_from_slice(b"; HttpOnly");
        }
    }
    if let Some(word) = same_site.filter(|w| *w != b"0" && !w.eq_ignore_ascii_case(b"false")) {
        cookie.extend_from_slice(b"; SameSite=");
        cookie.extend_from_slice(word);
    }
    r.err_headers_out.add("Set-Cookie", cookie.as_bstr().to_owned());
}
