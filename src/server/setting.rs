//! A single setting with its reason: its value, the directive that gave it, and what lies beneath.

use crate::source::Span;
use bstr::BString;
use smallvec::SmallVec;
use std::ops::Deref;
use std::sync::Arc;

/// A value, where it was set, and the earlier setting that it covers. Counterfactuals are read off the chain:
/// without its directive, the value would be the one beneath.
#[derive(Clone, Debug)]
pub(crate) struct Set<T> {
    /// The value in force.
    pub value: T,
    /// The directive that set it.
    pub span: Span,
    /// What it covers.
    pub under: Under<T>,
}

/// What a setting covers. A chain may be as long as a configuration: it is let go of link by link, as each link within the
/// one before would need a stack of that depth.
#[derive(Clone, Debug)]
pub(crate) struct Under<T>(Option<Arc<Set<T>>>);

impl<T> Deref for Under<T> {
    type Target = Option<Arc<Set<T>>>;
    fn deref(&self) -> &Option<Arc<Set<T>>> {
        &self.0
    }
}

impl<T> Drop for Under<T> {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut set) = next.and_then(Arc::into_inner) {
            next = set.under.0.take();
        }
    }
}

impl<T: PartialEq> PartialEq for Set<T> {
    fn eq(&self, other: &Set<T>) -> bool {
        let links = |set| chain(set).map(|s: &Set<T>| (&s.value, s.span));
        links(self).eq(links(other))
    }
}

/// A setting, what it covers, what that covers, and so on.
pub(crate) fn chain<T>(set: &Set<T>) -> impl Iterator<Item = &Set<T>> {
    std::iter::successors(Some(set), |s| s.under.as_deref())
}

impl<T> Set<T> {
    /// A setting that covers nothing.
    #[cfg(test)]
    pub(crate) fn alone(value: T, span: Span) -> Set<T> {
        Set { value, span, under: Under(None) }
    }

    /// Sets a setting, over what it was.
    pub(crate) fn put(slot: &mut Option<Set<T>>, value: T, span: Span) {
        let under = Under(slot.take().map(Arc::new));
        *slot = Some(Set { value, span, under });
    }
}

impl<T: Clone> Set<T> {
    /// httpd's usual rule for one field: the later section's setting wins, where it has one.
    pub(crate) fn merge(base: &Option<Set<T>>, add: &Option<Set<T>>) -> Option<Set<T>> {
        match (base, add) {
            (base, None) => base.clone(),
            (None, add) => add.clone(),
            (Some(base), Some(add)) => Some(add.over(base)),
        }
    }

    fn over(&self, base: &Set<T>) -> Set<T> {
        let links: SmallVec<[&Set<T>; 8]> = chain(self).collect();
        links.into_iter().rev().fold(base.clone(), |under, link| Set {
            value: link.value.clone(),
            span: link.span,
            under: Under(Some(Arc::new(under))),
        })
    }
}

/// What a line adds to a list that earlier lines of its section began: with what lies beneath it, the list in force.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// What the line adds.
    own: Vec<BString>,
    /// Whether the list begins with it.
    first: bool,
}

/// A list whose lines add to it, within a section. Each line keeps what it adds alone: a list for each would take the square
/// of their number.
pub(crate) type List = Set<Part>;

impl List {
    /// Adds a line's words to the list, or begins it anew.
    pub(crate) fn add(slot: &mut Option<List>, own: Vec<BString>, anew: bool, span: Span) {
        let first = anew || slot.is_none();
        Set::put(slot, Part { own, first }, span);
    }

    /// The lines of the list in force, from the last to the first.
    fn lines(&self) -> impl Iterator<Item = &List> {
        std::iter::successors(Some(self), |line| if line.value.first { None } else { line.under.as_deref() })
    }

    /// The list in force.
    pub(crate) fn words(&self) -> SmallVec<[&BString; 8]> {
        let mut words: SmallVec<_> = self.lines().flat_map(|line| line.value.own.iter().rev()).collect();
        words.reverse();
        words
    }

    /// The earliest line of the chain with which the list in force has this word at this place.
    pub(crate) fn first_with(&self, word: &[u8], place: usize) -> Option<Span> {
        let (mut list, mut found) = (Some(self), None);
        while let Some(top) = list {
            let lines: SmallVec<[&List; 8]> = top.lines().collect();
            let words = lines.iter().rev().flat_map(|line| line.value.own.iter().map(|word| (word, line.span)));
            found = words.skip(place).take(1).find(|(w, _)| *w == word).map(|(_, span)| span).or(found);
            list = lines.last().and_then(|first| first.under.as_deref());
        }
        found
    }

    /// The list without this line, where there was one.
    pub(crate) fn beneath(&self) -> Option<SmallVec<[&BString; 8]>> {
        self.under.as_deref().map(List::words)
    }
}

/// The value in force, as if the line at `skip` weren't there.
pub(crate) fn without<T>(slot: &Option<Set<T>>, skip: Option<Span>) -> Option<&T> {
    slot.iter().flat_map(chain).find(|s| skip != Some(s.span)).map(|s| &s.value)
}

/// The value of a setting, or what it is by default.
pub(crate) fn value<T: Copy>(slot: &Option<Set<T>>, default: T) -> T {
    slot.as_ref().map_or(default, |s| s.value)
}

/// The place of a setting whose absence would make a difference: without it, the value beneath (or the
/// default) is another one.
pub(crate) fn decisive<T: Clone + PartialEq>(slot: &Option<Set<T>>, default: &T) -> Option<Span> {
    let set = slot.as_ref()?;
    let beneath = set.under.as_ref().map_or(default, |u| &u.value);
    (*beneath != set.value).then_some(set.span)
}
