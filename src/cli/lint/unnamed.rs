//! What is meant where nothing is named.

use super::super::given::{HERE, is_configuration};
use super::super::{Failure, docroot, failure};
use crate::site::Site;
use std::path::{Path, PathBuf};

/// What the working directory is.
pub(super) enum Here {
    /// One with the usual configuration file.
    Config(PathBuf),
    /// One with configuration files.
    Several,
    /// One of web files.
    Files(PathBuf),
}

/// What the working directory is; none where it has a scenario, or web files are around it.
pub(super) fn here() -> Result<Option<Here>, Failure> {
    let here = std::env::current_dir().unwrap_or_default();
    let around = docroot::around(&here);
    if Path::new(HERE).is_file() || around.len() == 1 {
        return Ok(None);
    }
    if let [first, _, ..] = around.as_slice() {
        let names: Vec<String> = around.iter().map(|d| docroot::named_from(&here, d).display().to_string()).collect();
        let first = docroot::named_from(&here, first);
        let names = names.join("` and `");
        return failure(format!("`{names}` each have an .htaccess file: name one, as `--docroot {}`", first.display()));
    }
    if Site::main_file(Path::new("."), None).is_ok() {
        return Ok(Some(Here::Config(".".into())));
    }
    let names = std::fs::read_dir(&here).into_iter().flatten().flatten().map(|entry| entry.path());
    let files: Vec<PathBuf> = names.collect();
    if files.iter().any(|path| path.is_file() && is_configuration(path)) {
        return Ok(Some(Here::Several));
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    if files.is_empty() || here.parent().is_none() || home.is_some_and(|home| home.starts_with(&here)) {
        return failure(
            "there is no configuration here: name a file, a directory of web files (`--docroot DIR`), or `-c auto`",
        );
    }
    Ok(Some(Here::Files(".".into())))
}
