//! What `Require` lines can come to, whatever is asked: `apply_authz_sections` over all that each line may say.

use super::settings::Merging;
use super::{Dir, Kind, Logic, Section, Status};
use crate::modules::authz::Parsed;
use crate::server::cmd::ALL_METHODS;
use crate::source::Span;

/// What may be said, and the lines that may be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct May {
    said: Said,
    /// Those lines.
    pub asked: Vec<Span>,
}

impl May {
    /// Whether it may be yes.
    pub(crate) fn grant(&self) -> bool {
        self.said.has(Status::Granted)
    }
}

/// A set of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Said(u8);

const ALL: [Status; 5] = [Status::Denied, Status::Granted, Status::Neutral, Status::DeniedNoUser, Status::GeneralError];

impl Said {
    const ANY: Said = Said(31);

    fn one(status: Status) -> Said {
        Said(1 << status as u8)
    }

    fn has(self, status: Status) -> bool {
        self.0 & Said::one(status).0 != 0
    }

    fn add(&mut self, status: Status) {
        self.0 |= Said::one(status).0;
    }

    fn all(self) -> impl Iterator<Item = Status> {
        ALL.into_iter().filter(move |status| self.has(*status))
    }
}

impl Dir {
    /// What its lines can come to; none where it has none.
    pub(crate) fn may(&self) -> Option<May> {
        let section = self.section.as_deref()?;
        let mut asked = Vec::new();
        let said = apply(section, Logic::And, &mut asked);
        Some(May { said, asked })
    }

    /// Whether it says anything of its own to who merges it: lines, or how they are merged.
    pub(crate) fn is_said(&self) -> bool {
        self.section.is_some() || self.merging != Merging::Unset
    }

    /// Whether it is put together with what it covers.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self.merging, Merging::With(..))
    }
}

fn apply(section: &Section, parent: Logic, asked: &mut Vec<Span>) -> Said {
    let mut said = match &section.kind {
        Kind::Require { parsed, .. } => {
            asked.extend(section.span);
            match parsed {
                Parsed::All(true) => Said::one(Status::Granted),
                Parsed::All(false) => Said::one(Status::Denied),
                _ => Said::ANY,
            }
        }
        Kind::Sections(children) => among(section.logic, children, asked),
    };
    if section.negate {
        let turned = said.all().map(|status| match status {
            Status::Granted => Status::Denied,
            Status::Denied | Status::DeniedNoUser => Status::Neutral,
            other => other,
        });
        said = turned.fold(Said::default(), |mut all, status| {
            all.add(status);
            all
        });
    }
    // methods that it doesn't speak of
    if section.limited != ALL_METHODS {
        said.add(if parent == Logic::And { Status::Granted } else { Status::Neutral });
    }
    said
}

/// One child after the other, as long as it may go on.
fn among(logic: Logic, children: &[Section], asked: &mut Vec<Span>) -> Said {
    let (mut goes_on, mut ended) = (Said::one(Status::Neutral), Said::default());
    let (ends, keeps) = match logic {
        Logic::And => (Status::Denied, Status::Denied),
        Logic::Or => (Status::Granted, Status::Denied),
    };
    for child in children {
        if goes_on == Said::default() {
            break;
        }
        let said = apply(child, logic, asked);
        let mut next = Said::default();
        for (before, now) in goes_on.all().flat_map(|before| said.all().map(move |now| (before, now))) {
            if now == Status::GeneralError || now == ends {
                ended.add(now);
                continue;
            }
            let upgrade = now == Status::DeniedNoUser && (before == keeps) == (logic == Logic::Or);
            let takes = now != Status::Neutral && (upgrade || before == Status::Neutral);
            next.add(if takes { now } else { before });
        }
        goes_on = next;
    }
    Said(goes_on.0 | ended.0)
}
