//! Accuracy, expected from how much surer the answers are (difference of confidences).
//!
//! **What it answers.** Which share of the predictions will turn out to be right, if the model is as much less right as
//! it is less sure?
//!
//! **Definition.** The accuracy of the reference plus the mean confidence of the window less that of the reference, at
//! least 0 and at most 1. Confidence is the score of the predicted class; of several classes the largest score.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals.
//!
//! **Least data.** One row with a score. The standard error is at most `0.5 / sqrt(n)`.
//!
//! **Known bias.** Rests on the calibration of the reference: it follows a change of the inputs, and cannot see a
//! change of what happens at the same scores. Read it beside the realised one and `driftgauge_calibration_residual`. A
//! model that is too sure of itself loses less confidence than accuracy.
//!
//! **Choosing a threshold.** Compare with the reference's realised value; an estimate that falls means that the inputs
//! have become harder.
//!
//! **References.** Guillory et al. 2021, Predicting with confidence on unseen distributions.
//!
//! **Example.** The mean confidence falls from 0.78 to 0.72: 0.8 - 0.06 = 0.74.
//!
//! ```
//! use driftgauge::statistics::basis::{Cells, Confidence};
//! let cell = |rows, mean| Cells { rows, sum: rows * mean, place: mean };
//! let known = Confidence::new(&[cell(40.0, 0.6), cell(60.0, 0.9)], 0.8).unwrap();
//! let window = known.read(&[cell(60.0, 0.6), cell(40.0, 0.9)]).unwrap();
//! assert!((window.difference - 0.74).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::basis::Classified;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_accuracy_doc_ratio",
        name: "driftgauge_estimated_accuracy_doc_ratio",
        help: "Accuracy of the reference plus the change of the mean confidence (DoC).",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &["Guillory et al. 2021, Predicting with confidence on unseen distributions"],
    },
    evaluate: Evaluate::Classification(evaluate),
};

fn evaluate(window: &Classified<'_>) -> Evaluated {
    window.surety.map(|surety| surety.difference.into())
}
