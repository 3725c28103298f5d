//! mod_autoindex.c: whether a folder is listed. What the listing looks like is no part of an answer here, nor are the
//! subrequests by which it looks at each entry.

use crate::server::byterange::Body;
use crate::server::cmd::Cmd;
use crate::server::core::options;
use crate::server::method;
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, plain, row};
use crate::server::request::Request;
use crate::server::response;
use crate::server::settings::Settings;
use crate::text::Text;
use bstr::BString;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_autoindex.c",
    identifier: "autoindex_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handle)];

static DIRECTIVES: &[Directive] = &[
    row("AddIcon", Args::Iterate2, OR_INDEXES, Inert, "an icon URL followed by one or more filenames", add_icon),
    row("AddIconByType", Args::Iterate2, OR_INDEXES, Inert, "an icon URL followed by one or more MIME types", add_icon),
    row(
        "AddIconByEncoding",
        Args::Iterate2,
        OR_INDEXES,
        Inert,
        "an icon URL followed by one or more content encodings",
        add_icon,
    ),
    plain("AddAlt", Args::Iterate2, OR_INDEXES, Inert, "alternate descriptive text followed by one or more filenames"),
    plain(
        "AddAltByType",
        Args::Iterate2,
        OR_INDEXES,
        Inert,
        "alternate descriptive text followed by one or more MIME types",
    ),
    plain(
        "AddAltByEncoding",
        Args::Iterate2,
        OR_INDEXES,
        Inert,
        "alternate descriptive text followed by one or more content encodings",
    ),
    row("IndexOptions", Args::Argv, OR_INDEXES, Modelled, "one or more index options [+|-][]", index_options),
    row(
        "IndexOrderDefault",
        Args::Take2,
        OR_INDEXES,
        Inert,
        "{Ascending,Descending} {Name,Size,Description,Date}",
        index_order,
    ),
    plain("IndexIgnore", Args::Iterate, OR_INDEXES, Inert, "one or more file extensions"),
    plain("IndexIgnoreReset", Args::Flag, OR_INDEXES, Inert, "Reset the inherited list of IndexIgnore filenames"),
    plain("AddDescription", Args::Iterate2, OR_INDEXES, Inert, "Descriptive text followed by one or more filenames"),
    plain("HeaderName", Args::Take1, OR_INDEXES, Inert, "a filename"),
    plain("ReadmeName", Args::Take1, OR_INDEXES, Inert, "a filename"),
    row("FancyIndexing", Args::Raw, OR_ALL, Inert, FANCY, deprecated),
    plain("DefaultIcon", Args::Take1, OR_INDEXES, Inert, "an icon URL"),
    plain("IndexStyleSheet", Args::Take1, OR_INDEXES, Inert, "URL to style sheet"),
    plain("IndexHeadInsert", Args::Take1, OR_INDEXES, Inert, "String to insert in HTML HEAD section"),
];

const FANCY: &str = "The FancyIndexing directive is no longer supported. Use IndexOptions FancyIndexing.";

/// Options that are a bit of the listing each.
const BITS: [&str; 19] = [
    "FancyIndexing",
    "FoldersFirst",
    "HTMLTable",
    "IconsAreLinks",
    "IgnoreCase",
    "IgnoreClient",
    "ScanHTMLTitles",
    "SuppressColumnSorting",
    "SuppressDescription",
    "SuppressHTMLPreamble",
    "SuppressIcon",
    "SuppressLastModified",
    "SuppressSize",
    "SuppressRules",
    "TrackModified",
    "VersionSort",
    "XHTML",
    "ShowForbidden",
    "AddAltClass",
];

/// Settings per directory, as far as lines of IndexOptions refuse one another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// `IndexOptions None` was met.
    none: bool,
    /// An option without a sign was met.
    plain: bool,
    /// Type.
    content_type: Option<BString>,
    /// Charset.
    charset: Option<BString>,
    /// TrackModified: set, or taken away.
    track_modified: Option<bool>,
}

impl Settings for Dir {
    /// `merge_autoindex_configs`, as far as it goes into an answer's headers.
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            none: add.none,
            plain: add.plain,
            content_type: add.content_type.clone().or_else(|| base.content_type.clone()),
            charset: add.charset.clone().or_else(|| base.charset.clone()),
            track_modified: match add.none || add.plain {
                true => Some(add.track_modified == Some(true)),
                false => add.track_modified.or(base.track_modified),
            },
        }
    }
}

fn add_icon(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if a[0].starts_with(b"(") && !a[0].contains(&b')') {
        return Err("missing closing paren".into());
    }
    Ok(())
}

fn deprecated(_: &mut Cmd<'_>, _: &[BString]) -> Result<(), String> {
    Err(FANCY.into())
}

/// `set_default_order`
fn index_order(_: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let is = |word: &BString, names: &[&str]| names.iter().any(|n| word.eq_ignore_ascii_case(n.as_bytes()));
    if !is(&a[0], &["Ascending", "Descending"]) {
        return Err("First keyword must be 'Ascending' or 'Descending'".into());
    }
    if !is(&a[1], &["Name", "Date", "Size", "Description"]) {
        return Err("Second keyword must be 'Name', 'Date', 'Size', or 'Description'".into());
    }
    Ok(())
}

/// `add_opts`
fn index_options(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let dir = cmd.slot(|d| &mut d.autoindex);
    for written in a {
        let sign = written.first().copied().filter(|b| *b == b'+' || *b == b'-');
        let word = &written[usize::from(sign.is_some())..];
        match option(word, sign)? {
            Opt::None => (dir.none, dir.plain) = (true, false),
            Opt::Bit if word.eq_ignore_ascii_case(b"TrackModified") => {
                dir.track_modified = Some(sign != Some(b'-'));
                dir.plain |= sign.is_none();
            }
            Opt::Bit if sign.is_none() => dir.plain = true,
            Opt::Bit => {}
            Opt::Value => dir.note(word),
        }
    }
    if dir.none && dir.plain {
        return Err("Cannot combine other IndexOptions keywords with 'None'".into());
    }
    Ok(())
}

impl Dir {
    /// Takes over Type and Charset.
    fn note(&mut self, word: &[u8]) {
        let Some(at) = word.iter().position(|b| *b == b'=') else { return };
        let (name, value) = (&word[..at], &word[at + 1..]);
        let slot = match name.to_ascii_lowercase().as_slice() {
            b"type" => &mut self.content_type,
            b"charset" => &mut self.charset,
            _ => return,
        };
        *slot = Some(value.into());
    }
}

/// What kind of option a word is.
enum Opt {
    None,
    Bit,
    Value,
}

/// One word of IndexOptions; the error is httpd's.
fn option(word: &[u8], sign: Option<u8>) -> Result<Opt, String> {
    let minus = sign == Some(b'-');
    let lower = word.to_ascii_lowercase();
    if BITS.iter().any(|n| n.eq_ignore_ascii_case(&String::from_utf8_lossy(&lower))) {
        return Ok(Opt::Bit);
    }
    let (name, value) = match lower.iter().position(|b| *b == b'=') {
        Some(i) => (&lower[..i], Some(&word[i + 1..])),
        None => (lower.as_slice(), None),
    };
    match (name, value) {
        (b"none", None) if sign.is_some() => Err("Cannot combine '+' or '-' with 'None' keyword".into()),
        (b"none", None) => Ok(Opt::None),
        (b"iconwidth" | b"iconheight", None) | (b"useolddateformat", None) => Ok(Opt::Value),
        (b"type" | b"charset", Some(_)) => Ok(Opt::Value),
        (b"iconwidth" | b"iconheight" | b"namewidth" | b"descriptionwidth", _) => {
            let (label, least) = match name {
                b"iconwidth" => ("IconWidth", 0),
                b"iconheight" => ("IconHeight", 0),
                b"namewidth" => ("NameWidth", 5),
                _ => ("DescriptionWidth", 12),
            };
            match value {
                None if minus => Ok(Opt::Value),
                None => Err(format!("{label} with no value may only appear as '-{label}'")),
                Some(_) if minus => Err(format!("Cannot combine '-' with {label}=n")),
                Some(v) if !v.starts_with(b"*") && !v.is_empty() => {
                    let width = crate::server::core::atoi(v);
                    if width != 0 && width < least {
                        return Err(format!("{label} value must be greater than {least}"));
                    }
                    Ok(Opt::Value)
                }
                Some(_) => Ok(Opt::Value),
            }
        }
        _ => Err("Invalid directory indexing option".into()),
    }
}

/// What `index_directory` says of its page.
fn reply(r: &mut Request<'_>) {
    if !r.engine.responds() {
        return;
    }
    let dir = r.per_dir.autoindex.clone().unwrap_or_default();
    let kind = dir.content_type.as_ref().map_or(&b"text/html"[..], |t| t.as_slice());
    let kind: BString = match dir.charset.as_ref().map_or(&b"ISO-8859-1"[..], |c| c.as_slice()) {
        b"" => kind.into(),
        charset => [kind, b";charset=", charset].concat().into(),
    };
    if dir.track_modified == Some(true)
        && let Some(directory) = r.finfo
    {
        response::says_modified(r, &directory);
        response::says_tag(r, &directory);
    }
    r.replies_page(kind);
}

/// `handle_autoindex`
fn handle(r: &mut Request<'_>) -> Verdict {
    let taken = |h: &Text<'_>| *h == super::dir::DIR_MAGIC_TYPE || h.is_empty();
    if !r.is_dir() || !r.handler.as_ref().is_none_or(taken) {
        return Verdict::Declined;
    }
    crate::server::core::allow_methods(r, &[method::GET]);
    if r.method_number != method::GET {
        return Verdict::Declined;
    }
    let core = r.core();
    for span in options::deciders(&core.opt_lines, options::INDEXES) {
        r.decide(Phase::Handler, span);
    }
    let file = r.filename_str();
    if core.allows(options::INDEXES) {
        let path = r.filename.clone().unwrap_or_default();
        if r.engine.read_allowed(&path).is_err() {
            r.error("AH01275", format!("Can't open directory for index: {file}"));
            return Verdict::Status(403);
        }
        if !path.ends_with(b"/") {
            r.filename = Some([path.as_slice(), b"/"].concat().into());
        }
        r.served_by = Some(super::dir::DIR_MAGIC_TYPE.into());
        reply(r);
        r.body = Body::page(r);
        return Verdict::Ok;
    }
    let names = r.notes.get("dir-index-names").map_or_else(|| "none".into(), |n| n.to_string());
    let why = "and server-generated directory index forbidden by Options directive";
    r.error("AH01276", format!("Cannot serve directory {file}: No matching DirectoryIndex ({names}) found, {why}"));
    Verdict::Status(403)
}
