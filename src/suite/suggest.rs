//! "Did you mean": the nearest of some names.

/// The name of `known` that `given` was most likely meant to be, if any is near enough.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let given = given.to_lowercase();
    let allowed = (given.chars().count() / 3).clamp(1, 3);
    let with_distance = known.into_iter().map(|k| (distance(&given, &k.to_lowercase()), k));
    with_distance.filter(|&(d, _)| d <= allowed).min_by_key(|&(d, _)| d).map(|(_, k)| k)
}

/// How many letters must be put in, left out, replaced or swapped with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_and_far() {
        let known = ["status", "handler", "path_info", "user"];
        assert_eq!(nearest("sttaus", known), Some("status"));
        assert_eq!(nearest("pathinfo", known), Some("path_info"));
        assert_eq!(nearest("Users", known), Some("user"));
        assert_eq!(nearest("location", known), None);
    }
}
