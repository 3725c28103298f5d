//! Points and shapes of an image map (modules/mappers/mod_imagemap.c).

/// A point: x and y.
pub(super) type Point = (f64, f64);

/// As many corners as a shape can have: MAXVERTS.
const MOST: usize = 100;

/// `pointinrect`
pub(super) fn in_rect(point: Point, corners: &[Point]) -> bool {
    let ((x1, y1), (x2, y2)) = (corner(corners, 0), corner(corners, 1));
    (x1.min(x2)..=x1.max(x2)).contains(&point.0) && (y1.min(y2)..=y1.max(y2)).contains(&point.1)
}

/// `pointincircle`: the second point lies on the circle round the first.
pub(super) fn in_circle(point: Point, corners: &[Point]) -> bool {
    let centre = corner(corners, 0);
    distance(centre, point) <= distance(centre, corner(corners, 1))
}

/// `pointinpoly`: on an edge counts as within.
pub(super) fn in_poly(point: Point, corners: &[Point]) -> bool {
    let (x, y) = point;
    let n = corners.iter().position(|c| c.0 == -1.0).unwrap_or(corners.len());
    let mut crossings = 0;
    for i in 0..n {
        let ((x1, y1), (x2, y2)) = (corners[i], corners[(i + 1) % n]);
        let d = (y - y1) * (x2 - x1) - (x - x1) * (y2 - y1);
        if (y1 >= y) != (y2 >= y) {
            crossings += usize::from(if y2 - y1 >= 0.0 { d >= 0.0 } else { d <= 0.0 });
        }
        if d == 0.0 && x1.min(x2) <= x && x <= x1.max(x2) && y1.min(y2) <= y && y <= y1.max(y2) {
            return true;
        }
    }
    crossings % 2 == 1
}

/// The square of the distance.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)
}

fn corner(corners: &[Point], i: usize) -> Point {
    corners.get(i).copied().unwrap_or((-1.0, 0.0))
}

/// A number at the beginning of a text, and what follows it: `strtod`, decimal numbers only.
pub(super) fn number(text: &[u8]) -> Option<(f64, &[u8])> {
    let text = text.trim_ascii_start();
    let digits = |from: usize| text[from.min(text.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut any = whole > 0;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        any |= fraction > 0;
        if any {
            end += 1 + fraction;
        }
    }
    if !any {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let value = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, &text[end..]))
}

/// The corners that a line of a map lists; whole numbers are what it steps over.
pub(super) fn corners(mut text: &[u8]) -> Vec<Point> {
    let mut found = Vec::new();
    while found.len() < MOST {
        let Some((x, rest)) = number(text) else { break };
        let gap = rest.iter().take_while(|b| matches!(b, b',' | b' ')).count();
        let Some((y, _)) = number(&rest[gap..]).filter(|_| gap > 0) else { break };
        found.push((x, y));
        let skip = |text: &mut &[u8], test: fn(&u8) -> bool| {
            let n = text.iter().take_while(|b| test(b)).count();
            *text = &text[n..];
        };
        skip(&mut text, u8::is_ascii_whitespace);
        skip(&mut text, u8::is_ascii_digit);
        text = text.get(1..).unwrap_or_default();
        skip(&mut text, u8::is_ascii_whitespace);
        skip(&mut text, u8::is_ascii_digit);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_hold_points() {
        let square = corners(b" 0,0 10,0 10,10 0,10");
        assert_eq!(square.len(), 4);
        assert!(in_poly((5.0, 5.0), &square) && in_poly((0.0, 3.0), &square) && !in_poly((11.0, 5.0), &square));
        assert!(in_rect((1.0, 2.0), &corners(b"5,5 0,0")) && !in_rect((6.0, 2.0), &corners(b"5,5 0,0")));
        assert!(in_circle((3.0, 4.0), &corners(b"0,0 0,5")) && !in_circle((4.0, 4.0), &corners(b"0,0 0,5")));
    }

    #[test]
    fn numbers_end_where_they_end() {
        assert_eq!(number(b" -1.5e1x").map(|(n, rest)| (n, rest.len())), Some((-15.0, 1)));
        assert_eq!(number(b"x"), None);
        assert_eq!(number(b"."), None);
    }
}
