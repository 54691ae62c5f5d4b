//! Accuracy.
//!
//! **What it answers.** Which share of the predictions turned out to be right?
//!
//! **Definition.** Pairs whose predicted class is the actual one, over all pairs.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference
//! never had are right when both sides carry the same one.
//!
//! **Least data.** One pair. The standard error is `sqrt(a (1 - a) / n)`.
//!
//! **Known bias.** Blind to rare classes: with 1 % positives "never" is right in 99 %. Prefer balanced accuracy or
//! the Matthews correlation there.
//!
//! **Choosing a threshold.** Compare with the reference's own accuracy, exposed beside it.
//!
//! **References.** scikit-learn, `accuracy_score`.
//!
//! **Example.** 45 right of 60: 0.75.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! assert_eq!(0.75, matrix.correct() as f64 / matrix.total() as f64);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "accuracy_ratio",
        name: "driftgauge_accuracy_ratio",
        help: "Share of pairs whose predicted class is the actual one.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn accuracy_score"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::Share(|window, _| {
        window.classification().map(|window| (window.matrix.correct(), window.matrix.total()))
    }),
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    ratio(window.matrix.correct() as f64, window.matrix.total() as f64, Undefined::NoActuals)
}
