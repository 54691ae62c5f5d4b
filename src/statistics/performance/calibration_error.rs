//! Expected calibration error.
//!
//! **What it answers.** When the model says 70 %, is it 70 %?
//!
//! **Definition.** `sum (n_b / n) |y_b - s_b|` over the bins `[0, 1/10], (1/10, 2/10], ..., (9/10, 1]` of the score,
//! `y_b` share of outcomes and `s_b` mean score of the `n_b` rows in bin `b`. Of several classes the score is the
//! largest one and the outcome whether the prediction was right. The bins are unions of cells, so the value is exact
//! and its bound 0; where the grid lacks an edge of a bin, the cell goes to the bin of its mean score and the bound
//! says by how much that can matter.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). A bin without rows adds nothing. A score on an edge is in the lower
//! bin.
//!
//! **Least data.** One row. A perfectly calibrated model shows about 0.07, 0.03 and 0.014 at 200, 1000 and 5000 rows
//! that fill the bins.
//!
//! **Known bias.** Upwards by that chance; see `calibration_error_debiased`. Errors of opposite sign inside a bin
//! cancel.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it for windows of about its size
//! only; otherwise use the debiased sibling.
//!
//! **References.** Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian binning;
//! bins as scikit-learn, `calibration_curve`.
//!
//! **Example.** Two positives at 0.75 and a negative at 0.25: 2/3 * 0.25 + 1/3 * 0.25 = 0.25.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.75, 1), (0.75, 1), (0.25, 0)];
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
//! let (_, value) = entry("calibration_error").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.25).abs() < 1e-12);
//! assert_eq!(Some(0.0), value.unwrap().error_bound);
//! ```

use super::{Calibration, Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "calibration_error",
        name: "driftgauge_calibration_error",
        help: "Mean distance between scores and outcomes in ten equally wide bins.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Reference, Companion::Threshold],
        references: &[
            "Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian binning",
        ],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let calibration = Calibration::of(window.confidence()?);
    Ok(Outcome { value: calibration.error(), error_bound: Some(calibration.bound) })
}
