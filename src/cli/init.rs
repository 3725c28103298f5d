//! `routesim init`: a first suite for a site, with today's answers.

use super::given::{self, Given};
use super::output::Streams;
use super::{End, Failure, failure};
use crate::outcome::json;
use crate::report::paint::clean;
use crate::run::Run;
use crate::schema;
use crate::search::first::{self, Group};
use crate::server::asked::Request;
use crate::suite::edits::{flow, scalar};
use crate::suite::{RealSite, RequestSpec, worth};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// A suite of what a site answers today.
#[derive(clap::Args)]
pub(super) struct Init {
    #[command(flatten)]
    given: Given,

    /// Write it to this file, which must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Init {
    /// Runs the verb.
    pub(super) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        if let Some(path) = self.output.as_deref().filter(|path| path.symlink_metadata().is_ok()) {
            return failure(format!("`{}` is there already, and init never overwrites", path.display()));
        }
        let site = self.site(streams)?;
        let opened = self.given.open_site(&site)?;
        let Some(run) = &opened.run else {
            streams.refused(&opened);
            return Ok(End::Wrong);
        };
        let groups = first::groups(&opened.site);
        for root in groups.iter().filter_map(|group| group.missing.as_ref()).collect::<BTreeSet<_>>() {
            let root = clean(opened.sources.shown(root));
            streams.note(&format!(
                "the DocumentRoot {root} is not there: what is below it is answered as on a server without its files"
            ));
        }
        let text = self.suite(&site, &groups, run);
        match &self.output {
            None => {
                streams.out.write_all(text.as_bytes())?;
                if paths(&site).iter().any(|path| path.is_relative()) {
                    streams.note("its paths are from this directory: keep it here, or let -o FILE write it elsewhere");
                }
            }
            Some(path) => {
                let file = OpenOptions::new().write(true).create_new(true).open(path);
                let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
                written.or_else(|e| failure(format!("can't write `{}`: {e}", path.display())))?;
                streams.note(&format!("wrote {0}; run it with `routesim test {0}`", path.display()));
            }
        }
        Ok(End::Fine)
    }

    /// The site that is looked at.
    fn site(&self, streams: &Streams) -> Result<RealSite, Failure> {
        if self.given.scenario.is_some() {
            return failure(
                "a scenario is a suite already: give -c FILE for a server's configuration, or --docroot DIR",
            );
        }
        match self.given.real_site(streams)? {
            Some(RealSite::Htaccess(_)) => {
                failure("a suite of a single .htaccess file is one of its directory: give that with --docroot")
            }
            Some(site) => Ok(site),
            None => match given::around(streams) {
                Some(docroot) => Ok(RealSite::Docroot(docroot)),
                None => failure("name the site: -c FILE for a server's configuration, --docroot DIR for web files"),
            },
        }
    }

    fn suite(&self, site: &RealSite, groups: &[Group], run: &Run) -> String {
        let mut out = format!("# yaml-language-server: $schema={}\n", schema::url("scenario"));
        out.push_str("# What this site answers today, by `routesim init`. Keep what must stay, and say why; throw the rest away.\n");
        out.push_str("routesim: 1\n");
        let (what, path) = match site {
            RealSite::Config(path, _) => ("config", path),
            RealSite::Docroot(path) | RealSite::Htaccess(path) => ("docroot", path),
        };
        let _ = writeln!(out, "name: {}", scalar(&format!("Routing of {}", path.display()).into()));
        let mut keys = serde_json::Map::new();
        keys.insert(what.into(), self.relative(path).into());
        if let RealSite::Config(_, options) = site {
            for (key, path) in [("root", &options.root), ("envvars", &options.envvars)] {
                keys.extend(path.as_ref().map(|path| (key.to_string(), Value::from(self.relative(path)))));
            }
            if options.assume_modules {
                keys.insert("assume_modules".into(), true.into());
            }
        }
        let _ = writeln!(out, "site: {}", flow(&keys.into()));
        if let RealSite::Config(_, options) = site {
            if !options.defines.is_empty() {
                let _ = writeln!(out, "defines: {}", flow(&json!(options.defines)));
            }
            if !options.env.is_empty() {
                let env = options.env.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                let _ = writeln!(out, "environment: {}", flow(&Value::Object(env.collect())));
            }
        }
        out.push_str("requests:\n");
        for group in groups {
            let place = group.line.map(|line| format!(" ({})", run.sources().place(line))).unwrap_or_default();
            let _ = writeln!(out, "\n  # {}{}", clean(&group.title), clean(place));
            if let Some(root) = &group.missing {
                let _ = writeln!(
                    out,
                    "  # Its DocumentRoot {} was not there when this was written.",
                    clean(run.sources().shown(root))
                );
            }
            requests(&mut out, group, run);
        }
        out.push_str(&self.pipeline());
        out
    }

    /// How it is run.
    fn pipeline(&self) -> String {
        let file = self.output.as_deref().unwrap_or(Path::new("routing.yaml")).display();
        format!(
            "\n# In CI, exit status 1 says that an answer has changed:\n#   routesim test {file}\n# on GitHub, with annotations on the lines that decided:\n#   - run: routesim test --format github {file}\n# on GitLab and Jenkins:\n#   routesim test --report junit=routesim.xml {file}\n# When new answers are meant: routesim test --update {file}\n"
        )
    }

    /// A path as the suite is to name it: from its directory, unless it is absolute.
    fn relative(&self, path: &Path) -> String {
        let directory = self.output.as_deref().and_then(Path::parent).filter(|d| *d != Path::new(""));
        let (Some(directory), false) = (directory, path.is_absolute()) else { return path.display().to_string() };
        let whole = |path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
            path.components().filter(|c| *c != Component::CurDir).map(|c| c.as_os_str().to_owned()).collect::<Vec<_>>()
        };
        let (to, from) = (whole(path), whole(directory));
        let same = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..".into(), from.len() - same);
        up.chain(to[same..].iter().cloned()).collect::<PathBuf>().display().to_string()
    }
}

/// The paths by which a suite names its site.
fn paths(site: &RealSite) -> Vec<&Path> {
    match site {
        RealSite::Config(config, options) => {
            let others = [&options.root, &options.envvars].into_iter().flatten().map(PathBuf::as_path);
            [config.as_path()].into_iter().chain(others).collect()
        }
        RealSite::Docroot(path) | RealSite::Htaccess(path) => vec![path],
    }
}

/// A group's requests, with today's answers.
fn requests(out: &mut String, group: &Group, run: &Run) {
    let mut before = None;
    for asked in &group.requests {
        let mut spec = RequestSpec::short(&asked.url);
        run.place(&mut spec);
        let outcome = run.ask(&Request::of(&spec, 0));
        if let Some(line) = asked.line.as_ref().filter(|line| before != Some(*line)) {
            let _ = writeln!(out, "  # {}", clean(line));
        }
        before = asked.line.as_ref();
        let _ = writeln!(out, "  - url: {}", scalar(&asked.url.as_str().into()));
        if let Some(caveat) = outcome.caveats.first() {
            let _ = writeln!(out, "    # not certain today: {}", clean(&caveat.why));
            continue;
        }
        let told = json::outcome(&outcome, run.sources());
        let served = outcome.status < 300 && outcome.handler.as_ref().is_some_and(|h| *h == "default-handler");
        match group.secret {
            true if served => {
                let _ = writeln!(out, "    # is served today: is it meant to be?");
                let _ = writeln!(out, "    expect: {}", flow(&worth(&told).into()));
            }
            true if matches!(outcome.status, 403 | 404) => out.push_str("    expect: {status: {one_of: [403, 404]}}\n"),
            _ => {
                let _ = writeln!(out, "    expect: {}", flow(&worth(&told).into()));
            }
        }
    }
}
