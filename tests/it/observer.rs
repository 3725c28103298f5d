//! What an observer is told, and that it changes nothing.

use routesim::outcome::Decision;
use routesim::outcome::observer::{Line, Observer, Origin, PatternKind, Tried};
use routesim::outcome::step::Judgement;
use routesim::source::SourceMap;
use routesim::suite::{Scenario, paths};
use routesim::{Request, Run, Site};
use std::collections::HashSet;
use std::path::Path;

/// All that was told, as text: `config:3 Alias matched`.
struct Told<'s> {
    sources: &'s SourceMap,
    lines: Vec<String>,
    patterns: Vec<String>,
    decided: usize,
}

impl<'s> Told<'s> {
    fn new(sources: &'s SourceMap) -> Told<'s> {
        Told { sources, lines: Vec::new(), patterns: Vec::new(), decided: 0 }
    }
}

impl Observer for Told<'_> {
    fn line(&mut self, line: Line) {
        self.lines.push(format!("{} {}", line.at.line, line.judgement.word()));
    }

    fn pattern(&mut self, t: &Tried<'_>) {
        let origin = match t.origin {
            Origin::Header | Origin::Variable | Origin::File => format!("{:?} {}", t.origin, t.name),
            origin => format!("{origin:?}"),
        };
        self.patterns.push(format!(
            "{} {} on {} of {} {}",
            t.line.line,
            t.pattern,
            t.subject,
            origin.trim(),
            t.matched
        ));
    }

    fn decided(&mut self, decision: &Decision) {
        assert!(!self.sources.file(decision.span.file).name.is_empty());
        self.decided += 1;
    }
}

const CONFIG: &str = "\
DocumentRoot /srv/www
AliasMatch ^/old/(.*) /srv/old/$1
Alias /img /srv/img
Alias / /srv/all/
SetEnvIf X-Tool ^curl tool
<Directory /srv/img>
    AllowOverride All
    Require all granted
</Directory>
<Location /img>
    Require env tool
    Require all granted
</Location>
<Location /other>
    Require all denied
</Location>
";

fn run(text: &str) -> Run {
    let text = format!(
        "name: x\nconfig: {}\nfiles:\n  /srv/img/.htaccess: |\n    RewriteEngine on\n    RewriteCond %{{HTTP_HOST}} ^www\\.\n    RewriteRule ^a b\n  /srv/img/x.png: x\n  /srv/www/: {{dir: true}}\n",
        serde_json::json!(text)
    );
    let scenario = Scenario::parse(Path::new("x.yaml"), &text, &SourceMap::default()).expect("it is a scenario");
    Site::of_scenario(&scenario).expect("it can be laid out").start().expect("httpd starts")
}

#[test]
fn lines_and_patterns_are_told() {
    let run = run(CONFIG);
    let mut told = Told::new(run.sources());
    let ask = Request::get("http://example.com/img/x.png");
    let outcome = run.observe(&ask, &mut told);
    assert_eq!((outcome.status, told.decided), (200, outcome.decided_by.len()));
    for line in ["2 missed", "3 matched", "6 matched", "10 matched", "14 missed", "11 missed", "12 matched", "5 missed"]
    {
        assert!(told.lines.iter().any(|l| l == line), "no `{line}` in {:#?}", told.lines);
    }
    assert!(!told.lines.iter().any(|l| l.starts_with("4 ")), "a line after the first that matched was not reached");
    for pattern in [
        "2 ^/old/(.*) on /img/x.png of Path false",
        "3 /img on /img/x.png of Path true",
        "5 ^curl on  of Header X-Tool false",
        "6 /srv/img/ on /srv/img/ of File true",
        "10 /img on /img/x.png of Path true",
        "3 ^a on x.png of File /srv/img/ false",
    ] {
        assert!(told.patterns.iter().any(|p| p == pattern), "no `{pattern}` in {:#?}", told.patterns);
    }
    // a condition is looked at only where the rule's own pattern matches
    assert!(!told.patterns.iter().any(|p| p.contains("www")));
    let mut told = Told::new(run.sources());
    run.observe(&Request::get("http://www.example.com/img/a"), &mut told);
    let condition = "2 ^www\\. on www.example.com of Host true";
    assert!(told.patterns.iter().any(|p| p == condition), "no `{condition}` in {:#?}", told.patterns);
}

#[test]
fn names_and_networks_are_told() {
    let config = "<VirtualHost *>\nServerName a.example\n</VirtualHost>\n\
        <VirtualHost *>\nServerName b.example\nServerAlias *.b.example\nDocumentRoot /srv\n<Location />\n\
        Require ip 10.1 203.0.113.0/24\n</Location>\n<Location /old>\nOrder deny,allow\nDeny from 203.0.113.1\n</Location>\n\
        </VirtualHost>\n";
    let run = run(config);
    let mut told = Told::new(run.sources());
    assert_eq!(run.observe(&Request::get("http://WWW.b.example/old"), &mut told).status, 403);
    told.patterns.retain(|p| !p.contains("of Path"));
    assert_eq!(
        told.patterns,
        [
            "2 a.example on www.b.example of Host false",
            "5 b.example on www.b.example of Host false",
            "6 *.b.example on www.b.example of Host true",
            "13 203.0.113.1/32 on 203.0.113.1 of Client true",
        ]
    );
    let mut told = Told::new(run.sources());
    run.observe(&Request::get("http://www.b.example/x"), &mut told);
    let networks: Vec<&String> = told.patterns.iter().filter(|p| p.contains("Client")).collect();
    assert_eq!(
        networks,
        ["9 10.1.0.0/16 on 203.0.113.1 of Client false", "9 203.0.113.0/24 on 203.0.113.1 of Client true"]
    );
}

/// Keeps which lines were reached and what decided.
#[derive(Default)]
struct Lines {
    matched: HashSet<(u32, u32)>,
    reached: usize,
}

impl Observer for Lines {
    fn line(&mut self, line: Line) {
        self.reached += 1;
        if line.judgement == Judgement::Matched {
            self.matched.insert((line.at.file.0, line.at.start));
        }
    }

    fn pattern(&mut self, tried: &Tried<'_>) {
        assert!(tried.line.is_some(), "a pattern without a place: {tried:?}");
        if let PatternKind::Regex { .. } = tried.kind {
            assert!(!tried.pattern.is_empty() || tried.matched);
        }
    }
}

/// Each recorded request has the same answer, observed or not; what an explanation says matched, an observer is told.
#[test]
fn observing_changes_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut asked, mut reached) = (0, 0);
    for folder in ["scenarios", "tests/recorded/suite", "tests/recorded/mixed"] {
        for path in paths::below(&root.join(folder), paths::is_scenario).expect("it is there") {
            let Ok(scenario) = Scenario::load(&path, &SourceMap::default()) else { continue };
            let Ok(site) = Site::of_scenario(&scenario) else { continue };
            let Ok(run) = site.start() else { continue };
            for (i, spec) in scenario.requests.iter().enumerate() {
                let ask = Request::of(spec, i);
                let mut lines = Lines::default();
                let observed = run.observe(&ask, &mut lines);
                assert_eq!(observed, run.ask(&ask), "{} request {}", path.display(), i + 1);
                asked += 1;
                reached += lines.reached;
                let (_, steps) = run.explain(&ask);
                let mut matched = HashSet::new();
                steps.iter().for_each(|s| collect(s, &mut matched));
                let untold: Vec<_> = matched.difference(&lines.matched).collect();
                assert!(untold.is_empty(), "{} request {}: not told of {untold:?}", path.display(), i + 1);
            }
        }
    }
    assert!(asked > 1000 && reached > 10 * asked, "{asked} requests, {reached} lines");
}

fn collect(step: &routesim::outcome::Step, matched: &mut HashSet<(u32, u32)>) {
    if let (Judgement::Matched, Some(rule)) = (step.judgement, step.rule) {
        matched.insert((rule.file.0, rule.start));
    }
    // what is within a step that was shadowed is only what would have been
    if !step.lost() {
        step.children.iter().for_each(|c| collect(c, matched));
    }
}
