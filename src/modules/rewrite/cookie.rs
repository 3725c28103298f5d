//! `[CO=name:value:domain:...]`: `add_cookie` (mod_rewrite.c).

use super::expand::{Context, expand};
use super::template::Template;
use crate::date;
use crate::server::request::Request;
use crate::server::response::UNKNOWN;
use bstr::ByteSlice;

/// `do_expand_cookie` for one of a rule's cookies: a `Set-Cookie` line, unless there is one of that name.
///
/// The time when it ends is told in a response alone; one that has ended already ends in 1970. A subrequest's cookies are
/// told there too: they are those of the request that it becomes.
pub(super) fn set(r: &mut Request<'_>, ctx: &mut Context<'_>, template: &Template) {
    if r.engine.is_supposing() || r.main.is_some() && !r.engine.responds() {
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
    match minutes.map_or(0, crate::server::core::atoi) {
        i64::MIN..=-1 => cookie.extend_from_slice(b"; expires=Thu, 01-Jan-1970 00:00:00 GMT"),
        minutes @ 1.. if r.engine.responds() => {
            cookie.extend_from_slice(b"; expires=");
            cookie.extend_from_slice(ends(r, minutes).as_bytes());
        }
        _ => {}
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

/// When a cookie ends that lives for so many minutes; that is known where the time of the request is.
fn ends(r: &Request<'_>, minutes: i64) -> String {
    if r.engine.server.time.is_none() {
        return UNKNOWN.into();
    }
    let date = date::http(r.engine.now().saturating_add(minutes.saturating_mul(60)));
    match date.split(' ').collect::<Vec<_>>().as_slice() {
        [weekday, day, month, year, time, zone] => format!("{weekday} {day}-{month}-{year} {time} {zone}"),
        _ => date,
    }
}
