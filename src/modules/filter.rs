//! mod_filter.c: output filters that are chosen when the answer's type stands. Of what they make of a body only this
//! matters: that it may be of another length.

use crate::module::Effect::{Inert, Modelled};
use crate::module::allowed::*;
use crate::module::{Args, Directive, Module, plain, row};
use crate::server::build::Cmd;
use crate::server::request::Request;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// The module.
pub static MODULE: Module =
    Module { name: "mod_filter.c", identifier: "filter_module", directives: DIRECTIVES, hooks: &[] };

static DIRECTIVES: &[Directive] = &[
    plain("FilterDeclare", Args::Take12, OR_OPTIONS, Inert, "filter-name [filter-type]"),
    plain("FilterProvider", Args::Take3, OR_OPTIONS, Inert, "filter-name provider-name match-expression"),
    row("FilterChain", Args::Iterate, OR_OPTIONS, Modelled, "list of filter names with optional [+-=!@]", chain),
    plain("FilterTrace", Args::Take2, ACCESS_CONF | RSRC_CONF, Inert, "filter-name debug-level"),
    row(
        "AddOutputFilterByType",
        Args::Argv,
        OR_FILEINFO,
        Modelled,
        "output filter name followed by one or more content-types",
        by_type,
    ),
    plain("FilterProtocol", Args::Take23, OR_OPTIONS, Inert, "filter-name [provider-name] protocol-args"),
];

/// Filters for some types of content, or for what a chain's providers ask.
#[derive(Clone, Debug)]
struct Link {
    filters: Vec<BString>,
    /// The types; none: that hangs on the providers.
    types: Option<Vec<BString>>,
    span: Span,
}

/// Settings per directory: the chain.
#[derive(Clone, Debug, Default)]
pub struct Dir {
    chain: Vec<Link>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { chain: [base.chain.as_slice(), &add.chain].concat() }
    }
}

/// `filter_chain`
fn chain(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let chain = &mut cmd.slot(|d| &mut d.filter).chain;
    let (sign, name) = match a[0].first() {
        Some(b'+' | b'-' | b'=' | b'!' | b'@') => (a[0][0], &a[0][1..]),
        _ => (b'+', a[0].as_slice()),
    };
    if matches!(sign, b'!' | b'=') {
        chain.clear();
    }
    if matches!(sign, b'+' | b'=' | b'@') {
        chain.push(Link { filters: vec![name.into()], types: None, span });
    }
    Ok(())
}

/// `filter_bytype`
fn by_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a.len() < 2 {
        return Err("AddOutputFilterByType requires at least two arguments".into());
    }
    let filters = a[0].split(|b| *b == b';').filter(|n| !n.is_empty()).map(BString::from).collect();
    let span = cmd.span();
    let link = Link { filters, types: Some(a[1..].to_vec()), span };
    cmd.slot(|d| &mut d.filter).chain.push(link);
    Ok(())
}

/// The filters that take part in an answer, as far as its type tells.
pub fn taking_part(r: &Request<'_>) -> Vec<(BString, Span)> {
    let Some(dir) = &r.per_dir.filter else { return Vec::new() };
    let kind = r.content_type.as_ref().map_or(&b""[..], |t| t.split(|b| *b == b';').next().unwrap_or_default().trim());
    let fits = |link: &&Link| link.types.as_ref().is_none_or(|t| t.iter().any(|t| t.eq_ignore_ascii_case(kind)));
    let links = dir.chain.iter().filter(fits);
    links.flat_map(|l| l.filters.iter().map(|f| (f.clone(), l.span))).collect()
}
