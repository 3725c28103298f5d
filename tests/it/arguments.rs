//! Lines of every directive with what a real httpd says to each at its start.

use routesim::Site;
use routesim::diagnostic::Severity;
use routesim::site::Modules;

/// A directive (a section's begins with `<`), where it stands, its arguments, `ok` or `error`, and httpd's message.
const RECORDED: &str = include_str!("../recorded/arguments.tsv");

/// The directive in its place.
fn configuration(name: &str, place: &str, arguments: &str) -> String {
    let line = match name.strip_prefix('<') {
        Some(section) => format!("<{section} {arguments}>\n</{section}>"),
        None => format!("{name} {arguments}"),
    };
    let (open, close) = match place {
        "server" => return format!("{line}\n"),
        "vhost" => ("<VirtualHost *:8098>", "</VirtualHost>"),
        "directory" => ("<Directory /srv>", "</Directory>"),
        "location" => ("<Location /x>", "</Location>"),
        "files" => ("<Files x>", "</Files>"),
        "if" => ("<If true>", "</If>"),
        "limit" => ("<Directory /srv>\n<Limit GET>", "</Limit>\n</Directory>"),
        "proxy" => ("<Proxy *>", "</Proxy>"),
        _ => panic!("no such place: {place}"),
    };
    format!("{open}\n{line}\n{close}\n")
}

/// httpd's verdict and message, as routesim has them.
fn verdict(text: &str) -> (&'static str, String) {
    let site = Site::builder(text).load(Modules::All).build().expect("there are no files");
    let errors = || site.diagnostics().iter().filter(|d| d.severity == Severity::Error);
    match errors().find(|d| d.first).or_else(|| errors().next()) {
        Some(error) => ("error", error.message.clone()),
        None => ("ok", String::new()),
    }
}

/// What differs in some rows: verdicts, and messages of verdicts that agree.
fn differences(rows: &[&str]) -> [Vec<String>; 2] {
    let mut differ = [Vec::new(), Vec::new()];
    for line in rows {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, place, arguments, recorded, message] = fields[..] else { panic!("not a row: {line:?}") };
        let (said, words) = verdict(&configuration(name, place, arguments));
        if said != recorded {
            differ[0].push(format!("{line}: {said} {words}"));
        } else if words.trim() != message {
            differ[1].push(format!("{line}: {words}"));
        }
    }
    differ
}

#[test]
fn arguments_are_judged_as_httpd_judges_them() {
    let rows: Vec<&str> = RECORDED.lines().collect();
    let errors = rows.iter().filter(|row| row.contains("\terror\t")).count();
    assert!(rows.len() > 3_000 && errors > 1_500, "{} rows, {errors} errors", rows.len());
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let found: Vec<[Vec<String>; 2]> = std::thread::scope(|scope| {
        let parts = rows.chunks(rows.len().div_ceil(threads));
        let asked: Vec<_> = parts.map(|part| scope.spawn(move || differences(part))).collect();
        asked.into_iter().map(|part| part.join().expect("no row ends it")).collect()
    });
    let all = |n: usize| found.iter().flat_map(|part| part[n].iter().map(String::as_str)).collect::<Vec<_>>();
    let (verdicts, messages) = (all(0), all(1));
    assert!(verdicts.is_empty(), "{} verdicts differ:\n{}", verdicts.len(), verdicts.join("\n"));
    // to the letter, but for one in a hundred
    assert!(messages.len() * 100 <= errors, "{} of {errors} messages differ:\n{}", messages.len(), messages.join("\n"));
}
