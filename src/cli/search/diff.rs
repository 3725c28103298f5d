//! `routesim diff A B`, `routesim diff --replace PATH=FILE`, `routesim diff --httpd-a VERSION --httpd-b VERSION`

use super::revision::Revision;
use super::{Ended, SearchArgs};
use crate::cli::baseline::{BaselineArgs, Finding};
use crate::cli::given::{self, Given, Opened};
use crate::cli::output::Streams;
use crate::cli::status::Status;
use crate::cli::urls::Urls;
use crate::cli::{End, Failure, failure, suites};
use crate::outcome::json;
use crate::report::{ndjson, search as report};
use crate::run::Run;
use crate::search::compare::{Comparison, Difference};
use crate::search::open::Open;
use crate::server::asked::Request;
use crate::source::directive_text;
use crate::source::{SourceMap, Span};
use crate::suite::RequestSpec;
use crate::version::Version;
use crate::vfs::bounded;
use serde_json::json;
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How many differences people are shown, unless they say otherwise.
const SHOWN: usize = 12;

/// What two sites answer otherwise.
#[derive(clap::Args)]
pub(in crate::cli) struct Diff {
    /// The site before: a scenario, a configuration file or directory as for -c, or REV:PATH as git has it
    #[arg(value_name = "A", requires = "after", conflicts_with_all = ["scenario", "config", "docroot", "replace"])]
    before: Option<PathBuf>,

    /// The site after
    #[arg(value_name = "B")]
    after: Option<PathBuf>,

    #[command(flatten)]
    given: Given,

    /// Compare the site with itself after this file's text is replaced by that of FILE; may be repeated
    #[arg(long, value_name = "PATH=FILE", value_parser = replacement)]
    replace: Vec<(PathBuf, PathBuf)>,

    /// The root of A's file system [default: that of --root]
    #[arg(long, value_name = "DIR", requires = "before")]
    root_a: Option<PathBuf>,

    /// The root of B's file system [default: that of --root]
    #[arg(long, value_name = "DIR", requires = "before")]
    root_b: Option<PathBuf>,

    /// The version of httpd before, where an upgrade is compared [default: the site's own]
    #[arg(long, value_name = "VERSION")]
    httpd_a: Option<Version>,

    /// The version of httpd after
    #[arg(long, value_name = "VERSION")]
    httpd_b: Option<Version>,

    /// Ask the URLs of a file, one per line, instead of searching
    #[arg(long, value_name = "FILE|-")]
    urls: Option<PathBuf>,

    /// Ask the requests of a suite instead of searching; may be repeated
    #[arg(long, value_name = "PATH")]
    suite: Vec<PathBuf>,

    #[command(flatten)]
    known: BaselineArgs,

    /// Compare the response's headers and type, too
    #[arg(long)]
    response: bool,

    #[command(flatten)]
    search: SearchArgs,

    /// Output format
    #[arg(long, value_enum, default_value_t = super::Format::Text)]
    format: super::Format,
}

fn replacement(text: &str) -> Result<(PathBuf, PathBuf), String> {
    match text.split_once('=') {
        Some((path, file)) if !path.is_empty() && !file.is_empty() => Ok((path.into(), file.into())),
        _ => Err("write PATH=FILE".into()),
    }
}

impl Diff {
    /// Runs the verb.
    pub(in crate::cli) fn run(&self, streams: &mut Streams) -> Result<End, Failure> {
        let [mut a, mut b] = self.sites(streams)?;
        let (first, second) = match (a.run.take(), b.run.take()) {
            (Some(first), Some(second)) => (first, second),
            (Some(first), None) => return self.refused(&first, [&a, &b], 1, streams),
            // a version that has not what the site needs is an answer, a broken site before a change is none
            (None, Some(second)) if self.is_upgrade() => return self.refused(&second, [&a, &b], 0, streams),
            (None, _) => {
                streams.diagnostics(&a.diagnostics, &a.sources);
                return failure("httpd would refuse to start with the configuration before");
            }
        };
        let sites = [&a.site, &b.site];
        let mut comparison = Comparison::new(sites, [first, second], self.response);
        match self.requests(streams)? {
            Some(specs) => {
                comparison.put(&specs);
                let why = "the requests that were given are not all there are".into();
                comparison.open.push(Open { line: Span::NONE, why });
            }
            None => {
                let purse = self.search.purse(1)?;
                let _status = Status::begin(streams, "requests");
                comparison.search(sites, &self.search.terms(), purse);
            }
        }
        let (asked, stopped, moved) = (comparison.asked, comparison.stopped, comparison.moved.clone());
        let open = std::mem::take(&mut comparison.open);
        let all = comparison.differences();
        let [before, after] = [comparison.runs[0].sources(), comparison.runs[1].sources()];
        let limit = self.search.limit.unwrap_or(if self.format == super::Format::Text { SHOWN } else { usize::MAX });
        for found in all.iter().take(limit) {
            self.tell(found, [before, after], streams)?;
        }
        let found = all.len();
        let findings: Vec<Finding> = all.iter().map(|found| finding(found, [before, after])).collect();
        let looked_at =
            [before, after].map(|s| s.files_from(0).iter().map(|f| f.shown().to_string()).collect::<Vec<_>>());
        let looked_at = looked_at.concat();
        let mut known = self.known.known(&looked_at, findings.iter().cloned(), streams)?;
        let news = findings.iter().filter(|finding| !known.has(finding)).count();
        if self.urls.is_none() && self.suite.is_empty() {
            known.tell_unused(&looked_at, streams);
        }
        if self.format == super::Format::Ndjson {
            let ended = Ended { found, asked, stopped, open };
            ndjson::line(&mut streams.out, &ended.summary(before))?;
        } else {
            let decided: HashSet<_> = all.iter().flat_map(|f| f.cause[1].iter().copied()).collect();
            let idle = moved[1].iter().filter(|span| !decided.contains(*span)).count();
            if idle > 0 {
                let lines = crate::text::plural(idle, "line");
                streams.note(&format!("{lines} moved without an effect that was found"));
            }
            if found > limit {
                streams.note(&format!("{} more: --limit {found} shows all", found - limit));
            }
            streams.note(&report::ended(found, asked, stopped, &open, before));
        }
        Ok(if news > 0 { End::Finding } else { End::Fine })
    }

    fn tell(&self, found: &Difference, sources: [&SourceMap; 2], streams: &mut Streams) -> Result<(), Failure> {
        let spec = found.ask.spec();
        let [a, b] = [0, 1].map(|n: usize| report::places(&found.cause[n], sources[n]));
        match self.format {
            super::Format::Ndjson => {
                let line = json!({
                    "kind": found.kind.words(),
                    "cause": {"a": a, "b": b},
                    "count": found.count,
                    "request": spec.written(),
                    "before": report::outcome(&found.before, sources[0]),
                    "after": report::outcome(&found.after, sources[1]),
                });
                ndjson::line(&mut streams.out, &line)?;
            }
            super::Format::Text => report::difference(&mut streams.out, found, sources, streams.paint)?,
            super::Format::Yaml => report::yaml(&mut streams.out, &spec, &found.after, sources[1])?,
        }
        Ok(())
    }

    /// One of the two sites does not start: that of this place.
    fn refused(&self, run: &Run, sites: [&Opened; 2], place: usize, streams: &mut Streams) -> Result<End, Failure> {
        let refused = sites[place];
        let Some(error) = refused.refusal() else { return Ok(End::Wrong) };
        if self.format == super::Format::Ndjson {
            let spec = RequestSpec::short("http://localhost/");
            let answer = report::outcome(&run.ask(&Request::of(&spec, 0)), run.sources());
            let stops = json::config_error(error, &refused.sources);
            let cause = |n: usize| match n == place {
                true => report::places(&[error.span], &refused.sources),
                false => report::places(&[], &refused.sources),
            };
            let (before, after) = if place == 0 { (stops, answer) } else { (answer, stops) };
            let line = json!({
                "kind": "httpd refuses to start",
                "cause": {"a": cause(0), "b": cause(1)},
                "count": 1,
                "request": spec.written(),
                "before": before,
                "after": after,
            });
            ndjson::line(&mut streams.out, &line)?;
            let summary = json!({"found": 1, "asked": 1, "complete": true, "open": [], "stopped": null});
            ndjson::line(&mut streams.out, &json!({"summary": summary}))?;
        } else {
            streams.diagnostics(&refused.diagnostics, &refused.sources);
            let site = match [self.httpd_a, self.httpd_b][place] {
                Some(version) => format!("httpd {version} would refuse to start"),
                None => format!("httpd would refuse to start with the configuration {}", ["before", "after"][place]),
            };
            let place = match error.span.is_some() {
                true => format!(": it stops at {}", refused.sources.place(error.span)),
                false => String::new(),
            };
            // no request shows it
            match self.format {
                super::Format::Yaml => streams.note(&format!("{site}{place}")),
                _ => writeln!(streams.out, "{site}{place}")?,
            }
        }
        Ok(End::Finding)
    }

    /// Whether two versions of httpd are compared.
    fn is_upgrade(&self) -> bool {
        self.httpd_a.is_some() || self.httpd_b.is_some()
    }

    /// The two sites, each of its version of httpd.
    fn sites(&self, streams: &Streams) -> Result<[Opened; 2], Failure> {
        let [a, b] = self.configurations(streams)?;
        let of = |site: Opened, version: Option<Version>| match version {
            Some(version) => Opened::of(&site.site.with_httpd(version), Vec::new(), site.real),
            None => site,
        };
        Ok([of(a, self.httpd_a), of(b, self.httpd_b)])
    }

    /// The two sites, as they are named.
    fn configurations(&self, streams: &Streams) -> Result<[Opened; 2], Failure> {
        if let (Some(a), Some(b)) = (&self.before, &self.after) {
            let open = |path: &Path, root: &Option<PathBuf>| {
                if let Some(revision) = Revision::parse(path)? {
                    return self.at(&revision, root, streams);
                }
                let given = self.like(path, root);
                let name = given.scenario.clone();
                given.open_for_search(name.as_deref(), streams)
            };
            return Ok([open(a, &self.root_a)?, open(b, &self.root_b)?]);
        }
        if self.replace.is_empty() && !self.is_upgrade() {
            return failure(
                "name two sites, `diff A B`, a change of one, `diff -c FILE --replace PATH=FILE`, \
                 or two versions of httpd, `diff -c FILE --httpd-a VERSION --httpd-b VERSION`",
            );
        }
        let before = self.given.open_for_search(self.given.scenario.as_deref(), streams)?;
        let mut texts = Vec::new();
        for (path, file) in &self.replace {
            let text = bounded::read(file).or_else(|e| failure(format!("can't read `{}`: {e}", file.display())))?;
            texts.push((path.display().to_string(), Some(text.into())));
        }
        let (site, unknown) = before.site.with_texts(&texts);
        if let Some(path) = unknown {
            return failure(format!("the configuration reads no file `{path}`: name one as its places do"));
        }
        let after = Opened::of(&site, Vec::new(), before.real);
        Ok([before, after])
    }

    /// A site as it was in a git revision: today's, with the texts of then.
    fn at(&self, revision: &Revision, root: &Option<PathBuf>, streams: &Streams) -> Result<Opened, Failure> {
        let given = self.like(&revision.path, root);
        let texts = revision.texts()?;
        if let Some(path) = &given.scenario {
            let text = match texts.get(&revision.path) {
                Some(Some(text)) => text.to_string(),
                Some(None) => return failure(format!("the revision has no file `{path}`")),
                None => {
                    String::from_utf8_lossy(&bounded::read(&revision.path).or_else(|e| failure(e.to_string()))?).into()
                }
            };
            return given::open_text(&revision.path, &text, streams);
        }
        let root = given.machine.root.clone().and_then(|root| std::path::absolute(root).ok()).unwrap_or("/".into());
        let inside = |path: &Path| path.strip_prefix(&root).ok().map(|inner| format!("/{}", inner.display()));
        let texts: Vec<_> = texts.into_iter().filter_map(|(path, text)| Some((inside(&path)?, text))).collect();
        // a main file that is not there today
        let today = given.open_for_search(None, streams)?;
        let (site, _) = today.site.with_texts(&texts);
        Ok(Opened::of(&site, Vec::new(), today.real))
    }

    /// How a site is opened that is named by a path.
    fn like(&self, path: &Path, root: &Option<PathBuf>) -> Given {
        let text = path.display().to_string();
        let is_scenario = ["yaml", "yml"].iter().any(|end| path.extension().is_some_and(|e| e == *end))
            || crate::builtin::find(&text).is_some() && !path.exists();
        let mut machine = self.given.machine.clone();
        machine.root = root.clone().or(machine.root);
        Given {
            scenario: is_scenario.then_some(text),
            config: (!is_scenario).then(|| path.into()),
            docroot: None,
            httpd_version: self.given.httpd_version,
            machine,
        }
    }

    /// The requests that are asked instead of a search.
    fn requests(&self, streams: &Streams) -> Result<Option<Vec<RequestSpec>>, Failure> {
        let mut all = Vec::new();
        if let Some(urls) = &self.urls {
            let urls = Urls::read(urls)?;
            all.extend(urls.lines().map(|line| RequestSpec::short(&String::from_utf8_lossy(line))));
        }
        for path in &self.suite {
            let sources = SourceMap::default();
            match suites::load_all(path, &sources) {
                Ok(scenarios) => all.extend(scenarios.into_iter().flat_map(|s| s.requests)),
                Err(found) => {
                    streams.diagnostics(&found, &sources);
                    return failure(format!("suite `{}` can't be read", path.display()));
                }
            }
        }
        Ok((self.urls.is_some() || !self.suite.is_empty()).then_some(all))
    }
}

/// A difference as a baseline names it: by the lines that it comes of.
fn finding(found: &Difference, sources: [&SourceMap; 2]) -> Finding {
    let lines = found.cause.iter().zip(sources).flat_map(|(lines, sources)| {
        lines.iter().map(|line| (sources.file(line.file).shown().to_string(), directive_text(sources, *line)))
    });
    let lines: Vec<(String, String)> = lines.collect();
    let file = lines.last().map_or("config", |(file, _)| file.as_str());
    let texts: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
    let what = if texts.is_empty() { found.ask.url() } else { texts.join(" / ") };
    Finding::new(file, &what, found.kind.words())
}
