//! mod_cern_meta.c: headers for a document, in a file beside it.

use crate::filepath;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::OR_INDEXES;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::redirect::take_marks;
use crate::server::request::Request;
use crate::server::setting::{Set, value};
use crate::server::settings::Settings;
use crate::server::subrequest;
use crate::source::Span;
use crate::vfs::{self, Errno};
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_cern_meta.c",
    identifier: "cern_meta_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Fixups, order::MIDDLE, add_meta_data)];

#[rustfmt::skip]
static DIRECTIVES: &[Directive] = &[
    row("MetaFiles", Args::Flag, OR_INDEXES, Modelled, "Limited to 'on' or 'off'", files),
    row("MetaDir", Args::Take1, OR_INDEXES, Modelled, "the name of the directory containing meta files", directory),
    row("MetaSuffix", Args::Take1, OR_INDEXES, Modelled, "the filename suffix for meta files", suffix),
];

/// Settings per directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    files: Option<Set<bool>>,
    directory: Option<Set<BString>>,
    suffix: Option<Set<BString>>,
}

impl Settings for Dir {
    /// `merge_cern_meta_dir_configs`: a section that sets any of them without MetaFiles turns it off.
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            files: add.files.clone(),
            directory: Set::merge(&base.directory, &add.directory),
            suffix: Set::merge(&base.suffix, &add.suffix),
        }
    }
}

fn files(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut cmd.slot(|d| &mut d.cern_meta).files, on, span);
    Ok(())
}

fn directory(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.cern_meta).directory, a[0].clone(), span);
    Ok(())
}

fn suffix(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    Set::put(&mut cmd.slot(|d| &mut d.cern_meta).suffix, a[0].clone(), span);
    Ok(())
}

/// `add_cern_meta_data`
fn add_meta_data(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.cern_meta.clone().filter(|dir| value(&dir.files, false)) else {
        return Verdict::Declined;
    };
    if r.finfo.is_none() || r.is_dir() || r.uri.is_empty() || r.uri.ends_with(b"/") {
        return Verdict::Declined;
    }
    let filename = r.filename.clone().unwrap_or_default();
    let folder = filename.rfind_byte(b'/').filter(|slash| *slash > 0);
    let Some(slash) = folder else {
        r.error("AH01561", format!("internal error in mod_cern_meta: {filename}"));
        return Verdict::Declined;
    };
    let name = |set: &Option<Set<BString>>, default: &str| set.as_ref().map_or(default.into(), |s| s.value.clone());
    let (directory, suffix) = (name(&dir.directory, ".web"), name(&dir.suffix, ".meta"));
    let (folder, document) = (&filename[..slash], &filename[slash + 1..]);
    let path: BString = [folder, b"/", &directory, b"/", document, &suffix].concat().into();
    let sub = subrequest::lookup_file(r, &path);
    let found = sub.status == 200;
    take_marks(r, sub.log, Vec::new(), sub.caveats);
    if !found {
        return Verdict::Declined;
    }
    let span = dir.files.as_ref().map(|s| s.span);
    // the name's own directory may be a link, and ".." in MetaDir leads out of it
    let real = filepath::merge(None, &path).unwrap_or(path);
    match r.engine.access(&real, vfs::R) {
        Ok(()) => {}
        Err(Errno::NotFound) => return Verdict::Declined,
        Err(_) => {
            r.error("AH01562", format!("meta file permissions deny server access: {real}"));
            return Verdict::Status(403);
        }
    }
    // a directory can be opened, and has no lines
    let text = r.read_file(&real, span).unwrap_or_else(|_| Vec::new().into());
    for line in [span, dir.directory.as_ref().map(|s| s.span), dir.suffix.as_ref().map(|s| s.span)] {
        r.decide_if(Phase::Fixups, line);
    }
    scan(r, &text)
}

/// Sets the status that a line says.
fn set_status(r: &mut Request<'_>, status: i64) {
    match u16::try_from(status).ok().filter(|status| (100..600).contains(status)) {
        Some(status) => r.status = status,
        None => {
            r.caveat(
                "MetaFiles",
                Span::NONE,
                format!("{status} is no status: what is sent depends on the line's text"),
            );
            r.status = 500;
        }
    }
}

/// `scan_meta_file`
fn scan(r: &mut Request<'_>, text: &[u8]) -> Verdict {
    let mut headers = Vec::new();
    for line in text.lines() {
        let line = line.split(|b| *b == 0).next().unwrap_or_default();
        if line.is_empty() {
            // httpd forgets what it read before an empty line, but type and status
            return Verdict::Ok;
        }
        let Some((name, rest)) = line.split_once_str(":") else {
            let filename = r.filename_str();
            r.error("AH01560", format!("malformed header in meta file: {filename}"));
            return Verdict::Status(500);
        };
        let content = rest.trim_start();
        if name.eq_ignore_ascii_case(b"Content-type") {
            // `ap_content_type_tolower`: parameters stay as they are
            let mut kind = BString::from(content.trim_end());
            let end = kind.find_byte(b';').unwrap_or(kind.len());
            kind[..end].make_ascii_lowercase();
            r.set_content_type(Some(kind.into()), false);
        } else if name.eq_ignore_ascii_case(b"Status") {
            if content.trim_start_with(|c| matches!(c, '-' | '+')).first().is_some_and(u8::is_ascii_digit) {
                set_status(r, atoi(content));
            }
        } else {
            headers.push((BString::from(name), BString::from(content)));
        }
    }
    headers.into_iter().for_each(|(name, content)| r.headers_out.set(name, content));
    Verdict::Ok
}
