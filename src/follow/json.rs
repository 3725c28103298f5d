//! A chain of redirects as JSON.

use super::{Followed, Hop, Stopped};
use crate::outcome::json::{Key, Texts, Told};

/// The last outcome of a request whose redirects were followed, with those before it.
#[derive(serde::Serialize)]
pub(crate) struct ToldHops<'t> {
    #[serde(flatten)]
    last: Told<'t>,
    /// The redirects that were followed, in order.
    hops: Vec<Told<'t>>,
    /// Why the last one was not.
    stopped: Option<&'static str>,
}

impl<'t> ToldHops<'t> {
    /// With some of an outcome's keys for each.
    pub(crate) fn new(followed: &'t Followed, keys: &'t [Key], texts: &'t Texts<'t>) -> ToldHops<'t> {
        let told = |hop: &'t Hop| Told { outcome: &hop.outcome, keys, texts };
        let before = &followed.hops[..followed.hops.len() - 1];
        let stopped = followed.stopped.map(Stopped::as_str);
        ToldHops { last: told(followed.last()), hops: before.iter().map(told).collect(), stopped }
    }
}
