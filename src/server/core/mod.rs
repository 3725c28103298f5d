//! core.c, http_core.c and mod_so.c: what every httpd has.

pub(crate) mod etag;
pub(crate) mod hooks;
mod logging;
pub(crate) mod options;
mod remote_host;
mod rows;
mod sections;
mod setters;

pub(crate) use hooks::{allow_methods, translate};
pub(crate) use remote_host::remote_host;
pub(crate) use setters::atoi;

use crate::expr::Expr;
use crate::server::index::Indexed;
use crate::server::module::{Module, allowed};
use crate::server::request::PathInfo;
use crate::server::section::Section;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::server::unmodelled::Unmodelled;
use crate::source::Span;
use bstr::{BStr, BString};
use options::OptLine;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The core, its HTTP part, and LoadModule.
pub(crate) static MODULES: [Module; 3] = [
    Module { name: "core.c", identifier: "core_module", directives: rows::CORE, hooks: hooks::CORE, ..Module::NONE },
    Module {
        name: "http_core.c",
        identifier: "http_module",
        directives: rows::HTTP,
        hooks: hooks::HTTP,
        ..Module::NONE
    },
    Module { name: "mod_so.c", identifier: "so_module", directives: rows::SO, hooks: &[], ..Module::NONE },
];

/// What an ErrorDocument says.
#[derive(Clone, Debug)]
pub(crate) enum ErrorDocument {
    /// httpd's own words again.
    Default,
    /// A text (it begins with `"`), a path or a URL.
    Text(Arc<Expr>),
}

/// `ServerSignature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// None.
    Off,
    /// The server's name and version.
    On,
    /// The administrator's address too.
    Email,
}

/// How `UseCanonicalName` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CanonicalName {
    /// ServerName.
    On,
    /// The client's Host.
    Off,
    /// The address's reverse name.
    Dns,
}

/// A text that may be an expression: two are alike when they are written alike.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// As written.
    pub source: BString,
    /// What it comes to.
    pub expr: Arc<Expr>,
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.source == other.source
    }
}

/// The core's settings per directory: `core_dir_config`.
#[derive(Clone, Debug)]
pub(crate) struct Dir {
    /// Options in force, [`options::UNSET`] among them where no line without signs was met.
    pub opts: u32,
    /// Options added.
    pub opts_add: u32,
    /// Options taken away.
    pub opts_remove: u32,
    /// The lines of Options.
    pub opt_lines: Arc<Vec<OptLine>>,
    /// AllowOverride ([`allowed`]).
    pub overrides: u32,
    /// AllowOverride Options=...
    pub override_opts: u32,
    /// AllowOverrideList.
    pub override_list: Option<Arc<Vec<BString>>>,
    /// The AllowOverride in force, and what it covers.
    pub override_set: Option<Set<u32>>,
    /// AcceptPathInfo.
    pub accept_path_info: Option<Set<PathInfo>>,
    /// ErrorDocument, by status.
    pub error_documents: Arc<BTreeMap<u16, (ErrorDocument, Span)>>,
    /// `<Files>` within.
    pub sec_file: Arc<Indexed<Arc<Section>>>,
    /// `<If>` within.
    pub sec_if: Arc<Vec<Arc<Section>>>,
    /// ForceType.
    pub mime_type: Option<Set<BString>>,
    /// SetHandler.
    pub handler: Option<Set<Text>>,
    /// AllowEncodedSlashes other than Off. Merging takes the later section's, whether it says so or not.
    pub allow_encoded_slashes: bool,
    /// AllowEncodedSlashes On.
    pub decode_encoded_slashes: bool,
    /// The AllowEncodedSlashes in force.
    pub encoded_slashes_span: Option<Span>,
    /// UseCanonicalName.
    pub use_canonical_name: Option<Set<CanonicalName>>,
    /// UseCanonicalPhysicalPort.
    pub use_canonical_phys_port: Option<Set<bool>>,
    /// HostnameLookups: whether a client's name is looked up where a name or an address will do.
    pub hostname_lookups: Option<Set<bool>>,
    /// QualifyRedirectURL.
    pub qualify_redirect_url: Option<Set<bool>>,
    /// LimitRequestBody.
    pub limit_request_body: Option<Set<u64>>,
    /// CGIPassAuth.
    pub cgi_pass_auth: Option<Set<bool>>,
    /// AddDefaultCharset; none inside where it is off.
    pub default_charset: Option<Set<Option<BString>>>,
    /// ServerSignature.
    pub signature: Option<Set<Signature>>,
    /// ContentDigest.
    pub content_digest: Option<Set<bool>>,
    /// CGIVar: REQUEST_URI is the path that the request has in the end.
    pub current_uri: Option<Set<bool>>,
    /// FileETag.
    pub etag: etag::Parts,
    /// SetOutputFilter.
    pub output_filters: Option<Set<BString>>,
    /// MaxRanges, as httpd has it: -2 is its default, -3 no limit.
    pub max_ranges: Option<Set<i64>>,
    /// MaxRangeOverlaps, likewise.
    pub max_overlaps: Option<Set<i64>>,
    /// MaxRangeReversals, likewise.
    pub max_reversals: Option<Set<i64>>,
    /// Directives in force that are not modelled.
    pub unmodelled: Vec<Unmodelled>,
}

impl Default for Dir {
    fn default() -> Dir {
        Dir {
            opts: options::UNSET,
            opts_add: 0,
            opts_remove: 0,
            opt_lines: Arc::default(),
            overrides: allowed::OR_UNSET,
            override_opts: options::UNSET | options::ALL | options::SYM_OWNER | options::MULTI,
            override_list: None,
            override_set: None,
            accept_path_info: None,
            error_documents: Arc::default(),
            sec_file: Arc::default(),
            sec_if: Arc::default(),
            mime_type: None,
            handler: None,
            allow_encoded_slashes: false,
            decode_encoded_slashes: false,
            encoded_slashes_span: None,
            use_canonical_name: None,
            use_canonical_phys_port: None,
            hostname_lookups: None,
            qualify_redirect_url: None,
            limit_request_body: None,
            cgi_pass_auth: None,
            default_charset: None,
            signature: None,
            content_digest: None,
            current_uri: None,
            etag: etag::Parts::default(),
            output_filters: None,
            max_ranges: None,
            max_overlaps: None,
            max_reversals: None,
            unmodelled: Vec::new(),
        }
    }
}

impl Settings for Dir {
    /// A server's own level follows symbolic links unless it says otherwise.
    fn create(path: Option<&BStr>) -> Dir {
        let links = if path.is_none() { options::SYM_LINKS } else { 0 };
        Dir { opts: options::UNSET | links, ..Dir::default() }
    }

    /// `merge_core_dir_configs`.
    fn merge(base: &Dir, add: &Dir) -> Dir {
        let mut m = base.clone();
        if add.opts & options::UNSET != 0 {
            m.opts_add = (m.opts_add & !add.opts_remove) | add.opts_add;
            m.opts_remove = (m.opts_remove & !add.opts_add) | add.opts_remove;
            m.opts = (m.opts & !m.opts_remove) | m.opts_add;
            let includes = options::INCLUDES | options::INC_WITH_EXEC;
            if base.opts & includes == includes && add.opts & includes == options::INCLUDES {
                m.opts &= !options::INC_WITH_EXEC;
            }
        } else {
            m.opts = add.opts;
            m.opts_add = add.opts_add;
            m.opts_remove = add.opts_remove;
        }
        append(&mut m.opt_lines, &add.opt_lines);
        if add.overrides & allowed::OR_UNSET == 0 {
            m.overrides = add.overrides;
            m.override_set = Set::merge(&base.override_set, &add.override_set);
        }
        if add.override_opts & options::UNSET == 0 {
            m.override_opts = add.override_opts;
        }
        if add.override_list.is_some() {
            m.override_list.clone_from(&add.override_list);
        }
        if !add.error_documents.is_empty() {
            Arc::make_mut(&mut m.error_documents)
                .extend(add.error_documents.iter().map(|(status, document)| (*status, document.clone())));
        }
        m.sec_file = Indexed::join(&m.sec_file, &add.sec_file);
        append(&mut m.sec_if, &add.sec_if);
        m.accept_path_info = Set::merge(&base.accept_path_info, &add.accept_path_info);
        m.mime_type = Set::merge(&base.mime_type, &add.mime_type);
        m.handler = Set::merge(&base.handler, &add.handler);
        m.allow_encoded_slashes = add.allow_encoded_slashes;
        m.decode_encoded_slashes = add.decode_encoded_slashes;
        m.encoded_slashes_span = add.encoded_slashes_span;
        m.use_canonical_name = Set::merge(&base.use_canonical_name, &add.use_canonical_name);
        m.use_canonical_phys_port = Set::merge(&base.use_canonical_phys_port, &add.use_canonical_phys_port);
        m.hostname_lookups = Set::merge(&base.hostname_lookups, &add.hostname_lookups);
        m.qualify_redirect_url = Set::merge(&base.qualify_redirect_url, &add.qualify_redirect_url);
        m.limit_request_body = Set::merge(&base.limit_request_body, &add.limit_request_body);
        m.cgi_pass_auth = Set::merge(&base.cgi_pass_auth, &add.cgi_pass_auth);
        m.default_charset = Set::merge(&base.default_charset, &add.default_charset);
        m.signature = Set::merge(&base.signature, &add.signature);
        m.content_digest = Set::merge(&base.content_digest, &add.content_digest);
        m.current_uri = Set::merge(&base.current_uri, &add.current_uri);
        m.etag = etag::Parts::merge(base.etag, add.etag);
        m.output_filters = Set::merge(&base.output_filters, &add.output_filters);
        m.max_ranges = Set::merge(&base.max_ranges, &add.max_ranges);
        m.max_overlaps = Set::merge(&base.max_overlaps, &add.max_overlaps);
        m.max_reversals = Set::merge(&base.max_reversals, &add.max_reversals);
        m.unmodelled.extend(add.unmodelled.iter().cloned());
        m
    }
}

fn append<T: Clone>(list: &mut Arc<Vec<T>>, more: &Arc<Vec<T>>) {
    if list.is_empty() {
        list.clone_from(more);
    } else if !more.is_empty() {
        Arc::make_mut(list).extend(more.iter().cloned());
    }
}

impl Dir {
    /// The ErrorDocument for a status.
    pub(crate) fn error_document(&self, status: u16) -> Option<(&ErrorDocument, Span)> {
        self.error_documents.get(&status).map(|(d, span)| (d, *span))
    }

    /// Whether an option is on: `ap_allow_options`.
    pub(crate) fn allows(&self, option: u32) -> bool {
        self.opts & option == option
    }
}

/// The settings of a request for which nothing was set.
pub(crate) fn default_dir() -> &'static Dir {
    static DEFAULT: LazyLock<Dir> = LazyLock::new(|| Dir::create(None));
    &DEFAULT
}

/// `TraceEnable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// TRACE is answered.
    On,
    /// It is refused.
    Off,
    /// It is answered, with a body too.
    Extended,
}

/// The core's settings per server: `core_server_config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerConf {
    /// DocumentRoot.
    pub document_root: Option<Set<BString>>,
    /// AccessFileName.
    pub access_name: Option<Set<Arc<Vec<BString>>>>,
    /// `<Directory>` sections.
    pub sec_dir: Vec<Arc<Section>>,
    /// `<Location>` sections.
    pub sec_url: Vec<Arc<Section>>,
    /// LimitInternalRecursion; 0 for httpd's default.
    pub redirect_limit: u32,
    /// Its second number; 0 for httpd's default.
    pub subrequest_limit: u32,
    /// Where it stands.
    pub limit_recursion_span: Option<Span>,
    /// TraceEnable.
    pub trace_enable: Option<Set<Trace>>,
    /// MergeSlashes.
    pub merge_slashes: Option<Set<bool>>,
    /// HttpProtocolOptions Unsafe.
    pub unsafe_protocol: Option<Set<bool>>,
    /// HttpProtocolOptions RegisteredMethods.
    pub registered_methods: Option<Set<bool>>,
    /// HttpProtocolOptions Allow0.9 (true), Require1.0 (false).
    pub http09: Option<Set<bool>>,
    /// StrictHostCheck.
    pub strict_host_check: Option<Set<bool>>,
    /// ServerAdmin.
    pub admin: Option<Set<BString>>,
    /// LimitRequestLine.
    pub limit_request_line: Option<Set<usize>>,
    /// LimitRequestFieldSize.
    pub limit_request_field_size: Option<Set<usize>>,
    /// LimitRequestFields.
    pub limit_request_fields: Option<Set<usize>>,
}

impl Settings for ServerConf {
    /// `merge_core_server_configs`: the main server's sections come first.
    fn merge(base: &ServerConf, add: &ServerConf) -> ServerConf {
        ServerConf {
            document_root: Set::merge(&base.document_root, &add.document_root),
            access_name: Set::merge(&base.access_name, &add.access_name),
            sec_dir: base.sec_dir.iter().chain(&add.sec_dir).cloned().collect(),
            sec_url: base.sec_url.iter().chain(&add.sec_url).cloned().collect(),
            redirect_limit: if add.redirect_limit > 0 { add.redirect_limit } else { base.redirect_limit },
            subrequest_limit: if add.subrequest_limit > 0 { add.subrequest_limit } else { base.subrequest_limit },
            limit_recursion_span: add.limit_recursion_span.or(base.limit_recursion_span),
            trace_enable: Set::merge(&base.trace_enable, &add.trace_enable),
            merge_slashes: Set::merge(&base.merge_slashes, &add.merge_slashes),
            unsafe_protocol: Set::merge(&base.unsafe_protocol, &add.unsafe_protocol),
            registered_methods: Set::merge(&base.registered_methods, &add.registered_methods),
            http09: Set::merge(&base.http09, &add.http09),
            strict_host_check: Set::merge(&base.strict_host_check, &add.strict_host_check),
            admin: Set::merge(&base.admin, &add.admin),
            limit_request_line: add.limit_request_line.clone().or_else(|| base.limit_request_line.clone()),
            limit_request_field_size: add
                .limit_request_field_size
                .clone()
                .or_else(|| base.limit_request_field_size.clone()),
            limit_request_fields: add.limit_request_fields.clone().or_else(|| base.limit_request_fields.clone()),
        }
    }
}

/// Where an httpd without DocumentRoot looks.
pub(crate) const BUILT_IN_DOCUMENT_ROOT: &str = "/var/www/html";

impl ServerConf {
    /// DocumentRoot, or the one that httpd was built with.
    pub(crate) fn document_root(&self) -> &BStr {
        self.document_root.as_ref().map_or(BStr::new(BUILT_IN_DOCUMENT_ROOT), |s| BStr::new(&s.value))
    }
}

/// Whether a path still holds an encoded slash.
pub(crate) fn has_encoded_slash(path: &[u8]) -> bool {
    path.windows(3).any(|w| w.eq_ignore_ascii_case(b"%2f"))
}
