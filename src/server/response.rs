//! What the client and the program get of a finished request.

use super::request::Request;
use crate::outcome::Response;
use bstr::BString;

/// The response of the request that answers; `last` is the one that ran last, whose program it was.
pub(super) fn of(_answer: &Request<'_>, last: &Request<'_>) -> Response {
    Response { headers: Vec::new(), content_type: None, env: env(last) }
}

/// What a program finds in its environment. (Not made yet.)
fn env(_: &Request<'_>) -> Option<Vec<(BString, Option<BString>)>> {
    None
}
