//! A time of day, where somebody gives one: `%{TIME}` and its parts are then no guess.

use super::Var;
use bstr::BString;

/// A moment in the server's own time zone.
///
/// ```
/// use routesim::suite::{Moment, Scenario, run};
/// use routesim::source::SourceMap;
///
/// let text = "name: x\nconfig: |\n  <If \"%{TIME_HOUR} -lt 8\">\n  Require all denied\n  </If>\nrequests: [/]\n";
/// let mut scenario = Scenario::parse("x.yaml".as_ref(), text, &SourceMap::default()).expect("it is one");
/// scenario.time = Moment::parse("2026-11-24 07:59:59");
/// assert_eq!(run(&scenario).expect("it has no files").answers[0].outcome.status, 403);
/// assert_eq!(Moment::parse("tomorrow"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

impl Moment {
    /// Reads `2026-11-24 13:05:09` (or with a `T` between). None: it is no such time.
    pub fn parse(text: &str) -> Option<Moment> {
        let bytes = text.as_bytes();
        let shape = b"dddd-dd-dd dd:dd:dd";
        let fits = |(b, s): (&u8, &u8)| match s {
            b'd' => b.is_ascii_digit(),
            b' ' => *b == b' ' || *b == b'T',
            s => b == s,
        };
        if bytes.len() != shape.len() || !bytes.iter().zip(shape).all(fits) {
            return None;
        }
        let n = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
        let m = Moment {
            year: n(0, 4)?,
            month: n(5, 7)?,
            day: n(8, 10)?,
            hour: n(11, 13)?,
            minute: n(14, 16)?,
            second: n(17, 19)?,
        };
        let good = (1..=12).contains(&m.month)
            && (1..=31).contains(&m.day)
            && m.hour < 24
            && m.minute < 60
            && m.second < 61
            && m.year > 0;
        good.then_some(m)
    }

    /// Seconds since 1970, the time zone being UTC.
    pub(crate) fn seconds(&self) -> i64 {
        let day = crate::date::seconds(self.year.into(), self.month.into(), self.day.into());
        day + i64::from(self.hour * 3600 + self.minute * 60 + self.second)
    }

    /// The moment so many seconds after the beginning of 1970, the time zone being UTC.
    pub(crate) fn of_seconds(seconds: i64) -> Moment {
        let seconds = seconds.max(0);
        let (days, rest) = (seconds / 86_400, (seconds % 86_400) as u32);
        // years of 365.2425 days in the mean: at most one too late
        let mut year = 1970 + days * 400 / 146_097;
        let first = |year: i64, month: i64| crate::date::seconds(year, month, 1) / 86_400;
        while first(year, 1) > days {
            year -= 1;
        }
        let month = (1..=12).rev().find(|month| first(year, *month) <= days).unwrap_or(1);
        let day = days - first(year, month) + 1;
        Moment {
            year: year as u32,
            month: month as u32,
            day: day as u32,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// The day of the week; Sunday is 0.
    fn weekday(&self) -> u32 {
        // Sakamoto's table: what the months before add, March being the first
        const BEFORE: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
        let y = if self.month < 3 { self.year - 1 } else { self.year };
        let month = BEFORE.get(self.month as usize - 1).copied().unwrap_or_default();
        (y + y / 4 - y / 100 + y / 400 + month + self.day) % 7
    }

    /// The value of one of the TIME variables; none for another variable.
    pub(crate) fn variable(&self, var: Var) -> Option<BString> {
        let two = |n: u32| format!("{n:02}");
        Some(BString::from(match var {
            Var::TimeYear => format!("{:04}", self.year),
            Var::TimeMon => two(self.month),
            Var::TimeDay => two(self.day),
            Var::TimeHour => two(self.hour),
            Var::TimeMin => two(self.minute),
            Var::TimeSec => two(self.second),
            Var::TimeWday => self.weekday().to_string(),
            Var::Time => format!(
                "{:04}{:02}{:02}{:02}{:02}{:02}",
                self.year, self.month, self.day, self.hour, self.minute, self.second
            ),
            _ => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_and_its_parts() {
        let m = Moment::parse("2026-11-24T13:05:09").unwrap();
        assert_eq!(m.variable(Var::Time).unwrap(), "20261124130509");
        assert_eq!(m.variable(Var::TimeWday).unwrap(), "2");
        assert_eq!(m.variable(Var::ServerName), None);
        for text in ["1970-01-01 00:00:00", "1999-12-31 23:59:59", "2024-02-29 12:00:01", "2026-11-24 13:05:09"] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!(Moment::of_seconds(moment.seconds()), moment);
        }
        for bad in ["", "2026-11-24", "2026-13-24 00:00:00", "2026-11-24 24:00:00", "tomorrow, at noon!!"] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }
}
