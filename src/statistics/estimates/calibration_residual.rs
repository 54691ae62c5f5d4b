//! What happened less what the scores of the reference promised.
//!
//! **What it answers.** Does the same score still mean the same? It is what moves when the world changes behind the
//! same inputs.
//!
//! **Definition.** The mean of `y - c` over the rows of the pairs that have scores: `y` is 1 when the row was of the
//! positive class, `c` the share of the reference's rows with this score that were (isotonic regression over the
//! cells). Of several classes `y` is whether the prediction was right, and `c` belongs to the largest score.
//!
//! **Range and direction.** -1 to 1; 0 on the reference. Above 0 more happens than the scores promise, below 0 less; of
//! several classes below 0 the model is less right than it seems.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual or a score do not count; undefined without any
//! (`no_actuals`, `no_scores`) or without actuals in the reference (`no_reference_actuals`).
//!
//! **Least data.** One pair. The standard error is at most `0.5 / sqrt(n)`.
//!
//! **Known bias.** Changes that cancel leave it at 0: half of the rows more often, half less often.
//! `driftgauge_calibration_error` sees these, yet knows nothing of the reference.
//!
//! **Choosing a threshold.** Several standard errors. Moves with it, and not with the estimates, are concept drift;
//! moves of the estimates alone are a change of the inputs.
//!
//! **References.** Driftgauge's own: the mean error of the calibration map that confidence-based estimates rest on,
//! Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring.
//!
//! **Example.** Ten rows at a share of 0.2, of which 4 were positive: 0.4 - 0.2 = 0.2.
//!
//! ```
//! use driftgauge::statistics::basis::isotonic;
//! let map = isotonic(&[0.3, 0.8], &[10, 10], &[2, 9]).unwrap();
//! let (rows, hits) = ([10.0, 0.0], [4.0, 0.0]);
//! let residual = (0..2).map(|k| hits[k] - rows[k] * map[k]).sum::<f64>() / 10.0;
//! assert!((residual - 0.2).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::basis::Classified;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "calibration_residual",
        name: "driftgauge_calibration_residual",
        help: "Mean of what happened less what the calibrated scores of the reference promised: 0 while the same score means the same.",
        range: (-1.0, 1.0),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: 1,
        companions: &[],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::Classification(evaluate),
};

fn evaluate(window: &Classified<'_>) -> Evaluated {
    window.residual.map(Into::into)
}
