//! mod_mime.c: what a file's extensions say of it.

mod content_type;

use crate::filepath;
use crate::server::cmd::{Cmd, forbid};
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::{ProxyReq, Request};
use crate::server::setting::{Set, decisive};
use crate::server::settings::Settings;
use crate::source::Span;
use crate::text::Text;
use bstr::{BStr, BString, ByteSlice};
use content_type::ContentType;
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_mime.c",
    identifier: "mime_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.check_config.push((order::MIDDLE, check_config));
}

/// `mime_post_config`: TypesConfig is read.
fn check_config(build: &mut crate::server::build::Build) {
    if let Err(message) = read_types(build) {
        build.diagnostics.push(crate::diagnostic::Diagnostic::note("AH01597", message, Span::NONE));
    }
}

static HOOKS: &[Hook] = &[hook(Phase::TypeChecker, order::MIDDLE, find_type)];

static DIRECTIVES: &[Directive] = &[
    row(
        "AddCharset",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "a charset (e.g., iso-2022-jp), followed by one or more file extensions",
        |c, a| add(c, a, Field::Charset),
    ),
    row(
        "AddEncoding",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "an encoding (e.g., gzip), followed by one or more file extensions",
        |c, a| add(c, a, Field::Encoding),
    ),
    row(
        "AddHandler",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "a handler name followed by one or more file extensions",
        |c, a| add(c, a, Field::Handler),
    ),
    row(
        "AddInputFilter",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "input filter name (or ; delimited names) followed by one or more file extensions",
        |c, a| add(c, a, Field::InputFilter),
    ),
    row(
        "AddLanguage",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "a language (e.g., fr), followed by one or more file extensions",
        |c, a| add(c, a, Field::Language),
    ),
    row(
        "AddOutputFilter",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "output filter name (or ; delimited names) followed by one or more file extensions",
        |c, a| add(c, a, Field::OutputFilter),
    ),
    row(
        "AddType",
        Args::Iterate2,
        OR_FILEINFO,
        Modelled,
        "a mime type followed by one or more file extensions",
        |c, a| add(c, a, Field::Type),
    ),
    row(
        "DefaultLanguage",
        Args::Take1,
        OR_FILEINFO,
        Modelled,
        "language to use for documents with no other language file extension",
        default_language,
    ),
    row(
        "MultiviewsMatch",
        Args::Iterate,
        OR_FILEINFO,
        Modelled,
        "NegotiatedOnly (default), Handlers and/or Filters, or Any",
        multiviews_match,
    ),
    row("RemoveCharset", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", |c, a| {
        remove(c, a, Field::Charset)
    }),
    row("RemoveEncoding", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", |c, a| {
        remove(c, a, Field::Encoding)
    }),
    row("RemoveHandler", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", |c, a| {
        remove(c, a, Field::Handler)
    }),
    row("RemoveInputFilter", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", |c, a| {
        remove(c, a, Field::InputFilter)
    }),
    row("RemoveLanguage", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", |c, a| {
        remove(c, a, Field::Language)
    }),
    row("RemoveOutputFilter", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", |c, a| {
        remove(c, a, Field::OutputFilter)
    }),
    row("RemoveType", Args::Iterate, OR_FILEINFO, Modelled, "one or more file extensions", remove_type),
    row("TypesConfig", Args::Take1, RSRC_CONF, Modelled, "the MIME types config file", types_config),
    row(
        "ModMimeUsePathInfo",
        Args::Flag,
        ACCESS_CONF,
        Modelled,
        "Set to 'yes' to allow mod_mime to use path info for type checking",
        use_path_info,
    ),
];

/// What an extension can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Type,
    Encoding,
    Language,
    Handler,
    Charset,
    InputFilter,
    OutputFilter,
}

impl Field {
    const ALL: [Field; 7] = [
        Field::Type,
        Field::Encoding,
        Field::Language,
        Field::Handler,
        Field::Charset,
        Field::InputFilter,
        Field::OutputFilter,
    ];
}

/// All that one extension says: httpd's `extension_info`. An empty type is RemoveType's: the types file is not asked.
#[derive(Clone, Debug, Default)]
struct Extension {
    fields: [Option<Set<BString>>; 7],
}

impl Extension {
    fn get(&self, field: Field) -> Option<&Set<BString>> {
        self.fields[field as usize].as_ref()
    }

    /// The one directive by which the extension counts as known: neither a second one nor the types file knows it.
    fn only_reason(&self, multimatch: u8, in_types: bool) -> Option<Span> {
        let counts = |field: Field| match field {
            Field::Handler => multimatch & multimatch::HANDLERS != 0,
            Field::InputFilter | Field::OutputFilter => multimatch & multimatch::FILTERS != 0,
            _ => true,
        };
        let mut reasons = Field::ALL.iter().filter(|f| counts(**f)).filter_map(|f| self.get(*f));
        let (first, second) = (reasons.next()?, reasons.next());
        let alone = second.is_none() && first.under.is_none() && !in_types && multimatch & multimatch::ANY == 0;
        alone.then_some(first.span)
    }
}

/// Which extensions a file may have beyond those of its name to be a variant.
pub(crate) mod multimatch {
    /// All.
    pub(crate) const ANY: u8 = 1;
    /// Those that negotiation knows.
    pub(crate) const NEGOTIATED: u8 = 2;
    /// Those with a handler.
    pub(crate) const HANDLERS: u8 = 4;
    /// Those with a filter.
    pub(crate) const FILTERS: u8 = 8;
}

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    mappings: Arc<HashMap<BString, Extension, RandomState>>,
    removed: Vec<(BString, Field, Span)>,
    /// Whether this is a server's own level, whose Remove directives take nothing away from itself.
    is_server_level: bool,
    default_language: Option<BString>,
    /// [`multimatch`]
    pub multimatch: u8,
    use_path_info: Option<bool>,
}

impl Settings for Dir {
    fn create(path: Option<&BStr>) -> Dir {
        Dir { is_server_level: path.is_none(), ..Dir::default() }
    }

    /// `merge_mime_dir_configs`: what a section adds counts, then what it removes, of its own too.
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let mut mappings = if base.mappings.is_empty() {
            add.mappings.clone()
        } else if add.mappings.is_empty() {
            base.mappings.clone()
        } else {
            let mut both = (*base.mappings).clone();
            for (name, info) in add.mappings.iter() {
                let entry = both.entry(name.clone()).or_default();
                for (field, value) in entry.fields.iter_mut().zip(&info.fields) {
                    *field = Set::merge(field, value);
                }
            }
            Arc::new(both)
        };
        for (name, field, _) in &add.removed {
            if mappings.get(name).is_some_and(|e| e.get(*field).is_some())
                && let Some(entry) = Arc::make_mut(&mut mappings).get_mut(name)
            {
                entry.fields[*field as usize] = None;
            }
        }
        Dir {
            mappings,
            removed: Vec::new(),
            is_server_level: false,
            default_language: add.default_language.clone().or_else(|| base.default_language.clone()),
            multimatch: if add.multimatch != 0 { add.multimatch } else { base.multimatch },
            use_path_info: add.use_path_info.or(base.use_path_info),
        }
    }
}

/// Settings per server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    types_config: Option<BString>,
    /// Types by extension, once the file was read.
    types: Arc<HashMap<BString, BString, RandomState>>,
}

impl Settings for Server {
    /// There is one types file, the main server's.
    fn merge(base: &Server, _: &Server) -> Server {
        base.clone()
    }
}

fn key(extension: &[u8]) -> BString {
    extension.strip_prefix(b".").unwrap_or(extension).to_ascii_lowercase().into()
}

fn add(cmd: &mut Cmd<'_>, a: &[BString], field: Field) -> Result<(), String> {
    let span = cmd.span();
    let value = a[0].to_ascii_lowercase().into();
    let mappings = Arc::make_mut(&mut cmd.slot(|d| &mut d.mime).mappings);
    Set::put(&mut mappings.entry(key(&a[1])).or_default().fields[field as usize], value, span);
    Ok(())
}

fn remove_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    add(cmd, &["".into(), a[0].clone()], Field::Type)
}

fn remove(cmd: &mut Cmd<'_>, a: &[BString], field: Field) -> Result<(), String> {
    let span = cmd.span();
    let name = key(&a[0]);
    cmd.slot(|d| &mut d.mime).removed.push((name, field, span));
    Ok(())
}

fn default_language(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.mime).default_language = Some(a[0].clone());
    Ok(())
}

fn use_path_info(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.mime).use_path_info = Some(a[0].eq_ignore_ascii_case(b"on"));
    Ok(())
}

fn types_config(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.server_slot(|s| &mut s.mime).types_config = Some(a[0].clone());
    Ok(())
}

fn multiviews_match(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.forbid(forbid::LOCATION)?;
    let (bit, excluded, message) = match a[0].to_ascii_lowercase().as_slice() {
        b"any" => (multimatch::ANY, !multimatch::ANY, "Any is incompatible with NegotiatedOnly, Filters and Handlers"),
        b"negotiatedonly" => (
            multimatch::NEGOTIATED,
            !multimatch::NEGOTIATED,
            "NegotiatedOnly is incompatible with Any, Filters and Handlers",
        ),
        b"filters" => (
            multimatch::FILTERS,
            multimatch::NEGOTIATED | multimatch::ANY,
            "Filters is incompatible with Any and NegotiatedOnly",
        ),
        b"handlers" => (
            multimatch::HANDLERS,
            multimatch::NEGOTIATED | multimatch::ANY,
            "Handlers is incompatible with Any and NegotiatedOnly",
        ),
        _ => return Err(format!("Unrecognized option '{}'", a[0])),
    };
    let mime = cmd.slot(|d| &mut d.mime);
    if mime.multimatch & excluded != 0 {
        return Err(message.into());
    }
    mime.multimatch |= bit;
    Ok(())
}

/// Reads the types file: `mime_post_config`. The error is httpd's.
pub(crate) fn read_types(build: &mut crate::server::build::Build) -> Result<(), String> {
    let slot = &mut build.servers[0].settings.mime;
    let server = crate::server::settings::slot(slot, None);
    let name = server.types_config.clone().unwrap_or_else(|| "/etc/mime.types".into());
    let root = build.server_root.clone();
    let path = filepath::merge(Some(root.as_bstr()), &name).unwrap_or(name);
    let text = crate::vfs::resolve::read(&*build.vfs, &crate::vfs::Cred::root(), &path).map_err(|e| {
        let why = if e.is_limit() { format!(": {e}") } else { ".".into() };
        format!("could not open mime types config file {path}{why}")
    })?;
    let mut types = HashMap::default();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with(b"#") {
            continue;
        }
        let mut words = line.fields();
        let Some(kind) = words.next() else { continue };
        for extension in words {
            types.insert(extension.to_ascii_lowercase().into(), kind.into());
        }
    }
    server.types = Arc::new(types);
    Ok(())
}

/// Which parts of a file's name say nothing of it, for mod_negotiation: `ap-mime-exceptions-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exceptions {
    /// The name's beginning, and the extensions that nothing is known of.
    pub names: Vec<BString>,
    /// The directives but for which an extension would be among them.
    pub spans: Vec<Span>,
}

/// The extension in lower case; most are already.
fn lowercase(extension: &[u8]) -> Cow<'_, [u8]> {
    match extension.iter().any(u8::is_ascii_uppercase) {
        true => Cow::Owned(extension.to_ascii_lowercase()),
        false => Cow::Borrowed(extension),
    }
}

/// `find_ct`
fn find_type(r: &mut Request<'_>) -> Verdict {
    if r.is_dir() {
        r.set_content_type(Some(super::dir::DIR_MAGIC_TYPE.into()), true);
        return Verdict::Ok;
    }
    static NOTHING: LazyLock<Dir> = LazyLock::new(Dir::default);
    let Some(filename) = r.filename.take() else { return Verdict::Declined };
    let verdict = type_of(r, &filename, r.per_dir.mime.as_deref().unwrap_or(&NOTHING));
    r.filename = Some(filename);
    verdict
}

fn type_of(r: &mut Request<'_>, filename: &BString, dir: &Dir) -> Verdict {
    let mut dir = Cow::Borrowed(dir);
    if !dir.is_server_level && !dir.removed.is_empty() {
        // a section's settings always go over the server's, even where those are httpd's own
        dir = Cow::Owned(Dir::merge(&Dir::default(), &dir));
    }
    let mut name = Cow::Borrowed(filename.as_slice());
    if dir.use_path_info == Some(true) {
        name.to_mut().extend_from_slice(r.path_info_str());
    } else if r.proxyreq == ProxyReq::Reverse
        && r.notes.get("proxy-nocanon").is_some()
        && let Some(q) = name.find_byte(b'?')
    {
        name.to_mut().truncate(q);
    }
    let name = filepath::basename(&name);
    // leading dots belong to the name
    let dots = name.iter().take_while(|b| **b == b'.').count();
    let stem = name[dots..].find_byte(b'.').map_or(name.len(), |i| dots + i);
    // only mod_negotiation's subrequests ask for them
    let mut exceptions =
        r.main.is_some().then(|| Exceptions { names: vec![BString::from(&name[..stem])], spans: Vec::new() });
    let mut found_metadata = false;
    let mut charset = None;
    let engine = r.engine;
    let types = |e: &[u8]| engine.server.servers[0].settings.mime.as_ref().and_then(|m| m.types.get(BStr::new(e)));
    let extensions = name.get(stem + 1..).unwrap_or_default();
    for written in extensions.split(|b| *b == b'.').filter(|e| !e.is_empty()) {
        let extension = lowercase(written);
        let info = dir.mappings.get(BStr::new(&extension));
        let mut found = false;
        let forced = info.and_then(|i| i.get(Field::Type));
        if forced.is_none()
            && let Some(kind) = types(&extension)
        {
            r.set_content_type(Some(Text::lent(kind)), true);
            found = true;
        }
        if let Some(info) = info {
            if let Some(set) = forced.filter(|s| !s.value.is_empty()) {
                r.set_content_type(Some(set.value.clone().into()), true);
                let otherwise = types(&extension).cloned().unwrap_or_default();
                r.type_span = decisive(&Some(set.clone()), &otherwise);
                found = true;
            }
            if let Some(set) = info.get(Field::Charset) {
                charset = Some(set.value.clone());
                found = true;
            }
            if let Some(set) = info.get(Field::Language) {
                r.content_languages.push(set.value.clone());
                found = true;
            }
            if let Some(set) = info.get(Field::Encoding) {
                r.content_encoding = Some(match r.content_encoding.take() {
                    None => set.value.clone(),
                    Some(e) => [e.as_slice(), b", ", &set.value].concat().into(),
                });
                found = true;
            }
            if let Some(set) = info.get(Field::Handler)
                && r.proxyreq == ProxyReq::None
            {
                // the handler that an alias set already leaves nothing to decide
                if r.handler.as_ref().is_none_or(|h| *h != set.value) {
                    r.handler_span = decisive(&Some(set.clone()), &BString::default());
                }
                r.handler = Some(set.value.clone().into());
                found |= dir.multimatch & multimatch::HANDLERS != 0;
            }
            if let Some(set) = info.get(Field::OutputFilter)
                && r.proxyreq == ProxyReq::None
            {
                let names = set.value.split(|b| *b == b';').filter(|n| !n.is_empty());
                r.output_filters.extend(names.map(|n| (n.into(), set.span)));
            }
            if info.get(Field::InputFilter).is_some() || info.get(Field::OutputFilter).is_some() {
                found |= dir.multimatch & multimatch::FILTERS != 0;
            }
        }
        if found || dir.multimatch & multimatch::ANY != 0 {
            found_metadata = true;
            if let Some(exceptions) = &mut exceptions {
                let reason = info.and_then(|i| i.only_reason(dir.multimatch, types(&extension).is_some()));
                exceptions.spans.extend(reason);
            }
        } else if let Some(exceptions) = &mut exceptions {
            exceptions.names.push(written.into());
        }
    }
    r.mime_exceptions = exceptions.filter(|_| found_metadata);
    let plain = |t: &BStr| charset.is_none() && !t.iter().any(|b| *b == b';' || b.is_ascii_whitespace() || *b == 11);
    if let Some(parts) = r.content_type.as_deref().filter(|t| !plain(t)).and_then(|t| ContentType::parse(t)) {
        let trusted = r.trusted_content_type;
        r.set_content_type(Some(parts.with_charset(charset.as_ref().map(|c| c.as_bstr())).into()), trusted);
    }
    if r.content_languages.is_empty()
        && let Some(language) = &dir.default_language
    {
        r.content_languages.push(language.clone());
    }
    if r.content_type.is_none() { Verdict::Declined } else { Verdict::Ok }
}
