//! Accuracy, expected from how many answers are sure enough (average thresholded confidence).
//!
//! **What it answers.** Which share of the predictions will turn out to be right, if those are right that the model is
//! sure of?
//!
//! **Definition.** The share of rows whose confidence is above the threshold that leaves as large a share of the
//! reference above it as its accuracy. Confidence is the score of the predicted class; of several classes the largest
//! score. The cell that holds the threshold is divided as the reference divides it.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals.
//!
//! **Least data.** One row with a score. The standard error is at most `0.5 / sqrt(n)`.
//!
//! **Known bias.** Rests on the calibration of the reference: it follows a change of the inputs, and cannot see a
//! change of what happens at the same scores. Read it beside the realised one and `driftgauge_calibration_residual`.
//! Needs no calibration, so it is a second opinion; it moves in steps where many scores are equal.
//!
//! **Choosing a threshold.** Compare with the reference's realised value; an estimate that falls means that the inputs
//! have become harder.
//!
//! **References.** Garg et al. 2022, Leveraging unlabeled data to predict out-of-distribution performance, section 4.
//!
//! **Example.** Of the reference the 60 at 0.9 and half of the 40 at 0.6 are above, 0.8 in all; of 60 at 0.6 and 40 at
//! 0.9: 0.3 + 0.4 = 0.7.
//!
//! ```
//! use driftgauge::statistics::basis::{Cells, Confidence};
//! let cell = |rows, mean| Cells { rows, sum: rows * mean, place: mean };
//! let known = Confidence::new(&[cell(40.0, 0.6), cell(60.0, 0.9)], 0.8).unwrap();
//! let window = known.read(&[cell(60.0, 0.6), cell(40.0, 0.9)]).unwrap();
//! assert!((window.above - 0.7).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::basis::Classified;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_accuracy_atc_ratio",
        name: "driftgauge_estimated_accuracy_atc_ratio",
        help: "Share of predictions expected to be right: those surer than a threshold learned from the reference (ATC).",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &["Garg et al. 2022, Leveraging unlabeled data to predict out-of-distribution performance"],
    },
    evaluate: Evaluate::Classification(evaluate),
};

fn evaluate(window: &Classified<'_>) -> Evaluated {
    window.surety.map(|surety| surety.above.into())
}
