//! What is changed, on the smallest sites.

use super::{Goal, Others, repair};
use crate::reason::Case;
use crate::server::asked::Request;
use crate::site::Site;

/// How many changes fit, how many were tried, and what all of them open.
fn mended(config: &str, files: &[(&str, &str)], url: &str, wants: &[(&str, &str)]) -> (usize, usize, Vec<u16>) {
    let builder = files.iter().fold(Site::builder(config), |builder, (path, text)| builder.file(path, *text));
    let site = builder.build().expect("its files can be laid out");
    let run = site.start().expect("httpd starts");
    let ask = Request::get(url);
    let (outcome, steps) = run.explain(&ask);
    let case = Case { site: &site, run: &run, ask: &ask, outcome: &outcome, steps: &steps, sources: run.sources() };
    let goal = Goal::of(wants.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()).expect("it is one");
    let found = repair(&case, &goal, &Others::of(&run, Vec::new()), None, None);
    (found.repairs.len(), found.tried, found.repairs.iter().map(|r| r.outcome.status).collect())
}

#[test]
fn nothing_is_tried_where_the_answer_is_as_wanted() {
    let files = [("/srv/www/a.html", "x")];
    assert_eq!(mended("DocumentRoot /srv/www\n", &files, "/a.html", &[("status", "200")]), (0, 0, Vec::new()));
}

#[test]
fn what_fits_has_all_that_is_wanted() {
    let files = [("/srv/www/a.html", "x"), ("/srv/www/b.html", "x")];
    for (wants, status) in [
        (&[("status", "2xx"), ("file", "/srv/www/b.html")][..], 200),
        (&[("status", "503")], 503),
        (&[("status", "403"), ("access", "denied")], 403),
        (&[("location", "http://localhost/b.html")], 302),
        (&[("path_info", ""), ("handler", "server-status")], 200),
    ] {
        let (found, _, statuses) = mended("DocumentRoot /srv/www\n", &files, "/a.html", wants);
        assert!(found > 0 && statuses.iter().all(|s| *s == status), "{wants:?}: {statuses:?}");
    }
}

#[test]
fn the_search_ends() {
    let rules = "RewriteEngine On\nRewriteRule ^ /x%{REQUEST_URI} [N=9]\n".repeat(40);
    let config = format!("DocumentRoot /srv/www\n{rules}");
    let (found, tried, _) = mended(
        &config,
        &[("/srv/www/b.html", "x")],
        "/a",
        &[("file", "/nowhere/at/all"), ("handler", "no-such"), ("user", "x")],
    );
    assert!(found == 0 && tried > 0 && tried <= 4_000, "{found} of {tried}");
}
