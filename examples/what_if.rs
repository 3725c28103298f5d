//! What would change if a line were not there? Takes each directive out in turn, and asks again.
//!
//! `cargo run --example what_if`

use routesim::simulate::Ask;
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
    let ask = Ask::get("/secret.txt");
    let status = |site: &Site| site.start().map(|run| run.ask(&ask).status);
    println!("now: {:?}", status(&site).map_err(|refused| refused.message.clone())?);
    for directive in site.directives().filter(|d| !d.is_section()) {
        let span = directive.span();
        let edit = Edit { file: span.file, range: span.start..span.end, text: "".into() };
        match status(&site.with(&[edit])?) {
            Ok(status) => println!("without `{} {}`: {status}", directive.name(), directive.args()),
            Err(_) => println!("without `{} {}`: httpd would not start", directive.name(), directive.args()),
        }
    }
    Ok(())
}
