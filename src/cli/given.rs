//! What a command is to work on: a scenario (a file or a built-in one), or a configuration of this machine.

use super::docroot;
use super::machine::{self, Machine};
use super::output::Streams;
use super::{End, Failure, failure, suites};
use crate::builtin::{self, BUILTIN};
use crate::conf::args;
use crate::diagnostic::Diagnostic;
use crate::report::paint::Tone;
use crate::run::Run;
use crate::site::{OpenError, Site};
use crate::source::SourceMap;
use crate::suggest::closest;
use crate::suite::{RealSite, RequestSpec, Scenario};
use crate::version::Version;
use bstr::{BString, ByteSlice};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The scenario that is taken from the folder one is in.
pub(super) const HERE: &str = "routesim.yaml";

/// The options that say what to work on.
#[derive(Clone, clap::Args)]
pub(super) struct Given {
    /// Name of a built-in scenario, or a scenario file
    #[arg(short, long, value_name = "NAME|FILE", conflicts_with = "config")]
    pub scenario: Option<String>,

    /// Configuration file on this machine, a directory with the usual one, `auto` for this machine's own, or an .htaccess
    /// file
    #[arg(short, long, value_name = "FILE|DIR|auto")]
    pub config: Option<PathBuf>,

    /// Directory of web files with their .htaccess files, served by a stock server (`routesim show stock`)
    #[arg(long, value_name = "DIR", conflicts_with_all = ["scenario", "config"])]
    pub docroot: Option<PathBuf>,

    /// Answer as this version of httpd: 2.4.37 to 2.4.71 [default: the scenario's, else 2.4.71]. Fixes that distributions
    /// add to it are caveats, unless it ends in `-upstream`
    #[arg(long, value_name = "VERSION")]
    pub httpd_version: Option<Version>,

    #[command(flatten)]
    pub machine: Machine,
}

/// What was opened.
pub(super) struct Opened {
    /// Ready for requests; none when httpd would refuse to start.
    pub run: Option<Run>,
    /// What it is a run of.
    pub site: Site,
    /// What was found in the configuration.
    pub diagnostics: Vec<Diagnostic>,
    /// The configuration's texts.
    pub sources: SourceMap,
    /// The requests: those that were asked for, else the scenario's own.
    pub requests: Vec<RequestSpec>,
    /// Whether it is a configuration of this machine.
    pub real: bool,
    /// The built-in example, where nothing else was found.
    pub example: Option<&'static str>,
    /// The scenario that it is of.
    pub scenario: Option<Box<Scenario>>,
}

impl Opened {
    pub(super) fn of(site: &Site, requests: Vec<RequestSpec>, real: bool) -> Opened {
        let (diagnostics, sources) = (site.diagnostics().to_vec(), site.sources().clone());
        Opened {
            run: site.start().ok(),
            site: site.clone(),
            diagnostics,
            sources,
            requests,
            real,
            example: None,
            scenario: None,
        }
    }

    /// The same past what httpd would stop at, where it does.
    pub(super) fn past_errors(self) -> Opened {
        let Some(site) = self.site.past_errors() else { return self };
        let (example, scenario) = (self.example, self.scenario);
        Opened { example, scenario, ..Opened::of(&site, self.requests, self.real) }
    }

    /// The error at which httpd stops.
    pub(super) fn refusal(&self) -> Option<&Diagnostic> {
        self.diagnostics.iter().find(|d| d.first)
    }
}

impl Given {
    /// Whether it names something, or has an option that needs it.
    pub(super) fn is_named(&self) -> bool {
        let names = self.scenario.is_some() || self.config.is_some() || self.docroot.is_some();
        names || self.machine.used().is_some()
    }

    /// Opens it, to ask `requests` of it (a scenario's own, where there are none given).
    pub(super) fn open(&self, streams: &Streams, requests: Option<Vec<RequestSpec>>) -> Result<Opened, Failure> {
        self.open_named(self.scenario.as_deref(), streams, requests)
    }

    /// The same, of the scenario `name` where there is one.
    pub(super) fn open_named(
        &self,
        name: Option<&str>,
        streams: &Streams,
        requests: Option<Vec<RequestSpec>>,
    ) -> Result<Opened, Failure> {
        self.open_asking(name, streams, |own| requests.unwrap_or(own))
    }

    /// Opens it, to ask a request of it besides a scenario's own: it is the last one.
    pub(super) fn open_besides(&self, streams: &Streams, request: RequestSpec) -> Result<Opened, Failure> {
        let besides = |own: Vec<RequestSpec>| own.into_iter().chain([request]).collect();
        self.open_asking(self.scenario.as_deref(), streams, besides)
    }

    fn open_asking(
        &self,
        name: Option<&str>,
        streams: &Streams,
        requests: impl FnOnce(Vec<RequestSpec>) -> Vec<RequestSpec>,
    ) -> Result<Opened, Failure> {
        if let Some(config) = &self.config {
            let site = self.configuration(config, streams)?;
            return Ok(Opened::of(&site, requests(Vec::new()), true));
        }
        if let Some(option) = self.machine.used() {
            return failure(format!("{option} requires -c FILE"));
        }
        if let Some(site) = self.files(name, streams)? {
            return Ok(Opened::of(&site, requests(Vec::new()), true));
        }
        let example = (name.is_none() && !Path::new(HERE).is_file()).then_some(builtin::DEFAULT);
        let mut scenario = self.dated(scenario(name, streams)?);
        scenario.requests = requests(scenario.requests);
        Ok(Opened { example, ..open(scenario, streams)? })
    }

    /// The site for a search: a scenario's inline configuration has a Listen for 80, 443 and each port that a virtual host
    /// names.
    pub(super) fn open_for_search(&self, name: Option<&str>, streams: &Streams) -> Result<Opened, Failure> {
        if self.config.is_some() || self.docroot.is_some() || self.machine.used().is_some() {
            return self.open_named(name, streams, Some(Vec::new()));
        }
        if let Some(site) = self.files(name, streams)? {
            return Ok(Opened::of(&site, Vec::new(), true));
        }
        let example = (name.is_none() && !Path::new(HERE).is_file()).then_some(builtin::DEFAULT);
        let scenario = self.dated(scenario(name, streams)?);
        Ok(Opened { example, ..for_search(scenario, streams)? })
    }

    /// The same of what a path on the command line names: a scenario (a built-in one by its name), or a configuration.
    pub(super) fn open_path(&self, path: &Path, streams: &Streams) -> Result<Opened, Failure> {
        if suites::built_in(path).is_some() || suites::is_scenario(path) {
            return self.open_for_search(Some(&path.display().to_string()), streams);
        }
        Ok(Opened::of(&self.configuration(path, streams)?, Vec::new(), true))
    }

    /// The version of httpd.
    pub(super) fn version(&self) -> Version {
        self.httpd_version.unwrap_or_default()
    }

    fn of_version(&self, site: Site) -> Site {
        self.httpd_version.map_or(site.clone(), |version| site.with_httpd(version))
    }

    /// A scenario as it is for the version that was asked for.
    pub(super) fn dated(&self, scenario: Scenario) -> Scenario {
        Scenario { httpd: self.httpd_version.unwrap_or(scenario.httpd), ..scenario }
    }

    /// The site that `-c` names.
    pub(super) fn configuration(&self, config: &Path, streams: &Streams) -> Result<Site, Failure> {
        if is_htaccess(config) {
            self.no_machine()?;
            streams.note("an .htaccess file alone: a stock server stands around it (`routesim show stock`)");
            return Ok(self.of_version(stock(Site::of_htaccess(config))?));
        }
        self.machine.open(&self.main_file(config, streams)?, self.version())
    }

    /// The site of this machine that `-c` or `--docroot` names, for suites; none where neither is given.
    pub(super) fn real_site(&self, streams: &Streams) -> Result<Option<RealSite>, Failure> {
        let Some(config) = &self.config else {
            return match (self.machine.used(), &self.docroot) {
                (Some(option), _) => failure(format!("{option} requires -c FILE")),
                (None, docroot) => Ok(docroot.clone().map(RealSite::Docroot)),
            };
        };
        if is_htaccess(config) {
            self.no_machine()?;
            return Ok(Some(RealSite::Htaccess(config.clone())));
        }
        let options = self.machine.options(self.version())?;
        Ok(Some(RealSite::Config(self.main_file(config, streams)?, options)))
    }

    /// Opens such a site.
    pub(super) fn open_site(&self, site: &RealSite) -> Result<Opened, Failure> {
        let site = match site {
            RealSite::Config(file, _) => self.machine.open(file, self.version())?,
            RealSite::Docroot(directory) => self.of_version(stock(Site::docroot(directory))?),
            RealSite::Htaccess(file) => self.of_version(stock(Site::of_htaccess(file))?),
        };
        Ok(Opened::of(&site, Vec::new(), true))
    }

    /// Refuses options of a server's configuration beside an .htaccess file.
    fn no_machine(&self) -> Result<(), Failure> {
        match self.machine.used() {
            Some(option) => failure(format!("{option} goes with a server's configuration, not with an .htaccess file")),
            None => Ok(()),
        }
    }

    /// The main file of the configuration that `-c` names.
    pub(super) fn main_file(&self, config: &Path, streams: &Streams) -> Result<PathBuf, Failure> {
        let found = Site::main_file(config, self.machine.root.as_deref()).or_else(|e| failure(e.to_string()))?;
        if found != config {
            streams.note(&format!("using {}", found.display()));
        }
        if let Some(root) = machine::copied(&found).filter(|_| self.machine.root.is_none()) {
            let root = root.display();
            streams.note(&format!("a copy below {root}: what it includes by absolute paths is read from this machine; --root {root} reads the copy's own"));
        }
        Ok(found)
    }

    /// The site of a directory of web files: the one of `--docroot`, or the one that one is in.
    pub(super) fn files(&self, scenario: Option<&str>, streams: &Streams) -> Result<Option<Site>, Failure> {
        let directory = match (&self.docroot, scenario) {
            (Some(directory), _) => Some(directory.clone()),
            (None, Some(_)) => None,
            (None, None) if Path::new(HERE).is_file() => None,
            (None, None) => around(streams),
        };
        let Some(directory) = directory else { return Ok(None) };
        let site = self.of_version(stock(Site::docroot(&directory))?);
        let name = directory.display();
        streams.note(&format!("using the web files of {name} with a stock server (`routesim show stock`)"));
        Ok(Some(site))
    }
}

/// The directory of web files that one is in. Where it might be any of several it is none, and that is said.
pub(super) fn around(streams: &Streams) -> Option<PathBuf> {
    let here = std::env::current_dir().unwrap_or_default();
    let found = docroot::around(&here);
    let found: Vec<PathBuf> = found.iter().map(|directory| docroot::named_from(&here, directory)).collect();
    match &found[..] {
        [] => None,
        [one] => Some(one.clone()),
        [first, ..] => {
            let names: Vec<String> = found.iter().map(|directory| format!("`{}`", directory.display())).collect();
            let (names, first) = (names.join(" and "), first.display());
            streams.note(&format!("{names} each have an .htaccess file: name one, as `--docroot {first}`"));
            None
        }
    }
}

fn stock(site: Result<Site, OpenError>) -> Result<Site, Failure> {
    site.or_else(|e| failure(e.to_string()))
}

/// Whether a file is an .htaccess file, by its name.
pub(super) fn is_htaccess(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_other = [".conf", ".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
    // also as it is kept beside or shipped: `.htaccess.sample`, `htaccess.txt`, `ht.access`
    (name.contains("htaccess") || name.ends_with("ht.access")) && !is_other
}

/// Whether a file is one that holds a configuration, by its name: a scenario, an .htaccess file, or one that ends in .conf.
pub(super) fn is_configuration(path: &Path) -> bool {
    suites::is_scenario(path) || is_htaccess(path) || path.extension().is_some_and(|end| end == "conf")
}

/// The scenario of that name, or the one that stands in where there is none.
pub(super) fn scenario(name: Option<&str>, streams: &Streams) -> Result<Scenario, Failure> {
    match name {
        Some(name) => named(name, streams),
        None if Path::new(HERE).is_file() => {
            streams.note(&format!("no scenario given; using ./{HERE}"));
            from_file(Path::new(HERE), streams)
        }
        None => {
            let name = builtin::DEFAULT;
            streams.note(&format!("no ./{HERE} found; using the built-in scenario `{name}`"));
            named(name, streams)
        }
    }
}

/// Opens a scenario for a search: there is a Listen for 80, 443 and each port that a virtual host names.
fn for_search(mut scenario: Scenario, streams: &Streams) -> Result<Opened, Failure> {
    let own = std::mem::take(&mut scenario.requests);
    let first = open(scenario.clone(), streams)?;
    let ports = first.site.directives().filter(|d| d.name().eq_ignore_ascii_case(b"VirtualHost")).flat_map(|d| {
        let addresses = args::split(d.args().trim_end_with(|c| c == '>'));
        let port = |address: &BString| address.rsplit(|b| *b == b':').next()?.to_str().ok()?.parse::<u16>().ok();
        addresses.iter().filter_map(port).collect::<Vec<u16>>()
    });
    let ports: BTreeSet<u16> = ports.chain([80, 443]).filter(|port| *port > 0).collect();
    scenario.requests = ports.iter().map(|port| RequestSpec::short(&format!("http://localhost:{port}/"))).collect();
    Ok(Opened { requests: own, scenario: Some(Box::new(scenario.clone())), ..open(scenario, streams)? })
}

/// Opens a scenario of this text, for a search.
pub(super) fn open_text(path: &Path, text: &str, streams: &Streams) -> Result<Opened, Failure> {
    let scenario = read(path, streams, |sources| Scenario::parse(path, text, sources))?;
    for_search(scenario, streams)
}

/// Opens a scenario.
pub(super) fn open(scenario: Scenario, streams: &Streams) -> Result<Opened, Failure> {
    let real = scenario.site.is_some();
    match Site::of_scenario(&scenario) {
        Ok(site) => {
            let mut opened = Opened::of(&site, scenario.requests, real);
            if let Some(run) = opened.run.as_ref().filter(|_| real) {
                opened.requests.iter_mut().for_each(|spec| run.place(spec));
            }
            Ok(opened)
        }
        Err(found) => {
            streams.diagnostics(&found, &scenario.sources);
            failure(format!("scenario `{}` can't be built", scenario.path.display()))
        }
    }
}

/// A scenario by name or file: a built-in name goes first.
fn named(name: &str, streams: &Streams) -> Result<Scenario, Failure> {
    if let Some(built_in) = builtin::find(name) {
        let path = Path::new(name);
        return read(path, streams, |sources| Scenario::parse(path, built_in.text, sources));
    }
    let path = Path::new(name);
    if path.exists() || name.contains(['/', '\\', '.']) {
        return from_file(path, streams);
    }
    let known = BUILTIN.iter().map(|b| b.name);
    match closest(name, known) {
        Some(near) => failure(format!("no built-in scenario and no file `{name}`: did you mean `{near}`?")),
        None => {
            failure(format!("no built-in scenario and no file `{name}` (`routesim --list` names the built-in ones)"))
        }
    }
}

/// The scenario at a path, or the built-in one of that name.
pub(super) fn from_file(path: &Path, streams: &Streams) -> Result<Scenario, Failure> {
    read(path, streams, |sources| suites::load(path, sources))
}

/// The scenarios at a path, or the built-in one of that name.
pub(super) fn all_from_file(path: &Path, streams: &Streams) -> Result<Vec<Scenario>, Failure> {
    read(path, streams, |sources| suites::load_all(path, sources))
}

fn read<T>(
    path: &Path,
    streams: &Streams,
    from: impl FnOnce(&SourceMap) -> Result<T, Vec<Diagnostic>>,
) -> Result<T, Failure> {
    let sources = SourceMap::default();
    from(&sources).or_else(|found| {
        streams.diagnostics(&found, &sources);
        failure(format!("scenario `{}` can't be read", path.display()))
    })
}

/// Lists the built-in scenarios.
pub(super) fn list(streams: &mut Streams) -> Result<End, Failure> {
    let width = BUILTIN.iter().map(|b| b.name.len()).max().unwrap_or(0);
    for b in BUILTIN {
        let pad = " ".repeat(width - b.name.len());
        writeln!(streams.out, "{}{pad}  {}", streams.paint.tone(Tone::Key, b.name), b.title())?;
    }
    Ok(End::Fine)
}
