//! Debiased calibration error.
//!
//! **What it answers.** How far off are the scores, apart from chance?
//!
//! **Definition.** `calibration_error - sum (n_b / n) sqrt(2 s_b (1 - s_b) / (pi n_b))`: less the mean distance that a
//! calibrated model shows by chance (normal law). Bins and symbols as there.
//!
//! **Range and direction.** -0.4 to 1; about 0 when calibrated (negative by chance), higher is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). A cell across an edge of bins goes to the bin of its mean score.
//!
//! **Least data.** One row; a few in each bin for the normal law.
//!
//! **Known bias.** Too low when the model is far off: the chance part adds in squares, not in sizes.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; unlike the plain error it may
//! be compared across window sizes.
//!
//! **References.** Broecker 2012, Estimating reliability and resolution of probability forecasts; the mean absolute
//! deviation of the normal law.
//!
//! **Example.** Two positives at 0.75 and a negative at 0.25: 0.25 - 2/3 sqrt(0.375 / 2 pi) - 1/3 sqrt(0.375 / pi) =
//! -0.0280.
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
//! let (_, value) = entry("calibration_error_debiased").unwrap().values(&window)[0];
//! let pi = std::f64::consts::PI;
//! let chance = 2.0 / 3.0 * (0.375 / (2.0 * pi)).sqrt() + (0.375 / pi).sqrt() / 3.0;
//! assert!((value.unwrap().value - (0.25 - chance)).abs() < 1e-12);
//! ```

use super::{Calibration, Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "calibration_error_debiased",
        name: "driftgauge_calibration_error_debiased",
        help: "Calibration error less what a calibrated model would show by chance.",
        range: (-0.4, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Broecker 2012, Estimating reliability and resolution of probability forecasts"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let calibration = Calibration::of(window.confidence()?);
    let chance = calibration.mean(|bin| {
        let score = bin.score_mean().clamp(0.0, 1.0);
        (2.0 * score * (1.0 - score) / (std::f64::consts::PI * bin.rows)).sqrt()
    });
    Ok((calibration.error() - chance).into())
}
