//! Paths as the systems have them that read results: from the root of the repository.

use crate::report::suite::Checked;
use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

/// The variables in which a system says where the repository is: GitHub's, then GitLab's and Jenkins'.
const ROOTS: [&str; 3] = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"];

/// The results with their paths from the root of the repository, where that is known and is another directory.
pub(super) fn rooted(results: &[Checked]) -> Cow<'_, [Checked]> {
    let root = ROOTS.iter().find_map(std::env::var_os).filter(|root| !root.is_empty());
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let root = root.and_then(|root| Path::new(&root).canonicalize().ok());
    match (root, here) {
        (Some(root), Ok(here)) if here.starts_with(&root) => {
            Cow::Owned(results.iter().map(|s| below(s, &root, &here)).collect())
        }
        _ => Cow::Borrowed(results),
    }
}

fn below(results: &Checked, root: &Path, here: &Path) -> Checked {
    let mut results = results.clone();
    let path = |path: &mut String| *path = named(path, root, here);
    path(&mut results.path);
    results.error.iter_mut().filter_map(|error| error.at.as_mut()).for_each(|at| path(&mut at.path));
    results.cases.iter_mut().filter_map(|case| case.at.as_mut()).for_each(|at| path(&mut at.path));
    results
}

/// A path from `here` as one from `root`; one that is not below it stays.
fn named(path: &str, root: &Path, here: &Path) -> String {
    let mut whole = PathBuf::new();
    for part in here.join(path).components() {
        match part {
            Component::ParentDir => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    match whole.strip_prefix(root) {
        Ok(inner) if inner != Path::new("") => inner.display().to_string(),
        _ => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_root() {
        let named = |path: &str| named(path, Path::new("/srv/repo"), Path::new("/srv/repo/tests"));
        assert_eq!(named("a.yaml"), "tests/a.yaml");
        assert_eq!(named("./../conf/x.conf"), "conf/x.conf");
        assert_eq!(named("/srv/repo/a.conf"), "a.conf");
        assert_eq!(named("/etc/apache2/apache2.conf"), "/etc/apache2/apache2.conf");
        assert_eq!(named("../../other/x"), "../../other/x");
    }
}
