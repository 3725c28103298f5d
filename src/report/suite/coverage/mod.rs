//! Coverage: which lines of the configuration a suite's requests reached, and the forms that it is printed in.

mod html;
mod json;
mod lcov;
mod listing;
mod suggested;
mod table;

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use lcov::lcov;
pub(crate) use listing::listing;
pub(crate) use suggested::{Suggested, suggested, suggestions};
pub(crate) use table::table;

/// A directive or a section, and how many requests came to what at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The file, as [`crate::suite::Location`] has it.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// Its name.
    pub directive: String,
    /// The whole line.
    pub text: String,
    /// Whether it is a section: those never decide.
    pub section: bool,
    /// Whether it is tried on requests, so that it matches or doesn't; else it is a setting.
    pub tried: bool,
    /// What the requests came to.
    pub hits: Hits,
}

/// Numbers of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hits {
    /// It was tried; a setting was in force.
    pub reached: u32,
    /// It applied.
    pub matched: u32,
    /// It was tried and did not apply.
    pub missed: u32,
    /// The answer would be another one without it.
    pub decided: u32,
}

impl Hits {
    /// Each number made of two.
    pub(crate) fn with(self, other: Hits, make: impl Fn(u32, u32) -> u32) -> Hits {
        Hits {
            reached: make(self.reached, other.reached),
            matched: make(self.matched, other.matched),
            missed: make(self.missed, other.missed),
            decided: make(self.decided, other.decided),
        }
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub whole: usize,
}

impl Share {
    fn of<'l>(lines: impl Iterator<Item = &'l Line>, is_part: impl Fn(&Line) -> bool) -> Share {
        lines.fold(Share::default(), |s, line| Share { part: s.part + usize::from(is_part(line)), whole: s.whole + 1 })
    }

    /// As a percentage; all of nothing is 100.
    pub(crate) fn percent(self) -> f64 {
        if self.whole == 0 { 100.0 } else { self.part as f64 * 100.0 / self.whole as f64 }
    }

    /// The percentage without more digits than anyone reads; what is not all is never 100.
    pub(crate) fn short(self) -> f64 {
        (self.percent() * 10.0).floor() / 10.0
    }
}

/// The lines, each place once, by file and line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    lines: Vec<Line>,
    /// Of how many requests only what decided is counted.
    unwatched: usize,
}

impl Coverage {
    /// Of lines of many runs: those of the same place are added up.
    pub(crate) fn of(lines: impl IntoIterator<Item = Line>, unwatched: usize) -> Coverage {
        let mut all: Vec<Line> = lines.into_iter().collect();
        all.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        all.dedup_by(|next, known| {
            let same = (&next.file, next.line) == (&known.file, known.line);
            if same {
                known.hits = known.hits.with(next.hits, u32::saturating_add);
            }
            same
        });
        Coverage { lines: all, unwatched }
    }

    /// The lines that were reached.
    pub(crate) fn reached(&self) -> Share {
        reached(&self.lines)
    }

    /// The lines that matched; settings that were in force.
    pub(crate) fn matched(&self) -> Share {
        matched(&self.lines)
    }

    /// The lines that decided, of those that can.
    pub(crate) fn decided(&self) -> Share {
        decided(&self.lines)
    }

    /// The lines that no request reached, or that never matched, in order.
    pub(crate) fn untested(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.hits.reached == 0 || line.tried && line.hits.matched == 0)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The lines of each file.
    fn files(&self) -> impl Iterator<Item = &[Line]> {
        self.lines.chunk_by(|one, other| one.file == other.file)
    }
}

fn reached(lines: &[Line]) -> Share {
    Share::of(lines.iter(), |line| line.hits.reached > 0)
}

fn matched(lines: &[Line]) -> Share {
    Share::of(lines.iter(), |line| line.hits.matched > 0)
}

fn decided(lines: &[Line]) -> Share {
    Share::of(lines.iter().filter(|line| !line.section), |line| line.hits.decided > 0)
}

/// The shares in a line.
fn shares(shares: [Share; 3]) -> String {
    let [reached, matched, decided] = shares.map(|s| format!("{:.1}% ({} of {})", s.short(), s.part, s.whole));
    format!("reached {reached}, matched {matched}, decided {decided}")
}

#[cfg(test)]
mod tests {
    use super::super::super::paint::Paint;
    use super::*;

    fn line(number: u32, text: &str, tried: bool, [reached, matched, missed, decided]: [u32; 4]) -> Line {
        let directive = text.split([' ', '<', '>']).find(|word| !word.is_empty()).unwrap_or_default().into();
        let hits = Hits { reached, matched, missed, decided };
        let section = text.starts_with('<');
        Line { file: "a.conf".into(), line: number, directive, text: text.into(), section, tried, hits }
    }

    fn coverage() -> Coverage {
        let lines = [
            line(3, "Alias /a /b", true, [2, 1, 1, 1]),
            line(1, "<Location \"/x&y\">", true, [3, 0, 3, 0]),
            line(2, "Options None", false, [0, 0, 0, 0]),
            line(3, "Alias /a /b", true, [1, 0, 1, 0]),
        ];
        Coverage::of(lines, 0)
    }

    #[test]
    fn places_are_counted_once() {
        let coverage = coverage();
        assert_eq!(coverage.reached(), Share { part: 2, whole: 3 });
        assert_eq!(coverage.decided(), Share { part: 1, whole: 2 }, "a section can't decide");
        let all: Vec<Hits> = coverage.lines.iter().map(|line| line.hits).collect();
        assert_eq!(all[2], Hits { reached: 3, matched: 1, missed: 2, decided: 1 });
        assert_eq!(Share { part: 1999, whole: 2000 }.short(), 99.9);
        assert_eq!(Coverage::default().reached().percent(), 100.0);
    }

    #[test]
    fn lcov_has_branches_of_what_is_tried() {
        let wanted = "TN:\nSF:a.conf\nDA:1,3\nBRDA:1,0,0,0\nBRDA:1,0,1,3\nDA:2,0\nDA:3,3\nBRDA:3,0,0,1\nBRDA:3,0,1,2\n\
                      BRF:4\nBRH:3\nLF:3\nLH:2\nend_of_record\n";
        assert_eq!(lcov(&coverage()), wanted);
    }

    #[test]
    fn other_forms_say_the_same() {
        let value = json(&coverage());
        assert_eq!((&value["reached"], &value["decided"]), (&66.6.into(), &50.0.into()));
        assert_eq!(value["lines"][0]["directive"], "Location");
        assert_eq!((&value["lines"][0]["reached"], &value["lines"][0]["matched"]), (&3.into(), &0.into()));
        assert!(html(&coverage()).contains("&lt;Location &quot;/x&amp;y&quot;&gt;"));
        assert_eq!(coverage().matched(), Share { part: 1, whole: 3 });
        let listed =
            listing(&coverage(), &|_| Some(b"<Location>\nOptions None\nAlias /a /b\n# x\n".to_vec()), Paint::default());
        assert!(
            listed.ends_with(
                "~       3        0               1 | <Location>\n\
             !       0                 0      2 | Options None\n\
             \u{20}       3        1        1      3 | Alias /a /b\n\
             \u{20}                                4 | # x\n"
            ),
            "{listed}"
        );
        let text = table(&coverage(), Paint::default());
        assert!(text.contains("not reached:\n  a.conf:2  Options None\n"), "{text}");
        assert!(text.contains("never matched:\n  a.conf:1  <Location \"/x&y\">\n"), "{text}");
    }
}
