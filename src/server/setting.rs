//! A single setting with its reason: its value, the directive that gave it, and what lies beneath.

use crate::source::Span;
use std::sync::Arc;

/// A value, where it was set, and the earlier setting that it covers. Counterfactuals are read off the chain:
/// without its directive, the value would be the one beneath.
#[derive(Clone, Debug, PartialEq)]
pub struct Set<T> {
    /// The value in force.
    pub value: T,
    /// The directive that set it.
    pub span: Span,
    /// What it covers.
    pub under: Option<Arc<Set<T>>>,
}

impl<T: Clone> Set<T> {
    /// Sets a setting, over what it was.
    pub fn put(slot: &mut Option<Set<T>>, value: T, span: Span) {
        let under = slot.take().map(Arc::new);
        *slot = Some(Set { value, span, under });
    }

    /// httpd's usual rule for one field: the later section's setting wins, where it has one.
    pub fn merge(base: &Option<Set<T>>, add: &Option<Set<T>>) -> Option<Set<T>> {
        match (base, add) {
            (base, None) => base.clone(),
            (None, add) => add.clone(),
            (Some(base), Some(add)) => Some(add.over(base)),
        }
    }

    fn over(&self, base: &Set<T>) -> Set<T> {
        let under = match &self.under {
            None => Some(Arc::new(base.clone())),
            Some(u) => Some(Arc::new(u.over(base))),
        };
        Set { value: self.value.clone(), span: self.span, under }
    }
}

/// The value in force, as if the line at `skip` weren't there.
pub fn without<T>(slot: &Option<Set<T>>, skip: Option<Span>) -> Option<&T> {
    let mut set = slot.as_ref();
    while let Some(s) = set {
        if skip != Some(s.span) {
            return Some(&s.value);
        }
        set = s.under.as_deref();
    }
    None
}

/// The value of a setting, or what it is by default.
pub fn value<T: Copy>(slot: &Option<Set<T>>, default: T) -> T {
    slot.as_ref().map_or(default, |s| s.value)
}

/// The place of a setting whose absence would make a difference: without it, the value beneath (or the
/// default) is another one.
pub fn decisive<T: Clone + PartialEq>(slot: &Option<Set<T>>, default: &T) -> Option<Span> {
    let set = slot.as_ref()?;
    let beneath = set.under.as_ref().map_or(default, |u| &u.value);
    (*beneath != set.value).then_some(set.span)
}
