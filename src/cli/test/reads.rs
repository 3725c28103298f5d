//! What a run reads of this machine, for `--watch`.

use crate::outcome::Outcome;
use crate::run::Run;
use crate::suite::{self, ConfigSource, FileKind, Scenario};
use std::path::{Path, PathBuf};

/// What running a scenario reads.
pub(super) fn of_scenario(scenario: &Scenario, reads: &mut Vec<PathBuf>) {
    if let ConfigSource::File(path) = &scenario.config {
        reads.extend(with_directory(path.clone()));
        let directory = path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
        reads.extend(suite::paths::below(directory, |_| true).unwrap_or_default().into_iter().flat_map(with_directory));
    }
    for entry in &scenario.files {
        if let FileKind::From(from) = &entry.kind {
            reads.extend(with_directory(from.clone()));
            reads.extend(suite::paths::below(from, |_| true).unwrap_or_default().into_iter().flat_map(with_directory));
        }
    }
}

/// The texts that a run has read.
pub(super) fn of_run(run: &Run, reads: &mut Vec<PathBuf>) {
    let files = run.sources().files_from(0);
    reads.extend(files.iter().filter_map(|file| real(file.shown())).flat_map(with_directory));
}

/// A file of this machine, by its path.
fn real(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(path)).filter(|path| path.is_file())
}

fn with_directory(path: PathBuf) -> [PathBuf; 2] {
    let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
    [path, directory]
}

/// The directory that an answer is from: an .htaccess file may come to be there.
pub(super) fn of_answer(run: &Run, outcome: &Outcome, reads: &mut Vec<PathBuf>) {
    if let Some(file) = &outcome.file {
        let path = PathBuf::from(run.sources().shown(file));
        reads.extend(path.ancestors().skip(1).filter(|above| above.is_dir()).map(Path::to_path_buf));
    }
}
