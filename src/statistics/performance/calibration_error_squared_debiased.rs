//! Debiased squared calibration error.
//!
//! **What it answers.** How far off are the scores, in a number that chance does not push up?
//!
//! **Definition.** `sum (n_b / n) [(y_b - s_b)^2 - y_b (1 - y_b) / (n_b - 1)]` over the bins of `calibration_error`,
//! symbols as there; a bin of one row adds 0.
//!
//! **Range and direction.** -0.25 to 1; 0 on average when calibrated (negative by chance), higher is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). A cell across an edge of bins goes to the bin of its mean score.
//!
//! **Least data.** One row; it says something from two in a bin.
//!
//! **Known bias.** None within bins; what differs inside a bin is not seen.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; it may be compared across
//! window sizes.
//!
//! **References.** Kumar, Liang and Ma 2019, Verified uncertainty calibration (the debiased estimator).
//!
//! **Example.** A positive and a negative, both at 0.75: (1/2 - 3/4)^2 - (1/4)/1 = -0.1875.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.75, 1), (0.75, 0)];
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
//! let (_, value) = entry("calibration_error_squared_debiased").unwrap().values(&window)[0];
//! assert!((value.unwrap().value + 0.1875).abs() < 1e-12);
//! ```

use super::{Calibration, Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "calibration_error_squared_debiased",
        name: "driftgauge_calibration_error_squared_debiased",
        help: "Mean squared distance between scores and outcomes in ten bins, less its expectation from chance.",
        range: (-0.25, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Kumar, Liang and Ma 2019, Verified uncertainty calibration"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let calibration = Calibration::of(window.confidence()?);
    let squares = calibration.mean(|bin| {
        if bin.rows < 2.0 {
            return 0.0;
        }
        let hits = bin.hit_ratio();
        (hits - bin.score_mean()).powi(2) - hits * (1.0 - hits) / (bin.rows - 1.0)
    });
    Ok(squares.into())
}
