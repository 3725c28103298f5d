//! Outcomes as a table, one a line.

use super::paint::{Paint, clean};
use super::{follow, words};
use crate::follow::Stopped;
use crate::limits::TABLE_ROWS_MEASURED;
use crate::outcome::Outcome;
use std::io::{self, Write};

/// How wide the columns of URLs and handlers are where a table goes to a file or a program: they hang on no row, so that two
/// tables differ only in the rows that do.
const WIDTHS: (usize, usize) = (40, 16);
const HANDLER_MOST: usize = 24;

/// A table that is printed row by row: status, method and URL, handler, file; a `?` where a caveat makes the answer
/// uncertain. On a terminal its columns are as wide as its first rows need ([`TABLE_ROWS_MEASURED`]), elsewhere they are
/// [`WIDTHS`]; what is longer takes the room that it needs, and only its own row is moved.
pub(crate) struct Table {
    paint: Paint,
    /// How wide a URL and a handler are; none while rows are waited for.
    widths: Option<(usize, usize)>,
    waiting: Vec<Row>,
    doubted: bool,
}

/// What a table tells of an outcome.
pub(crate) struct Row {
    status: u16,
    doubted: bool,
    url: String,
    handler: String,
    what: String,
}

impl Table {
    /// Nothing yet.
    pub(crate) fn new(paint: Paint) -> Table {
        let widths = paint.width.is_none().then_some(WIDTHS);
        Table { paint, widths, waiting: Vec::new(), doubted: false }
    }

    /// Prints a row, or keeps it until it is known how wide the columns are.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn row(&mut self, row: Row, out: &mut impl Write) -> io::Result<()> {
        self.doubted |= row.doubted;
        if let Some(widths) = self.widths {
            return self.print(&row, widths, out);
        }
        self.waiting.push(row);
        if self.waiting.len() < TABLE_ROWS_MEASURED { Ok(()) } else { self.measure(out) }
    }

    /// Prints what is left.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn end(mut self, out: &mut impl Write) -> io::Result<()> {
        self.measure(out)?;
        if self.doubted {
            writeln!(out, "? not certain: a directive in force is not modelled (`routesim explain URL` names it)")?;
        }
        Ok(())
    }

    /// Decides on the columns, and prints the rows that waited for it.
    fn measure(&mut self, out: &mut impl Write) -> io::Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        let widest = |text: fn(&Row) -> &str, most: usize| {
            rows.iter().map(|r| text(r).chars().count()).max().unwrap_or(0).min(most)
        };
        let widths = (widest(|r| &r.url, self.url_most()), widest(|r| &r.handler, HANDLER_MOST));
        let widths = *self.widths.get_or_insert(widths);
        rows.iter().try_for_each(|row| self.print(row, widths, out))
    }

    /// How much of a terminal's line a URL may take.
    fn url_most(&self) -> usize {
        self.paint.columns() * 3 / 5
    }

    fn print(&self, row: &Row, (urls, handlers): (usize, usize), out: &mut impl Write) -> io::Result<()> {
        let status = if row.status == 0 { "---".into() } else { row.status.to_string() };
        let status = self.paint.tone(Paint::of_status(row.status), &status);
        let sure = if row.doubted { '?' } else { ' ' };
        let (url, handler) = (self.paint.fit(&row.url, self.url_most()), self.paint.fit(&row.handler, HANDLER_MOST));
        let line = format!("{status}{sure} {url:urls$}  {handler:handlers$}  {}", row.what);
        writeln!(out, "{}", line.trim_end())
    }
}

impl Row {
    /// The same, with why its redirect was not followed.
    pub(crate) fn stopped(mut self, why: Option<Stopped>) -> Row {
        if let Some(why) = why {
            self.what = format!("{}  {}", self.what, follow::stopped(why));
        }
        self
    }

    /// What a table tells of this.
    pub(crate) fn of(outcome: &Outcome) -> Row {
        let method = clean(&outcome.method);
        let url = clean(&outcome.url);
        Row {
            status: outcome.status,
            doubted: !outcome.caveats.is_empty(),
            url: if method == "GET" { url } else { format!("{method} {url}") },
            handler: outcome.handler.as_ref().map_or_else(|| "-".into(), clean),
            what: what(outcome),
        }
    }
}

/// Where an answer comes from, or where it sends the client.
fn what(o: &Outcome) -> String {
    if let Some(why) = o.connection {
        return words::unanswered(why).into();
    }
    let mut what = match (o.leads_to(), &o.file) {
        (Some(location), _) => format!("-> {}", clean(location)),
        (None, Some(file)) => clean(file),
        (None, None) => String::new(),
    };
    if o.leads_to().is_none() && !o.path_info.is_empty() && o.status < 400 {
        what.push_str(&format!("  path_info {}", clean(&o.path_info)));
    }
    match o.log {
        Some(code) => format!("{what}  {code}").trim_start().into(),
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Caveat;
    use crate::source::Span;

    const TERMINAL: Paint = Paint { colour: false, width: Some(60) };

    fn text(outcomes: &[Outcome], paint: Paint) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(paint);
        for outcome in outcomes {
            table.row(Row::of(outcome), &mut out).unwrap();
        }
        table.end(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_long_table_does_not_wait_for_its_end() {
        let row =
            |url: &str| Row::of(&Outcome { url: url.into(), method: "GET".into(), status: 200, ..Outcome::default() });
        let mut out = Vec::new();
        let mut table = Table::new(TERMINAL);
        for i in 1..=TABLE_ROWS_MEASURED {
            table.row(row("/ab"), &mut out).unwrap();
            assert_eq!(out.is_empty(), i < TABLE_ROWS_MEASURED);
        }
        for url in ["/a/longer/one", "/c"] {
            out.clear();
            table.row(row(url), &mut out).unwrap();
            assert_eq!(String::from_utf8_lossy(&out), format!("200  {url:3}  -\n"));
        }
    }

    #[test]
    fn columns_of_a_file_hang_on_no_row_and_nothing_is_cut() {
        let long = format!("/{}", "x".repeat(200));
        let row = |url: &str| Outcome { url: url.into(), method: "GET".into(), status: 200, ..Outcome::default() };
        let alone = text(&[row("/a")], Paint::default());
        assert_eq!(alone, format!("200  {:40}  -\n", "/a"));
        assert_eq!(text(&[row("/a"), row(&long)], Paint::default()), format!("{alone}200  {long}  -\n"));
        let cut = text(&[row(&long)], TERMINAL);
        assert!(cut.contains("xxx...xxx") && cut.trim_end().chars().count() <= 60, "{cut}");
    }

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
        let out = text(&[good, doubt], TERMINAL);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[0], "200  /a        wsgi-script  /srv/a.wsgi  path_info /x");
        assert_eq!(lines[1], "403? PUT /bcd  -            AH01630");
        assert!(lines[2].starts_with("? not certain"));
    }
}
