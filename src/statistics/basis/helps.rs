//! Whether scores are better probabilities after calibration than before it.

use super::isotonic;

/// Rows are put into so many parts, each of which is judged by a map of the others; errors are taken in as many bins.
const PARTS: usize = 10;
/// With more rows than this the map itself is as good as exact.
const ENOUGH: u64 = 1_000_000;
/// Scores that order better than this need no map.
const SEPARATED: f64 = 0.999;

/// Rows with one expected share.
#[derive(Clone, Copy)]
struct Group {
    expected: f64,
    rows: f64,
    hits: f64,
}

/// Whether the calibration error of rows left out of the map is smaller with it than without: NannyML's rule, with a
/// partition into ten parts drawn by a fixed seed in place of ten random splits. `scores` are the mean scores of the
/// cells. Never for scores that separate the classes by an area of more than 0.999, or with rows of one kind only.
pub(super) fn calibration_helps(scores: &[f64], rows: &[u64], hits: &[u64]) -> bool {
    let (all, positives): (u64, u64) = (rows.iter().sum(), hits.iter().sum());
    if positives == 0 || positives == all || area(rows, hits) > SEPARATED {
        return false;
    }
    if all > ENOUGH {
        return true;
    }
    let mut dice = 7;
    let mut parts = vec![vec![[0u64; 2]; rows.len()]; PARTS];
    for (k, (rows, hits)) in rows.iter().zip(hits).enumerate() {
        for (kind, count) in [(0, rows.saturating_sub(*hits)), (1, *hits)] {
            for _ in 0..count {
                parts[(split_mix(&mut dice) % PARTS as u64) as usize][k][kind] += 1;
            }
        }
    }
    let mut calibrated = Vec::new();
    for part in &parts {
        let rest = |k: usize| (rows[k] - part[k][0] - part[k][1], hits[k] - part[k][1]);
        let (rest_rows, rest_hits): (Vec<u64>, Vec<u64>) = (0..rows.len()).map(rest).unzip();
        let Some(map) = isotonic(scores, &rest_rows, &rest_hits) else { return false };
        let group = |(cell, expected): (&[u64; 2], f64)| {
            let rows = (cell[0] + cell[1]) as f64;
            Group { expected, rows, hits: cell[1] as f64 }
        };
        calibrated.extend(part.iter().zip(map).map(group));
    }
    let plain = scores.iter().zip(rows).zip(hits);
    let plain =
        plain.map(|((score, n), hits)| Group { expected: *score, rows: *n as f64, hits: *hits as f64 }).collect();
    calibration_error(plain) > calibration_error(calibrated)
}

/// The mean over the rows of the distance between what is expected and what happened in their bin; the bins hold equally
/// many rows, in the order of what is expected.
fn calibration_error(mut groups: Vec<Group>) -> f64 {
    groups.retain(|group| group.rows > 0.0);
    groups.sort_by(|a, b| a.expected.total_cmp(&b.expected));
    let all: f64 = groups.iter().map(|group| group.rows).sum();
    let mut excess = [0.0; PARTS];
    let mut before = 0.0;
    for group in groups {
        let each = group.expected - group.hits / group.rows;
        let place = |rows: f64| rows / all * PARTS as f64;
        let (from, to) = (place(before), place(before + group.rows));
        for (bin, excess) in excess.iter_mut().enumerate() {
            // A group that reaches over a border is divided evenly.
            let part = (to.min(bin as f64 + 1.0) - from.max(bin as f64)).max(0.0);
            *excess += each * part / PARTS as f64;
        }
        before += group.rows;
    }
    excess.iter().map(|excess: &f64| excess.abs()).sum()
}

/// The area under the ROC curve, half of the pairs inside a cell being in order.
fn area(rows: &[u64], hits: &[u64]) -> f64 {
    let (mut below, mut positives, mut ordered) = (0.0, 0.0, 0.0);
    for (rows, hits) in rows.iter().zip(hits) {
        let (p, n) = (*hits as f64, rows.saturating_sub(*hits) as f64);
        ordered += p * (below + n / 2.0);
        below += n;
        positives += p;
    }
    ordered / (positives * below)
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_are_right_are_left_alone_and_wrong_ones_are_not() {
        let scores: Vec<f64> = (0..100).map(|k| (f64::from(k) + 0.5) / 100.0).collect();
        let rows = vec![1_000; 100];
        let hits =
            |share: fn(f64) -> f64| scores.iter().map(|s| (1_000.0 * share(*s)).round() as u64).collect::<Vec<_>>();
        assert!(!calibration_helps(&scores, &rows, &hits(|s| s)));
        assert!(calibration_helps(&scores, &rows, &hits(|s| s * s)));
        assert!(!calibration_helps(&scores, &rows, &hits(|s| if s > 0.5 { 1.0 } else { 0.0 })));
        assert!(!calibration_helps(&scores, &rows, &hits(|_| 0.0)));
    }
}
