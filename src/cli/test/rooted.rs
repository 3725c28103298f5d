//! Results with their paths from the root of the repository.

use super::super::rooted::Root;
use crate::report::suite::Checked;
use std::borrow::Cow;

/// The results with their paths from the root of the repository, where that is known and is another directory.
pub(super) fn rooted(results: &[Checked]) -> Cow<'_, [Checked]> {
    match Root::find() {
        Some(root) => Cow::Owned(results.iter().map(|s| below(s, &root)).collect()),
        None => Cow::Borrowed(results),
    }
}

fn below(results: &Checked, root: &Root) -> Checked {
    let mut results = results.clone();
    root.name(&mut results.path);
    results.error.iter_mut().filter_map(|error| error.at.as_mut()).for_each(|at| root.name(&mut at.path));
    results.cases.iter_mut().filter_map(|case| case.at.as_mut()).for_each(|at| root.name(&mut at.path));
    results
}
