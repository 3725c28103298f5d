//! Which lines of a configuration do some requests reach, and which never match? An observer is told of each.
//!
//! `cargo run --example reached`

use routesim::Request;
use routesim::outcome::observer::{Line, Observer};
use routesim::outcome::step::Judgement;
use routesim::site::Site;
use routesim::source::Span;
use std::collections::BTreeMap;
use std::error::Error;

const CONFIG: &str = "\
DocumentRoot /srv/www
Redirect /old https://www.example.com/new
Alias /static /srv/static
Alias /static/img /srv/img
";

/// How often each line was reached, and how often it matched.
#[derive(Default)]
struct Coverage(BTreeMap<Span, (usize, usize)>);

impl Observer for Coverage {
    fn line(&mut self, line: Line) {
        let (reached, matched) = self.0.entry(line.at).or_default();
        *reached += 1;
        *matched += usize::from(line.judgement == Judgement::Matched);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let site = Site::builder(CONFIG).file("/srv/www/index.html", "").build()?;
    let run = site.start()?;
    let mut coverage = Coverage::default();
    for url in ["/", "/old/page", "/static/app.css", "/static/img/logo.png"] {
        run.observe(&Request::get(url), &mut coverage);
    }
    for directive in site.directives() {
        let (reached, matched) = coverage.0.get(&directive.span()).copied().unwrap_or_default();
        println!("{:>7} reached {:>3} matched  {} {}", reached, matched, directive.name(), directive.args());
    }
    Ok(())
}
