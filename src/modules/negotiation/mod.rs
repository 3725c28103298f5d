//! mod_negotiation.c: a name without its extensions, or a type map, stands for the variant that suits the client best.

pub(crate) mod accept;
mod best;
mod multi;
mod quality;
mod told;
mod type_map;
mod variant;

use crate::filepath;
use crate::outcome::step::{self, By, Detail, Judgement, Step};
use crate::server::byterange::Body;
use crate::server::cmd::Cmd;
use crate::server::conditions;
use crate::server::core::options;
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::redirect::{internal_fast_redirect, internal_redirect, take_marks};
use crate::server::request::Request;
use crate::server::setting::{self, List, Set};
use crate::server::settings::Settings;
use crate::server::{method, subrequest, uri};
use accept::Item;
use best::Wishes;
use bstr::{BString, ByteSlice};
use smallvec::SmallVec;
use variant::Variant;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_negotiation.c",
    identifier: "negotiation_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[
    // which name an encoding goes by changes no answer
    Hook { phase: Phase::Fixups, order: order::MIDDLE, after: &[], before: &[], run: None },
    hook(Phase::TypeChecker, order::FIRST, handle_multi),
    hook(Phase::Handler, order::MIDDLE, handle_map_file),
];

static DIRECTIVES: &[Directive] = &[
    plain("CacheNegotiatedDocs", Args::Flag, RSRC_CONF, Inert, "Either 'on' or 'off' (default)"),
    row("LanguagePriority", Args::Iterate, OR_FILEINFO, Modelled, PRIORITY, language_priority),
    row("ForceLanguagePriority", Args::Iterate, OR_FILEINFO, Modelled, FORCE, force_priority),
];

const PRIORITY: &str = "space-delimited list of MIME language abbreviations";
const FORCE: &str = "Force LanguagePriority elections, either None, or Fallback and/or Prefer";

/// ForceLanguagePriority's bits; none of them is `PREFER`.
mod force {
    /// No choice by LanguagePriority.
    pub(super) const NONE: u8 = 1;
    /// Among variants liked alike.
    pub(super) const PREFER: u8 = 2;
    /// Where none would suit.
    pub(super) const FALLBACK: u8 = 4;
}

/// Settings per directory: `neg_dir_config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    force: Option<Set<u8>>,
    priority: Option<List>,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { force: Set::merge(&base.force, &add.force), priority: Set::merge(&base.priority, &add.priority) }
    }
}

fn language_priority(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let slot = &mut cmd.slot(|d| &mut d.negotiation).priority;
    List::add(slot, vec![a[0].clone()], false, span);
    Ok(())
}

/// `set_force_priority`
fn force_priority(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let slot = &mut cmd.slot(|d| &mut d.negotiation).force;
    let bits = slot.as_ref().map_or(0, |s| s.value);
    let bit = match a[0].to_ascii_lowercase().as_slice() {
        b"none" if bits & !force::NONE != 0 => {
            return Err("Cannot combine ForceLanguagePriority options with None".into());
        }
        b"none" => force::NONE,
        word @ (b"prefer" | b"fallback") => {
            let (bit, name) = if word == b"prefer" { (force::PREFER, "Prefer") } else { (force::FALLBACK, "Fallback") };
            if bits & force::NONE != 0 {
                return Err(format!("Cannot combine ForceLanguagePriority options None and {name}"));
            }
            bit
        }
        _ => return Err(format!("Invalid ForceLanguagePriority option {}", a[0])),
    };
    Set::put(slot, bits | bit, span);
    Ok(())
}

/// What the client accepts, and how the choice is to be made: `negotiation_state`.
#[derive(Clone)]
pub(crate) struct State<'c> {
    force: u8,
    priority: SmallVec<[&'c BString; 8]>,
    accepts: Vec<Item>,
    accept_q: bool,
    encodings: Option<Vec<Item>>,
    charsets: Option<Vec<Item>>,
    langs: Option<Vec<Item>>,
    default_lang_quality: f32,
    transparent: bool,
    /// The headers are to be taken as they are.
    keep_headers: bool,
    ua_supports_trans: bool,
    may_choose: bool,
    use_rvsa: bool,
}

impl<'c> State<'c> {
    /// `parse_accept_headers`, `parse_negotiate_header` and `maybe_add_default_accepts`.
    fn new(r: &Request<'_>, dir: &'c Dir, variants: &[Variant<'_>], prefer_scripts: bool) -> State<'c> {
        let header = |name: &str| accept::header(r.headers_in.get(name).map(|v| v.as_bytes()));
        let accepts = header("Accept");
        let neighbours = |v: &Variant<'_>| !v.file_name.contains(&b'/') && !v.body;
        let transparent =
            r.method_number == method::GET && r.path_info_str().is_empty() && variants.iter().all(neighbours);
        let mut state = State {
            force: dir.force.as_ref().map_or(0, |s| s.value),
            priority: dir.priority.as_ref().map(List::words).unwrap_or_default(),
            accept_q: accepts.as_ref().is_some_and(|a| a.iter().any(|i| i.quality < 1.0)),
            accepts: accepts.unwrap_or_else(|| vec![any_type("*/*", 1.0)]),
            encodings: header("Accept-Encoding"),
            charsets: header("Accept-Charset"),
            langs: header("Accept-Language"),
            default_lang_quality: 1.0,
            transparent,
            keep_headers: false,
            ua_supports_trans: false,
            may_choose: true,
            use_rvsa: false,
        };
        if transparent {
            state.negotiate(r);
        }
        // a script is taken where only a script makes sense, and else if there is nothing but it
        let script = match (state.use_rvsa, prefer_scripts) {
            (true, _) => 0.0,
            (_, true) => 2.0,
            _ => 0.001,
        };
        state.accepts.push(any_type("application/x-httpd-cgi", script));
        state
    }

    /// The Negotiate header (RFC 2295).
    fn negotiate(&mut self, r: &Request<'_>) {
        let Some(header) = r.headers_in.get("Negotiate") else { return };
        let lynx = r.headers_in.get("User-Agent").is_some_and(|ua| ua.starts_with(b"Lynx"));
        if header == "trans" && lynx {
            return;
        }
        self.may_choose = false;
        for item in header.split(|b| *b == b',') {
            let item = item.trim_ascii().to_ascii_lowercase();
            let known = matches!(item.as_slice(), b"trans" | b"vlist" | b"guess-small" | b"*");
            if !known && !item.first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            self.ua_supports_trans = true;
            if item == b"1.0" {
                self.use_rvsa = true;
            }
            if item == b"1.0" || item == b"*" {
                self.may_choose = true;
                self.keep_headers = true;
            }
        }
    }
}

fn any_type(name: &str, quality: f32) -> Item {
    Item { name: name.into(), quality, level: 0.0, charset: BString::default() }
}

/// `do_negotiation`: which variant it is. An error is the status that the request ends with.
fn choose<'a>(
    r: &mut Request<'a>,
    variants: &mut [Variant<'a>],
    prefer_scripts: bool,
    phase: Phase,
) -> Result<usize, u16> {
    let dir = r.per_dir.negotiation.clone().unwrap_or_default();
    let mut state = State::new(r, &dir, variants, prefer_scripts);
    let transparent = state.transparent;
    let (best, choice) = pick(r, &mut state, variants);
    tell(r, variants, best, phase);
    let how = told::Choice { transparent, list: !choice, alternates: !choice };
    if !choice {
        told::say(r, variants, how);
        if transparent && state.ua_supports_trans {
            return Err(300);
        }
    }
    name_deciders(r, &dir, &state, variants, best, phase);
    let Some(best) = best else {
        let file = r.filename_str();
        r.error("AH00690", format!("no acceptable variant: {file}"));
        return Err(406);
    };
    if transparent {
        check_choice(r, &mut variants[best])?;
        told::say_chosen(r, &mut variants[best]);
    }
    let list = how.list && !transparent;
    told::say(r, variants, told::Choice { list, ..how });
    Ok(best)
}

fn pick<'a>(r: &Request<'a>, state: &mut State<'_>, variants: &mut [Variant<'a>]) -> (Option<usize>, bool) {
    let wishes = Wishes {
        language: r.env.get("prefer-language").map(|l| l.to_owned()),
        no_encodings: r.env.get("no-gzip").is_some(),
        encoded_html_only: r.env.get("gzip-only-text/html").is_some_and(|v| v == "1"),
    };
    let folder = filepath::dirname(r.filename.as_deref().map_or(b"", |f| f.as_slice())).to_owned();
    let mut length = |v: &mut Variant<'_>| {
        let known = v.bytes.or(v.sub.as_ref().and_then(|s| s.finfo).map(|f| f.size));
        // a length that can't be told counts as less than none
        let bytes = known.or_else(|| r.engine.stat(&filepath::join(&folder, &v.file_name)).ok().map(|f| f.size));
        v.bytes = bytes;
        bytes.map_or(0, |b| b.saturating_add(1))
    };
    best::best_match(state, variants, &wishes, &mut length)
}

/// `setup_choice_response`: what was chosen must not be open to a choice itself.
fn check_choice<'a>(r: &mut Request<'a>, variant: &mut Variant<'a>) -> Result<(), u16> {
    let sub = match variant.sub.take() {
        Some(sub) => sub,
        None => {
            let sub = subrequest::lookup_file(r, &variant.file_name);
            if sub.status != 200 && sub.err_headers_out.get("TCN").is_none() {
                let status = sub.status;
                r.access = sub.access;
                take_marks(r, sub.log, sub.decided, sub.caveats);
                return Err(status);
            }
            sub
        }
    };
    let varies = sub.err_headers_out.get("TCN").is_some() || sub.handler.as_ref().is_some_and(|h| h == "type-map");
    variant.sub = Some(sub);
    if varies { Err(506) } else { Ok(()) }
}

/// Names LanguagePriority and ForceLanguagePriority where without the line another variant (or none) would be chosen.
fn name_deciders<'a, 'c>(
    r: &mut Request<'a>,
    dir: &'c Dir,
    state: &State<'c>,
    variants: &mut [Variant<'a>],
    best: Option<usize>,
    phase: Phase,
) {
    fn beneath<T>(set: &Set<T>) -> Option<&Set<T>> {
        setting::chain(set).find(|s| s.span != set.span)
    }
    let mut decided = Vec::new();
    if let Some(set) = &dir.priority {
        let priority = beneath(set).map(List::words).unwrap_or_default();
        decided.push((State { priority, ..state.clone() }, set.span));
    }
    if let Some(set) = &dir.force {
        decided.push((State { force: beneath(set).map_or(0, |u| u.value), ..state.clone() }, set.span));
    }
    for (mut other, span) in decided {
        for v in variants.iter_mut() {
            (v.mime_stars, v.level_matched, v.lang_index, v.definite) = (0, 0.0, None, true);
        }
        if pick(r, &mut other, variants).0 != best {
            r.decide(phase, span);
        }
    }
}

/// `handle_multi`: MultiViews.
fn handle_multi(r: &mut Request<'_>) -> Verdict {
    let core = r.core();
    if r.finfo.is_some() || !core.allows(options::MULTI) {
        return Verdict::Declined;
    }
    let found = match multi::read(r) {
        Ok(variants) if variants.is_empty() => {
            // that variants were looked for is in the tag of whatever answers instead
            r.negotiated = true;
            return Verdict::Declined;
        }
        found => found,
    };
    for span in options::deciders(&core.opt_lines, options::MULTI) {
        r.decide(Phase::TypeChecker, span);
    }
    r.negotiated = true;
    let mut variants = match found {
        Ok(variants) => variants,
        Err(status) => return Verdict::Status(status),
    };
    let prefer_scripts = r.method_number != method::GET || r.args.is_some() || !r.path_info_str().is_empty();
    let best = match choose(r, &mut variants, prefer_scripts, Phase::TypeChecker) {
        Ok(best) => best,
        Err(status) => return Verdict::Status(status),
    };
    let variant = variants.swap_remove(best);
    let mut sub = match variant.sub {
        Some(sub) => sub,
        None => {
            let sub = subrequest::lookup_file(r, &variant.file_name);
            if sub.status != 200 {
                let status = sub.status;
                r.access = sub.access;
                take_marks(r, sub.log, sub.decided, sub.caveats);
                return Verdict::Status(status);
            }
            sub
        }
    };
    if sub.args.is_none() {
        sub.args.clone_from(&r.args);
    }
    let spans = sub.mime_exceptions.as_ref().map(|e| e.spans.clone()).unwrap_or_default();
    internal_fast_redirect(r, sub);
    for span in spans {
        r.decide(Phase::TypeChecker, span);
    }
    Verdict::Ok
}

/// Tells which variants there were.
fn tell(r: &Request<'_>, variants: &[Variant<'_>], best: Option<usize>, phase: Phase) {
    if !r.watched() {
        return;
    }
    for (i, v) in variants.iter().enumerate() {
        r.tell(|| {
            let variant = step::Variant {
                name: v.file_name.clone(),
                kind: v.mime_type_quality * v.source_quality,
                language: v.lang_quality,
                charset: v.charset_quality,
                encoding: v.encoding_quality,
            };
            Step::new(phase, By::Module("mod_negotiation.c"), None, Judgement::of(best == Some(i)))
                .with(Detail::Variant(variant))
        });
    }
}

/// `handle_map_file`
fn handle_map_file(r: &mut Request<'_>) -> Verdict {
    let Some(name) = r.handler_among(&["application/x-type-map", "type-map"]) else {
        return Verdict::Declined;
    };
    r.served_by = Some(name);
    r.negotiated = true;
    let path = r.filename.clone().unwrap_or_default();
    let mut variants = match type_map::read(r, &path) {
        Ok(variants) => variants,
        Err(status) => return Verdict::Status(status),
    };
    let best = match choose(r, &mut variants, false, Phase::Handler) {
        Ok(best) => best,
        Err(status) => return Verdict::Status(status),
    };
    let best = variants.swap_remove(best);
    if best.body {
        crate::server::core::allow_methods(r, &[method::GET, method::OPTIONS, method::POST]);
        if !matches!(r.method_number, method::GET | method::POST) {
            return Verdict::Status(405);
        }
        let states = conditions::State::of_program(r);
        if conditions::made(r)
            && let Some(status) = conditions::meet(r, &states)
        {
            return Verdict::Status(status);
        }
        r.body = Body::new(r, best.bytes, || states);
        return Verdict::Ok;
    }
    if let Some(sub) = best.sub {
        take_marks(r, sub.log, Vec::new(), Vec::new());
    }
    let path_info = r.path_info.clone().unwrap_or_default();
    if !path_info.is_empty() {
        let end = subrequest::find_path_info(&r.uri, &path_info);
        r.uri.truncate(end);
    }
    let mut target = uri::escape_path(filepath::dirname(&r.uri), true);
    target.extend_from_slice(&best.file_name);
    target.extend_from_slice(&path_info);
    if let Some(args) = &r.args {
        target.push(b'?');
        target.extend_from_slice(args);
    }
    internal_redirect(r, &target);
    Verdict::Ok
}
