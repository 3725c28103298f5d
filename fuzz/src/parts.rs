//! How bytes are cut into the parts of a site, and what every site is held to.

use routesim::outcome::{self, observer::Observer};
use routesim::report::{self, explain, paint::Paint};
use routesim::simulate::{Ask, Input, Loaded, Modules, RealPrograms, Simulator, load};
use routesim::suite::RequestSpec;
use routesim::vfs::{Memory, Owner};
use std::net::SocketAddr;
use std::sync::Arc;

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
pub fn read(config: &[u8], files: &Arc<Memory>) -> Loaded {
    let vfs = files.clone();
    let loaded = load(Input { modules: Modules::Own, lenient_paths: true, ..Input::new(config, vfs) });
    let told = report::diagnostics::text(&loaded.diagnostics, &loaded.sources, true);
    assert_eq!(told.is_empty(), loaded.diagnostics.is_empty());
    report::json::diagnostics(&loaded.diagnostics, &loaded.sources).to_string();
    assert_eq!(loaded.server.is_none(), loaded.first_error().is_some(), "refused just where there is an error");
    loaded
}

/// The requests of lines: `METHOD URL`, then headers, a tab before each.
pub fn requests(text: &[u8]) -> Vec<RequestSpec> {
    let text = String::from_utf8_lossy(text);
    let request = |line: &str| {
        let mut fields = line.split('\t');
        let headers = |field: &str| field.split_once(": ").map(|(name, value)| (name.to_string(), value.to_string()));
        let spec = RequestSpec::short(fields.next().unwrap_or_default());
        RequestSpec { tls: spec.url.starts_with("https:"), headers: fields.filter_map(headers).collect(), ..spec }
    };
    text.lines().take(8).map(request).collect()
}

/// Is told what happens, and makes nothing of it.
struct Idle;

impl Observer for Idle {}

/// Asks a simulator: whoever watches, and whatever was asked before, an answer is the same; and it can be printed.
pub fn ask(simulator: &Simulator, spec: &RequestSpec) {
    let ask = Ask::of(spec, 0);
    let first = simulator.ask(&ask);
    let (watched, steps) = simulator.explain(&ask);
    assert_eq!(first, watched, "watched, the answer to {:?} is another one", spec.url);
    assert_eq!(first, simulator.observe(&ask, &mut Idle), "observed, the answer to {:?} is another one", spec.url);
    assert_eq!(first, simulator.ask(&ask), "asked again, the answer to {:?} is another one", spec.url);
    let sources = simulator.sources();
    report::json::explained(&watched, &steps, sources).to_string();
    let local = SocketAddr::new(ask.local, ask.local_port);
    let (outcome, server) = (&watched, simulator.server());
    let explained = explain::Explained { outcome, steps: &steps, sources, server, local, client: ask.client };
    for level in [explain::Level::Brief, explain::Level::Story, explain::Level::All] {
        explain::render(&explained, level, Paint { colour: true });
    }
    let mut table = report::table::Table::new(Paint { colour: false });
    let mut text = Vec::new();
    table.row(report::table::Row::of(&watched), &mut text).and_then(|()| table.end(&mut text)).expect("there is room");
}

/// Reads a configuration over a tree and asks all requests, each of a run that remembers and of one that doesn't.
pub fn run(config: &[u8], files: Memory, requests: &[RequestSpec]) {
    let files = Arc::new(files);
    let Some(server) = read(config, &files).server else { return };
    let simulator = Simulator::new(server, files, Arc::new(RealPrograms));
    for spec in requests {
        ask(&simulator, spec);
        // as it is told: a file that is read again is another one
        let told = |s: &Simulator| outcome::json::outcome(&s.ask(&Ask::of(spec, 0)), s.sources()).to_string();
        let (here, fresh) = (told(&simulator), told(&simulator.fork()));
        assert_eq!(here, fresh, "what was asked before changes the answer to {:?}", spec.url);
    }
}
