//! Area under the ROC curve.
//!
//! **What it answers.** Does the score still order positives above negatives?
//!
//! **Definition.** `sum p_b (N_b + n_b / 2) / (P N)` over the cells `b` of the score, `p_b` and `n_b` positives and
//! negatives in the cell (sums `P`, `N`), `N_b` negatives in lower cells. The exact value is within the bound
//! `sum p_b n_b / (2 P N)` over the cells that hold more than one score.
//!
//! **Range and direction.** 0 to 1; 0.5 is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Equal scores count half. Undefined when all actuals are of one class
//! (`constant_actual`).
//!
//! **Least data.** One positive and one negative. The standard error is at most `sqrt(a (1 - a) / min(P, N))`.
//!
//! **Known bias.** Of the grid: what happens inside a cell is not seen; the bound beside it is a certificate, not a
//! confidence limit. Cells that hold one score only add nothing to it.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; a value that falls while
//! calibration holds means that features lost their meaning.
//!
//! **References.** Hanley and McNeil 1982, The meaning and use of the area under a ROC curve; scikit-learn,
//! `roc_auc_score`.
//!
//! **Example.** Positives at 0.9 and 0.35, negatives at 0.8 and 0.1: 3 of 4 pairs are in order, 0.75.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.9, 1), (0.8, 0), (0.35, 1), (0.1, 0)];
//! # let mut layout = Layout::default();
//! # let confusion = Confusion::new(&mut layout, vec!["0".into(), "1".into()], Some(1));
//! # let grid = Grid::new((0..=100).map(|i| f64::from(i) / 100.0).collect(), &[]);
//! # let scored = Scored::new(&mut layout, vec![(1, grid.into())], None);
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! # for (score, actual) in rows {
//! #     let mut delta = Delta::default();
//! #     let predicted = usize::from(score > 0.5);
//! #     confusion.observe(actual, predicted, &mut delta);
//! #     scored.observe(ScoredRow { actual, correct: actual == predicted, scores: &[score] }, &mut delta);
//! #     totals.apply(&delta);
//! # }
//! # layout.performance = Some(PerformanceShape::Classification { confusion, scored });
//! # let window = Performance::new(&layout, &totals).unwrap();
//! let (_, value) = entry("roc_auc").unwrap().values(&window)[0];
//! assert_eq!((0.75, Some(0.0)), (value.unwrap().value, value.unwrap().error_bound));
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::scored::ScoreCells;
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "roc_auc",
        name: "driftgauge_roc_auc",
        help: "Chance that a random positive is scored above a random negative, ties counting half.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[
            Companion::ErrorBound,
            Companion::Reference,
            Companion::Threshold,
            Companion::Lower,
            Companion::Upper,
        ],
        references: &["Hanley and McNeil 1982, The meaning and use of the area under a ROC curve"],
    },
    evaluate: Evaluate::Binary(evaluate),
    closed: Closed::Area(|window, _| window.classification()?.positive_scores().ok().copied()),
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    area(window.positive_scores()?)
}

/// The area under the curve of one class against the rest.
pub(super) fn area(cells: &ScoreCells<'_>) -> Evaluated {
    let (mut negatives_below, mut positives, mut twice_ordered, mut uncertain) = (0u128, 0u128, 0u128, 0u128);
    for (k, (n, p)) in cells.negatives.iter().zip(cells.positives).enumerate() {
        let (n, p) = (u128::from(*n), u128::from(*p));
        twice_ordered += p * (2 * negatives_below + n);
        if !cells.is_tied(k) {
            uncertain += p * n;
        }
        negatives_below += n;
        positives += p;
    }
    let twice_pairs = 2.0 * positives as f64 * negatives_below as f64;
    if twice_pairs == 0.0 {
        return Err(Undefined::ConstantActual);
    }
    Ok(Outcome { value: twice_ordered as f64 / twice_pairs, error_bound: Some(uncertain as f64 / twice_pairs) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Grid;

    #[test]
    fn golden_vector() {
        let grid = Grid::new(vec![0.2, 0.4, 0.6, 0.8], &[]);
        let sums = [0; 9];
        let cells = ScoreCells::from_parts(1, &grid, &[20, 12, 6, 3, 1], &[1, 2, 4, 8, 10], &sums).unwrap();
        let outcome = area(&cells).unwrap();
        assert!((outcome.value - 0.88857142857).abs() < 1e-10);
        assert!((outcome.error_bound.unwrap() - 0.04857142857).abs() < 1e-10);
    }
}
