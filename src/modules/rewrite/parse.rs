//! The directives: `cmd_rewrite*` (mod_rewrite.c).

use super::flags;
use super::settings::{Compare, Cond, Dir, Entry, FileTest, Lines, Rule, Server, Test, flag, option};
use super::template::Template;
use crate::limits;
use crate::pattern::{Flags, Regex};
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::setting::Set;
use crate::version::{self, Kind};
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// Makes settings of both kinds here, as httpd does before any directive of a module is carried out: even one within
/// a section gives its virtual host settings of its own.
pub(super) fn touch(cmd: &mut Cmd<'_>) {
    let server = cmd.server;
    cmd.server_slot(|s| &mut s.rewrite).server = server;
    let span = cmd.span();
    let dir = cmd.slot(|d| &mut d.rewrite);
    dir.lines = match dir.lines {
        Lines::None => Lines::One(span),
        _ => Lines::More,
    };
}

fn server<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Server {
    cmd.server_slot(|s| &mut s.rewrite)
}

fn dir<'c>(cmd: &'c mut Cmd<'_>) -> &'c mut Dir {
    cmd.slot(|d| &mut d.rewrite)
}

/// `RewriteEngine`
pub(super) fn engine(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    touch(cmd);
    let (on, span) = (a[0].eq_ignore_ascii_case(b"on"), cmd.span());
    Set::put(&mut dir(cmd).state, on, span);
    Ok(())
}

/// `RewriteOptions`, once for each word.
pub(super) fn options(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    touch(cmd);
    let mut bits = 0;
    for word in crate::conf::args::split(&a[0]) {
        let unknown = || format!("RewriteOptions: unknown option '{word}'");
        if cmd.build.loaded.version.lacks(Kind::RewriteOption, &word).is_some() {
            return Err(unknown());
        }
        bits |= match word.to_ascii_lowercase().as_slice() {
            b"inherit" => option::INHERIT,
            b"inheritbefore" => option::INHERIT_BEFORE,
            b"inheritdown" => option::INHERIT_DOWN,
            b"inheritdownbefore" => option::INHERIT_DOWN_BEFORE,
            b"ignoreinherit" => option::IGNORE_INHERIT,
            b"allownoslash" => option::NO_SLASH,
            b"allowanyuri" => option::ANY_URI,
            b"mergebase" => option::MERGE_BASE,
            b"ignorecontextinfo" => option::IGNORE_CONTEXT_INFO,
            b"legacyprefixdocroot" => option::LEGACY_PREFIX_DOCROOT,
            b"unsafeprefixstat" => option::UNSAFE_PREFIX_STAT,
            w if w.starts_with(b"maxredirects=") => {
                cmd.warn("AH00664", "RewriteOptions: MaxRedirects option has been removed in favor of the global LimitInternalRecursion directive and will be ignored.");
                0
            }
            _ => return Err(unknown()),
        };
    }
    let span = cmd.span();
    if cmd.path.is_none() {
        server(cmd).options.add(bits, span);
    }
    dir(cmd).options.add(bits, span);
    Ok(())
}

/// `RewriteBase`
pub(super) fn base(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    touch(cmd);
    if cmd.path.is_none() {
        return Err("RewriteBase: only valid in per-directory config files".into());
    }
    match a[0].first() {
        None => return Err("RewriteBase: empty URL not allowed".into()),
        Some(b'/') => {}
        Some(_) => return Err("RewriteBase: argument is not a valid URL".into()),
    }
    let span = cmd.span();
    let dir = dir(cmd);
    dir.base = Some((a[0].clone(), span));
    dir.base_set = true;
    Ok(())
}

/// The arguments of RewriteCond and RewriteRule: `parseargline`, which knows quotes but no escapes, but for white
/// space behind a backslash.
struct Line<'l> {
    first: &'l [u8],
    second: &'l [u8],
    third: Option<&'l [u8]>,
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || (b'\t'..=b'\r').contains(&byte)
}

/// One argument, and what is left behind it; none left when the line ended with it.
fn argument(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let skipped = line.iter().take_while(|b| is_space(**b)).count();
    let mut line = &line[skipped..];
    let quote = line.first().copied().filter(|b| matches!(b, b'"' | b'\''));
    if quote.is_some() {
        line = &line[1..];
    }
    let mut i = 0;
    while let Some(&byte) = line.get(i) {
        match quote {
            Some(q) if byte == q => break,
            None if is_space(byte) => break,
            _ => {}
        }
        i += if byte == b'\\' && line.get(i + 1).is_some_and(|b| is_space(*b)) { 2 } else { 1 };
    }
    let end = i.min(line.len());
    (&line[..end], line.get(end + 1..))
}

fn arguments(line: &[u8]) -> Option<Line<'_>> {
    let (first, rest) = argument(line);
    let (second, rest) = argument(rest?);
    let third = rest.filter(|r| !r.iter().all(|b| is_space(*b))).map(|r| argument(r).0);
    Some(Line { first, second, third })
}

fn compile(cmd: &mut Cmd<'_>, pattern: &[u8], icase: bool) -> Option<Regex> {
    cmd.regex(pattern, Flags { icase, extended: false, ..Flags::default() }).ok()
}

/// `RewriteCond`
pub(super) fn cond(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    touch(cmd);
    let Some(line) = arguments(&a[0]) else {
        return Err(format!("RewriteCond: bad argument line '{}'", a[0]));
    };
    let mut cond = Cond {
        span: cmd.span(),
        input: Template::new(line.first),
        test: Test::UrlAccess,
        not: false,
        no_case: false,
        or_next: false,
        no_vary: false,
    };
    if let Some(field) = line.third {
        flags::each(field, |key, _| flags::set_cond(&mut cond, key)).map_err(|e| format!("RewriteCond: {e}"))?;
    }
    let mut pattern = line.second;
    if let Some(rest) = pattern.strip_prefix(b"!") {
        cond.not = true;
        pattern = rest;
    }
    if line.first.eq_ignore_ascii_case(b"expr") {
        let expr = cmd
            .expr_since(pattern, crate::expr::Flags::CONDITION, &version::CONDITIONS_READ_NO_FILES)
            .map_err(|e| format!("RewriteCond: cannot compile expression \"{}\" {e}", pattern.as_bstr()))?;
        cond.test = Test::Expr(Arc::new(expr));
    } else if let Some((test, inverted)) = comparison(pattern) {
        cond.test = test;
        cond.not ^= inverted;
    } else {
        let Some(regex) = compile(cmd, pattern, cond.no_case) else {
            return Err(format!("RewriteCond: cannot compile regular expression '{}'", pattern.as_bstr()));
        };
        cond.test = Test::Regex(regex);
    }
    if cond.no_case && !matches!(cond.test, Test::Regex(_) | Test::Text(..)) {
        cmd.warn(
            "AH00665",
            format!(
                "RewriteCond: NoCase option for non-regex pattern '{}' is not supported and will be ignored.",
                pattern.as_bstr()
            ),
        );
        cond.no_case = false;
    }
    let conds = if cmd.path.is_none() { &mut server(cmd).conds } else { &mut dir(cmd).conds };
    conds.push(cond);
    Ok(())
}

/// What a condition's pattern tests when it is no regular expression, and whether that is the opposite of what it says.
fn comparison(pattern: &[u8]) -> Option<(Test, bool)> {
    let number = |c| Some((Test::Number(c, atoi_32(&pattern[3..])), false));
    let text = |c, skip: usize| Some((Test::Text(c, pattern[skip..].into()), false));
    let file = |t| Some((Test::File(t), false));
    match pattern {
        b"-f" => file(FileTest::Regular),
        b"-s" => file(FileTest::NotEmpty),
        b"-d" => file(FileTest::Folder),
        b"-x" => file(FileTest::Executable),
        b"-h" | b"-L" | b"-l" => file(FileTest::Link),
        b"-U" => Some((Test::UrlAccess, false)),
        b"-F" => Some((Test::FileAccess, false)),
        [b'-', b'l', b't', _, ..] => number(Compare::Less),
        [b'-', b'l', b'e', _, ..] => number(Compare::LessEqual),
        [b'-', b'g', b't', _, ..] => number(Compare::Greater),
        [b'-', b'g', b'e', _, ..] => number(Compare::GreaterEqual),
        [b'-', b'e', b'q', _, ..] => number(Compare::Equal),
        [b'-', b'n', b'e', _, ..] => number(Compare::Equal).map(|(test, _)| (test, true)),
        b"=\"\"" => text(Compare::Equal, 3),
        [b'>', b'=', ..] => text(Compare::GreaterEqual, 2),
        [b'>', _, ..] => text(Compare::Greater, 1),
        [b'<', b'=', ..] => text(Compare::LessEqual, 2),
        [b'<', _, ..] => text(Compare::Less, 1),
        [b'=', _, ..] => text(Compare::Equal, 1),
        _ => None,
    }
}

/// C's `atoi`.
pub(super) fn atoi_32(text: &[u8]) -> i32 {
    atoi(text).clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// `RewriteRule`
pub(super) fn rule(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    touch(cmd);
    let Some(line) = arguments(&a[0]) else {
        return Err(format!("RewriteRule: bad argument line '{}'", a[0]));
    };
    let nothing = Regex::new(b"", Flags::default()).map_err(|e| e.to_string())?;
    let mut rule = Rule {
        span: cmd.span(),
        regex: nothing,
        output: Template::default(),
        flags: 0,
        status: 302,
        mimetype: None,
        handler: None,
        env: Vec::new(),
        cookies: Vec::new(),
        skip: 0,
        max_rounds: limits::ROUNDS_DEFAULT,
        escapes: None,
        no_escapes: None,
        conds: Vec::new(),
        reads_env: false,
        joins: false,
    };
    if let Some(field) = line.third {
        let version = cmd.build.loaded.version;
        flags::each(field, |key, value| flags::set_rule(&mut rule, key, value, version))
            .map_err(|e| format!("RewriteRule: {e}"))?;
    }
    let mut pattern = line.first;
    if let Some(rest) = pattern.strip_prefix(b"!") {
        rule.flags |= flag::NOT;
        pattern = rest;
    }
    let Some(regex) = compile(cmd, pattern, rule.has(flag::NO_CASE)) else {
        return Err(format!("RewriteRule: cannot compile regular expression '{}'", pattern.as_bstr()));
    };
    rule.regex = regex;
    let mut output = line.second;
    if output == b"-" {
        rule.flags |= flag::NO_SUB;
    }
    if !cmd.build.loaded.version.has(&version::STRICT_QUERY) {
        // the mark counts with what the substitution is filled with
    } else if let Some(rest) = output.strip_suffix(b"?") {
        // a question mark at the end: the query goes, or (with QSA) marks where it begins
        if rule.has(flag::QS_APPEND) {
            rule.flags |= flag::QS_LAST;
        } else {
            rule.flags |= flag::QS_NONE;
            output = rest;
        }
    } else if rule.has(flag::QS_DISCARD) && !output.contains(&b'?') {
        rule.flags |= flag::QS_NONE;
    }
    rule.output = Template::new(output);
    let at_server = cmd.path.is_none();
    let (conds, rules) = match at_server {
        true => {
            let s = server(cmd);
            (&mut s.conds, &mut s.rules)
        }
        false => {
            let d = dir(cmd);
            (&mut d.conds, &mut d.rules)
        }
    };
    rule.conds = std::mem::take(conds);
    rule.reads_env = rule.reads_environment();
    rule.joins = rule.joins_conditions();
    Arc::make_mut(rules).push(Entry { rule: Arc::new(rule), inherited: None });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_lines() {
        let parsed = |line: &'static str| {
            arguments(line.as_bytes()).map(|l| {
                let text = |b: &[u8]| b.as_bstr().to_string();
                (text(l.first), text(l.second), l.third.map(text))
            })
        };
        let want = |a: &str, b: &str, c: Option<&str>| Some((a.to_string(), b.to_string(), c.map(str::to_string)));
        for (line, result) in [
            ("^a$ /b", want("^a$", "/b", None)),
            ("^a$ /b  ", want("^a$", "/b", None)),
            (r#""^a b$" '/c d' [L,R]"#, want("^a b$", "/c d", Some("[L,R]"))),
            (r"^a\ b$ /c\ d [L]", want(r"^a\ b$", r"/c\ d", Some("[L]"))),
            (r#"^a$ "" "[E=a:b c]""#, want("^a$", "", Some("[E=a:b c]"))),
            ("^a$ /b [L, R]", want("^a$", "/b", Some("[L,"))),
            (r#""a"b c"#, want("a", "b", Some("c"))),
            ("^a$", None),
            (r#""a b"#, None),
        ] {
            assert_eq!(parsed(line), result, "{line}");
        }
    }

    #[test]
    fn comparisons() {
        let test = |p: &str| comparison(p.as_bytes()).map(|(t, i)| format!("{t:?} {i}"));
        for (pattern, want) in [
            ("-f", Some("File(Regular) false")),
            ("-lt5", Some("Number(Less, 5) false")),
            ("-ne 5", Some("Number(Equal, 5) true")),
            ("-eq", None),
            ("=\"\"", Some("Text(Equal, \"\") false")),
            ("=", None),
            (">=a", Some("Text(GreaterEqual, \"a\") false")),
            ("-foo", None),
            ("^x", None),
        ] {
            assert_eq!(test(pattern), want.map(str::to_string), "{pattern}");
        }
    }
}
