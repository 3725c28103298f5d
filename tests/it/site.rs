//! The library's door: sites that are built, opened, looked into and changed.

use routesim::Request;
use routesim::site::{Edit, Site, SiteOptions};
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use std::path::Path;

const CONFIG: &str = "\
DocumentRoot /srv/www
<Directory /srv/www>
    AllowOverride All
    <Files *.key>
        Require all denied
    </Files>
</Directory>
Include conf/more.conf
";

fn site() -> Site {
    Site::builder(CONFIG)
        .file("/srv/www/a.html", "a")
        .file("/srv/www/a.key", "k")
        .file("/srv/www/.htaccess", "Redirect /old /new\n")
        .file("/etc/apache2/conf/more.conf", "Alias /m /srv/www\n")
        .build()
        .expect("there is room")
}

fn status(site: &Site, url: &str) -> u16 {
    site.start().expect("httpd starts").ask(&Request::get(url)).status
}

/// The edit that puts `new` in the place of `old` in the text of that name.
fn edit(site: &Site, name: &str, old: &str, new: &str) -> Edit {
    let file =
        (0..).map(routesim::source::FileId).find(|id| site.sources().file(*id).name == name).expect("it was read");
    let start = site.sources().file(file).text.to_string().find(old).expect("it is in there") as u32;
    Edit { file, range: start..start + old.len() as u32, text: new.into() }
}

#[test]
fn directives_with_their_places() {
    let site = site();
    let names: Vec<String> = site.directives().map(|d| d.name().to_string()).collect();
    assert_eq!(names, ["DocumentRoot", "Directory", "AllowOverride", "Files", "Require", "Alias"]);
    let require = site.directives().find(|d| d.name() == "Require").expect("it is there");
    let around: Vec<String> = require.parents().map(|(name, _)| name.to_string()).collect();
    assert_eq!(
        (around, site.sources().place(require.span())),
        (vec!["Directory".into(), "Files".into()], "config:5".into())
    );
    let at = site.directive_at(require.span().file, require.arg_span(site.sources(), 0).start).expect("it is there");
    assert_eq!((at.name().to_string(), at.args().to_string()), ("Require".into(), "all denied".into()));
    let section = site.directive_at(require.span().file, CONFIG.find("</Directory").unwrap() as u32);
    assert_eq!(section.map(|d| d.name().to_string()).as_deref(), Some("Directory"));
}

#[test]
fn texts_are_changed_and_the_site_stays() {
    let site = site();
    assert_eq!((status(&site, "/a.key"), status(&site, "/m/a.html"), status(&site, "/old/x")), (403, 200, 302));
    let open = site.with(&[edit(&site, "config", "denied", "granted")]).expect("one edit");
    assert_eq!((status(&open, "/a.key"), status(&site, "/a.key")), (200, 403));
    let moved = site.with(&[edit(&site, "/etc/apache2/conf/more.conf", "/m", "/n")]).expect("one edit");
    assert_eq!((status(&moved, "/m/a.html"), status(&moved, "/n/a.html")), (404, 200));
    let gone = site.with(&[edit(&site, "/srv/www/.htaccess", "Redirect", "Redirect gone")]);
    assert_eq!(status(&gone.expect("one edit"), "/old/x"), 500, "a target after `gone` is an error");
    let both = site.with(&[edit(&site, "config", "denied", "granted"), edit(&site, "config", "all denied", "x")]);
    assert!(both.is_err(), "they overlap");
}

#[test]
fn a_site_that_does_not_start_can_be_looked_into() {
    let site = Site::builder("Alias /a /b\nBogus on\n").build().expect("there is room");
    let refused = site.start().err().expect("httpd refuses");
    assert_eq!(site.sources().place(refused.span), "config:2");
    assert_eq!((site.directives().count(), site.diagnostics().len()), (2, 1));
    let mended = site.with(&[edit(&site, "config", "Bogus on", "")]).expect("one edit");
    assert!(mended.start().is_ok());
}

#[test]
fn a_configuration_of_this_machine() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site");
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(root.join("etc/apache2")).expect("there is room");
    std::fs::create_dir_all(root.join("srv/www")).expect("there is room");
    std::fs::write(root.join("etc/apache2/apache2.conf"), "DocumentRoot ${WWW}\n").expect("there is room");
    std::fs::write(root.join("srv/www/a.html"), "a").expect("there is room");
    let options = SiteOptions {
        root: Some(root.clone()),
        env: vec![("WWW".into(), "/srv/www".into())],
        ..SiteOptions::default()
    };
    let site = Site::open(&root.join("etc/apache2/apache2.conf"), &options).expect("it is there");
    assert_eq!(status(&site, "/a.html"), 200);
    let missing = Site::open(&root.join("etc/apache2/none.conf"), &options).err().expect("there is none");
    assert!(missing.to_string().contains("none.conf"), "{missing}");
}

#[test]
fn a_scenario_is_a_site() {
    let text = "name: x\nconfig: DocumentRoot /srv\nfiles: {/srv/a: x}\nrequests: [/a]\n";
    let scenario = Scenario::parse(Path::new("x.yaml"), text, &SourceMap::default()).expect("it is one");
    assert_eq!(status(&Site::of_scenario(&scenario).expect("it can be laid out"), "/a"), 200);
}
