//! Average precision.
//!
//! **What it answers.** When positives are rare: how clean is the top of the ranking?
//!
//! **Definition.** Over the cells from the highest down, with `t`, `f` true and false positives above, `c = t + f`,
//! `p` positives and `d` rows in the cell: `(1/P) sum p [p/d + (t - p c/d)/d ln((c + d)/c)]`, which mixes the rows of
//! a cell evenly (`p^2 / (d P)` for `c` = 0); a cell of one row, or that can hold one score only, adds
//! `p (t + p) / (c + d)`. The exact step-wise value is within the bound, which has all positives of each cell first,
//! or last.
//!
//! **Range and direction.** 0 to 1; the share of positives is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Equal scores are one step. Undefined without positives
//! (`constant_actual`).
//!
//! **Least data.** One positive; with fewer than 50 it is mostly noise.
//!
//! **Known bias.** Of the grid: what happens inside a cell is not seen; the bound beside it is a certificate, not a
//! confidence limit. Cells that hold one score only add nothing to it. Falls with the share of positives although the
//! model has not changed; see ROC AUC.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it, at a similar share of
//! positives.
//!
//! **References.** scikit-learn, `average_precision_score`; Davis and Goadrich 2006, The relationship between
//! precision-recall and ROC curves (interpolation).
//!
//! **Example.** Positives at 0.9 and 0.35, negatives at 0.8 and 0.1, each alone in its cell: (1/1 + 2/3) / 2 = 0.8333.
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
//! let (_, value) = entry("average_precision").unwrap().values(&window)[0];
//! let outcome = value.unwrap();
//! assert!((outcome.value - 5.0 / 6.0).abs() <= outcome.error_bound.unwrap() + 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate, between};
use crate::aggregate::scored::ScoreCells;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "average_precision",
        name: "driftgauge_average_precision",
        help: "Mean precision over the positives, from the highest score down.",
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
        references: &[
            "scikit-learn average_precision_score",
            "Davis and Goadrich 2006, The relationship between precision-recall and ROC curves",
        ],
    },
    evaluate: Evaluate::Binary(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    precision_area(window.positive_scores()?)
}

/// The average precision of one class against the rest.
pub(super) fn precision_area(cells: &ScoreCells<'_>) -> Evaluated {
    let positives: u64 = cells.positives.iter().sum();
    if positives == 0 {
        return Err(Undefined::ConstantActual);
    }
    let (mut value, mut low, mut high) = (0.0, 0.0, 0.0);
    // True and false positives above the cell.
    let (mut t, mut f) = (0.0, 0.0);
    for k in (0..cells.positives.len()).rev() {
        let (p, n) = (cells.positives[k] as f64, cells.negatives[k] as f64);
        let (d, c) = (p + n, t + f);
        if p > 0.0 {
            if cells.is_tied(k) || d == 1.0 {
                let tied = p * (t + p) / (c + d);
                (value, low, high) = (value + tied, low + tied, high + tied);
            } else {
                value += if c > 0.0 { p * (p / d + (t - p * c / d) / d * (d / c).ln_1p()) } else { p * p / d };
                high += p * (t + p) / (c + p);
                // The sum of (t + i) / (c + n + i) over i = 1..p, from below: each 1 / (c + n + i) is at most the mean
                // of 1 / x over the unit around it.
                low += p - (f + n) * (p / (c + n + 0.5)).ln_1p();
            }
        }
        t += p;
        f += n;
    }
    let p = positives as f64;
    Ok(between((value / p).min(1.0), (low / p).min(1.0), (high / p).min(1.0)))
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
        let outcome = precision_area(&cells).unwrap();
        assert!((outcome.value - 0.820944735).abs() < 1e-9, "{outcome:?}");
    }
}
