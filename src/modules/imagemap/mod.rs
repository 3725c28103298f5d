//! mod_imagemap.c: where a click on an image leads.

mod geometry;
mod url;

use crate::conf::args::is_space;
use crate::server::byterange::Body;
use crate::server::cmd::Cmd;
use crate::server::method;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use bstr::{BString, ByteSlice};
use geometry::Point;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_imagemap.c",
    identifier: "imagemap_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::MIDDLE, handler)];

static DIRECTIVES: &[Directive] = &[
    row("ImapMenu", Args::Take1, OR_INDEXES, Modelled, MENU, |c, a| set(c, a, |d| &mut d.menu)),
    row("ImapDefault", Args::Take1, OR_INDEXES, Modelled, DEFAULT, |c, a| set(c, a, |d| &mut d.default)),
    row("ImapBase", Args::Take1, OR_INDEXES, Modelled, BASE, |c, a| set(c, a, |d| &mut d.base)),
];

const MENU: &str = "the type of menu generated: none, formatted, semiformatted, unformatted";
const DEFAULT: &str = "the action taken if no match: error, nocontent, referer, menu, URL";
const BASE: &str = "the base for all URL's: map, referer, URL (or start of)";

type Text = Option<Set<BString>>;

/// Settings per directory: `imap_conf_rec`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    menu: Text,
    default: Text,
    base: Text,
}

impl Settings for Dir {
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir {
            menu: Set::merge(&base.menu, &add.menu),
            default: Set::merge(&base.default, &add.default),
            base: Set::merge(&base.base, &add.base),
        }
    }
}

fn set(cmd: &mut Cmd<'_>, a: &[BString], field: fn(&mut Dir) -> &mut Text) -> Result<(), String> {
    let span = cmd.span();
    Set::put(field(cmd.slot(|d| &mut d.imagemap)), a[0].clone(), span);
    Ok(())
}

/// What a map comes to.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    /// A page with all its entries.
    Menu,
    /// A status without more, and why.
    Status(u16, Option<(&'static str, String)>),
    /// Somewhere else.
    Redirect(BString),
}

impl Answer {
    /// `imap_reply`
    fn reply(target: BString) -> Answer {
        if target.is_empty() || target.eq_ignore_ascii_case(b"error") {
            Answer::Status(500, None)
        } else if target.eq_ignore_ascii_case(b"nocontent") {
            Answer::Status(204, None)
        } else {
            Answer::Redirect(target)
        }
    }
}

/// `imap_handler`
fn handler(r: &mut Request<'_>) -> Verdict {
    let asked = r.handler_among(&["application/x-httpd-imap", "imap-file"]);
    let Some(name) = asked.filter(|_| r.method_number == method::GET) else {
        return Verdict::Declined;
    };
    r.served_by = Some(name);
    let path = r.filename.clone().unwrap_or_default();
    let Ok(map) = r.read_file(&path, None) else {
        return Verdict::Status(404);
    };
    let dir = r.per_dir.imagemap.clone().unwrap_or_default();
    let answer = read(r, &map, &dir);
    name_deciders(r, &map, &dir, &answer);
    match answer {
        Answer::Menu => {
            r.body = Body::page_even_for_head(r);
            Verdict::Ok
        }
        Answer::Status(status, why) => {
            if let Some((code, line)) = why {
                r.error(code, line);
            }
            Verdict::Status(status)
        }
        Answer::Redirect(target) => {
            r.headers_out.set("Location", target);
            Verdict::Status(302)
        }
    }
}

/// Names the settings without which the map would come to something else.
fn name_deciders(r: &mut Request<'_>, map: &[u8], dir: &Dir, answer: &Answer) {
    fn beneath(set: &Set<BString>) -> Text {
        set.under.as_deref().cloned()
    }
    let mut spans = Vec::new();
    for (set, without) in [
        (&dir.menu, Dir { menu: dir.menu.as_ref().and_then(beneath), ..dir.clone() }),
        (&dir.default, Dir { default: dir.default.as_ref().and_then(beneath), ..dir.clone() }),
        (&dir.base, Dir { base: dir.base.as_ref().and_then(beneath), ..dir.clone() }),
    ] {
        if let Some(set) = set
            && read(r, map, &without) != *answer
        {
            spans.push(set.span);
        }
    }
    for span in spans {
        r.decide(Phase::Handler, span);
    }
}

/// A line that can't be followed ends a map, after the menu's beginning or before anything was sent.
fn bail(menu: bool, why: (&'static str, String)) -> Answer {
    if menu { Answer::Menu } else { Answer::Status(500, Some(why)) }
}

/// `imap_handler_internal`
fn read(r: &Request<'_>, map: &[u8], dir: &Dir) -> Answer {
    let value = |text: &Text, default: &str| text.as_ref().map_or(default.into(), |s| s.value.clone());
    let (menu, base) = (value(&dir.menu, "formatted"), value(&dir.base, "map"));
    let given = |value: &[u8]| url::resolve(r, None, value);
    let (mut base, mut default) = match (given(&base), given(&value(&dir.default, "nocontent"))) {
        (Ok(base), Ok(default)) => (base, default),
        (Err(why), _) | (_, Err(why)) => return Answer::Status(500, Some(why)),
    };
    let point = clicked(r.args.as_deref().map(|a| a.as_slice()));
    let shows_menu = point.is_none() && !menu.get(..2).is_some_and(|m| m.eq_ignore_ascii_case(b"no"));
    let mut closest: Option<(f64, BString)> = None;
    for (number, line) in lines(map) {
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let Some((directive, value, mut rest)) = fields(&line) else {
            let why = format!("map file {}, line {number} syntax error: requires at least two fields", r.uri);
            return bail(shows_menu, ("AH00679", why));
        };
        if directive.get(..4).is_some_and(|d| d.eq_ignore_ascii_case(b"base")) {
            match given(value) {
                Ok(url) => base = url,
                Err(why) => return bail(shows_menu, why),
            }
            continue;
        }
        rest = after_quoted(rest);
        if directive.eq_ignore_ascii_case(b"default") {
            match given(value) {
                Ok(url) => default = url,
                Err(why) => return bail(shows_menu, why),
            }
            continue;
        }
        let corners = geometry::corners(rest);
        let Some(point) = point.filter(|_| corners.first().is_some_and(|c| c.0 != -1.0)) else { continue };
        let hit = match directive.to_ascii_lowercase().as_slice() {
            b"poly" => geometry::in_poly(point, &corners),
            b"circle" => geometry::in_circle(point, &corners),
            b"rect" => geometry::in_rect(point, &corners),
            b"point" => {
                let distance = geometry::distance(point, corners[0]);
                let nearer = closest.as_ref().is_none_or(|(best, _)| distance < *best);
                if point.0 >= 0.0 && point.1 >= 0.0 && nearer {
                    closest = Some((distance, value.into()));
                }
                false
            }
            _ => false,
        };
        if hit {
            return follow(r, &base, value);
        }
    }
    match closest {
        _ if shows_menu => Answer::Menu,
        Some((_, value)) => follow(r, &base, &value),
        None => follow(r, &base, &default),
    }
}

fn follow(r: &Request<'_>, base: &BString, value: &[u8]) -> Answer {
    match url::resolve(r, Some(base), value) {
        Ok(target) => Answer::reply(target),
        Err(why) => Answer::Status(500, Some(why)),
    }
}

/// Where the click was; none without two numbers, or where both are 0.
fn clicked(query: Option<&[u8]>) -> Option<Point> {
    let query = query?;
    let digits = |text: &[u8], stop: bool| {
        text.iter().position(|b| b.is_ascii_digit() || stop && *b == b',').unwrap_or(text.len())
    };
    let x = geometry::number(&query[digits(query, true)..])?.0;
    let after = &query[query.find_byte(b',')? + 1..];
    let y = geometry::number(&after[digits(after, false)..])?.0;
    (x != -1.0 && y != -1.0 && (x, y) != (0.0, 0.0)).then_some((x, y))
}

/// The lines of a map, joined where they end in a backslash, without the space around them: `ap_cfg_getline`.
fn lines(map: &[u8]) -> Vec<(usize, BString)> {
    let mut found = Vec::new();
    let mut line = BString::default();
    for (i, part) in map.lines().enumerate() {
        if let Some(continued) = part.strip_suffix(b"\\") {
            line.extend_from_slice(continued);
            continue;
        }
        line.extend_from_slice(part);
        found.push((i + 1, line.trim_ascii().into()));
        line.clear();
    }
    if !line.is_empty() {
        found.push((map.lines().count(), line.trim_ascii().into()));
    }
    found
}

/// The directive, its value, and the rest of a line.
fn fields(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end = line.iter().position(|b| is_space(*b))?;
    let rest = line[end..].trim_ascii_start();
    let value_end = rest.iter().position(|b| is_space(*b)).unwrap_or(rest.len());
    Some((&line[..end], &rest[..value_end], rest.get(value_end + 1..).unwrap_or_default()))
}

/// What follows a text in quotes, if there is one: `read_quoted`.
fn after_quoted(text: &[u8]) -> &[u8] {
    let Some(quoted) = text.trim_ascii_start().strip_prefix(b"\"") else { return text };
    quoted.find_byte(b'"').and_then(|i| quoted.get(i + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_are_two_numbers() {
        for (query, want) in [
            ("10,20", Some((10.0, 20.0))),
            ("x=3&y,y=4", Some((3.0, 4.0))),
            ("x=1,y=4", Some((1.0, 4.0))),
            ("0,0", None),
            ("5", None),
            ("", None),
        ] {
            assert_eq!(clicked(Some(query.as_bytes())), want, "{query}");
        }
    }

    #[test]
    fn lines_have_two_fields() {
        assert_eq!(fields(b"rect  /a 1,1 2,2"), Some((&b"rect"[..], &b"/a"[..], &b"1,1 2,2"[..])));
        assert_eq!(fields(b"rect"), None);
        assert_eq!(after_quoted(b" \"a text\" 1,2"), b" 1,2");
    }
}
