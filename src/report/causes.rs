//! The words for reasons and near misses. Like `words.rs`, a place where values become sentences; a sentence says what is
//! so and, where it helps, what would be otherwise.

use super::{directive_text, words};
use crate::filepath;
use crate::outcome::{Outcome, Step};
use crate::reason::{Case, Cause, Fit, LANGUAGE, Miss, Near, What};
use crate::repair::{Change, Place, Suggestion};
use crate::source::{SourceMap, Span};
use bstr::BString;

/// A reason, in one sentence or two.
pub(super) fn cause(cause: &Cause, case: &Case<'_>) -> String {
    let sources = case.sources;
    let shown = |path: &BString| sources.shown(path);
    match &cause.what {
        What::NoFile { missing } => format!("no such file: {} does not exist", shown(missing)),
        What::NoVariant { file, files } => {
            let one = |(name, status): &(BString, u16)| match status {
                200 => format!("{name} has no type, language or encoding that mod_mime knows (AddType)"),
                status => format!("a request for {name} gives {status}"),
            };
            let each: Vec<String> = files.iter().take(4).map(one).collect();
            format!(
                "no such file: {}. MultiViews finds others by that name, but none to send: {}",
                shown(file),
                each.join("; ")
            )
        }
        What::NotAcceptable { asked_by, value, names } => {
            let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let so = match *asked_by == LANGUAGE {
                true => "; ForceLanguagePriority Fallback would send one all the same",
                false => "",
            };
            format!("none of the variants ({names}) is what the client accepts ({asked_by}: {value}){so}")
        }
        What::MergedSlashes { pattern } => format!(
            "slashes in a row are merged into one before the rules look at the URL (MergeSlashes): `{pattern}` finds none in it, THE_REQUEST still has them"
        ),
        What::PathInfo { file, rest } => {
            format!(
                "{} is there, but a file takes no path behind its name, and `{rest}` stands there (AcceptPathInfo)",
                shown(file)
            )
        }
        What::NoPermission { path, mode, uid, user } => {
            format!(
                "httpd runs as {user} and may not read {}: its mode is {:04o}, its owner {}",
                shown(path),
                mode & 0o7777,
                owner(case, *uid)
            )
        }
        What::NoListing { directory, names } => {
            format!(
                "directory listing is off (Options without Indexes), and {} in {}",
                none_of(names),
                shown(directory)
            )
        }
        What::Listing { directory, names } => {
            format!("a listing of {}: Options Indexes is on, and {} there", shown(directory), none_of(names))
        }
        What::Link { path } => {
            format!(
                "{} is a symbolic link, and Options has neither FollowSymLinks nor SymLinksIfOwnerMatch for it, or the owners differ",
                shown(path)
            )
        }
        What::Denied { section, meant, beside_grant } => {
            let line = cause.places.first().map(|line| sources.text(*line)).unwrap_or_default();
            let so = match (beside_grant, meant) {
                (true, _) => " (mod_access_compat); a Require line does not undo it: both must let the client in",
                (false, true) => ", and looks intended: no change is suggested",
                (false, false) => "; no section below grants access",
            };
            format!("denied: `{line}`{} applies{so}", of(*section, sources))
        }
        What::NoGrant => "denied: no line that grants access applies".into(),
        What::Login => "a user name and a password are asked for".into(),
        What::WrongLogin { user, known: true } => format!("the password of `{user}` is wrong"),
        What::WrongLogin { user, known: false } => format!("the user file has no user `{user}`"),
        What::UserRefused { user } => {
            format!("the password of `{user}` is right, but no Require line lets this user in")
        }
        What::NotTaken { handler, module, near, source } => {
            let so = match (module, near) {
                (_, Some((module, name))) => format!(" ({module} takes `{name}`)"),
                (Some(module), None) => format!(": {module} is not loaded"),
                (None, None) => String::new(),
            };
            let seen = if *source { ": anyone can read its source" } else { "" };
            format!("no loaded module takes the handler `{handler}`{so}, so the file is sent as it is{seen}")
        }
        What::SwitchedOff { source } => {
            let seen = if *source { ": anyone can read its source" } else { "" };
            format!("PHP is switched off here (engine off), so the file is sent as it is{seen}")
        }
        What::Source { module: Some(module) } => {
            format!("the file is sent as it is: anyone can read its source ({module} is not loaded)")
        }
        What::Source { module: None } => "the file is sent as it is: anyone can read its source".into(),
        What::NoExec { file } => format!("{} may not be run: Options ExecCGI is off there", shown(file)),
        What::Backend { url, itself: true } => {
            format!("asked of {url}, which is this very server: a loop. Its answer is not known, 200 is assumed")
        }
        What::Backend { url, itself: false } => format!("asked of {url}; its answer is not known, 200 is assumed"),
        What::Script { script, status: 404 } => format!("PHP-FPM is asked, and finds no script at {}", shown(script)),
        What::Script { script, status: 403 } => {
            format!(
                "PHP-FPM is asked, and does not run {}: it may not be read, or its name ends otherwise",
                shown(script)
            )
        }
        What::Script { script, .. } => format!("PHP-FPM is asked to run {}", shown(script)),
        What::Slash { directory } => {
            format!(
                "{} is a directory, and its name has no slash at the end: mod_dir (DirectorySlash) sends the client there first",
                shown(directory)
            )
        }
        What::OrAtEnd => "[OR] has no condition behind it, so this condition keeps no request away".into(),
        What::DiskPath { directory } => format!(
            "the Location shows a path of the disk: a relative target below {} needs RewriteBase, or begins with a slash",
            shown(directory)
        ),
        What::NoMap { name } => format!("there is no map `{name}` (RewriteMap): it gives nothing"),
        What::OtherTls => "the TLS connection was made for another virtual host, whose SSL settings differ".into(),
        What::RedirectLoop { .. } => "a redirect loop: the Location is the URL that was asked for".into(),
        What::Loop { times, way } => format!(
            "a loop{}: {times} internal redirects, then 500 ({} -> ...)",
            match cause.places.as_slice() {
                [one] if sources.directive_name(*one).eq_ignore_ascii_case("RewriteRule") =>
                    ", the rule matches its own result",
                _ => "",
            },
            way.iter().map(ToString::to_string).collect::<Vec<_>>().join(" -> ")
        ),
        What::Htaccess { file, message, help } => {
            let help = help.as_ref().map(|h| format!("; {h}")).unwrap_or_default();
            format!("{} is faulty, so that every request below it ends in 500: {message}{help}", shown(file))
        }
        What::NoGroup { name, near: Some(near) } => {
            format!("no WSGIDaemonProcess is named `{name}` (did you mean `{near}`?)")
        }
        What::NoGroup { name, near: None } => format!("no WSGIDaemonProcess is named `{name}`"),
        What::Before { winner, loser } => {
            format!("{} is asked before {}, wherever the lines stand", words::module(winner), words::module(loser))
        }
        What::FirstHost { name } => {
            format!("no virtual host is named {name}: the first one of its address answers")
        }
        What::Logged { message } => message.clone(),
    }
}

/// Why a line that nearly applied does not.
pub(super) fn near(near: &Near, case: &Case<'_>) -> String {
    let sources = case.sources;
    let place = |span: Span| sources.place(span);
    match &near.miss {
        Miss::Conditions(failed) => {
            let all: Vec<String> = failed.iter().map(|(step, fit)| condition(step, *fit, case)).collect();
            format!("its pattern matches, but a condition does not hold: {}", all.join("; "))
        }
        Miss::Pattern { subject, fit } => missed(*fit, subject),
        Miss::TooLate { by: Some(by) } => {
            let name = |line: Span| sources.directive_name(line).to_ascii_lowercase();
            let is_alias = near.places.first().is_some_and(|line| name(*line).contains("alias"));
            let so = match is_alias && name(*by).starts_with("redirect") {
                true => " (mod_alias asks every Redirect before any Alias, wherever the lines stand)",
                false => "",
            };
            format!("never reached: {} takes the request first{so}", place(*by))
        }
        Miss::TooLate { by: None } => "never reached".into(),
        Miss::Replaced { by: Some(by) } => format!("replaced by {} of a later section", place(*by)),
        Miss::Replaced { by: None } => "replaced by the lines of a later section".into(),
        Miss::Outvoted { by } => {
            format!(
                "refuses this request, but {} beside its group grants it: one of them is enough (RequireAny)",
                place(*by)
            )
        }
        Miss::NeedNotBe { by } => format!(
            "has no effect: {} is in the same section, and one line of them is enough. For both, write <RequireAll>",
            place(*by)
        ),
        Miss::Afresh { module, by } => format!(
            "not in force here: {} does not merge sections, and the one of {} has lines of it, which count alone",
            words::module(module),
            place(*by)
        ),
        Miss::LeftOver { rest } => {
            format!("`{rest}` is ignored: the directive takes one word, and another directive needs a line of its own")
        }
        Miss::Unread { file, lines: 0 } => {
            format!("{} is not read: AllowOverride is None where no line says otherwise", sources.shown(file))
        }
        Miss::Unread { file, lines: 1 } => format!("{} is not read because of this line", sources.shown(file)),
        Miss::Unread { file, .. } => format!("{} is not read because of these lines", sources.shown(file)),
        Miss::EngineOff => "not in force: there is no RewriteEngine On for it".into(),
        Miss::InIf => "a rule in an <If> section has no effect".into(),
        Miss::NotInherited => {
            "not in force here: a virtual host does not inherit the main server's rules (RewriteOptions Inherit)".into()
        }
        Miss::Dropped { by } => {
            format!("not in force here: the rules of {} replace it (RewriteOptions Inherit)", place(*by))
        }
        Miss::NotInForce { condition } => format!("not in force: {condition} is false"),
        Miss::OtherHost => "is in another virtual host".into(),
        Miss::HostElsewhere { name, host } => {
            format!("{name} is also the name of {host}, which this connection does not reach")
        }
        Miss::PortInName { name } => {
            format!("`{name}` has a port, which is no part of a ServerAlias: it matches no request")
        }
    }
}

/// Why a condition does not hold, and what would be otherwise.
pub(super) fn condition(step: &Step, fit: Option<Fit>, case: &Case<'_>) -> String {
    let why = words::why(step, case.sources);
    let so = match fit {
        Some(Fit::NoLeadingSlash) => ": it begins with a slash, and the pattern does not",
        Some(Fit::LeadingSlash) => ": it does not begin with a slash, and the pattern does",
        Some(Fit::Case) => " but for the case of letters (NC)",
        Some(Fit::Slash) => " but for a slash",
        _ => "",
    };
    why + so
}

/// What a suggestion does, and what it gives.
pub(super) fn suggestion(suggestion: &Suggestion, case: &Case<'_>) -> (String, String) {
    (change(&suggestion.change, case.sources, &|span| case.sources.place(span)), given(&suggestion.outcome))
}

/// What a change does; `place` names a line of the texts that it is made in.
pub(crate) fn change(change: &Change, sources: &SourceMap, place: &dyn Fn(Span) -> String) -> String {
    let line_of = |line: &str| line.split('\n').map(str::trim).collect::<Vec<_>>().join("; ");
    let named = |span: Span| format!("`{}` ({})", directive_text(sources, span), place(span));
    match change {
        Change::Add { line, to } => format!("add `{}`{}", line_of(line), whither(to, sources, place)),
        Change::Replace { old, new } => format!("change {} to `{}`", place(*old), line_of(new)),
        Change::Remove { line } => format!("remove {}", place(*line)),
        Change::Move { line, to } => format!("move {}{}", named(*line), whither(to, sources, place)),
    }
}

fn whither(to: &Place, sources: &SourceMap, place: &dyn Fn(Span) -> String) -> String {
    match to {
        Place::Section(section) | Place::SectionEnd(section) => {
            format!(" to {} ({})", sources.text(*section), place(*section))
        }
        Place::New { header, within: None } => format!(" in a new <{header}>"),
        Place::New { header, within: Some(section) } => {
            format!(" in a new <{header}> of {} ({})", sources.text(*section), place(*section))
        }
        Place::Before(other) => format!(" before {}", place(*other)),
        Place::After(other) => format!(" after {}", place(*other)),
        Place::Top => String::new(),
        Place::End => " at the end".into(),
        Place::File(file) => format!(" to {}", sources.file(*file).shown()),
    }
}

/// What an answer is, in a few words.
pub(crate) fn given(o: &Outcome) -> String {
    let mut said = o.status.to_string();
    if let Some(location) = o.leads_to() {
        said.push_str(&format!(" -> {location}"));
    } else if let Some(file) = &o.file {
        said.push_str(&format!(" {file}"));
    }
    if let Some(handler) = o.handler.as_ref().filter(|h| **h != "default-handler") {
        said.push_str(&format!(" by {handler}"));
    }
    said
}

fn missed(fit: Fit, subject: &BString) -> String {
    match fit {
        Fit::Whole => "fits".into(),
        Fit::Case => format!("differs from `{subject}` in the case of letters"),
        Fit::Slash => format!("differs from `{subject}` in a slash"),
        Fit::LeadingSlash => format!("is tried on `{subject}`, which does not begin with a slash"),
        Fit::NoLeadingSlash => format!("is tried on `{subject}`, which begins with a slash"),
        Fit::Url => format!("is tried on the path of the file, {subject}, not on the URL"),
        Fit::File => format!("is tried on the path of the URL, {subject}, not on the file"),
        Fit::NameOnly => format!(
            "is tried on the file's name alone, `{0}`: a path in it never matches. Write the name, or <Directory> for the path",
            filepath::basename(subject)
        ),
        Fit::UrlName if subject.is_empty() => {
            "is tried on the name of a file, not on the URL, and this URL leads to no file".into()
        }
        Fit::UrlName => format!("is tried on the name of the file, {subject}, not on the last part of the URL"),
        Fit::Below => format!(
            "is tried on the whole path, {subject}: in a <Files> or <If> section the directory is not taken off"
        ),
        Fit::OtherPath => format!("names the same back-end, but another path than {subject}"),
        Fit::NoPattern => "is no regular expression: it is taken letter by letter".into(),
        Fit::NoSlash => "has no slash at its beginning, and every URL path begins with one".into(),
        Fit::Middle => format!("is tried on the beginning of `{subject}`"),
    }
}

fn none_of(names: &[BString]) -> String {
    match names {
        [] => "no index file is looked for".into(),
        [one] => format!("{one} does not exist"),
        more => format!("none of {} exists", more.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn of(section: Option<Span>, sources: &SourceMap) -> String {
    section.map(|span| format!(" of {}", sources.text(span))).unwrap_or_default()
}

fn owner(case: &Case<'_>, uid: u32) -> String {
    match case.run.server().users.user_by_id(uid) {
        Some(user) => user.name.to_string(),
        None => uid.to_string(),
    }
}
