//! `require-lines-are-an-or`

use super::access::{Block, blocks, says};
use crate::address::IpSubnet;
use crate::diagnostic::Severity;
use crate::lint::edits::{Trial, wrapped};
use crate::lint::facts::{Asked, Facts, Seen};
use crate::lint::{Example, Finding, Rule};
use crate::outcome::Outcome;
use crate::search::ask::Ask;
use crate::site::{Directive, Fix};
use bstr::ByteSlice;
use std::net::{IpAddr, Ipv4Addr};

pub(super) static RULE: Rule = Rule {
    name: "require-lines-are-an-or",
    level: Severity::Warning,
    group: "access control",
    finds: "Several Require lines of different kinds are in one section.",
    why: "Any one of them will do, and the weakest decides: they are an or.",
    help: "write `<RequireAll>` around them, where each must be met",
    safe: Some(false),
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
        let finding = open_to_all(rule, asked, &block, &lines).or_else(|| weaker(rule, asked, &block, &lines));
        found.extend(finding.map(|finding| {
            // who meets one of two may be meant to be let in
            let fix =
                (finding.level <= Severity::Warning).then(|| all_of_them(facts, asked, &finding, &lines)).flatten();
            Finding { fix, ..finding }
        }));
    }
    found
}

/// The lines in a RequireAll, where whoever meets each of them is let in.
fn all_of_them(facts: &Facts<'_>, asked: &Asked<'_>, finding: &Finding, lines: &[&Directive<'_>]) -> Option<Fix> {
    let (first, last) = (lines.first()?.span(), lines.last()?.span());
    let (ask, _) = finding.witness.as_ref()?;
    // two of a kind are an or that is meant
    let twice = lines.iter().enumerate().any(|(n, a)| lines[..n].iter().any(|b| kind(a) == kind(b)));
    // and nothing else may stand between them
    let source = facts.site.sources().file(first.file);
    let between = (first.line..=last.line).filter(|number| {
        let text = source.line(*number).trim().to_ascii_lowercase();
        !text.is_empty() && !text.starts_with(b"#")
    });
    if twice || first.file != last.file || between.count() != lines.len() {
        return None;
    }
    let edits = wrapped(facts.site.sources(), first, last, "RequireAll", &[]);
    let all_met = lines.iter().try_fold(Ask { client: None, ..ask.clone() }, |ask, line| match kind(line) {
        Kind::Everybody => Some(ask),
        _ => meeting(asked, line, &ask),
    });
    let met = all_met.filter(|_| lines.iter().all(|d| !matches!(kind(d), Kind::AnyUser | Kind::User | Kind::Other)));
    if let Some(met) = met {
        let then = asked.changed(&edits)?.ask(&met.request());
        asked.gives(&met, &then)?;
    }
    let gone = |then: &Outcome| matches!(then.status, 401 | 403);
    let meant = |seen: &Seen, then: &Outcome| {
        gone(then) && lines.iter().any(|line| seen.outcome.decided_by.iter().any(|d| d.span == line.span()))
    };
    Trial { message: "write RequireAll around them", edits, gone: &gone, meant: &meant }.guess(facts, finding)
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
