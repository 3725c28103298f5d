//! mod_vhost_alias.c: document roots and CGI folders made from the name or address asked for.

use crate::server::budget::Budget;
use crate::server::cmd::Cmd;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::RSRC_CONF;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::{Set, decisive};
use crate::server::settings::Settings;
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_vhost_alias.c",
    identifier: "vhost_alias_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] =
    &[Hook { after: &["mod_alias.c", "mod_userdir.c"], ..hook(Phase::TranslateName, order::MIDDLE, translate) }];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("VirtualScriptAlias", Args::Take1, RSRC_CONF, Modelled, "how to create a ScriptAlias based on the host", |c, a| set(c, a, true, By::Name)),
    row("VirtualDocumentRoot", Args::Take1, RSRC_CONF, Modelled, "how to create the DocumentRoot based on the host", |c, a| set(c, a, false, By::Name)),
    row("VirtualScriptAliasIP", Args::Take1, RSRC_CONF, Modelled, "how to create a ScriptAlias based on the host", |c, a| set(c, a, true, By::Address)),
    row("VirtualDocumentRootIP", Args::Take1, RSRC_CONF, Modelled, "how to create the DocumentRoot based on the host", |c, a| set(c, a, false, By::Address)),
];

/// What fills a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Name,
    Address,
}

/// A path with `%` in it; none for `none`.
type Map = Option<(By, BString)>;

/// Settings per server: httpd's `mva_sconf_t`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    doc_root: Option<Set<Map>>,
    cgi_root: Option<Set<Map>>,
}

impl Settings for Server {
    fn merge(base: &Server, add: &Server) -> Server {
        Server {
            doc_root: Set::merge(&base.doc_root, &add.doc_root),
            cgi_root: Set::merge(&base.cgi_root, &add.cgi_root),
        }
    }
}

/// `vhost_alias_set`
fn set(cmd: &mut Cmd<'_>, a: &[BString], cgi: bool, by: By) -> Result<(), String> {
    let map = &a[0];
    let value = if map.starts_with(b"/") {
        if !well_formed(map) {
            return Err("syntax error in format string".into());
        }
        Some((by, map.clone()))
    } else if map.eq_ignore_ascii_case(b"none") {
        None
    } else {
        return Err("format string must be an absolute path, or 'none'".into());
    };
    let span = cmd.span();
    let conf = cmd.server_slot(|s| &mut s.vhost_alias);
    Set::put(if cgi { &mut conf.cgi_root } else { &mut conf.doc_root }, value, span);
    Ok(())
}

/// Whether each `%` begins `%p`, `%%` or `%[-]N[+][.[-]M[+]]`.
fn well_formed(map: &[u8]) -> bool {
    let mut rest = map;
    while let Some(i) = rest.find_byte(b'%') {
        rest = &rest[i + 1..];
        if let Some(after) = rest.strip_prefix(b"p").or_else(|| rest.strip_prefix(b"%")) {
            rest = after;
        } else if Specifier::read(&mut rest).is_none() {
            return false;
        }
    }
    true
}

/// One number of a specifier: a part counted from the front or (`-`) from the back, alone or (`+`) with all beyond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    back: bool,
    number: usize,
    beyond: bool,
}

/// `%N.M`: a label of the name, and letters of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Specifier {
    label: Part,
    letter: Part,
}

impl Part {
    fn read(text: &mut &[u8]) -> Option<Part> {
        let mut eat = |b: u8| match text.strip_prefix(&[b]) {
            Some(rest) => {
                *text = rest;
                true
            }
            None => false,
        };
        let back = eat(b'-');
        let number = (0..=9usize).find(|n| eat(b'0' + *n as u8))?;
        Some(Part { back, number, beyond: eat(b'+') })
    }

    /// The part of `whole` between the borders: `borders` holds where each piece begins, then one past the end.
    fn letters(self, whole: &[u8]) -> &[u8] {
        let n = self.number;
        match (n, self.back) {
            (0, _) => whole,
            (n, _) if n > whole.len() => b"_",
            (n, false) if self.beyond => &whole[n - 1..],
            (n, false) => &whole[n - 1..n],
            (n, true) if self.beyond => &whole[..whole.len() - n + 1],
            (n, true) => &whole[whole.len() - n..whole.len() - n + 1],
        }
    }

    fn labels(self, name: &[u8]) -> &[u8] {
        // as httpd, no more than 19 labels are told apart
        let starts: Vec<usize> = std::iter::once(0).chain(name.find_iter(b".").map(|i| i + 1)).take(19).collect();
        let count = starts.len();
        let end_of = |i: usize| starts.get(i + 1).map_or(name.len(), |next| next - 1);
        let n = self.number;
        let (first, last) = match (n, self.back) {
            (0, _) => return name,
            (n, _) if n > count => return b"_",
            (n, false) if self.beyond => (n - 1, count - 1),
            (n, false) => (n - 1, n - 1),
            (n, true) if self.beyond => (0, count - n),
            (n, true) => (count - n, count - n),
        };
        &name[starts[first]..end_of(last)]
    }
}

impl Specifier {
    fn read(text: &mut &[u8]) -> Option<Specifier> {
        let label = Part::read(text)?;
        let letter = match text.strip_prefix(b".") {
            None => Part::default(),
            Some(rest) => {
                *text = rest;
                Part::read(text)?
            }
        };
        Some(Specifier { label, letter })
    }
}

/// `vhost_alias_interpolate`, the folder alone: without a slash at its end.
fn interpolate(map: &[u8], name: &[u8], port: u16, budget: &Budget) -> BString {
    let mut out = BString::default();
    let mut rest = map;
    while let Some((&b, after)) = rest.split_first() {
        rest = after;
        match (b, rest.first()) {
            (b'%', Some(b'%')) => {
                out.push(b'%');
                rest = &rest[1..];
            }
            (b'%', Some(b'p')) => {
                out.extend_from_slice(port.to_string().as_bytes());
                rest = &rest[1..];
            }
            (b'%', _) => {
                let s = Specifier::read(&mut rest).unwrap_or_default();
                let text = s.letter.letters(s.label.labels(name));
                if !budget.take_bytes(text.len()) {
                    break;
                }
                out.extend(text.iter().map(u8::to_ascii_lowercase));
            }
            _ => out.push(b),
        }
    }
    if out.ends_with(b"/") {
        out.pop();
    }
    out
}

/// `mva_translate`
fn translate(r: &mut Request<'_>) -> Verdict {
    let Some(conf) = r.server.settings.vhost_alias.as_deref() else { return Verdict::Declined };
    let uri = r.uri.clone();
    let path = crate::filepath::without_slashes_before(&uri);
    let program = path.starts_with(b"cgi-bin/").then(|| &path[b"cgi-bin".len()..]);
    let cgi = program.filter(|_| matches!(conf.cgi_root, Some(Set { value: Some(_), .. })));
    if program.is_some() && cgi.is_none() {
        // `none` matters where it covers a map
        r.decide_if(Phase::TranslateName, decisive(&conf.cgi_root, &None));
    }
    let (set, rest) = match cgi {
        Some(rest) => (&conf.cgi_root, rest),
        None if uri.starts_with(b"/") => (&conf.doc_root, uri.as_slice()),
        None => return Verdict::Declined,
    };
    let Some(Set { value, span, .. }) = set else { return Verdict::Declined };
    let Some((by, map)) = value else {
        r.decide_if(Phase::TranslateName, decisive(set, &None));
        return Verdict::Declined;
    };
    r.decide(Phase::TranslateName, *span);
    let name: BString = match by {
        By::Name => r.server_name(),
        By::Address => r.connection.local.to_string().into(),
    };
    if by == &By::Name && r.hostname.as_ref().is_some_and(|h| *h != name) {
        r.decide_if(Phase::TranslateName, r.core().use_canonical_name.as_ref().map(|s| s.span));
    }
    let root = interpolate(map, &name, r.server_port(), &r.engine.budget);
    r.engine.budget.name(*span);
    r.filename = Some([root.as_slice(), rest].concat().into());
    r.context_root = Some(root.clone().into());
    r.document_root_override = Some(root);
    if cgi.is_some() {
        r.handler = Some("cgi-script".into());
        r.handler_span = Some(*span);
        r.notes.set("alias-forced-type", "cgi-script");
        r.context_prefix = Some("/cgi-bin".into());
    }
    Verdict::Ok
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fill_maps() {
        for (map, want) in [
            ("/v/%0/d", "/v/www.Example.isp.com/d"),
            ("/v/%1", "/v/www"),
            ("/v/%-1", "/v/com"),
            ("/v/%2+", "/v/example.isp.com"),
            ("/v/%-2+", "/v/www.example.isp"),
            ("/v/%3.1/%3.2/%3", "/v/i/s/isp"),
            ("/v/%2.-2/%2.-2+/%2.2+", "/v/l/exampl/xample"),
            ("/v/%5/%1.9", "/v/_/_"),
            ("/%%/%p/", "/%/8080"),
        ] {
            let filled = interpolate(map.as_bytes(), b"www.Example.isp.com", 8080, &Budget::default());
            assert_eq!(filled, want.to_ascii_lowercase(), "{map}");
        }
        for (map, good) in [("/%1.2/%%", true), ("/%x", false), ("/%-", false), ("/%1.", false), ("/a%", false)] {
            assert_eq!(well_formed(map.as_bytes()), good, "{map}");
        }
    }
}
