//! Probability that a value of the window is larger than one of the reference.
//!
//! **What it answers.** Have the values become larger or smaller, as ranks see it?
//!
//! **Definition.** `P(window > reference) + P(equal)/2 = sum over fine cells of q_k (F_{k-1} + p_k/2)`, with the shares
//! `p_k` of the reference and `q_k` of the window in the cell and `F_{k-1}` of the reference before it: the area under
//! the ROC curve of telling window from reference by the value alone, and the Mann-Whitney statistic over `n m`. The
//! exact number is within the bound: half the sum of `p_k q_k` over the cells that hold more than one value.
//!
//! **Range and direction.** 0 (all values smaller) over 0.5 (neither) to 1 (all larger); away from 0.5 is worse.
//!
//! **Empty cells, ties, missing, not finite.** An empty cell adds nothing. Values of the same cell count as equal.
//! Missing and invalid values are left out; the infinities are smallest and largest.
//!
//! **Least data.** One value on each side. From chance alone expect `0.5 +- sqrt((n + m + 1) / (12 n m))`: 0.013 at
//! `n` = `m` = 1000.
//!
//! **Known bias.** None. Blind to a change of spread about the same middle: see variance ratio and Kolmogorov-Smirnov.
//!
//! **Choosing a threshold.** 0.05 away from 0.5 is a move of a normal column by 0.18 deviations.
//!
//! **References.** Mann and Whitney 1947, On a Test of Whether One of Two Random Variables Is Stochastically Larger.
//!
//! **Example.** Edges 0 and 1, reference 3, 1, 0 and window 1, 2, 1: `1/4 * 3/8 + 2/4 * 7/8 + 1/4 * 1 = 0.78125`, the
//! bound `(3/4 * 1/4 + 1/4 * 2/4) / 2 = 0.15625`.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::drift::drift_auc;
//! let grid = Grid::new(vec![0.0, 1.0], &[]);
//! let reference = Numbers::from_parts(&grid, FixedPoint::UNIT, &[3, 1, 0, 0, 0, 0, 0], &[0; 5]).unwrap();
//! let current = Numbers::from_parts(&grid, FixedPoint::UNIT, &[1, 2, 1, 0, 0, 0, 0], &[0; 5]).unwrap();
//! let outcome = drift_auc(&reference, &current);
//! assert_eq!((0.78125, Some(0.15625)), (outcome.value, outcome.error_bound));
//! ```

use super::{Chance, Comparison, Default, Entry, FineCell, Threshold, fine_cells};
use crate::aggregate::numeric::Numbers;
use crate::statistics::null::normal_share;
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "drift_auc",
        name: "driftgauge_feature_drift_auc",
        help: "Probability that a value of the window is larger than one of the reference, ties counted half.",
        range: (0.0, 1.0),
        worse: Worse::Away,
        ideal: Some(0.5),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Threshold],
        references: &[
            "Mann and Whitney 1947, On a Test of Whether One of Two Random Variables Is Stochastically Larger",
        ],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Normal { error, shift: |tolerance| normal_share((tolerance / 2.0).sqrt()) - 0.5 },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    Ok(drift_auc(&reference, &current))
}

/// The standard error under no drift, with the correction for ties.
fn error(comparison: &Comparison<'_>, _: &Chance) -> Option<f64> {
    let (reference, current) = comparison.numbers().ok()?;
    let (n, m) = (current.present() as f64, reference.present() as f64);
    let all = n + m;
    let ties = reference.cells().iter().zip(current.cells()).map(|(r, c)| ((r + c) as f64 / all).powi(3)).sum::<f64>();
    Some(((all + 1.0) / (12.0 * n * m) * (1.0 - ties).max(0.0)).sqrt())
}

/// The probability that a value of the window is larger than one of the reference, with its bound.
pub fn drift_auc(reference: &Numbers<'_>, current: &Numbers<'_>) -> Outcome {
    let cells = fine_cells(reference, current);
    let wins = |cell: &FineCell| cell.shares().1 * (cell.reference.0 + cell.reference.1) / 2.0;
    let ties = |cell: &FineCell| cell.shares().0 * cell.shares().1 / 2.0;
    let value: f64 = cells.iter().map(wins).sum();
    let bound: f64 = cells.iter().filter(|cell| !cell.atomic).map(ties).sum();
    Outcome { value: value.clamp(0.0, 1.0), error_bound: Some(bound) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{FixedPoint, Grid};

    #[test]
    fn golden_vector() {
        let grid = Grid::new(vec![0.2, 0.4, 0.6, 0.8], &[]);
        let negative = [20, 12, 6, 3, 1, 0, 0, 0, 0];
        let positive = [1, 2, 4, 8, 10, 0, 0, 0, 0];
        let negative = Numbers::from_parts(&grid, FixedPoint::UNIT, &negative, &[0; 7]).unwrap();
        let positive = Numbers::from_parts(&grid, FixedPoint::UNIT, &positive, &[0; 7]).unwrap();
        let outcome = drift_auc(&negative, &positive);
        assert!((outcome.value - 0.88857142857).abs() < 1e-10, "{outcome:?}");
        assert!((outcome.error_bound.unwrap() - 0.04857142857).abs() < 1e-10, "{outcome:?}");
    }
}
