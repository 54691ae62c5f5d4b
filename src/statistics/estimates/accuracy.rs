//! Accuracy, expected from the scores.
//!
//! **What it answers.** Which share of the predictions will turn out to be right, as far as the scores tell?
//!
//! **Definition.** The mean over the rows of the chance to be right. Of two classes it is `c` when the positive one was
//! predicted and `1 - c` when it was not; `c` is the share of the reference's rows with this score that were positive
//! (isotonic regression over the cells of the score, or the score itself where that is no worse). Of several classes it
//! is the share of the reference's predictions with this largest score that were right. `_lower` and `_upper` are 95 %
//! limits, `1.96 sqrt(sum c (1 - c)) / n` away: what chance adds when each row is right by its own.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals.
//!
//! **Least data.** One row with a score. The limits beside it hold the chance of each row alone.
//!
//! **Known bias.** Rests on the calibration of the reference: it follows a change of the inputs, and cannot see a
//! change of what happens at the same scores. Read it beside the realised one and `driftgauge_calibration_residual`.
//! The limits leave out that the map itself was learned from a sample.
//!
//! **Choosing a threshold.** Compare with the reference's realised value; an estimate that falls means that the inputs
//! have become harder.
//!
//! **References.** Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring;
//! NannyML, CBPE.
//!
//! **Example.** Ten rows at 0.2 predicted negative, ten at 0.9 predicted positive: (8 + 9) / 20 = 0.85.
//!
//! ```
//! # use driftgauge::statistics::basis::{Estimated, Expected, Part};
//! # use driftgauge::statistics::estimates::entry;
//! // The calibration map, all rows and those predicted as positive.
//! let (shares, rows, predicted) = (&[0.2, 0.9], &[10, 10], &[0, 10]);
//! # let part = Part { class: 1, shares, rows, predicted, tied: &[false; 2] };
//! # let window: Estimated = Expected::new(2, Some(1), vec![part]).unwrap().into();
//! let values = entry("estimated_accuracy_ratio").unwrap().values(&window);
//! assert!((values[0].1.unwrap().value - 0.85).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::basis::Expected;
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_accuracy_ratio",
        name: "driftgauge_estimated_accuracy_ratio",
        help: "Share of predictions expected to be right, from the calibrated scores. Needs no actuals; blind to concept drift.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Lower, Companion::Upper],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::Scores(evaluate),
};

fn evaluate(window: &Expected<'_>) -> Evaluated {
    Ok(window.accuracy().into())
}

/// The lower and the upper limit that hold the accuracy with a chance of 95 %, when each row is right by its own chance.
pub fn limits(window: &Expected<'_>) -> [f64; 2] {
    let reach = 1.959_963_984_540_054 * window.variance.sqrt() / window.rows;
    [-reach, reach].map(|way| (window.accuracy() + way).clamp(0.0, 1.0))
}
