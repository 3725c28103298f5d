//! The headers by which an answer says that it was chosen: `set_neg_headers` and `setup_choice_response`.

use super::variant::Variant;
use crate::filepath;
use crate::server::request::Request;
use crate::server::response::UNKNOWN;
use crate::server::uri;
use bstr::{BString, ByteSlice};

/// How a choice came out.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    /// Whether it was made transparently (RFC 2295).
    pub transparent: bool,
    /// Whether the client gets the list: `alg_list`.
    pub list: bool,
    /// Whether the list of variants is sent: `neg->send_alternates`.
    pub alternates: bool,
}

/// `set_neg_headers`: Vary, Alternates and TCN, sent with errors too.
pub(super) fn say(r: &mut Request<'_>, variants: &[Variant<'_>], choice: Choice) {
    if r.engine.responds() {
        if choice.list {
            r.notes.set("variant-list", UNKNOWN);
        }
        if choice.alternates && !variants.is_empty() {
            let all: Vec<BString> = variants.iter().map(|v| alternate(r, v)).collect();
            r.err_headers_out.merge("Alternates", BString::from(bstr::join(", ", all)));
        }
        let differ =
            |of: &dyn Fn(&Variant<'_>) -> BString| variants.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
        let by = [
            (choice.transparent, "negotiate"),
            (differ(&|v| v.mime_type.clone()), "accept"),
            (differ(&|v| bstr::join(",", &v.languages).into()), "accept-language"),
            (differ(&|v| v.charset.clone()), "accept-charset"),
            (differ(&|v| v.encoding.clone().unwrap_or_default()), "accept-encoding"),
        ];
        let names: Vec<&str> = by.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| name).collect();
        if !names.is_empty() {
            r.err_headers_out.merge("Vary", BString::from(names.join(", ")));
        }
    }
    if choice.transparent {
        r.err_headers_out.set("TCN", if choice.list { "list" } else { "choice" });
    }
}

/// What else the answer says that is one of several: its own name, and the Vary of what it is itself chosen from.
pub(super) fn say_chosen(r: &mut Request<'_>, variant: &mut Variant<'_>) {
    if !r.engine.responds() {
        return;
    }
    if let Some(sub) = &mut variant.sub
        && let Some(vary) = sub.err_headers_out.get("Vary").map(|v| v.to_owned())
    {
        r.err_headers_out.set("Variant-Vary", vary.clone());
        r.err_headers_out.set("Vary", vary);
        sub.err_headers_out.unset("Vary");
    }
    r.err_headers_out.set("Content-Location", uri::escape_segment(&variant.file_name));
}

/// One of the variants, as RFC 2295 lists them.
fn alternate(r: &Request<'_>, v: &Variant<'_>) -> BString {
    let mut quality = format!("{:1.3}", v.source_quality);
    // zeros at the end are left out, and of a whole number all that is behind it
    if quality.ends_with('0') {
        quality.pop();
        if quality.ends_with('0') {
            quality.pop();
            if quality.ends_with('0') {
                quality.truncate(1);
            }
        }
    }
    let mut out: BString = format!("{{\"{}\" {quality}", uri::escape_segment(&v.file_name)).into();
    let languages = bstr::join(",", &v.languages);
    let encoding = v.encoding.clone().unwrap_or_default();
    let handled = v.sub.as_ref().is_some_and(|sub| sub.handler.is_some());
    let looked_at = || v.sub.as_ref().and_then(|sub| sub.finfo).map(|f| f.size);
    let folder = filepath::dirname(r.filename.as_deref().map_or(b"", |f| f.as_slice()));
    let there = || r.engine.stat(&filepath::join(folder, &v.file_name)).ok().map(|f| f.size);
    let length = v.bytes.or_else(looked_at).or_else(there);
    let length = length.filter(|_| !handled).map(|n| n.to_string()).unwrap_or_default();
    for (name, value) in [
        ("type", v.mime_type.as_bytes()),
        ("charset", &v.charset),
        ("language", &languages),
        ("encoding", &encoding),
        ("length", length.as_bytes()),
    ] {
        if !value.is_empty() {
            out.extend_from_slice(&[b" {", name.as_bytes(), b" ", value, b"}"].concat());
        }
    }
    out.push(b'}');
    out
}
