//! The way of a request: `ap_process_request_internal` (server/request.c). The page to read first.
//!
//! Each phase is a line here; what happens in it, and in which order, is in the hook rows of the modules.

use super::functions::Satisfy;
use super::request::{ProxyReq, Request};
use super::setting;
use super::uri::{self, Normalize, Slashes};
use super::{if_walk, location_walk, unmodelled};
use crate::outcome::Access;
use crate::outcome::step::{By, Change, Detail, Field, Judgement, Step, Winner};
use crate::server::core;
use crate::server::module::{HookFn, Phase, Verdict};
use crate::source::Span;
use crate::text::Text;
use crate::version;
use bstr::{BStr, BString, ByteSlice};

/// Runs a request (or subrequest) up to its handler: `Ok`, or how it ended before.
pub(crate) fn run(r: &mut Request<'_>) -> Verdict {
    // a subrequest for a file has its file already: it skips what leads from a URL to a file
    let for_file = r.main.is_some() && r.filename.is_some();
    if r.proxyreq == ProxyReq::None && r.parsed_uri.scheme.as_ref().is_some_and(|s| !is_http(s)) {
        // a URL of another scheme is for a proxy alone
        return Verdict::Status(400);
    }
    let merge_slashes = setting::value(&r.server.core().merge_slashes, true);
    let how = Normalize { decode_unreserved: true, merge_slashes, allow_relative: for_file, ..Normalize::default() };
    let how = if r.engine.server.loaded.version.is_default() { how } else { as_once(r, how) };
    let normalizes = r.engine.server.loaded.version.has(&version::NORMALIZE_FIRST);
    if normalizes && r.parsed_uri.has_path && !normalize(r, how) {
        let uri = r.unparsed_uri.clone();
        r.error("AH10244", format!("invalid URI path ({uri})"));
        return Verdict::Status(400);
    }
    let mut translated = false;
    if normalizes && !for_file && (r.engine.server.walks_early || r.watched()) {
        let (per_dir, config) = (r.per_dir, r.per_dir_id);
        let early = |r: &mut Request<'_>| {
            walk_location_and_if(r, Phase::PreTranslateName);
            run_phase(r, Phase::PreTranslateName)
        };
        let verdict = if r.engine.server.walks_early { early(r) } else { for_trace(r, early) };
        match verdict {
            Verdict::Status(s) if s >= 400 => return Verdict::Status(s),
            Verdict::Done => translated = true,
            _ => {}
        }
        (r.per_dir, r.per_dir_id) = (per_dir, config);
    }
    if !translated
        && r.parsed_uri.has_path
        && let Err(status) = if normalizes { decode(r, how) } else { decode_first(r, merge_slashes) }
    {
        return Verdict::Status(status);
    }
    if !for_file {
        walk_location_and_if(r, Phase::TranslateName);
        match run_phase(r, Phase::TranslateName) {
            Verdict::Ok => {}
            verdict => return or_die(verdict),
        }
    }
    r.reset_settings();
    match run_phase(r, Phase::MapToStorage) {
        Verdict::Ok | Verdict::Declined => {}
        verdict => return verdict,
    }
    walk_location_and_if(r, Phase::MapToStorage);
    unmodelled::note(r);
    if r.main.is_none() {
        match run_phase(r, Phase::HeaderParser) {
            Verdict::Ok | Verdict::Declined => {}
            verdict => return verdict,
        }
    }
    match authorize(r) {
        Verdict::Ok => {}
        verdict => return verdict,
    }
    match run_phase(r, Phase::TypeChecker) {
        Verdict::Ok => {}
        verdict => return or_die(verdict),
    }
    run_phase(r, Phase::Fixups)
}

/// Does something for a trace alone: the walks that follow don't know of it.
fn for_trace(r: &mut Request<'_>, run: impl FnOnce(&mut Request<'_>) -> Verdict) -> Verdict {
    let walks = r.walks.clone();
    let verdict = r.for_trace(run);
    r.walks = walks;
    verdict
}

fn is_http(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https")
}

/// Normalises the path. A forward proxy's request keeps its URL, of which only the path is looked at.
fn normalize(r: &mut Request<'_>, how: Normalize) -> bool {
    if r.proxyreq != ProxyReq::Proxy {
        return uri::normalize(&mut r.uri, how);
    }
    let path = uri::parse(&r.unparsed_uri).and_then(|p| p.path);
    path.is_none_or(|mut p| uri::normalize(&mut p, how))
}

/// How an older httpd normalises the path; and a doubt where it matters that it saw less in a line's end.
#[cold]
fn as_once(r: &mut Request<'_>, how: Normalize) -> Normalize {
    const LINE_ENDS: [&str; 2] = ["%0a", "%0A"];
    if LINE_ENDS.iter().any(|end| r.unparsed_uri.contains_str(end)) {
        r.has(&version::DOT_IS_ANY);
    }
    let version = r.engine.server.loaded.version;
    if version.has(&version::SOUND_ESCAPES) {
        return how;
    }
    let lax = Normalize { plain_dots: !version.has(&version::ENCODED_DOT), lax_escapes: true, ..how };
    let (mut sound, mut found) = (r.uri.clone(), r.uri.clone());
    let is_sound = uri::normalize(&mut sound, how);
    if uri::normalize(&mut found, lax) != is_sound || found != sound {
        let why = format!("httpd {version} lets such a path out of its directory (CVE-2021-41773, CVE-2021-42013)");
        r.caveat("httpd", Span::NONE, why);
    }
    lax
}

/// Decodes the path: `AllowEncodedSlashes` says what becomes of an encoded slash.
fn decode(r: &mut Request<'_>, how: Normalize) -> Result<(), u16> {
    unescape(r, !how.lax_escapes)?;
    if encoded_slashes(r) == Slashes::Decode {
        uri::normalize(&mut r.uri, Normalize { decode_unreserved: false, ..how });
    }
    Ok(())
}

/// The same before 2.4.49: dot segments are taken out of the decoded path.
#[cold]
fn decode_first(r: &mut Request<'_>, merge_slashes: bool) -> Result<(), u16> {
    if r.proxyreq != ProxyReq::None {
        return Ok(());
    }
    unescape(r, false)?;
    uri::get_parents(&mut r.uri);
    if merge_slashes && r.uri.contains_str("//") && r.has(&version::MERGED_SLASHES) {
        r.uri = uri::single_slashes(&r.uri);
    }
    Ok(())
}

/// What becomes of an encoded slash.
fn encoded_slashes(r: &Request<'_>) -> Slashes {
    let core = r.core();
    match (core.allow_encoded_slashes, core.decode_encoded_slashes) {
        (false, _) => Slashes::Forbid,
        (true, false) => Slashes::Keep,
        (true, true) => Slashes::Decode,
    }
}

fn unescape(r: &mut Request<'_>, keep_unreserved: bool) -> Result<(), u16> {
    let (core, slashes) = (r.core(), encoded_slashes(r));
    if core::has_encoded_slash(&r.uri) {
        r.decide_if(Phase::TranslateName, core.encoded_slashes_span);
    }
    if let Err(status) = uri::unescape(&mut r.uri, slashes, keep_unreserved) {
        if status == 404 && slashes == Slashes::Forbid {
            let uri = r.unparsed_uri.clone();
            r.error("AH00026", format!("found %2f (encoded '/') in URI path ({uri}), returning 404"));
        }
        return Err(status);
    }
    Ok(())
}

/// `walk_location_and_if`: `<Location>` and `<If>` sections onto the settings.
fn walk_location_and_if(r: &mut Request<'_>, phase: Phase) {
    r.engine.open();
    location_walk::run(r, phase);
    if_walk::run(r, phase);
    r.engine.close(|children| {
        let matched = children.iter().any(Step::matched);
        (!children.is_empty()).then(|| Step::new(phase, By::LocationWalk, None, Judgement::of(matched)))
    });
}

/// A declined run-first phase is an error of the server's: httpd's `decl_die`.
fn or_die(verdict: Verdict) -> Verdict {
    if verdict == Verdict::Declined { Verdict::Status(500) } else { verdict }
}

/// Runs the hooks of a phase, in order. Run-first: the first that does not decline ends it. Run-all: the first that
/// neither is well nor declines does.
pub(crate) fn run_phase(r: &mut Request<'_>, phase: Phase) -> Verdict {
    let engine = r.engine;
    if engine.traced() {
        return run_phase_watched(r, phase);
    }
    let run_all = phase.run_all();
    for run in engine.server.hooks.runs(phase) {
        match run(r) {
            Verdict::Declined => {}
            Verdict::Ok if run_all => {}
            verdict => return verdict,
        }
    }
    if run_all { Verdict::Ok } else { Verdict::Declined }
}

/// The same, for who watches.
fn run_phase_watched(r: &mut Request<'_>, phase: Phase) -> Verdict {
    let passed = if phase.run_all() { Verdict::Ok } else { Verdict::Declined };
    let before_translation = (phase == Phase::TranslateName).then(|| Box::new(r.trial()));
    for hook in r.engine.server.hooks.of(phase) {
        let Some(run) = hook.run else { continue };
        let verdict = run_watched(r, phase, hook.module, run);
        if verdict != Verdict::Declined && verdict != passed {
            tell_shadowed(r, hook.module, &before_translation);
            return verdict;
        }
    }
    passed
}

/// Runs a hook, and tells what it did.
fn run_watched(r: &mut Request<'_>, phase: Phase, module: &'static str, run: HookFn) -> Verdict {
    let engine = r.engine;
    let before = Seen::of(r);
    engine.open();
    let verdict = run(r);
    engine.close(|children| {
        let changes = before.changes(r);
        let judgement = match verdict {
            Verdict::Declined => Judgement::Missed,
            Verdict::Ok | Verdict::Done => Judgement::Matched,
            Verdict::Status(status) => Judgement::Ended(status),
        };
        let says = verdict != Verdict::Declined || !changes.is_empty() || !children.is_empty();
        let step = Step::new(phase, By::Module(module), None, judgement).with(Detail::Answered(verdict));
        says.then_some(Step { changes, ..step })
    });
    verdict
}

/// Tells what the modules after the one that translated would have made of the request.
fn tell_shadowed(r: &Request<'_>, winner: &'static str, before: &Option<Box<Request<'_>>>) {
    let Some(before) = before else { return };
    let engine = r.engine;
    let hooks = engine.server.hooks.of(Phase::TranslateName);
    let after = hooks.iter().skip_while(|h| h.module != winner).skip(1).filter(|h| h.module != "core.c");
    for hook in after {
        let Some(run) = hook.run else { continue };
        let mut trial = before.trial();
        engine.open();
        let verdict = engine.for_trace(|| run(&mut trial));
        engine.close(|_| {
            let rule = trial.decided.last().map(|d| d.span);
            let shadowed = Judgement::Shadowed(Winner::Module(winner));
            let step = Step::new(Phase::TranslateName, By::Module(hook.module), rule, shadowed);
            let file = trial.filename.as_ref().map(|file| Change::to(Field::File, file.clone()));
            (verdict != Verdict::Declined).then(|| Step { changes: file.into_iter().collect(), ..step })
        });
    }
}

/// What of a request is compared before and after a hook, to tell what it did.
struct Seen<'a> {
    uri: BString,
    filename: Option<BString>,
    handler: Option<Text<'a>>,
    content_type: Option<Text<'a>>,
    path_info: Option<BString>,
    user: Option<BString>,
}

impl<'a> Seen<'a> {
    fn of(r: &Request<'a>) -> Seen<'a> {
        Seen {
            uri: r.uri.clone(),
            filename: r.filename.clone(),
            handler: r.handler.clone(),
            content_type: r.content_type.clone(),
            path_info: r.path_info.clone(),
            user: r.user.clone(),
        }
    }

    fn changes(&self, r: &Request<'_>) -> Vec<Change> {
        fn text(text: &Option<BString>) -> Option<&BStr> {
            text.as_ref().map(|t| t.as_bstr())
        }
        let compared = [
            (Field::Uri, Some(self.uri.as_bstr()), Some(r.uri.as_bstr())),
            (Field::File, text(&self.filename), text(&r.filename)),
            (Field::PathInfo, text(&self.path_info), text(&r.path_info)),
            (Field::Handler, self.handler.as_deref(), r.handler.as_deref()),
            (Field::Type, self.content_type.as_deref(), r.content_type.as_deref()),
            (Field::User, text(&self.user), text(&r.user)),
        ];
        let changed = compared.into_iter().filter(|(_, before, after)| {
            before != after && after.is_some_and(|after| !(after.is_empty() && before.is_none()))
        });
        let owned = |text: Option<&BStr>| text.map(BStr::to_owned);
        changed.map(|(field, from, to)| Change { field, name: None, from: owned(from), to: owned(to) }).collect()
    }
}

/// Access, authentication and authorization, as `Satisfy` combines them. Skipped where the settings are those that an
/// earlier request of the exchange passed with.
fn authorize(r: &mut Request<'_>) -> Verdict {
    if let Some(earlier) = r.prev.clone().filter(|p| p.per_dir_id == r.per_dir_id) {
        r.user.clone_from(&earlier.user);
        r.authenticated = earlier.authenticated;
        r.auth_type.clone_from(&earlier.auth_type);
        r.access = Access::Granted;
        return Verdict::Ok;
    }
    if r.prev.is_none()
        && let Some(main) = r.main.clone().filter(|m| m.per_dir_id == r.per_dir_id)
    {
        r.user.clone_from(&main.user);
        r.authenticated = main.authenticated;
        r.auth_type.clone_from(&main.auth_type);
        r.access = Access::Granted;
        return Verdict::Ok;
    }
    let verdict = match (r.functions().satisfies)(r) {
        Satisfy::All | Satisfy::NotSpecified => match run_phase(r, Phase::AccessChecker) {
            Verdict::Ok => authenticate(r),
            verdict => or_die(verdict),
        },
        Satisfy::Any => match run_phase(r, Phase::AccessChecker) {
            Verdict::Ok => Verdict::Ok,
            _ => authenticate(r),
        },
    };
    r.access = match verdict {
        Verdict::Ok => Access::Granted,
        Verdict::Status(401) => Access::AuthRequired,
        Verdict::Status(403) => Access::Denied,
        Verdict::Status(_) => Access::NotReached,
        _ => Access::NotReached,
    };
    (r.functions().name_access)(r, verdict);
    verdict
}

/// `access_checker_ex`, then who the user is and whether that user may.
fn authenticate(r: &mut Request<'_>) -> Verdict {
    match run_phase(r, Phase::AccessCheckerEx) {
        Verdict::Declined => {}
        verdict => return verdict,
    }
    let verdict = run_phase(r, Phase::CheckUserId);
    r.authenticated = verdict == Verdict::Ok && r.user.is_some();
    (r.functions().name_user)(r, verdict);
    match verdict {
        Verdict::Ok => {}
        verdict => return or_die(verdict),
    }
    if r.user.is_none() {
        let uri = r.uri.clone();
        r.error(
            "AH00027",
            format!(
                "No authentication done but request not allowed without authentication for {uri}. Authentication not configured?"
            ),
        );
        return Verdict::Status(500);
    }
    match run_phase(r, Phase::AuthChecker) {
        Verdict::Ok => Verdict::Ok,
        verdict => or_die(verdict),
    }
}
