//! Mean F1 of the classes, expected from the scores.
//!
//! **What it answers.** How good is the model over all classes alike, as far as the scores tell?
//!
//! **Definition.** The mean over the classes with scores of the F1 of their expected counts, 0/0 as 0.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals.
//!
//! **Least data.** As the F1 of the rarest class.
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
//! **Example.** 0.857 and 16 / 19 = 0.842: 0.850.
//!
//! ```
//! # use driftgauge::statistics::basis::{Estimated, Expected, Part};
//! # use driftgauge::statistics::estimates::entry;
//! // The calibration map, all rows and those predicted as positive.
//! let (shares, rows, predicted) = (&[0.2, 0.9], &[10, 10], &[0, 10]);
//! # let part = Part { class: 1, shares, rows, predicted, tied: &[false; 2] };
//! # let window: Estimated = Expected::new(2, Some(1), vec![part]).unwrap().into();
//! let values = entry("estimated_f1_macro_ratio").unwrap().values(&window);
//! assert!((values[0].1.unwrap().value - (18.0 / 21.0 + 16.0 / 19.0) / 2.0).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, share};
use crate::statistics::basis::Expected;
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_f1_macro_ratio",
        name: "driftgauge_estimated_f1_macro_ratio",
        help: "Mean over the classes of the F1 of the counts expected from the calibrated scores.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::Scores(evaluate),
};

fn evaluate(window: &Expected<'_>) -> Evaluated {
    window.macro_average(|counts| share(2.0 * counts.hits, counts.predicted + counts.actual, Undefined::ClassNotSeen))
}
