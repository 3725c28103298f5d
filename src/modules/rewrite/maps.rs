//! RewriteMap: `cmd_rewritemap` (mod_rewrite.c).

use super::map::{Function, Kind, Map};
use super::parse::touch;
use crate::pattern::after_nocase;
use crate::server::cmd::Cmd;
use crate::vfs::{Cred, resolve};
use bstr::{BString, ByteSlice};
use std::sync::Arc;

/// `RewriteMap name type:source`
pub(super) fn rewrite_map(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    touch(cmd);
    let (name, source) = (&a[0], &a[1]);
    let (kind, file, checked) = parse(cmd, source)?;
    if let Some(checked) = checked
        && resolve::stat(&*cmd.build.vfs, &Cred::root(), &checked).is_err()
    {
        let message = format!("RewriteMap: file for map {name} not found:{checked}");
        if !is_system_program(&checked) && !cmd.build.lenient_paths {
            return Err(message);
        }
        cmd.note("rewrite-map-program", message);
    }
    let content = match kind {
        Kind::Text | Kind::Random => cmd.build.maps.content(&*cmd.build.vfs, &file),
        _ => None,
    };
    let map = Arc::new(Map { span: cmd.span(), kind, file, content });
    let maps = &mut cmd.server_slot(|s| &mut s.rewrite).maps;
    Arc::make_mut(maps).insert(name.clone(), map);
    Ok(())
}

/// Whether a path is one where a system keeps its programs: whether one is there is the machine's business.
fn is_system_program(path: &[u8]) -> bool {
    ["/bin/", "/sbin/", "/usr/"].iter().any(|folder| path.starts_with(folder.as_bytes()))
}

type Parsed = (Kind, BString, Option<BString>);

fn parse(cmd: &Cmd<'_>, source: &BString) -> Result<Parsed, String> {
    let prefixed = |prefix: &str| after_nocase(source, prefix.as_bytes());
    let file = |path: &[u8]| cmd.server_root_relative(path);
    let text = |kind: Kind, path: &[u8]| (kind, file(path), Some(file(path)));
    if let Some(path) = prefixed("txt:") {
        Ok(text(Kind::Text, path))
    } else if let Some(path) = prefixed("rnd:") {
        Ok(text(Kind::Random, path))
    } else if let Some(rest) = prefixed("dbm") {
        let bad = || format!("RewriteMap: bad map:{source}");
        let (driver, path) = match rest.first() {
            Some(b':') => (b"default".as_slice(), &rest[1..]),
            Some(b'=') => {
                let colon = rest.find_byte(b':').ok_or_else(bad)?;
                (&rest[1..colon], &rest[colon + 1..])
            }
            _ => return Err(bad()),
        };
        let mut checked = file(path);
        match driver.to_ascii_lowercase().as_slice() {
            b"sdbm" => checked.extend_from_slice(b".dir"),
            b"default" | b"db" | b"gdbm" | b"lmdb" => {}
            _ => return Err(format!("RewriteMap: dbm type {} is invalid", driver.as_bstr())),
        }
        let kind = Kind::Dbm(driver.to_ascii_lowercase().into());
        Ok((kind, file(path), Some(checked)))
    } else if prefixed("dbd:").is_some() || prefixed("fastdbd:").is_some() {
        match cmd.build.loaded.has("dbd_module") {
            true => Ok((Kind::Outside("a database"), BString::default(), None)),
            false => Err("RewriteMap types dbd and fastdbd require mod_dbd!".into()),
        }
    } else if let Some(command) = prefixed("prg:") {
        let program = crate::conf::args::split(command).into_iter().next().unwrap_or_default();
        let program = file(&program);
        Ok((Kind::Outside("a program"), program.clone(), Some(program)))
    } else if let Some(function) = prefixed("int:") {
        let function = match function {
            b"tolower" => Function::Lower,
            b"toupper" => Function::Upper,
            b"escape" => Function::Escape,
            b"unescape" => Function::Unescape,
            other => return Err(format!("RewriteMap: internal map not found:{}", other.as_bstr())),
        };
        Ok((Kind::Function(function), BString::default(), None))
    } else {
        Ok(text(Kind::Text, source))
    }
}
