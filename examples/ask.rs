//! Asks one URL of a configuration: the status, the file, and the lines that decided.
//!
//! `cargo run --example ask -- /etc/apache2/apache2.conf https://www.example.com/admin/`

use routesim::Request;
use routesim::site::{Site, SiteOptions};
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let site = match arguments.first() {
        Some(config) => Site::open(Path::new(config), &SiteOptions::default())?,
        None => Site::builder("DocumentRoot /srv/www\nAlias /docs /srv/manual\n")
            .file("/srv/www/index.html", "welcome")
            .file("/srv/manual/intro.html", "hello")
            .build()?,
    };
    let url = arguments.get(1).map_or("/docs/intro.html", String::as_str);
    let run = site.start().map_err(|refused| format!("{}: {}", site.sources().place(refused.span), refused.message))?;
    let outcome = run.ask(&Request::get(url));
    println!("{url}: {} {}", outcome.status, outcome.file.unwrap_or_default());
    for decision in &outcome.decided_by {
        println!("  {} ({})", site.sources().directive_name(decision.span), site.sources().place(decision.span));
    }
    for caveat in &outcome.caveats {
        println!("  not certain: {}: {}", caveat.directive, caveat.why);
    }
    Ok(())
}
