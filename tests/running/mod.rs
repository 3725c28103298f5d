//! The program in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program with these arguments, in a directory, without what a terminal or a pipeline sets.
pub fn command(arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_routesim"));
    command.args(arguments).current_dir(directory).env("NO_COLOR", "1").env("COLUMNS", "100");
    for name in ["CLICOLOR_FORCE", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE"] {
        command.env_remove(name);
    }
    command
}

/// Standard output, standard error, exit status.
pub fn routesim(arguments: &[&str], directory: &Path) -> (String, String, i32) {
    let output = command(arguments, directory).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it is UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().unwrap_or(-1))
}

/// An empty directory of the target `of`.
pub fn directory(of: &str, name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(of).join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("there is room");
    directory
}

/// Writes a file, and makes the directories that it is in.
pub fn write(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().expect("it has one")).expect("there is room");
    std::fs::write(path, text).expect("there is room");
}
