//! Any number of lines of each directive, each line another one and none refused: for the benchmark of loading, and for
//! the test that holds what loading allocates.

mod arguments;

use routesim::directives::{self, Args, Row};
use routesim::site::{Modules, module_names};
use routesim::{Request, Site};

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

/// Every directive of every module that is wanted, in every one of these places where a line of it is found that is not
/// refused there.
pub fn kinds(places: &[Place], wanted: impl Fn(&Row) -> bool) -> Vec<Kind> {
    let mut rows: Vec<Row> = directives::all().filter(|row| wanted(row)).collect();
    rows.sort_by_key(written);
    rows.dedup_by_key(|row| written(row));
    rows.iter().flat_map(|row| places.iter().flat_map(|place| in_place(row, *place))).collect()
}

/// A directive's name; a section's begins with `<`.
fn written(row: &Row) -> String {
    format!("{}{}", if row.is_section() { "<" } else { "" }, row.name())
}

/// The lines of a directive that are good in a place: its own, else the first of those that fit any.
fn in_place(row: &Row, place: Place) -> Vec<Kind> {
    let kind = |line: String| Kind { place, line };
    let good = |kind: &Kind| kind.lines(2).run().is_ok();
    let own = arguments::OF.iter().filter(|(name, _)| *name == written(row));
    let own: Vec<Kind> = own.map(|(_, line)| kind(line.to_string())).filter(good).collect();
    if !own.is_empty() {
        return own;
    }
    plain(row.args()).iter().map(|arguments| kind(line(row, arguments))).find(good).into_iter().collect()
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
fn line(row: &Row, arguments: &str) -> String {
    match row.name() {
        name if row.is_section() => format!("<{name} {arguments}>\n</{name}>"),
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

    /// So many lines in their place.
    pub fn lines(&self, count: usize) -> Lines {
        let lines = self.text(count);
        let (open, close, htaccess) = match self.place {
            Place::Server => (String::new(), "", None),
            Place::Host => ("<VirtualHost *:80>\n".into(), "</VirtualHost>\n", None),
            Place::Directory => ("<Directory /srv/www>\n".into(), "</Directory>\n", None),
            Place::Location => ("<Location /x.html>\n".into(), "</Location>\n", None),
            Place::Htaccess => (String::new(), "", Some(lines.clone())),
        };
        let lines = if htaccess.is_some() { "" } else { &lines };
        Lines { config: format!("{}{open}{lines}{close}", arguments::HEAD), htaccess }
    }
}

/// A configuration, and the .htaccess file that stands in its tree.
pub struct Lines {
    config: String,
    htaccess: Option<String>,
}

impl Lines {
    /// Reads it and asks one request; why nothing came of it, where httpd would refuse it.
    pub fn run(&self) -> Result<u16, String> {
        let mut site = Site::builder(self.config.as_str()).lenient(true);
        site = site.load(Modules::Pick(module_names().map(String::from).collect()));
        let pages = [("/srv/www/x.html", "x"), ("/srv/www/index.html", "x")];
        for (path, text) in pages.iter().chain(arguments::FILES) {
            site = site.file(path, *text);
        }
        if let Some(text) = &self.htaccess {
            site = site.file("/srv/www/.htaccess", text.as_str());
        }
        let site = site.build().expect("there is room");
        let outcome = site.start().map_err(|refused| refused.message)?.ask(&Request::get("/x.html"));
        match outcome.log_message.as_deref() {
            Some(why) if outcome.status == 500 => Err(why.to_string()),
            _ => Ok(outcome.status),
        }
    }
}
