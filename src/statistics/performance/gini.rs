//! Gini coefficient of the score.
//!
//! **What it answers.** How well does the score separate, in the number credit risk reports?
//!
//! **Definition.** `2 AUC - 1`, also called the accuracy ratio of the CAP curve; its bound is twice that of `roc_auc`.
//!
//! **Range and direction.** -1 to 1; 0 is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** As of `roc_auc`: Only labelled rows with scores in [0, 1] count; others are
//! left out. Without any the statistic is undefined (`no_scores`). Undefined when all actuals are of one class
//! (`constant_actual`).
//!
//! **Least data.** One positive and one negative.
//!
//! **Known bias.** As of `roc_auc`.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Engelmann, Hayden and Tasche 2003, Testing rating accuracy.
//!
//! **Example.** Positives at 0.9 and 0.35, negatives at 0.8 and 0.1: 2 * 0.75 - 1 = 0.5.
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
//! let (_, value) = entry("gini").unwrap().values(&window)[0];
//! assert_eq!(0.5, value.unwrap().value);
//! ```

use super::{Classification, Closed, Entry, Evaluate, roc_auc};
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "gini",
        name: "driftgauge_gini",
        help: "Twice the area under the ROC curve, less one.",
        range: (-1.0, 1.0),
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
        references: &["Engelmann, Hayden and Tasche 2003, Testing rating accuracy"],
    },
    evaluate: Evaluate::Binary(evaluate),
    closed: Closed::Gini(|window, _| window.classification()?.positive_scores().ok().copied()),
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let area = roc_auc::area(window.positive_scores()?)?;
    Ok(Outcome { value: 2.0 * area.value - 1.0, error_bound: area.error_bound.map(|bound| 2.0 * bound) })
}
