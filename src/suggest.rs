//! The name that was probably meant.

/// The one of `names` that differs least from `name` (letter case aside), if it's near enough to be a slip of the
/// fingers. The first of equals wins.
pub(crate) fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).clamp(1, 4);
    let name = name.to_ascii_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in names {
        let limit = best.map_or(most + 1, |(d, _)| d);
        if candidate.len().abs_diff(name.len()) > most * 4 {
            continue;
        }
        let found = distance(&name, &candidate.to_ascii_lowercase());
        if found < limit {
            best = Some((found, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// How many single letters have to be put in, taken out, exchanged, or swapped with their neighbour to make `b` of `a`.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(LONGEST).collect();
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    // the last three rows of the table: a swap looks two rows back
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// No directive has a longer name; what lies behind isn't looked at.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_fingers() {
        let names = ["DocumentRoot", "Alias", "AliasMatch", "<Directory", "<DirectoryMatch", "Require", "RequireAll"];
        let cases = [
            ("DocumentRot", Some("DocumentRoot")),
            ("documentroto", Some("DocumentRoot")),
            ("Aliass", Some("Alias")),
            ("<Direcotry", Some("<Directory")),
            ("Reqire", Some("Require")),
            ("Banana", None),
            ("x", None),
        ];
        for (name, want) in cases {
            assert_eq!(closest(name, names), want, "{name}");
        }
    }

    #[test]
    fn distances() {
        for (a, b, want) in [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
    }
}
