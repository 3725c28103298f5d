//! A site of this machine that a scenario asks, instead of a configuration and files of its own.

use super::reader::Reader;
use super::scenario::Scenario;
use super::yaml::Node;
use crate::diagnostic::Diagnostic;
use crate::site::{Modules, OpenError, SiteOptions};
use std::path::{Component, Path, PathBuf};

/// The keys of `site`.
pub(crate) const KEYS: [&str; 5] = ["config", "root", "envvars", "docroot", "assume_modules"];

/// Where a scenario's site is on this machine.
///
/// ```
/// use routesim::source::SourceMap;
/// use routesim::suite::{RealSite, Scenario};
///
/// let text = "name: our server\nsite: {docroot: public}\nrequests: [/]\n";
/// let scenario = Scenario::parse("tests/x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// assert!(matches!(scenario.site, Some(RealSite::Docroot(path)) if path.ends_with("tests/public")));
/// ```
#[derive(Clone, Debug)]
pub enum RealSite {
    /// A server's configuration file, and how it is read.
    Config(PathBuf, SiteOptions),
    /// A directory of web files, served by the stock server.
    Docroot(PathBuf),
    /// An .htaccess file, in the root of such a directory.
    Htaccess(PathBuf),
}

/// Reads `site`.
pub(super) fn read(reader: &mut Reader, node: &Node, folder: &Path) -> Option<RealSite> {
    let mut options = SiteOptions { modules: Modules::Own, ..SiteOptions::default() };
    let (mut config, mut docroot) = (None, None);
    for (key, node) in reader.map("site", node) {
        let what = key.text.as_str();
        let mut path =
            || reader.text(what, node).filter(|text| !text.is_empty()).map(|text| joined(folder, text.as_ref()));
        match what {
            "config" => config = path(),
            "docroot" => docroot = path(),
            "root" => options.root = path(),
            "envvars" => options.envvars = path(),
            "assume_modules" => options.assume_modules = reader.truth(what, node).unwrap_or_default(),
            _ => reader.unknown_key(key, "`site`", &KEYS),
        }
    }
    match (config, docroot) {
        (Some(config), None) => Some(RealSite::Config(config, options)),
        (None, Some(docroot)) => Some(RealSite::Docroot(docroot)),
        (Some(_), Some(_)) => {
            let help = Some("`docroot` is served by a stock server".into());
            reader.error("wrong-value", "`site` has both `config` and `docroot`", node.at).help = help;
            None
        }
        (None, None) => {
            let help = Some("write `config: FILE` (a server's), or `docroot: DIR` (web files)".into());
            reader.error("missing-key", "`site` says neither `config` nor `docroot`", node.at).help = help;
            None
        }
    }
}

/// A path from a directory, without `..` where that is sure to be the same.
pub(super) fn joined(folder: &Path, path: &Path) -> PathBuf {
    let mut whole = folder.to_path_buf();
    for part in path.components() {
        let is_named = matches!(whole.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if is_named && !whole.is_symlink() => drop(whole.pop()),
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    if whole.as_os_str().is_empty() { ".".into() } else { whole }
}

impl RealSite {
    /// The site, with what the scenario says besides: modules, defines, variables, names, the version.
    pub(crate) fn open(&self, scenario: &Scenario) -> Result<crate::Site, Vec<Diagnostic>> {
        let wrong = |e: OpenError| vec![Diagnostic::error("site", e.to_string(), scenario.config_at)];
        if scenario.time.is_some() {
            let message = "`time` can't be said of a `site`: it goes with a `config` of the scenario's";
            return Err(vec![Diagnostic::error("wrong-value", message, scenario.config_at)]);
        }
        if !scenario.files.is_empty() {
            let help = "a site has its own: `files` goes with a `config` of the scenario's";
            let at = scenario.files[0].at.span;
            return Err(vec![Diagnostic::error("wrong-value", "`files` can't be laid over a `site`", at).help(help)]);
        }
        let site = match self {
            RealSite::Config(path, options) => {
                let mut options = SiteOptions { httpd: scenario.httpd, ..options.clone() };
                options.defines.extend(scenario.defines.iter().cloned());
                options.env.extend(scenario.environment.iter().flatten().cloned());
                options.hosts.extend(scenario.hosts.iter().cloned());
                if let Some(names) = &scenario.modules {
                    options.modules = Modules::OwnAnd(names.clone());
                }
                let path = crate::Site::main_file(path, options.root.as_deref()).map_err(wrong)?;
                crate::Site::open(&path, &options)
            }
            RealSite::Docroot(path) => crate::Site::docroot(path),
            RealSite::Htaccess(path) => crate::Site::of_htaccess(path),
        };
        let site = site.map_err(wrong)?;
        let is_so = matches!(self, RealSite::Config(..)) || scenario.httpd == crate::Version::default();
        Ok(if is_so { site } else { site.with_httpd(scenario.httpd) })
    }
}
