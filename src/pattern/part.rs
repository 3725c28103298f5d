//! What is known of a piece of a pattern.

use super::cost::Cost;

/// The facts about a piece that decide what may be said of it to another engine.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub cost: Cost,
    /// It may match the empty string.
    pub nullable: bool,
    /// It matches at the subject's start only.
    pub anchored: bool,
    /// It is an assertion, which PCRE2 repeats in its own ways.
    pub assertion: bool,
    /// How many bytes it matches, if always as many.
    pub width: Option<u32>,
}

impl Part {
    /// Nothing at all.
    pub(super) const EMPTY: Part =
        Part { cost: Cost::ONE, nullable: true, anchored: false, assertion: false, width: Some(0) };
    /// A test of the place.
    pub(super) const ASSERTION: Part = Part { assertion: true, ..Part::EMPTY };
    /// The subject's start.
    pub(super) const START: Part = Part { anchored: true, ..Part::ASSERTION };
    /// A byte of a set.
    pub(super) const BYTE: Part = Part { nullable: false, width: Some(1), ..Part::EMPTY };
    /// A test that only an engine that backtracks can make.
    pub(super) const LOOK: Part = Part { cost: Cost::ENDLESS, ..Part::ASSERTION };
    /// What a group matched before.
    pub(super) const BACK_REFERENCE: Part = Part { cost: Cost::ENDLESS, width: None, ..Part::EMPTY };

    /// This, then `next`.
    pub(super) fn then(self, next: Part) -> Part {
        Part {
            cost: self.cost.times(next.cost),
            nullable: self.nullable && next.nullable,
            anchored: self.anchored || (self.width == Some(0) && next.anchored),
            assertion: false,
            width: self.width.zip(next.width).and_then(|(a, b)| a.checked_add(b)),
        }
    }

    /// This or `other`.
    pub(super) fn or(self, other: Part) -> Part {
        Part {
            cost: self.cost.or(other.cost),
            nullable: self.nullable || other.nullable,
            anchored: self.anchored && other.anchored,
            assertion: false,
            width: self.width.filter(|_| self.width == other.width),
        }
    }

    /// This, `min` to `max` times.
    pub(super) fn repeated(self, min: u32, max: Option<u32>) -> Part {
        Part {
            cost: self.cost.repeated(min, max),
            nullable: self.nullable || min == 0,
            anchored: false,
            assertion: false,
            width: self.width.filter(|_| max == Some(min)).and_then(|width| width.checked_mul(min)),
        }
    }
}
