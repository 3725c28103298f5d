//! The program from outside, given files that do harm: how it ends, what it says, and within how much memory.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Address space that a run may use, in KiB: enough for all but for what is read without a bound.
const SPACE: &str = "2000000";

/// A directory of its own, gone afterwards.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("files-{name}"));
        let _ = fs::remove_dir_all(&top);
        fs::create_dir_all(&top).unwrap();
        Place(top)
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn huge(&self, name: &str) {
        File::create(self.path(name)).unwrap().set_len(3 << 30).unwrap();
    }

    /// What `shell` comes to, which calls the program `$r`.
    fn shell(&self, shell: &str) -> Output {
        let mut command = Command::new("bash");
        command.arg("-c").arg(format!("ulimit -v {SPACE}; {shell}")).env("r", env!("CARGO_BIN_EXE_routesim"));
        command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE").current_dir(&self.0).stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Its words and its exit status: never a panic, never a signal.
    fn run(&self, shell: &str) -> (String, i32) {
        let output = self.shell(shell);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(!text.contains("panicked"), "{shell}: {text}");
        (text, output.status.code().unwrap_or_else(|| panic!("{shell}: {}", output.status)))
    }

    fn says(&self, shell: &str, part: &str, status: i32) {
        let (text, ended) = self.run(shell);
        let end = text.char_indices().nth(600).map_or(text.len(), |(i, _)| i);
        assert!(text.contains(part), "{shell}: no `{part}` in\n{}", &text[..end]);
        assert_eq!(ended, status, "{shell}: {}", &text[..end]);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_error_at_a_long_character_is_shown() {
    let place = Place::new("character");
    for (i, text) in
        ["name\n\u{1f600}", "\u{1f600}", "config: \"\u{1f600}", "a: [\u{1f600}\n\u{10348}: é: x"].iter().enumerate()
    {
        let name = format!("{i}.yaml");
        place.file(&name, text);
        for verb in ["check", "replay", "test"] {
            place.says(&format!("$r {verb} {name}"), "error", 2);
        }
    }
    place.file("x.conf", "\u{1f600}\u{1f600} \u{10348}\n<\u{1f600}\n");
    place.says("$r check -c x.conf", "Invalid command", 1);
    // of a folder, the others are looked at all the same
    place.file("good.yaml", "name: x\nrequests: [{url: /, expect: {status: 404}}]\n");
    place.says("$r test .", "1 passed", 2);
}

#[test]
fn nothing_is_read_outside_of_the_root() {
    let place = Place::new("root");
    place.file("outside", "export LEAK=OUTSIDE\n");
    place.file("secret.conf", "OUTSIDE here\n");
    place.file("root/etc/apache2/c.conf", "Redirect / /${LEAK}\n");
    place.file("root/real/d.conf", "Redirect / /inside\n");
    symlink("../../../outside", place.path("root/etc/apache2/envvars")).unwrap();
    symlink("../../../outside", place.path("root/etc/apache2/given")).unwrap();
    symlink(place.path("secret.conf"), place.path("root/etc/apache2/main.conf")).unwrap();
    symlink("../../../secret.conf", place.path("root/etc/apache2/up.conf")).unwrap();
    symlink("/real/d.conf", place.path("root/etc/apache2/inner.conf")).unwrap();
    for shell in [
        "$r explain -c root/etc/apache2/c.conf --root root --modules all /",
        "$r explain -c root/etc/apache2/c.conf --root root --envvars root/etc/apache2/given --modules all /",
        "$r check -c root/etc/apache2/main.conf --root root",
        "$r check --root root root/etc/apache2/main.conf",
        "$r check --root root root/etc",
        "$r check -c root/etc/apache2/up.conf --root root",
        "cd root/etc && $r check -c apache2/../apache2/main.conf --root ..",
    ] {
        let (text, status) = place.run(shell);
        assert!(!text.contains("OUTSIDE"), "{shell}: {text}");
        assert!(status < 3, "{shell}: {status}");
    }
    place.says("$r check -c root/etc/apache2/main.conf --root root", "can't read `/etc/apache2/main.conf` below `", 2);
    // a link that begins with `/` leads below the root, as in a container
    place.says("$r explain -c root/etc/apache2/inner.conf --root root --modules all /", "/inside", 0);
    // what the user names elsewhere is read as it is
    place.says("$r check -c secret.conf --root root", "OUTSIDE", 1);
    place.says("$r check -c root/../secret.conf --root root", "OUTSIDE", 1);
    place.says("$r explain -c root/etc/apache2/c.conf --root root --envvars outside --modules all /", "/OUTSIDE", 0);
}

#[test]
fn what_is_too_large_is_not_read() {
    let place = Place::new("large");
    for name in ["root/etc/m", "big.conf", "big.yaml", "urls", "root/www/.htaccess", "root/www/a.txt"] {
        place.huge(name);
    }
    let map = "DocumentRoot /www\nRewriteEngine On\nRewriteMap m txt:/etc/m\nRewriteRule ^/(.*) /${m:$1}\n";
    place.file("map.conf", map);
    place.file("page.conf", "DocumentRoot /www\n<Directory />\nAllowOverride None\n</Directory>\n");
    place.file("file.yaml", "name: x\nconfig: {file: big.conf}\nrequests: [/]\n");
    let large = "it holds more than 64 MiB";
    place.says("$r explain -c map.conf --root root --modules all /a --format json", large, 0);
    place.says("$r explain -c page.conf --root root --modules all /a.txt", "200 OK", 0);
    place.says("$r check -c big.conf", large, 2);
    place.says("$r check big.conf", large, 2);
    place.says("$r check --htaccess big.conf", large, 2);
    place.says("$r check root/www/.htaccess", large, 2);
    place.says("$r check -c page.conf --envvars big.conf", large, 2);
    place.says("$r test big.yaml", large, 2);
    place.says("$r replay big.yaml", large, 2);
    place.says("$r replay file.yaml", large, 2);
    place.says("$r replay -c /dev/null --urls urls", "it holds more than 192 MiB", 2);
    place.says("$r replay -c /dev/null --urls /dev/zero", "it holds more than 192 MiB", 2);
    place.says("head -c 200M /dev/zero | $r replay -c /dev/null --urls -", "it holds more than 192 MiB", 2);
    place.says("(echo; head -c 17M /dev/zero) | $r replay -c /dev/null --urls -", "line 2 holds more than 16 MiB", 2);
    place.says("$r check -c /dev/zero", large, 2);
}

#[test]
fn what_blocks_holds_nobody_up() {
    let place = Place::new("blocks");
    place.says("mkfifo pipe; $r check -c pipe", "it is a named pipe", 2);
    place.says("$r replay -c /dev/null --urls pipe", "it is a named pipe", 2);
    place.says("$r check -c /proc/kmsg", "it belongs to the kernel", 2);
    for (name, from) in
        [("kmsg", "/proc/kmsg"), ("root", "/"), ("self", "/proc/self"), ("pipe", "pipe"), ("zero", "/dev/zero")]
    {
        place.file(&format!("{name}.yaml"), format!("name: x\nfiles:\n  /srv/x: {{from: {from}}}\nrequests: [/]\n"));
        // with its place
        place.says(&format!("$r replay {name}.yaml"), &format!("{name}.yaml:3:3"), 2);
        place.says(&format!("$r test {name}.yaml"), &format!("{name}.yaml:3:3"), 2);
        place.says(&format!("$r check {name}.yaml"), "/srv/x: {from: ", 2);
    }
    for what in ["/proc/kmsg", "/dev/zero", "$PWD/pipe", "/sys/kernel"] {
        place.says(&format!("echo Include {what} > x.conf; $r check -c x.conf"), "x.conf", 1);
        place.says(&format!("echo TypesConfig {what} > x.conf; $r check -c x.conf"), "x.conf", 0);
    }
}

#[test]
fn pipes_that_a_shell_passes_are_read() {
    let place = Place::new("pipes");
    let asked = "404  /a  ";
    place.says("$r replay -c <(echo 'DocumentRoot /none') --modules all --urls <(echo /a)", asked, 0);
    place.says("echo /a | $r replay -c /dev/null --urls - --modules all", asked, 0);
    place.says("(sleep 0.2; echo /a) | $r replay -c /dev/null --urls /dev/stdin --modules all", asked, 0);
    place.says("echo /a > u; $r replay -c /dev/null --urls /dev/stdin --modules all < u", asked, 0);
    place.says("$r check -c /dev/null", "httpd would start", 0);
    place.says("mkdir root; $r check -c <(echo 'Zonk') --root root", "Zonk", 1);
}

#[test]
fn long_lists_are_printed_within_bounds() {
    let place = Place::new("lists");
    let mut conf = File::create(place.path("unknown.conf")).unwrap();
    conf.write_all("Zonk\n".repeat(100_000).as_bytes()).unwrap();
    place.says("$r check -c unknown.conf", "(100000 errors, 1 note)", 1);
    place.says("$r check -c unknown.conf", "99001 more errors are not listed", 1);
    place.says("$r check -c unknown.conf --format json | tail -12", "99001 more errors are not listed", 0);
    place.says("$r explain -c unknown.conf /", "99001 more errors are not listed", 2);
    let keys: String = (0..3000).map(|i| format!("key{i}: x\n")).collect();
    place.file("keys.yaml", format!("name: x\n{keys}"));
    place.says("$r test keys.yaml", "2000 more errors are not listed", 2);
    // rows come while there is still something to ask
    let (text, status) =
        place.run("seq 20000 | sed s,^,/, > u; $r replay -c /dev/null --modules all --urls u | head -3000 | wc -l");
    assert_eq!((text.lines().last(), status), (Some("3000"), 0));
}

/// As an ordinary user: what routesim may not read is not what httpd may not read.
#[test]
fn what_this_user_may_not_read_is_no_answer_of_httpds() {
    let place = Place::new("user");
    place.file("h.conf", "ServerName x\nDocumentRoot /w\n<Directory />\nAllowOverride All\n</Directory>\n");
    place.file("i.conf", "Include /s.conf\n");
    place.file("s.conf", "Alias /x /y\n");
    place.file("w/.htaccess", "Require all denied\n");
    place.file("w/a.txt", "a");
    let (_, is_root) = place.run("[ $(id -u) = 0 ]");
    let is_root = is_root == 0;
    if is_root && place.run("command -v setpriv").1 != 0 {
        eprintln!("no setpriv here: nothing is asked as another user");
        return;
    }
    // by their modes, httpd may read both
    place
        .run("chgrp www-data w/.htaccess 2>/dev/null; chmod 040 w/.htaccess; chmod 000 s.conf; cp $r r; chmod 755 . r");
    let user = if is_root { "setpriv --reuid 65534 --regid 65534 --clear-groups" } else { "" };
    let reached = place.run(&format!("{user} ./r phases > /dev/null")).1 == 0;
    if !reached || !is_root {
        eprintln!("this user can't get at the files, or is not root: nothing is asked");
        return;
    }
    let asked = |arguments: &str, part: &str, status: i32| {
        place.says(&format!("{user} ./r {arguments} --root . --modules all"), part, status);
    };
    asked("explain -c h.conf /a.txt --brief", "is not read: routesim", 0);
    asked("explain -c h.conf /a.txt --brief", "200 OK", 0);
    asked("check -c i.conf", "run it with sudo", 2);
    asked("check -c h.conf", "`w/.htaccess` is not read: routesim may not read it; run it with sudo", 2);
    place.run("rm w/.htaccess; mkdir -p w/shut; chgrp www-data w/shut; chmod 050 w/shut");
    asked("check -c h.conf", "w/shut: not checked (1 error)", 2);
}
