//! Where on its way a request is, and what a hook answers there.

/// The stations of a request, in order: httpd's phases as `ap_process_request_internal` (server/request.c) runs them,
/// what comes before them, and what may follow from them.
///
/// ```
/// use routesim::phase::Phase;
/// use routesim::{Request, Site};
///
/// let config = "DocumentRoot /srv\n<Directory /srv>\nRequire all denied\n</Directory>\n";
/// let run = Site::builder(config).file("/srv/a", "").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/a"));
/// let last = steps.last().expect("there is one").phase;
/// assert_eq!((last, last.name()), (Phase::AccessCheckerEx, "access_checker_ex"));
/// assert!(last < Phase::Handler, "no handler was asked");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[allow(missing_docs)]
pub enum Phase {
    /// The request line and the headers are read (server/protocol.c).
    #[default]
    ReadRequest,
    /// A virtual host is chosen (server/vhost.c).
    Vhost,
    PostReadRequest,
    HeaderParser,
    PreTranslateName,
    TranslateName,
    MapToStorage,
    AccessCheckerEx,
    AccessChecker,
    CheckUserId,
    AuthChecker,
    TypeChecker,
    Fixups,
    Handler,
    /// A request within the request (`ap_sub_req_lookup_uri` and kin).
    Subrequest,
    /// Another request takes its place (`ap_internal_redirect`).
    InternalRedirect,
    /// An error's page is looked for (`ap_die`).
    ErrorDocument,
}

impl Phase {
    /// How many there are.
    pub const COUNT: usize = Phase::ErrorDocument as usize + 1;

    /// Those that modules hook into, in httpd's order.
    pub const HOOKED: [Phase; 12] = [
        Phase::PostReadRequest,
        Phase::HeaderParser,
        Phase::PreTranslateName,
        Phase::TranslateName,
        Phase::MapToStorage,
        Phase::AccessCheckerEx,
        Phase::AccessChecker,
        Phase::CheckUserId,
        Phase::AuthChecker,
        Phase::TypeChecker,
        Phase::Fixups,
        Phase::Handler,
    ];

    /// httpd's name for it, where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Phase::ReadRequest => "read_request",
            Phase::Vhost => "vhost",
            Phase::PostReadRequest => "post_read_request",
            Phase::HeaderParser => "header_parser",
            Phase::PreTranslateName => "pre_translate_name",
            Phase::TranslateName => "translate_name",
            Phase::MapToStorage => "map_to_storage",
            Phase::AccessCheckerEx => "access_checker_ex",
            Phase::AccessChecker => "access_checker",
            Phase::CheckUserId => "check_user_id",
            Phase::AuthChecker => "auth_checker",
            Phase::TypeChecker => "type_checker",
            Phase::Fixups => "fixups",
            Phase::Handler => "handler",
            Phase::Subrequest => "subrequest",
            Phase::InternalRedirect => "internal_redirect",
            Phase::ErrorDocument => "error_document",
        }
    }

    /// Whether every hook runs (httpd's RUN_ALL) until one answers an error; else the first answer ends the phase.
    pub fn run_all(self) -> bool {
        matches!(self, Phase::PostReadRequest | Phase::HeaderParser | Phase::AccessChecker | Phase::Fixups)
    }
}

/// What a hook answers.
///
/// ```
/// use routesim::outcome::step::Detail;
/// use routesim::phase::Verdict;
/// use routesim::{Request, Site};
///
/// let run = Site::builder("Redirect /old /new\n").build()?.start().expect("httpd starts");
/// let (_, steps) = run.explain(&Request::get("/old"));
/// assert_eq!(steps.last().map(|step| &step.detail), Some(&Detail::Answered(Verdict::Status(302))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not mine.
    Declined,
    /// Done, go on.
    Ok,
    /// Done with the whole request.
    Done,
    /// The request ends with this status.
    Status(u16),
}
