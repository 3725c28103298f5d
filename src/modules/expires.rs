//! mod_expires.c: how long an answer may be kept.

use crate::pattern::begins_nocase;
use crate::server::cmd::Cmd;
use crate::server::functions::Functions;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Module, row};
use crate::server::request::Request;
use crate::server::response::{Length, UNKNOWN, essence};
use crate::server::settings::Settings;
use crate::source::Span;
use crate::{date, outcome::step::By};
use bstr::{BString, ByteSlice};

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_expires.c",
    identifier: "expires_module",
    directives: DIRECTIVES,
    hooks: &[],
    register,
    ..Module::NONE
};

fn register(functions: &mut Functions) {
    functions.expires = filter;
}

static DIRECTIVES: &[Directive] = &[
    row("ExpiresActive", Args::Flag, OR_INDEXES, Modelled, "Limited to 'on' or 'off'", active),
    row("ExpiresByType", Args::Take2, OR_INDEXES, Modelled, "a MIME type followed by an expiry date code", by_type),
    row("ExpiresDefault", Args::Take1, OR_INDEXES, Modelled, "an expiry date code", default),
];

/// From when on, and how many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code {
    /// From the file's last change, not from the request.
    from_change: bool,
    seconds: i64,
    span: Span,
}

/// Settings per directory: `expires_dir_config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    active: Option<bool>,
    /// Types as written, the later ones first.
    types: Vec<(BString, Code)>,
    default: Option<Code>,
    wildcards: bool,
}

impl Settings for Dir {
    /// `merge_expires_dir_configs`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            active: add.active.or(base.active),
            types: [add.types.as_slice(), &base.types].concat(),
            default: add.default.or(base.default),
            wildcards: add.wildcards,
        }
    }
}

fn active(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    cmd.slot(|d| &mut d.expires).active = Some(a[0].eq_ignore_ascii_case(b"on"));
    Ok(())
}

/// `set_expiresbytype`
fn by_type(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let (mime, code) = (&a[0], &a[1]);
    let Some(slash) = mime.rfind_byte(b'/') else { return Err("Invalid mimetype: should contain a slash".into()) };
    let read =
        code_of(code, cmd.span()).map_err(|e| format!("'ExpiresByType {mime} {code}': bad expires code, {e}"))?;
    let dir = cmd.slot(|d| &mut d.expires);
    dir.wildcards |= &mime[slash + 1..] == b"*";
    dir.types.retain(|(t, _)| !t.eq_ignore_ascii_case(mime));
    dir.types.push((mime.clone(), read));
    Ok(())
}

/// `set_expiresdefault`
fn default(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let code = &a[0];
    let read = code_of(code, cmd.span()).map_err(|e| format!("'ExpiresDefault {code}': bad expires code, {e}"))?;
    cmd.slot(|d| &mut d.expires).default = Some(read);
    Ok(())
}

/// `base [plus] {number unit}...`, words told by their first letters, or `A` or `M` and the seconds: `check_code`.
fn code_of(code: &[u8], span: Span) -> Result<Code, String> {
    if let Some(base @ (b'A' | b'M')) = code.first() {
        // what is no number in a word (Access ...) is none at all
        return Ok(Code {
            from_change: *base == b'M',
            seconds: i64::from(crate::server::core::atoi(&code[1..]) as i32),
            span,
        });
    }
    let mut words = code.split(|b| b.is_ascii_whitespace() || *b == 0x0b).filter(|w| !w.is_empty());
    let base = words.next().unwrap_or_default();
    let from_change = begins_nocase(base, b"m");
    if !from_change && ![b"n", b"a"].iter().any(|b| begins_nocase(base, *b)) {
        return Err(format!("unrecognised <base> '{}'", base.as_bstr()));
    }
    let seconds = duration(words).map_err(|wrong| match wrong {
        Wrong::Number(word) => format!("numeric value expected <num> '{}'", word.as_bstr()),
        Wrong::NoUnit => "missing <type>".into(),
        Wrong::Unit(word) => format!("unrecognised <type>'{}'", word.as_bstr()),
    })?;
    Ok(Code { from_change, seconds: seconds.into(), span })
}

/// What is wrong with a duration, and the word that is.
pub(in crate::modules) enum Wrong<W> {
    Number(W),
    NoUnit,
    Unit(W),
}

/// The seconds of `[plus] {number unit}...`, units told by their first letters, in a C `int`. None of the words is empty.
pub(in crate::modules) fn duration<W: AsRef<[u8]>>(words: impl Iterator<Item = W>) -> Result<i32, Wrong<W>> {
    const UNITS: [(&[u8], i32); 7] =
        [(b"y", 31_536_000), (b"mo", 2_592_000), (b"w", 604_800), (b"d", 86_400), (b"h", 3600), (b"mi", 60), (b"s", 1)];
    let mut words = words.peekable();
    words.next_if(|word| begins_nocase(word.as_ref(), b"p"));
    let mut seconds: i32 = 0;
    while let Some(number) = words.next() {
        if !number.as_ref().first().is_some_and(u8::is_ascii_digit) {
            return Err(Wrong::Number(number));
        }
        let unit = words.next().ok_or(Wrong::NoUnit)?;
        let Some((_, factor)) = UNITS.iter().find(|(with, _)| begins_nocase(unit.as_ref(), with)) else {
            return Err(Wrong::Unit(unit));
        };
        seconds = seconds.wrapping_add(factor.wrapping_mul(crate::server::core::atoi(number.as_ref()) as i32));
    }
    Ok(seconds)
}

/// `expires_filter`: an answer that is no error, and says nothing of it yet, gets Expires and Cache-Control.
pub(crate) fn filter(r: &mut Request<'_>) {
    let Some(dir) = r.per_dir.expires.clone() else { return };
    let in_place = dir.active == Some(true) && !(dir.types.is_empty() && dir.default.is_none());
    if !in_place || r.status >= 400 || r.main.is_some() {
        return;
    }
    if r.err_headers_out.get("Expires").or(r.headers_out.get("Expires")).is_some() {
        return;
    }
    let foreign = r.reply.as_ref().is_none_or(|reply| reply.length == Length::Foreign);
    let code = match (foreign, &r.content_type) {
        (true, _) => dir.code_of_program(r),
        (false, kind) => dir.code(kind.as_ref().map(|kind| essence(kind))),
    };
    let Some(code) = code else { return };
    let now = r.engine.now();
    let seconds = match (code.from_change, r.finfo) {
        (false, _) => Some(code.seconds),
        (true, None) => return,
        // how old a file is that was just made is not known to the second
        (true, Some(file)) => file.mtime.map(|m| m.div_euclid(1_000_000) + code.seconds - now),
    };
    let aged = seconds.map(|s| s.max(0));
    let fixed = match (code.from_change, r.finfo.and_then(|f| f.mtime), seconds) {
        // a date that the file alone makes
        (true, Some(mtime), Some(seconds)) if seconds > 0 => {
            Some(date::http(mtime.div_euclid(1_000_000) + code.seconds))
        }
        _ => None,
    };
    let max_age = match (code.from_change, aged) {
        (true, Some(s)) if s > 0 => "max-age=\0".into(),
        (true, None) => "max-age=\0".into(),
        (_, Some(s)) => format!("max-age={s}"),
        (false, None) => return,
    };
    let before = crate::server::told::seen(r, "Cache-Control");
    r.headers_out.merge("Cache-Control", max_age);
    r.headers_out.set("Expires", fixed.unwrap_or_else(|| UNKNOWN.into()));
    crate::server::told::tell_set(
        r,
        By::Module("mod_expires.c"),
        Some(code.span),
        &[("Cache-Control", before), ("Expires", None)],
    );
}

impl Dir {
    /// The code for what a program or back-end sends, whose type is its own doing: as if it were a page, with a caveat
    /// where it matters.
    fn code_of_program(&self, r: &mut Request<'_>) -> Option<Code> {
        let stands_in = r.filename.as_ref().is_some_and(|path| r.engine.programs.is_stand_in(path));
        let likely = self.code(Some(if stands_in { b"application/json" } else { b"text/html" }));
        let same = |code: Option<Code>| {
            let of = |code: Option<Code>| code.map(|code| (code.from_change, code.seconds));
            of(code) == of(likely)
        };
        let other = self.types.iter().map(|(_, code)| Some(*code)).chain([self.default]).find(|code| !same(*code));
        if other.is_some()
            && let Some((_, code)) = self.types.first()
        {
            let why = "whether it applies hangs on the content type, which is the program's own doing";
            r.caveat("ExpiresByType", code.span, why);
        }
        likely
    }

    /// The code for a type: its own, its kind's, or the one for all.
    fn code(&self, kind: Option<&[u8]>) -> Option<Code> {
        let of = |kind: &[u8]| self.types.iter().find(|(t, _)| t.eq_ignore_ascii_case(kind)).map(|(_, code)| *code);
        let own = kind.and_then(&of);
        let by_kind = || {
            let slash = kind?.find_byte(b'/')?;
            of(&[&kind?[..=slash], b"*"].concat())
        };
        own.or_else(|| if self.wildcards { by_kind() } else { None }).or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, want) in [
            ("access plus 1 month", Ok((false, 2_592_000))),
            ("access 1 year 2 days", Ok((false, 31_708_800))),
            ("modification plus 3 minutes", Ok((true, 180))),
            ("now", Ok((false, 0))),
            ("access plus", Ok((false, 0))),
            ("A2592000", Ok((false, 2_592_000))),
            ("M0", Ok((true, 0))),
            ("Access plus nonsense", Ok((false, 0))),
            ("", Err("unrecognised <base> ''")),
            ("later", Err("unrecognised <base> 'later'")),
            ("access plus one month", Err("numeric value expected <num> 'one'")),
            ("access plus 1", Err("missing <type>")),
            ("access plus 1 fortnight", Err("unrecognised <type>'fortnight'")),
            ("access plus 1 m", Err("unrecognised <type>'m'")),
        ] {
            let got = code_of(code.as_bytes(), Span::NONE).map(|c| (c.from_change, c.seconds));
            assert_eq!(got.as_ref().map_err(|e| e.as_str()), want.as_ref().map_err(|e| *e), "{code}");
        }
    }
}
