//! Outcomes as a table, one a line.

use super::paint::{Paint, clean, fit};
use crate::outcome::Outcome;

const URL_MOST: usize = 48;
const HANDLER_MOST: usize = 24;

/// The table of some outcomes: status, method and URL, handler, file; a `?` where a caveat makes the answer uncertain.
pub fn text(outcomes: &[Outcome], paint: Paint) -> String {
    let rows: Vec<[String; 4]> = outcomes.iter().map(row).collect();
    let width = |i: usize, most: usize| rows.iter().map(|r| r[i].chars().count()).max().unwrap_or(0).min(most);
    let (urls, handlers) = (width(1, URL_MOST), width(2, HANDLER_MOST));
    let mut out = String::new();
    for (outcome, [status, url, handler, file]) in outcomes.iter().zip(&rows) {
        let status = paint.tone(Paint::of_status(outcome.status), status);
        let sure = if outcome.caveats.is_empty() { ' ' } else { '?' };
        let (url, handler) = (fit(url, urls), fit(handler, handlers));
        let line = format!("{status}{sure} {url:urls$}  {handler:handlers$}  {file}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if outcomes.iter().any(|o| !o.caveats.is_empty()) {
        out.push_str("? not certain: a directive in force is not modelled (`routesim explain URL` names it)\n");
    }
    out
}

fn row(o: &Outcome) -> [String; 4] {
    let method = clean(&o.method);
    let url = if method == "GET" { clean(&o.url) } else { format!("{method} {}", clean(&o.url)) };
    let mut what = match (&o.location, &o.file) {
        (Some(location), _) => format!("-> {}", clean(location)),
        (None, Some(file)) => clean(file),
        (None, None) => String::new(),
    };
    if o.location.is_none() && !o.path_info.is_empty() && o.status < 400 {
        what.push_str(&format!("  path_info {}", clean(&o.path_info)));
    }
    if let Some(code) = o.log {
        what = format!("{what}  {code}").trim_start().into();
    }
    [o.status.to_string(), url, o.handler.as_ref().map(clean).unwrap_or_else(|| "-".into()), what]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Caveat;
    use crate::source::Span;

    #[test]
    fn a_line_each_and_doubt_marked() {
        let good = Outcome {
            url: "/a".into(),
            method: "GET".into(),
            status: 200,
            handler: Some("wsgi-script".into()),
            file: Some("/srv/a.wsgi".into()),
            path_info: "/x".into(),
            ..Outcome::default()
        };
        let doubt = Outcome {
            url: "/bcd".into(),
            method: "PUT".into(),
            status: 403,
            log: Some("AH01630"),
            caveats: vec![Caveat { directive: "X".into(), span: Span::NONE, why: "y".into() }],
            ..Outcome::default()
        };
        let out = text(&[good, doubt], Paint::default());
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[0], "200  /a        wsgi-script  /srv/a.wsgi  path_info /x");
        assert_eq!(lines[1], "403? PUT /bcd  -            AH01630");
        assert!(lines[2].starts_with("? not certain"));
    }
}
