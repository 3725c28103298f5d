//! The redirects that were followed, a line each.

use super::paint::{Paint, Tone, clean};
use crate::follow::{Followed, Stopped};
use crate::limits::REDIRECTS_FOLLOWED;
use std::fmt::Write;

/// A line for each redirect, and why the last answer's was not followed; empty where there is nothing to say.
pub(crate) fn text(followed: &Followed, paint: Paint) -> String {
    let mut out = String::new();
    for hop in &followed.hops[..followed.hops.len() - 1] {
        let o = &hop.outcome;
        let status = paint.tone(Paint::of_status(o.status), &o.status.to_string());
        let location = o.location.as_ref().map(clean).unwrap_or_default();
        let _ = writeln!(out, "{status} {} {}  -> {location}", clean(&o.method), clean(&hop.request.url));
    }
    if let Some(why) = followed.stopped {
        let _ = writeln!(out, "{}", paint.tone(Tone::Warn, &stopped(why)));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Why a redirect is not followed, in words.
pub(crate) fn stopped(why: Stopped) -> String {
    match why {
        Stopped::Itself => "loop: the Location is the URL that was asked".into(),
        Stopped::Loop => "loop: the Location was asked before".into(),
        Stopped::Elsewhere => "not followed: the Location is on another site".into(),
        Stopped::NotHttp => "not followed: the Location is no http or https URL".into(),
        Stopped::TooMany => format!("not followed: browsers stop after {REDIRECTS_FOLLOWED} redirects"),
    }
}
