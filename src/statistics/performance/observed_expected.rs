//! Observed over expected.
//!
//! **What it answers.** Do as many positives happen as the scores promise?
//!
//! **Definition.** `sum y / sum p` over the labelled rows, `p` the score of the positive class and `y` 1 or 0. Of
//! several classes the score is the largest one and the outcome whether the prediction was right.
//!
//! **Range and direction.** 0 to infinity; 1 is calibrated in the large, above 1 the scores are too low, below 1 too
//! high.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Undefined when all scores are 0 (`zero_denominator`).
//!
//! **Least data.** One row. Of a calibrated model the standard error is about `1 / sqrt(sum p)`.
//!
//! **Known bias.** None; errors of opposite sign cancel, which `calibration_error` sees.
//!
//! **Choosing a threshold.** Two standard errors around the reference's own value.
//!
//! **References.** Steyerberg 2009, Clinical Prediction Models (calibration in the large).
//!
//! **Example.** A positive at 0.75 and a negative at 0.5: 1 / 1.25 = 0.8.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.75, 1), (0.5, 0)];
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
//! let (_, value) = entry("observed_expected_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.8).abs() < 1e-12);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "observed_expected_ratio",
        name: "driftgauge_observed_expected_ratio",
        help: "Outcomes observed over the sum of their scores.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Steyerberg 2009, Clinical Prediction Models"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let cells = window.confidence()?;
    let observed: u64 = cells.positives.iter().sum();
    ratio(observed as f64, cells.score_total(), Undefined::ZeroDenominator)
}
