//! `routesim.toml`: the file that is given, or the one that is found upwards from what is looked at.

use super::super::output::Streams;
use super::super::{Failure, failure};
use crate::lint::settings::Settings;
use crate::source::SourceMap;
use crate::vfs::bounded;
use std::path::{Path, PathBuf};

const NAME: &str = "routesim.toml";

/// The settings of a file.
pub(super) fn read(path: &Path, streams: &Streams) -> Result<Settings, Failure> {
    let name = path.display();
    let bytes = bounded::read(path).or_else(|e| failure(format!("can't read `{name}`: {e}")))?;
    let Ok(text) = String::from_utf8(bytes) else { return failure(format!("`{name}` is not UTF-8")) };
    let sources = SourceMap::default();
    Settings::parse(path, &text, &sources).or_else(|wrong| {
        streams.diagnostics(&wrong, &sources);
        failure(format!("the settings `{name}` can't be used"))
    })
}

/// The settings file that is nearest upwards from a file or directory, as far as the repository's root.
pub(super) fn nearest(from: &Path) -> Option<PathBuf> {
    let from = std::fs::canonicalize(from).ok()?;
    for directory in from.ancestors().filter(|path| path.is_dir()) {
        let file = directory.join(NAME);
        if file.is_file() {
            let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
            return Some(file.strip_prefix(&here).map(Path::to_path_buf).unwrap_or(file));
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    None
}
