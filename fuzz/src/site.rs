//! Whole sites: a configuration, a tree, requests.

use super::parts;
use routesim::Site;
use routesim::report;
use routesim::source::SourceMap;
use routesim::suite::{ConfigSource, Scenario};
use std::path::Path;

/// A site in parts: its configuration, its requests, its files.
pub fn site(data: &[u8]) {
    let mut parts = parts::cut(data);
    let (config, requests) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    parts::run(config, parts::tree(parts), &parts::requests(requests));
}

/// A site as a scenario writes it.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // what stands in other files is not the input's
    if text.contains("from") || text.contains("config: {") || data.len() > 1 << 16 {
        return;
    }
    let sources = SourceMap::default();
    let scenario = match Scenario::parse(Path::new("scenario.yaml"), text, &sources) {
        Err(wrong) => return drop(report::diagnostics::text(&wrong, &sources, parts::PAINT)),
        Ok(scenario) if !matches!(scenario.config, ConfigSource::Text { .. }) => return,
        Ok(scenario) => scenario,
    };
    let site = match Site::of_scenario(&scenario) {
        Err(wrong) => return drop(report::diagnostics::text(&wrong, &sources, parts::PAINT)),
        Ok(site) => site,
    };
    match site.start() {
        Err(_) => drop(report::diagnostics::text(site.diagnostics(), site.sources(), parts::PAINT)),
        Ok(run) => scenario.requests.iter().take(8).for_each(|spec| parts::ask(&site, &run, spec)),
    }
}
