//! The variance of the area under the ROC curve.

use crate::aggregate::scored::ScoreCells;

/// DeLong's variance of the area under the ROC curve, from cells: scores of one cell count as equal. `None` with fewer
/// than two positives or two negatives.
///
/// `sum p_b (V10_b - A)^2 / (P (P - 1)) + sum n_b (V01_b - A)^2 / (N (N - 1))`, where `V10_b` is the share of negatives
/// below the cell (half of those in it) and `V01_b` the share of positives above it (likewise).
///
/// Source: DeLong, DeLong and Clarke-Pearson 1988, Comparing the areas under two or more correlated receiver operating
/// characteristic curves.
pub fn delong_variance(cells: &ScoreCells<'_>) -> Option<f64> {
    let positives: u64 = cells.positives.iter().sum();
    let negatives: u64 = cells.negatives.iter().sum();
    if positives < 2 || negatives < 2 {
        return None;
    }
    let (all_p, all_n) = (positives as f64, negatives as f64);
    let both = || cells.positives.iter().zip(cells.negatives).map(|(p, n)| (*p as f64, *n as f64));
    let (mut below, mut area) = (0.0, 0.0);
    for (p, n) in both() {
        area += p * (below + n / 2.0);
        below += n;
    }
    area /= all_p * all_n;
    let (mut below, mut above, mut of_positives, mut of_negatives) = (0.0, all_p, 0.0, 0.0);
    for (p, n) in both() {
        above -= p;
        of_positives += p * ((below + n / 2.0) / all_n - area).powi(2);
        of_negatives += n * ((above + p / 2.0) / all_p - area).powi(2);
        below += n;
    }
    Some(of_positives / (all_p * (all_p - 1.0)) + of_negatives / (all_n * (all_n - 1.0)))
}
