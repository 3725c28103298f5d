//! How long a backtracking engine may take.
//!
//! PCRE2 gives up after so many steps, the `regex` crate never does: only where a bound is known, and below PCRE2's
//! limit, are they sure to agree.

use crate::limits;

/// What is known of a pattern that can be said to the `regex` crate.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// PCRE2's steps, if it is run there.
    pub cost: Cost,
    /// How many elements it has, those that are repeated a number of times counted as often.
    pub size: u64,
}

impl Known {
    /// What the `regex` crate has to do at the worst.
    pub(super) fn work(self, length: usize) -> u64 {
        self.size.saturating_mul(length as u64)
    }

    /// What a search costs, in steps, whichever engine does it, where PCRE2 needs `most`: a part of that, which is far
    /// above what is needed mostly; where it is high, what the `regex` crate takes.
    pub(super) fn price(self, most: f64, length: usize) -> u64 {
        if most <= limits::PATTERN_CHEAP { most as u64 / 8 } else { limits::PATTERN_FLAT + self.work(length) / 16 }
    }
}

/// An upper bound of the ways a backtracking engine may try: `factor * (length + 1) ^ power`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    pub factor: f64,
    pub power: i32,
}

impl Cost {
    /// One way, without a choice.
    pub(super) const ONE: Cost = Cost { factor: 1.0, power: 0 };
    /// One way for each byte of the subject.
    pub(super) const LINEAR: Cost = Cost { factor: 1.0, power: 1 };
    /// No bound is known.
    pub(super) const ENDLESS: Cost = Cost { factor: f64::INFINITY, power: 0 };

    /// The bound for a subject of `length` bytes.
    pub(super) fn steps(self, length: usize) -> f64 {
        self.factor * (length as f64 + 1.0).powi(self.power)
    }

    /// This, then `other`.
    pub(super) fn times(self, other: Cost) -> Cost {
        Cost { factor: self.factor * other.factor, power: self.power.saturating_add(other.power) }
    }

    /// This or `other`.
    pub(super) fn or(self, other: Cost) -> Cost {
        Cost { factor: self.factor + other.factor, power: self.power.max(other.power) }
    }

    /// This, `min` to `max` times.
    pub(super) fn repeated(self, min: u32, max: Option<u32>) -> Cost {
        match max {
            None if self == Cost::ONE => Cost::LINEAR,
            None => Cost::ENDLESS,
            Some(max) => Cost {
                factor: self.factor.powi(max as i32) * f64::from(max.saturating_sub(min) + 1),
                power: self.power.saturating_mul(max as i32),
            },
        }
    }
}
