//! "Did you mean": the nearest known word to an unknown one.

/// The word nearest to `unknown`, when it is near enough to be a slip: a third of its letters, at least one.
pub(super) fn nearest<'w>(unknown: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let unknown = folded(unknown);
    let most = (unknown.len() / 3).max(1);
    words
        .into_iter()
        .map(|word| (distance(&unknown, &folded(word)), word))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Letters without case; `-` and `_` are the same.
fn folded(word: &str) -> Vec<char> {
    word.chars().flat_map(char::to_lowercase).map(|c| if c == '-' { '_' } else { c }).collect()
}

/// Letters to insert, remove, replace or swap with their neighbour (optimal string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = above[j] + usize::from(a != b);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood() {
        let words = ["lengths", "lateness", "idle_timeout"];
        for (unknown, expected) in [
            ("length", Some("lengths")),
            ("latness", Some("lateness")),
            ("alteness", Some("lateness")),
            ("Idle-Timeout", Some("idle_timeout")),
            ("evidence", None),
            ("", None),
        ] {
            assert_eq!(expected, nearest(unknown, words), "{unknown}");
        }
    }

    #[test]
    fn distances_count_single_slips() {
        for (from, to, expected) in
            [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abc", "abc", 0)]
        {
            assert_eq!(expected, distance(&folded(from), &folded(to)), "{from} {to}");
        }
    }
}
