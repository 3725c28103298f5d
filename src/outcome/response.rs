//! What the client and the program get, besides what every outcome has: made only where it is asked for
//! ([`Run::with_response`](crate::Run::with_response)).

use crate::source::Span;
use bstr::BString;

/// The response's headers, and the environment that a program finds.
///
/// ```
/// use routesim::{Request, Site};
///
/// let run = Site::builder("Redirect /old /new\n").build()?.start().expect("httpd starts").with_response();
/// let response = run.ask(&Request::get("/old")).response.expect("it was asked for");
/// let location = response.headers.iter().find(|(name, _)| name == "Location").expect("a redirect has one");
/// assert_eq!(location.1, Some("http://localhost/new".into()));
/// assert_eq!(response.env, None, "no program ran");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Response {
    /// The headers that httpd itself makes, in the order sent, with their values; none where a value can't be known, as
    /// the tag of a file that was never made. Left out: `Date`, `Server`, `Connection`, `Keep-Alive`,
    /// `Transfer-Encoding`, and what a program or back-end sends.
    pub headers: Vec<(BString, Option<BString>)>,
    /// The Content-Type without its parameters.
    pub content_type: Option<BString>,
    /// What a program (CGI, WSGI, PHP, FastCGI) finds in its environment; none where no program ran, and none for a value
    /// that can't be known.
    pub env: Option<Vec<(BString, Option<BString>)>>,
    /// The directives that gave variables of it their values, by the variables' names. (What httpd itself says of a request
    /// has none.)
    pub env_lines: Vec<(BString, Span)>,
}
