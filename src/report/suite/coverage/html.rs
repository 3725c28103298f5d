//! Coverage as one static page, without scripts.

use super::{Coverage, Line, decided, matched, reached, shares};
use crate::server::script::escape_html;
use bstr::ByteSlice;
use std::fmt::Write;

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>routesim: coverage</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff }
table { border-collapse: collapse; margin-bottom: 2em }
th, td { padding: .1em .8em; text-align: right; border-bottom: 1px solid #ddd }
th:last-child, td:last-child { text-align: left; font-family: ui-monospace, monospace }
.unreached { background: #fdd }
.unmatched { background: #ffeec2 }
.decided { background: #dcf5dc }
</style>
<h1>Coverage</h1>
";

/// The page: the shares, then the lines of each file, with how many requests came to what.
pub(crate) fn html(coverage: &Coverage) -> String {
    let mut out = String::from(HEAD);
    let _ = writeln!(out, "<p>{}</p>", shares([coverage.reached(), coverage.matched(), coverage.decided()]));
    out.push_str(
        "<p><span class=\"decided\">decided an answer</span>, <span class=\"unmatched\">reached, never matched</span>, \
         <span class=\"unreached\">not reached</span>; the numbers are requests.</p>\n",
    );
    for lines in coverage.files() {
        let _ = writeln!(out, "<h2>{}</h2>", escaped(lines.first().map_or("", |line| &line.file)));
        let _ = writeln!(out, "<p>{}</p>", shares([reached(lines), matched(lines), decided(lines)]));
        out.push_str(
            "<table>\n<tr><th>line</th><th>reached</th><th>matched</th><th>not</th><th>decided</th><th></th></tr>\n",
        );
        lines.iter().for_each(|line| row(&mut out, line));
        out.push_str("</table>\n");
    }
    out.push_str("</html>\n");
    out
}

fn row(out: &mut String, line: &Line) {
    let hits = line.hits;
    let class = match line {
        _ if hits.reached == 0 => "unreached",
        _ if hits.decided > 0 => "decided",
        _ if line.tried && hits.matched == 0 => "unmatched",
        _ => "reached",
    };
    // a setting has no pattern that could match, and a section decides nothing
    let only = |said: bool, number: u32| if said { number.to_string() } else { String::new() };
    let _ = writeln!(
        out,
        "<tr class=\"{class}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        line.line,
        hits.reached,
        only(line.tried, hits.matched),
        only(line.tried, hits.missed),
        only(!line.section, hits.decided),
        escaped(&line.text)
    );
}

fn escaped(text: &str) -> String {
    escape_html(text.into()).to_str_lossy().into_owned()
}
