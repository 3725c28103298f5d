//! The directory of web files that one is in.

use std::path::{Path, PathBuf};

/// Names of directories that servers are pointed at.
const USUAL: [&str; 5] = ["public", "web", "htdocs", "public_html", "www"];

/// The web files around a directory: upward, as far as the repository goes, the topmost directory with an .htaccess file;
/// else the usual ones below that have one, of which the only one is meant. Never the home directory, nor what is above it.
pub(super) fn around(here: &Path) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let shut = |directory: &Path| {
        directory.parent().is_none() || home.as_deref().is_some_and(|home| home.starts_with(directory))
    };
    let mut upward = Vec::new();
    for directory in here.ancestors().take_while(|directory| !shut(directory)) {
        upward.push(directory);
        if directory.join(".git").exists() {
            break;
        }
    }
    let has = |directory: &Path| directory.join(".htaccess").is_file();
    if let Some(top) = upward.iter().rev().find(|directory| has(directory)) {
        return vec![top.to_path_buf()];
    }
    USUAL.iter().map(|name| here.join(name)).filter(|directory| has(directory)).collect()
}

/// A directory as people in `here` name it.
pub(super) fn named_from(here: &Path, directory: &Path) -> PathBuf {
    match directory.strip_prefix(here) {
        Ok(inner) if inner == Path::new("") => ".".into(),
        Ok(inner) => inner.into(),
        Err(_) => directory.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upward_then_below() {
        let top = std::env::temp_dir().join(format!("routesim-docroot-{}", std::process::id()));
        let put = |file: &str| {
            let path = top.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        let around = |directory: &str| {
            let found = around(&top.join(directory));
            let found: Vec<_> = found.iter().map(|d| d.strip_prefix(&top).unwrap().display().to_string()).collect();
            found.join(" ")
        };
        put("one/.git/config");
        put("one/public/.htaccess");
        put("one/public/admin/.htaccess");
        put("one/public/admin/deep/x");
        assert_eq!(around("one"), "one/public");
        assert_eq!(around("one/public/admin/deep"), "one/public", "the topmost");
        put("one/web/.htaccess");
        assert_eq!(around("one"), "one/public one/web", "two");
        put(".htaccess");
        assert_eq!(around("one"), "one/public one/web", "the repository ends there");
        std::fs::remove_dir_all(top).unwrap();
    }
}
