//! What would change if a line were not there? Takes each directive out in turn, and asks again.
//!
//! `cargo run --example what_if`

use routesim::Request;
use routesim::site::{Edit, Site};
use std::error::Error;

const CONFIG: &str = "\
DocumentRoot /srv/www
<Directory /srv/www>
    Require all denied
</Directory>
<Location />
    Require all granted
</Location>
";

fn main() -> Result<(), Box<dyn Error>> {
    let site = Site::builder(CONFIG).file("/srv/www/secret.txt", "").build()?;
    let ask = Request::get("/secret.txt");
    println!("now: {}", status(&site, &ask)?);
    for directive in site.directives().filter(|d| !d.is_section()) {
        let changed = status(&site.with(&[Edit::delete(directive.span())])?, &ask);
        let changed = changed.map_or_else(|why| format!("httpd would not start: {why}"), |status| status.to_string());
        println!("without `{} {}`: {changed}", directive.name(), directive.args());
    }
    Ok(())
}

/// The status of an answer, or why httpd would not start.
fn status(site: &Site, ask: &Request) -> Result<u16, String> {
    let run = site.start().map_err(|refused| refused.to_string())?;
    Ok(run.ask(ask).status)
}
