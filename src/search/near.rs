//! Requests near a refused one: others for the same thing, and each with one turn.

use super::ask::Ask;
use super::hunt::Hunt;
use super::notes::Notes;
use super::shown::{How, Thing};
use super::solve::{Solved, Want};
use super::spelled::{shorter, throughout};
use super::vary::{Vary, spellings};
use crate::outcome::observer::{Origin, PatternKind};
use crate::pattern;
use bstr::ByteSlice;
use std::collections::HashSet;

impl Hunt<'_> {
    /// A request with each single turn, those first for which a pattern goes the other way.
    pub(super) fn near(&self, base: &Ask) -> Vec<Ask> {
        self.turned(base).into_iter().chain(self.singles(base)).collect()
    }

    /// The request itself, and all others that may lead to the same.
    pub(super) fn bases(&self) -> Vec<Ask> {
        let first = &self.denial.ask;
        let mut found = vec![first.clone()];
        let mut paths: Vec<Vec<u8>> = Vec::new();
        match &self.denial.thing {
            Thing::File(real) => {
                paths.extend(self.lore.names(real));
                if self.denial.how == How::Listing {
                    paths = paths.into_iter().map(|path| [path.trim_end_with(|c| c == '/'), b"/"].concat()).collect();
                }
            }
            Thing::Backend(url) => paths.push(url.to_vec()),
            Thing::Handler(_) => {}
        }
        for path in paths {
            for way in self.lore.routes.to(&path) {
                let mut ways = vec![way.clone()];
                if let Some(part) = &self.denial.part {
                    let part = super::ask::escaped(part);
                    ways.push(super::routes::Way { path: format!("{}{part}", way.path.trim_end_matches('/')), ..way });
                }
                for way in ways {
                    let own = super::doors::Door {
                        tls: first.tls,
                        host: first.host.clone(),
                        port: first.port,
                        local: first.local,
                        server: None,
                    };
                    let doors =
                        std::iter::once(&own).chain(self.lore.doors.iter().filter(|door| way.scope.takes(door)));
                    found.extend(doors.map(|door| Ask { method: first.method.clone(), ..way.ask(door) }));
                }
            }
        }
        for (ask, _) in self.lore.got.get(&self.denial.thing).into_iter().flatten() {
            found.push(ask.clone());
        }
        let mut met = HashSet::new();
        found.retain(|ask| met.insert(ask.clone()));
        found
    }

    /// A request with each single turn.
    fn singles(&self, base: &Ask) -> Vec<Ask> {
        let mut found: Vec<Ask> = spellings(&base.path).into_iter().map(|path| base.at(path)).collect();
        found.extend(shorter(base));
        found.extend(throughout(&base.path).into_iter().map(|path| base.at(path)));
        // the same host, written otherwise
        if base.host.bytes().any(|b| b.is_ascii_alphabetic()) {
            found.push(Ask { host: format!("{}.", base.host), ..base.clone() });
            found.push(base.clone().with_header("Host", &base.host.to_ascii_uppercase()));
            found.push(base.clone().with_header("Host", &format!("{}:{}", base.host, base.port)));
        }
        found.extend(self.lore.doors.iter().map(|door| door.moved(base)));
        found.extend(self.specials().iter().map(|vary| vary.of(base)));
        found.push(Ask { method: base.method.to_ascii_lowercase(), ..base.clone() });
        found
    }

    /// Methods, headers and protocols that may matter.
    pub(super) fn specials(&self) -> Vec<Vary> {
        // who asks is given
        let own = |vary: &&Vary| !matches!(vary, Vary::Client(_) | Vary::User(_));
        let mut found: Vec<Vary> = self.lore.varied.iter().filter(own).cloned().collect();
        for ask in self.lore.kept {
            for (name, value) in &ask.headers {
                let vary = Vary::Header(name.clone(), value.clone());
                if found.len() < 160 && !found.contains(&vary) {
                    found.push(vary);
                }
            }
            if let Some(query) = &ask.query {
                let vary = Vary::Query(query.clone());
                if found.len() < 160 && !found.contains(&vary) {
                    found.push(vary);
                }
            }
        }
        found
    }

    /// Requests that give a pattern another turn which the refused one was held against, and are still for the same.
    fn turned(&self, base: &Ask) -> Vec<Ask> {
        let mut notes = Notes::default();
        let outcome = self.run.observe(&base.request(), &mut notes);
        let solver = self.solver;
        let hosts = &self.run.server().hosts;
        let maps = self.lore.maps;
        let mut found: Vec<Ask> = Vec::new();
        for (index, note) in notes.0.iter().enumerate().take(400) {
            match note.origin {
                Origin::Path | Origin::Target | Origin::Other | Origin::File | Origin::FileName => {
                    let want = Want { kind: note.kind, pattern: note.pattern.clone(), yes: !note.matched };
                    found.extend(self.respelled(base, &want));
                    if note.origin == Origin::Target {
                        found.extend(
                            super::place::turned(solver, maps, hosts, base, &outcome, note, &notes.0[..index])
                                .into_iter()
                                .filter(|ask| ask.path == base.path),
                        );
                    }
                }
                _ => {
                    let turned = super::place::turned(solver, maps, hosts, base, &outcome, note, &notes.0[..index]);
                    found.extend(turned.into_iter().filter(|ask| ask.path == base.path));
                }
            }
            if found.len() > 800 {
                break;
            }
        }
        found
    }

    /// Spellings of a path for which a pattern has the other turn: with more slashes, with something behind, in another case.
    fn respelled(&self, base: &Ask, want: &Want) -> Vec<Ask> {
        let solver = self.solver;
        let path = super::ask::decoded(&base.path);
        let plain = pattern::escaped(&path);
        let slashes = plain.replace('/', "/+");
        let any_case = format!("(?i:{plain})");
        let domains = [
            format!("(?-u)^{slashes}$"),
            format!("(?-u)^{plain}/[^\\x00-\\x1f\\x7f-\\xff?#]*$"),
            format!("(?-u)^{any_case}$"),
            format!("(?-u)^(?:/[a-z0-9.-]+)?{plain}$"),
        ];
        let mut found = Vec::new();
        for domain in &domains {
            let same = Want::no(PatternKind::Text, path.clone());
            if let Solved::Found(text) = solver.text(domain, &[want.clone(), same]) {
                found.push(base.at(super::ask::escaped(&text)));
            }
        }
        // a query by which a pattern on the whole request line goes the other way
        if want.kind != PatternKind::Network
            && let Solved::Found(text) = solver.text(&format!("(?-u)^{plain}\\?[!-~]*$"), std::slice::from_ref(want))
            && let Some((_, query)) = text.to_str().ok().and_then(|t| t.split_once('?'))
        {
            found.push(Ask { query: Some(query.into()), ..base.clone() });
        }
        found
    }
}
