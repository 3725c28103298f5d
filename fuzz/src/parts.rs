//! How bytes are cut into the parts of a site, and what every site is held to.

use routesim::outcome::{self, observer::Observer};
use routesim::report::{self, explain, paint::Paint};
use routesim::site::Modules;
use routesim::suite::RequestSpec;
use routesim::vfs::{Memory, Owner};
use routesim::{Request, Run, Site};
use std::sync::Arc;

/// How what is found is painted: with all that a terminal gets.
pub const PAINT: Paint = Paint { colour: true, width: Some(60) };

/// As many parts of an input count.
const PARTS: usize = 32;

/// What no input needs more of.
const BYTES: usize = 1 << 16;

/// The parts of an input, which zero bytes separate.
pub fn cut(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    data[..data.len().min(BYTES)].split(|b| *b == 0).take(PARTS)
}

/// A tree: each part is a path, then a line break, then the content. A path that ends in a slash is a directory's, and content
/// that begins with `->` makes it a symbolic link.
pub fn tree<'d>(parts: impl Iterator<Item = &'d [u8]>) -> Memory {
    let mut files = Memory::new();
    // the usual list takes longer to read than most inputs
    let types = &b"text/html html\ntext/plain txt\napplication/x-thing var\n"[..];
    let _ = files.add_file(b"/etc/mime.types", types, 0o644, Owner::default());
    // what there can't be is left out, as a disk would refuse it
    let _ = files.add_file(b"/srv/www/index.html", *b"x", 0o644, Owner::default());
    for part in parts {
        let end = part.iter().position(|b| *b == b'\n').unwrap_or(part.len());
        let (path, content) = (&part[..end], part.get(end + 1..).unwrap_or_default());
        let _ = match content.strip_prefix(b"->") {
            _ if path.ends_with(b"/") => files.add_dir(path, None, Owner::default()),
            Some(target) => files.add_symlink(path, target, Owner::default()),
            None => files.add_file(path, content, 0o644, Owner::default()),
        };
    }
    files
}

/// A configuration over a tree.
pub fn read(config: &[u8], files: Memory) -> Site {
    let site = Site::builder(config).tree(Arc::new(files)).load(Modules::Own).lenient(true);
    let site = site.build().expect("no file was added");
    let (found, sources) = (site.diagnostics(), site.sources());
    assert_eq!(report::diagnostics::text(found, sources, PAINT).is_empty(), found.is_empty());
    report::json::diagnostics(found, sources).to_string();
    let stops = found.iter().any(|d| d.first);
    assert_eq!(site.start().is_err(), stops, "refused just where there is an error");
    site
}

/// The requests of lines: `METHOD URL`, then headers, a tab before each.
pub fn requests(text: &[u8]) -> Vec<RequestSpec> {
    let text = String::from_utf8_lossy(text);
    let request = |line: &str| {
        let mut fields = line.split('\t');
        let headers = |field: &str| field.split_once(": ").map(|(name, value)| (name.to_string(), value.to_string()));
        let spec = RequestSpec::short(fields.next().unwrap_or_default());
        RequestSpec { headers: fields.filter_map(headers).collect(), ..spec }
    };
    text.lines().take(8).map(request).collect()
}

/// Is told what happens, and makes nothing of it.
struct Idle;

impl Observer for Idle {}

/// Asks a run: whoever watches, and whatever was asked before, an answer is the same; and it can be printed.
pub fn ask(site: &Site, run: &Run, spec: &RequestSpec) {
    let ask = Request::of(spec, 0);
    let first = run.ask(&ask);
    let (watched, steps) = run.explain(&ask);
    assert_eq!(first, watched, "watched, the answer to {:?} is another one", spec.url);
    assert_eq!(first, run.observe(&ask, &mut Idle), "observed, the answer to {:?} is another one", spec.url);
    assert_eq!(first, run.ask(&ask), "asked again, the answer to {:?} is another one", spec.url);
    let explained = report::Explained::of(site, run, &ask, &watched, &steps).with_suggestions();
    report::json::explained(&explained).to_string();
    for level in [explain::Level::Brief, explain::Level::Story, explain::Level::All] {
        explain::render(&explained, level, PAINT);
    }
}

/// Reads a configuration over a tree and asks all requests, each of a run that remembers and of one that doesn't.
pub fn run(config: &[u8], files: Memory, requests: &[RequestSpec]) {
    let site = read(config, files);
    let Ok(run) = site.start() else { return };
    for spec in requests {
        ask(&site, &run, spec);
        // as it is told: a file that is read again is another one
        let told = |s: &Run| outcome::json::outcome(&s.ask(&Request::of(spec, 0)), s.sources()).to_string();
        let (here, fresh) = (told(&run), told(&run.fork()));
        assert_eq!(here, fresh, "what was asked before changes the answer to {:?}", spec.url);
    }
}
