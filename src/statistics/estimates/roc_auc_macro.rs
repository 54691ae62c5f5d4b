//! Mean area under the ROC curves of the classes, expected from the scores.
//!
//! **What it answers.** Will the scores of several classes still order, as far as they can tell themselves?
//!
//! **Definition.** The mean over the classes of the expected area of the class against the rest; classes of which it is
//! undefined are left out.
//!
//! **Range and direction.** 0 to 1; 0.5 is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals. Undefined (`constant_actual`) when it is for
//! every class.
//!
//! **Least data.** One row.
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
//! **Example.** Areas of 0.854 of both of two classes: 0.854.
//!
//! ```
//! # use driftgauge::statistics::basis::{Estimated, Expected, Part};
//! # use driftgauge::statistics::estimates::entry;
//! // The calibration map, all rows and those predicted as the class.
//! let (shares, rows, predicted) = (&[0.2, 0.9], &[10, 10], &[0, 10]);
//! # let parts = [0, 1].map(|class| Part { class, shares, rows, predicted, tied: &[false; 2] });
//! # let window: Estimated = Expected::new(2, None, parts.to_vec()).unwrap().into();
//! let values = entry("estimated_roc_auc_macro").unwrap().values(&window);
//! assert!((values[0].1.unwrap().value - 84.5 / 99.0).abs() < 1e-12);
//! ```

use super::roc_auc::area;
use super::{Entry, Evaluate};
use crate::statistics::basis::Expected;
use crate::statistics::{Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_roc_auc_macro",
        name: "driftgauge_estimated_roc_auc_macro",
        help: "Mean over the classes of the area under the ROC curve expected from the calibrated scores.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::Multiclass(evaluate),
};

fn evaluate(window: &Expected<'_>) -> Evaluated {
    let areas: Vec<f64> = window.parts.iter().filter_map(|part| area(part).ok()).map(|outcome| outcome.value).collect();
    ratio(areas.iter().sum(), areas.len() as f64, Undefined::ConstantActual)
}
