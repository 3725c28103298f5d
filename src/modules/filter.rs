//! mod_filter.c: output filters that are chosen when the answer's type stands. Of what they make of a body only this
//! matters: that it may be of another length.

use super::ledger::providers::{self, Kind};
use crate::named::{Name, Named};
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::settings::Settings;
use crate::source::Span;
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_filter.c",
    identifier: "filter_module",
    directives: DIRECTIVES,
    hooks: &[],
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.filters = taking_part;
}

static DIRECTIVES: &[Directive] = &[
    row("FilterDeclare", Args::Take12, OR_OPTIONS, Modelled, "filter-name [filter-type]", declare),
    row("FilterProvider", Args::Take3, OR_OPTIONS, Modelled, "filter-name provider-name match-expression", provider),
    row("FilterChain", Args::Iterate, OR_OPTIONS, Modelled, "list of filter names with optional [+-=!@]", chain),
    row("FilterTrace", Args::Take2, ACCESS_CONF | RSRC_CONF, Modelled, "filter-name debug-level", trace),
    row(
        "AddOutputFilterByType",
        Args::Argv,
        OR_FILEINFO,
        Modelled,
        "output filter name followed by one or more content-types",
        by_type,
    ),
    row("FilterProtocol", Args::Take23, OR_OPTIONS, Modelled, "filter-name [provider-name] protocol-args", protocol),
];

/// Filters for some types of content, or for what a chain's providers ask.
#[derive(Clone, Debug)]
struct Link {
    filters: Vec<BString>,
    /// The types; none: that hangs on the providers.
    types: Option<Vec<BString>>,
    span: Span,
}

/// A filter and its providers.
#[derive(Clone, Debug)]
struct Declared {
    name: BString,
    providers: Vec<BString>,
}

impl Name for Declared {
    fn name(&self) -> Cow<'_, BStr> {
        self.name.as_bstr().into()
    }
}

/// Settings per directory: the chain, and the filters declared here with their providers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    chain: Vec<Link>,
    declared: Named<Declared>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        // what was declared counts only while a section is read
        Dir { chain: [base.chain.as_slice(), &add.chain].concat(), declared: Named::default() }
    }
}

impl Dir {
    fn providers(&mut self, filter: &[u8]) -> Option<&mut Vec<BString>> {
        self.declared.named(filter).map(|d| &mut d.providers)
    }
}

/// `filter_declare`: declared again, a filter begins anew.
fn declare(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let dir = cmd.slot(|d| &mut d.filter);
    match dir.providers(&a[0]) {
        Some(providers) => providers.clear(),
        None => {
            dir.declared.push(Declared { name: a[0].clone(), providers: Vec::new() });
        }
    }
    Ok(())
}

/// `add_filter`: a provider is a filter that some module registered; an undeclared filter is declared by the way.
fn add(cmd: &mut Cmd<'_>, filter: BString, provider: &BString) -> Result<(), String> {
    if !registered(cmd, provider) {
        return Err(format!("Unknown filter provider {provider}"));
    }
    let dir = cmd.slot(|d| &mut d.filter);
    match dir.providers(&filter) {
        Some(providers) => providers.push(provider.clone()),
        None => {
            dir.declared.push(Declared { name: filter, providers: vec![provider.clone()] });
        }
    }
    Ok(())
}

/// `ap_get_output_filter_handle` (server/util_filter.c): whether a module that is loaded has such a filter.
fn registered(cmd: &Cmd<'_>, name: &BString) -> bool {
    // these two have filters by any name, which an .htaccess file's reader does not know
    const OPEN: [&str; 2] = ["mod_ext_filter.c", "mod_lua.c"];
    let loaded = &cmd.build.loaded;
    match name.to_str().ok().and_then(|n| providers::find(Kind::OutputFilter, n)) {
        Some(known) => loaded.has(known.module),
        None => match &cmd.build.filters {
            Some(named) => named.contains(name.to_ascii_lowercase().as_bstr()),
            None => OPEN.iter().any(|m| loaded.has(m)),
        },
    }
}

/// `filter_provider`
fn provider(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add(cmd, a[0].clone(), &a[1])?;
    cmd.expr(&a[2], false).map_err(|e| format!("Error parsing FilterProvider expression:{e}")).map(|_| ())
}

/// `filter_protocol`
fn protocol(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let Some(providers) = cmd.slot(|d| &mut d.filter).providers(&a[0]) else {
        return Err("FilterProtocol: No such filter".into());
    };
    if a.len() > 2 && !providers.iter().any(|p| p.eq_ignore_ascii_case(&a[1])) {
        return Err("FilterProtocol: No such provider for this filter".into());
    }
    Ok(())
}

/// `filter_debug`
fn trace(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    match cmd.slot(|d| &mut d.filter).providers(&a[0]) {
        Some(_) => Ok(()),
        None => Err(format!("Undeclared smart filter {}", a[0])),
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
    let filters: Vec<BString> = a[0].split(|b| *b == b';').filter(|n| !n.is_empty()).map(BString::from).collect();
    for filter in &filters {
        add(cmd, [b"BYTYPE:", filter.as_slice()].concat().into(), filter)?;
    }
    let span = cmd.span();
    let link = Link { filters, types: Some(a[1..].to_vec()), span };
    cmd.slot(|d| &mut d.filter).chain.push(link);
    Ok(())
}

/// The filters that take part in an answer, as far as its type tells.
pub(crate) fn taking_part(r: &Request<'_>) -> Vec<(BString, Span)> {
    let Some(dir) = &r.per_dir.filter else { return Vec::new() };
    let kind = r.content_type.as_ref().map_or(&b""[..], |t| t.split(|b| *b == b';').next().unwrap_or_default().trim());
    let fits = |link: &&Link| link.types.as_ref().is_none_or(|t| t.iter().any(|t| t.eq_ignore_ascii_case(kind)));
    let links = dir.chain.iter().filter(fits);
    links.flat_map(|l| l.filters.iter().map(|f| (f.clone(), l.span))).collect()
}
