//! What README and the pages in docs show is what the program prints.
//!
//! A block of the language `console` is a session in a shell: a line that begins with `$ ` is a command (`\` at its end goes on
//! in the next line), and what it prints, errors too, follows. All blocks of a page are one session, in a copy of `demo`, so
//! that a page may change its files. `ROUTESIM_BLESS=1 cargo test --test pages` writes the outputs again.
#![cfg(all(target_os = "linux", feature = "cli"))]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README and what else is written for readers, by its path in the repository.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in ["", "demo", "docs", "docs/tasks"] {
        for entry in std::fs::read_dir(root().join(directory)).expect("it is there").flatten() {
            let name = PathBuf::from(entry.file_name());
            if name.extension().is_some_and(|e| e == "md") {
                found.push(Path::new(directory).join(name));
            }
        }
    }
    found.sort();
    found
}

/// A page, cut into what stands as it is and commands, each with the output that it has in the page.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Command(&'a str, &'a str),
}

fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for (number, part) in page.split_inclusive("```").enumerate() {
        match part.split_once('\n') {
            Some(("console", session)) if number % 2 == 1 => {
                pieces.push(Piece::Text("console\n"));
                let end = session.len() - "```".len();
                commands(&session[..end], &mut pieces);
                pieces.push(Piece::Text(&session[end..]));
            }
            _ => pieces.push(Piece::Text(part)),
        }
    }
    pieces
}

fn commands<'a>(mut session: &'a str, pieces: &mut Vec<Piece<'a>>) {
    assert!(session.starts_with("$ "), "a session begins with a command: {session}");
    while let Some(rest) = session.strip_prefix("$ ") {
        let mut end = 0;
        for line in rest.split_inclusive('\n') {
            end += line.len();
            if !line.ends_with("\\\n") {
                break;
            }
        }
        let (command, rest) = rest.split_at(end);
        let length = if rest.starts_with("$ ") { 0 } else { rest.find("\n$ ").map_or(rest.len(), |at| at + 1) };
        pieces.push(Piece::Command(command, &rest[..length]));
        session = &rest[length..];
    }
}

/// What each command prints, run one after the other by one shell. `here` is `~`.
fn outputs(commands: &[&str], here: &Path) -> Vec<String> {
    let programs = Path::new(env!("CARGO_BIN_EXE_routesim")).parent().expect("it has one").display();
    // a fresh clone's `cargo run --release -- ...` is the program
    let mut script = "exec 2>&1\ncargo() { shift 3; routesim \"$@\"; }\n".to_string();
    for command in commands {
        script += &format!("status=$?; printf '\\0'; (exit $status)\n{command}\n");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(here)
        .env("PATH", format!("{programs}:{path}"))
        .envs([("NO_COLOR", "1"), ("LC_ALL", "C"), ("HOME", "/nonexistent")])
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    let text = String::from_utf8(output.stdout).expect("it is text").replace(&here.display().to_string(), "~");
    let said: Vec<String> = text.split('\0').skip(1).map(str::to_string).collect();
    assert_eq!(said.len(), commands.len(), "the shell did not run all: {text}");
    said
}

/// A copy of `demo`, with the permissions of a web server's files whatever those of this checkout are.
fn copy_for(page: &Path) -> PathBuf {
    let name = page.display().to_string().replace('/', "-");
    let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages").join(name);
    let _ = std::fs::remove_dir_all(&here);
    std::fs::create_dir_all(&here).expect("there is room");
    let copied = Command::new("sh")
        .args(["-c", "cp -R \"$0/demo\" demo && chmod -R u=rwX,go=rX demo"])
        .arg(root())
        .current_dir(&here)
        .status();
    assert!(copied.is_ok_and(|status| status.success()), "demo can't be copied");
    here.canonicalize().expect("it is there")
}

#[test]
fn what_they_show_is_printed() {
    let bless = std::env::var_os("ROUTESIM_BLESS").is_some();
    let mut shown = 0;
    for page in pages() {
        let text = std::fs::read_to_string(root().join(&page)).expect("it is text");
        let pieces = pieces(&text);
        let commands: Vec<&str> =
            pieces.iter().filter_map(|p| if let Piece::Command(c, _) = p { Some(*c) } else { None }).collect();
        if commands.is_empty() {
            continue;
        }
        shown += commands.len();
        let mut said = outputs(&commands, &copy_for(&page)).into_iter();
        let mut now = String::new();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => now += text,
                Piece::Command(command, before) => {
                    let mut said = said.next().expect("one for each");
                    if !said.is_empty() && !said.ends_with('\n') {
                        said.push('\n');
                    }
                    assert!(
                        bless || said == *before,
                        "{}: $ {command}prints\n{said}\n`ROUTESIM_BLESS=1 cargo test --test pages` writes it into the page",
                        page.display()
                    );
                    now += &format!("$ {command}{said}");
                }
            }
        }
        if bless && now != text {
            std::fs::write(root().join(&page), now).expect("it can be written");
        }
    }
    assert!(shown > 20, "only {shown} commands were found");
}

#[test]
fn a_page_is_cut_into_its_commands() {
    let page = "A\n```console\n$ a \\\n  b\nout\n\n$ c\n$ d\nmore $ x\n```\nB\n```sh\n$ no\n```\n";
    let cut: Vec<Piece> = pieces(page).into_iter().filter(|p| matches!(p, Piece::Command(..))).collect();
    let expected =
        [Piece::Command("a \\\n  b\n", "out\n\n"), Piece::Command("c\n", ""), Piece::Command("d\n", "more $ x\n")];
    assert_eq!(cut, expected);
}

#[test]
fn their_links_lead_somewhere() {
    for page in pages() {
        let file = root().join(&page);
        let text = std::fs::read_to_string(&file).expect("it is text");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let link = link.split('#').next().unwrap_or_default();
            let there = link.contains("://") || file.parent().expect("it has one").join(link).exists();
            assert!(there, "{}: {link}", page.display());
        }
    }
}
