//! Recall of a class, expected from the scores.
//!
//! **What it answers.** Which share of the rows of the class will the model have found?
//!
//! **Definition.** The sum of the calibrated share `c` over the rows predicted as the class, over its sum over all
//! rows.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals. Also undefined (`class_not_seen`) when its
//! denominator is zero.
//!
//! **Least data.** Some rows that may be of the class; with few expected it is mostly noise.
//!
//! **Known bias.** Rests on the calibration of the reference: it follows a change of the inputs, and cannot see a
//! change of what happens at the same scores. Read it beside the realised one and `driftgauge_calibration_residual`.
//!
//! **Choosing a threshold.** Compare with the reference's realised value; an estimate that falls means that the inputs
//! have become harder.
//!
//! **References.** Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring;
//! NannyML, CBPE.
//!
//! **Example.** Of 9 + 2 rows expected to be positive 9 are predicted so: 0.818.
//!
//! ```
//! # use driftgauge::statistics::basis::{Estimated, Expected, Part};
//! # use driftgauge::statistics::estimates::entry;
//! // The calibration map, all rows and those predicted as positive.
//! let (shares, rows, predicted) = (&[0.2, 0.9], &[10, 10], &[0, 10]);
//! # let part = Part { class: 1, shares, rows, predicted, tied: &[false; 2] };
//! # let window: Estimated = Expected::new(2, Some(1), vec![part]).unwrap().into();
//! let values = entry("estimated_recall_ratio").unwrap().values(&window);
//! assert!((values[1].1.unwrap().value - 9.0 / 11.0).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, share};
use crate::statistics::basis::Expected;
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_recall_ratio",
        name: "driftgauge_estimated_recall_ratio",
        help: "Share of the rows expected to be of the class that were predicted as it, from the calibrated scores.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::PerClass(evaluate),
};

fn evaluate(window: &Expected<'_>, class: usize) -> Evaluated {
    let counts = window.class(class)?;
    share(counts.hits, counts.actual, Undefined::ClassNotSeen)
}
