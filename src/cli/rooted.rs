//! Paths as the systems have them that read results: from the root of the repository.

use std::path::{Component, Path, PathBuf};

/// The variables in which a system says where the repository is: GitHub's, then GitLab's and Jenkins'.
const ROOTS: [&str; 3] = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"];

/// The root of the repository, and where the command runs in it.
pub(super) struct Root {
    root: PathBuf,
    here: PathBuf,
}

impl Root {
    /// Where it is known and another directory than the working one.
    pub(super) fn find() -> Option<Root> {
        let root = ROOTS.iter().find_map(std::env::var_os).filter(|root| !root.is_empty())?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok()?;
        let root = Path::new(&root).canonicalize().ok()?;
        here.starts_with(&root).then_some(Root { root, here })
    }

    /// A path from the working directory as one from the root; one that is not below it stays.
    pub(super) fn name(&self, path: &mut String) {
        let mut whole = PathBuf::new();
        for part in self.here.join(&*path).components() {
            match part {
                Component::ParentDir => drop(whole.pop()),
                Component::CurDir => {}
                part => whole.push(part),
            }
        }
        if let Ok(inner) = whole.strip_prefix(&self.root)
            && inner != Path::new("")
        {
            *path = inner.display().to_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_root() {
        let root = Root { root: "/srv/repo".into(), here: "/srv/repo/tests".into() };
        let named = |path: &str| {
            let mut path = path.to_string();
            root.name(&mut path);
            path
        };
        assert_eq!(named("a.yaml"), "tests/a.yaml");
        assert_eq!(named("./../conf/x.conf"), "conf/x.conf");
        assert_eq!(named("/srv/repo/a.conf"), "a.conf");
        assert_eq!(named("/etc/apache2/apache2.conf"), "/etc/apache2/apache2.conf");
        assert_eq!(named("../../other/x"), "../../other/x");
    }
}
