//! Order, Allow, Deny and Satisfy of one section as Require, as mod_access_compat reads them: of Order and Satisfy the last
//! counts; Allow and Deny are lists.

use crate::site::Directive;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// Directives of mod_access_compat.
pub(super) const COMPAT: [&str; 4] = ["Order", "Allow", "Deny", "Satisfy"];
/// Directives of mod_authz_core that ask for something.
pub(super) const REQUIRE: [&str; 4] = ["Require", "RequireAll", "RequireAny", "RequireNone"];

/// What is required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Granted,
    Denied,
    /// `ip 192.0.2.0/24`
    Is(String),
    Not(String),
    All(Vec<Need>),
    Any(Vec<Need>),
}

/// Whom Allow or Deny names.
#[derive(Default)]
struct Names {
    all: bool,
    addresses: Vec<String>,
    hosts: Vec<String>,
    set: Vec<String>,
    unset: Vec<String>,
}

impl Names {
    fn add(&mut self, word: &[u8]) {
        let text = word.to_str_lossy().into_owned();
        let lower = text.to_ascii_lowercase();
        if lower == "all" {
            self.all = true;
        } else if lower.starts_with("env=!") {
            self.unset.push(text["env=!".len()..].into());
        } else if lower.starts_with("env=") {
            self.set.push(text["env=".len()..].into());
        } else if word.contains(&b'/') || crate::address::IpSubnet::parse(word, None).is_ok() {
            self.addresses.push(text);
        } else {
            self.hosts.push(text);
        }
    }

    fn is_empty(&self) -> bool {
        let lists = [&self.addresses, &self.hosts, &self.set, &self.unset];
        !self.all && lists.iter().all(|list| list.is_empty())
    }

    /// What a line says of the names that it can name.
    fn lines(&self) -> Vec<String> {
        let list = |kind: &str, names: &[String]| (!names.is_empty()).then(|| format!("{kind} {}", names.join(" ")));
        [list("ip", &self.addresses), list("host", &self.hosts), list("env", &self.set)].into_iter().flatten().collect()
    }

    /// One of them.
    fn any(&self) -> Vec<Need> {
        let unset = self.unset.iter().map(|name| Need::All(vec![Need::Granted, Need::Not(format!("env {name}"))]));
        self.lines().into_iter().map(Need::Is).chain(unset).collect()
    }

    /// None of them.
    fn none(&self) -> Vec<Need> {
        let unset = self.unset.iter().map(|name| Need::Is(format!("env {name}")));
        self.lines().into_iter().map(Need::Not).chain(unset).collect()
    }
}

fn any(mut needs: Vec<Need>) -> Need {
    if needs.len() == 1 { needs.remove(0) } else { Need::Any(needs) }
}

/// What the lines of a section say.
pub(super) struct Compat {
    pub spans: Vec<Span>,
    pub need: Need,
    /// Satisfy, where it is said: whether `Any`.
    pub satisfy_any: Option<bool>,
}

/// Reads the lines of a section; none where one is not as httpd takes it.
pub(super) fn read(lines: &[&Directive<'_>]) -> Option<Compat> {
    let (mut allow, mut deny) = (Names::default(), Names::default());
    let (mut denies_first, mut satisfy_any) = (true, None);
    for line in lines {
        let words: Vec<BString> = line.words();
        let first = words.first()?.to_ascii_lowercase();
        let name = line.name().to_ascii_lowercase();
        match (name.as_slice(), first.as_slice()) {
            (b"order", b"deny,allow") => denies_first = true,
            (b"order", b"allow,deny" | b"mutual-failure") => denies_first = false,
            (b"satisfy", b"any") => satisfy_any = Some(true),
            (b"satisfy", b"all") => satisfy_any = Some(false),
            (b"allow", b"from") => words[1..].iter().for_each(|word| allow.add(word)),
            (b"deny", b"from") => words[1..].iter().for_each(|word| deny.add(word)),
            _ => return None,
        }
    }
    let granted_but = |needs: Vec<Need>| Need::All([vec![Need::Granted], needs].concat());
    let need = match denies_first {
        true if deny.is_empty() || allow.all => Need::Granted,
        true if deny.all && allow.is_empty() => Need::Denied,
        true if deny.all => any(allow.any()),
        true if allow.is_empty() => granted_but(deny.none()),
        true => Need::Any([allow.any(), vec![granted_but(deny.none())]].concat()),
        false if allow.is_empty() || deny.all => Need::Denied,
        false if deny.is_empty() && allow.all => Need::Granted,
        false if deny.is_empty() => any(allow.any()),
        false if allow.all => granted_but(deny.none()),
        false => Need::All([vec![any(allow.any())], deny.none()].concat()),
    };
    Some(Compat { spans: lines.iter().map(|line| line.span()).collect(), need, satisfy_any })
}

/// As lines, each with `indent` before it. The outermost `Any` is what lines beside each other are.
pub(super) fn lines(need: &Need, indent: &str, outermost: bool) -> Vec<String> {
    let block = |name: &str, needs: &[Need]| {
        let inner = format!("{indent}    ");
        let inside = needs.iter().flat_map(|need| lines(need, &inner, false));
        let (open, close) = (format!("{indent}<{name}>"), format!("{indent}</{name}>"));
        [open].into_iter().chain(inside).chain([close]).collect()
    };
    match need {
        Need::Granted => vec![format!("{indent}Require all granted")],
        Need::Denied => vec![format!("{indent}Require all denied")],
        Need::Is(what) => vec![format!("{indent}Require {what}")],
        Need::Not(what) => vec![format!("{indent}Require not {what}")],
        Need::All(needs) => block("RequireAll", needs),
        Need::Any(needs) if outermost => needs.iter().flat_map(|need| lines(need, indent, false)).collect(),
        Need::Any(needs) => block("RequireAny", needs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Site;

    #[test]
    fn as_require() {
        for (text, want) in [
            ("Order allow,deny\nAllow from all", "Require all granted"),
            ("Order deny,allow\nDeny from all", "Require all denied"),
            ("Order allow,deny", "Require all denied"),
            ("Order deny,allow", "Require all granted"),
            ("Deny from all\nAllow from 10.0.0.0/8 example.com", "Require ip 10.0.0.0/8|Require host example.com"),
            (
                "Order allow,deny\nAllow from all\nDeny from 192.0.2",
                "<RequireAll>|    Require all granted|    Require not ip 192.0.2|</RequireAll>",
            ),
            (
                "Order allow,deny\nAllow from 10 env=x\nDeny from 10.1",
                "<RequireAll>|    <RequireAny>|        Require ip 10|        Require env x|    </RequireAny>|    Require not ip 10.1|</RequireAll>",
            ),
            (
                "Order deny,allow\nDeny from 10\nAllow from 10.1",
                "Require ip 10.1|<RequireAll>|    Require all granted|    Require not ip 10|</RequireAll>",
            ),
            (
                "Order allow,deny\nAllow from env=!bad",
                "<RequireAll>|    Require all granted|    Require not env bad|</RequireAll>",
            ),
            ("Deny from all\nAllow from all", "Require all granted"),
        ] {
            let site = Site::builder(format!("<Location />\n{text}\n</Location>\n")).build().expect("it is one");
            let all: Vec<Directive<'_>> = site.directives().skip(1).collect();
            let read = read(&all.iter().collect::<Vec<_>>()).expect("it can be read");
            assert_eq!(lines(&read.need, "", true).join("|"), want, "{text}");
        }
    }
}
