//! Files that are too large, never end, block or lead elsewhere; texts that stand for too much.

use routesim::diagnostic::{Diagnostic, Severity};
use routesim::site::Modules;
use routesim::source::SourceMap;
use routesim::suite::Scenario;
use routesim::vfs::{Disk, Memory, Owner, Vfs};
use routesim::{Request, Site};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The limits that docs/model.md tells.
const DIRECTIVES: usize = 1 << 20;
const FINDINGS: usize = 1000;
const INCLUDE_ENTRIES: usize = 50_000;

/// More than any memory.
const HUGE: u64 = 3 << 40;

/// A tree of this machine that is gone afterwards.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str) -> Tree {
        let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("reading-{name}"));
        let _ = fs::remove_dir_all(&top);
        fs::create_dir_all(&top).unwrap();
        Tree(top)
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A file that takes no room on the disk and all there is in memory.
    fn huge(&self, name: &str) {
        File::create(self.path(name)).unwrap().set_len(HUGE).unwrap();
    }

    /// A configuration over it.
    fn load(&self, config: &str) -> Site {
        let vfs: Arc<dyn Vfs> = Arc::new(Disk::new(&self.0).unwrap());
        load(config, vfs)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn load(config: &str, vfs: Arc<dyn Vfs>) -> Site {
    let site = Site::builder(config).tree(vfs).load(Modules::All).lenient(true);
    site.build().expect("no file was added")
}

fn messages(found: &[Diagnostic]) -> String {
    found.iter().map(|d| format!("{} {}\n", d.span.line, d.message)).collect()
}

#[test]
fn what_a_request_would_have_read_is_a_caveat() {
    let tree = Tree::new("request");
    for name in ["etc/huge", "srv/a.var", "srv/a.map", "srv/a.asis", "srv/dir/.htaccess"] {
        tree.huge(name);
    }
    tree.file("srv/a.txt", "x");
    tree.file("srv/dir/a.txt", "x");
    let site = "ServerName x\nDocumentRoot /srv\n<Directory />\nAllowOverride All\n</Directory>\n";
    let user = "AuthType Basic\nAuthName x\nAuthBasicProvider file\n";
    for (directives, url, wanted) in [
        (
            "RewriteEngine On\nRewriteMap m txt:/etc/huge\nRewriteRule ^/(.*) /${m:$1}",
            "/a.txt",
            Some(("RewriteMap", 7)),
        ),
        (
            &format!("<Location />\n{user}AuthUserFile /etc/huge\nRequire valid-user\n</Location>"),
            "/a.txt",
            Some(("AuthUserFile", 10)),
        ),
        ("AddHandler type-map var", "/a.var", Some(("/srv/a.var", 0))),
        ("AddHandler imap-file map", "/a.map?1,1", Some(("/srv/a.map", 0))),
        ("AddHandler send-as-is asis", "/a.asis", Some(("/srv/a.asis", 0))),
        ("", "/dir/a.txt", Some(("AllowOverride", 4))),
        // httpd reads no more than 10 MiB here itself
        ("<Location />\nRequire expr file('/etc/huge') == ''\n</Location>", "/a.txt", None),
        // a page that is only served is not read
        ("", "/a.map", None),
    ] {
        let site = tree.load(&format!("{site}{directives}\n"));
        let run = site.start().unwrap_or_else(|_| panic!("{directives}: {}", messages(site.diagnostics())));
        let mut ask = Request::get(url);
        ask.headers.set("Authorization", "Basic YTpi");
        for _ in 0..2 {
            let outcome = run.ask(&ask);
            let caveats: Vec<_> = outcome.caveats.iter().map(|c| (c.directive.as_str(), c.span.line)).collect();
            assert_eq!(caveats, wanted.into_iter().collect::<Vec<_>>(), "{directives} {url} {outcome:?}");
            let told = outcome.caveats.iter().all(|c| c.why.contains("it holds more than 64 MiB"));
            assert!(told, "{:?}", outcome.caveats);
        }
    }
}

#[test]
fn what_a_configuration_would_have_read_is_told() {
    let tree = Tree::new("configuration");
    for name in ["etc/huge", "etc/mime.types", "etc/passwd"] {
        tree.huge(name);
    }
    for (config, wanted) in [
        ("Include /etc/huge", "1 Could not open configuration file /etc/huge: it holds more than 64 MiB"),
        ("TypesConfig /etc/huge", "could not open mime types config file /etc/huge: it holds more than 64 MiB"),
        ("RemoteIPTrustedProxyList /etc/huge", "/etc/huge: it holds more than 64 MiB"),
        ("", "could not open mime types config file /etc/mime.types: it holds more than 64 MiB"),
        ("", "0 `/etc/passwd` is not read: it holds more than 64 MiB"),
    ] {
        let told = messages(tree.load(config).diagnostics());
        assert!(told.contains(wanted), "{config}: {told}");
    }
}

#[test]
fn what_blocks_is_not_included() {
    let root: Arc<dyn Vfs> = Arc::new(Disk::new("/").unwrap());
    for file in ["/proc/kmsg", "/proc/self/mem", "/dev/zero", "/dev/stdin", "/sys/kernel/mm"] {
        let site = load(&format!("Include {file}\n"), root.clone());
        assert!(site.diagnostics().iter().any(|d| d.first && d.span.line == 1), "{file}: {:?}", site.diagnostics());
    }
}

#[test]
fn what_the_kernel_makes_up_is_a_caveat() {
    let config = "ServerName x\n<Location />\nRequire expr file('/proc/version') == ''\n</Location>\n";
    let site = load(config, Arc::new(Disk::new("/").unwrap()));
    let outcome = site.start().expect("httpd starts").ask(&Request::get("/"));
    assert!(outcome.caveats.iter().any(|c| c.why.contains("belongs to the kernel")), "{outcome:?}");
}

#[test]
fn links_that_go_round_are_looked_through_within_bounds() {
    let mut files = Memory::new();
    for name in ["a", "b", "c"] {
        files.add_symlink(format!("/d/{name}").as_bytes(), b".", Owner::ROOT).unwrap();
    }
    let site = load(&"IncludeOptional /d\n".repeat(30), Arc::new(files));
    let errors = site.diagnostics().iter().filter(|d| d.severity == Severity::Error);
    let wanted = format!("more than {INCLUDE_ENTRIES} files and directories");
    assert_eq!(errors.filter(|d| d.message.contains(&wanted)).count(), 30, "{}", messages(site.diagnostics()));
}

#[test]
fn what_is_included_is_read_within_bounds() {
    let mut files = Memory::new();
    let text = vec![b'#'; 1 << 20];
    for i in 0..80 {
        files.add_file(format!("/etc/c/{i}.conf").as_bytes(), text.clone(), 0o644, Owner::ROOT).unwrap();
    }
    let config = "Include /etc/c\n".repeat(9);
    let site = load(&config, Arc::new(files));
    let told: Vec<_> = site.diagnostics().iter().filter(|d| d.code == "too-large").collect();
    assert_eq!(told.len(), 1, "{}", messages(site.diagnostics()));
    assert!(told[0].help.as_ref().is_some_and(|h| h.contains("64 MiB")), "{told:?}");
}

#[test]
fn a_million_findings_are_counted() {
    let config = "Zonk\n".repeat(DIRECTIVES + 9);
    let site = load(&config, Arc::new(Memory::new()));
    assert!(site.start().is_err());
    assert!(site.diagnostics().len() < FINDINGS + 9);
    assert!(site.diagnostics().iter().any(|d| d.message == format!("it has more than {DIRECTIVES} directives")));
    let errors = site.diagnostics().iter().filter(|d| d.severity == Severity::Error);
    assert_eq!(errors.map(|d| d.count).sum::<usize>(), DIRECTIVES + 1);
}

fn scenario(text: &str, folder: &Path) -> Result<(), Vec<Diagnostic>> {
    let sources = SourceMap::default();
    let scenario = Scenario::parse(&folder.join("s.yaml"), text, &sources)?;
    Site::of_scenario(&scenario).map(drop)
}

#[test]
fn what_can_not_be_copied_is_told_where_it_stands() {
    let tree = Tree::new("from");
    tree.huge("huge");
    tree.huge("dir/huge");
    for i in 0..3 {
        let part = File::create(tree.path(&format!("parts/{i}"))).unwrap();
        part.set_len(100 << 20).unwrap();
    }
    symlink("/proc/kmsg", tree.path("link")).unwrap();
    symlink("/proc", tree.path("way")).unwrap();
    let kernel = "it belongs to the kernel (/proc, /sys)";
    for (from, why) in [
        ("/proc/kmsg", kernel),
        ("/proc/kcore", ""),
        ("/proc/self", kernel),
        ("/sys/kernel", kernel),
        ("/", ""),
        ("link", kernel),
        ("way", kernel),
        ("/dev/zero", "it is no regular file and no directory"),
        ("huge", "it holds more than 256 MiB"),
        ("dir", "it holds more than 256 MiB"),
        ("parts", "it holds more than 256 MiB"),
        ("none", "no such file or directory"),
    ] {
        let text = format!("name: x\nfiles:\n  /a: x\n  /srv/x: {{from: {from}}}\nrequests: [/]\n");
        let found = scenario(&text, &tree.0).expect_err(from);
        assert_eq!((found.len(), found[0].code, found[0].span.line), (1, "missing-file", 4), "{found:?}");
        assert!(found[0].message.contains(why) && found[0].help.is_some(), "{from}: {found:?}");
    }
}

#[test]
fn links_in_what_is_copied_stay_links() {
    let tree = Tree::new("copied");
    tree.file("site/a.txt", "x");
    symlink("/etc/passwd", tree.path("site/out")).unwrap();
    symlink("../..", tree.path("site/up")).unwrap();
    let text = "name: x\nfiles:\n  /srv/www: {from: site}\nrequests: [/]\n";
    assert_eq!(scenario(text, &tree.0), Ok(()));
}

#[test]
fn aliases_are_bounded() {
    let folder = Path::new("");
    let long = "x".repeat(1 << 20);
    let bomb = format!("name: x\nabout: &a \"{long}\"\nmodules: [{}]\n", ["*a"; 40].join(","));
    let tenfold = |n: usize, of: &str| format!("{n}: &l{n} [{}]\n", [of; 10].join(","));
    let laughs = (1..9).fold(tenfold(0, "lol"), |text, n| text + &tenfold(n, &format!("*l{}", n - 1)));
    for text in [bomb, laughs] {
        let found = scenario(&text, folder).expect_err("it is a bomb");
        assert_eq!(found[0].message, "the aliases stand for too much");
        assert!(found[0].span.is_some());
    }
}
