//! Dates as HTTP writes them and APR reads them (apr-util's misc/apr_date.c).

/// Seconds since 1970 of a date in one of HTTP's forms (RFC 1123, RFC 850, asctime); 0, APR_DATE_BAD, for what is none.
/// The zone is not looked at: it is GMT.
pub(crate) fn parse_http(text: &[u8]) -> i64 {
    read(text).unwrap_or(0)
}

fn read(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii_start();
    let date = &text[text.iter().position(|b| *b == b' ')? + 1..];
    let n = |at: usize| Some(i64::from(date.get(at)?.wrapping_sub(b'0')));
    let two = |at: usize| Some(n(at)? * 10 + n(at + 1)?);
    let four = |at: usize| Some(two(at)? * 100 + two(at + 2)?);
    let (year, day, month, time) = if fits(date, b"## @$$ #### ##:##:## *") {
        (four(7)?, two(0)?, 3, 12)
    } else if fits(date, b"##-@$$-## ##:##:## *") {
        let year = two(7)?;
        (if year < 70 { year + 2000 } else { year + 1900 }, two(0)?, 3, 10)
    } else if fits(date, b"@$$ ~# ##:##:## ####*") {
        (four(16)?, if date.get(4) == Some(&b' ') { n(5)? } else { two(4)? }, 0, 7)
    } else if fits(date, b"# @$$ #### ##:##:## *") {
        (four(6)?, n(0)?, 2, 11)
    } else {
        return None;
    };
    const MONTHS: [&[u8]; 12] =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    let month = MONTHS.iter().position(|m| date.get(month..month + 3) == Some(m))? as i64 + 1;
    let (hour, minute, second) = (two(time)?, two(time + 3)?, two(time + 6)?);
    if year < 1900 || !(1..=days_of(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 61 {
        return None;
    }
    Some(seconds(year, month, day) + hour * 3600 + minute * 60 + second)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds from 1970 to the beginning of a day.
pub(crate) fn seconds(year: i64, month: i64, day: i64) -> i64 {
    // years are counted from March, so that the day that comes and goes is their last
    let y = if month < 3 { year - 1 } else { year };
    let since_march = (month + 9) % 12;
    let day_of_year = (153 * since_march + 2) / 5 + day - 1;
    let days = y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + day_of_year;
    (days - 719_468) * 86_400
}

/// The date of so many seconds since 1970 as HTTP writes it: `apr_rfc822_date`.
pub(crate) fn http(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // years are counted from March, in eras of 400
    let since = days + 719_468;
    let (era, day_of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month > 9);
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let name = MONTHS[(month as usize).min(11)];
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{weekday}, {day:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// `apr_date_checkmask`
fn fits(date: &[u8], mask: &[u8]) -> bool {
    for (i, m) in mask.iter().enumerate() {
        let b = date.get(i).copied();
        let good = match m {
            b'*' => return true,
            b'@' => b.is_some_and(|b| b.is_ascii_uppercase()),
            b'$' => b.is_some_and(|b| b.is_ascii_lowercase()),
            b'#' => b.is_some_and(|b| b.is_ascii_digit()),
            b'~' => b.is_some_and(|b| b == b' ' || b.is_ascii_digit()),
            m => b == Some(*m),
        };
        if !good {
            return false;
        }
    }
    date.len() == mask.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_they_are_read() {
        assert_eq!(http(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        for seconds in (0..4_000_000_000).step_by(7_654_321) {
            assert_eq!(parse_http(http(seconds).as_bytes()), seconds);
        }
    }

    #[test]
    fn the_forms_of_http() {
        const AT: i64 = 784_111_777;
        for (text, want) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", AT),
            ("Sunday, 06-Nov-94 08:49:37 GMT", AT),
            ("Sun Nov  6 08:49:37 1994", AT),
            ("  Sun, 6 Nov 1994 08:49:37 GMT", AT),
            ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 29 Feb 2023 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37", 0),
            ("Sun, 06 Nov 1994 24:49:37 GMT", 0),
            ("06 Nov 1994 08:49:37 GMT", 0),
            ("yesterday", 0),
            ("", 0),
        ] {
            assert_eq!(parse_http(text.as_bytes()), want, "{text}");
        }
    }
}
