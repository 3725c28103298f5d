//! Lines that let in, refuse, or ask for a login.

use super::super::change::{Change, Place};
use super::super::ground::{Ground, each, is_writable};
use crate::outcome::Access;
use crate::reason::TextLine;
use crate::suite;
use bstr::ByteSlice;

/// Changes of who gets in.
pub(in super::super) fn changes(ground: &Ground<'_>) -> Vec<Change> {
    let is_out = matches!(ground.case.outcome.access, Access::Denied | Access::AuthRequired);
    if ground.goal.denies() {
        denied(ground)
    } else if ground.goal.asks_for_login() || ground.goal.text("user").is_some() {
        login(ground)
    } else if is_out {
        granted(ground)
    } else {
        Vec::new()
    }
}

/// Whether lines of mod_access_compat are among those that applied.
fn is_compat(ground: &Ground<'_>) -> bool {
    let named =
        |name: &[u8]| ["Order", "Allow", "Deny"].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    !ground.case.in_force(&named).is_empty()
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

/// Grants: for this client alone where one is named, then for all; in the narrowest places first.
fn granted(ground: &Ground<'_>) -> Vec<Change> {
    let mut texts = Vec::new();
    let client = ground.case.ask.client;
    let named = client != suite::CLIENT;
    let compat = is_compat(ground);
    if named {
        texts.push(format!("Require ip {client}"));
        if compat {
            texts.push(format!("Allow from {client}"));
        }
    }
    texts.extend(lines(&["Require all granted"]));
    if compat {
        texts.extend(lines(&["Allow from all", "Order deny,allow\nAllow from all"]));
    }
    let login = ground.case.outcome.access == Access::AuthRequired;
    if login || compat {
        texts.push("Satisfy Any".into());
    }
    let whole = lines(&[
        "Require all granted",
        "Order allow,deny\nAllow from all",
        "Order allow,deny\nAllow from all\nRequire all granted",
    ]);
    let whole = if compat { &whole } else { &whole[..1] };
    let (own, wide): (Vec<Place>, Vec<Place>) = ground.applied().into_iter().partition(|place| !is_root(ground, place));
    // the file alone, where there is one; else the URL
    let mut found = match ground.regular() {
        Some((directory, name)) => {
            let header = format!("Directory \"{directory}\"");
            let of_file = |text: &String| format!("<Files \"{name}\">\n  {}\n</Files>", text.replace('\n', "\n  "));
            let lines: Vec<String> =
                whole.iter().map(of_file).filter(|line| is_writable(&line.replace('\n', " "))).collect();
            each(&lines, &[Place::New { header, within: ground.host }])
        }
        // a directory has a section of its own, below
        None if ground.case.file().is_some_and(|file| ground.case.stat(file).is_ok()) => Vec::new(),
        None => each(whole, &ground.narrow()),
    };
    found.extend(each(&texts, &own));
    found.extend(each(whole, &ground.directories()));
    found.extend(each(&texts, &wide));
    found
}

/// A grant by the URL, where one by the file does not help.
pub(in super::super) fn by_url(ground: &Ground<'_>) -> Vec<Change> {
    let is_out = matches!(ground.case.outcome.access, Access::Denied | Access::AuthRequired);
    let lines = lines(&["Require all granted", "Order allow,deny\nAllow from all\nRequire all granted"]);
    if is_out && !ground.goal.denies() { each(&lines, &ground.narrow()) } else { Vec::new() }
}

/// Whether a place is the section for the whole file system.
fn is_root(ground: &Ground<'_>, place: &Place) -> bool {
    matches!(place, Place::SectionEnd(section) if ground.case.sources.text(*section).trim_end_with(|c| c == '>').ends_with(b" /"))
}

/// Refusals of this URL or file, then of what is around it.
fn denied(ground: &Ground<'_>) -> Vec<Change> {
    let mut texts = lines(&["Require all denied"]);
    if is_compat(ground) {
        texts.extend(lines(&["Deny from all", "Order allow,deny\nDeny from all"]));
    }
    let mut places = ground.narrow();
    places.extend(ground.directories());
    let mut found = each(&texts, &places);
    if let Some((_, name)) = ground.regular().filter(|(_, name)| !name.contains(&b'"')) {
        let files: Vec<Place> = ground.htaccess.iter().map(|file| Place::File(*file)).collect();
        found.extend(each(&[format!("<Files \"{name}\">\n  Require all denied\n</Files>")], &files));
    }
    found.extend(super::rules(ground, "-", "F", ""));
    found.extend(each(&texts, &ground.applied()));
    // where one of two is enough to come in
    let all = ["Satisfy All\nRequire all denied", "Satisfy All\nOrder allow,deny\nDeny from all"];
    found.extend(each(&lines(&all), &places));
    found
}

/// A login: as the configuration has it elsewhere.
fn login(ground: &Ground<'_>) -> Vec<Change> {
    let require = match ground.goal.text("user") {
        Some(user) if user.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@".contains(&b)) => {
            format!("Require user {user}")
        }
        _ => "Require valid-user".into(),
    };
    let block = |lines: &[TextLine]| {
        let is_auth = |line: &&TextLine| line.name.starts_with(b"auth") && !line.name.starts_with(b"authz");
        let lines: Vec<String> = lines
            .iter()
            .filter(is_auth)
            .map(|line| ground.case.sources.text(line.span).to_str_lossy().into_owned())
            .collect();
        (lines.len() > 1).then(|| format!("{}\n{require}", lines.join("\n")))
    };
    let mut blocks: Vec<String> = Vec::new();
    for section in ground.case.site.directives().filter(|d| d.is_section()) {
        blocks.extend(block(&ground.case.lines_in(Some(section.span()))).filter(|block| !blocks.contains(block)));
    }
    for file in &ground.htaccess {
        blocks.extend(block(&ground.case.htaccess_lines(*file)).filter(|block| !blocks.contains(block)));
    }
    blocks.truncate(4);
    if blocks.is_empty() {
        let file = "/etc/apache2/.htpasswd";
        blocks.push(format!("AuthType Basic\nAuthName \"Restricted\"\nAuthUserFile {file}\n{require}"));
    }
    let mut found = each(std::slice::from_ref(&require), &ground.applied());
    let mut places = ground.narrow();
    places.extend(ground.directories());
    places.extend(ground.applied());
    found.extend(each(&[vec![require], blocks].concat(), &places));
    found
}
