//! Recall at a false-positive rate of 5 %.
//!
//! **What it answers.** If only one negative in twenty may raise an alarm, how many positives are found?
//!
//! **Definition.** The largest `TP / P` over the thresholds with `20 FP <= N`. In the cell where the allowance ends,
//! positives are taken to be mixed evenly with negatives; the exact value is within the bound, which takes all or none
//! of them.
//!
//! **Range and direction.** 0 to 1; 0.05 is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Equal scores cannot be parted. Undefined when all actuals are of one
//! class (`constant_actual`).
//!
//! **Least data.** One positive and one negative; with fewer than 20 negatives no false alarm is allowed at all.
//!
//! **Known bias.** Of the grid: what happens inside a cell is not seen; the bound beside it is a certificate, not a
//! confidence limit. Cells that hold one score only add nothing to it.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `roc_curve`: `max(tpr[fpr <= 0.05])`.
//!
//! **Example.** Positives at 0.9 and 0.35, negatives at 0.8 and 0.1: no false alarm is allowed, so 0.9 only is found,
//! 0.5.
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
//! let (_, value) = entry("recall_at_fpr_ratio").unwrap().values(&window)[0];
//! assert_eq!(0.5, value.unwrap().value);
//! ```

use super::{Classification, Closed, Entry, Evaluate, between};
use crate::aggregate::scored::ScoreCells;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "recall_at_fpr_ratio",
        name: "driftgauge_recall_at_fpr_ratio",
        help: "Largest recall of a threshold whose false-positive rate is at most 5 %.",
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
        references: &["scikit-learn roc_curve"],
    },
    evaluate: Evaluate::Binary(evaluate),
    closed: Closed::None,
};

/// One over the false-positive rate allowed.
const NEGATIVES_PER_ALARM: u64 = 20;

fn evaluate(window: &Classification<'_>) -> Evaluated {
    recall_within(window.positive_scores()?)
}

fn recall_within(cells: &ScoreCells<'_>) -> Evaluated {
    let (positives, negatives) = (cells.positives.iter().sum::<u64>(), cells.negatives.iter().sum::<u64>());
    if positives == 0 || negatives == 0 {
        return Err(Undefined::ConstantActual);
    }
    let allowed = negatives / NEGATIVES_PER_ALARM;
    let of_all = |t: f64| t / positives as f64;
    // True and false positives above the cell.
    let (mut t, mut f) = (0, 0);
    for k in (0..cells.positives.len()).rev() {
        let (p, n) = (cells.positives[k], cells.negatives[k]);
        if f + n > allowed {
            let low = of_all(t as f64);
            if cells.is_tied(k) {
                return Ok(between(low, low, low));
            }
            let inside = p as f64 * (allowed - f) as f64 / n as f64;
            return Ok(between(of_all(t as f64 + inside), low, of_all((t + p) as f64)));
        }
        t += p;
        f += n;
    }
    Ok(between(1.0, 1.0, 1.0))
}
