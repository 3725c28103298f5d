//! `require-lines-are-an-or`

use super::access::{Block, blocks, says};
use crate::address::IpSubnet;
use crate::diagnostic::Severity;
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::search::ask::Ask;
use crate::site::Directive;
use bstr::ByteSlice;
use std::net::{IpAddr, Ipv4Addr};

pub(super) static RULE: Rule = Rule {
    name: "require-lines-are-an-or",
    level: Severity::Warning,
    group: "access control",
    finds: "Several Require lines of different kinds are in one section.",
    why: "Any one of them will do, and the weakest decides: they are an or.",
    help: "write `<RequireAll>` around them, where each must be met",
    safe: None,
    bad: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  # finding
  Require all granted
  Require ip 192.0.2.0/24
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    good: Example {
        config: r##"DocumentRoot /srv/www
<Directory /srv/www>
  <RequireAll>
    Require all granted
    Require ip 192.0.2.0/24
  </RequireAll>
</Directory>
"##,
        files: &["/srv/www/index.html"],
    },
    find,
};

/// What a line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Everybody,
    /// Where the visitor is.
    Address,
    /// Any name and password.
    AnyUser,
    /// Certain names.
    User,
    /// That the connection is encrypted, or how the request is made.
    Connection,
    Other,
}

fn kind(line: &Directive<'_>) -> Kind {
    let words = line.words();
    let word = words.first().map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    match word.as_slice() {
        b"all" if says(line, "Require", &["all", "granted"]) => Kind::Everybody,
        b"ip" | b"host" | b"local" | b"forward-dns" => Kind::Address,
        b"valid-user" => Kind::AnyUser,
        b"user" | b"group" | b"file-owner" | b"file-group" | b"dbm-group" => Kind::User,
        b"ssl" | b"method" => Kind::Connection,
        _ if word.starts_with(b"ldap-") => Kind::User,
        _ => Kind::Other,
    }
}

fn find(rule: &Rule, facts: &Facts<'_>) -> Vec<Finding> {
    let Some(asked) = &facts.asked else { return Vec::new() };
    let all: Vec<Directive<'_>> = facts.lines().collect();
    let mut found = Vec::new();
    for block in blocks(facts, &all) {
        let lines = block.named(&["Require"]);
        if lines.len() < 2 || lines.iter().any(|d| says(d, "Require", &["not"])) {
            continue;
        }
        found.extend(open_to_all(rule, asked, &block, &lines).or_else(|| weaker(rule, asked, &block, &lines)));
    }
    found
}

/// Whether a request is held to the rules of a block.
fn is_in(asked: &Asked<'_>, block: &Block<'_, '_>, seen: &Seen) -> bool {
    match block.section {
        Some(section) => seen.met.contains(&section),
        None => block.lines.first().is_some_and(|line| {
            let name = asked.ground.search.run.sources().file(line.span().file).name.clone();
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            seen.outcome.file.as_ref().is_some_and(|file| file.starts_with(format!("{folder}/").as_bytes()))
        }),
    }
}

/// `Require all granted` beside lines that ask for something.
fn open_to_all(rule: &Rule, asked: &Asked<'_>, block: &Block<'_, '_>, lines: &[&Directive<'_>]) -> Option<Finding> {
    // how a request is made keeps nobody out, either, where the other lines are about where it comes from
    let password = lines.iter().any(|d| matches!(kind(d), Kind::AnyUser | Kind::User));
    let is_open = |d: &&&Directive<'_>| kind(d) == Kind::Everybody || says(d, "Require", &["method"]) && !password;
    let open = lines.iter().find(is_open)?;
    let other = lines.iter().find(|d| match kind(open) {
        Kind::Everybody => !matches!(kind(d), Kind::Everybody) && !says(d, "Require", &["all"]),
        _ => kind(d) == Kind::Address,
    })?;
    let strict = asked.without(&[open.span()])?;
    let seen = asked.pool.iter().find(|seen| {
        is_in(asked, block, seen)
            && asked.gives(&seen.ask, &seen.outcome).is_some()
            && matches!(strict.ask(&seen.ask.request()).status, 401 | 403)
    })?;
    let message = format!("any one of these lines will do: `Require {}` is without effect beside this", other.args());
    Some(rule.seen(open.span(), message, seen).related(other.span(), "this is without effect"))
}

/// Visitors from networks that are kept for examples.
const STRANGERS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::new(198, 51, 100, 77)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 77))];

/// A line that a visitor meets, and not the stronger one beside it.
fn weaker(rule: &Rule, asked: &Asked<'_>, block: &Block<'_, '_>, lines: &[&Directive<'_>]) -> Option<Finding> {
    let of = |wanted: Kind| lines.iter().copied().find(|d| kind(d) == wanted);
    if let (Some(any), Some(user)) = (of(Kind::AnyUser), of(Kind::User)) {
        let message =
            format!("any one of these lines will do: who has any password needs no `Require {}`", user.args());
        return Some(rule.at(any.span(), message).related(user.span(), "this is without effect"));
    }
    let password = of(Kind::AnyUser).or_else(|| of(Kind::User))?;
    let weak = of(Kind::Connection).or_else(|| of(Kind::Address))?;
    // the usual visitor may be one of those that need no password
    let here = asked.pool.iter().filter(|seen| is_in(asked, block, seen)).take(200);
    let strangers = here.clone().filter(|seen| seen.outcome.status == 200).take(4).filter_map(|seen| {
        let far = STRANGERS.map(|client| asked.ask(Ask { client: Some(client), ..seen.ask.clone() }));
        far.into_iter().find(|seen| seen.outcome.status == 401)
    });
    let refused = here.filter(|seen| seen.outcome.status == 401).map(|seen| seen.ask.clone());
    let refused: Vec<Ask> = refused.take(20).chain(strangers.map(|seen| seen.ask)).collect();
    let seen = refused.iter().find_map(|ask| {
        let got = asked.ask(meeting(asked, weak, ask)?);
        asked.gives(&got.ask, &got.outcome).map(|_| got)
    })?;
    let message =
        format!("any one of these lines will do: who meets this is not asked for `Require {}`", password.args());
    let finding = rule.seen(weak.span(), message, &seen).related(password.span(), "this is not asked then");
    // an address or a password may be what is meant; encryption instead of one is not
    let ssl = says(weak, "Require", &["ssl"]);
    Some(if ssl { finding } else { Finding { level: Severity::Note, ..finding } })
}

/// The request that meets a line.
fn meeting(asked: &Asked<'_>, line: &Directive<'_>, ask: &Ask) -> Option<Ask> {
    let words = line.words();
    let at = |client: IpAddr| Ask { client: Some(client), ..ask.clone() };
    match words.first()?.to_ascii_lowercase().as_slice() {
        b"ip" => words.iter().skip(1).find_map(|word| IpSubnet::read(word).ok()?.first()).map(at),
        b"local" => Some(at(crate::search::space::LOCAL)),
        b"method" => Some(Ask { method: words.get(1)?.to_str().ok()?.into(), ..ask.clone() }),
        b"ssl" => asked.ground.doors.iter().find(|door| door.tls).map(|door| door.moved(ask)),
        _ => None,
    }
}
