//! Area under the ROC curve, expected from the scores.
//!
//! **What it answers.** Will the score still order positives above negatives, as far as it can tell itself?
//!
//! **Definition.** The area of the ROC curve with `n c` positives and `n (1 - c)` negatives in each cell of `n` rows,
//! `c` the calibrated share of its score; inside a cell half of the pairs are in order.
//!
//! **Range and direction.** 0 to 1; 0.5 is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals. Undefined (`constant_actual`) when rows of one
//! kind only are expected.
//!
//! **Least data.** One row.
//!
//! **Known bias.** Rests on the calibration of the reference: it follows a change of the inputs, and cannot see a
//! change of what happens at the same scores. Read it beside the realised one and `driftgauge_calibration_residual`. It
//! falls when scores crowd together, even where they are right.
//!
//! **Choosing a threshold.** Compare with the reference's realised value; an estimate that falls means that the inputs
//! have become harder.
//!
//! **References.** Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring;
//! NannyML, CBPE.
//!
//! **Example.** Positives 9 and 2, negatives 1 and 8: (9 (8 + 0.5) + 2 * 4) / (11 * 9) = 0.854.
//!
//! ```
//! # use driftgauge::statistics::basis::{Estimated, Expected, Part};
//! # use driftgauge::statistics::estimates::entry;
//! // The calibration map, all rows and those predicted as positive.
//! let (shares, rows, predicted) = (&[0.2, 0.9], &[10, 10], &[0, 10]);
//! # let part = Part { class: 1, shares, rows, predicted, tied: &[false; 2] };
//! # let window: Estimated = Expected::new(2, Some(1), vec![part]).unwrap().into();
//! let values = entry("estimated_roc_auc").unwrap().values(&window);
//! assert!((values[0].1.unwrap().value - 84.5 / 99.0).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, share};
use crate::statistics::basis::{Expected, Part};
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_roc_auc",
        name: "driftgauge_estimated_roc_auc",
        help: "Area under the ROC curve expected from the calibrated scores. Needs no actuals; blind to concept drift.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::Binary(evaluate),
};

fn evaluate(window: &Expected<'_>) -> Evaluated {
    area(window.parts.first().ok_or(Undefined::NoScores)?)
}

/// The area under the expected curve of one class against the rest.
pub(super) fn area(part: &Part<'_>) -> Evaluated {
    let (mut positives, mut negatives, mut ordered) = (0.0, 0.0, 0.0);
    for (p, n, _) in part.downwards() {
        ordered += n * (positives + p / 2.0);
        positives += p;
        negatives += n;
    }
    share(ordered, positives * negatives, Undefined::ConstantActual)
}
