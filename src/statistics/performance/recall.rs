//! Recall of a class.
//!
//! **What it answers.** Of all that turned out to be of this class, how much did the model find?
//!
//! **Definition.** `hits(k) / actual(k)`: the pairs of actual and predicted class `k` over those of actual class `k`.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. A class that did not occur in the window
//! has none (`class_not_seen`).
//!
//! **Least data.** One pair with the class in the denominator. The standard error is about `sqrt(v (1 - v) / n)` of
//! that `n`.
//!
//! **Known bias.** None for labels missing at random; when actuals are only collected for predicted positives it is
//! meaningless.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; of a rare class it is noisy,
//! so take a long window.
//!
//! **References.** scikit-learn, `precision_recall_fscore_support`, `average=None`; 0/0 is absent here and 0 there.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): of class 1 15/25 = 0.6.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let values = entry("recall_ratio").unwrap().values(&window);
//! assert_eq!(2, values.len());
//! assert!((values[1].1.unwrap().value - 15.0 / 25.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "recall_ratio",
        name: "driftgauge_recall_ratio",
        help: "Share of the actuals of the class that were predicted.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn precision_recall_fscore_support"],
    },
    evaluate: Evaluate::PerClass(evaluate),
    closed: Closed::Share(|window, class| Some(share(&window.classification()?.matrix, class?))),
};

fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    window.share(share, class)
}

/// Numerator and denominator.
pub(super) fn share(matrix: &ConfusionMatrix<'_>, k: usize) -> (u64, u64) {
    (matrix.hits(k), matrix.actual(k))
}
