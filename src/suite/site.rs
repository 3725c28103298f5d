//! A scenario's configuration over its files.

use super::{ConfigSource, Scenario, ScenarioFs};
use crate::diagnostic::Diagnostic;
use crate::server::compile::{Beside, Input, Modules};
use crate::server::engine::{Program, Programs};
use crate::server::world::World;
use crate::site::Site;
#[cfg(feature = "disk")]
use crate::vfs::Disk;
#[cfg(feature = "disk")]
use std::path::Path;
use std::sync::Arc;

impl Site {
    /// A scenario's configuration over its files.
    ///
    /// # Errors
    /// What is wrong with the scenario itself; what httpd would refuse is in [`Site::diagnostics`].
    pub fn of_scenario(scenario: &Scenario) -> Result<Site, Vec<Diagnostic>> {
        #[cfg(feature = "disk")]
        if let Some(site) = &scenario.site {
            return site.open(scenario);
        }
        let (input, programs) = scenario.input()?;
        Ok(Site::of(input, programs))
    }
}

impl Scenario {
    /// What running it begins with, and the programs in its files.
    pub(crate) fn input(&self) -> Result<(Input, Arc<dyn Programs>), Vec<Diagnostic>> {
        let text = self.config_text().map_err(|e| vec![self.unread_config(&e)])?;
        let whole = matches!(self.config, ConfigSource::File(_));
        let tree = Arc::new(self.tree(&text)?);
        let modules = match &self.modules {
            None if whole => Modules::OwnElseDefault,
            None => Modules::Default,
            Some(names) => Modules::Pick(names.clone()),
        };
        // Debian starts httpd so
        let usual = vec![("LANG".into(), "C".into())];
        let variables = self.environment.as_ref().unwrap_or(&usual).iter();
        let world = World {
            env: variables.map(|(n, v)| (n.as_str().into(), v.as_str().into())).collect(),
            env_complete: self.environment.is_some(),
            time: self.time,
            hosts: self.hosts.clone(),
            ..World::default()
        };
        let input = Input {
            name: self.config_name(),
            version: self.httpd,
            modules,
            defines: self.defines.clone(),
            world,
            beside: self.beside(),
            ports: if whole { Vec::new() } else { self.ports().into_iter().collect() },
            own_ports: whole,
            ..Input::new(text, Arc::new(tree.memory.clone()), &crate::modules::CATALOGUE)
        };
        Ok((input, tree))
    }
}

impl Scenario {
    /// The directory of the configuration's file, where it has one.
    #[cfg(feature = "disk")]
    fn beside(&self) -> Option<Beside> {
        let ConfigSource::File(path) = &self.config else { return None };
        let directory = path.parent().filter(|p| *p != Path::new("")).unwrap_or(Path::new("."));
        let name = self.config_name();
        let name = Path::new(&name).parent().map(|p| p.display().to_string()).unwrap_or_default();
        Some(Beside { vfs: Arc::new(Disk::new(directory).ok()?), name: name.into() })
    }

    #[cfg(not(feature = "disk"))]
    fn beside(&self) -> Option<Beside> {
        None
    }
}

impl Programs for ScenarioFs {
    fn program(&self, handler: &str, path: &[u8]) -> Program {
        let kind = ScenarioFs::program(self, path);
        let works = match handler {
            "wsgi" => kind.runs_as_wsgi(),
            // a text of the scenario's own may say more than that it is well
            "cgi" if kind == super::Program::Script => return Program::Unknown,
            "cgi" => kind.runs_as_cgi(),
            _ => true,
        };
        if works { Program::Works } else { Program::Broken }
    }

    fn is_stand_in(&self, path: &[u8]) -> bool {
        use super::Program::{Cgi, Php, Wsgi};
        matches!(ScenarioFs::program(self, path), Wsgi | Cgi | Php)
    }
}
