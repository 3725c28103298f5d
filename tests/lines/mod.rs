//! Any number of lines of each directive, each line another one and none refused: for the benchmark of loading, and for
//! the test that holds what loading allocates.

mod arguments;

use routesim::module::{Args, Directive};
use routesim::modules;
use routesim::simulate::{self, Ask, Input, Loaded, Modules, RealPrograms, Simulator};
use routesim::vfs::{Memory, Owner};
use std::sync::Arc;

/// Where lines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The main server.
    Server,
    /// A virtual host.
    Host,
    /// A `<Directory>` section.
    Directory,
    /// A `<Location>` section.
    Location,
    /// An .htaccess file.
    Htaccess,
}

/// All places.
pub const EVERYWHERE: [Place; 5] = [Place::Server, Place::Host, Place::Directory, Place::Location, Place::Htaccess];

/// Lines of one kind.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Where they stand.
    pub place: Place,
    /// One line, `{i}` standing for its number and `{ip}` for an address that no other line has.
    pub line: String,
}

/// Every directive of every module that is wanted, in every one of these places where a line of it is found that is not refused there.
pub fn kinds(places: &[Place], wanted: impl Fn(&Directive) -> bool) -> Vec<Kind> {
    let mut rows: Vec<&Directive> = modules::all().flat_map(|m| m.directives).filter(|row| wanted(row)).collect();
    rows.sort_by_key(|row| row.name);
    rows.dedup_by_key(|row| row.name);
    rows.into_iter().flat_map(|row| places.iter().flat_map(|place| in_place(row, *place))).collect()
}

/// The lines of a directive that are good in a place: its own, else the first of those that fit any.
fn in_place(row: &'static Directive, place: Place) -> Vec<Kind> {
    let kind = |line: String| Kind { place, line };
    let good = |kind: &Kind| kind.site(2).run().is_ok();
    let own = arguments::OF.iter().filter(|(name, _)| *name == row.name);
    let own: Vec<Kind> = own.map(|(_, line)| kind(line.to_string())).filter(good).collect();
    if !own.is_empty() {
        return own;
    }
    plain(row.args).iter().map(|arguments| kind(line(row, arguments))).find(good).into_iter().collect()
}

/// Arguments to be tried, those that differ from line to line first.
fn plain(args: Args) -> &'static [&'static str] {
    match args {
        Args::No => &[""],
        Args::Flag => &["On"],
        Args::Take2 => arguments::TWO,
        Args::Take3 => arguments::THREE,
        _ => arguments::ANY,
    }
}

/// A directive with its arguments; a section with its end.
fn line(row: &Directive, arguments: &str) -> String {
    match row.name.trim_end_matches('>') {
        name if name.starts_with('<') => format!("{name} {arguments}>\n</{}>", &name[1..]),
        name => format!("{name} {arguments}"),
    }
}

impl Kind {
    /// What stands before the lines, the lines from 0 to `count`, and what stands behind them.
    fn text(&self, count: usize) -> String {
        let mut text = String::new();
        for i in 0..count {
            let ip = std::net::Ipv4Addr::from(0x0a00_0000 + i as u32).to_string();
            text += &self.line.replace("{i}", &(i + 1).to_string()).replace("{ip}", &ip);
            text.push('\n');
        }
        text
    }

    /// So many lines in their place: a configuration, and a tree that it is for.
    pub fn site(&self, count: usize) -> Site {
        let lines = self.text(count);
        let (open, close, htaccess) = match self.place {
            Place::Server => (String::new(), "", None),
            Place::Host => ("<VirtualHost *:80>\n".into(), "</VirtualHost>\n", None),
            Place::Directory => ("<Directory /srv/www>\n".into(), "</Directory>\n", None),
            Place::Location => ("<Location /x.html>\n".into(), "</Location>\n", None),
            Place::Htaccess => (String::new(), "", Some(lines.clone())),
        };
        let lines = if htaccess.is_some() { "" } else { &lines };
        let config = format!("{}{open}{lines}{close}", arguments::HEAD);
        let mut files = Memory::new();
        for path in ["/srv/www/x.html", "/srv/www/index.html"] {
            files.add_file(path.as_bytes(), *b"x", 0o644, Owner::default()).expect("there is room");
        }
        for (path, text) in arguments::FILES {
            files.add_file(path.as_bytes(), text.as_bytes(), 0o644, Owner::default()).expect("there is room");
        }
        if let Some(text) = htaccess {
            files.add_file(b"/srv/www/.htaccess", text.into_bytes(), 0o644, Owner::default()).expect("there is room");
        }
        Site { config, files: Arc::new(files) }
    }
}

/// A configuration and a tree.
pub struct Site {
    config: String,
    files: Arc<Memory>,
}

impl Site {
    /// Reads the configuration.
    pub fn load(&self) -> Loaded {
        let names = modules::known::KNOWN.iter().map(|k| k.name.to_string()).collect();
        let modules = Modules::Pick(names);
        let input = Input { modules, lenient_paths: true, ..Input::new(self.config.as_str(), self.files.clone()) };
        simulate::load(input)
    }

    /// Reads it and asks one request; why nothing came of it, where httpd would refuse it.
    pub fn run(&self) -> Result<u16, String> {
        let loaded = self.load();
        let refused = loaded.first_error().map(|d| d.message.clone());
        let Some(server) = loaded.server else { return Err(refused.unwrap_or_default()) };
        let simulator = Simulator::new(server, self.files.clone(), Arc::new(RealPrograms));
        let outcome = simulator.ask(&Ask::get("/x.html"));
        match outcome.log_message.as_deref() {
            Some(why) if outcome.status == 500 => Err(why.to_string()),
            _ => Ok(outcome.status),
        }
    }
}
