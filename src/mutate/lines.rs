//! Lines that are taken out.

use super::items::{Item, Items};
use super::{Kind, Meaning, Mutant, meaning};
use crate::site::Edit;

/// What a section is a part of, not a thing of its own: what is in it is taken out line by line.
const FRAMES: [&str; 1] = ["macro"];

/// Adds the mutant without a directive, or without a whole section.
pub(super) fn deletions(items: &Items, item: &Item, number: usize, found: &mut Vec<Mutant>) {
    if item.section {
        let within = items.all[number + 1..].iter().take_while(|other| other.span.start < item.all().end).count();
        // of one directive alone, its own mutant is the same
        let is_frame = item.is_condition() || FRAMES.contains(&item.name.as_str());
        if is_frame || item.close.is_none() || within < 2 {
            return;
        }
    }
    let meaning = meaning(&item.name, item.section);
    if meaning == Meaning::Unknown {
        return;
    }
    let inert = (meaning == Meaning::Inert).then_some("it has no part in answers");
    let edits = vec![Edit::blank(&items.text, item.all())];
    found.push(Mutant { kind: Kind::Delete, at: item.span, edits, becomes: None, other: None, host: None, inert });
}
