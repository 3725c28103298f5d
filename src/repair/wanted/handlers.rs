//! Lines that choose the handler, or let it run.

use super::super::change::{Change, Place};
use super::super::ground::{Ground, each, quoted};
use bstr::ByteSlice;

/// Changes by which the handler, or the type, could be the one that is wanted.
pub(super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let mut found = Vec::new();
    if let Some(handler) = ground.goal.text("handler") {
        found.extend(handled(ground, handler));
    }
    if let Some(of_type) = ground.goal.text("type").and_then(|of_type| quoted(of_type.as_bytes())) {
        let mut texts: Vec<String> =
            extension(ground).map(|ext| format!("AddType {of_type} {ext}")).into_iter().collect();
        texts.push(format!("ForceType {of_type}"));
        found.extend(each(&texts, &places(ground)));
    }
    found
}

/// Sections for this file, those that applied, and the server.
fn places(ground: &Ground<'_>) -> Vec<Place> {
    let mut places = ground.applied();
    places.extend(ground.directories());
    places.extend(ground.narrow());
    places.extend(ground.ends());
    places
}

/// The extension of the file.
fn extension(ground: &Ground<'_>) -> Option<String> {
    let file = ground.goal.text("file").map(str::as_bytes).or(ground.case.file().map(|file| file.as_bytes()))?;
    let name = file.rsplit(|b| *b == b'/').next()?;
    let at = name.rfind_byte(b'.')?;
    let extension = name[at..].to_str().ok()?;
    extension[1..].bytes().all(|b| b.is_ascii_alphanumeric()).then(|| extension.to_string()).filter(|e| e.len() > 1)
}

fn handled(ground: &Ground<'_>, handler: &str) -> Vec<Change> {
    let mut texts: Vec<String> = Vec::new();
    let named = quoted(handler.as_bytes()).unwrap_or_default();
    match handler {
        "httpd/unix-directory" => {
            texts.extend(["Options +Indexes", "DirectoryIndex disabled", "Options Indexes"].map(String::from));
        }
        "default-handler" => {
            texts.extend(
                ["SetHandler None", "SetHandler default-handler", "FallbackResource disabled"].map(String::from),
            );
            if let Some(extension) = extension(ground) {
                texts.extend(["RemoveHandler", "RemoveType"].map(|name| format!("{name} {extension}")));
            }
        }
        _ => {
            let runs = ["cgi-script", "wsgi-script"].contains(&handler);
            if runs {
                texts.push("Options +ExecCGI".into());
            }
            if let Some(extension) = extension(ground) {
                let name = if handler.contains('/') { "AddType" } else { "AddHandler" };
                texts.push(format!("{name} {named} {extension}"));
                if runs {
                    texts.push(format!("AddHandler {named} {extension}\nOptions +ExecCGI"));
                }
            }
            texts.push(format!("SetHandler {named}"));
            if runs {
                texts.push(format!("SetHandler {named}\nOptions +ExecCGI"));
            }
        }
    }
    each(&texts, &places(ground))
}
