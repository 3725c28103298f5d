//! The command line: its verbs over files in a directory of their own, and its words alone.

use super::parts;
use routesim::cli;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What a command says, kept.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Words that are asked of the files: `ROOT` is the directory.
const ASKED: &[&str] = &[
    "check -c ROOT/etc/apache2/apache2.conf --root ROOT",
    "check -c ROOT/etc/apache2/apache2.conf --root ROOT --format json",
    "explain -c ROOT/etc/apache2/apache2.conf --root ROOT --all /",
    "explain -c ROOT/etc/apache2/apache2.conf --root ROOT --format json /a?b",
    "replay -c ROOT/etc/apache2/apache2.conf --root ROOT --urls ROOT/urls --format table",
    "replay -c ROOT/etc/apache2/apache2.conf --root ROOT --urls ROOT/urls --no-cache",
];

/// A configuration, URLs, and envvars, in files, for one verb; the last part is words of a command line, which are read
/// only.
pub fn command(data: &[u8]) {
    let parts: Vec<&[u8]> = parts::cut(data).collect();
    let part = |i: usize| parts.get(i).copied().unwrap_or_default();
    let root = root();
    for (name, text) in [("etc/apache2/apache2.conf", part(0)), ("urls", part(1)), ("etc/apache2/envvars", part(2))] {
        let path = root.join(name);
        let put = || fs::create_dir_all(path.parent()?).and_then(|()| fs::write(&path, text)).ok();
        put().expect("there is room for a file");
    }
    let which = data.iter().fold(0_usize, |sum, b| sum.wrapping_add(usize::from(*b))) % ASKED.len();
    run(ASKED[which].split(' ').map(|word| word.replace("ROOT", &root.to_string_lossy())));
    // no verb is carried out that would read what the input names
    let words = String::from_utf8_lossy(part(3)).into_owned();
    if ["phases", "directives", "--help"].iter().any(|safe| words.starts_with(safe)) {
        run(words.split_whitespace().map(String::from));
    }
    let _ = fs::remove_dir_all(root);
}

fn run(words: impl Iterator<Item = String>) {
    let words: Vec<OsString> = ["routesim".to_string()].into_iter().chain(words).map(OsString::from).collect();
    let (out, error) = (Said::default(), Said::default());
    let status = cli::answer(&words, Box::new(out.clone()), Box::new(error.clone()));
    let said = |said: Said| said.0.lock().expect("nobody panics here").clone();
    let (out, error) = (said(out), said(error));
    assert!(status <= 2, "exit status {status}");
    assert!(status != 2 || !error.is_empty() || !out.is_empty(), "{words:?} failed without a word");
}

/// A directory of this process, in memory where there is such a place.
fn root() -> PathBuf {
    let base = Path::new("/dev/shm");
    let base = if base.is_dir() { base.to_path_buf() } else { std::env::temp_dir() };
    base.join(format!("routesim-fuzz-{}-{:?}", std::process::id(), std::thread::current().id()))
}
